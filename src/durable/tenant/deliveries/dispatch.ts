/**
 * Each event on its way to each target.
 *
 * A row's `due_at` is the only schedule: the queue carries nudges ("this tenant has something due"), so a lost message
 * loses nothing and a doubled one finds nothing to do. Whoever is nudged takes what is due, a few at a time, and reports
 * in the same call how the last ones went.
 */

import { type DeliveryId, type Mode, plainId } from "../../../core/ids.ts";
import {
  DELIVERIES_IN_FLIGHT,
  HOST_IN_FLIGHT,
  MESSAGE_TRIES,
  PROVEN_REMEMBERED,
  SENDER_SLOTS,
  SENDERS_AT_ONCE,
  SLOW_ANSWER_PART,
  SLOW_TARGET_IN_FLIGHT,
  TARGET_IN_FLIGHT,
  TEST_HOST_PER_SECOND,
  UNPROVEN_IN_FLIGHT,
} from "../../../core/limits.ts";
import type { DeliveryJob, DeliveryOutcome, DeliveryReport, UnsentDelivery } from "../../../core/rpc/tenant.ts";
import type { EpochMs } from "../../../core/time.ts";
import { isAccepted, isGone, nextAttempt } from "../../../core/webhooks/delivery.ts";
import type { DeliveryMessage } from "../../../env.ts";
import { logBug } from "../../../log.ts";
import type { ObjectRuntime } from "../../shared/context.ts";
import { type JobScheduler, mustWait } from "../../shared/jobs.ts";
import type { EventRow } from "../events.ts";
import { type Addressed, hostOf, type TargetHealth, targetOf } from "../subscriptions.ts";
import type { DeliveryMessages } from "./message.ts";
import type { DeliveryRows, DeliveryWork } from "./store.ts";

/** The schedule's one row for all deliveries. */
export const DELIVER = "deliver";

export class Deliveries {
  readonly #runtime: ObjectRuntime;
  readonly #jobs: JobScheduler;
  readonly #rows: DeliveryRows;
  readonly #pace: DeliveryPace;
  readonly #messages: DeliveryMessages;
  readonly #health: TargetHealth;
  /** What was due by then has been nudged for. Forgotten with the instance: the next one nudges anew. */
  #nudgedAt: EpochMs = 0;
  /** Nudges that no sender has come for yet, and when the last one left. Who comes takes what has become due meanwhile too. */
  #unanswered = 0;
  #sentAt: EpochMs = 0;
  /** What the schedule was last told. */
  #plannedAt: EpochMs | null | undefined = undefined;

  constructor(
    runtime: ObjectRuntime,
    jobs: JobScheduler,
    rows: DeliveryRows,
    pace: DeliveryPace,
    messages: DeliveryMessages,
    health: TargetHealth,
  ) {
    this.#runtime = runtime;
    this.#jobs = jobs;
    this.#rows = rows;
    this.#pace = pace;
    this.#messages = messages;
    this.#health = health;
  }

  /** Owes an event to everybody who wants it, unless it is owed. Call inside the transaction that stores the event, and `plan` after it. */
  schedule({ id: event, resource, cursor }: EventRow, to: readonly Addressed[]): DeliveryId[] {
    const { now, random } = this.#runtime;
    return to.map(({ target, url }) => {
      const id = plainId("dlv", now(), random);
      this.#rows.add({ id, event, target, host: hostOf(url), resource, cursor, dueAt: this.dueNow() }, now());
      return id;
    });
  }

  /** The moment for what shall leave at once: after everything that was nudged for. */
  dueNow(): EpochMs {
    return Math.max(this.#runtime.now(), this.#nudgedAt + 1);
  }

  /** Tells the schedule when to look again. Call after every change of what is due. A look that comes too early finds nothing and plans anew. */
  plan(): void {
    const at = this.#lookAt();
    const planned = this.#plannedAt ?? null;
    const isCovered = at !== null && planned !== null && planned > this.#runtime.now() && planned <= at;
    if (!isCovered && at !== this.#plannedAt) this.#publishSchedule(at);
  }

  /** The schedule's work: one nudge for every few deliveries that may leave now, less those that senders will still come for. */
  async nudge(): Promise<void> {
    const { env, name, now, config } = this.#runtime;
    if (await mustWait(this.#runtime)) return this.#publishSchedule(now() + config.timings.pauseCheckInterval);
    if (now() - this.#sentAt >= config.timings.retry) this.#unanswered = 0; // by then they are late, or lost
    const room = SENDERS_AT_ONCE - this.#unanswered;
    const count = room > 0 ? this.#pace.choose(DELIVERIES_IN_FLIGHT).length : 0;
    this.#nudgedAt = now();
    const more = Math.min(room, Math.ceil(count / SENDER_SLOTS) - this.#unanswered);
    if (more > 0) {
      this.#unanswered += more;
      this.#sentAt = now();
      const body: DeliveryMessage = { tenant: name };
      await env.DELIVERIES.sendBatch(Array.from({ length: more }, () => ({ body })));
    }
    this.#publishSchedule(this.#lookAt());
  }

  /**
   * Hears how attempts went and what did not leave, then takes up to `want` others, none while the tenant is paused. One that
   * cannot be made is a dead letter.
   */
  async work(done: readonly DeliveryReport[], want: number, unsent: readonly UnsentDelivery[]): Promise<DeliveryJob[]> {
    const { storage, boundary } = this.#runtime;
    if (done.length === 0 && unsent.length === 0) this.#unanswered = Math.max(0, this.#unanswered - 1); // only a sender that comes for a nudge has nothing to tell
    const most = want > 0 && (await mustWait(this.#runtime)) ? 0 : want;
    const taken = storage.transactionSync(() => {
      if (done.length > 0) this.#settle(done);
      for (const { id, attempt } of unsent) this.#rows.untake(id, attempt, this.dueNow());
      return most > 0 ? this.#take(most) : [];
    });
    this.plan();
    this.#jobs.tick();
    if (taken.length === 0) return [];
    await boundary("delivery.claimed");
    const made = await Promise.all(
      this.#messages.make(taken).map(({ row, job }) => job.catch((error: unknown) => this.#postpone(row, error))),
    );
    const lost = taken.filter((_, at) => made[at] === null);
    if (lost.length > 0) this.#giveUp(lost);
    return made.flatMap((job) => (job === null || job === "later" ? [] : [job]));
  }

  #take(want: number): DeliveryWork[] {
    const { now, config } = this.#runtime;
    const rows = this.#pace.choose(want);
    if (rows.length > 0)
      this.#rows.take(
        rows.map(({ id }) => id),
        now() + config.timings.deliveryLease,
      );
    this.#pace.begin(rows);
    return rows;
  }

  /** Writes outcomes down and what follows from them. One of an attempt that was taken anew is too late. */
  #settle(reports: readonly DeliveryReport[]): void {
    const { now, random01, config } = this.#runtime;
    const rows = this.#rows.findAll(reports.map(({ id }) => id));
    const heard = reports.flatMap((report) => {
      const row = rows.get(report.id);
      return row === undefined || row.taken === 0 || row.attempts !== report.attempt ? [] : [{ ...report, row }];
    });
    this.#rows.log(heard, now());
    const over = { delivered: [] as DeliveryId[], failed: [] as DeliveryId[] };
    for (const { id, attempt, outcome, row } of heard) {
      const isLast = isAccepted(outcome) || isGone(outcome);
      const next = isLast
        ? null
        : nextAttempt(attempt - row.spent, outcome.retryAfterMs, now(), random01(), config.timings);
      if (next === null) over[isAccepted(outcome) ? "delivered" : "failed"].push(id);
      else this.#rows.later(id, next);
    }
    this.#rows.over(over.delivered, "delivered", now());
    this.#rows.over(over.failed, "failed", now());
    for (const { outcome, row } of heard) {
      this.#pace.heard(row, outcome);
      this.#health.note(targetOf(row), row.event, outcome);
    }
  }

  /**
   * A message whose body could not be fetched just now: no attempt left, so none counts, and those after it wait on. Its own
   * failures are counted apart, and only days of them end it.
   */
  #postpone(row: DeliveryWork, error: unknown): "later" | null {
    const { now, config } = this.#runtime;
    logBug("message_not_made", error, { work: "delivery", attempt: row.unmade + 1 });
    if (row.unmade + 1 >= MESSAGE_TRIES) return null;
    const wait = Math.min(config.timings.retry * 2 ** row.unmade, config.timings.retryMax);
    this.#rows.putBack(row, now() + wait);
    this.plan();
    return "later";
  }

  #giveUp(rows: readonly DeliveryWork[]): void {
    const { storage, now } = this.#runtime;
    const ids = rows.map(({ id }) => id);
    storage.transactionSync(() => this.#rows.over(ids, "failed", now()));
    this.plan();
  }

  /** When there will be something to nudge for: what is not nudged for yet, at its time; the rest when the nudge must be lost. */
  #lookAt(): EpochMs | null {
    const { timings } = this.#runtime.config;
    const waiting = this.#rows.hasDueJobs(this.#nudgedAt);
    const moments = [
      this.#rows.nextDueAt(this.#nudgedAt),
      waiting ? this.#nudgedAt + timings.stepLease : null,
      waiting ? this.#pace.freeAt() : null,
    ];
    const known = moments.filter((at) => at !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  #publishSchedule(at: EpochMs | null): void {
    this.#plannedAt = at;
    if (at === null) this.#jobs.done(DELIVER, "");
    else this.#jobs.schedule(DELIVER, "", at);
  }
}

/*
 * Which deliveries may leave now. Targets take turns, and each has so many places: fewer when its last answer was slow or did
 * not come, so that those that hang leave room for those that answer. A host's pace comes on top of it: in live mode by how
 * many are open, in test mode by how many began of late.
 */

type Slot = Pick<DeliveryWork, "host" | "lane">;
/** What is open: in all, of lanes that are not known to answer soon, by lane, and by host what its pace counts. */
type Open = { all: number; unproven: number; readonly lanes: Map<string, number>; hosts: Map<string, number> };

export class DeliveryPace {
  readonly #runtime: ObjectRuntime;
  readonly #rows: DeliveryRows;
  readonly #mode: Mode;
  /** Test mode: when attempts to each host began. Forgotten with the instance: a pace is a courtesy, not a promise. */
  readonly #begun = new Map<string, EpochMs[]>();
  /** Whether the last answer of a lane came, and came soon. Forgotten with the instance: the next answer tells. */
  readonly #isQuick = new Map<string, boolean>();
  /** The lane that was served last. */
  #last = "";

  constructor(runtime: ObjectRuntime, rows: DeliveryRows, mode: Mode) {
    this.#runtime = runtime;
    this.#rows = rows;
    this.#mode = mode;
  }

  /** Up to `want` deliveries that may leave now: one of each target in turn, in each the longest due first. */
  choose(want: number): DeliveryWork[] {
    const now = this.#runtime.now();
    const open = this.#open(now);
    const most = Math.min(want, DELIVERIES_IN_FLIGHT - open.all);
    if (most <= 0) return [];
    const lines: DeliveryWork[][] = [];
    let unproven = open.unproven;
    for (const lane of this.#inTurn(this.#rows.dueLanes(now))) {
      const isProven = this.#isQuick.get(lane) === true;
      const places = this.#mostIn(lane) - (open.lanes.get(lane) ?? 0);
      if (places <= 0 || (!isProven && unproven >= UNPROVEN_IN_FLIGHT)) continue;
      const due = this.#rows.due(lane, now, Math.min(places, most));
      const [first] = due;
      if (first === undefined || !this.#fits(first, open)) continue;
      if (!isProven) unproven += 1;
      lines.push(due);
      if (lines.length === most) break;
    }
    const chosen: DeliveryWork[] = [];
    for (let nth = 0; nth < most; nth++) {
      for (const row of lines.flatMap((line) => line[nth] ?? [])) {
        if (chosen.length === most || !this.#fits(row, open)) continue;
        this.#count(row, open);
        chosen.push(row);
      }
    }
    return chosen;
  }

  /** Attempts have begun. */
  begin(rows: readonly DeliveryWork[]): void {
    this.#last = rows.at(-1)?.lane ?? this.#last;
    if (this.#mode !== "test") return;
    for (const { host } of rows) this.#begun.set(host, [...(this.#begun.get(host) ?? []), this.#runtime.now()]);
  }

  /** An attempt is over. */
  heard({ lane }: DeliveryWork, { status, tookMs }: DeliveryOutcome): void {
    const isQuick = status !== null && tookMs <= this.#runtime.config.timings.deliveryTimeout * SLOW_ANSWER_PART;
    this.#isQuick.delete(lane);
    this.#isQuick.set(lane, isQuick);
    const [oldest] = this.#isQuick.keys();
    if (oldest !== undefined && this.#isQuick.size > PROVEN_REMEMBERED) this.#isQuick.delete(oldest);
  }

  /** When a host that is at its pace may be sent to again; null when none is. */
  freeAt(): EpochMs | null {
    const full = [...this.#recent().values()].filter((begun) => begun.length >= this.#mostAt);
    const moments = full.map((begun) => Math.min(...begun) + this.#runtime.config.timings.testHostWindow);
    return moments.length === 0 ? null : Math.min(...moments);
  }

  /** From the one after the lane that was served last. */
  #inTurn(lanes: readonly string[]): string[] {
    return [...lanes.filter((lane) => lane > this.#last), ...lanes.filter((lane) => lane <= this.#last)];
  }

  /** How many may be open at one host, or begin there in a second. */
  get #mostAt(): number {
    return this.#mode === "test" ? TEST_HOST_PER_SECOND : HOST_IN_FLIGHT;
  }

  #mostIn(lane: string): number {
    return this.#isQuick.get(lane) === false ? SLOW_TARGET_IN_FLIGHT : TARGET_IN_FLIGHT;
  }

  #open(now: EpochMs): Open {
    const open: Open = { all: 0, unproven: 0, lanes: new Map<string, number>(), hosts: new Map<string, number>() };
    for (const place of this.#rows.inFlight(now)) this.#count(place, open);
    if (this.#mode === "test") open.hosts = new Map([...this.#recent()].map(([host, begun]) => [host, begun.length]));
    return open;
  }

  #fits({ host, lane }: Slot, { unproven, lanes, hosts }: Open): boolean {
    const hasPlace = this.#isQuick.get(lane) === true || unproven < UNPROVEN_IN_FLIGHT;
    return hasPlace && (lanes.get(lane) ?? 0) < this.#mostIn(lane) && (hosts.get(host) ?? 0) < this.#mostAt;
  }

  #count({ host, lane }: Slot, open: Open): void {
    open.all += 1;
    if (this.#isQuick.get(lane) !== true) open.unproven += 1;
    open.lanes.set(lane, (open.lanes.get(lane) ?? 0) + 1);
    open.hosts.set(host, (open.hosts.get(host) ?? 0) + 1);
  }

  #recent(): Map<string, EpochMs[]> {
    const since = this.#runtime.now() - this.#runtime.config.timings.testHostWindow;
    for (const [host, begun] of this.#begun) {
      const recent = begun.filter((at) => at > since);
      if (recent.length === 0) this.#begun.delete(host);
      else this.#begun.set(host, recent);
    }
    return this.#begun;
  }
}
