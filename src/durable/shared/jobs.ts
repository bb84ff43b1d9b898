/**
 * The job scheduler of an object: one table of jobs, one alarm armed for the earliest job, and one watchdog row in D1
 * for the cron.
 *
 * - A job is claimed under a lease and run; its handler then reschedules or completes it.
 * - A job that throws, or whose instance ends, is retried with growing waits. After a number of failures in a row it
 *   is reported and, where possible, given up (job-kinds.ts).
 * - Only a successful attempt resets the count of failures; rescheduling itself before a failure does not.
 * - Each attempt runs in its own turn of the event loop, after the commit that counts it.
 * - The alarm handler awaits nothing: jobs run under `waitUntil`, and every alarm renews the leases of running jobs.
 */
import { ownerOf, parseScope } from "../../core/address.ts";
import type { Problem } from "../../core/errors.ts";
import { POISON_ATTEMPTS } from "../../core/limits.ts";
import type { EpochMs } from "../../core/time.ts";
import type { ObjectKind } from "../../env.ts";
import { countLine, log, logBug, logCounted } from "../../log.ts";
import { deleteWatchdog, writeWatchdog } from "../../store/status.ts";
import { isTenantStopped } from "../../store/tenants.ts";
import { traceJob } from "../../tracing.ts";
import type { ObjectRuntime } from "./context.ts";
import { type Database, deleteMeta, readMeta, writeMeta } from "./database.ts";
import { type GivenUpKind, type JobKind, maxFailures } from "./job-kinds.ts";
import { requestedWaitMs } from "./problems.ts";

/*
 * The watchdog row in D1: the time by which an object should have run its next job. The cron uses it to find objects
 * whose alarm was lost.
 *
 * The row is written before the first outside effect and removed when no job is left. Its time may be too early, which
 * costs a needless wake call, but never too late. The last written time is stored here, so that most changes cost no
 * write to D1.
 */

const WATCHDOG_DUE_META = "watchdog_due_at";

export class Watchdog {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;
  readonly #kind: ObjectKind;
  readonly #earliest: () => EpochMs | null;
  /** Writes run one after another, so that a deletion cannot overtake a newer write. */
  #writes: Promise<void> = Promise.resolve();

  constructor(runtime: ObjectRuntime, database: Database, kind: ObjectKind, earliest: () => EpochMs | null) {
    this.#runtime = runtime;
    this.#database = database;
    this.#kind = kind;
    this.#earliest = earliest;
  }

  /**
   * Corrects the row. Writes only when the row is missing or its time is too late; with `move` also when its time is
   * too early.
   */
  ensureWatchdog(move: boolean): Promise<void> {
    const next = this.#writes.then(() => this.#write(move));
    this.#writes = next.catch(() => undefined);
    return next;
  }

  async #write(move: boolean): Promise<void> {
    const { sql, env, name, now, config } = this.#runtime;
    if (!this.#database.exists()) return deleteWatchdog(env.DB, name, this.#kind);
    const earliest = this.#earliest();
    const written = readMeta(sql, WATCHDOG_DUE_META);
    if (earliest === null) return written === null && !move ? undefined : this.#remove();
    const dueAt = Math.max(earliest, now()) + config.timings.watchdogGrace;
    if (!move && written !== null && Number(written) <= dueAt) return;
    await writeWatchdog(env.DB, name, this.#kind, dueAt, now(), this.#unpublished());
    writeMeta(sql, WATCHDOG_DUE_META, String(dueAt));
  }

  /**
   * Events in the outbox that should have been published long ago: publishing fails, or they would be gone. 0 for an
   * object without an outbox.
   */
  #unpublished(): number {
    const { sql, now, config } = this.#runtime;
    if (sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'outbox'").toArray().length === 0)
      return 0;
    const late = now() - config.timings.watchdogGrace;
    return sql.exec<{ n: number }>("SELECT count(*) AS n FROM outbox WHERE at <= ?", late).one().n;
  }

  /** The note is deleted first: after a crash in between, the next wake call removes the row. */
  async #remove(): Promise<void> {
    const { sql, env, name } = this.#runtime;
    deleteMeta(sql, WATCHDOG_DUE_META);
    await deleteWatchdog(env.DB, name, this.#kind);
  }
}

/* The job table and every statement on it. JobScheduler decides what runs when. */

/**
 * A job is runnable when it is due and its lease is over, so it is sorted by the later of the two times. One index
 * serves both questions: which jobs are runnable, and when the next one is.
 */
export const JOBS_TABLE = `
  CREATE TABLE jobs (
    kind TEXT NOT NULL,                       -- one of job-kinds.ts
    key TEXT NOT NULL,                        -- what it is for, mostly an id; empty when the object has one of its kind
    due_at INTEGER NOT NULL,                  -- ms since epoch
    lease_until INTEGER NOT NULL DEFAULT 0,   -- ms since epoch; 0: not leased
    attempts INTEGER NOT NULL DEFAULT 0,      -- attempts since the last success
    unfinished INTEGER NOT NULL DEFAULT 0,    -- those of them that were started and never finished
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX jobs_by_time ON jobs (max(due_at, lease_until));
`;

/** For an object that may have many jobs: a new instance looks for those that the last one ran. */
export const JOBS_LEASED_INDEX = "CREATE INDEX jobs_leased ON jobs (lease_until) WHERE lease_until > 0;";

/** A job, the number of attempts since its last success, and how many of those never finished. */
export type JobRow = {
  readonly kind: string;
  readonly key: string;
  readonly attempts: number;
  readonly unfinished: number;
};

/** A job with its times, as the table has it. */
type TimedJob = JobRow & { readonly due_at: number; readonly lease_until: number };

const COLUMNS = "kind, key, attempts, unfinished, due_at, lease_until";
/** When a job is runnable; the index has the same expression. */
const TIME = "max(due_at, lease_until)";
const timeOf = ({ due_at, lease_until }: TimedJob): EpochMs => Math.max(due_at, lease_until);

/**
 * Jobs that are held in memory, the earliest ones. Chosen: more than an object has at once, except for far ones such as
 * the expiry of many files.
 */
const HELD_JOBS = 100;

/**
 * The rows of the table. Those that come first are held in memory too, because they are asked for after every change:
 * which jobs are due, and when is the next one.
 */
export class JobRows {
  readonly #sql: SqlStorage;
  /** Every job whose time is not after `#heldUntil`, by name; null: not read yet. */
  #held: Map<string, TimedJob> | null = null;
  #heldUntil: EpochMs = 0;

  constructor({ sql, onRollback }: ObjectRuntime) {
    this.#sql = sql;
    onRollback(() => this.forget());
  }

  /** The table is read again at the next look. */
  forget(): void {
    this.#held = null;
  }

  /** Schedules a job again and resets its failures. A job that keeps taking its instance down keeps its later time. */
  put(kind: string, key: string, at: EpochMs): void {
    const query = `INSERT INTO jobs (kind, key, due_at) VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET
      due_at = CASE WHEN unfinished >= ${POISON_ATTEMPTS} THEN max(due_at, excluded.due_at) ELSE excluded.due_at END,
      lease_until = 0, attempts = 0`;
    this.#write(query, kind, key, Math.round(at));
  }

  /** Schedules a running job for another time: it stays leased, and its failures stay counted. */
  putLeased(kind: string, key: string, at: EpochMs, leaseUntil: EpochMs): void {
    const query = `INSERT INTO jobs (kind, key, due_at, lease_until) VALUES (?, ?, ?, ?)
      ON CONFLICT (kind, key) DO UPDATE SET due_at = excluded.due_at, lease_until = excluded.lease_until`;
    this.#write(query, kind, key, Math.round(at), Math.round(leaseUntil));
  }

  /** Schedules a job unless it is scheduled already. */
  putNew(kind: string, key: string, at: EpochMs): void {
    if (this.#read().has(nameOf(kind, key))) return;
    this.#write("INSERT OR IGNORE INTO jobs (kind, key, due_at) VALUES (?, ?, ?)", kind, key, Math.round(at));
  }

  remove(kind: string, key: string): void {
    if (this.#isMissing(kind, key)) return;
    this.#sql.exec("DELETE FROM jobs WHERE kind = ? AND key = ?", kind, key);
    this.#held?.delete(nameOf(kind, key));
  }

  /** Removes every job but those of one kind. */
  removeAllBut(kind: string | null): void {
    this.#sql.exec("DELETE FROM jobs WHERE kind IS NOT ?", kind);
    this.forget();
  }

  /** The earliest time at which a job becomes runnable; null when there is none. */
  earliest(): EpochMs | null {
    let earliest: EpochMs | null = null;
    for (const job of this.#read().values()) earliest = Math.min(timeOf(job), earliest ?? Number.POSITIVE_INFINITY);
    return earliest;
  }

  /** Runnable jobs, oldest first. */
  due(now: EpochMs, limit: number): JobRow[] {
    let due = this.#heldDue(now);
    if (due.length < limit && this.#heldUntil < now) {
      this.forget();
      due = this.#heldDue(now);
    }
    return due.sort((one, other) => timeOf(one) - timeOf(other)).slice(0, limit);
  }

  /** Jobs under a lease. */
  leased(): JobRow[] {
    return this.#sql.exec<TimedJob>(`SELECT ${COLUMNS} FROM jobs WHERE lease_until > 0`).toArray();
  }

  /** Claims a job for one more attempt, which counts as started and not finished. */
  lease({ kind, key }: JobRow, until: EpochMs): void {
    const query =
      "UPDATE jobs SET lease_until = ?, attempts = attempts + 1, unfinished = unfinished + 1 WHERE kind = ? AND key = ?";
    this.#change(kind, key, query, Math.round(until), kind, key);
  }

  /** Extends the lease of a job that has one, unless it was extended less than `everyMs` ago. */
  renew({ kind, key }: JobRow, until: EpochMs, everyMs: number): void {
    const leaseUntil = this.#read().get(nameOf(kind, key))?.lease_until ?? 0;
    if (leaseUntil > 0 && until - leaseUntil < everyMs) return;
    const query = "UPDATE jobs SET lease_until = ? WHERE kind = ? AND key = ? AND lease_until > 0";
    this.#change(kind, key, query, Math.round(until), kind, key);
  }

  /** Ends the lease of a job whose attempt never finished; it runs again at `notBefore` at the earliest. */
  release({ kind, key }: JobRow, notBefore: EpochMs): void {
    const query = "UPDATE jobs SET lease_until = 0, due_at = max(due_at, ?) WHERE kind = ? AND key = ?";
    this.#change(kind, key, query, Math.round(notBefore), kind, key);
  }

  /** The attempt failed: ends the lease; the job runs again at `notBefore` at the earliest. */
  failed({ kind, key }: JobRow, notBefore: EpochMs): void {
    const query = `UPDATE jobs SET lease_until = 0, due_at = max(due_at, ?), unfinished = max(unfinished - 1, 0)
      WHERE kind = ? AND key = ?`;
    this.#change(kind, key, query, Math.round(notBefore), kind, key);
  }

  /** The attempt succeeded and the job is scheduled again, at `notBefore` at the earliest: all failures are reset. */
  succeeded({ kind, key }: JobRow, notBefore: EpochMs): void {
    const query = `UPDATE jobs SET lease_until = 0, due_at = max(due_at, ?), attempts = 0, unfinished = 0
      WHERE kind = ? AND key = ?`;
    this.#change(kind, key, query, Math.round(notBefore), kind, key);
  }

  /** The attempt finished without rescheduling or completing the job: it runs again when its lease is over. */
  finishedOpen({ kind, key }: JobRow): void {
    const query = "UPDATE jobs SET unfinished = max(unfinished - 1, 0) WHERE kind = ? AND key = ?";
    this.#change(kind, key, query, kind, key);
  }

  /** Updates one job, if there is one. */
  #change(kind: string, key: string, query: string, ...values: SqlStorageValue[]): void {
    if (!this.#isMissing(kind, key)) this.#write(query, ...values);
  }

  /** Whether the job is known not to be in the table. */
  #isMissing(kind: string, key: string): boolean {
    const held = this.#read();
    return this.#heldUntil === Number.POSITIVE_INFINITY && !held.has(nameOf(kind, key));
  }

  /** Runs a statement that writes jobs, and holds what it wrote. */
  #write(query: string, ...values: SqlStorageValue[]): void {
    const written = this.#sql.exec<TimedJob>(`${query} RETURNING ${COLUMNS}`, ...values).toArray();
    for (const job of written) {
      if (timeOf(job) <= this.#heldUntil) this.#held?.set(nameOf(job.kind, job.key), job);
      else this.#held?.delete(nameOf(job.kind, job.key));
    }
    if ((this.#held?.size ?? 0) > 2 * HELD_JOBS) this.forget();
  }

  #heldDue(now: EpochMs): TimedJob[] {
    return [...this.#read().values()].filter((job) => timeOf(job) <= now);
  }

  /** The held jobs; read from the table when they are not known, or when the later ones have become the earliest. */
  #read(): Map<string, TimedJob> {
    const isKnown = this.#held !== null && (this.#held.size > 0 || this.#heldUntil === Number.POSITIVE_INFINITY);
    if (this.#held !== null && isKnown) return this.#held;
    const query = `SELECT ${TIME} AS at FROM jobs ORDER BY ${TIME} LIMIT 1 OFFSET ${HELD_JOBS}`;
    const last = this.#sql.exec<{ at: number }>(query).toArray()[0];
    this.#heldUntil = last?.at ?? Number.POSITIVE_INFINITY;
    const jobs = this.#sql.exec<TimedJob>(
      `SELECT ${COLUMNS} FROM jobs WHERE ${TIME} <= ? ORDER BY ${TIME}`,
      this.#heldUntil,
    );
    this.#held = new Map([...jobs].map((job) => [nameOf(job.kind, job.key), job]));
    return this.#held;
  }
}

export type JobHandler = {
  /** Runs one claimed job. It must reschedule the job or call `done`; a throw means "retry later". */
  readonly perform: (row: JobRow) => Promise<void>;
  /** Called for a job that was given up and removed, so that its resource gets a final state. */
  readonly giveUp: (row: JobRow) => void;
};

/** Thrown by a job that must be retried no sooner than upstream asked for. */
export class RetryLater extends Error {
  readonly waitMs: number;

  constructor(what: string, error: Problem) {
    super(`${what}: ${error.code}`);
    this.name = "RetryLater";
    this.waitMs = requestedWaitMs(error);
  }
}

/** A running attempt, and what was scheduled for its job meanwhile. */
type Running = {
  readonly row: JobRow;
  readonly work: Promise<void>;
  /** The job was scheduled again, by itself or by other code. */
  isScheduled: boolean;
  /**
   * `scheduleOnce` was called during the run: if the attempt ends without rescheduling, the job runs at this time,
   * because the attempt may have decided before the call.
   */
  onceAt: EpochMs | null;
};

/** How much earlier than needed an alarm may stay armed. Chosen: below the precision that any wait needs. */
const EARLY_MS = 50;
/** Jobs claimed at once. Chosen: more than an object runs concurrently. */
const CLAIM_LIMIT = 16;

export class JobScheduler {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;
  readonly #kind: ObjectKind;
  readonly #handler: JobHandler;
  readonly #rows: JobRows;
  readonly #watchdog: Watchdog;
  readonly #running = new Map<string, Running>();
  /** The time the alarm was last set to; null for none. A new instance does not know it and sets the alarm again. */
  #armedAt: EpochMs | null | undefined = undefined;
  #arming = false;

  constructor(runtime: ObjectRuntime, database: Database, kind: ObjectKind, handler: JobHandler) {
    this.#runtime = runtime;
    this.#database = database;
    this.#kind = kind;
    this.#handler = handler;
    this.#rows = new JobRows(runtime);
    this.#watchdog = new Watchdog(runtime, database, kind, () => this.#rows.earliest());
    if (database.exists()) this.#recover();
  }

  /**
   * Schedules a job. Call inside the transaction of the change that needs it. A job that this instance is running stays
   * leased until the attempt ends, so no alarm fires for it before. It is run again a little later at the earliest, so
   * that it cannot spin while other jobs wait.
   */
  schedule(kind: JobKind, key: string, at: EpochMs): void {
    const running = this.#running.get(nameOf(kind, key));
    if (running === undefined) this.#rows.put(kind, key, at);
    else {
      running.isScheduled = true;
      this.#rows.putLeased(kind, key, at, this.#leaseEnd());
    }
    this.#arm();
  }

  /** Schedules a job unless it is scheduled already; an existing job keeps its time. */
  scheduleOnce(kind: JobKind, key: string, at: EpochMs): void {
    const running = this.#running.get(nameOf(kind, key));
    if (running === undefined) this.#rows.putNew(kind, key, at);
    else running.onceAt = Math.min(at, running.onceAt ?? at);
    this.#arm();
  }

  /** Completes a job: it is removed. */
  done(kind: JobKind, key: string): void {
    const running = this.#running.get(nameOf(kind, key));
    if (running !== undefined) running.isScheduled = false;
    this.#rows.remove(kind, key);
    this.#arm();
  }

  /**
   * Completes the job that the caller runs, unless it was scheduled again meanwhile: the change that scheduled it may
   * be newer than what the caller has read. For jobs that publish or delete what they read before an await.
   */
  finish(kind: JobKind, key: string): void {
    if (this.#running.get(nameOf(kind, key))?.isScheduled !== true) this.done(kind, key);
  }

  /** Removes every job but those of one kind; null: all of them. */
  removeAllBut(kind: JobKind | null): void {
    this.#rows.removeAllBut(kind);
    this.#arm();
  }

  /** Whether any job is scheduled or running. */
  hasJobs(): boolean {
    return this.#running.size > 0 || this.#rows.earliest() !== null;
  }

  /** True while this instance runs the job. */
  isRunning(kind: string, key: string): boolean {
    return this.#running.has(nameOf(kind, key));
  }

  /** Starts every due job, extends the leases of running jobs, arms the next alarm. Never waits, never throws. */
  tick(): void {
    if (!this.#database.exists()) return;
    for (const { work, row } of this.#running.values()) {
      this.#rows.renew(row, this.#leaseEnd(), this.#runtime.config.timings.turnLease / 4);
      this.#runtime.waitUntil(work);
    }
    for (const row of this.#rows.due(this.#runtime.now(), CLAIM_LIMIT)) {
      // Asked for each job when it is its turn: giving up another one may have started it.
      if (this.isRunning(row.kind, row.key)) continue;
      if (row.unfinished >= POISON_ATTEMPTS && this.#giveUp(row)) continue; // it was started too often without finishing
      this.#rows.lease(row, this.#leaseEnd());
      const claimed = { ...row, attempts: row.attempts + 1, unfinished: row.unfinished + 1 };
      const work = this.#run(claimed);
      this.#running.set(nameOf(row.kind, row.key), { work, row: claimed, isScheduled: false, onceAt: null });
      this.#runtime.waitUntil(work);
    }
    this.#arm();
  }

  /** The object's alarm handler. */
  alarm(): void {
    this.#armedAt = undefined; // it has just fired
    this.#rows.forget();
    try {
      this.tick();
    } catch (error) {
      const { config, now, storage, waitUntil } = this.#runtime;
      logBug("alarm_failed", error, { work: this.#kind });
      if (config.alarms) waitUntil(storage.setAlarm(now() + config.timings.retry));
    }
  }

  /** The cron's wake call: the same as an alarm, and the watchdog row is moved to the next due time. */
  async wake(): Promise<void> {
    this.#rows.forget();
    this.tick();
    await this.#watchdog.ensureWatchdog(true);
  }

  /** Makes sure that the cron will check on this object: await it before the first outside effect. */
  ensureWatchdog(): Promise<void> {
    return this.#watchdog.ensureWatchdog(false);
  }

  /**
   * A new instance holds no leases: the jobs of the previous one are due again, with a longer wait for each attempt
   * that never finished. A job that takes its instance down must not take every new instance down at once.
   */
  #recover(): void {
    const { now, config } = this.#runtime;
    for (const row of this.#rows.leased()) {
      const isNeverGivenUp = row.unfinished >= POISON_ATTEMPTS && maxFailures(this.#kind, row.kind) === null;
      const wait = row.attempts > 1 ? this.#backoff(row.attempts - 1) : 0;
      this.#rows.release(row, wait === 0 ? 0 : now() + (isNeverGivenUp ? config.timings.retryKilled : wait));
    }
    this.#arm();
  }

  /** Runs one attempt of a claimed job, records its result, and starts what has become due. */
  async #run(row: JobRow): Promise<void> {
    const { now, name, storage, config, env, waitUntil } = this.#runtime;
    const startedAt = now();
    const fields = () => ({ work: row.kind, attempt: row.attempts, ms: now() - startedAt, ...ownerOf(name) });
    let failed: { readonly error: unknown } | null = null;
    try {
      // Other events are handled first. The attempt is counted on disk before it starts, so that one that takes its
      // instance down is counted too.
      await new Promise((resolve) => setTimeout(resolve, 0));
      await storage.sync();
      await this.ensureWatchdog();
      await traceJob(config.traces, row.key, () => this.#handler.perform(row));
      logCounted(env.COUNTERS, "work", fields());
    } catch (error) {
      logBug("work_failed", error, fields());
      countLine(env.COUNTERS, "work_failed", fields());
      failed = { error };
    }
    const running = this.#running.get(nameOf(row.kind, row.key));
    this.#running.delete(nameOf(row.kind, row.key));
    this.#recordResult(row, failed, running);
    waitUntil(this.#settle());
  }

  /** Records the result of an attempt. */
  #recordResult(row: JobRow, failed: { readonly error: unknown } | null, running: Running | undefined): void {
    if (failed !== null) {
      const requestedMs = failed.error instanceof RetryLater ? failed.error.waitMs : 0;
      this.#rows.failed(row, this.#runtime.now() + Math.max(this.#backoff(row.attempts), requestedMs));
      const tries = maxFailures(this.#kind, row.kind);
      if (tries !== null && row.attempts >= tries) this.#giveUp(row);
      return;
    }
    if (running?.isScheduled) this.#rows.succeeded(row, this.#earliestRestart());
    else this.#rows.finishedOpen(row);
    if (running !== undefined && running.onceAt !== null)
      this.#rows.putNew(row.kind, row.key, Math.max(running.onceAt, this.#earliestRestart()));
  }

  /**
   * Removes the job and gives its resource a final state. False for a kind that is never given up; when the handler
   * throws, the job is scheduled again.
   */
  #giveUp(row: JobRow): boolean {
    if (maxFailures(this.#kind, row.kind) === null) return false;
    log("error", "work_given_up", { work: row.kind, attempt: row.attempts });
    this.#rows.remove(row.kind, row.key);
    try {
      this.#handler.giveUp(row);
    } catch (error) {
      logBug("work_not_given_up", error, { work: row.kind });
      this.#rows.putNew(row.kind, row.key, this.#runtime.now() + this.#runtime.config.timings.retryMax);
    }
    return true;
  }

  /** After an attempt: starts what has become due, and removes the watchdog row when no job is left. */
  async #settle(): Promise<void> {
    this.tick();
    try {
      await this.ensureWatchdog();
    } catch {
      log("warn", "watchdog_not_written", { work: this.#kind });
    }
    const { now, config } = this.#runtime;
    const next = this.#rows.earliest();
    // The next step of the same job does not depend on the alarm, which may be late or lost.
    if (next === null || next > this.#earliestRestart()) return;
    await new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(next - now(), 0), config.timings.again)));
    this.tick();
  }

  /** The earliest time at which a running job may be started again. */
  #earliestRestart(): EpochMs {
    return this.#runtime.now() + this.#runtime.config.timings.again;
  }

  /** The wait after a number of failures in a row: 5 s, doubled each time, up to 10 minutes. */
  #backoff(failures: number): number {
    const { timings } = this.#runtime.config;
    return Math.min(timings.retry * 2 ** (failures - 1), timings.retryMax);
  }

  #leaseEnd(): EpochMs {
    return this.#runtime.now() + this.#runtime.config.timings.turnLease;
  }

  /** Arms the alarm once for everything that this turn of the event loop schedules, in the same commit as the rows. */
  #arm(): void {
    if (this.#arming || !this.#runtime.config.alarms) return;
    this.#arming = true;
    queueMicrotask(() => {
      this.#arming = false;
      this.#armEarliest();
    });
  }

  #armEarliest(): void {
    const { storage, config, now, waitUntil } = this.#runtime;
    const earliest = this.#rows.earliest();
    const keepAlive = this.#running.size > 0 ? now() + config.timings.turnKeepalive : Number.POSITIVE_INFINITY;
    const at = earliest === null ? null : Math.min(Math.max(earliest, now()), keepAlive);
    // Keeping an alarm that fires a little early costs less than setting it again with every job.
    const armed = this.#armedAt;
    if (armed === at || (armed && at && armed > now() && armed <= at && at - armed < EARLY_MS)) return;
    this.#armedAt = at;
    waitUntil(at === null ? storage.deleteAlarm() : storage.setAlarm(at));
  }
}

/** A job's key in the map of running jobs. */
const nameOf = (kind: string, key: string): string => `${kind}\u0000${key}`;

/* Whether an object's tenant is stopped: checked before a job that may cost something or call another service. */

/**
 * Whether a job of the tenant has to wait. When the state cannot be read it waits: that costs nothing and ends by
 * itself.
 */
export const mustWait = async (runtime: ObjectRuntime): Promise<boolean> => (await stopped(runtime)) ?? true;

/** Whether open streams have to end. When the state cannot be read they stay open: they end by themselves soon. */
export const mustEnd = async (runtime: ObjectRuntime): Promise<boolean> => (await stopped(runtime)) ?? false;

const stopped = ({ env, name, config, now }: ObjectRuntime): Promise<boolean | null> =>
  isTenantStopped(env.DB, parseScope(name).tenant, config.timings.tenantState, now());

/* The table of an object's jobs: what runs each kind, and what a job that is given up does to its resource. */

/** Methods, so that a handler may name the type of the key that its kind is scheduled with. */
type RunsJob<Services> = {
  /** Must reschedule or complete the job; a throw means "retry later". `attempt` counts from 1. */
  run(services: Services, key: string, attempt: number): unknown;
};
type GivesUpJob<Services> = {
  /** Gives the job's resource a final state. */
  giveUp(services: Services, key: string): void;
};

/** Every kind of one object. A kind that can be given up says what happens then. `Rules`: what the object adds. */
export type JobTable<Of extends ObjectKind, Services, Rules = unknown> = {
  readonly [Kind in JobKind<Of>]: RunsJob<Services> &
    Rules &
    (Kind extends GivenUpKind<Of> ? GivesUpJob<Services> : { readonly giveUp?: never });
};
/** The jobs of a table, whatever the kind. */
export type AnyJob<Services, Rules = unknown> = RunsJob<Services> & Partial<GivesUpJob<Services>> & Rules;

/** Finds the job of a kind. Throws for a kind of another version, so that it is retried. */
export function jobOf<Services, Rules>(
  table: Readonly<Record<string, AnyJob<Services, Rules>>>,
  kind: string,
): AnyJob<Services, Rules> {
  const job = Object.hasOwn(table, kind) ? table[kind] : undefined;
  if (job === undefined) throw new Error(`no handler for jobs of kind ${kind}`);
  return job;
}

/** The handler that runs a table's jobs. `services` is called when a job runs: the scheduler is created before them. */
export const handlerOf = <Services>(
  table: Readonly<Record<string, AnyJob<Services>>>,
  services: () => Services,
): JobHandler => ({
  perform: async ({ kind, key, attempts }) => {
    await jobOf(table, kind).run(services(), key, attempts);
  },
  giveUp: ({ kind, key }) => jobOf(table, kind).giveUp?.(services(), key),
});
