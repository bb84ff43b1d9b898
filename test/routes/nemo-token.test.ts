/** `/v1/nemo_token` and its part of `/v1/me`, over HTTP. */
import { afterEach, describe, expect, it } from "vitest";
import { type TenantId, userHash } from "../../src/core/ids.ts";
import type { AuditEntryWire } from "../../src/core/wire/tenant.ts";
import type { NemoTokenWire } from "../../src/core/wire/token.ts";
import { call, env, jsonOf, makeKey, makeMember, makeTenant, readProblem, send } from "../support/gateway.ts";
import { someToken, startLiveNemo } from "../support/live-nemo.ts";
import { until } from "../support/objects.ts";

const PATH = "/v1/nemo_token";
const put = (body: unknown, headers: Record<string, string>) => send("PUT", PATH, body, headers);
const read = (headers: Record<string, string>, query = "") => call(PATH + query, { headers });

describe("a user's Nemo token", () => {
  it("is set, shown by its status alone, listed by /v1/me, and deleted", async () => {
    const { headers } = await makeMember();
    const token = someToken();
    const answer = await put({ for: "user", token, expires_at: "2099-01-01T00:00:00.000Z" }, headers);
    const shown = await jsonOf<NemoTokenWire>(answer);
    expect(shown).toEqual({
      source: "user",
      state: "ready",
      expires_at: "2099-01-01T00:00:00.000Z",
      next_try_at: null,
    });
    for (const query of ["", "?for=user"]) expect(await jsonOf(await read(headers, query))).toEqual(shown);
    const me = await jsonOf<{ nemo_token: NemoTokenWire }>(await call("/v1/me", { headers }));
    expect(me.nemo_token).toEqual(shown);
    expect((await call(`${PATH}?for=user`, { method: "DELETE", headers })).status).toBe(204);
    expect((await call(`${PATH}?for=user`, { method: "DELETE", headers })).status).toBe(204); // the same twice
    expect(await jsonOf(await read(headers))).toMatchObject({ source: "sandbox", state: "ready" });
    expect(await jsonOf(await read(headers, "?for=user"))).toMatchObject({ source: "none", state: "none" });
  });

  it("is in the audit log when it is set and deleted, without the token", async () => {
    const { headers, tenant, key } = await makeMember("ada.lovelace@example.com");
    const token = someToken();
    const expires_at = "2099-01-01T00:00:00.000Z";
    await jsonOf(await put({ for: "user", token, expires_at }, headers));
    await readProblem(await put({ for: "user", token: "nmv_usr_live0123456789abcdefghij" }, headers)); // not stored, not audited
    for (let at = 0; at < 2; at++) await call(`${PATH}?for=user`, { method: "DELETE", headers });
    const entries = await until(async () => {
      const { data } = await jsonOf<{ data: AuditEntryWire[] }>(await call("/v1/audit_log", { headers }));
      return data.filter(({ action }) => action.startsWith("nemo_token.")).length >= 2 && data; // each is written by a job
    });
    const target = `nemo_token_${await userHash(tenant.id as TenantId, "ada.lovelace@example.com")}`;
    const statuses = entries.filter(({ action }) => action.startsWith("nemo_token."));
    expect(statuses.map(({ action, actor, target, detail }) => ({ action, actor, target, detail }))).toEqual([
      { action: "nemo_token.removed", actor: key.id, target, detail: {} },
      { action: "nemo_token.set", actor: key.id, target, detail: { expires_at } },
    ]);
    for (const secret of ["ada.", "nmv_usr_"]) expect(JSON.stringify(entries)).not.toContain(secret);
  });

  it("needs a user, a key with the scope `keys`, and a valid token", async () => {
    const { headers, tenant } = await makeMember();
    const withoutUser = { Authorization: headers.Authorization ?? "" };
    expect((await readProblem(await put({ for: "user", token: someToken() }, withoutUser))).code).toBe("user_required");
    const { secret } = await makeKey(tenant.id, { scopes: ["read", "chat", "upload", "render", "webhooks"] });
    const weak = { ...headers, Authorization: `Bearer ${secret}` };
    expect((await readProblem(await put({ for: "user", token: someToken() }, weak))).code).toBe("missing_scope");
    expect((await readProblem(await call(`${PATH}?for=user`, { method: "DELETE", headers: weak }))).code).toBe(
      "missing_scope",
    );
    expect((await read(weak)).status).toBe(200);
    for (const token of [
      "",
      "x",
      "nmv_usr_",
      "nmv_usr_short",
      `nmv_usr_${"a".repeat(201)}`,
      "clm_0123456789abcdefgh",
    ]) {
      const problem = await readProblem(await put({ for: "user", token }, headers));
      expect(problem).toMatchObject({ status: 422, code: "invalid_request", errors: [{ field: "/token" }] });
      if (token.length > 8) expect(JSON.stringify(problem)).not.toContain(token);
    }
    const unknown = "nmv_usr_live0123456789abcdefghij";
    const problem = await readProblem(await put({ for: "user", token: unknown }, headers));
    expect(problem).toMatchObject({ status: 422, code: "invalid_request", errors: [{ field: "/token" }] });
    expect(JSON.stringify(problem)).not.toContain(unknown);
    for (const body of [{ token: someToken() }, { for: "operator", token: someToken() }])
      expect((await readProblem(await put(body, headers))).errors?.[0]?.field).toBe("/for");
  });
});

describe("a tenant's Nemo token", () => {
  afterEach(() => {
    delete env.NEMO_TOKEN;
  });

  it("is rejected in test mode, with the reason", async () => {
    const { headers } = await makeMember();
    expect(await readProblem(await put({ for: "tenant", token: someToken() }, headers))).toMatchObject({
      status: 409,
      code: "live_only",
      detail: expect.stringContaining("sandbox"),
    });
  });

  it("is used for every user of the tenant in live mode, and nothing is stored while Nemo does not answer", async () => {
    const nemo = startLiveNemo();
    try {
      const tenant = await makeTenant();
      const { secret } = await makeKey(tenant.id, { mode: "live" });
      const headers = { Authorization: `Bearer ${secret}` };
      await nemo.control("/__fail", { path: "/api/credits", status: 502 });
      expect(await readProblem(await put({ for: "tenant", token: someToken() }, headers))).toMatchObject({
        status: 502,
        code: "nemo_unavailable",
        retryable: true,
      });
      expect(await jsonOf(await read(headers, "?for=tenant"))).toMatchObject({ source: "none" });
      const token = someToken();
      await jsonOf(await put({ for: "tenant", token }, headers));
      for (const user of ["ada", "grace"]) {
        const me = await jsonOf<{ nemo_token: NemoTokenWire }>(
          await call("/v1/me", { headers: { ...headers, "X-User-Id": user } }),
        );
        expect(me.nemo_token).toMatchObject({ source: "tenant", state: "ready" });
      }
      await jsonOf(await call("/v1/credits", { headers: { ...headers, "X-User-Id": "grace" } }));
      expect(nemo.seen.at(-1)?.token).toBe(token);
      expect((await call(`${PATH}?for=tenant`, { method: "DELETE", headers })).status).toBe(204);
      expect(await jsonOf(await read(headers, "?for=tenant"))).toMatchObject({ source: "none" });
    } finally {
      nemo.stop();
    }
  });
});
