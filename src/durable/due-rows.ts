/** The table of what an object owes: its rows, and every statement on them. When to do what is the schedule's to say. */
import { POISON_ATTEMPTS } from "../core/limits.ts";
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

/** The third step: work that takes its instance down is told from work that fails. */
export const SCHEDULE_UNENDED = `
  -- attempts since one last ended well that were begun and never ended
  ALTER TABLE due ADD COLUMN unended INTEGER NOT NULL DEFAULT 0;
`;

/** A row, how often it was begun since it last ended well, and how many of those attempts never ended. */
export type DueRow = {
  readonly kind: string;
  readonly ref: string;
  readonly attempts: number;
  readonly unended: number;
};

const COLUMNS = "kind, ref, attempts, unended";

export class DueRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Owes a row anew, whatever it was: no failures counted. One that keeps taking its instance down waits on all the same. */
  put(kind: string, ref: string, at: EpochMs): void {
    const query = `INSERT INTO due (kind, ref, due_at) VALUES (?, ?, ?) ON CONFLICT (kind, ref) DO UPDATE SET
      due_at = CASE WHEN unended >= ${POISON_ATTEMPTS} THEN max(due_at, excluded.due_at) ELSE excluded.due_at END,
      lease_until = 0, attempts = 0, poisoned = 0`;
    this.#sql.exec(query, kind, ref, Math.round(at));
  }

  /** Owes a row whose work is under way for another time: it stays held, and its failures count on. */
  putHeld(kind: string, ref: string, at: EpochMs, leaseUntil: EpochMs): void {
    const query = `INSERT INTO due (kind, ref, due_at, lease_until) VALUES (?, ?, ?, ?)
      ON CONFLICT (kind, ref) DO UPDATE SET due_at = excluded.due_at, lease_until = excluded.lease_until`;
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
    const query = `SELECT ${COLUMNS} FROM due WHERE poisoned = 0 AND max(due_at, lease_until) <= ? ORDER BY max(due_at, lease_until) ${BOUND_LIMIT}`;
    return this.#sql.exec<DueRow>(query, now, limit).toArray();
  }

  /** Rows that somebody's lease holds. */
  held(): DueRow[] {
    return this.#sql.exec<DueRow>(`SELECT ${COLUMNS} FROM due WHERE lease_until > 0`).toArray();
  }

  /** Takes a row for one more attempt, which counts from here on as begun and not ended. */
  lease({ kind, ref }: DueRow, until: EpochMs): void {
    const query =
      "UPDATE due SET lease_until = ?, attempts = attempts + 1, unended = unended + 1 WHERE kind = ? AND ref = ?";
    this.#sql.exec(query, Math.round(until), kind, ref);
  }

  /** Holds a row longer, if it is held at all. */
  renew({ kind, ref }: DueRow, until: EpochMs): void {
    const query = "UPDATE due SET lease_until = ? WHERE kind = ? AND ref = ? AND lease_until > 0";
    this.#sql.exec(query, Math.round(until), kind, ref);
  }

  /** Lets go of a row whose attempt never ended, not to be looked at before `notBefore`. */
  release({ kind, ref }: DueRow, notBefore: EpochMs): void {
    const query = "UPDATE due SET lease_until = 0, due_at = max(due_at, ?) WHERE kind = ? AND ref = ?";
    this.#sql.exec(query, Math.round(notBefore), kind, ref);
  }

  /** The attempt failed: the row is let go, not to be looked at before `notBefore`. */
  failed({ kind, ref }: DueRow, notBefore: EpochMs): void {
    const query = `UPDATE due SET lease_until = 0, due_at = max(due_at, ?), unended = max(unended - 1, 0)
      WHERE kind = ? AND ref = ?`;
    this.#sql.exec(query, Math.round(notBefore), kind, ref);
  }

  /** The attempt ended well and its work is owed again, not before `notBefore`: nothing counts of what went before. */
  ended({ kind, ref }: DueRow, notBefore: EpochMs): void {
    const query = `UPDATE due SET lease_until = 0, due_at = max(due_at, ?), attempts = 0, unended = 0
      WHERE kind = ? AND ref = ?`;
    this.#sql.exec(query, Math.round(notBefore), kind, ref);
  }

  /** The attempt ended and did not say what comes next: the row is looked at when its lease is over. */
  leftOpen({ kind, ref }: DueRow): void {
    this.#sql.exec("UPDATE due SET unended = max(unended - 1, 0) WHERE kind = ? AND ref = ?", kind, ref);
  }
}
