/** Tenant deletions in D1: started in one transaction, advanced step by step, and retained as receipts. */

import type { Mode, TenantId, UserHash } from "../core/ids.ts";
import { type AuditEntry, type Deletion, type DeletionStep, NOTHING_REMOVED } from "../core/tenant.ts";
import type { EpochMs } from "../core/time.ts";
import type { TenantRemovedWire } from "../core/wire/tenant.ts";
import { auditRow } from "./audit.ts";

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
const INSERT = `INSERT OR IGNORE INTO tenant_deletions (tenant, step, removed, requested_at)
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
    db.prepare(INSERT).bind(tenant, JSON.stringify(NOTHING_REMOVED), entry.at),
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
