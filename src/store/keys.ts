/** API keys in D1, found by the hash of the key; the key itself is not stored. */
import type { Scope } from "../core/address.ts";
import type { InviteId, KeyId, Mode, TenantId, UserHash } from "../core/ids.ts";
import { CLOSED_KEY_TTL_MS } from "../core/limits.ts";
import { type AuditEntry, type StoredSettings, settingsOf } from "../core/tenant.ts";
import { type EpochMs, toRfc3339 } from "../core/time.ts";
import type { AttributionWire } from "../core/wire/common.ts";
import type { KeyScope, KeyWire } from "../core/wire/key.ts";
import type { QuotasWire, TenantWire, Tier } from "../core/wire/tenant.ts";
import { auditRow } from "./audit.ts";

type KeyRow = {
  hash: string;
  id: KeyId;
  tenant: TenantId;
  mode: Mode;
  name: string;
  hint: string;
  /** JSON array of scopes; written by this module only. */
  scopes: string;
  /** ms since epoch. */
  created_at: number;
  /** ms since epoch; null: never. */
  expires_at: number | null;
  /** ms since epoch; null: valid. May be in the future for a rotated key. */
  revoked_at: number | null;
  /** YYYY-MM-DD in UTC; null: never. */
  last_used_on: string | null;
  /** ms since epoch; null: it has no successor. */
  rotated_at: number | null;
  replaces: KeyId | null;
  /** The key or invite that a console session was opened with or a connected app approved with; null for any other key. */
  parent: KeyId | InviteId | null;
  /** When that key or invite was revoked; null: it was not, or there is none. */
  parent_revoked_at: number | null;
  /** JSON of a StoredApp, written by this module only; null for any other key. */
  app: string | null;
};

/** A connected app, as its access is stored. */
export type StoredApp = {
  /** SHA-256 of the client id, hex. */
  readonly client: string;
  readonly host: string | null;
  readonly redirectHost: string;
  /** The user that it acts for, with the tenant's own name, encrypted; null: as a key alone. */
  readonly user: { readonly hash: UserHash; readonly name: string } | null;
};

/** A key with the fields that are not shown to its owner: its tenant and its hash. */
export type StoredKey = { readonly wire: KeyWire; readonly tenant: TenantId; readonly hash: string };

/** A key and its tenant as authentication needs them. Times in ms since epoch. */
export type KeyOwner = {
  readonly id: KeyId;
  readonly tenant: TenantId;
  readonly tenantName: string;
  readonly tenantState: TenantWire["state"];
  readonly tier: Tier;
  /** The web origins that may use the tenant's credentials. */
  readonly origins: readonly string[];
  /** The tenant's quotas in the key's mode. */
  readonly quotas: QuotasWire;
  /** The attribution sent to upstream. */
  readonly attribution: AttributionWire;
  readonly mode: Mode;
  /** The key's scopes, limited to those of its tenant. */
  readonly scopes: readonly KeyScope[];
  readonly expiresAt: EpochMs | null;
  /** When the key stops working; may be in the future for a rotated key. A console session stops with what opened it. */
  readonly revokedAt: EpochMs | null;
  /** What a console session was opened with or a connected app approved with, and when it ends. Null for any other key. */
  readonly parent: { readonly id: KeyId | InviteId; readonly endsAt: EpochMs | null } | null;
  /** The connected app; null for a key. */
  readonly app: StoredApp | null;
  readonly rotatedAt: EpochMs | null;
  /** YYYY-MM-DD in UTC; null: never. */
  readonly lastUsedOn: string | null;
};

/** A session's key or invite is read with it, so that a session which is opened while that is revoked ends too. */
const OPENERS = `LEFT JOIN keys AS opener ON opener.id = keys.parent LEFT JOIN invites ON invites.id = keys.parent`;
const PARENT_REVOKED = `coalesce(opener.revoked_at, invites.revoked_at) AS parent_revoked_at`;
const FIND = `SELECT keys.*, tenants.name AS tenant_name, tenants.state AS tenant_state, tenants.tier AS tier,
  tenants.settings AS settings, opener.expires_at AS parent_expires_at, ${PARENT_REVOKED}
  FROM keys JOIN tenants ON tenants.id = keys.tenant ${OPENERS} WHERE `;
const BY_HASH = `${FIND} keys.hash = ?1`;
const BY_ID = `${FIND} keys.id = ?1`;
const BY_ACCESS_TOKEN = `${FIND} keys.id =
  (SELECT key FROM app_tokens WHERE hash = ?1 AND kind = 'access' AND expires_at > ?2)`;
const READ = `SELECT keys.*, ${PARENT_REVOKED} FROM keys ${OPENERS} WHERE keys.id = ?1`;
const OF_TENANT = `SELECT keys.*, ${PARENT_REVOKED} FROM keys ${OPENERS}
  WHERE keys.tenant = ?1 AND (?2 IS NULL OR keys.mode = ?2) AND keys.id < ?3 ORDER BY keys.id DESC LIMIT ?4`;
const COUNT_OPEN = `SELECT count(*) AS n FROM keys
  WHERE tenant = ?1 AND mode = ?2 AND parent IS NULL AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?3)`;
const NOTE_USE = "UPDATE keys SET last_used_on = ?2 WHERE id = ?1 AND (last_used_on IS NULL OR last_used_on < ?2)";

/** Above every id: the cursor of a list's first page. */
const LAST_ID = "key_~";

const appOf = ({ app }: KeyRow): StoredApp | null => (app === null ? null : JSON.parse(app));
const scopesOf = (row: KeyRow): KeyScope[] => JSON.parse(row.scopes); // written by this module only

/** The owner of the key with this hash; null when there is none. */
export const findKey = (db: D1Database, hash: string): Promise<KeyOwner | null> => find(db, BY_HASH, hash);

/** The same by key id, which user tokens contain. */
export const findKeyById = (db: D1Database, id: KeyId): Promise<KeyOwner | null> => find(db, BY_ID, id);

/** The same by the hash of a connected app's access token that is valid at `now`. */
export const findKeyOfApp = (db: D1Database, hash: string, now: EpochMs): Promise<KeyOwner | null> =>
  find(db, BY_ACCESS_TOKEN, hash, now);

async function find(db: D1Database, query: string, ...values: (string | number)[]): Promise<KeyOwner | null> {
  type Beside = {
    tenant_name: string;
    tenant_state: TenantWire["state"];
    tier: Tier;
    settings: string;
    parent_expires_at: number | null;
  };
  const row = await db
    .prepare(query)
    .bind(...values)
    .first<KeyRow & Beside>();
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
    revokedAt: earliest(row.revoked_at, row.parent_revoked_at),
    parent:
      row.parent === null ? null : { id: row.parent, endsAt: earliest(row.parent_expires_at, row.parent_revoked_at) },
    app: appOf(row),
    rotatedAt: row.rotated_at,
    lastUsedOn: row.last_used_on,
  };
}

/** The key with this id, of any tenant; null when there is none. */
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

/** The number of keys of a tenant and mode that have not ended. */
export async function countOpenKeys(db: D1Database, { tenant, mode }: Scope, now: EpochMs): Promise<number> {
  return (await db.prepare(COUNT_OPEN).bind(tenant, mode, now).first<number>("n")) ?? 0;
}

/** Records the day (YYYY-MM-DD, UTC) on which a key was used. */
export async function recordKeyUse(db: D1Database, id: KeyId, day: string): Promise<void> {
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
  revoked_at: momentOf(earliest(row.revoked_at, row.parent_revoked_at)),
  session_of: row.app === null ? row.parent : null,
  app: showApp(row),
});

function showApp(row: KeyRow): KeyWire["app"] {
  const app = appOf(row);
  if (app === null || row.parent === null) return null;
  return {
    host: app.host,
    redirect_host: app.redirectHost,
    user_hash: app.user?.hash ?? null,
    approved_by: row.parent,
  };
}

const momentOf = (at: EpochMs | null): string | null => (at === null ? null : toRfc3339(at));

/** The earlier of two times of which null never comes. */
const earliest = (one: EpochMs | null, other: EpochMs | null): EpochMs | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

/* Changes of keys: statements for one transaction with their audit entries. */

/** A key to store. Times in ms since epoch. */
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
  /** The key that this one replaces; a key has at most one successor. */
  readonly replaces: KeyId | null;
  /** The key or invite that a console session or a connected app ends with; null for any other key. */
  readonly parent: KeyId | InviteId | null;
  readonly app: StoredApp | null;
};

/**
 * Counts in the same statement, because requests are concurrent. Above the limit the id becomes null, which makes the
 * whole batch fail.
 */
const INSERT = `INSERT INTO keys (hash, id, tenant, mode, name, hint, scopes, created_at, expires_at, replaces, parent,
  app)
  VALUES (?1, CASE WHEN ?11 IS NULL OR (SELECT count(*) FROM keys WHERE tenant = ?3 AND mode = ?4 AND parent IS NULL
    AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?8)) < ?11 THEN ?2 END,
    ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?12, ?13)`;
/** Ends the sessions of a key (or the apps, ?4 = 1) but the newest `?3`. */
const END_OLDEST = `UPDATE keys SET revoked_at = ?2 WHERE parent = ?1 AND (app IS NOT NULL) = ?4 AND revoked_at IS NULL
  AND expires_at > ?2 AND id NOT IN (SELECT id FROM keys WHERE parent = ?1 AND (app IS NOT NULL) = ?4
    AND revoked_at IS NULL AND expires_at > ?2 ORDER BY id DESC LIMIT ?3)`;
const ROTATE = "UPDATE keys SET rotated_at = ?2, revoked_at = min(coalesce(revoked_at, ?3), ?3) WHERE id = ?1";

/** Another valid key with the scope `keys`: one must be left when a key is revoked. */
const ANOTHER = `EXISTS (SELECT 1 FROM keys AS other WHERE other.tenant = keys.tenant AND other.mode = keys.mode
  AND other.id != keys.id AND other.parent IS NULL AND other.scopes LIKE '%"keys"%' AND other.revoked_at IS NULL
  AND (other.expires_at IS NULL OR other.expires_at > ?2))`;
const REVOKE = `UPDATE keys SET revoked_at = ?2 WHERE id = ?1 AND (revoked_at IS NULL OR revoked_at > ?2)
  AND (?3 OR parent IS NOT NULL OR scopes NOT LIKE '%"keys"%' OR expires_at <= ?2 OR ${ANOTHER})`;
/** `created_at` counts too: a key whose end was long past when it was created is kept as long as any other ended key. */
const DELETE_EXPIRED = "DELETE FROM keys WHERE (revoked_at < ?1 OR expires_at < ?1) AND created_at < ?1";
const STATE = "SELECT revoked_at FROM keys WHERE id = ?1";

/**
 * The statement that stores a key's hash. It fails when the tenant does not exist, when the replaced key has a
 * successor, or when `atMost` keys of its mode are open.
 */
export const insertKey = (db: D1Database, key: NewKeyRecord, atMost: number | null = null): D1PreparedStatement =>
  db
    .prepare(INSERT)
    .bind(
      key.hash,
      key.id,
      key.tenant,
      key.mode,
      key.name,
      key.hint,
      JSON.stringify(key.scopes),
      key.createdAt,
      key.expiresAt,
      key.replaces,
      atMost,
      key.parent,
      key.app === null ? null : JSON.stringify(key.app),
    );

/** The statement that ends the oldest console sessions of a key or invite, so that `atMost` are left. */
export const endOldSessions = (
  db: D1Database,
  parent: KeyId | InviteId,
  now: EpochMs,
  atMost: number,
): D1PreparedStatement => db.prepare(END_OLDEST).bind(parent, now, atMost, 0);

/** The same for the apps that were approved with it. */
export const endOldApps = (
  db: D1Database,
  parent: KeyId | InviteId,
  now: EpochMs,
  atMost: number,
): D1PreparedStatement => db.prepare(END_OLDEST).bind(parent, now, atMost, 1);

/** The statement that records a key's successor and revokes the key at `closesAt` at the latest. */
export const rotateKey = (db: D1Database, id: KeyId, now: EpochMs, closesAt: EpochMs): D1PreparedStatement =>
  db.prepare(ROTATE).bind(id, now, closesAt);

/**
 * Revokes a key at the entry's time, with that entry; a revoked key retains its first time. False, and nothing is done,
 * when no other key with the scope `keys` would be left and `force` is not set. One statement, so that two keys cannot
 * revoke each other.
 */
export async function revokeKey(db: D1Database, id: KeyId, force: boolean, entry: AuditEntry): Promise<boolean> {
  const revoked = "EXISTS (SELECT 1 FROM keys WHERE id = ?7 AND revoked_at = ?4)";
  const [, , state] = await db.batch<{ revoked_at: number | null }>([
    db.prepare(REVOKE).bind(id, entry.at, force ? 1 : 0),
    auditRow(db, entry, revoked),
    db.prepare(STATE).bind(id),
  ]);
  const end = state?.results[0]?.revoked_at ?? null;
  return end !== null && end <= entry.at;
}

/** Deletes keys that ended longer ago than they are listed. The audit log still contains what was done with them. */
export async function deleteExpiredKeys(db: D1Database, now: EpochMs): Promise<void> {
  await db
    .prepare(DELETE_EXPIRED)
    .bind(now - CLOSED_KEY_TTL_MS)
    .run();
}
