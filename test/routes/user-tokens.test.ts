/** What a phone or a browser may do with a user token, and when it may not any more. */
import { describe, expect, it } from "vitest";
import { randomUserHash, userHash } from "../../src/core/ids.ts";
import type { EventWire } from "../../src/core/wire/event.ts";
import type { MeWire } from "../../src/core/wire/key.ts";
import type { ProjectWire } from "../../src/core/wire/project.ts";
import type { TurnWire } from "../../src/core/wire/turn.ts";
import type { UploadWire } from "../../src/core/wire/upload.ts";
import type { UserTokenWire } from "../../src/core/wire/user.ts";
import { signUserToken } from "../../src/http/middleware/auth.ts";
import { adminHeaders, call, env, jsonOf, makeKey, makeMember, readProblem, send } from "../support/gateway.ts";
import { random, until } from "../support/objects.ts";

const BROWSER = { Origin: "https://app.example" };
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const tokenPath = (user: string) => `/v1/users/${encodeURIComponent(user)}/tokens`;

/** A tenant's key without a user, and what it takes to be one. */
async function setUp() {
  const { tenant, key, headers } = await makeMember(null);
  const issue = async (user: string, body: unknown = {}, more = {}) =>
    jsonOf<UserTokenWire>(await send("POST", tokenPath(user), body, { ...headers, ...more }), 201);
  const as = async (user: string, body: unknown = {}) => bearer((await issue(user, body)).token);
  return { tenant, key, headers, issue, as };
}

const newProject = async (headers: Record<string, string>) =>
  jsonOf<ProjectWire>(await send("POST", "/v1/projects", {}, headers), 201);
const codeOf = async (response: Promise<Response>) => (await readProblem(await response)).code;

describe("a user token", () => {
  it("is its user in a browser: creates, lists and reads what the key sees for that user", async () => {
    const { headers, as } = await setUp();
    const ada = { ...(await as("ada")), ...BROWSER };
    const made = await newProject(ada);
    const listed = await jsonOf<{ data: ProjectWire[] }>(await call("/v1/projects", { headers: ada }));
    expect(listed.data.map(({ id }) => id)).toEqual([made.id]);
    const byKey = await call("/v1/projects", { headers: { ...headers, "X-User-Id": "ada" } });
    expect((await jsonOf<{ data: ProjectWire[] }>(byKey)).data.map(({ id }) => id)).toEqual([made.id]);
    const turn = await send("POST", `/v1/projects/${made.id}/turns`, { prompt: "hi" }, { ...ada, Prefer: "wait=60" });
    expect((await jsonOf<TurnWire>(turn)).status).toBe("completed");
    expect(turn.headers.get("Access-Control-Allow-Origin")).toBe("*");
  });

  it("sees its own events, and itself in /v1/me", async () => {
    const { headers, as } = await setUp();
    const [ada, bob] = [await as("ada"), await as("Боб 🎬")];
    for (const one of [ada, bob]) {
      const { id } = await newProject(one);
      await jsonOf(await send("POST", `/v1/projects/${id}/turns`, { prompt: "hi" }, { ...one, Prefer: "wait=60" }));
    }
    const read = async (who: Record<string, string>) =>
      (await jsonOf<{ data: EventWire[] }>(await call("/v1/events", { headers: who }))).data;
    const all = await until(async () => {
      const events = await read(headers);
      return events.filter(({ type }) => type === "turn.completed").length === 2 ? events : null;
    });
    const own = await read(ada);
    expect(own.length).toBeGreaterThan(0);
    expect(own.length).toBeLessThan(all.length);
    const foreign = all.find(({ id }) => own.every((event) => event.id !== id));
    expect(await codeOf(call(`/v1/events/${foreign?.id}`, { headers: ada }))).toBe("not_found");
    const me = await jsonOf<MeWire>(await call("/v1/me", { headers: bob }));
    expect(me).toMatchObject({ user: "Боб 🎬", mode: "test", scopes: ["read", "chat", "upload", "render"] });
  });

  it("does not find another user's resources, in paths and in bodies", async () => {
    const { as } = await setUp();
    const [ada, bob] = [await as("ada"), await as("bob")];
    const project = await newProject(bob);
    const upload = await jsonOf<UploadWire>(
      await send("POST", "/v1/uploads", { filename: "a.png", size_bytes: 1 }, bob),
      201,
    );
    const own = await newProject(ada);
    const asset_id = `ast_${upload.id.slice(4)}`;
    for (const attempt of [
      call(`/v1/projects/${project.id}`, { headers: ada }),
      call(`/v1/projects/${project.id}/turns`, { headers: ada }),
      send("POST", `/v1/projects/${project.id}/turns`, { prompt: "mine" }, ada),
      call(`/v1/uploads/${upload.id}`, { headers: ada }),
      call(`/v1/uploads/${upload.id}/content`, {
        method: "PUT",
        body: "a",
        headers: { ...ada, "Content-Length": "1" },
      }),
      send("POST", `/v1/projects/${own.id}/assets`, { asset_id }, ada),
    ])
      expect(await codeOf(attempt)).toBe("not_found");
  });

  it("may omit or repeat its user's name, and name no other user", async () => {
    const { as } = await setUp();
    const ada = await as("ada");
    expect((await call("/v1/projects", { headers: { ...ada, "X-User-Id": "ada" } })).status).toBe(200);
    expect(await codeOf(call("/v1/projects", { headers: { ...ada, "X-User-Id": "bob" } }))).toBe("wrong_user");
  });

  it("opens no route of the tenant", async () => {
    const { as } = await setUp();
    const ada = await as("ada");
    for (const attempt of [
      call("/v1/webhook_endpoints", { headers: ada }),
      call("/v1/deliveries", { headers: ada }),
      send("POST", tokenPath("ada"), {}, ada),
      send("POST", "/v1/users/ada/sign_out", {}, ada),
    ])
      expect(await readProblem(await attempt)).toMatchObject({ status: 403, code: "key_required" });
    expect((await call("/admin/tenants", { headers: ada })).status).toBe(401);
  });

  it("uploads with its own name alone", async () => {
    const { as } = await setUp();
    const ada = await as("ada");
    const made = await send("POST", "/v1/uploads", { filename: "a.png", size_bytes: 1 }, ada);
    const { id } = await jsonOf<UploadWire>(made, 201);
    expect((await call(`/v1/uploads/${id}`, { headers: ada })).status).toBe(200);
  });
});

describe("creating a user token", () => {
  it("grants no scope that the key lacks, and only those requested", async () => {
    const { tenant, issue } = await setUp();
    expect((await issue("ada", { scopes: ["read"] })).scopes).toEqual(["read"]);
    const sender = bearer((await makeKey(tenant.id, { scopes: ["read", "upload", "webhooks"] })).secret);
    const own = await jsonOf<UserTokenWire>(await send("POST", tokenPath("ada"), {}, sender), 201);
    expect(own.scopes).toEqual(["read", "upload"]);
    expect(await codeOf(send("POST", tokenPath("ada"), { scopes: ["chat"] }, sender))).toBe("missing_scope");
    expect(await codeOf(send("POST", "/v1/projects", {}, bearer(own.token)))).toBe("missing_scope");
    const hooks = bearer((await makeKey(tenant.id, { scopes: ["webhooks"] })).secret);
    expect(await codeOf(send("POST", tokenPath("ada"), {}, hooks))).toBe("missing_scope");
  });

  it("creates a user, so it needs more than the scope to read", async () => {
    const { tenant, headers } = await setUp();
    const reader = bearer((await makeKey(tenant.id, { scopes: ["read"] })).secret);
    expect(await codeOf(send("POST", tokenPath("ada"), {}, reader))).toBe("missing_scope");
    const credits = await call("/v1/credits", { headers: { ...reader, "X-User-Id": "ada" } });
    expect(await readProblem(credits)).toMatchObject({ status: 404, code: "not_found", hint: "POST /v1/projects" });
    expect((await call("/v1/me", { headers: { ...reader, "X-User-Id": "ada" } })).status).toBe(200);
    expect((await call("/v1/users/ada", { headers })).status).toBe(404);
    await newProject({ ...headers, "X-User-Id": "ada" });
    expect((await call("/v1/credits", { headers: { ...reader, "X-User-Id": "ada" } })).status).toBe(200);
  });

  it.each([
    [{ expires_in_seconds: 59 }, "/expires_in_seconds"],
    [{ expires_in_seconds: 86_401 }, "/expires_in_seconds"],
    [{ scopes: ["keys"] }, "/scopes/0"],
    [{ scopes: [] }, "/scopes"],
  ])("rejects %j", async (body, field) => {
    const { headers } = await setUp();
    expect(await readProblem(await send("POST", tokenPath("ada"), body, headers))).toMatchObject({
      status: 422,
      errors: [expect.objectContaining({ field })],
    });
  });

  it("returns the same token for the same Idempotency-Key", async () => {
    const { headers, issue } = await setUp();
    const again = { "Idempotency-Key": "one" };
    const first = await issue("ada", {}, again);
    expect(await issue("ada", {}, again)).toEqual(first);
    const other = await send("POST", tokenPath("ada"), { scopes: ["read"] }, { ...headers, ...again });
    expect(await codeOf(Promise.resolve(other))).toBe("idempotency_mismatch");
  });

  it("accepts names of any script and with any character", async () => {
    const { headers, issue } = await setUp();
    for (const name of [
      "a/b",
      "a b",
      "50%",
      "user@example.com",
      "名前",
      "a?b#c",
      "'; DROP TABLE users;--",
      "a\\..\\b",
    ]) {
      const { token, user_id } = await issue(name);
      expect(user_id).toBe(name);
      expect((await jsonOf<MeWire>(await call("/v1/me", { headers: bearer(token) }))).user).toBe(name);
    }
    expect(
      await codeOf(send("POST", "/v1/users/..%2f..%2fadmin/tokens", {}, { ...headers, "X-User-Id": "a\tb" })),
    ).toBe("invalid_request");
  });

  it.each(["%00", "a%0Ab", "%C2%85", "u".repeat(129), "%2e%2e%2f%00", "%7F", "cafe%CC%81", "%E2%84%AAevin"])(
    "rejects the name %s",
    async (name) => {
      const { headers } = await setUp();
      expect(await codeOf(send("POST", `/v1/users/${name}/tokens`, {}, headers))).toBe("invalid_request");
    },
  );
});

describe("the end of a token", () => {
  it("comes at its expiry, and is distinguished from a sign-out", async () => {
    const { tenant, key } = await setUp();
    const roots = { current: env.ROOT_SECRET, previous: null };
    const uh = await userHash(tenant.id as `ten_${string}`, "ada");
    const sign = (issuedAt: number, untilMs: number) =>
      signUserToken(
        {
          tenant: tenant.id as `ten_${string}`,
          mode: "test",
          keyId: key.id as `key_${string}`,
          scopes: ["read"],
          grant: { uh, epoch: 0, until: Math.floor(untilMs / 1000) * 1000 },
        },
        issuedAt,
        roots,
      );
    const now = Date.now();
    const old = await sign(now - 120_000, now - 60_000);
    expect(await readProblem(await call("/v1/projects", { headers: bearer(old) }))).toMatchObject({
      status: 401,
      code: "user_token_expired",
      hint: "POST /v1/users/{id}/tokens",
    });
    const early = await sign(now + 60_000, now + 120_000);
    expect(await codeOf(call("/v1/projects", { headers: bearer(early) }))).toBe("unauthenticated");
    expect((await call("/v1/projects", { headers: bearer(await sign(now, now + 60_000)) })).status).toBe(200);
  });

  it("comes with a sign-out, everywhere: objects, uploads, events; and a new token works again", async () => {
    const { headers, as } = await setUp();
    const [ada, bob] = [await as("ada"), await as("bob")];
    const project = await newProject(ada);
    const upload = await jsonOf<UploadWire>(
      await send("POST", "/v1/uploads", { filename: "a.png", size_bytes: 1 }, ada),
      201,
    );
    expect((await send("POST", "/v1/users/ada/sign_out", {}, headers)).status).toBe(200);
    for (const path of [
      "/v1/projects",
      `/v1/projects/${project.id}`,
      `/v1/uploads/${upload.id}`,
      "/v1/events",
      "/v1/me",
    ])
      expect(await readProblem(await call(path, { headers: ada })), path).toMatchObject({
        status: 401,
        code: "user_token_revoked",
      });
    expect(await codeOf(send("POST", "/v1/uploads", { filename: "a.png", size_bytes: 1 }, ada))).toBe(
      "user_token_revoked",
    );
    expect((await call("/v1/projects", { headers: bob })).status).toBe(200);
    expect((await call(`/v1/projects/${project.id}`, { headers: await as("ada") })).status).toBe(200);
  });

  it("closes its open streams, and its stream tickets", async () => {
    const { headers, as } = await setUp();
    const ada = await as("ada");
    const { id } = await newProject(ada);
    const stream = { ...ada, Accept: "text/event-stream" };
    const turn = await jsonOf<TurnWire>(
      await send("POST", `/v1/projects/${id}/turns`, { prompt: "#fault:heartbeats_only hi" }, ada),
      202,
    );
    const ticket = await jsonOf<{ url: string }>(await send("POST", `/v1/turns/${turn.id}/stream_ticket`, "", ada));
    const open = await call(`/v1/turns/${turn.id}/events`, { headers: stream });
    const reader = open.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toContain("turn.started");
    const signOut = await send("POST", "/v1/users/ada/sign_out", {}, { ...headers, "Idempotency-Key": "out" });
    const once = await jsonOf(signOut);
    let rest = "";
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) rest += read.value;
    expect(rest).toContain("retry: 500");
    expect(rest).not.toContain("turn.completed");
    expect(await codeOf(call(`/v1/turns/${turn.id}/events`, { headers: stream }))).toBe("user_token_revoked");
    const { pathname, search } = new URL(ticket.url);
    expect(await codeOf(call(pathname + search))).toBe("not_found");
    // The same call again does not sign out a user who has signed in since.
    const back = await as("ada");
    const twice = await send("POST", "/v1/users/ada/sign_out", {}, { ...headers, "Idempotency-Key": "out" });
    expect(await jsonOf(twice)).toEqual(once);
    expect((await call("/v1/projects", { headers: back })).status).toBe(200);
    await send("POST", `/v1/turns/${turn.id}/cancel`, "", back);
  });

  it("comes with the revocation of its key, and with a pause of the tenant", async () => {
    const { tenant, key, issue } = await setUp();
    const ada = bearer((await issue("ada")).token);
    expect((await call("/v1/projects", { headers: ada })).status).toBe(200);
    expect((await send("POST", `/admin/keys/${key.id}/revoke`, "", adminHeaders)).status).toBe(200);
    expect(await codeOf(call("/v1/projects", { headers: ada }))).toBe("user_token_revoked");
    const other = bearer((await makeKey(tenant.id)).secret);
    const { token } = await jsonOf<UserTokenWire>(await send("POST", tokenPath("ada"), {}, other), 201);
    await env.DB.prepare("UPDATE tenants SET state = 'paused' WHERE id = ?1").bind(tenant.id).run();
    expect(await codeOf(call("/v1/projects", { headers: bearer(token) }))).toBe("tenant_paused");
  });

  it("answers 404 for an unknown user", async () => {
    const { headers } = await setUp();
    expect(await codeOf(send("POST", `/v1/users/${randomUserHash(random)}/sign_out`, {}, headers))).toBe("not_found");
  });
});
