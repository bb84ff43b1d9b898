/**
 * What an object owes, and when: one table, one alarm armed at its earliest row, one `busy` row in D1 for the cron.
 *
 * A row is claimed under a lease, performed, and then moved or removed by whoever performed it. Work that throws is tried
 * again with growing waits; after eight failures in a row it is reported and, where giving up is possible, set aside.
 * Nothing is awaited in an alarm: work runs under `waitUntil`, and every alarm renews the leases of what still runs.
 */
import { ownerOf } from "../core/address.ts";
import { POISON_ATTEMPTS } from "../core/limits.ts";
import type { EpochMs } from "../core/time.ts";
import type { ObjectKind } from "../env.ts";
import { log, logBug } from "../log.ts";
import { BusyRow } from "./busy-row.ts";
import type { Database } from "./database.ts";
import { type DueRow, DueRows } from "./due-rows.ts";
import type { Ground } from "./ground.ts";

export type Worker = {
  /** Performs one claimed row. It must owe the row again or call it done; a throw means "try again later". */
  readonly perform: (row: DueRow) => Promise<void>;
  /** Told when a row has failed too often. True: what it belonged to was given an end, set the row aside. False: keep trying. */
  readonly giveUp: (row: DueRow) => boolean;
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
  readonly #running = new Map<string, { readonly work: Promise<void>; readonly row: DueRow }>();
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
   * A row that this instance works on stays leased until that work is over: nobody is woken for it before.
   */
  owe(kind: string, ref: string, at: EpochMs): void {
    this.#rows.put(kind, ref, at, this.isRunning(kind, ref) ? this.#leaseEnd() : 0);
    this.#arm();
  }

  /** Owes a step of work unless it is owed already, then at the moment it had. */
  oweOnce(kind: string, ref: string, at: EpochMs): void {
    this.#rows.putNew(kind, ref, at);
    this.#arm();
  }

  /** Owes it no longer. */
  done(kind: string, ref: string): void {
    this.#rows.remove(kind, ref);
    this.#arm();
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
    for (const row of this.#rows.held()) {
      this.#rows.release(row, row.attempts > 1 ? this.#ground.now() + this.#backoff(row.attempts - 1) : 0);
    }
    this.#arm();
  }

  /** Takes what is due. A row that was begun too often without an end is given up instead. */
  #claim(): DueRow[] {
    return this.#rows
      .due(this.#ground.now(), CLAIM_LIMIT)
      .filter((row) => !this.isRunning(row.kind, row.ref))
      .map((row) => ({ ...row, attempts: row.attempts + 1 }))
      .filter((row) => {
        if (row.attempts > POISON_ATTEMPTS && this.#giveUp(row)) return false;
        this.#rows.lease(row, this.#leaseEnd());
        return true;
      });
  }

  #start(row: DueRow): void {
    const name = nameOf(row.kind, row.ref);
    const work = this.#work(row).finally(() => {
      this.#running.delete(name);
      this.#rows.releaseNew(row);
      this.#ground.keep(this.#settle());
    });
    this.#running.set(name, { work, row });
    this.#ground.keep(work);
  }

  async #work(row: DueRow): Promise<void> {
    const { now, name } = this.#ground;
    const began = now();
    const told = () => ({ work: row.kind, attempt: row.attempts, ms: now() - began, ...ownerOf(name) });
    try {
      await this.cover();
      await this.#worker.perform(row);
      log("info", "work", told());
    } catch (error) {
      logBug("work_failed", error, told());
      this.#rows.release(row, this.#ground.now() + this.#backoff(row.attempts));
      if (row.attempts >= POISON_ATTEMPTS) this.#giveUp(row);
    }
  }

  /** Gives the row's owner an end where it can have one, and sets the row aside. */
  #giveUp(row: DueRow): boolean {
    if (!this.#worker.giveUp(row)) return false;
    log("error", "work_poisoned", { work: row.kind, attempt: row.attempts });
    this.#rows.poison(row);
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

const nameOf = (kind: string, ref: string): string => `${kind}\u0000${ref}`;
