/** API keys in D1: found by the hash of what was sent, never by the key itself. */
import type { Scope } from "../core/address.ts";
import type { KeyId, Mode, TenantId } from "../core/ids.ts";
import { type StoredSettings, settingsOf } from "../core/tenant.ts";
import { type EpochMs, toRfc3339 } from "../core/time.ts";
import type { AttributionWire } from "../core/wire/attribution.ts";
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

/** A key with what its owner is not shown: whose it is, and the hash by which it is remembered. */
export type StoredKey = { readonly wire: KeyWire; readonly tenant: TenantId; readonly hash: string };

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
  /** What upstream is told about the tenant. */
  readonly attribution: AttributionWire;
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
const READ = "SELECT * FROM keys WHERE id = ?1";
const OF_TENANT = `SELECT * FROM keys WHERE tenant = ?1 AND (?2 IS NULL OR mode = ?2) AND id < ?3
  ORDER BY id DESC LIMIT ?4`;
const COUNT_OPEN = `SELECT count(*) AS n FROM keys
  WHERE tenant = ?1 AND mode = ?2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?3)`;
const NOTE_USE = "UPDATE keys SET last_used_on = ?2 WHERE id = ?1 AND (last_used_on IS NULL OR last_used_on < ?2)";

/** Above every id: the cursor of a list's first page. */
const LAST_ID = "key_~";

const scopesOf = (row: KeyRow): KeyScope[] => JSON.parse(row.scopes); // written by store/key-changes.ts only

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
    attribution: settings.attribution,
    mode: row.mode,
    scopes: scopesOf(row).filter((scope) => settings.scopes.includes(scope)),
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    rotatedAt: row.rotated_at,
    lastUsedOn: row.last_used_on,
  };
}

/** The key with this id, whoever's it is; null when there is none. */
export async function readKey(db: D1Database, id: KeyId): Promise<StoredKey | null> {
  const row = await db.prepare(READ).bind(id).first<KeyRow>();
  return row === null ? null : { wire: show(row), tenant: row.tenant, hash: row.hash };
}

/** A tenant's keys of one mode (null: of both), newest first, below the id `after`. */
export async function listKeys(
  db: D1Database,
  { tenant, mode }: { readonly tenant: TenantId; readonly mode: Mode | null },
  limit: number,
  after: string | null,
): Promise<KeyWire[]> {
  const found = await db
    .prepare(OF_TENANT)
    .bind(tenant, mode, after ?? LAST_ID, limit)
    .all<KeyRow>();
  return found.results.map(show);
}

/** How many keys of a tenant and mode have no end yet. */
export async function countOpenKeys(db: D1Database, { tenant, mode }: Scope, now: EpochMs): Promise<number> {
  return (await db.prepare(COUNT_OPEN).bind(tenant, mode, now).first<number>("n")) ?? 0;
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
