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

/**
 * The second step: one index for both questions, who is due and when the next one is. A row is looked at when it is due and
 * nobody's lease holds it any more, so its moment is the later of the two.
 */
export const SCHEDULE_INDEX = `
  DROP INDEX due_by_time;
  CREATE INDEX due_by_moment ON due (poisoned, max(due_at, lease_until));
`;

export type DueRow = { readonly kind: string; readonly ref: string; readonly attempts: number };

export type Worker = {
  /** Performs one claimed row. It must owe the row again or call it done; a throw means "try again later". */
  readonly perform: (row: DueRow) => Promise<void>;
  /** Told when a row has failed too often. True: what it belonged to was given an end, set the row aside. False: keep trying. */
  readonly giveUp: (row: DueRow) => boolean;
};

type Claimed = { kind: string; ref: string; attempts: number };

/** How much too early an alarm may stay armed. Chosen: below any wait's precision that matters. */
const EARLY_MS = 50;
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
  /** What the alarm was last set to; null for none. Unknown to a new instance, which sets it anew. */
  #armedAt: EpochMs | null | undefined = undefined;

  constructor(ground: Ground, database: Database, kind: ObjectKind, worker: Worker) {
    this.#ground = ground;
    this.#database = database;
    this.#kind = kind;
    this.#worker = worker;
    if (database.exists()) this.#recover();
  }

  /**
   * Owes a step of work at a moment. Call inside the transaction of the change that owes it.
   * A row that this instance works on stays leased until that work is over: nobody is woken for it before.
   */
  owe(kind: string, ref: string, at: EpochMs): void {
    const { sql, now, config } = this.#ground;
    sql.exec(
      "INSERT OR REPLACE INTO due (kind, ref, due_at, lease_until, attempts, poisoned) VALUES (?, ?, ?, ?, 0, 0)",
      kind,
      ref,
      Math.round(at),
      this.isRunning(kind, ref) ? now() + config.waits.turnLease : 0,
    );
    this.#arm();
  }

  /** Owes a step of work unless it is owed already, then at the moment it had. */
  oweOnce(kind: string, ref: string, at: EpochMs): void {
    this.#ground.sql.exec("INSERT OR IGNORE INTO due (kind, ref, due_at) VALUES (?, ?, ?)", kind, ref, Math.round(at));
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
    this.#armedAt = undefined; // it has just gone off
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

  /**
   * A new instance holds no leases: what the last one was working on is due again, later with every time that it was
   * begun and never ended. Work that takes its instance down must not take every next one down at once.
   */
  #recover(): void {
    const { sql, now } = this.#ground;
    const held = sql.exec<Claimed>("SELECT kind, ref, attempts FROM due WHERE lease_until > 0").toArray();
    for (const { kind, ref, attempts } of held) {
      const again = attempts > 1 ? now() + this.#backoff(attempts - 1) : 0;
      sql.exec(
        "UPDATE due SET lease_until = 0, due_at = max(due_at, ?) WHERE kind = ? AND ref = ?",
        Math.round(again),
        kind,
        ref,
      );
    }
    this.#arm();
  }

  /** The wait after so many failures in a row: from 5 s, doubling, up to 10 minutes. */
  #backoff(failures: number): number {
    const { waits } = this.#ground.config;
    return Math.min(waits.retry * 2 ** (failures - 1), waits.retryMax);
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

  /** Takes what is due. A row that was begun too often without an end is given up instead. */
  #claim(): DueRow[] {
    const { sql, now, config } = this.#ground;
    const rows = sql
      .exec<Claimed>(
        "SELECT kind, ref, attempts FROM due WHERE poisoned = 0 AND max(due_at, lease_until) <= ? ORDER BY max(due_at, lease_until) LIMIT ?",
        now(),
        CLAIM_LIMIT,
      )
      .toArray()
      .filter((row) => !this.isRunning(row.kind, row.ref))
      .map((row) => ({ ...row, attempts: row.attempts + 1 }));
    return rows.filter((row) => {
      const given = row.attempts > POISON_ATTEMPTS && this.#giveUp(row);
      const until = given ? 0 : Math.round(now() + config.waits.turnLease);
      sql.exec(
        "UPDATE due SET lease_until = ?, attempts = ? WHERE kind = ? AND ref = ?",
        until,
        row.attempts,
        row.kind,
        row.ref,
      );
      return !given;
    });
  }

  /** Gives the row's owner an end where it can have one, and sets the row aside. */
  #giveUp(row: DueRow): boolean {
    if (!this.#worker.giveUp(row)) return false;
    log("error", "work_poisoned", { work: row.kind, attempt: row.attempts });
    this.#ground.sql.exec("UPDATE due SET poisoned = 1, lease_until = 0 WHERE kind = ? AND ref = ?", row.kind, row.ref);
    return true;
  }

  #start(row: DueRow): void {
    const key = `${row.kind}\u0000${row.ref}`;
    const work = this.#work(row).finally(() => {
      this.#running.delete(key);
      // Owed anew while it ran: its own moment counts from here on.
      this.#ground.sql.exec(
        "UPDATE due SET lease_until = 0 WHERE kind = ? AND ref = ? AND attempts = 0",
        row.kind,
        row.ref,
      );
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
    const { sql, now } = this.#ground;
    logBug("work_failed", error, { work: row.kind, attempt: row.attempts });
    const at = Math.round(now() + this.#backoff(row.attempts));
    sql.exec("UPDATE due SET due_at = ?, lease_until = 0 WHERE kind = ? AND ref = ?", at, row.kind, row.ref);
    if (row.attempts >= POISON_ATTEMPTS) this.#giveUp(row);
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
    const query =
      "SELECT max(due_at, lease_until) AS at FROM due WHERE poisoned = 0 ORDER BY max(due_at, lease_until) LIMIT 1";
    return this.#ground.sql.exec<{ at: number }>(query).toArray()[0]?.at ?? null;
  }

  #arm(): void {
    const { storage, config, now, keep } = this.#ground;
    if (!config.alarms) return;
    const earliest = this.#earliest();
    const alive = this.#running.size > 0 ? now() + config.waits.turnKeepalive : Number.POSITIVE_INFINITY;
    const at = earliest === null ? null : Math.min(Math.max(earliest, now()), alive);
    // An alarm that comes a little early costs less than setting it again with every row.
    const armed = this.#armedAt;
    if (armed === at || (armed && at && armed > now() && armed <= at && at - armed < EARLY_MS)) return;
    this.#armedAt = at;
    keep(at === null ? storage.deleteAlarm() : storage.setAlarm(at));
  }
}
