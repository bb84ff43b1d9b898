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
import { ownerOf } from "../core/address.ts";
import type { Refusal } from "../core/errors.ts";
import { POISON_ATTEMPTS } from "../core/limits.ts";
import type { EpochMs } from "../core/time.ts";
import type { ObjectKind } from "../env.ts";
import { log, logBug } from "../log.ts";
import { BusyRow } from "./busy-row.ts";
import type { Database } from "./database.ts";
import { type DueRow, DueRows } from "./due-rows.ts";
import type { Ground } from "./ground.ts";
import { type JobKind, triesOf } from "./job-kinds.ts";
import { askedMs } from "./refusals.ts";

export type Worker = {
  /** Performs one claimed row. It must owe the row again or call it done; a throw means "try again later". */
  readonly perform: (row: DueRow) => Promise<void>;
  /** Told of a row that was given up and is owed no more, so that what it belonged to gets an end. */
  readonly giveUp: (row: DueRow) => void;
};

/** Thrown by work that shall be tried again no sooner than whoever refused it asks for. */
export class TryAgain extends Error {
  readonly waitMs: number;

  constructor(what: string, error: Refusal) {
    super(`${what}: ${error.code}`);
    this.name = "TryAgain";
    this.waitMs = askedMs(error);
  }
}

/** An attempt under way, and what was owed meanwhile. */
type Running = {
  readonly row: DueRow;
  readonly work: Promise<void>;
  /** The work, or somebody else, owes it again. */
  isOwed: boolean;
  /** To be owed at this moment if the work ends without owing it again: it may have decided to before it was asked for. */
  onceAt: EpochMs | null;
};

/** How much too early an alarm may stay armed. Chosen: below any wait's precision that matters. */
const EARLY_MS = 50;
/** Rows claimed at once. Chosen: more than an object runs side by side. */
const CLAIM_LIMIT = 16;

export class Schedule {
  readonly #ground: Ground;
  readonly #database: Database;
  readonly #kind: ObjectKind;
  readonly #worker: Worker;
  readonly #rows: DueRows;
  readonly #busy: BusyRow;
  readonly #running = new Map<string, Running>();
  /** What the alarm was last set to; null for none. Unknown to a new instance, which sets it anew. */
  #armedAt: EpochMs | null | undefined = undefined;
  #arming = false;

  constructor(ground: Ground, database: Database, kind: ObjectKind, worker: Worker) {
    this.#ground = ground;
    this.#database = database;
    this.#kind = kind;
    this.#worker = worker;
    this.#rows = new DueRows(ground.sql);
    this.#busy = new BusyRow(ground, database, kind, () => this.#rows.earliest());
    if (database.exists()) this.#recover();
  }

  /**
   * Owes a step of work at a moment. Call inside the transaction of the change that owes it.
   * A row that this instance works on stays leased until that work is over: nobody is woken for it before. It is begun again a
   * little later at the earliest, so that nothing goes round in circles while others wait.
   */
  owe(kind: JobKind, ref: string, at: EpochMs): void {
    const running = this.#running.get(nameOf(kind, ref));
    if (running === undefined) this.#rows.put(kind, ref, at);
    else {
      running.isOwed = true;
      this.#rows.putHeld(kind, ref, at, this.#leaseEnd());
    }
    this.#arm();
  }

  /** Owes a step of work unless it is owed already, then at the moment it had. */
  oweOnce(kind: JobKind, ref: string, at: EpochMs): void {
    const running = this.#running.get(nameOf(kind, ref));
    if (running === undefined) this.#rows.putNew(kind, ref, at);
    else running.onceAt = Math.min(at, running.onceAt ?? at);
    this.#arm();
  }

  /** Owes it no longer. */
  done(kind: JobKind, ref: string): void {
    const running = this.#running.get(nameOf(kind, ref));
    if (running !== undefined) running.isOwed = false;
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
      this.#ground.keep(work);
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
      const { config, now, storage, keep } = this.#ground;
      logBug("alarm_failed", error, { work: this.#kind });
      if (config.alarms) keep(storage.setAlarm(now() + config.waits.retry));
    }
  }

  /** What the sweep asks for: the same as an alarm, and the `busy` row moved to the next due time. */
  async wake(): Promise<void> {
    this.tick();
    await this.#busy.cover(true);
  }

  /** Makes sure that the cron will look after this object: await it before the first outside effect. */
  cover(): Promise<void> {
    return this.#busy.cover(false);
  }

  /**
   * A new instance holds no leases: what the last one was working on is due again, later with every time that it was
   * begun and never ended. Work that takes its instance down must not take every next one down at once.
   */
  #recover(): void {
    const { now, config } = this.#ground;
    for (const row of this.#rows.held()) {
      const isKept = row.unended >= POISON_ATTEMPTS && triesOf(this.#kind, row.kind) === null;
      const wait = row.attempts > 1 ? this.#backoff(row.attempts - 1) : 0;
      this.#rows.release(row, wait === 0 ? 0 : now() + (isKept ? config.waits.retryKilled : wait));
    }
    this.#arm();
  }

  /** Takes what is due. A row that was begun too often without an end is given up instead. */
  #claim(): DueRow[] {
    return this.#rows
      .due(this.#ground.now(), CLAIM_LIMIT)
      .filter((row) => !this.isRunning(row.kind, row.ref))
      .filter((row) => row.unended < POISON_ATTEMPTS || !this.#giveUp(row))
      .map((row) => {
        this.#rows.lease(row, this.#leaseEnd());
        return { ...row, attempts: row.attempts + 1, unended: row.unended + 1 };
      });
  }

  #start(row: DueRow): void {
    const name = nameOf(row.kind, row.ref);
    const work = this.#work(row).then((failed) => {
      const running = this.#running.get(name);
      this.#running.delete(name);
      this.#close(row, failed, running);
      this.#ground.keep(this.#settle());
    });
    this.#running.set(name, { work, row, isOwed: false, onceAt: null });
    this.#ground.keep(work);
  }

  /** Performs a row; answers with what it threw, null when it ended well. */
  async #work(row: DueRow): Promise<{ readonly error: unknown } | null> {
    const { now, name, storage } = this.#ground;
    const began = now();
    const told = () => ({ work: row.kind, attempt: row.attempts, ms: now() - began, ...ownerOf(name) });
    try {
      // Others are served first, and the attempt is counted on disk: one that takes its instance down is counted too.
      await new Promise((resolve) => setTimeout(resolve, 0));
      await storage.sync();
      await this.cover();
      await this.#worker.perform(row);
      log("info", "work", told());
      return null;
    } catch (error) {
      logBug("work_failed", error, told());
      return { error };
    }
  }

  /** Writes down how an attempt ended. */
  #close(row: DueRow, failed: { readonly error: unknown } | null, running: Running | undefined): void {
    if (failed !== null) {
      const asked = failed.error instanceof TryAgain ? failed.error.waitMs : 0;
      this.#rows.failed(row, this.#ground.now() + Math.max(this.#backoff(row.attempts), asked));
      const tries = triesOf(this.#kind, row.kind);
      if (tries !== null && row.attempts >= tries) this.#giveUp(row);
      return;
    }
    if (running?.isOwed) this.#rows.ended(row, this.#soonest());
    else this.#rows.leftOpen(row);
    if (running !== undefined && running.onceAt !== null)
      this.#rows.putNew(row.kind, row.ref, Math.max(running.onceAt, this.#soonest()));
  }

  /** Owes the row no more and has its owner given an end. False where it is never given up, or that failed. */
  #giveUp(row: DueRow): boolean {
    if (triesOf(this.#kind, row.kind) === null) return false;
    log("error", "work_given_up", { work: row.kind, attempt: row.attempts });
    this.#rows.remove(row.kind, row.ref);
    try {
      this.#worker.giveUp(row);
    } catch (error) {
      logBug("work_not_given_up", error, { work: row.kind });
      this.#rows.putNew(row.kind, row.ref, this.#ground.now() + this.#ground.config.waits.retryMax);
    }
    return true;
  }

  /** After a step: start what has become due, and let go of the `busy` row when nothing is owed. */
  async #settle(): Promise<void> {
    this.tick();
    try {
      await this.cover();
    } catch {
      log("warn", "busy_not_written", { work: this.#kind });
    }
    const { now, config } = this.#ground;
    const next = this.#rows.earliest();
    // The next step of the same work is not left to the alarm, which may come late or not at all.
    if (next === null || next > this.#soonest()) return;
    await new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(next - now(), 0), config.waits.again)));
    this.tick();
  }

  /** The earliest moment at which work that is under way may be begun again. */
  #soonest(): EpochMs {
    return this.#ground.now() + this.#ground.config.waits.again;
  }

  /** The wait after so many failures in a row: from 5 s, doubling, up to 10 minutes. */
  #backoff(failures: number): number {
    const { waits } = this.#ground.config;
    return Math.min(waits.retry * 2 ** (failures - 1), waits.retryMax);
  }

  #leaseEnd(): EpochMs {
    return this.#ground.now() + this.#ground.config.waits.turnLease;
  }

  /** Arms the alarm once for all that this turn of the event loop owes: still in the same commit as the rows. */
  #arm(): void {
    if (this.#arming || !this.#ground.config.alarms) return;
    this.#arming = true;
    queueMicrotask(() => {
      this.#arming = false;
      this.#armEarliest();
    });
  }

  #armEarliest(): void {
    const { storage, config, now, keep } = this.#ground;
    const earliest = this.#rows.earliest();
    const alive = this.#running.size > 0 ? now() + config.waits.turnKeepalive : Number.POSITIVE_INFINITY;
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
