/** API keys in D1: found by the hash of what was sent, never by the key itself. */
import type { KeyId, Mode, TenantId } from "../core/ids.ts";
import { type StoredSettings, settingsOf } from "../core/tenant.ts";
import { type EpochMs, toRfc3339 } from "../core/time.ts";
import type { KeyScope, KeyWire } from "../core/wire/key.ts";
import type { Quotas, TenantWire, Tier } from "../core/wire/tenant.ts";

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
  /** ms since epoch; null: valid. A rotated key's may lie ahead. */
  revoked_at: number | null;
  /** YYYY-MM-DD in UTC; null: never. */
  last_used_on: string | null;
  /** ms since epoch; null: it has no successor. */
  rotated_at: number | null;
  replaces: KeyId | null;
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
  readonly tier: Tier;
  /** The web origins that the tenant's credentials may come from. */
  readonly origins: readonly string[];
  /** What the tenant may use in the key's mode. */
  readonly quotas: Quotas;
  readonly mode: Mode;
  /** The key's own, as far as its tenant has them. */
  readonly scopes: readonly KeyScope[];
  readonly expiresAt: EpochMs | null;
  /** From when on it is refused: a rotated key's may lie ahead. */
  readonly revokedAt: EpochMs | null;
  readonly rotatedAt: EpochMs | null;
  /** YYYY-MM-DD in UTC; null: never. */
  readonly lastUsedOn: string | null;
};

const FIND = `SELECT keys.*, tenants.name AS tenant_name, tenants.state AS tenant_state, tenants.tier AS tier,
  tenants.settings AS settings FROM keys JOIN tenants ON tenants.id = keys.tenant WHERE `;
const BY_HASH = `${FIND} keys.hash = ?1`;
const BY_ID = `${FIND} keys.id = ?1`;
const INSERT = `INSERT INTO keys (hash, id, tenant, mode, name, hint, scopes, created_at, expires_at, revoked_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL)`;
const OF_TENANT = "SELECT * FROM keys WHERE tenant = ?1 ORDER BY created_at DESC, id DESC LIMIT ?2";
const REVOKE = "UPDATE keys SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1 RETURNING *";

const NOTE_USE = "UPDATE keys SET last_used_on = ?2 WHERE id = ?1 AND (last_used_on IS NULL OR last_used_on < ?2)";

const scopesOf = (row: KeyRow): KeyScope[] => JSON.parse(row.scopes); // written by insertKey only

/** Who holds the key with this hash; null when nobody does. */
export const findKey = (db: D1Database, hash: string): Promise<KeyOwner | null> => find(db, BY_HASH, hash);

/** The same for a key's id, which user tokens name; null when there is none. */
export const findKeyById = (db: D1Database, id: KeyId): Promise<KeyOwner | null> => find(db, BY_ID, id);

async function find(db: D1Database, query: string, value: string): Promise<KeyOwner | null> {
  type Beside = { tenant_name: string; tenant_state: TenantWire["state"]; tier: Tier; settings: string };
  const row = await db.prepare(query).bind(value).first<KeyRow & Beside>();
  if (row === null) return null;
  const settings = settingsOf(JSON.parse(row.settings) as StoredSettings); // written by store/tenants.ts only
  return {
    id: row.id,
    tenant: row.tenant,
    tenantName: row.tenant_name,
    tenantState: row.tenant_state,
    tier: row.tier,
    origins: settings.origins,
    quotas: settings.quotas[row.mode],
    mode: row.mode,
    scopes: scopesOf(row).filter((scope) => settings.scopes.includes(scope)),
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    rotatedAt: row.rotated_at,
    lastUsedOn: row.last_used_on,
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

/** Notes the day (YYYY-MM-DD, UTC) on which a key opened something. */
export async function noteUse(db: D1Database, id: KeyId, day: string): Promise<void> {
  await db.prepare(NOTE_USE).bind(id, day).run();
}

const show = (row: KeyRow): KeyWire => ({
  id: row.id,
  name: row.name,
  mode: row.mode,
  scopes: scopesOf(row),
  hint: row.hint,
  created_at: toRfc3339(row.created_at),
  expires_at: momentOf(row.expires_at),
  last_used_on: row.last_used_on,
  rotated_at: momentOf(row.rotated_at),
  replaces: row.replaces,
  revoked_at: momentOf(row.revoked_at),
});

const momentOf = (at: EpochMs | null): string | null => (at === null ? null : toRfc3339(at));
