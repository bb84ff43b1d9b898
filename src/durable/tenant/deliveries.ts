/**
 * Each event on its way to each target.
 *
 * A row's `due_at` is the only schedule: the queue carries nudges ("this tenant has something due"), so a lost message
 * loses nothing and a doubled one finds nothing to do. Whoever is nudged takes what is due, a few at a time, and reports
 * in the same call how the last ones went.
 */
import { isGone, isTaken, nextAttempt } from "../../core/delivery.ts";
import { type DeliveryId, plainId } from "../../core/ids.ts";
import { SENDER_SLOTS, SENDERS_AT_ONCE } from "../../core/limits.ts";
import type { DeliveryJob, DeliveryReport } from "../../core/tenant-port.ts";
import type { EpochMs } from "../../core/time.ts";
import type { DeliveryMessage } from "../../env.ts";
import { logBug } from "../../log.ts";
import type { Ground } from "../ground.ts";
import type { Schedule } from "../schedule.ts";
import type { DeliveryMessages } from "./delivery-message.ts";
import type { DeliveryPace } from "./delivery-pace.ts";
import type { DeliveryRow, DeliveryRows } from "./delivery-rows.ts";
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

  /** Tells the schedule when to look again. Call after every change of what is due. */
  plan(): void {
    const at = this.#lookAt();
    if (at !== this.#plannedAt) this.#tellSchedule(at);
  }

  /** The schedule's work: one nudge for every few deliveries that may leave now. */
  async nudge(): Promise<void> {
    const { env, name, now } = this.#ground;
    const count = this.#pace.choose(SENDER_SLOTS * SENDERS_AT_ONCE).length;
    this.#nudgedAt = now();
    const body: DeliveryMessage = { tenant: name };
    const nudges = Array.from({ length: Math.ceil(count / SENDER_SLOTS) }, () => ({ body }));
    if (nudges.length > 0) await env.DELIVERIES.sendBatch(nudges);
    this.#tellSchedule(this.#lookAt());
  }

  /** Hears how attempts went, then takes up to `want` others. One that cannot be made is a dead letter. */
  async work(done: readonly DeliveryReport[], want: number): Promise<DeliveryJob[]> {
    const { storage, boundary } = this.#ground;
    const taken = storage.transactionSync(() => {
      for (const report of done) this.#settle(report);
      return this.#take(want);
    });
    this.plan();
    this.#schedule.tick();
    if (taken.length === 0) return [];
    await boundary("delivery.claimed");
    const made = await Promise.all(
      taken.map((row) =>
        this.#messages.make(row, row.attempts + 1).catch((error: unknown) => this.#postpone(row, error)),
      ),
    );
    const lost = taken.filter((_, at) => made[at] === null);
    if (lost.length > 0) this.#giveUp(lost);
    return made.flatMap((job) => (job === null || job === "later" ? [] : [job]));
  }

  #take(want: number): DeliveryRow[] {
    const { now, config } = this.#ground;
    const until = now() + config.waits.deliveryLease;
    const rows = want > 0 ? this.#pace.choose(want) : [];
    for (const { id, host } of rows) {
      this.#rows.take(id, until);
      this.#pace.begin(host);
    }
    return rows;
  }

  /** Writes an outcome down and what follows from it. One of an attempt that was taken anew is too late. */
  #settle({ id, attempt, outcome }: DeliveryReport): void {
    const { now, spin, config } = this.#ground;
    const row = this.#rows.find(id);
    if (row === null || row.taken === 0 || row.attempts !== attempt) return;
    this.#rows.log(id, attempt, outcome, now());
    const isLast = isTaken(outcome) || isGone(outcome);
    const next = isLast ? null : nextAttempt(attempt - row.spent, outcome.retryAfterMs, now(), spin(), config.waits);
    if (next === null) this.#rows.over(id, isTaken(outcome) ? "delivered" : "failed", now());
    else this.#rows.later(id, next);
    this.#health.note(targetOf(row), row.event, outcome);
  }

  /** A message whose body could not be fetched just now. */
  #postpone({ id }: DeliveryRow, error: unknown): "later" {
    const { now, config } = this.#ground;
    logBug("message_not_made", error, { work: "delivery" });
    this.#rows.later(id, now() + config.waits.retry);
    this.plan();
    return "later";
  }

  #giveUp(rows: readonly DeliveryRow[]): void {
    const { storage, now } = this.#ground;
    storage.transactionSync(() => {
      for (const { id } of rows) this.#rows.over(id, "failed", now());
    });
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
