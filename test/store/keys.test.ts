import { beforeEach, describe, expect, it } from "vitest";
import { plainId, type TenantId } from "../../src/core/ids.ts";
import { CLOSED_KEY_TTL_MS, QUOTA_DEFAULTS } from "../../src/core/limits.ts";
import type { AuditEntry } from "../../src/core/tenant.ts";
import { DAY_MS } from "../../src/core/time.ts";
import {
  countOpenKeys,
  deleteExpiredKeys,
  findKey,
  insertKey,
  listKeys,
  type NewKeyRecord,
  readKey,
  revokeKey,
  rotateKey,
} from "../../src/store/keys.ts";
import { insertTenant, listTenants, readTenant } from "../../src/store/tenants.ts";
import { env, random } from "../support/objects.ts";

const now = 1_763_700_000_000;
let tenant: TenantId;
beforeEach(async () => {
  tenant = await makeTenant(now);
});

async function makeTenant(at: number): Promise<TenantId> {
  const id = plainId("ten", at, random);
  await insertTenant(env.DB, { id, name: "acme", tier: "medium", createdAt: at, settings: {} }).run();
  return id;
}

const newKey = (more: Partial<NewKeyRecord> = {}): NewKeyRecord => ({
  hash: crypto.randomUUID(),
  id: plainId("key", now, random),
  tenant,
  mode: "test",
  name: "default",
  hint: "ngw_test_abcd",
  scopes: ["read", "keys"],
  createdAt: now,
  expiresAt: null,
  replaces: null,
  parent: null,
  app: null,
  ...more,
});

async function stored(more: Partial<NewKeyRecord> = {}): Promise<NewKeyRecord> {
  const key = newKey(more);
  await insertKey(env.DB, key).run();
  return key;
}

const entry = (key: NewKeyRecord, at: number): AuditEntry => ({
  id: plainId("aud", at, random),
  tenant,
  mode: "test",
  at,
  actor: "admin",
  action: "key.revoked",
  target: key.id,
  requestId: "req_12345678",
  detail: {},
});
const revoke = (key: NewKeyRecord, at: number, force = false) => revokeKey(env.DB, key.id, force, entry(key, at));
const endOf = async (key: NewKeyRecord) => (await readKey(env.DB, key.id))?.wire.revoked_at;
const moment = (at: number) => new Date(at).toISOString();

describe("keys", () => {
  it("are found by their hash, with their tenant", async () => {
    const key = await stored({ expiresAt: now + 1 });
    expect(await findKey(env.DB, key.hash)).toEqual({
      id: key.id,
      tenant,
      tenantName: "acme",
      tenantState: "active",
      tier: "medium",
      origins: [],
      quotas: QUOTA_DEFAULTS.test,
      attribution: { source: null, version: null, platform: null },
      mode: "test",
      scopes: ["read", "keys"],
      expiresAt: now + 1,
      revokedAt: null,
      rotatedAt: null,
      lastUsedOn: null,
      parent: null,
      app: null,
    });
    expect(await findKey(env.DB, "another")).toBeNull();
  });

  it("are rejected for a tenant that does not exist", async () => {
    await expect(insertKey(env.DB, newKey({ tenant: "ten_none" })).run()).rejects.toThrow();
  });

  it("are listed for one tenant alone, by mode, newest first, in pages", async () => {
    const older = await stored({ id: plainId("key", now + 1, random), mode: "live" });
    const newer = await stored({ id: plainId("key", now + 2, random) });
    const ids = async (mode: "live" | "test" | null, limit = 10, after: string | null = null) =>
      (await listKeys(env.DB, { tenant, mode }, limit, after)).map(({ id }) => id);
    expect(await ids(null)).toEqual([newer.id, older.id]);
    expect(await ids("live")).toEqual([older.id]);
    expect(await ids(null, 10, newer.id)).toEqual([older.id]);
    expect(await ids(null, 1)).toEqual([newer.id]);
  });

  it("end once, and keep their first end time", async () => {
    const key = await stored();
    expect(await revoke(key, now + 5, true)).toBe(true);
    expect(await revoke(key, now + 9, true)).toBe(true);
    expect(await endOf(key)).toBe(moment(now + 5));
  });

  it("always include one that can create keys in each mode, unless forced", async () => {
    const [first, second] = [await stored(), await stored()];
    await stored({ scopes: ["read"] });
    await stored({ mode: "live" });
    await stored({ expiresAt: now });
    const dying = await stored();
    await rotateKey(env.DB, dying.id, now, now + 60_000).run();
    expect(await revoke(first, now + 1)).toBe(true);
    expect(await revoke(second, now + 2)).toBe(false);
    expect(await endOf(second)).toBeNull();
    expect(await revoke(second, now + 3, true)).toBe(true);
  });

  it("cannot end each other at the same time", async () => {
    const pair = [await stored(), await stored()];
    const ended = await Promise.all(pair.map((key) => revoke(key, now + 1)));
    expect(ended.toSorted()).toEqual([false, true]);
  });

  it("have one successor at most, and end at the grace period's end or before", async () => {
    const old = await stored();
    const follow = (id: NewKeyRecord["id"]) => [
      insertKey(env.DB, newKey({ id, replaces: old.id })),
      rotateKey(env.DB, old.id, now, now + 60_000),
    ];
    await env.DB.batch(follow("key_successor"));
    await expect(env.DB.batch(follow("key_another"))).rejects.toThrow(/UNIQUE/);
    expect(await readKey(env.DB, "key_another")).toBeNull();
    expect((await readKey(env.DB, old.id))?.wire).toMatchObject({
      rotated_at: moment(now),
      revoked_at: moment(now + 60_000),
    });
    expect(await revoke(old, now + 1)).toBe(true);
    expect(await endOf(old)).toBe(moment(now + 1));
  });

  it("are counted while they are active", async () => {
    await stored();
    await stored({ expiresAt: now + 1 });
    await revoke(await stored(), now, true);
    expect(await countOpenKeys(env.DB, { tenant, mode: "test" }, now)).toBe(2);
    expect(await countOpenKeys(env.DB, { tenant, mode: "test" }, now + 1)).toBe(1);
    expect(await countOpenKeys(env.DB, { tenant, mode: "live" }, now)).toBe(0);
  });
});

describe("tenants", () => {
  it("are read, and paged newest first", async () => {
    const [older, newer] = [await makeTenant(now + 1), await makeTenant(now + 2)];
    expect(await readTenant(env.DB, newer)).toMatchObject({ id: newer, name: "acme", state: "active" });
    expect(await readTenant(env.DB, "ten_none")).toBeNull();
    expect(await listTenants(env.DB, 1, null)).toMatchObject([{ id: newer }]);
    expect(await listTenants(env.DB, 1, newer)).toMatchObject([{ id: older }]);
  });
});

describe("ended keys", () => {
  it("are listed for 400 days, and active ones for ever", async () => {
    const [open, revoked, expired, later] = [
      await stored(),
      await stored(),
      await stored({ expiresAt: now + DAY_MS }),
      await stored({ expiresAt: now + CLOSED_KEY_TTL_MS }),
    ];
    await revoke(revoked, now + DAY_MS);
    const listed = async (at: number) => {
      await deleteExpiredKeys(env.DB, at);
      return new Set((await listKeys(env.DB, { tenant, mode: null }, 10, null)).map(({ id }) => id));
    };
    const end = now + DAY_MS + CLOSED_KEY_TTL_MS;
    expect(await listed(end)).toEqual(new Set([open, revoked, expired, later].map(({ id }) => id)));
    expect(await listed(end + 1)).toEqual(new Set([open, later].map(({ id }) => id)));
  });

  it("are listed as long when they were created with an end long past", async () => {
    const key = await stored({ expiresAt: now - 2 * CLOSED_KEY_TTL_MS });
    const isFound = async (at: number) => {
      await deleteExpiredKeys(env.DB, at);
      return (await findKey(env.DB, key.hash)) !== null;
    };
    expect(await isFound(now + CLOSED_KEY_TTL_MS)).toBe(true);
    expect(await isFound(now + CLOSED_KEY_TTL_MS + 1)).toBe(false);
  });
});
