/**
 * Each event on its way to each target.
 *
 * A row's `due_at` is the only schedule: the queue carries nudges ("this tenant has something due"), so a lost message
 * loses nothing and a doubled one finds nothing to do. Whoever is nudged takes what is due, a few at a time, and reports
 * in the same call how the last ones went.
 */
import { isGone, isTaken, nextAttempt } from "../../core/delivery.ts";
import { type DeliveryId, plainId } from "../../core/ids.ts";
import { DELIVERIES_IN_FLIGHT, MESSAGE_TRIES, SENDER_SLOTS, SENDERS_AT_ONCE } from "../../core/limits.ts";
import type { DeliveryJob, DeliveryReport, UnsentDelivery } from "../../core/tenant-port.ts";
import type { EpochMs } from "../../core/time.ts";
import type { DeliveryMessage } from "../../env.ts";
import { logBug } from "../../log.ts";
import type { Ground } from "../ground.ts";
import { mustWait } from "../pause.ts";
import type { Schedule } from "../schedule.ts";
import type { DeliveryMessages } from "./delivery-message.ts";
import type { DeliveryPace } from "./delivery-pace.ts";
import type { DeliveryRows, DeliveryWork } from "./delivery-rows.ts";
import type { EventRow } from "./events.ts";
import type { TargetHealth } from "./target-health.ts";
import { type Addressed, hostOf, targetOf } from "./targets.ts";

/** The schedule's one row for all deliveries. */
export const DELIVER = "deliver";

export class Deliveries {
  readonly #ground: Ground;
  readonly #schedule: Schedule;
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
    ground: Ground,
    schedule: Schedule,
    rows: DeliveryRows,
    pace: DeliveryPace,
    messages: DeliveryMessages,
    health: TargetHealth,
  ) {
    this.#ground = ground;
    this.#schedule = schedule;
    this.#rows = rows;
    this.#pace = pace;
    this.#messages = messages;
    this.#health = health;
  }

  /** Owes an event to everybody who wants it, unless it is owed. Call inside the transaction that stores the event, and `plan` after it. */
  owe({ id: event, resource, cursor }: EventRow, to: readonly Addressed[]): DeliveryId[] {
    const { now, random } = this.#ground;
    return to.map(({ target, url }) => {
      const id = plainId("dlv", now(), random);
      this.#rows.add({ id, event, target, host: hostOf(url), resource, cursor, dueAt: this.dueNow() }, now());
      return id;
    });
  }

  /** The moment for what shall leave at once: after everything that was nudged for. */
  dueNow(): EpochMs {
    return Math.max(this.#ground.now(), this.#nudgedAt + 1);
  }

  /** Tells the schedule when to look again. Call after every change of what is due. A look that comes too early finds nothing and plans anew. */
  plan(): void {
    const at = this.#lookAt();
    const planned = this.#plannedAt ?? null;
    const isCovered = at !== null && planned !== null && planned > this.#ground.now() && planned <= at;
    if (!isCovered && at !== this.#plannedAt) this.#tellSchedule(at);
  }

  /** The schedule's work: one nudge for every few deliveries that may leave now, less those that senders will still come for. */
  async nudge(): Promise<void> {
    const { env, name, now, config } = this.#ground;
    if (await mustWait(this.#ground)) return this.#tellSchedule(now() + config.waits.pauseLook);
    if (now() - this.#sentAt >= config.waits.retry) this.#unanswered = 0; // by then they are late, or lost
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
    this.#tellSchedule(this.#lookAt());
  }

  /**
   * Hears how attempts went and what did not leave, then takes up to `want` others, none while the tenant is paused. One that
   * cannot be made is a dead letter.
   */
  async work(done: readonly DeliveryReport[], want: number, unsent: readonly UnsentDelivery[]): Promise<DeliveryJob[]> {
    const { storage, boundary } = this.#ground;
    if (done.length === 0 && unsent.length === 0) this.#unanswered = Math.max(0, this.#unanswered - 1); // only a sender that comes for a nudge has nothing to tell
    const most = want > 0 && (await mustWait(this.#ground)) ? 0 : want;
    const taken = storage.transactionSync(() => {
      if (done.length > 0) this.#settle(done);
      for (const { id, attempt } of unsent) this.#rows.untake(id, attempt, this.dueNow());
      return most > 0 ? this.#take(most) : [];
    });
    this.plan();
    this.#schedule.tick();
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
    const { now, config } = this.#ground;
    const rows = this.#pace.choose(want);
    if (rows.length > 0)
      this.#rows.take(
        rows.map(({ id }) => id),
        now() + config.waits.deliveryLease,
      );
    this.#pace.begin(rows);
    return rows;
  }

  /** Writes outcomes down and what follows from them. One of an attempt that was taken anew is too late. */
  #settle(reports: readonly DeliveryReport[]): void {
    const { now, spin, config } = this.#ground;
    const rows = this.#rows.findAll(reports.map(({ id }) => id));
    const heard = reports.flatMap((report) => {
      const row = rows.get(report.id);
      return row === undefined || row.taken === 0 || row.attempts !== report.attempt ? [] : [{ ...report, row }];
    });
    this.#rows.log(heard, now());
    const over = { delivered: [] as DeliveryId[], failed: [] as DeliveryId[] };
    for (const { id, attempt, outcome, row } of heard) {
      const isLast = isTaken(outcome) || isGone(outcome);
      const next = isLast ? null : nextAttempt(attempt - row.spent, outcome.retryAfterMs, now(), spin(), config.waits);
      if (next === null) over[isTaken(outcome) ? "delivered" : "failed"].push(id);
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
    const { now, config } = this.#ground;
    logBug("message_not_made", error, { work: "delivery", attempt: row.unmade + 1 });
    if (row.unmade + 1 >= MESSAGE_TRIES) return null;
    const wait = Math.min(config.waits.retry * 2 ** row.unmade, config.waits.retryMax);
    this.#rows.putBack(row, now() + wait);
    this.plan();
    return "later";
  }

  #giveUp(rows: readonly DeliveryWork[]): void {
    const { storage, now } = this.#ground;
    const ids = rows.map(({ id }) => id);
    storage.transactionSync(() => this.#rows.over(ids, "failed", now()));
    this.plan();
  }

  /** When there will be something to nudge for: what is not nudged for yet, at its time; the rest when the nudge must be lost. */
  #lookAt(): EpochMs | null {
    const { waits } = this.#ground.config;
    const waiting = this.#rows.hasDue(this.#nudgedAt);
    const moments = [
      this.#rows.nextDue(this.#nudgedAt),
      waiting ? this.#nudgedAt + waits.stepLease : null,
      waiting ? this.#pace.freeAt() : null,
    ];
    const known = moments.filter((at) => at !== null);
    return known.length === 0 ? null : Math.min(...known);
  }

  #tellSchedule(at: EpochMs | null): void {
    this.#plannedAt = at;
    if (at === null) this.#schedule.done(DELIVER, "");
    else this.#schedule.owe(DELIVER, "", at);
  }
}
