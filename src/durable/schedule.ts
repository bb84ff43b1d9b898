/**
 * What an object owes, and when: one table, one alarm armed at its earliest row, one `busy` row in D1 for the cron.
 *
 * A row is claimed under a lease, performed, and then moved or removed by whoever performed it. Work that throws is tried
 * again with growing waits; after eight failures in a row it is reported and, where giving up is possible, set aside. Nothing is awaited in an
 * alarm: work runs under `waitUntil`, and every alarm renews the leases of what still runs.
 */
import { POISON_ATTEMPTS } from "../core/limits.ts";
import type { EpochMs } from "../core/time.ts";
import type { ObjectKind } from "../env.ts";
import { log, logBug } from "../log.ts";
import { deleteBusy, writeBusy } from "../store/busy.ts";
import type { Database } from "./database.ts";
import { readMeta, writeMeta } from "./database.ts";
import type { Ground } from "./ground.ts";

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

export type DueRow = { readonly kind: string; readonly ref: string; readonly attempts: number };

export type Worker = {
  /** Performs one claimed row. It must owe the row again or call it done; a throw means "try again later". */
  readonly perform: (row: DueRow) => Promise<void>;
  /** Told when a row has failed too often. True: what it belonged to was given an end, set the row aside. False: keep trying. */
  readonly giveUp: (row: DueRow) => boolean;
};

/** Rows claimed at once. Chosen: more than an object runs side by side. */
const CLAIM_LIMIT = 16;

export class Schedule {
  readonly #ground: Ground;
  readonly #database: Database;
  readonly #kind: ObjectKind;
  readonly #worker: Worker;
  readonly #running = new Map<string, { readonly work: Promise<void>; readonly row: DueRow }>();
  /** Writes to the `busy` row one after the other, so that a removal never overtakes a newer claim. */
  #busyWrites: Promise<void> = Promise.resolve();

  constructor(ground: Ground, database: Database, kind: ObjectKind, worker: Worker) {
    this.#ground = ground;
    this.#database = database;
    this.#kind = kind;
    this.#worker = worker;
    if (database.exists()) this.#recover();
  }

  /** Owes a step of work at a moment. Call inside the transaction of the change that owes it. */
  owe(kind: string, ref: string, at: EpochMs): void {
    this.#ground.sql.exec(
      "INSERT OR REPLACE INTO due (kind, ref, due_at, lease_until, attempts, poisoned) VALUES (?, ?, ?, 0, 0, 0)",
      kind,
      ref,
      Math.round(at),
    );
    this.#arm();
  }

  /** Owes it no longer. */
  done(kind: string, ref: string): void {
    this.#ground.sql.exec("DELETE FROM due WHERE kind = ? AND ref = ?", kind, ref);
    this.#arm();
  }

  /** True while this instance works on the row. */
  isRunning(kind: string, ref: string): boolean {
    return this.#running.has(`${kind}\u0000${ref}`);
  }

  /** Starts everything that is due, keeps alive what runs, arms the next alarm. Never waits, never throws. */
  tick(): void {
    if (!this.#database.exists()) return;
    this.#renew();
    for (const row of this.#claim()) this.#start(row);
    this.#arm();
  }

  /** What an alarm does. */
  alarm(): void {
    try {
      this.tick();
    } catch (error) {
      logBug("alarm_failed", error, { work: this.#kind });
      if (this.#ground.config.alarms)
        this.#ground.keep(this.#ground.storage.setAlarm(this.#ground.now() + this.#ground.config.waits.retry));
    }
  }

  /** What the sweep asks for: the same as an alarm, and the `busy` row moved to the next due time. */
  async wake(): Promise<void> {
    this.tick();
    await this.#cover(true);
  }

  /**
   * Makes sure that the cron will look after this object: await it before the first outside effect.
   * Writes to D1 only when no row stands there or it says too late a time.
   */
  cover(): Promise<void> {
    return this.#cover(false);
  }

  #cover(move: boolean): Promise<void> {
    const next = this.#busyWrites.then(() => this.#writeBusy(move));
    this.#busyWrites = next.catch(() => undefined);
    return next;
  }

  async #writeBusy(move: boolean): Promise<void> {
    const { sql, env, name, now, config } = this.#ground;
    if (!this.#database.exists()) return deleteBusy(env.DB, name, this.#kind);
    const earliest = this.#earliest();
    const written = readMeta(sql, "busy_due_at");
    if (earliest === null) {
      if (written === null && !move) return;
      // Forgotten here first: a crash in between leaves a row that the next wake removes.
      sql.exec("DELETE FROM meta WHERE key = 'busy_due_at'");
      await deleteBusy(env.DB, name, this.#kind);
      return;
    }
    const dueAt = Math.max(earliest, now()) + config.waits.busyGrace;
    if (!move && written !== null && Number(written) <= dueAt) return;
    await writeBusy(env.DB, name, this.#kind, dueAt, now());
    writeMeta(sql, "busy_due_at", String(dueAt));
  }

  /** A new instance holds no leases: what the last one left is due. */
  #recover(): void {
    this.#ground.sql.exec("UPDATE due SET lease_until = 0 WHERE lease_until > 0");
    this.#arm();
  }

  #renew(): void {
    const until = this.#ground.now() + this.#ground.config.waits.turnLease;
    for (const { work, row } of this.#running.values()) {
      this.#ground.sql.exec(
        "UPDATE due SET lease_until = ? WHERE kind = ? AND ref = ? AND lease_until > 0",
        until,
        row.kind,
        row.ref,
      );
      this.#ground.keep(work);
    }
  }

  #claim(): DueRow[] {
    const now = this.#ground.now();
    const rows = this.#ground.sql
      .exec<{ kind: string; ref: string; attempts: number }>(
        "SELECT kind, ref, attempts FROM due WHERE poisoned = 0 AND due_at <= ? AND lease_until <= ? ORDER BY due_at LIMIT ?",
        now,
        now,
        CLAIM_LIMIT,
      )
      .toArray()
      .filter((row) => !this.isRunning(row.kind, row.ref))
      .map((row) => ({ ...row, attempts: row.attempts + 1 }));
    const until = now + this.#ground.config.waits.turnLease;
    for (const row of rows) {
      this.#ground.sql.exec(
        "UPDATE due SET lease_until = ?, attempts = ? WHERE kind = ? AND ref = ?",
        until,
        row.attempts,
        row.kind,
        row.ref,
      );
    }
    return rows;
  }

  #start(row: DueRow): void {
    const key = `${row.kind}\u0000${row.ref}`;
    const work = this.#work(row).finally(() => {
      this.#running.delete(key);
      this.#ground.keep(this.#settle());
    });
    this.#running.set(key, { work, row });
    this.#ground.keep(work);
  }

  async #work(row: DueRow): Promise<void> {
    try {
      await this.cover();
      await this.#worker.perform(row);
    } catch (error) {
      this.#failed(row, error);
    }
  }

  #failed(row: DueRow, error: unknown): void {
    const { sql, now, config } = this.#ground;
    const poisoned = row.attempts >= POISON_ATTEMPTS && this.#worker.giveUp(row);
    const wait = Math.min(config.waits.retry * 2 ** (row.attempts - 1), config.waits.retryMax);
    logBug(poisoned ? "work_poisoned" : "work_failed", error, { work: row.kind, attempt: row.attempts });
    sql.exec(
      "UPDATE due SET due_at = ?, lease_until = 0, poisoned = ? WHERE kind = ? AND ref = ?",
      now() + wait,
      poisoned ? 1 : 0,
      row.kind,
      row.ref,
    );
  }

  /** After a step: start what has become due, and let go of the `busy` row when nothing is owed. */
  async #settle(): Promise<void> {
    this.tick();
    try {
      await this.#cover(false);
    } catch {
      log("warn", "busy_not_written", { work: this.#kind });
    }
  }

  /** The earliest moment at which something must be looked at; null when nothing is owed. */
  #earliest(): EpochMs | null {
    const row = this.#ground.sql
      .exec<{ at: number | null }>("SELECT min(max(due_at, lease_until)) AS at FROM due WHERE poisoned = 0")
      .one();
    return row.at;
  }

  #arm(): void {
    const { storage, config, now, keep } = this.#ground;
    if (!config.alarms) return;
    const earliest = this.#earliest();
    if (earliest === null) {
      keep(storage.deleteAlarm());
      return;
    }
    const alive = this.#running.size > 0 ? now() + config.waits.turnKeepalive : Number.POSITIVE_INFINITY;
    keep(storage.setAlarm(Math.min(Math.max(earliest, now()), alive)));
  }
}
