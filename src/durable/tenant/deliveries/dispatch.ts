/**
 * Dispatch of deliveries: which ones are sent when, and what follows from each attempt.
 *
 * `due_at` of a delivery's row is the only schedule. A queue message only says "this tenant has deliveries due", so a
 * lost message loses nothing and a duplicate finds nothing to do. A sender claims the due deliveries a few at a time
 * and reports the results of the previous ones in the same call.
 */

import { type DeliveryId, plainId } from "../../../core/ids.ts";
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
import type { DeliveryMessage } from "../../../core/queues.ts";
import type { DeliveryJob, DeliveryOutcome, DeliveryReport, UnsentDelivery } from "../../../core/rpc/tenant.ts";
import type { EpochMs } from "../../../core/time.ts";
import { isAccepted, isGone, nextAttempt } from "../../../core/webhooks/delivery.ts";
import { logBug } from "../../../log.ts";
import { mustWait } from "../../shared/jobs.ts";
import type { EventRow } from "../events.ts";
import type { TenantServices } from "../services.ts";
import { type Addressed, hostOf, targetOf } from "../subscriptions.ts";
import type { DeliveryWork, DueDelivery } from "./store.ts";

/** The kind of the one job for all deliveries. */
export const DELIVER = "deliver";

export class Deliveries {
  readonly #tenant: TenantServices;
  /** Queue messages were sent for everything due until then. Not stored: a new instance sends them again. */
  #dispatchedAt: EpochMs = 0;
  /**
   * Queue messages whose sender has not called yet, and when the last one was sent. A sender also claims what became
   * due meanwhile.
   */
  #unanswered = 0;
  #sentAt: EpochMs = 0;
  /** The time for which the job was last scheduled. */
  #plannedAt: EpochMs | null | undefined = undefined;

  constructor(tenant: TenantServices) {
    this.#tenant = tenant;
    tenant.runtime.onRollback(() => {
      this.#plannedAt = undefined;
    });
  }

  /**
   * Schedules an event for these targets, unless it is scheduled already. Call inside the transaction that stores the
   * event.
   */
  schedule({ id: event, resource, cursor }: EventRow, to: readonly Addressed[]): DeliveryId[] {
    if (to.length === 0) return [];
    const { now, random } = this.#tenant.runtime;
    const dueAt = this.dueNow();
    const added = to.map(({ target, url }) => {
      return { id: plainId("dlv", now(), random), event, target, host: hostOf(url), resource, cursor, dueAt };
    });
    this.#tenant.deliveryRows.addAll(added, now());
    if (!this.#isPlannedBy(dueAt) && dueAt !== this.#plannedAt) this.#reschedule(dueAt);
    return added.map(({ id }) => id);
  }

  /** The due time of a delivery to send at once: after everything that queue messages were sent for. */
  dueNow(): EpochMs {
    return Math.max(this.#tenant.runtime.now(), this.#dispatchedAt + 1);
  }

  /**
   * Schedules the job for when deliveries are due. Call after every change of what is due. A run that comes too early
   * finds nothing and plans again.
   */
  plan(): void {
    const at = this.#nextRunAt();
    const isPlanned = at !== null && this.#isPlannedBy(at);
    if (!isPlanned && at !== this.#plannedAt) this.#reschedule(at);
  }

  /** Whether the job will run by then. */
  #isPlannedBy(at: EpochMs): boolean {
    const planned = this.#plannedAt ?? null;
    return planned !== null && planned > this.#tenant.runtime.now() && planned <= at;
  }

  /**
   * The job: sends one queue message for every few deliveries that may be sent now, less the senders that are still
   * expected.
   */
  async dispatch(): Promise<void> {
    const { env, name, now, config } = this.#tenant.runtime;
    if (await mustWait(this.#tenant.runtime)) return this.#reschedule(now() + config.timings.pauseCheckInterval);
    if (now() - this.#sentAt >= config.timings.retry) this.#unanswered = 0; // late or lost by then
    const free = SENDERS_AT_ONCE - this.#unanswered;
    const count = free > 0 ? this.#tenant.deliveryPace.choose(DELIVERIES_IN_FLIGHT).length : 0;
    this.#dispatchedAt = now();
    const more = Math.min(free, Math.ceil(count / SENDER_SLOTS) - this.#unanswered);
    if (more > 0) {
      this.#unanswered += more;
      this.#sentAt = now();
      const body: DeliveryMessage = { kind: "deliveries", tenant: name };
      await env.DELIVERIES.sendBatch(Array.from({ length: more }, () => ({ body })));
    }
    this.#reschedule(this.#nextRunAt());
  }

  /**
   * A sender's call: records results and unsent deliveries, then claims up to `want` others, none while the tenant is
   * paused. A delivery whose message cannot be made becomes a dead letter.
   */
  async work(done: readonly DeliveryReport[], want: number, unsent: readonly UnsentDelivery[]): Promise<DeliveryJob[]> {
    const { deliveryRows, deliveryPace } = this.#tenant;
    const { storage, failpoint, now, config } = this.#tenant.runtime;
    if (done.length === 0 && unsent.length === 0) this.#unanswered = Math.max(0, this.#unanswered - 1); // a sender started by a queue message reports nothing
    const most = want > 0 && (await mustWait(this.#tenant.runtime)) ? 0 : want;
    const claimed = storage.transactionSync(() => {
      if (done.length > 0) this.#settle(done);
      for (const { id, attempt } of unsent) deliveryRows.unclaim(id, attempt, this.dueNow());
      if (most <= 0) return [];
      const rows = deliveryPace.choose(most);
      if (rows.length > 0) deliveryRows.claim(rows, now() + config.timings.deliveryLease);
      deliveryPace.begin(rows);
      return rows;
    });
    this.plan();
    this.#tenant.jobs.tick();
    if (claimed.length === 0) return [];
    await failpoint("delivery.claimed");
    const made = await Promise.all(
      this.#tenant.deliveryMessages
        .make(claimed)
        .map(({ row, job }) => job.catch((error: unknown) => this.#postpone(row, error))),
    );
    const unsendable = claimed.filter((_, at) => made[at] === null);
    if (unsendable.length > 0) this.#giveUp(unsendable);
    return made.flatMap((job) => (job === null || job === "postponed" ? [] : [job]));
  }

  /**
   * Records the results and what follows from them. The result of an attempt that was claimed again meanwhile is
   * discarded.
   */
  #settle(reports: readonly DeliveryReport[]): void {
    const { now, random01, config } = this.#tenant.runtime;
    const rows = this.#tenant.deliveryRows.findRunning(reports.map(({ id }) => id));
    const current = reports.flatMap((report) => {
      const row = rows.get(report.id);
      return row === undefined || row.is_running === 0 || row.attempts !== report.attempt ? [] : [{ ...report, row }];
    });
    this.#tenant.deliveryRows.log(current, now());
    const over = { delivered: [] as DeliveryId[], failed: [] as DeliveryId[] };
    for (const { id, attempt, outcome, row } of current) {
      const isLast = isAccepted(outcome) || isGone(outcome);
      const next = isLast
        ? null
        : nextAttempt(attempt - row.earlier_attempts, outcome.retryAfterMs, now(), random01(), config.timings);
      if (next === null) over[isAccepted(outcome) ? "delivered" : "failed"].push(id);
      else this.#tenant.deliveryRows.retryAt(id, next);
    }
    this.#tenant.deliveryRows.end(over.delivered, "delivered", now());
    this.#tenant.deliveryRows.end(over.failed, "failed", now());
    for (const { outcome, row } of current) {
      this.#tenant.deliveryPace.record(row, outcome);
      this.#tenant.subscriptions.recordAttempt(targetOf(row), row.event, outcome);
    }
  }

  /**
   * Postpones a delivery whose body could not be fetched: nothing was sent, so no attempt is counted, and later events
   * wait. These failures are counted separately, and only days of them end the delivery.
   */
  #postpone(row: DeliveryWork, error: unknown): "postponed" | null {
    const { now, config } = this.#tenant.runtime;
    logBug("message_not_made", error, { work: "delivery", attempt: row.message_failures + 1 });
    if (row.message_failures + 1 >= MESSAGE_TRIES) return null;
    const wait = Math.min(config.timings.retry * 2 ** row.message_failures, config.timings.retryMax);
    this.#tenant.deliveryRows.unclaimUnmade(row, now() + wait);
    this.plan();
    return "postponed";
  }

  #giveUp(rows: readonly DeliveryWork[]): void {
    const { storage, now } = this.#tenant.runtime;
    const ids = rows.map(({ id }) => id);
    storage.transactionSync(() => this.#tenant.deliveryRows.end(ids, "failed", now()));
    this.plan();
  }

  /**
   * When the job has to run next: deliveries without a queue message when they are due, the others when their message
   * must have been lost, at the latest when a claim would be.
   */
  #nextRunAt(): EpochMs | null {
    const { stepLease, deliveryLease } = this.#tenant.runtime.config.timings;
    const { isDue: isWaiting, next } = this.#tenant.deliveryRows.nextDue(this.#dispatchedAt);
    const times = [
      next,
      isWaiting ? this.#dispatchedAt + Math.min(stepLease, deliveryLease) : null,
      isWaiting ? this.#tenant.deliveryPace.freeAt() : null,
    ];
    const known = times.filter((at) => at !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  #reschedule(at: EpochMs | null): void {
    this.#plannedAt = at;
    if (at === null) this.#tenant.jobs.done(DELIVER, "");
    else this.#tenant.jobs.schedule(DELIVER, "", at);
  }
}

/*
 * Fair selection of the deliveries that may be sent now. Targets take turns, and each has a number of slots: fewer when
 * its last answer was slow or missing, so that hanging targets leave slots for the others. A limit per host applies as
 * well: in live mode on open requests, in test mode on requests per second.
 */

const lanesOf = (rows: readonly DueDelivery[]): string[] => [...new Set(rows.map(({ lane }) => lane))].sort();

type Slot = Pick<DeliveryWork, "host" | "lane">;
/** Open attempts: in all, in lanes without a known quick answer, by lane, and by host as its limit counts them. */
type Open = { all: number; unproven: number; readonly lanes: Map<string, number>; hosts: Map<string, number> };

export class DeliveryPace {
  readonly #tenant: TenantServices;
  /** Test mode: when attempts to each host started. Not stored: this limit is a courtesy, not a guarantee. */
  readonly #begun = new Map<string, EpochMs[]>();
  /** Whether the last answer of a lane came quickly. Not stored: the next answer sets it. */
  readonly #isQuick = new Map<string, boolean>();
  /** The lane of the last claimed delivery. */
  #last = "";
  /** More was due at the last choice than is read at once. */
  #hasBacklog = false;

  constructor(tenant: TenantServices) {
    this.#tenant = tenant;
  }

  /**
   * Up to `want` deliveries that may be sent now: one of each target in turn, within a target the longest due first.
   */
  choose(want: number): DueDelivery[] {
    const { deliveryRows, runtime } = this.#tenant;
    const now = runtime.now();
    const open = this.#open(now);
    const most = Math.min(want, DELIVERIES_IN_FLIGHT - open.all);
    if (most <= 0 || !deliveryRows.mayBeDue(now)) return [];
    const few = this.#hasBacklog ? null : deliveryRows.fewDue(now);
    const lanes = few === null ? this.#dueLanes(now, most) : this.#rotate(lanesOf(few));
    const lines: DueDelivery[][] = [];
    let unproven = open.unproven;
    for (const lane of lanes) {
      const isProven = this.#isQuick.get(lane) === true;
      const slots = this.#laneLimit(lane) - (open.lanes.get(lane) ?? 0);
      if (slots <= 0 || (!isProven && unproven >= UNPROVEN_IN_FLIGHT)) continue;
      const limit = Math.min(slots, most);
      const due = few?.filter((row) => row.lane === lane).slice(0, limit) ?? deliveryRows.due(lane, now, limit);
      const [first] = due;
      if (first === undefined || !this.#fits(first, open)) continue;
      if (!isProven) unproven += 1;
      lines.push(due);
      if (lines.length === most) break;
    }
    const chosen: DueDelivery[] = [];
    for (let nth = 0; nth < most; nth++) {
      for (const row of lines.flatMap((line) => line[nth] ?? [])) {
        if (chosen.length === most || !this.#fits(row, open)) continue;
        this.#count(row, open);
        chosen.push(row);
      }
    }
    this.#hasBacklog = few === null && chosen.length === most;
    return chosen;
  }

  /** Records the start of attempts. */
  begin(rows: readonly DeliveryWork[]): void {
    this.#last = rows.at(-1)?.lane ?? this.#last;
    if (this.#tenant.scope.mode !== "test") return;
    for (const { host } of rows) this.#begun.set(host, [...(this.#begun.get(host) ?? []), this.#tenant.runtime.now()]);
  }

  /** Records the result of an attempt. */
  record({ lane }: DeliveryWork, { status, tookMs }: DeliveryOutcome): void {
    const isQuick = status !== null && tookMs <= this.#tenant.runtime.config.timings.deliveryTimeout * SLOW_ANSWER_PART;
    this.#isQuick.delete(lane);
    this.#isQuick.set(lane, isQuick);
    const [oldest] = this.#isQuick.keys();
    if (oldest !== undefined && this.#isQuick.size > PROVEN_REMEMBERED) this.#isQuick.delete(oldest);
  }

  /** When the first host at its limit may be sent to again; null when no host is at its limit. */
  freeAt(): EpochMs | null {
    const full = [...this.#recent().values()].filter((begun) => begun.length >= this.#hostLimit);
    const times = full.map((begun) => Math.min(...begun) + this.#tenant.runtime.config.timings.testHostWindow);
    return times.length === 0 ? null : Math.min(...times);
  }

  /**
   * All lanes with due deliveries, to start after the last served one. They are read as they are needed: a sender wants a few,
   * and with a hundred lanes each of its calls would read them all.
   */
  *#dueLanes(now: EpochMs, step: number): Generator<string> {
    const last = this.#last;
    yield* this.#dueLanesAfter(last, now, step);
    if (last === "") return;
    for (const lane of this.#dueLanesAfter("", now, step)) {
      if (lane > last) return;
      yield lane;
    }
  }

  /** Those after a lane, read in growing steps. */
  *#dueLanesAfter(lane: string, now: EpochMs, step: number): Generator<string> {
    let after = lane;
    for (let limit = step; ; limit *= 2) {
      const lanes = this.#tenant.deliveryRows.dueLanes(now, after, limit);
      yield* lanes;
      if (lanes.length < limit) return;
      after = lanes.at(-1) ?? after;
    }
  }

  /** Rotates the lanes to start after the last served one. */
  #rotate(lanes: readonly string[]): string[] {
    return [...lanes.filter((lane) => lane > this.#last), ...lanes.filter((lane) => lane <= this.#last)];
  }

  /** How many requests may be open to one host or, in test mode, start within a second. */
  get #hostLimit(): number {
    return this.#tenant.scope.mode === "test" ? TEST_HOST_PER_SECOND : HOST_IN_FLIGHT;
  }

  #laneLimit(lane: string): number {
    return this.#isQuick.get(lane) === false ? SLOW_TARGET_IN_FLIGHT : TARGET_IN_FLIGHT;
  }

  #open(now: EpochMs): Open {
    const open: Open = { all: 0, unproven: 0, lanes: new Map<string, number>(), hosts: new Map<string, number>() };
    for (const attempt of this.#tenant.deliveryRows.inFlight(now)) this.#count(attempt, open);
    if (this.#tenant.scope.mode === "test")
      open.hosts = new Map([...this.#recent()].map(([host, begun]) => [host, begun.length]));
    return open;
  }

  #fits({ host, lane }: Slot, { unproven, lanes, hosts }: Open): boolean {
    const hasSlot = this.#isQuick.get(lane) === true || unproven < UNPROVEN_IN_FLIGHT;
    return hasSlot && (lanes.get(lane) ?? 0) < this.#laneLimit(lane) && (hosts.get(host) ?? 0) < this.#hostLimit;
  }

  #count({ host, lane }: Slot, open: Open): void {
    open.all += 1;
    if (this.#isQuick.get(lane) !== true) open.unproven += 1;
    open.lanes.set(lane, (open.lanes.get(lane) ?? 0) + 1);
    open.hosts.set(host, (open.hosts.get(host) ?? 0) + 1);
  }

  #recent(): Map<string, EpochMs[]> {
    const since = this.#tenant.runtime.now() - this.#tenant.runtime.config.timings.testHostWindow;
    for (const [host, begun] of this.#begun) {
      const recent = begun.filter((at) => at > since);
      if (recent.length === 0) this.#begun.delete(host);
      else this.#begun.set(host, recent);
    }
    return this.#begun;
  }
}
