/** What callers ask of deliveries: to read them, and to have one tried again. */
import { type Refusal, refusal } from "../../core/errors.ts";
import type { DeliveryId } from "../../core/ids.ts";
import type { Call, Page, PageRequest } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { DeliveryFilter, DeliveryWire, LoggedDeliveryWire } from "../../core/wire/webhook.ts";
import type { Ground } from "../ground.ts";
import { pageOf } from "../page.ts";
import { findRepeat, keepRepeat } from "../repeats.ts";
import type { Deliveries } from "./deliveries.ts";
import type { DeliveryRow, DeliveryRows } from "./delivery-rows.ts";
import type { Events } from "./events.ts";
import { type Targets, targetOf } from "./targets.ts";

export class DeliveryLog {
  readonly #ground: Ground;
  readonly #rows: DeliveryRows;
  readonly #events: Events;
  readonly #targets: Targets;
  readonly #deliveries: Deliveries;

  constructor(ground: Ground, rows: DeliveryRows, events: Events, targets: Targets, deliveries: Deliveries) {
    this.#ground = ground;
    this.#rows = rows;
    this.#events = events;
    this.#targets = targets;
    this.#deliveries = deliveries;
  }

  list(page: PageRequest, filter: DeliveryFilter): Page<DeliveryWire> {
    return pageOf(
      this.#rows.page(page, filter),
      page,
      (row) => row.id,
      (row) => this.#show(row),
    );
  }

  read(id: DeliveryId): Result<LoggedDeliveryWire, Refusal> {
    const row = this.#rows.find(id);
    if (row === null) return err(noDelivery());
    const log = this.#rows.attempts(id).map(({ n, at, ...rest }) => ({ attempt: n, at: toRfc3339(at), ...rest }));
    return ok({ ...this.#show(row), log });
  }

  /** Begins a delivery's schedule anew, at once. Refused where its target takes nothing. */
  retry(call: Call, id: DeliveryId): Result<LoggedDeliveryWire, Refusal> {
    const repeat = findRepeat(this.#ground, call);
    if (!repeat.ok) return repeat;
    const row = this.#rows.find(id);
    if (row === null) return err(noDelivery());
    if (repeat.value !== null) return this.read(id);
    if (this.#targets.find(targetOf(row)) === null) return err(closed());
    this.#ground.storage.transactionSync(() => {
      this.#rows.again(id, this.#deliveries.dueNow());
      keepRepeat(this.#ground, call, id);
    });
    this.#deliveries.plan();
    return this.read(id);
  }

  #show(row: DeliveryRow): DeliveryWire {
    const last = this.#rows.lastAttempt(row.id);
    return {
      id: row.id,
      event_id: row.event,
      event_type: this.#events.typeOf(row.event),
      target: targetOf(row),
      state: row.state,
      attempts: row.attempts,
      last_status: last?.status ?? null,
      last_answer: last === null ? null : (last.error ?? last.answer),
      due_at: row.due_at === null ? null : toRfc3339(row.due_at),
      created_at: toRfc3339(row.created_at),
      ended_at: row.ended_at === null ? null : toRfc3339(row.ended_at),
    };
  }
}

const noDelivery = (): Refusal =>
  refusal("not_found", "No delivery with this id exists here; list yours with GET /v1/deliveries.");

const closed = (): Refusal =>
  refusal(
    "endpoint_disabled",
    "Its endpoint or hook is disabled or gone; enable it (a hook: subscribe it again) first, then send again.",
    {
      hint: "POST /v1/webhook_endpoints/{id}/enable",
    },
  );
