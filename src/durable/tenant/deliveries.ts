/**
 * Each event on its way to each target. The row says when it is due; the queue only carries nudges, so a lost message
 * loses nothing and a doubled one finds the delivery taken.
 */
import { type DeliveryTarget, isTaken, nextAttempt } from "../../core/delivery.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import { type DeliveryId, type EventId, plainId } from "../../core/ids.ts";
import type { DeliveryJob, DeliveryOutcome, Page, PageRequest } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../../core/time.ts";
import type { DeliveryWire } from "../../core/wire/webhook.ts";
import type { Ground } from "../ground.ts";
import { cursorOf, pageOf } from "../page.ts";
import type { Schedule } from "../schedule.ts";
import type { Endpoints } from "./endpoints.ts";
import type { EventRow, Events } from "./events.ts";
import type { Secrets } from "./secrets.ts";
import { columnsOf, type TargetColumns, type Targets, targetOf } from "./targets.ts";

export const DELIVERY = "delivery";

type Row = TargetColumns & {
  id: DeliveryId;
  event: EventId;
  state: "pending" | "delivered" | "failed";
  attempts: number;
  due_at: number | null;
  last_status: number | null;
  last_answer: string | null;
  created_at: number;
  ended_at: number | null;
};

const COLUMNS =
  "id, event, target_kind, target, state, attempts, due_at, last_status, last_answer, created_at, ended_at";
/** Beyond the receiver's own time: how long a taken delivery may stay unsettled before it is taken anew. */
const SETTLE_MARGIN_MS = 30 * SECOND_MS;

export class Deliveries {
  readonly #ground: Ground;
  readonly #schedule: Schedule;
  readonly #events: Events;
  readonly #endpoints: Endpoints;
  readonly #targets: Targets;
  readonly #secrets: Secrets;

  constructor(
    ground: Ground,
    schedule: Schedule,
    events: Events,
    endpoints: Endpoints,
    targets: Targets,
    secrets: Secrets,
  ) {
    this.#ground = ground;
    this.#schedule = schedule;
    this.#events = events;
    this.#endpoints = endpoints;
    this.#targets = targets;
    this.#secrets = secrets;
  }

  /** Owes an event to everybody who wants it, and to the address that came with it. Call inside the transaction that stores the event. */
  owe(event: EventRow, callback: string | null): void {
    const { sql, now, random } = this.#ground;
    const endpoints = this.#endpoints.wanting(event.type).map((id): DeliveryTarget => ({ kind: "endpoint", id }));
    const targets = callback === null ? endpoints : [...endpoints, { kind: "callback" as const, url: callback }];
    for (const { target_kind, target } of targets.map(columnsOf)) {
      const id = plainId("dlv", now(), random);
      sql.exec(
        "INSERT INTO deliveries (id, event, target_kind, target, state, due_at, created_at) VALUES (?, ?, ?, ?, 'pending', ?, ?)",
        id,
        event.id,
        target_kind,
        target,
        now(),
        now(),
      );
      this.#schedule.owe(DELIVERY, id, now());
    }
  }

  /** The schedule's work for one delivery: a nudge, and a later one in case this one is lost. */
  async nudge(id: DeliveryId): Promise<void> {
    const { env, config, name, now } = this.#ground;
    if (this.#find(id)?.state !== "pending") return this.#schedule.done(DELIVERY, id);
    await env.DELIVERIES.send({ tenant: name, delivery: id });
    // Read anew: the attempt may be over by now, and its outcome has owed the next one.
    const row = this.#find(id);
    if (row === null || row.state !== "pending" || row.due_at === null) return this.#schedule.done(DELIVERY, id);
    this.#schedule.owe(DELIVERY, id, row.due_at > now() ? row.due_at : now() + config.waits.stepLease);
  }

  /** Takes a due delivery for one attempt and signs it; null when it is not due, not known, or taken. */
  async claim(id: DeliveryId): Promise<DeliveryJob | null> {
    const { sql, storage, config, now, boundary } = this.#ground;
    const row = this.#find(id);
    if (row === null || row.state !== "pending" || row.due_at === null || row.due_at > now()) return null;
    const timeoutMs = config.waits.deliveryTimeout;
    const attempt = row.attempts + 1;
    const takenUntil = now() + timeoutMs + SETTLE_MARGIN_MS / config.timeScale;
    storage.transactionSync(() => {
      sql.exec("UPDATE deliveries SET attempts = ?, due_at = ? WHERE id = ?", attempt, Math.round(takenUntil), id);
      this.#schedule.owe(DELIVERY, id, takenUntil);
    });
    await boundary("delivery.claimed");
    const destination = this.#targets.find(targetOf(row));
    const event = this.#events.find(row.event);
    if (destination === null || event === null) {
      this.#over(id, "failed");
      return null;
    }
    const body = JSON.stringify(destination.message(this.#events.show(event)));
    const at = new Date(now());
    const signature = await this.#secrets.sign(destination.signer, event.id, at, body);
    if (signature === null) {
      this.#over(id, "failed");
      return null;
    }
    const headers = {
      "content-type": "application/json",
      "user-agent": "nemo-gateway/1",
      "webhook-id": event.id,
      "webhook-timestamp": String(Math.floor(at.getTime() / SECOND_MS)),
      "webhook-signature": signature,
    };
    return { id, attempt, url: destination.url, headers, body, timeoutMs };
  }

  /** Writes an attempt's outcome down and what follows from it. An outcome of an attempt that was taken anew is too late. */
  settle(id: DeliveryId, attempt: number, outcome: DeliveryOutcome): void {
    const { sql, storage, config, now, spin } = this.#ground;
    const row = this.#find(id);
    if (row === null || row.state !== "pending" || row.attempts !== attempt) return;
    const next = isTaken(outcome) ? null : nextAttempt(attempt, outcome.retryAfterMs, now(), spin(), config.waits);
    storage.transactionSync(() => {
      sql.exec(
        "UPDATE deliveries SET last_status = ?, last_answer = ? WHERE id = ?",
        outcome.status,
        outcome.answer || outcome.error,
        id,
      );
      if (next === null) this.#over(id, isTaken(outcome) ? "delivered" : "failed");
      else this.#later(id, next);
    });
  }

  list(page: PageRequest): Page<DeliveryWire> {
    const rows = this.#ground.sql
      .exec<Row>(
        `SELECT ${COLUMNS} FROM deliveries WHERE id < ? ORDER BY id DESC LIMIT ?`,
        cursorOf(page),
        page.limit + 1,
      )
      .toArray();
    return pageOf(rows, page, (row) => row.id, show);
  }

  read(id: DeliveryId): Result<DeliveryWire, Refusal> {
    const row = this.#find(id);
    return row === null
      ? err(refusal("not_found", "No delivery with this id exists here; list yours with GET /v1/deliveries."))
      : ok(show(row));
  }

  #later(id: DeliveryId, at: EpochMs): void {
    this.#ground.sql.exec("UPDATE deliveries SET due_at = ? WHERE id = ?", Math.round(at), id);
    this.#schedule.owe(DELIVERY, id, at);
  }

  #over(id: DeliveryId, state: "delivered" | "failed"): void {
    this.#ground.sql.exec(
      "UPDATE deliveries SET state = ?, due_at = NULL, ended_at = ? WHERE id = ?",
      state,
      this.#ground.now(),
      id,
    );
    this.#schedule.done(DELIVERY, id);
  }

  #find(id: DeliveryId): Row | null {
    return this.#ground.sql.exec<Row>(`SELECT ${COLUMNS} FROM deliveries WHERE id = ?`, id).toArray()[0] ?? null;
  }
}

const show = (row: Row): DeliveryWire => ({
  id: row.id,
  event_id: row.event,
  target: targetOf(row),
  state: row.state,
  attempts: row.attempts,
  last_status: row.last_status,
  last_answer: row.last_answer,
  due_at: row.due_at === null ? null : toRfc3339(row.due_at),
  created_at: toRfc3339(row.created_at),
  ended_at: row.ended_at === null ? null : toRfc3339(row.ended_at),
});
