/** Endpoints that fail for too long are disabled, and the tenant is told; hooks that want nothing more are removed. */
import type { DeliveryTarget } from "../../core/delivery.ts";
import { isGone } from "../../core/delivery.ts";
import { afterAttempt, type DisabledBy } from "../../core/endpoint-health.ts";
import { type EndpointId, type EventId, eventId } from "../../core/ids.ts";
import type { DeliveryOutcome, Fact } from "../../core/tenant-port.ts";
import type { Ground } from "../ground.ts";
import type { Schedule } from "../schedule.ts";
import type { DeliveryRows } from "./delivery-rows.ts";
import type { Endpoint, EndpointRows } from "./endpoint-rows.ts";
import { showEndpoint } from "./endpoints.ts";
import type { Hooks } from "./hooks.ts";

/** The schedule's row for an endpoint whose end has not been told. */
export const DISABLED = "disabled";

export class EndpointHealth {
  readonly #ground: Ground;
  readonly #schedule: Schedule;
  readonly #rows: EndpointRows;
  readonly #deliveries: DeliveryRows;
  readonly #hooks: Hooks;

  constructor(ground: Ground, schedule: Schedule, rows: EndpointRows, deliveries: DeliveryRows, hooks: Hooks) {
    this.#ground = ground;
    this.#schedule = schedule;
    this.#rows = rows;
    this.#deliveries = deliveries;
    this.#hooks = hooks;
  }

  /** Notes an attempt, and disables its endpoint or removes its hook where that follows. Call inside the transaction that settles the attempt. */
  note(target: DeliveryTarget, event: EventId, outcome: DeliveryOutcome): void {
    if (target.kind === "hook" && isGone(outcome)) this.#hooks.remove(target.id);
    const endpoint = target.kind === "endpoint" ? this.#rows.find(target.id) : null;
    if (endpoint === null || endpoint.state === "disabled") return;
    const { now, config } = this.#ground;
    const { failing, disable } = afterAttempt(endpoint.failing, outcome, event, now(), config.waits);
    if (disable !== null) this.#disable(endpoint, disable);
    else if (failing !== endpoint.failing) this.#rows.save({ ...endpoint, failing });
  }

  /** The fact that an endpoint was disabled; null when it is gone or was enabled again before anybody was told. */
  async fact(id: EndpointId): Promise<Fact | null> {
    const endpoint = this.#rows.find(id);
    if (endpoint === null || endpoint.disabledBy === null || endpoint.disabledAt === null) return null;
    return {
      id: await eventId(id, `endpoint.disabled#${endpoint.disablings}`),
      type: "endpoint.disabled",
      resource: id,
      sequence: endpoint.disablings,
      at: endpoint.disabledAt,
      uh: "", // nobody's but the tenant's
      data: JSON.stringify(showEndpoint(endpoint)),
    };
  }

  #disable(endpoint: Endpoint, by: DisabledBy): void {
    const at = this.#ground.now();
    const disablings = endpoint.disablings + 1;
    this.#rows.save({ ...endpoint, state: "disabled", failing: null, disabledBy: by, disabledAt: at, disablings });
    this.#deliveries.callOff({ kind: "endpoint", id: endpoint.id }, at);
    this.#schedule.owe(DISABLED, endpoint.id, at);
  }
}
