/**
 * Each event on its way to each endpoint. The row says when it is due; the queue only carries nudges, so a lost message
 * loses nothing and a doubled one finds the delivery taken.
 */
import { Webhook } from "standardwebhooks";
import { isTaken, nextAttempt } from "../../core/delivery.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import { type DeliveryId, type EndpointId, type EventId, plainId } from "../../core/ids.ts";
import type { DeliveryJob, DeliveryOutcome, Page, PageRequest } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../../core/time.ts";
import type { DeliveryWire } from "../../core/wire/event.ts";
import type { Ground } from "../ground.ts";
import { cursorOf, pageOf } from "../page.ts";
import type { Schedule } from "../schedule.ts";
import type { Endpoints } from "./endpoints.ts";
import type { EventRow, Events } from "./events.ts";

export const DELIVERY = "delivery";

type Row = {
  id: DeliveryId;
  event: EventId;
  endpoint: EndpointId;
  state: "pending" | "delivered" | "failed";
  attempts: number;
  due_at: number | null;
  last_status: number | null;
  last_answer: string | null;
  created_at: number;
  ended_at: number | null;
};

const COLUMNS = "id, event, endpoint, state, attempts, due_at, last_status, last_answer, created_at, ended_at";
/** Beyond the receiver's own time: how long a taken delivery may stay unsettled before it is taken anew. */
const SETTLE_MARGIN_MS = 30 * SECOND_MS;

export class Deliveries {
  readonly #ground: Ground;
  readonly #schedule: Schedule;
  readonly #events: Events;
  readonly #endpoints: Endpoints;

  constructor(ground: Ground, schedule: Schedule, events: Events, endpoints: Endpoints) {
    this.#ground = ground;
    this.#schedule = schedule;
    this.#events = events;
    this.#endpoints = endpoints;
  }

  /** Owes an event to every endpoint that wants it. Call inside the transaction that stores the event. */
  owe(event: EventRow): void {
    const { sql, now, random } = this.#ground;
    for (const endpoint of this.#endpoints.wanting(event.type)) {
      const id = plainId("dlv", now(), random);
      sql.exec(
        "INSERT INTO deliveries (id, event, endpoint, state, due_at, created_at) VALUES (?, ?, ?, 'pending', ?, ?)",
        id,
        event.id,
        endpoint,
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
    const target = await this.#endpoints.target(row.endpoint);
    const event = this.#events.find(row.event);
    if (target === null || event === null) {
      this.#over(id, "failed");
      return null;
    }
    const body = JSON.stringify({ ...this.#events.show(event), endpoint: row.endpoint });
    const at = new Date(now());
    const headers = {
      "content-type": "application/json",
      "user-agent": "nemo-gateway/1",
      "webhook-id": event.id,
      "webhook-timestamp": String(Math.floor(at.getTime() / SECOND_MS)),
      "webhook-signature": new Webhook(target.secret).sign(event.id, at, body),
    };
    return { id, attempt, url: target.url, headers, body, timeoutMs };
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
  endpoint_id: row.endpoint,
  state: row.state,
  attempts: row.attempts,
  last_status: row.last_status,
  last_answer: row.last_answer,
  due_at: row.due_at === null ? null : toRfc3339(row.due_at),
  created_at: toRfc3339(row.created_at),
  ended_at: row.ended_at === null ? null : toRfc3339(row.ended_at),
});
