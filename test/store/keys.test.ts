import { beforeEach, describe, expect, it } from "vitest";
import { plainId } from "../../src/core/ids.ts";
import { QUOTA_DEFAULTS } from "../../src/core/limits.ts";
import { findKey, insertKey, listKeys, type NewKeyRecord, revokeKey } from "../../src/store/keys.ts";
import { insertTenant, listTenants, readTenant } from "../../src/store/tenants.ts";
import { env, random } from "../support/objects.ts";

const now = 1_763_700_000_000;
let tenant: NewKeyRecord["tenant"];
beforeEach(async () => {
  tenant = plainId("ten", now, random);
  await insertTenant(env.DB, { id: tenant, name: "acme", tier: "medium", createdAt: now });
});

const newKey = (more: Partial<NewKeyRecord> = {}): NewKeyRecord => ({
  hash: crypto.randomUUID(),
  id: plainId("key", now, random),
  tenant,
  mode: "test",
  name: "default",
  hint: "ngw_test_abcd",
  scopes: ["read", "chat"],
  createdAt: now,
  expiresAt: null,
  ...more,
});

describe("keys", () => {
  it("are found by their hash, their tenant beside them", async () => {
    const key = newKey({ expiresAt: now + 1 });
    await insertKey(env.DB, key);
    expect(await findKey(env.DB, key.hash)).toEqual({
      id: key.id,
      tenant,
      tenantName: "acme",
      tenantState: "active",
      tier: "medium",
      origins: [],
      quotas: QUOTA_DEFAULTS.test,
      mode: "test",
      scopes: ["read", "chat"],
      expiresAt: now + 1,
      revokedAt: null,
      rotatedAt: null,
      lastUsedOn: null,
    });
    expect(await findKey(env.DB, "another")).toBeNull();
  });

  it("are refused for a tenant that does not exist", async () => {
    await expect(insertKey(env.DB, newKey({ tenant: "ten_none" }))).rejects.toThrow();
  });

  it("of one tenant are listed alone, and keep their first end", async () => {
    const key = newKey();
    await insertKey(env.DB, key);
    expect((await revokeKey(env.DB, key.id, now + 5))?.hash).toBe(key.hash);
    expect((await revokeKey(env.DB, key.id, now + 9))?.key.revoked_at).toBe(new Date(now + 5).toISOString());
    expect(await listKeys(env.DB, tenant, 10)).toMatchObject([{ id: key.id }]);
    expect(await revokeKey(env.DB, "key_none", now)).toBeNull();
  });
});

describe("tenants", () => {
  it("are read, and paged newest first", async () => {
    const make = (at: number) =>
      insertTenant(env.DB, { id: plainId("ten", at, random), name: "acme", tier: "small", createdAt: at });
    const [older, newer] = [await make(now + 1), await make(now + 2)];
    expect(await readTenant(env.DB, newer.id)).toEqual(newer);
    expect(await readTenant(env.DB, "ten_none")).toBeNull();
    expect(await listTenants(env.DB, 1, null)).toEqual([newer]);
    expect(await listTenants(env.DB, 1, newer.id)).toEqual([older]);
  });
});
