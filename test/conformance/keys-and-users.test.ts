/** PROTOCOL.md sections 2.2, 2.8, 2.9 and 2.11: keys that change hands, users that sign in and out, tokens of their own, the end of a user. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createdKey } from "../../src/core/wire/key.ts";
import { project } from "../../src/core/wire/project.ts";
import { nemoToken } from "../../src/core/wire/token.ts";
import { signedOut, user, userToken } from "../../src/core/wire/user.ts";
import { newMember, problem, request, shown, until } from "./support/client.ts";

const bearer = (secret: string | undefined) => ({ authorization: `Bearer ${secret}` });

describe.concurrent("§2.2 keys", () => {
  it("§2.2 a key creates another one, which is rotated with a grace period, reports its end, and stops working then", async () => {
    const owner = await newMember();
    const made = await shown(owner.post("/v1/keys", { name: "server", scopes: ["read", "keys"] }), createdKey, 201);
    const first = bearer(made.secret);
    const before = await request("GET", "/v1/me", { headers: first });
    expect([before.status, before.headers.get("deprecation"), before.headers.get("sunset")]).toEqual([200, null, null]);

    // Longer than a busy machine takes until the old key is used once more; another test here takes a minute anyway.
    const rotated = await shown(
      request("POST", `/v1/keys/${made.id}/rotate`, { json: { grace_seconds: 40 }, headers: first }),
      createdKey,
      201,
    );
    expect(rotated.replaces).toBe(made.id);
    const graced = await request("GET", "/v1/me", { headers: first });
    expect(graced.status).toBe(200);
    expect(graced.headers.get("deprecation")).toMatch(/^@\d+$/);
    const closes = Date.parse(graced.headers.get("sunset") ?? "");
    expect(closes).toBeGreaterThan(Date.now() - 1_000);

    const old = await owner.get(`/v1/keys/${made.id}`, createdKey);
    await sleep(Math.max(0, Date.parse(old.revoked_at ?? "") - Date.now()) + 50);
    await problem(request("GET", "/v1/me", { headers: first }), "key_revoked");
    const after = await request("GET", "/v1/me", { headers: bearer(rotated.secret) });
    expect([after.status, after.headers.get("sunset")]).toEqual([200, null]);
  });

  it("§2.2 a key grants nothing that it lacks, and the last key that can create keys cannot revoke itself by mistake", async () => {
    const owner = await newMember();
    const weak = await shown(owner.post("/v1/keys", { scopes: ["read", "keys"] }), createdKey, 201);
    const asWeak = { headers: bearer(weak.secret) };
    await problem(request("POST", "/v1/keys", { ...asWeak, json: { scopes: ["chat"] } }), "key_too_wide");
    await problem(
      request("POST", `/v1/keys/${owner.key.id}/rotate`, { ...asWeak, json: { grace_seconds: 0 } }),
      "key_too_wide",
    );
    expect((await owner.ask("DELETE", `/v1/keys/${weak.id}`)).status).toBeLessThan(300);
    await problem(request("GET", "/v1/me", asWeak), "key_revoked");
    await problem(owner.ask("DELETE", `/v1/keys/${owner.key.id}`), "last_key");
    expect((await owner.ask("DELETE", `/v1/keys/${owner.key.id}?force=true`)).status).toBeLessThan(300);
    await problem(owner.ask("GET", "/v1/me"), "key_revoked");
  });
});

describe.concurrent("§2.8 user tokens", () => {
  it("§2.8 reach only their user's resources, end by time and by sign-out, and say which", async () => {
    const owner = await newMember("ada");
    const mine = await owner.newProject();
    const others = await owner.as("bob").newProject();
    const make = (json: object = {}) => shown(owner.post("/v1/users/ada/tokens", json), userToken, 201);
    const phone = { headers: bearer((await make()).token) };
    await shown(request("GET", `/v1/projects/${mine.id}`, phone), project);
    await problem(request("GET", `/v1/projects/${others.id}`, phone), "not_found");
    await problem(request("GET", "/v1/keys", phone), "key_required");
    const reader = { headers: bearer((await make({ scopes: ["read"] })).token) };
    await problem(request("POST", "/v1/projects", { ...reader, json: {} }), "missing_scope");

    await shown(owner.post("/v1/users/ada/sign_out"), signedOut);
    await problem(request("GET", `/v1/projects/${mine.id}`, phone), "user_token_revoked");
    const again = { headers: bearer((await make()).token) };
    await shown(request("GET", `/v1/projects/${mine.id}`, again), project);
    await problem(
      request("GET", "/v1/me", { headers: bearer(`${(await make()).token.slice(0, -6)}AAAAAA`) }),
      "unauthenticated",
    );
  });

  it("§2.8 live at least a minute, and then are reported as expired", async () => {
    const owner = await newMember("ada");
    const { id } = await owner.newProject();
    const json = { expires_in_seconds: 60 };
    const { token, expires_at } = await shown(owner.post("/v1/users/ada/tokens", json), userToken, 201);
    const phone = { headers: bearer(token) };
    await shown(request("GET", `/v1/projects/${id}`, phone), project);
    await problem(owner.post("/v1/users/ada/tokens", { expires_in_seconds: 59 }), "invalid_request");
    await sleep(Math.max(0, Date.parse(expires_at) - Date.now()) + 50);
    await problem(request("GET", `/v1/projects/${id}`, phone), "user_token_expired");
  });
});

describe.concurrent("§2.9 Nemo tokens", () => {
  it("§2.9 a user's token is stored when Nemo accepts it, shown by its status alone, and deleted", async () => {
    const owner = await newMember("ada");
    const put = (token: string, whose = "user") => owner.ask("PUT", "/v1/nemo_token", { json: { for: whose, token } });
    const token = "nmv_usr_sandbox_0123456789abcdef";
    const kept = await put(token);
    const text = await kept.text();
    expect(text).not.toContain(token);
    expect(nemoToken.parse(JSON.parse(text))).toMatchObject({ source: "user", state: "ready" });
    expect(await owner.get("/v1/nemo_token?for=user", nemoToken)).toMatchObject({ source: "user", state: "ready" });

    for (const unfit of ["nmv_usr_unknown_0123456789abcdef", "not a token"]) {
      const { errors } = await problem(put(unfit), "invalid_request");
      expect(errors?.map(({ field }) => field)).toEqual(["/token"]);
    }
    await problem(put(token, "tenant"), "live_only");
    await problem(owner.as(null).ask("PUT", "/v1/nemo_token", { json: { for: "user", token } }), "user_required");
    expect(await owner.get("/v1/nemo_token?for=user", nemoToken)).toMatchObject({ source: "user", state: "ready" });

    expect((await owner.ask("DELETE", "/v1/nemo_token?for=user")).status).toBe(204);
    expect(await owner.get("/v1/nemo_token?for=user", nemoToken)).toMatchObject({ source: "none", state: "none" });
    expect((await owner.newProject()).id).toMatch(/^prj_/);
  });
});

describe.concurrent("§2.11 deletion of a user", () => {
  it("§2.11 is a job: reads find nothing, writes and tokens are rejected, the receipt counts what was deleted", async () => {
    const owner = await newMember("ada");
    const { id } = await owner.newProject();
    await owner.said(id, "make a 1 second video");
    const { token } = await shown(owner.post("/v1/users/ada/tokens"), userToken, 201);
    const job = await owner.ask("DELETE", "/v1/users/ada");
    expect([job.status, job.headers.get("location")]).toEqual([202, "/v1/users/ada"]);
    await until(
      () => owner.ask("GET", `/v1/projects/${id}`),
      ({ status }) => status === 404,
    );
    await problem(owner.post("/v1/projects"), "user_deleted");
    await problem(request("GET", `/v1/projects/${id}`, { headers: bearer(token) }), "user_token_revoked");
    const receipt = await until(
      () => owner.get("/v1/users/ada", user),
      ({ state }) => state === "deleted",
    );
    expect(receipt.deletion).toMatchObject({
      removed: { projects: 1, turns: 1 },
      settled: { turns: 0, credits: 0, unknown_turns: 0 },
    });
    const events = (await (await owner.ask("GET", "/v1/events")).json()) as { data: unknown[] };
    expect(events.data).toEqual([]);
    expect((await owner.ask("DELETE", "/v1/users/ada")).status).toBe(202);
    expect((await owner.as("bob").newProject()).id).toMatch(/^prj_/);
  });
});
