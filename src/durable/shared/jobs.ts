/**
 * What an object owes, and when: one table, one alarm armed at its earliest row, one `busy` row in D1 for the cron.
 *
 * A row is claimed under a lease, performed, and then moved or removed by whoever performed it. Work that throws is tried
 * again with growing waits, and so is work that its instance did not outlive; after some failures in a row it is reported
 * and, where that is possible, given up (job-kinds.ts). Only an attempt that ends well forgets the failures before it: that
 * the work owed itself again before it failed changes nothing. Each attempt has a turn of the event loop of its own, and the
 * commit that counts it is made before it begins.
 * Nothing is awaited in an alarm: work runs under `waitUntil`, and every alarm renews the leases of what still runs.
 */
import { ownerOf, parseScope } from "../../core/address.ts";
import type { Problem } from "../../core/errors.ts";
import { POISON_ATTEMPTS } from "../../core/limits.ts";
import type { EpochMs } from "../../core/time.ts";
import type { ObjectKind } from "../../env.ts";
import { log, logBug } from "../../log.ts";
import { deleteBusy, isTenantStopped, writeBusy } from "../../store/tenants.ts";
import type { ObjectRuntime } from "./context.ts";
import { BOUND_LIMIT, type Database, readMeta, writeMeta } from "./database.ts";
import { type JobKind, triesOf } from "./job-kinds.ts";
import { askedMs } from "./problems.ts";

/*
 * The one row in D1 that says when an object should have been heard of: how the cron finds what alarms lost.
 *
 * It stands before the first outside effect and is gone when nothing is owed. It may name too early a time, which costs a
 * needless wake, never too late a one. The last written time is noted here, so that most changes cost no write to D1.
 */

const WRITTEN = "busy_due_at";

export class WatchdogRow {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;
  readonly #kind: ObjectKind;
  readonly #earliest: () => EpochMs | null;
  /** One write after the other, so that a removal never overtakes a newer claim. */
  #writes: Promise<void> = Promise.resolve();

  constructor(runtime: ObjectRuntime, database: Database, kind: ObjectKind, earliest: () => EpochMs | null) {
    this.#runtime = runtime;
    this.#database = database;
    this.#kind = kind;
    this.#earliest = earliest;
  }

  /** Makes the row right. Writes only when none stands there or it says too late a time; with `move` also when it says too early a one. */
  ensureWatchdog(move: boolean): Promise<void> {
    const next = this.#writes.then(() => this.#write(move));
    this.#writes = next.catch(() => undefined);
    return next;
  }

  async #write(move: boolean): Promise<void> {
    const { sql, env, name, now, config } = this.#runtime;
    if (!this.#database.exists()) return deleteBusy(env.DB, name, this.#kind);
    const earliest = this.#earliest();
    const written = readMeta(sql, WRITTEN);
    if (earliest === null) return written === null && !move ? undefined : this.#remove();
    const dueAt = Math.max(earliest, now()) + config.timings.busyGrace;
    if (!move && written !== null && Number(written) <= dueAt) return;
    await writeBusy(env.DB, name, this.#kind, dueAt, now(), this.#unpublished());
    writeMeta(sql, WRITTEN, String(dueAt));
  }

  /** Facts in the object's outbox that are late: telling them fails, or they would be gone. None where it has no outbox. */
  #unpublished(): number {
    const { sql, now, config } = this.#runtime;
    if (sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'outbox'").toArray().length === 0)
      return 0;
    const late = now() - config.timings.busyGrace;
    return sql.exec<{ n: number }>("SELECT count(*) AS n FROM outbox WHERE at <= ?", late).one().n;
  }

  /** Forgotten here first: a crash in between leaves a row that the next wake removes. */
  async #remove(): Promise<void> {
    const { sql, env, name } = this.#runtime;
    sql.exec("DELETE FROM meta WHERE key = ?", WRITTEN);
    await deleteBusy(env.DB, name, this.#kind);
  }
}

/* The table of what an object owes: its rows, and every statement on them. When to do what is the schedule's to say. */

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
export type JobRow = {
  readonly kind: string;
  readonly ref: string;
  readonly attempts: number;
  readonly unended: number;
};

const COLUMNS = "kind, ref, attempts, unended";

export class JobRows {
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
  due(now: EpochMs, limit: number): JobRow[] {
    const query = `SELECT ${COLUMNS} FROM due WHERE poisoned = 0 AND max(due_at, lease_until) <= ? ORDER BY max(due_at, lease_until) ${BOUND_LIMIT}`;
    return this.#sql.exec<JobRow>(query, now, limit).toArray();
  }

  /** Rows that somebody's lease holds. */
  held(): JobRow[] {
    return this.#sql.exec<JobRow>(`SELECT ${COLUMNS} FROM due WHERE lease_until > 0`).toArray();
  }

  /** Takes a row for one more attempt, which counts from here on as begun and not ended. */
  lease({ kind, ref }: JobRow, until: EpochMs): void {
    const query =
      "UPDATE due SET lease_until = ?, attempts = attempts + 1, unended = unended + 1 WHERE kind = ? AND ref = ?";
    this.#sql.exec(query, Math.round(until), kind, ref);
  }

  /** Holds a row longer, if it is held at all. */
  renew({ kind, ref }: JobRow, until: EpochMs): void {
    const query = "UPDATE due SET lease_until = ? WHERE kind = ? AND ref = ? AND lease_until > 0";
    this.#sql.exec(query, Math.round(until), kind, ref);
  }

  /** Lets go of a row whose attempt never ended, not to be looked at before `notBefore`. */
  release({ kind, ref }: JobRow, notBefore: EpochMs): void {
    const query = "UPDATE due SET lease_until = 0, due_at = max(due_at, ?) WHERE kind = ? AND ref = ?";
    this.#sql.exec(query, Math.round(notBefore), kind, ref);
  }

  /** The attempt failed: the row is let go, not to be looked at before `notBefore`. */
  failed({ kind, ref }: JobRow, notBefore: EpochMs): void {
    const query = `UPDATE due SET lease_until = 0, due_at = max(due_at, ?), unended = max(unended - 1, 0)
      WHERE kind = ? AND ref = ?`;
    this.#sql.exec(query, Math.round(notBefore), kind, ref);
  }

  /** The attempt ended well and its work is owed again, not before `notBefore`: nothing counts of what went before. */
  ended({ kind, ref }: JobRow, notBefore: EpochMs): void {
    const query = `UPDATE due SET lease_until = 0, due_at = max(due_at, ?), attempts = 0, unended = 0
      WHERE kind = ? AND ref = ?`;
    this.#sql.exec(query, Math.round(notBefore), kind, ref);
  }

  /** The attempt ended and did not say what comes next: the row is looked at when its lease is over. */
  leftOpen({ kind, ref }: JobRow): void {
    this.#sql.exec("UPDATE due SET unended = max(unended - 1, 0) WHERE kind = ? AND ref = ?", kind, ref);
  }
}

export type JobHandler = {
  /** Performs one claimed row. It must owe the row again or call it done; a throw means "try again later". */
  readonly perform: (row: JobRow) => Promise<void>;
  /** Told of a row that was given up and is owed no more, so that what it belonged to gets an end. */
  readonly giveUp: (row: JobRow) => void;
};

/** Thrown by work that shall be tried again no sooner than whoever refused it asks for. */
export class TryAgain extends Error {
  readonly waitMs: number;

  constructor(what: string, error: Problem) {
    super(`${what}: ${error.code}`);
    this.name = "TryAgain";
    this.waitMs = askedMs(error);
  }
}

/** An attempt under way, and what was owed meanwhile. */
type Running = {
  readonly row: JobRow;
  readonly work: Promise<void>;
  /** The work, or somebody else, owes it again. */
  isScheduled: boolean;
  /** To be owed at this moment if the work ends without owing it again: it may have decided to before it was asked for. */
  onceAt: EpochMs | null;
};

/** How much too early an alarm may stay armed. Chosen: below any wait's precision that matters. */
const EARLY_MS = 50;
/** Rows claimed at once. Chosen: more than an object runs side by side. */
const CLAIM_LIMIT = 16;

export class JobScheduler {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;
  readonly #kind: ObjectKind;
  readonly #worker: JobHandler;
  readonly #rows: JobRows;
  readonly #busy: WatchdogRow;
  readonly #running = new Map<string, Running>();
  /** What the alarm was last set to; null for none. Unknown to a new instance, which sets it anew. */
  #armedAt: EpochMs | null | undefined = undefined;
  #arming = false;

  constructor(runtime: ObjectRuntime, database: Database, kind: ObjectKind, worker: JobHandler) {
    this.#runtime = runtime;
    this.#database = database;
    this.#kind = kind;
    this.#worker = worker;
    this.#rows = new JobRows(runtime.sql);
    this.#busy = new WatchdogRow(runtime, database, kind, () => this.#rows.earliest());
    if (database.exists()) this.#recover();
  }

  /**
   * Owes a step of work at a moment. Call inside the transaction of the change that owes it.
   * A row that this instance works on stays leased until that work is over: nobody is woken for it before. It is begun again a
   * little later at the earliest, so that nothing goes round in circles while others wait.
   */
  schedule(kind: JobKind, ref: string, at: EpochMs): void {
    const running = this.#running.get(nameOf(kind, ref));
    if (running === undefined) this.#rows.put(kind, ref, at);
    else {
      running.isScheduled = true;
      this.#rows.putHeld(kind, ref, at, this.#leaseEnd());
    }
    this.#arm();
  }

  /** Owes a step of work unless it is owed already, then at the moment it had. */
  scheduleOnce(kind: JobKind, ref: string, at: EpochMs): void {
    const running = this.#running.get(nameOf(kind, ref));
    if (running === undefined) this.#rows.putNew(kind, ref, at);
    else running.onceAt = Math.min(at, running.onceAt ?? at);
    this.#arm();
  }

  /** Owes it no longer. */
  done(kind: JobKind, ref: string): void {
    const running = this.#running.get(nameOf(kind, ref));
    if (running !== undefined) running.isScheduled = false;
    this.#rows.remove(kind, ref);
    this.#arm();
  }

  /** Whether any work is left, due or under way. */
  owesAnything(): boolean {
    return this.#running.size > 0 || this.#rows.earliest() !== null;
  }

  /** True while this instance works on the row. */
  isRunning(kind: string, ref: string): boolean {
    return this.#running.has(nameOf(kind, ref));
  }

  /** Starts everything that is due, keeps alive what runs, arms the next alarm. Never waits, never throws. */
  tick(): void {
    if (!this.#database.exists()) return;
    for (const { work, row } of this.#running.values()) {
      this.#rows.renew(row, this.#leaseEnd());
      this.#runtime.keep(work);
    }
    for (const row of this.#claim()) this.#start(row);
    this.#arm();
  }

  /** What an alarm does. */
  alarm(): void {
    this.#armedAt = undefined; // it has just gone off
    try {
      this.tick();
    } catch (error) {
      const { config, now, storage, keep } = this.#runtime;
      logBug("alarm_failed", error, { work: this.#kind });
      if (config.alarms) keep(storage.setAlarm(now() + config.timings.retry));
    }
  }

  /** What the sweep asks for: the same as an alarm, and the `busy` row moved to the next due time. */
  async wake(): Promise<void> {
    this.tick();
    await this.#busy.ensureWatchdog(true);
  }

  /** Makes sure that the cron will look after this object: await it before the first outside effect. */
  ensureWatchdog(): Promise<void> {
    return this.#busy.ensureWatchdog(false);
  }

  /**
   * A new instance holds no leases: what the last one was working on is due again, later with every time that it was
   * begun and never ended. Work that takes its instance down must not take every next one down at once.
   */
  #recover(): void {
    const { now, config } = this.#runtime;
    for (const row of this.#rows.held()) {
      const isKept = row.unended >= POISON_ATTEMPTS && triesOf(this.#kind, row.kind) === null;
      const wait = row.attempts > 1 ? this.#backoff(row.attempts - 1) : 0;
      this.#rows.release(row, wait === 0 ? 0 : now() + (isKept ? config.timings.retryKilled : wait));
    }
    this.#arm();
  }

  /** Takes what is due. A row that was begun too often without an end is given up instead. */
  #claim(): JobRow[] {
    return this.#rows
      .due(this.#runtime.now(), CLAIM_LIMIT)
      .filter((row) => !this.isRunning(row.kind, row.ref))
      .filter((row) => row.unended < POISON_ATTEMPTS || !this.#giveUp(row))
      .map((row) => {
        this.#rows.lease(row, this.#leaseEnd());
        return { ...row, attempts: row.attempts + 1, unended: row.unended + 1 };
      });
  }

  #start(row: JobRow): void {
    const name = nameOf(row.kind, row.ref);
    const work = this.#work(row).then((failed) => {
      const running = this.#running.get(name);
      this.#running.delete(name);
      this.#close(row, failed, running);
      this.#runtime.keep(this.#settle());
    });
    this.#running.set(name, { work, row, isScheduled: false, onceAt: null });
    this.#runtime.keep(work);
  }

  /** Performs a row; answers with what it threw, null when it ended well. */
  async #work(row: JobRow): Promise<{ readonly error: unknown } | null> {
    const { now, name, storage } = this.#runtime;
    const began = now();
    const told = () => ({ work: row.kind, attempt: row.attempts, ms: now() - began, ...ownerOf(name) });
    try {
      // Others are served first, and the attempt is counted on disk: one that takes its instance down is counted too.
      await new Promise((resolve) => setTimeout(resolve, 0));
      await storage.sync();
      await this.ensureWatchdog();
      await this.#worker.perform(row);
      log("info", "work", told());
      return null;
    } catch (error) {
      logBug("work_failed", error, told());
      return { error };
    }
  }

  /** Writes down how an attempt ended. */
  #close(row: JobRow, failed: { readonly error: unknown } | null, running: Running | undefined): void {
    if (failed !== null) {
      const asked = failed.error instanceof TryAgain ? failed.error.waitMs : 0;
      this.#rows.failed(row, this.#runtime.now() + Math.max(this.#backoff(row.attempts), asked));
      const tries = triesOf(this.#kind, row.kind);
      if (tries !== null && row.attempts >= tries) this.#giveUp(row);
      return;
    }
    if (running?.isScheduled) this.#rows.ended(row, this.#soonest());
    else this.#rows.leftOpen(row);
    if (running !== undefined && running.onceAt !== null)
      this.#rows.putNew(row.kind, row.ref, Math.max(running.onceAt, this.#soonest()));
  }

  /** Owes the row no more and has its owner given an end. False where it is never given up, or that failed. */
  #giveUp(row: JobRow): boolean {
    if (triesOf(this.#kind, row.kind) === null) return false;
    log("error", "work_given_up", { work: row.kind, attempt: row.attempts });
    this.#rows.remove(row.kind, row.ref);
    try {
      this.#worker.giveUp(row);
    } catch (error) {
      logBug("work_not_given_up", error, { work: row.kind });
      this.#rows.putNew(row.kind, row.ref, this.#runtime.now() + this.#runtime.config.timings.retryMax);
    }
    return true;
  }

  /** After a step: start what has become due, and let go of the `busy` row when nothing is owed. */
  async #settle(): Promise<void> {
    this.tick();
    try {
      await this.ensureWatchdog();
    } catch {
      log("warn", "busy_not_written", { work: this.#kind });
    }
    const { now, config } = this.#runtime;
    const next = this.#rows.earliest();
    // The next step of the same work is not left to the alarm, which may come late or not at all.
    if (next === null || next > this.#soonest()) return;
    await new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(next - now(), 0), config.timings.again)));
    this.tick();
  }

  /** The earliest moment at which work that is under way may be begun again. */
  #soonest(): EpochMs {
    return this.#runtime.now() + this.#runtime.config.timings.again;
  }

  /** The wait after so many failures in a row: from 5 s, doubling, up to 10 minutes. */
  #backoff(failures: number): number {
    const { timings } = this.#runtime.config;
    return Math.min(timings.retry * 2 ** (failures - 1), timings.retryMax);
  }

  #leaseEnd(): EpochMs {
    return this.#runtime.now() + this.#runtime.config.timings.turnLease;
  }

  /** Arms the alarm once for all that this turn of the event loop owes: still in the same commit as the rows. */
  #arm(): void {
    if (this.#arming || !this.#runtime.config.alarms) return;
    this.#arming = true;
    queueMicrotask(() => {
      this.#arming = false;
      this.#armEarliest();
    });
  }

  #armEarliest(): void {
    const { storage, config, now, keep } = this.#runtime;
    const earliest = this.#rows.earliest();
    const alive = this.#running.size > 0 ? now() + config.timings.turnKeepalive : Number.POSITIVE_INFINITY;
    const at = earliest === null ? null : Math.min(Math.max(earliest, now()), alive);
    // An alarm that comes a little early costs less than setting it again with every row.
    const armed = this.#armedAt;
    if (armed === at || (armed && at && armed > now() && armed <= at && at - armed < EARLY_MS)) return;
    this.#armedAt = at;
    keep(at === null ? storage.deleteAlarm() : storage.setAlarm(at));
  }
}

/** A row's name among those that run. */
const nameOf = (kind: string, ref: string): string => `${kind}\u0000${ref}`;

/* Whether an object's tenant is stopped: asked before work that may cost something or leaves for somebody else's machine. */

/** Whether work of the tenant has to wait. It waits too where nobody can say: waiting costs nothing and is over by itself. */
export const mustWait = async (runtime: ObjectRuntime): Promise<boolean> => (await stopped(runtime)) ?? true;

/** Whether what is open has to end. It stays open where nobody can say: it ends by itself soon. */
export const mustEnd = async (runtime: ObjectRuntime): Promise<boolean> => (await stopped(runtime)) ?? false;

const stopped = ({ env, name, config, now }: ObjectRuntime): Promise<boolean | null> =>
  isTenantStopped(env.DB, parseScope(name).tenant, config.timings.tenantState, now());
