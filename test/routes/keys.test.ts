/** Keys that create, rotate and revoke keys, and the log of that. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { KEY_GRACE_MAX_SECONDS, OPEN_KEYS_PER_SCOPE } from "../../src/core/limits.ts";
import type { CreatedKeyWire, KeyWire } from "../../src/core/wire/key.ts";
import type { AuditEntryWire } from "../../src/core/wire/tenant.ts";
import {
  adminHeaders,
  call,
  env,
  jsonOf,
  makeKey,
  makeMember,
  makeTenant,
  readProblem,
  send,
} from "../support/gateway.ts";

const bearer = (secret: string | undefined) => ({ Authorization: `Bearer ${secret}` });
const make = (secret: string, wanted: object = {}, headers: Record<string, string> = {}) =>
  send("POST", "/v1/keys", wanted, { ...bearer(secret), ...headers });
const rotate = (secret: string, id: string, grace_seconds: unknown, headers: Record<string, string> = {}) =>
  send("POST", `/v1/keys/${id}/rotate`, { grace_seconds }, { ...bearer(secret), ...headers });
const revoke = (secret: string, id: string, query = "") =>
  call(`/v1/keys/${id}${query}`, { method: "DELETE", headers: bearer(secret) });
/** A request that any key with the scope `read` may make. */
const use = (secret: string | undefined) => call("/v1/projects", { headers: bearer(secret) });

afterEach(() => {
  vi.useRealTimers();
});

describe("creating a key", () => {
  it("copies the scopes of the calling key by default, and returns the secret once", async () => {
    const tenant = await makeTenant();
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const { secret, id } = await makeKey(tenant.id, { scopes: ["read", "keys"], expires_at });
    const response = await make(secret, { name: "phone" });
    const made = await jsonOf<CreatedKeyWire>(response, 201);
    expect(response.headers.get("Location")).toBe(`/v1/keys/${made.id}`);
    expect(made).toMatchObject({ name: "phone", mode: "test", scopes: ["read", "keys"], expires_at, revoked_at: null });
    expect((await use(made.secret)).status).toBe(200);
    const page = await jsonOf<{ data: KeyWire[] }>(await call("/v1/keys", { headers: bearer(secret) }));
    expect(page.data.map((key) => key.id)).toEqual([made.id, id]);
    const one = await call(`/v1/keys/${made.id}`, { headers: bearer(secret) });
    expect(await one.text()).not.toContain(made.secret);
  });

  it("stays within the calling key's scopes, mode and expiry", async () => {
    const tenant = await makeTenant();
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const { secret } = await makeKey(tenant.id, { scopes: ["read", "keys"], expires_at });
    const beyond = { scopes: ["read", "chat"], mode: "live", expires_at: null };
    const problem = await readProblem(await make(secret, beyond));
    expect(problem).toMatchObject({ status: 403, code: "key_too_wide" });
    expect(problem.errors?.map(({ field }) => field)).toEqual(["/scopes/1", "/mode", "/expires_at"]);
  });

  it("needs the scope keys", async () => {
    const { secret } = await makeKey((await makeTenant()).id, { scopes: ["read", "chat"] });
    for (const response of [await make(secret), await call("/v1/keys", { headers: bearer(secret) })])
      expect(await readProblem(response)).toMatchObject({ status: 403, code: "missing_scope" });
  });

  it("returns the same key on a repeat, without its secret", async () => {
    const { key } = await makeMember();
    const again = { "Idempotency-Key": "first-key" };
    const [one, two] = await Promise.all([1, 2].map(() => make(key.secret, { name: "a" }, again)));
    const answers = [
      await jsonOf<CreatedKeyWire>(one as Response, 201),
      await jsonOf<CreatedKeyWire>(two as Response, 201),
    ];
    expect(answers[0]?.id).toBe(answers[1]?.id);
    expect(answers.filter(({ secret }) => secret !== undefined)).toHaveLength(1);
    expect(answers.filter(({ secret_shown_once }) => secret_shown_once === true)).toHaveLength(1);
    expect(await readProblem(await make(key.secret, { name: "b" }, again))).toMatchObject({
      code: "idempotency_mismatch",
    });
  });

  it("ends at 1,000 active keys, where each can still be rotated", async () => {
    const { key, tenant } = await makeMember();
    const fill = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
      INSERT INTO keys (hash, id, tenant, mode, name, hint, scopes, created_at)
      SELECT ?2 || i, ?2 || i, ?2, 'test', 'filler', '', '["read"]', 0 FROM n`;
    await env.DB.prepare(fill)
      .bind(OPEN_KEYS_PER_SCOPE - 2, tenant.id)
      .run();
    expect((await make(key.secret)).status).toBe(201);
    expect(await readProblem(await make(key.secret))).toMatchObject({ status: 409, code: "too_many_keys" });
    const next = await jsonOf<CreatedKeyWire>(await rotate(key.secret, key.id, 0), 201);
    expect(await readProblem(await use(key.secret))).toMatchObject({ code: "key_revoked" });
    expect((await use(next.secret)).status).toBe(200);
    const last = await jsonOf<CreatedKeyWire>(await rotate(next.secret ?? "", next.id, 60), 201);
    for (const secret of [next.secret, last.secret]) expect((await use(secret)).status).toBe(200);
    expect(await readProblem(await make(last.secret ?? ""))).toMatchObject({ status: 409, code: "too_many_keys" });
  });
});

describe("rotating a key", () => {
  it("keeps both valid during the grace period, marks the old one, and ends it to the second", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-11-21T10:00:00.000Z") });
    const { key } = await makeMember(null);
    const made = await jsonOf<CreatedKeyWire>(await rotate(key.secret, key.id, 30), 201);
    expect(made).toMatchObject({ name: key.name, scopes: key.scopes, mode: key.mode, replaces: key.id });
    const old = await use(key.secret);
    expect(old.status).toBe(200);
    expect(old.headers.get("Deprecation")).toBe(`@${Date.parse("2026-11-21T10:00:00.000Z") / 1_000}`);
    expect(old.headers.get("Sunset")).toBe("Sat, 21 Nov 2026 10:00:30 GMT");
    const successor = await use(made.secret);
    expect([successor.status, successor.headers.get("Deprecation")]).toEqual([200, null]);
    vi.setSystemTime(Date.parse("2026-11-21T10:00:29.999Z"));
    expect((await use(key.secret)).status).toBe(200);
    vi.setSystemTime(Date.parse("2026-11-21T10:00:30.000Z"));
    expect(await readProblem(await use(key.secret))).toMatchObject({ status: 401, code: "key_revoked" });
    expect((await use(made.secret)).status).toBe(200);
  });

  it("ends the old one at once without a grace period", async () => {
    const { key } = await makeMember();
    expect((await use(key.secret)).status).toBe(200);
    expect((await rotate(key.secret, key.id, 0)).status).toBe(201);
    expect(await readProblem(await use(key.secret))).toMatchObject({ code: "key_revoked" });
  });

  it.each([undefined, -1, 1.5, KEY_GRACE_MAX_SECONDS + 1])("rejects a grace period of %s", async (grace) => {
    const { key } = await makeMember();
    expect(await readProblem(await rotate(key.secret, key.id, grace))).toMatchObject({
      status: 422,
      errors: [{ field: "/grace_seconds" }],
    });
  });

  it("happens once: a repeat returns the successor without its secret, another rotation is rejected", async () => {
    const { key } = await makeMember();
    const again = { "Idempotency-Key": "rotation" };
    const first = await jsonOf<CreatedKeyWire>(await rotate(key.secret, key.id, 60, again), 201);
    const second = await jsonOf<CreatedKeyWire>(await rotate(key.secret, key.id, 60, again), 201);
    expect(second).toMatchObject({ id: first.id, secret_shown_once: true });
    expect(second.secret).toBeUndefined();
    const more = await Promise.all([1, 2].map(() => rotate(key.secret, key.id, 60)));
    for (const response of more) expect(await readProblem(response)).toMatchObject({ status: 409, code: "key_closed" });
  });

  it("returns no secret of a key with more scopes than the calling one", async () => {
    const { key, tenant } = await makeMember();
    const narrow = await makeKey(tenant.id, { scopes: ["read", "keys"] });
    expect(await readProblem(await rotate(narrow.secret, key.id, 0))).toMatchObject({ code: "key_too_wide" });
    expect((await use(key.secret)).status).toBe(200);
    expect((await rotate(key.secret, narrow.id, 0)).status).toBe(201);
  });
});

describe("revoking a key", () => {
  it("takes effect here at once", async () => {
    const { key, tenant } = await makeMember();
    const other = await makeKey(tenant.id);
    expect((await use(other.secret)).status).toBe(200);
    const revoked = await jsonOf<KeyWire>(await revoke(key.secret, other.id));
    expect(revoked.revoked_at).toMatch(/Z$/);
    expect(await readProblem(await use(other.secret))).toMatchObject({ code: "key_revoked" });
    expect((await jsonOf<KeyWire>(await revoke(key.secret, other.id))).revoked_at).toBe(revoked.revoked_at);
  });

  it("is rejected for the last key that can create keys, unless forced", async () => {
    const { key, tenant } = await makeMember();
    await makeKey(tenant.id, { scopes: ["read"] });
    expect(await readProblem(await revoke(key.secret, key.id))).toMatchObject({
      status: 409,
      code: "last_key",
      hint: `DELETE /v1/keys/${key.id}?force=true`,
    });
    expect((await revoke(key.secret, key.id, "?force=true")).status).toBe(200);
    expect(await readProblem(await use(key.secret))).toMatchObject({ code: "key_revoked" });
  });

  it("finds no key of another tenant or mode", async () => {
    const { key, tenant } = await makeMember();
    const live = await makeKey(tenant.id, { mode: "live" });
    const foreign = (await makeMember()).key;
    for (const { id } of [live, foreign, { id: "key_01jd8m3k5xq2w4v7z9ab" }]) {
      const asked = [
        await revoke(key.secret, id),
        await rotate(key.secret, id, 0),
        await call(`/v1/keys/${id}`, { headers: bearer(key.secret) }),
      ];
      for (const response of asked)
        expect(await readProblem(response)).toMatchObject({ status: 404, code: "not_found" });
    }
    expect((await use(foreign.secret)).status).toBe(200);
  });
});

describe("the audit log", () => {
  it("records who did what to what, with the request's id and no secret", async () => {
    const { key, tenant } = await makeMember();
    const made = await jsonOf<CreatedKeyWire>(await make(key.secret, {}, { "Request-Id": "req-made-1" }), 201);
    const next = await jsonOf<CreatedKeyWire>(await rotate(key.secret, made.id, 60), 201);
    await revoke(key.secret, next.id);
    await revoke(key.secret, next.id);
    await send("POST", `/admin/tenants/${tenant.id}/pause`, "", adminHeaders);
    await send("POST", `/admin/tenants/${tenant.id}/resume`, "", adminHeaders);
    const response = await call("/v1/audit_log", { headers: bearer(key.secret) });
    const text = await response.clone().text();
    const { data } = await jsonOf<{ data: AuditEntryWire[] }>(response);
    expect(data.map(({ actor, action, target }) => [actor, action, target])).toEqual([
      ["admin", "tenant.resumed", tenant.id],
      ["admin", "tenant.paused", tenant.id],
      [key.id, "key.revoked", next.id],
      [key.id, "key.rotated", made.id],
      [key.id, "key.created", made.id],
      ["admin", "key.created", key.id],
      ["admin", "tenant.created", tenant.id],
    ]);
    expect(data[4]).toMatchObject({ request_id: "req-made-1", mode: "test", detail: { scopes: key.scopes } });
    for (const { secret } of [key, made, next]) expect(text).not.toContain(secret);
  });

  it("needs the scope keys, and is each tenant's own", async () => {
    const { tenant } = await makeMember();
    const reader = await makeKey(tenant.id, { scopes: ["read"] });
    expect(await readProblem(await call("/v1/audit_log", { headers: bearer(reader.secret) }))).toMatchObject({
      code: "missing_scope",
    });
    const stranger = (await makeMember()).key;
    const page = await jsonOf<{ data: AuditEntryWire[] }>(
      await call("/v1/audit_log", { headers: bearer(stranger.secret) }),
    );
    expect(page.data.some(({ target }) => target === reader.id)).toBe(false);
  });
});
