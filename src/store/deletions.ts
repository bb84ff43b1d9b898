/** Deletions of tenants in D1: begun in one transaction, moved on step by step, kept as receipts. */

import type { Mode, TenantId, UserHash } from "../core/ids.ts";
import { type AuditEntry, type Deletion, type DeletionStep, NOTHING_REMOVED } from "../core/tenant.ts";
import type { EpochMs } from "../core/time.ts";
import type { TenantRemovedWire } from "../core/wire/deletion.ts";
import { auditRow } from "./audit.ts";

/** The kind of a deletion's `busy` row, whose name is the tenant's id. */
export const DELETION = "deletion";

type Row = {
  step: DeletionStep;
  cursor: string | null;
  removed: string;
  requested_at: number;
  completed_at: number | null;
};

const BEGUN = "EXISTS (SELECT 1 FROM tenants WHERE id = ?1)";
const CLOSE = "UPDATE tenants SET state = 'deleting' WHERE id = ?1";
const REVOKE = "UPDATE keys SET revoked_at = min(coalesce(revoked_at, ?2), ?2) WHERE tenant = ?1";
const BEGIN = `INSERT OR IGNORE INTO tenant_deletions (tenant, step, removed, requested_at)
  SELECT ?1, 'endpoints', ?2, ?3 WHERE ${BEGUN}`;
const OWE = `INSERT OR IGNORE INTO busy (object_name, kind, due_at, since) SELECT ?1, '${DELETION}', ?2, ?2 WHERE ${BEGUN}`;
const TAKE = `UPDATE busy SET due_at = ?3 WHERE object_name = ?1 AND kind = '${DELETION}' AND due_at <= ?2 RETURNING due_at`;
const MOVE = "UPDATE tenant_deletions SET step = ?2, cursor = ?3, removed = ?4 WHERE tenant = ?1";
const COUNTS = `SELECT (SELECT count(*) FROM keys WHERE tenant = ?1) AS keys,
  (SELECT count(*) FROM users WHERE tenant = ?1) AS users,
  (SELECT count(*) FROM generators WHERE tenant = ?1) AS generators`;
/** Rows of the objects of one tenant: `;` is the character after `:`. */
const OBJECTS = "object_name >= ?1 || ':' AND object_name < ?1 || ';'";
const UNFINISHED_USERS = `SELECT (SELECT count(*) FROM users WHERE tenant = ?1)
  + (SELECT count(*) FROM busy WHERE ${OBJECTS} AND kind = 'user' AND due_at <= ?2) AS n`;

/** Marks a tenant as going, revokes its keys and owes the rest, with the entry; again, or without such a tenant, it does nothing. */
export async function beginDeletion(db: D1Database, tenant: TenantId, entry: AuditEntry): Promise<void> {
  const isFirst = "EXISTS (SELECT 1 FROM tenants WHERE id = ?7 AND state != 'deleting')";
  await db.batch([
    auditRow(db, entry, isFirst),
    db.prepare(BEGIN).bind(tenant, JSON.stringify(NOTHING_REMOVED), entry.at),
    db.prepare(OWE).bind(tenant, entry.at),
    db.prepare(REVOKE).bind(tenant, entry.at),
    db.prepare(CLOSE).bind(tenant),
  ]);
}

/** The deletion of a tenant; null when none was ever begun. */
export async function readDeletion(db: D1Database, tenant: TenantId): Promise<Deletion | null> {
  const row = await db.prepare("SELECT * FROM tenant_deletions WHERE tenant = ?1").bind(tenant).first<Row>();
  if (row === null) return null;
  const counted = JSON.parse(row.removed) as Partial<TenantRemovedWire>; // written here only; an earlier version counted less
  const removed = { ...NOTHING_REMOVED, ...counted };
  const { step, cursor, requested_at: requestedAt, completed_at: completedAt } = row;
  return { step, cursor, removed, requestedAt, completedAt };
}

/** Takes a deletion that is due until `until`; false when it is not due, or somebody has it. */
export async function takeDeletion(db: D1Database, tenant: TenantId, now: EpochMs, until: EpochMs): Promise<boolean> {
  return (await db.prepare(TAKE).bind(tenant, now, until).first()) !== null;
}

/** Says when a deletion goes on. */
export async function postponeDeletion(db: D1Database, tenant: TenantId, dueAt: EpochMs): Promise<void> {
  await db
    .prepare(`UPDATE busy SET due_at = ?2 WHERE object_name = ?1 AND kind = '${DELETION}'`)
    .bind(tenant, dueAt)
    .run();
}

/** Writes down where a deletion stands. */
export async function moveDeletion(
  db: D1Database,
  tenant: TenantId,
  { step, cursor, removed }: Deletion,
): Promise<void> {
  await db.prepare(MOVE).bind(tenant, step, cursor, JSON.stringify(removed)).run();
}

/** How much of a tenant D1 holds. */
export async function countRows(
  db: D1Database,
  tenant: TenantId,
): Promise<Pick<TenantRemovedWire, "keys" | "users" | "generators">> {
  const row = await db.prepare(COUNTS).bind(tenant).first<{ keys: number; users: number; generators: number }>();
  if (row === null) throw new Error("a count returned no row");
  return row;
}

/** Users' objects of a tenant, in the order of their keys, after the given one. */
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

/** How many users' objects of a tenant have something to do before `before`, or are still listed. */
export async function unfinishedUsers(db: D1Database, tenant: TenantId, before: EpochMs): Promise<number> {
  return (await db.prepare(UNFINISHED_USERS).bind(tenant, before).first<number>("n")) ?? 0;
}

/**
 * Removes every row of a tenant and completes the deletion, at once. What stays: the receipt, the audit log, and the `busy`
 * rows of users' objects, which forget their tombstones by themselves.
 */
export async function finishDeletion(db: D1Database, tenant: TenantId, now: EpochMs): Promise<void> {
  const of = (query: string) => db.prepare(query).bind(tenant);
  await db.batch([
    of("DELETE FROM generators WHERE tenant = ?1"),
    of("DELETE FROM users WHERE tenant = ?1"),
    of("DELETE FROM keys WHERE tenant = ?1"),
    of("DELETE FROM repeats WHERE owner >= ?1 || ':' AND owner < ?1 || ';'"),
    of(`DELETE FROM seals WHERE ${OBJECTS}`),
    of(`DELETE FROM token_standings WHERE ${OBJECTS}`),
    of(`DELETE FROM busy WHERE ${OBJECTS} AND kind != 'user'`),
    of("DELETE FROM tenants WHERE id = ?1"),
    db.prepare("UPDATE tenant_deletions SET completed_at = ?2 WHERE tenant = ?1").bind(tenant, now),
    of(`DELETE FROM busy WHERE object_name = ?1 AND kind = '${DELETION}'`),
  ]);
}
