/** Endpoints and hooks that fail for too long are disabled, and the tenant is told; a hook that answers 410 is removed. */
import type { DeliveryTarget } from "../../core/delivery.ts";
import { afterAttempt, type DisabledBy } from "../../core/endpoint-health.ts";
import { type EndpointId, type EventId, eventId } from "../../core/ids.ts";
import type { DeliveryOutcome, Fact } from "../../core/tenant-port.ts";
import type { EpochMs } from "../../core/time.ts";
import type { EventType } from "../../core/wire/event.ts";
import type { Ground } from "../ground.ts";
import type { Schedule } from "../schedule.ts";
import type { DeliveryRows } from "./delivery-rows.ts";
import type { Endpoint, EndpointRows } from "./endpoint-rows.ts";
import { showEndpoint } from "./endpoints.ts";
import type { Hook, HookRows } from "./hook-rows.ts";
import { showHook } from "./hooks.ts";

/** The schedule's row for an endpoint or hook whose end has not been told. */
export const DISABLED = "disabled";

export class TargetHealth {
  readonly #ground: Ground;
  readonly #schedule: Schedule;
  readonly #endpoints: EndpointRows;
  readonly #hooks: HookRows;
  readonly #deliveries: DeliveryRows;

  constructor(ground: Ground, schedule: Schedule, endpoints: EndpointRows, hooks: HookRows, deliveries: DeliveryRows) {
    this.#ground = ground;
    this.#schedule = schedule;
    this.#endpoints = endpoints;
    this.#hooks = hooks;
    this.#deliveries = deliveries;
  }

  /** Notes an attempt, and disables or removes its target where that follows. Call inside the transaction that settles the attempt. */
  note(target: DeliveryTarget, event: EventId, outcome: DeliveryOutcome): void {
    if (target.kind === "endpoint") this.#noteEndpoint(this.#endpoints.find(target.id), event, outcome);
    if (target.kind === "hook") this.#noteHook(this.#hooks.find(target.id), event, outcome);
  }

  /** The fact that an endpoint or hook was disabled; null when it is gone or was enabled again before anybody was told. */
  async fact(id: EndpointId): Promise<Fact | null> {
    const endpoint = this.#endpoints.find(id);
    if (endpoint !== null && endpoint.disabledBy !== null) return factOf("endpoint", endpoint, showEndpoint(endpoint));
    const hook = this.#hooks.find(id);
    return hook === null ? null : factOf("hook", hook, showHook(hook));
  }

  #noteEndpoint(endpoint: Endpoint | null, event: EventId, outcome: DeliveryOutcome): void {
    if (endpoint === null || endpoint.state === "disabled") return;
    const { now, config } = this.#ground;
    const { failing, disable } = afterAttempt(endpoint.failing, outcome, event, now(), config.waits);
    if (disable !== null) this.#disableEndpoint(endpoint, disable);
    else if (failing !== endpoint.failing) this.#endpoints.save({ ...endpoint, failing });
  }

  #noteHook(hook: Hook | null, event: EventId, outcome: DeliveryOutcome): void {
    if (hook === null || hook.disabledAt !== null) return;
    const { now, config } = this.#ground;
    const { failing, disable } = afterAttempt(hook.failing, outcome, event, now(), config.waits);
    if (disable === "gone") this.#removeHook(hook);
    else if (disable !== null) this.#disableHook(hook);
    else if (failing !== hook.failing) this.#hooks.save({ ...hook, failing });
  }

  #disableEndpoint(endpoint: Endpoint, by: DisabledBy): void {
    const at = this.#ground.now();
    const disablings = endpoint.disablings + 1;
    this.#endpoints.save({ ...endpoint, state: "disabled", failing: null, disabledBy: by, disabledAt: at, disablings });
    this.#end({ kind: "endpoint", id: endpoint.id }, at);
  }

  #disableHook(hook: Hook): void {
    const at = this.#ground.now();
    this.#hooks.save({ ...hook, failing: null, disabledAt: at, disablings: hook.disablings + 1 });
    this.#end({ kind: "hook", id: hook.id }, at);
  }

  /** 410 is how an automation says that it was switched off: nobody misses the hook. */
  #removeHook({ id }: Hook): void {
    this.#hooks.remove(id);
    this.#deliveries.callOff({ kind: "hook", id }, this.#ground.now());
  }

  #end(target: Extract<DeliveryTarget, { readonly id: EndpointId }>, at: EpochMs): void {
    this.#deliveries.callOff(target, at);
    this.#schedule.owe(DISABLED, target.id, at);
  }
}

/** Null where it was enabled again. */
async function factOf(
  kind: "endpoint" | "hook",
  { id, disablings, disabledAt }: Pick<Endpoint | Hook, "id" | "disablings" | "disabledAt">,
  shown: object,
): Promise<Fact | null> {
  if (disabledAt === null) return null;
  const type: EventType = `${kind}.disabled`;
  return {
    id: await eventId(id, `${type}#${disablings}`),
    type,
    resource: id,
    sequence: disablings,
    at: disabledAt,
    uh: "", // nobody's but the tenant's
    data: JSON.stringify(shown),
  };
}
