/** The `busy` table: which objects owe something, and since when it is overdue. The cron's only question. */
import type { EpochMs } from "../core/time.ts";

export type BusyRow = { readonly object_name: string; readonly kind: string; readonly due_at: number };

const WRITE = `INSERT INTO busy (object_name, kind, due_at, since, outbox) VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT (object_name, kind) DO UPDATE SET due_at = excluded.due_at, outbox = excluded.outbox`;

/** Says that an object owes something by `dueAt` at the latest, and how many facts it could not tell for a minute. Repeating it moves the time. */
export async function writeBusy(
  db: D1Database,
  objectName: string,
  kind: string,
  dueAt: EpochMs,
  now: EpochMs,
  outbox = 0,
): Promise<void> {
  await db.prepare(WRITE).bind(objectName, kind, dueAt, now, outbox).run();
}

/** Facts that their objects could not tell for a minute. Each says so whenever the cron wakes it, so this is two minutes old at most. */
export async function outboxBacklog(db: D1Database): Promise<number> {
  return (await db.prepare("SELECT sum(outbox) AS n FROM busy WHERE outbox > 0").first<number>("n")) ?? 0;
}

/** Says that an object owes nothing. */
export async function deleteBusy(db: D1Database, objectName: string, kind: string): Promise<void> {
  await db.prepare("DELETE FROM busy WHERE object_name = ?1 AND kind = ?2").bind(objectName, kind).run();
}

/** Rows due before `now`, oldest first, after the given row: a keyset page that stays cheap however long the table is. */
export async function overdue(db: D1Database, now: EpochMs, after: BusyRow | null, limit: number): Promise<BusyRow[]> {
  const from = after ?? { due_at: -1, kind: "", object_name: "" };
  const found = await db
    .prepare(
      "SELECT object_name, kind, due_at FROM busy WHERE due_at <= ?1 AND (due_at, kind, object_name) > (?2, ?3, ?4) ORDER BY due_at, kind, object_name LIMIT ?5",
    )
    .bind(now, from.due_at, from.kind, from.object_name, limit)
    .all<BusyRow>();
  return found.results;
}

/** The earliest due time of all, or null when nothing is owed: what health and the operator's status look at. */
export async function oldestDue(db: D1Database): Promise<EpochMs | null> {
  const row = await db.prepare("SELECT min(due_at) AS due_at FROM busy").first<{ due_at: number | null }>();
  return row?.due_at ?? null;
}
