import { afterEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import type { KeyWire } from "../../src/core/wire/key.ts";
import {
  adminHeaders,
  call,
  env,
  jsonOf,
  makeKey,
  makeMember,
  makeTenant,
  ORIGIN,
  problemOf,
  send,
} from "../support/gateway.ts";
import { until } from "../support/objects.ts";

const events = (headers: Record<string, string>) => call("/v1/webhook_endpoints/whk_01jd8m3k5xq2w4v7z9ab", { headers });
/** A platform whose database answers nothing. */
const withoutD1 = () => ({
  ...env,
  DB: { prepare: () => ({ bind: () => ({ first: () => Promise.reject(new Error("D1 is away")) }) }) },
});
afterEach(() => {
  vi.useRealTimers();
});

const WELL_FORMED = "no such key, right checksum";

describe("a key", () => {
  it("opens as Bearer, as X-Api-Key and as Basic", async () => {
    const { key } = await makeMember();
    for (const headers of [
      { Authorization: `Bearer ${key.secret}` },
      { "X-Api-Key": key.secret },
      { Authorization: `Basic ${btoa(`${key.secret}:`)}` },
    ]) {
      expect((await call("/v1/projects", { headers })).status).toBe(422); // authenticated, then told that a user is needed
    }
  });

  it("is refused without, mistyped, or unknown, and the answer says how to sign in", async () => {
    const { key } = await makeMember();
    const last = key.secret.endsWith("0") ? "1" : "0";
    for (const headers of [
      {},
      { Authorization: "Bearer x" },
      { Authorization: `Bearer ${key.secret.slice(0, -1)}${last}` },
    ]) {
      const response = await call("/v1/projects", { headers });
      expect(response.headers.get("WWW-Authenticate")).toContain("Bearer");
      expect(await problemOf(response), WELL_FORMED).toMatchObject({ status: 401, code: "unauthenticated" });
    }
  });

  it("that has the wrong checksum costs no database read", async () => {
    const prepare = vi.fn();
    const app = createApp();
    const response = await app.request(
      "/v1/me",
      { headers: { "X-Api-Key": `ngw_test_${"0".repeat(49)}` } },
      { ...env, DB: { prepare } },
    );
    expect(response.status).toBe(401);
    expect(prepare).not.toHaveBeenCalled();
  });

  it("may do what its scopes say", async () => {
    const tenant = await makeTenant();
    const key = await makeKey(tenant.id, { scopes: ["read"] });
    const response = await send("POST", "/v1/projects", {}, { "X-Api-Key": key.secret });
    expect(await problemOf(response)).toMatchObject({
      status: 403,
      code: "missing_scope",
      detail: expect.stringContaining("`chat`"),
    });
  });

  it("ends when it is revoked, and when it expires", async () => {
    const { key, tenant } = await makeMember();
    expect((await call("/v1/projects", { headers: { "X-Api-Key": key.secret } })).status).toBe(422);
    expect((await send("POST", `/admin/keys/${key.id}/revoke`, "", adminHeaders)).status).toBe(200);
    expect(await problemOf(await call("/v1/projects", { headers: { "X-Api-Key": key.secret } }))).toMatchObject({
      status: 401,
      code: "key_revoked",
    });
    const old = await makeKey(tenant.id, { expires_at: "2020-01-01T00:00:00.000Z" });
    expect(await problemOf(await call("/v1/projects", { headers: { "X-Api-Key": old.secret } }))).toMatchObject({
      status: 401,
      code: "key_expired",
    });
  });

  it("of a paused tenant is refused", async () => {
    const { tenant, key } = await makeMember();
    await env.DB.prepare("UPDATE tenants SET state = 'paused' WHERE id = ?1").bind(tenant.id).run();
    expect(await problemOf(await call("/v1/projects", { headers: { "X-Api-Key": key.secret } }))).toMatchObject({
      status: 403,
      code: "tenant_paused",
    });
  });

  it("is refused in a page of another origin, not in our own", async () => {
    const { headers } = await makeMember();
    const foreign = await call("/v1/projects?limit=0", { headers: { ...headers, Origin: "https://app.example" } });
    expect(foreign.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(await problemOf(foreign)).toMatchObject({
      status: 403,
      code: "key_in_browser",
      hint: expect.stringContaining("tokens"),
    });
    expect((await call("/v1/projects?limit=0", { headers: { ...headers, Origin: ORIGIN } })).status).toBe(422);
  });

  it("is taken from a page that its tenant has listed, to the letter", async () => {
    const wanted = { name: "acme", origins: ["https://app.example"] };
    const tenant = await jsonOf<{ id: string }>(await send("POST", "/admin/tenants", wanted, adminHeaders), 201);
    const key = { Authorization: `Bearer ${(await makeKey(tenant.id)).secret}` };
    const from = (origin: string) => call("/v1/me", { headers: { ...key, Origin: origin } });
    expect((await from("https://app.example")).status).toBe(200);
    for (const origin of ["https://app.example.evil.example", "http://app.example", "https://app.example:8443", "null"])
      expect((await problemOf(await from(origin))).code, origin).toBe("key_in_browser");
  });

  it("cannot be told while the database does not answer", async () => {
    const { key } = await makeMember();
    const response = await createApp().request("/v1/me", { headers: { "X-Api-Key": key.secret } }, withoutD1());
    expect(await problemOf(response)).toMatchObject({ status: 503, code: "auth_unavailable", retryable: true });
    expect(response.headers.get("Retry-After")).toBe("1");
  });

  it("that was known a moment ago still writes for 5 s and reads for 60 s without the database", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { key } = await makeMember();
    const app = createApp();
    const headers = { "X-Api-Key": key.secret };
    expect((await app.request("/v1/projects", { headers }, env)).status).toBe(422); // known, and told that a user is needed
    const read = async () => (await app.request("/v1/projects", { headers }, withoutD1())).status;
    const write = async () =>
      (await app.request("/v1/renders/x/link", { method: "POST", headers }, withoutD1())).status;
    vi.advanceTimersByTime(5_000);
    expect([await read(), await write()]).toEqual([422, 404]);
    vi.advanceTimersByTime(1);
    expect([await read(), await write()]).toEqual([422, 503]);
    vi.advanceTimersByTime(55_000);
    expect([await read(), await write()]).toEqual([503, 503]);
  });

  it("is not waited for without end", async () => {
    const { key } = await makeMember();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const DB = { prepare: () => ({ bind: () => ({ first: () => new Promise(() => undefined) }) }) };
    const asked = createApp().request("/v1/me", { headers: { "X-Api-Key": key.secret } }, { ...env, DB });
    for (let at = 0; at < 6; at++) await vi.advanceTimersByTimeAsync(1_000);
    expect(await problemOf(await asked)).toMatchObject({ status: 503, code: "auth_unavailable" });
  });

  it("ends at its very moment, though its verdict is remembered", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const tenant = await makeTenant();
    const key = await makeKey(tenant.id, { expires_at: new Date(Date.now() + 10_000).toISOString() });
    const ask = () => call("/v1/projects", { headers: { "X-Api-Key": key.secret } });
    expect((await ask()).status).toBe(422);
    vi.advanceTimersByTime(9_999);
    expect((await ask()).status).toBe(422);
    vi.advanceTimersByTime(1);
    expect(await problemOf(await ask())).toMatchObject({ status: 401, code: "key_expired" });
  });

  it("says on which day it was last used", async () => {
    const { tenant, key } = await makeMember();
    const lastUse = async () => {
      const listed = await jsonOf<{ data: KeyWire[] }>(
        await call(`/admin/tenants/${tenant.id}/keys`, { headers: adminHeaders }),
      );
      return listed.data[0]?.last_used_on;
    };
    expect(await lastUse()).toBeNull();
    await call("/v1/projects", { headers: { "X-Api-Key": key.secret } });
    const day = await until(lastUse);
    expect(day).toBe(new Date().toISOString().slice(0, 10));
  });

  it("may do no more than its tenant", async () => {
    const made = await send("POST", "/admin/tenants", { name: "reader", scopes: ["read"] }, adminHeaders);
    const { id } = await jsonOf<{ id: string }>(made, 201);
    const key = await makeKey(id);
    const response = await send("POST", "/v1/projects", {}, { "X-Api-Key": key.secret });
    expect(await problemOf(response)).toMatchObject({ status: 403, code: "missing_scope" });
    expect((await call("/v1/projects", { headers: { "X-Api-Key": key.secret } })).status).toBe(422);
  });
});

describe("the gates", () => {
  const closed = { limit: async () => ({ success: false }) };
  const deployed = { ...env, ENVIRONMENT: "production" };

  it("answer rate_limited and name the tier", async () => {
    const { key } = await makeMember();
    const response = await createApp().request(
      "/v1/me",
      { headers: { "X-Api-Key": key.secret } },
      { ...deployed, GATE_SMALL: closed },
    );
    expect(response.headers.get("Retry-After")).toBe("60");
    expect(response.headers.get("RateLimit-Policy")).toBe('"small";q=300;w=60');
    expect(await problemOf(response)).toMatchObject({ status: 429, code: "rate_limited" });
  });

  it("are named on every answer to a known caller, without a count that nobody keeps", async () => {
    const tenant = await jsonOf<{ id: string }>(
      await send("POST", "/admin/tenants", { name: "large", tier: "large" }, adminHeaders),
      201,
    );
    const { secret } = await makeKey(tenant.id);
    const asked: string[] = [];
    const open = { limit: async ({ key }: { key: string }) => ({ success: asked.push(key) > 0 }) };
    const response = await createApp().request(
      "/v1/projects",
      { headers: { "X-Api-Key": secret } },
      { ...deployed, GATE_LARGE: open, GATE_SMALL: closed },
    );
    expect(response.status).toBe(422);
    expect(response.headers.get("RateLimit-Policy")).toBe('"large";q=6000;w=60');
    expect(response.headers.get("RateLimit")).toBeNull();
    expect(asked).toEqual([`${tenant.id}:test`]);
  });

  it("count refused credentials by sender, not by its address in the clear", async () => {
    const asked: string[] = [];
    const gate = { limit: async ({ key }: { key: string }) => ({ success: asked.push(key) < 2 }) };
    const app = createApp();
    const ask = () =>
      app.request("/v1/me", { headers: { "CF-Connecting-IP": "192.0.2.7" } }, { ...deployed, GATE_REFUSED: gate });
    expect((await ask()).status).toBe(401);
    expect((await ask()).status).toBe(429);
    expect(asked[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("preflights", () => {
  it("are open under /v1 and absent under /admin", async () => {
    const headers = {
      Origin: "https://app.example",
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "authorization,x-user-id",
    };
    const open = await call("/v1/projects", { method: "OPTIONS", headers });
    expect(open.status).toBe(204);
    expect(open.headers.get("Access-Control-Allow-Headers")).toContain("x-user-id");
    const closed = await call("/admin/tenants", { method: "OPTIONS", headers });
    expect(closed.headers.get("Access-Control-Allow-Origin")).toBeNull();
  });
});

it("an id of another tenant looks missing", async () => {
  const { headers } = await makeMember();
  expect((await events(headers)).status).toBe(404);
});
