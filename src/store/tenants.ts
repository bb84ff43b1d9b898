/** Tenants in D1: their state and settings, and their deletion. */
import type { Mode, TenantId, UserHash } from "../core/ids.ts";
import {
  type AuditEntry,
  type Deletion,
  type DeletionStep,
  NOTHING_REMOVED,
  type StoredSettings,
  settingsOf,
} from "../core/tenant.ts";
import { type EpochMs, toRfc3339 } from "../core/time.ts";
import type { TenantChange, TenantRemovedWire, TenantWire, Tier } from "../core/wire/tenant.ts";
import { auditRow } from "./audit.ts";

type TenantRow = {
  id: TenantId;
  name: string;
  state: TenantWire["state"];
  tier: Tier;
  /** ms since epoch. */
  created_at: number;
  /** JSON of StoredSettings. */
  settings: string;
};

const INSERT = `INSERT INTO tenants (id, name, state, tier, created_at, settings)
  VALUES (?1, ?2, 'active', ?3, ?4, json_patch('{}', ?5))`;
const READ = "SELECT * FROM tenants WHERE id = ?1";
const CHANGE = `UPDATE tenants SET name = coalesce(?2, name), tier = coalesce(?3, tier), settings = json_patch(settings, ?4)
  WHERE id = ?1 AND state != 'deleting'`;
const MOVE = "UPDATE tenants SET state = ?2 WHERE id = ?1 AND state = ?3";
const PAGE = "SELECT * FROM tenants WHERE id < ?1 ORDER BY id DESC LIMIT ?2";

/** Above every id: the cursor of a list's first page. */
const LAST_ID = "ten_~";

/** A tenant to store. `createdAt` in ms since epoch. */
export type NewTenantRecord = {
  readonly id: TenantId;
  readonly name: string;
  readonly tier: Tier;
  readonly createdAt: EpochMs;
  readonly settings: Omit<TenantChange, "name" | "tier">;
};

/** The statement that stores a new, active tenant. */
export const insertTenant = (db: D1Database, tenant: NewTenantRecord): D1PreparedStatement =>
  db.prepare(INSERT).bind(tenant.id, tenant.name, tenant.tier, tenant.createdAt, JSON.stringify(tenant.settings));

/**
 * Changes the given fields, with the audit entry; a quota of null resets it to its default. Null when there is no such
 * tenant.
 */
export async function changeTenant(
  db: D1Database,
  id: TenantId,
  { name, tier, ...settings }: TenantChange,
  entry: AuditEntry,
): Promise<TenantWire | null> {
  await db.batch([
    auditRow(db, entry, "EXISTS (SELECT 1 FROM tenants WHERE id = ?7 AND state != 'deleting')"),
    db.prepare(CHANGE).bind(id, name ?? null, tier ?? null, JSON.stringify(settings)),
  ]);
  return readTenant(db, id);
}

/**
 * Pauses an active tenant or resumes a paused one, with the audit entry; in any other state nothing changes. Null when
 * there is none.
 */
export async function moveTenant(
  db: D1Database,
  id: TenantId,
  to: "active" | "paused",
  entry: AuditEntry,
): Promise<TenantWire | null> {
  const from = to === "active" ? "paused" : "active";
  await db.batch([
    auditRow(db, entry, `EXISTS (SELECT 1 FROM tenants WHERE id = ?7 AND state = '${from}')`),
    db.prepare(MOVE).bind(id, to, from),
  ]);
  return readTenant(db, id);
}

/** The tenant, or null. */
export async function readTenant(db: D1Database, id: TenantId): Promise<TenantWire | null> {
  const row = await db.prepare(READ).bind(id).first<TenantRow>();
  return row === null ? null : show(row);
}

/** Tenants with ids below `after`, newest first: ids begin with their time. */
export async function listTenants(db: D1Database, limit: number, after: string | null): Promise<TenantWire[]> {
  const found = await db
    .prepare(PAGE)
    .bind(after ?? LAST_ID, limit)
    .all<TenantRow>();
  return found.results.map(show);
}

function show({ settings, created_at, ...row }: TenantRow): TenantWire {
  const set = settingsOf(JSON.parse(settings) as StoredSettings); // written here only
  const { quotas, spendingCaps: spending_caps, attribution, renderFileSeconds: render_file_seconds } = set;
  const lists = { scopes: [...set.scopes], origins: [...set.origins] };
  return {
    ...row,
    ...lists,
    render_file_seconds,
    quotas,
    spending_caps,
    attribution,
    created_at: toRfc3339(created_at),
  };
}

/*
 * Whether a tenant is stopped, for code that acts or answers without an API key: paused by the operator, or being
 * deleted. Cached per isolate for as long as the caller allows, so that a step of a job costs no query of its own.
 */

/** Cached tenants per isolate. Chosen: the same as cached keys. */
const CACHED_TENANTS = 2_000;

const READ_STATES = "SELECT state FROM tenants WHERE id = ?1";
const states = new Map<TenantId, { readonly isStopped: boolean; readonly at: EpochMs }>();

/** True when the tenant is stopped, as of at most `maxAgeMs` ago. Null when D1 fails and nothing is cached. */
export async function isTenantStopped(
  db: D1Database,
  id: TenantId,
  maxAgeMs: number,
  now: EpochMs,
): Promise<boolean | null> {
  const known = states.get(id);
  if (known !== undefined && Math.abs(now - known.at) <= maxAgeMs) return known.isStopped;
  try {
    const row = await db.prepare(READ_STATES).bind(id).first<{ state: string }>();
    const isStopped = row !== null && row.state !== "active";
    states.delete(id);
    states.set(id, { isStopped, at: now });
    const oldest = states.keys().next().value;
    if (states.size > CACHED_TENANTS && oldest !== undefined) states.delete(oldest);
    return isStopped;
  } catch {
    return known?.isStopped ?? null;
  }
}

/** Removes a tenant from the cache after it was changed here. */
export const forgetTenantState = (id: TenantId): void => void states.delete(id);

/* Tenant deletions in D1: started in one transaction, advanced step by step, and retained as receipts. */

/** The kind of a deletion's watchdog row, whose name is the tenant's id. */
export const DELETION = "deletion";

type Row = {
  step: DeletionStep;
  cursor: string | null;
  removed: string;
  requested_at: number;
  completed_at: number | null;
};

const TENANT_EXISTS = "EXISTS (SELECT 1 FROM tenants WHERE id = ?1)";
const CLOSE = "UPDATE tenants SET state = 'deleting' WHERE id = ?1";
const REVOKE = "UPDATE keys SET revoked_at = min(coalesce(revoked_at, ?2), ?2) WHERE tenant = ?1";
const REVOKE_INVITES = "UPDATE invites SET revoked_at = ?2 WHERE tenant = ?1 AND revoked_at IS NULL";
const INSERT_DELETION = `INSERT OR IGNORE INTO tenant_deletions (tenant, step, removed, requested_at)
  SELECT ?1, 'endpoints', ?2, ?3 WHERE ${TENANT_EXISTS}`;
const SCHEDULE = `INSERT OR IGNORE INTO watchdogs (object_name, kind, due_at, created_at) SELECT ?1, '${DELETION}', ?2, ?2 WHERE ${TENANT_EXISTS}`;
const CLAIM = `UPDATE watchdogs SET due_at = ?3 WHERE object_name = ?1 AND kind = '${DELETION}' AND due_at <= ?2 RETURNING due_at`;
const SAVE = "UPDATE tenant_deletions SET step = ?2, cursor = ?3, removed = ?4 WHERE tenant = ?1";
const COUNTS = `SELECT (SELECT count(*) FROM keys WHERE tenant = ?1) AS keys,
  (SELECT count(*) FROM users WHERE tenant = ?1) AS users,
  (SELECT count(*) FROM generators WHERE tenant = ?1) AS generators`;
/** Rows of one tenant's objects: `;` is the character after `:`. */
const OBJECTS = "object_name >= ?1 || ':' AND object_name < ?1 || ';'";
const UNFINISHED_USERS = `SELECT (SELECT count(*) FROM users WHERE tenant = ?1)
  + (SELECT count(*) FROM watchdogs WHERE ${OBJECTS} AND kind = 'user' AND due_at <= ?2) AS n`;

/**
 * Marks a tenant as deleting, revokes its keys and invites, and schedules the deletion, with the audit entry. Does nothing when
 * repeated or without such a tenant.
 */
export async function startDeletion(db: D1Database, tenant: TenantId, entry: AuditEntry): Promise<void> {
  const isFirst = "EXISTS (SELECT 1 FROM tenants WHERE id = ?7 AND state != 'deleting')";
  await db.batch([
    auditRow(db, entry, isFirst),
    db.prepare(INSERT_DELETION).bind(tenant, JSON.stringify(NOTHING_REMOVED), entry.at),
    db.prepare(SCHEDULE).bind(tenant, entry.at),
    db.prepare(REVOKE).bind(tenant, entry.at),
    db.prepare(REVOKE_INVITES).bind(tenant, entry.at),
    db.prepare(CLOSE).bind(tenant),
  ]);
}

/** The deletion of a tenant; null when none was started. */
export async function readDeletion(db: D1Database, tenant: TenantId): Promise<Deletion | null> {
  const row = await db.prepare("SELECT * FROM tenant_deletions WHERE tenant = ?1").bind(tenant).first<Row>();
  if (row === null) return null;
  const removed = JSON.parse(row.removed) as TenantRemovedWire; // written here only
  const { step, cursor, requested_at: requestedAt, completed_at: completedAt } = row;
  return { step, cursor, removed, requestedAt, completedAt };
}

/** Claims a due deletion until `until`; false when it is not due or already claimed. */
export async function claimDeletion(db: D1Database, tenant: TenantId, now: EpochMs, until: EpochMs): Promise<boolean> {
  return (await db.prepare(CLAIM).bind(tenant, now, until).first()) !== null;
}

/** Sets when a deletion continues. */
export async function postponeDeletion(db: D1Database, tenant: TenantId, dueAt: EpochMs): Promise<void> {
  await db
    .prepare(`UPDATE watchdogs SET due_at = ?2 WHERE object_name = ?1 AND kind = '${DELETION}'`)
    .bind(tenant, dueAt)
    .run();
}

/** Stores the current step of a deletion. */
export async function saveDeletion(
  db: D1Database,
  tenant: TenantId,
  { step, cursor, removed }: Deletion,
): Promise<void> {
  await db.prepare(SAVE).bind(tenant, step, cursor, JSON.stringify(removed)).run();
}

/** The number of a tenant's rows in D1. */
export async function countRows(
  db: D1Database,
  tenant: TenantId,
): Promise<Pick<TenantRemovedWire, "keys" | "users" | "generators">> {
  const row = await db.prepare(COUNTS).bind(tenant).first<{ keys: number; users: number; generators: number }>();
  if (row === null) throw new Error("a count returned no row");
  return row;
}

/** A tenant's users in order of mode and hash, after the given one. */
export async function usersAfter(
  db: D1Database,
  tenant: TenantId,
  after: { readonly mode: string; readonly uh: string },
  limit: number,
): Promise<{ mode: Mode; uh: UserHash }[]> {
  const found = await db
    .prepare("SELECT mode, uh FROM users WHERE tenant = ?1 AND (mode, uh) > (?2, ?3) ORDER BY mode, uh LIMIT ?4")
    .bind(tenant, after.mode, after.uh, limit)
    .all<{ mode: Mode; uh: UserHash }>();
  return found.results;
}

/** The number of a tenant's users that are listed or have a job due before `before`. */
export async function unfinishedUsers(db: D1Database, tenant: TenantId, before: EpochMs): Promise<number> {
  return (await db.prepare(UNFINISHED_USERS).bind(tenant, before).first<number>("n")) ?? 0;
}

/**
 * Removes every row of a tenant and completes the deletion, in one transaction. The receipt, the audit log and the
 * watchdog rows of users' objects stay; those objects remove their tombstones by themselves.
 */
export async function finishDeletion(db: D1Database, tenant: TenantId, now: EpochMs): Promise<void> {
  const of = (query: string) => db.prepare(query).bind(tenant);
  await db.batch([
    of("DELETE FROM generators WHERE tenant = ?1"),
    of("DELETE FROM users WHERE tenant = ?1"),
    of("DELETE FROM keys WHERE tenant = ?1"),
    of("DELETE FROM invites WHERE tenant = ?1"),
    of("DELETE FROM idempotency_records WHERE owner >= ?1 || ':' AND owner < ?1 || ';'"),
    of(`DELETE FROM encrypted_objects WHERE ${OBJECTS}`),
    of(`DELETE FROM token_statuses WHERE ${OBJECTS}`),
    of(`DELETE FROM watchdogs WHERE ${OBJECTS} AND kind != 'user'`),
    of("DELETE FROM tenants WHERE id = ?1"),
    db.prepare("UPDATE tenant_deletions SET completed_at = ?2 WHERE tenant = ?1").bind(tenant, now),
    of(`DELETE FROM watchdogs WHERE object_name = ?1 AND kind = '${DELETION}'`),
  ]);
}
