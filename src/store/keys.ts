/** API keys in D1: found by the hash of what was sent, never by the key itself. */
import type { KeyId, Mode, TenantId } from "../core/ids.ts";
import { type EpochMs, toRfc3339 } from "../core/time.ts";
import type { KeyScope, KeyWire, TenantWire } from "../core/wire/tenant.ts";

type KeyRow = {
  hash: string;
  id: KeyId;
  tenant: TenantId;
  mode: Mode;
  name: string;
  hint: string;
  /** JSON array of scopes; written by us only. */
  scopes: string;
  /** ms since epoch. */
  created_at: number;
  /** ms since epoch; null: never. */
  expires_at: number | null;
  /** ms since epoch; null: valid. */
  revoked_at: number | null;
};

/** A key to store. Moments in ms since epoch. */
export type NewKeyRecord = {
  readonly hash: string;
  readonly id: KeyId;
  readonly tenant: TenantId;
  readonly mode: Mode;
  readonly name: string;
  readonly hint: string;
  readonly scopes: readonly KeyScope[];
  readonly createdAt: EpochMs;
  readonly expiresAt: EpochMs | null;
};

/** A key as authentication needs it, its tenant beside it. Moments in ms since epoch. */
export type KeyOwner = {
  readonly id: KeyId;
  readonly tenant: TenantId;
  readonly tenantName: string;
  readonly tenantState: TenantWire["state"];
  readonly tier: TenantWire["tier"];
  readonly mode: Mode;
  readonly scopes: readonly KeyScope[];
  readonly expiresAt: EpochMs | null;
  readonly revokedAt: EpochMs | null;
};

const FIND = `SELECT keys.*, tenants.name AS tenant_name, tenants.state AS tenant_state, tenants.tier AS tier
  FROM keys JOIN tenants ON tenants.id = keys.tenant WHERE keys.hash = ?1`;
const INSERT = `INSERT INTO keys (hash, id, tenant, mode, name, hint, scopes, created_at, expires_at, revoked_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL)`;
const OF_TENANT = "SELECT * FROM keys WHERE tenant = ?1 ORDER BY created_at DESC, id DESC LIMIT ?2";
const REVOKE = "UPDATE keys SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1 RETURNING *";

const scopesOf = (row: KeyRow): KeyScope[] => JSON.parse(row.scopes); // written by insertKey only

/** Who holds the key with this hash; null when nobody does. */
export async function findKey(db: D1Database, hash: string): Promise<KeyOwner | null> {
  type Found = KeyRow & { tenant_name: string; tenant_state: TenantWire["state"]; tier: TenantWire["tier"] };
  const row = await db.prepare(FIND).bind(hash).first<Found>();
  if (row === null) return null;
  return {
    id: row.id,
    tenant: row.tenant,
    tenantName: row.tenant_name,
    tenantState: row.tenant_state,
    tier: row.tier,
    mode: row.mode,
    scopes: scopesOf(row),
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
}

/** Stores a key's hash. Rejects when its tenant does not exist. */
export async function insertKey(db: D1Database, key: NewKeyRecord): Promise<void> {
  const values = [
    key.hash,
    key.id,
    key.tenant,
    key.mode,
    key.name,
    key.hint,
    JSON.stringify(key.scopes),
    key.createdAt,
    key.expiresAt,
  ];
  await db
    .prepare(INSERT)
    .bind(...values)
    .run();
}

/** A tenant's keys, newest first, at most `limit`. */
export async function listKeys(db: D1Database, tenant: TenantId, limit: number): Promise<KeyWire[]> {
  const found = await db.prepare(OF_TENANT).bind(tenant, limit).all<KeyRow>();
  return found.results.map(show);
}

/** Ends a key, with its hash for whoever remembers it; null when there is none. Ending it again keeps the first moment. */
export async function revokeKey(
  db: D1Database,
  id: KeyId,
  now: EpochMs,
): Promise<{ key: KeyWire; hash: string } | null> {
  const row = await db.prepare(REVOKE).bind(id, now).first<KeyRow>();
  return row === null ? null : { key: show(row), hash: row.hash };
}

const show = (row: KeyRow): KeyWire => ({
  id: row.id,
  name: row.name,
  mode: row.mode,
  scopes: scopesOf(row),
  hint: row.hint,
  created_at: toRfc3339(row.created_at),
  expires_at: row.expires_at === null ? null : toRfc3339(row.expires_at),
  revoked_at: row.revoked_at === null ? null : toRfc3339(row.revoked_at),
});
