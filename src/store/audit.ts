/** The audit log in D1. An entry is a statement, so that it is committed together with the action it records. */
import type { Scope } from "../core/address.ts";
import type { Mode } from "../core/ids.ts";
import type { AuditEntry } from "../core/tenant.ts";
import { toRfc3339 } from "../core/time.ts";
import type { AuditEntryWire } from "../core/wire/tenant.ts";

type Row = Omit<AuditEntryWire, "happened_at" | "detail"> & { happened_at: number; detail: string };

const ADD = `INSERT INTO audit_log (id, tenant, mode, happened_at, actor, action, target, request_id, detail)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9`;
const OF_TENANT = `SELECT * FROM audit_log
  WHERE tenant = ?1 AND (mode IS NULL OR ?2 IS NULL OR mode = ?2) AND id < ?3 ORDER BY id DESC LIMIT ?4`;

/** Above every id: the cursor of a list's first page. */
const LAST_ID = "aud_~";

/**
 * The statement that writes an entry, for the batch of the action. `where` may use ?1 (id), ?4 (time) and ?7 (target).
 */
export const auditRow = (db: D1Database, entry: AuditEntry, where = "true"): D1PreparedStatement =>
  db
    .prepare(`${ADD} WHERE ${where}`)
    .bind(
      entry.id,
      entry.tenant,
      entry.mode,
      entry.at,
      entry.actor,
      entry.action,
      entry.target,
      entry.requestId,
      JSON.stringify(entry.detail),
    );

/** Writes an entry about an action outside D1. Idempotent. */
export async function addEntry(db: D1Database, entry: AuditEntry): Promise<void> {
  await auditRow(db, entry, "NOT EXISTS (SELECT 1 FROM audit_log WHERE id = ?1)").run();
}

/** A tenant's entries of one mode (null: of both), newest first, below the id `after`. */
export async function listAudit(
  db: D1Database,
  { tenant, mode }: { readonly tenant: Scope["tenant"]; readonly mode: Mode | null },
  limit: number,
  after: string | null,
): Promise<AuditEntryWire[]> {
  const found = await db
    .prepare(OF_TENANT)
    .bind(tenant, mode, after ?? LAST_ID, limit)
    .all<Row>();
  return found.results.map(({ happened_at, detail, id, actor, action, target, mode: of, request_id }) => ({
    id,
    happened_at: toRfc3339(happened_at),
    actor,
    action,
    target,
    mode: of,
    request_id,
    detail: JSON.parse(detail) as Record<string, unknown>, // written by auditRow only
  }));
}
