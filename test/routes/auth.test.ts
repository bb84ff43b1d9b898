import { afterEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { issueKey } from "../../src/core/auth.ts";
import { RATE_LIMIT_TIERS } from "../../src/core/limits.ts";
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
  readProblem,
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
  it("is accepted as Bearer, as X-Api-Key and as Basic", async () => {
    const { key } = await makeMember();
    for (const headers of [
      { Authorization: `Bearer ${key.secret}` },
      { "X-Api-Key": key.secret },
      { Authorization: `Basic ${btoa(`${key.secret}:`)}` },
    ]) {
      expect((await call("/v1/assets", { headers })).status).toBe(422); // authenticated, then rejected because a user is needed
    }
  });

  it("is rejected if missing, mistyped, or unknown, and the answer says how to sign in", async () => {
    const { key } = await makeMember();
    const last = key.secret.endsWith("0") ? "1" : "0";
    for (const headers of [
      {},
      { Authorization: "Bearer x" },
      { Authorization: `Bearer ${key.secret.slice(0, -1)}${last}` },
    ]) {
      const response = await call("/v1/assets", { headers });
      expect(response.headers.get("WWW-Authenticate")).toContain("Bearer");
      expect(await readProblem(response), WELL_FORMED).toMatchObject({ status: 401, code: "unauthenticated" });
    }
  });

  it("with a wrong checksum needs no database read", async () => {
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
    expect(await readProblem(response)).toMatchObject({
      status: 403,
      code: "missing_scope",
      detail: expect.stringContaining("`chat`"),
    });
  });

  it("stops working when it is revoked, and when it expires", async () => {
    const { key, tenant } = await makeMember();
    expect((await call("/v1/assets", { headers: { "X-Api-Key": key.secret } })).status).toBe(422);
    expect((await send("POST", `/admin/keys/${key.id}/revoke`, "", adminHeaders)).status).toBe(200);
    expect(await readProblem(await call("/v1/projects", { headers: { "X-Api-Key": key.secret } }))).toMatchObject({
      status: 401,
      code: "key_revoked",
    });
    const old = await makeKey(tenant.id, { expires_at: "2020-01-01T00:00:00.000Z" });
    expect(await readProblem(await call("/v1/projects", { headers: { "X-Api-Key": old.secret } }))).toMatchObject({
      status: 401,
      code: "key_expired",
    });
  });

  it("of a paused tenant is rejected", async () => {
    const { tenant, key } = await makeMember();
    await env.DB.prepare("UPDATE tenants SET state = 'paused' WHERE id = ?1").bind(tenant.id).run();
    expect(await readProblem(await call("/v1/projects", { headers: { "X-Api-Key": key.secret } }))).toMatchObject({
      status: 403,
      code: "tenant_paused",
    });
  });

  it("is rejected in a page of another origin, not in our own", async () => {
    const { headers } = await makeMember();
    const foreign = await call("/v1/projects?limit=0", { headers: { ...headers, Origin: "https://app.example" } });
    expect(foreign.headers.get("Access-Control-Allow-Origin")).toBe("*");
    expect(await readProblem(foreign)).toMatchObject({
      status: 403,
      code: "key_in_browser",
      hint: expect.stringContaining("tokens"),
    });
    expect((await call("/v1/projects?limit=0", { headers: { ...headers, Origin: ORIGIN } })).status).toBe(422);
  });

  it("is accepted from an origin that its tenant has listed exactly", async () => {
    const wanted = { name: "acme", origins: ["https://app.example"] };
    const tenant = await jsonOf<{ id: string }>(await send("POST", "/admin/tenants", wanted, adminHeaders), 201);
    const key = { Authorization: `Bearer ${(await makeKey(tenant.id)).secret}` };
    const from = (origin: string) => call("/v1/me", { headers: { ...key, Origin: origin } });
    expect((await from("https://app.example")).status).toBe(200);
    for (const origin of ["https://app.example.evil.example", "http://app.example", "https://app.example:8443", "null"])
      expect((await readProblem(await from(origin))).code, origin).toBe("key_in_browser");
  });

  it("cannot be checked while the database does not answer", async () => {
    const { key } = await makeMember();
    const response = await createApp().request("/v1/me", { headers: { "X-Api-Key": key.secret } }, withoutD1());
    expect(await readProblem(response)).toMatchObject({ status: 503, code: "auth_unavailable", retryable: true });
    expect(response.headers.get("Retry-After")).toBe("1");
  });

  it("that was used a moment ago still writes for 5 s and reads for 60 s without the database", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const { key } = await makeMember();
    const app = createApp();
    const headers = { "X-Api-Key": key.secret };
    expect((await app.request("/v1/assets", { headers }, env)).status).toBe(422); // known, and rejected because a user is needed
    const read = async () => (await app.request("/v1/assets", { headers }, withoutD1())).status;
    const write = async () =>
      (await app.request("/v1/renders/x/link", { method: "POST", headers }, withoutD1())).status;
    vi.advanceTimersByTime(5_000);
    expect([await read(), await write()]).toEqual([422, 404]);
    vi.advanceTimersByTime(1);
    expect([await read(), await write()]).toEqual([422, 503]);
    vi.advanceTimersByTime(55_000);
    expect([await read(), await write()]).toEqual([503, 503]);
  });

  it("is not waited for without a timeout", async () => {
    const { key } = await makeMember();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const DB = { prepare: () => ({ bind: () => ({ first: () => new Promise(() => undefined) }) }) };
    const asked = createApp().request("/v1/me", { headers: { "X-Api-Key": key.secret } }, { ...env, DB });
    for (let at = 0; at < 6; at++) await vi.advanceTimersByTimeAsync(1_000);
    expect(await readProblem(await asked)).toMatchObject({ status: 503, code: "auth_unavailable" });
  });

  it("expires to the second, even while it is cached", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const tenant = await makeTenant();
    const key = await makeKey(tenant.id, { expires_at: new Date(Date.now() + 10_000).toISOString() });
    const ask = () => call("/v1/assets", { headers: { "X-Api-Key": key.secret } });
    expect((await ask()).status).toBe(422);
    vi.advanceTimersByTime(9_999);
    expect((await ask()).status).toBe(422);
    vi.advanceTimersByTime(1);
    expect(await readProblem(await ask())).toMatchObject({ status: 401, code: "key_expired" });
  });

  it("shows the day of its last use", async () => {
    const { tenant, key } = await makeMember();
    const lastUse = async () => {
      const listed = await jsonOf<{ data: KeyWire[] }>(
        await call(`/admin/tenants/${tenant.id}/keys`, { headers: adminHeaders }),
      );
      return listed.data[0]?.last_used_on;
    };
    expect(await lastUse()).toBeNull();
    await call("/v1/assets", { headers: { "X-Api-Key": key.secret } });
    const day = await until(lastUse);
    expect(day).toBe(new Date().toISOString().slice(0, 10));
  });

  it("may do no more than its tenant", async () => {
    const made = await send("POST", "/admin/tenants", { name: "reader", scopes: ["read"] }, adminHeaders);
    const { id } = await jsonOf<{ id: string }>(made, 201);
    const key = await makeKey(id);
    const response = await send("POST", "/v1/projects", {}, { "X-Api-Key": key.secret });
    expect(await readProblem(response)).toMatchObject({ status: 403, code: "missing_scope" });
    expect((await call("/v1/assets", { headers: { "X-Api-Key": key.secret } })).status).toBe(422);
  });
});

describe("the rate limits", () => {
  const closed = { limit: async () => ({ success: false }) };
  const deployed = { ...env, ENVIRONMENT: "production" };

  it("answer rate_limited and name the tier", async () => {
    const { key } = await makeMember();
    const response = await createApp().request(
      "/v1/me",
      { headers: { "X-Api-Key": key.secret } },
      { ...deployed, RATE_LIMIT_SMALL: closed },
    );
    expect(response.headers.get("Retry-After")).toBe("60");
    expect(response.headers.get("RateLimit-Policy")).toBe('"small";q=300;w=60');
    expect(await readProblem(response)).toMatchObject({ status: 429, code: "rate_limited" });
  });

  it("are in every answer to a known caller, without a count that is not kept", async () => {
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
      { ...deployed, RATE_LIMIT_LARGE: open, RATE_LIMIT_SMALL: closed },
    );
    expect(response.status).toBe(200);
    expect(response.headers.get("RateLimit-Policy")).toBe('"large";q=6000;w=60');
    expect(response.headers.get("RateLimit")).toBeNull();
    expect(asked).toEqual([`${tenant.id}:test`]);
  });

  /** Limiters that allow so many requests of each key, as the platform's bindings do; `asked` counts all of them. */
  const limiterOf = (limit: number) => {
    const asked = new Map<string, number>();
    return {
      asked,
      limit: async ({ key }: { key: string }) => {
        asked.set(key, (asked.get(key) ?? 0) + 1);
        return { success: (asked.get(key) ?? 0) <= limit };
      },
    };
  };
  const tokenOf = async (headers: Record<string, string>, user: string) => {
    const made = await send("POST", `/v1/users/${user}/tokens`, {}, headers);
    return { Authorization: `Bearer ${(await jsonOf<{ token: string }>(made, 201)).token}` };
  };

  it("count each user of a tenant first, so that one user cannot shut out the others", async () => {
    const { headers, tenant } = await makeMember(null);
    const [flood, quiet] = [await tokenOf(headers, "flood"), await tokenOf(headers, "quiet")];
    const [RATE_LIMIT_USER, RATE_LIMIT_SMALL] = [limiterOf(RATE_LIMIT_TIERS.user), limiterOf(RATE_LIMIT_TIERS.small)];
    const app = createApp();
    const ask = (who: Record<string, string>) =>
      app.request("/v1/projects", { headers: who }, { ...deployed, RATE_LIMIT_USER, RATE_LIMIT_SMALL });
    const flooded = await Promise.all(Array.from({ length: 320 }, () => ask(flood)));
    expect(flooded.filter(({ status }) => status === 429)).toHaveLength(320 - RATE_LIMIT_TIERS.user);
    const problem = flooded.find(({ status }) => status === 429) as Response; // not the last: they are answered in any order
    expect(problem.headers.get("RateLimit-Policy")).toBe('"user";q=120;w=60');
    expect(problem.headers.get("Retry-After")).toBe("60");
    const served = await ask(quiet);
    expect(served.status).toBe(200);
    expect(served.headers.get("RateLimit-Policy")).toBe('"user";q=120;w=60, "small";q=300;w=60');
    expect(RATE_LIMIT_SMALL.asked).toEqual(new Map([[`${tenant.id}:test`, RATE_LIMIT_TIERS.user + 1]]));
  });

  it("count chunks of uploads separately, so that a client that sends small ones is not stopped in the middle", async () => {
    const { headers, tenant } = await makeMember(null);
    const token = await tokenOf(headers, "sender");
    const [RATE_LIMIT_USER, RATE_LIMIT_SMALL, RATE_LIMIT_BYTES] = [limiterOf(2), limiterOf(2), limiterOf(12)];
    const app = createApp();
    const tus = (method: string, path: string, more: Record<string, string>, body: string | null = null) => {
      const init = { method, headers: { ...token, "Tus-Resumable": "1.0.0", ...more }, body };
      return app.request(path, init, { ...deployed, RATE_LIMIT_USER, RATE_LIMIT_SMALL, RATE_LIMIT_BYTES });
    };
    const made = await tus("POST", "/v1/uploads", { "Upload-Length": "100", "Upload-Metadata": "" });
    const path = made.headers.get("Location") ?? "";
    const append = (offset: number) =>
      tus("PATCH", path, { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(offset) }, "x");
    for (let offset = 0; offset < 10; offset++) expect((await append(offset)).status).toBe(204);
    const asked = await tus("HEAD", path, {});
    expect([asked.status, asked.headers.get("Upload-Offset")]).toEqual([200, "10"]);
    expect(asked.headers.get("RateLimit-Policy")).toBe('"bytes";q=6000;w=60');
    expect((await append(10)).status).toBe(204);
    expect((await readProblem(await append(11))).code).toBe("rate_limited");
    expect([...RATE_LIMIT_BYTES.asked]).toEqual([[[...RATE_LIMIT_USER.asked.keys()][0], 13]]);
    expect(RATE_LIMIT_SMALL.asked).toEqual(new Map([[`${tenant.id}:test`, 1]]));
    expect((await tus("GET", path, {})).status).toBe(200);
    expect((await tus("GET", path, {})).status).toBe(429);
  });

  it("do not block the revocation of a credential, for a key that may revoke it", async () => {
    const { headers, tenant } = await makeMember(null);
    const token = await tokenOf(headers, "flood");
    const spare = await makeKey(tenant.id);
    const reader = await makeKey(tenant.id, { scopes: ["read"] });
    const bindings = { ...deployed, RATE_LIMIT_SMALL: closed };
    const app = createApp();
    const ask = (method: string, path: string, who: Record<string, string>) =>
      app.request(path, { method, headers: who }, bindings);
    const read = () =>
      app.request("/v1/projects", { headers: token }, { ...deployed, RATE_LIMIT_SMALL: limiterOf(300) });
    expect((await read()).status).toBe(200);
    const bare = { "X-Api-Key": reader.secret };
    for (const [method, path] of [
      ["POST", "/v1/users/flood/sign_out"],
      ["DELETE", `/v1/keys/${spare.id}`],
    ] as const) {
      expect((await ask(method, path, bare)).status, `${path} without the scope`).toBe(429);
      expect((await ask(method, path, token)).status, `${path} with a user token`).toBe(429);
      expect((await ask(method, path, headers)).status, path).toBe(200);
    }
    expect((await ask("GET", "/v1/me", headers)).status).toBe(429);
    expect((await readProblem(await read())).code).toBe("user_token_revoked");
  });

  it("are checked before the database is read, for every key that is not cached", async () => {
    const { key } = await makeMember();
    const RATE_LIMIT_LOOKUP = limiterOf(2);
    const prepare = vi.fn(() => ({ bind: () => ({ first: async () => null }) }));
    const app = createApp();
    const ask = (secret: string, from: string, bindings: object) =>
      app.request(
        "/v1/me",
        { headers: { "X-Api-Key": secret, "CF-Connecting-IP": from } },
        { ...deployed, ...bindings },
      );
    const unknown = async (from: string) => {
      const secret = issueKey("test", (count) => crypto.getRandomValues(new Uint8Array(count)));
      return (await ask(secret, from, { RATE_LIMIT_LOOKUP, DB: { prepare } })).status;
    };
    const statuses = [];
    for (let n = 0; n < 5; n++) statuses.push(await unknown(`2001:db8:1:2:3:4:5:${n}`));
    expect(statuses).toEqual([401, 401, 429, 429, 429]);
    expect(prepare).toHaveBeenCalledTimes(2);
    expect(await unknown("2001:db8:1:3::1"), "another network").toBe(401);
    const known = { "CF-Connecting-IP": "2001:db8:1:2::9" };
    expect((await ask(key.secret, "192.0.2.1", {})).status).toBe(200);
    expect((await ask(key.secret, known["CF-Connecting-IP"], { RATE_LIMIT_LOOKUP })).status, "a known key").toBe(200);
  });

  it("count an IPv6 sender by its network", async () => {
    const RATE_LIMIT_REJECTED = limiterOf(RATE_LIMIT_TIERS.rejected);
    const app = createApp();
    const ask = async (address: string) => {
      const headers = { "CF-Connecting-IP": address };
      return (await app.request("/v1/me", { headers }, { ...deployed, RATE_LIMIT_REJECTED })).status;
    };
    const statuses = await Promise.all(Array.from({ length: 40 }, (_, n) => ask(`2001:db8:0:7:${n.toString(16)}::1`)));
    expect(statuses.filter((status) => status === 429)).toHaveLength(10);
    expect([...RATE_LIMIT_REJECTED.asked.values()]).toEqual([40]);
    expect(await ask("2001:db8:0:8::1")).toBe(401);
  });

  it("count rejected credentials by sender, whose address is not stored in plain text", async () => {
    const asked: string[] = [];
    const limiter = { limit: async ({ key }: { key: string }) => ({ success: asked.push(key) < 2 }) };
    const app = createApp();
    const ask = () =>
      app.request(
        "/v1/me",
        { headers: { "CF-Connecting-IP": "192.0.2.7" } },
        { ...deployed, RATE_LIMIT_REJECTED: limiter },
      );
    expect((await ask()).status).toBe(401);
    expect((await ask()).status).toBe(429);
    expect(asked[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("preflights", () => {
  it("are answered under /v1 and absent under /admin", async () => {
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
