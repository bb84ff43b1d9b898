/** The table of what an object owes: its rows, and every statement on them. When to do what is the schedule's to say. */
import type { EpochMs } from "../core/time.ts";
import { BOUND_LIMIT } from "./database.ts";

export const SCHEDULE_TABLES = `
  CREATE TABLE due (
    kind TEXT NOT NULL,
    ref TEXT NOT NULL,
    due_at INTEGER NOT NULL,                  -- ms since epoch
    lease_until INTEGER NOT NULL DEFAULT 0,   -- ms since epoch; 0: nobody works on it
    attempts INTEGER NOT NULL DEFAULT 0,      -- claims since it was last owed
    poisoned INTEGER NOT NULL DEFAULT 0,      -- 1: set aside after too many failures
    PRIMARY KEY (kind, ref)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX due_by_time ON due (poisoned, due_at);
`;

/**
 * The second step: one index for both questions, who is due and when the next one is. A row is looked at when it is due and
 * nobody's lease holds it any more, so its moment is the later of the two.
 */
export const SCHEDULE_INDEX = `
  DROP INDEX due_by_time;
  CREATE INDEX due_by_moment ON due (poisoned, max(due_at, lease_until));
`;

export type DueRow = { readonly kind: string; readonly ref: string; readonly attempts: number };

export class DueRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Owes a row anew, whatever it was: no failures counted, held by a lease until `leaseUntil` (0: by none). */
  put(kind: string, ref: string, at: EpochMs, leaseUntil: EpochMs): void {
    const query =
      "INSERT OR REPLACE INTO due (kind, ref, due_at, lease_until, attempts, poisoned) VALUES (?, ?, ?, ?, 0, 0)";
    this.#sql.exec(query, kind, ref, Math.round(at), Math.round(leaseUntil));
  }

  /** Owes a row unless it is owed already. */
  putNew(kind: string, ref: string, at: EpochMs): void {
    this.#sql.exec("INSERT OR IGNORE INTO due (kind, ref, due_at) VALUES (?, ?, ?)", kind, ref, Math.round(at));
  }

  remove(kind: string, ref: string): void {
    this.#sql.exec("DELETE FROM due WHERE kind = ? AND ref = ?", kind, ref);
  }

  /** The earliest moment at which a row must be looked at; null when there is none. */
  earliest(): EpochMs | null {
    const query =
      "SELECT max(due_at, lease_until) AS at FROM due WHERE poisoned = 0 ORDER BY max(due_at, lease_until) LIMIT 1";
    return this.#sql.exec<{ at: number }>(query).toArray()[0]?.at ?? null;
  }

  /** Rows whose moment has come, the oldest first. */
  due(now: EpochMs, limit: number): DueRow[] {
    const query = `SELECT kind, ref, attempts FROM due WHERE poisoned = 0 AND max(due_at, lease_until) <= ? ORDER BY max(due_at, lease_until) ${BOUND_LIMIT}`;
    return this.#sql.exec<{ kind: string; ref: string; attempts: number }>(query, now, limit).toArray();
  }

  /** Rows that somebody's lease holds. */
  held(): DueRow[] {
    const query = "SELECT kind, ref, attempts FROM due WHERE lease_until > 0";
    return this.#sql.exec<{ kind: string; ref: string; attempts: number }>(query).toArray();
  }

  /** Takes a row for one more attempt. */
  lease({ kind, ref, attempts }: DueRow, until: EpochMs): void {
    const query = "UPDATE due SET lease_until = ?, attempts = ? WHERE kind = ? AND ref = ?";
    this.#sql.exec(query, Math.round(until), attempts, kind, ref);
  }

  /** Holds a row longer, if it is held at all. */
  renew({ kind, ref }: DueRow, until: EpochMs): void {
    const query = "UPDATE due SET lease_until = ? WHERE kind = ? AND ref = ? AND lease_until > 0";
    this.#sql.exec(query, Math.round(until), kind, ref);
  }

  /** Lets go of a row, not to be looked at before `notBefore`. */
  release({ kind, ref }: DueRow, notBefore: EpochMs): void {
    const query = "UPDATE due SET lease_until = 0, due_at = max(due_at, ?) WHERE kind = ? AND ref = ?";
    this.#sql.exec(query, Math.round(notBefore), kind, ref);
  }

  /** Lets go of a row that was owed anew while its work ran: its own moment counts from here on. */
  releaseNew({ kind, ref }: DueRow): void {
    this.#sql.exec("UPDATE due SET lease_until = 0 WHERE kind = ? AND ref = ? AND attempts = 0", kind, ref);
  }

  /** Sets a row aside for good. */
  poison({ kind, ref }: DueRow): void {
    this.#sql.exec("UPDATE due SET poisoned = 1, lease_until = 0 WHERE kind = ? AND ref = ?", kind, ref);
  }
}
