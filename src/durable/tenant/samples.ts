/** Trying an endpoint out: one message like a real one, signed and delivered like any other. */

import { type Refusal, refusal } from "../../core/errors.ts";
import { sampleEvent } from "../../core/hook-sample.ts";
import { type DeliveryId, type EndpointId, eventId, type Mode } from "../../core/ids.ts";
import type { Call } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { EVENT_TYPES, type EventType } from "../../core/wire/event.ts";
import type { Ground } from "../ground.ts";
import { findRepeat, keepRepeat } from "../repeats.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Endpoint, EndpointRows } from "./endpoint-rows.ts";
import { noEndpoint } from "./endpoints.ts";
import type { Events } from "./events.ts";

export class Samples {
  readonly #ground: Ground;
  readonly #mode: Mode;
  readonly #endpoints: EndpointRows;
  readonly #events: Events;
  readonly #deliveries: Deliveries;

  constructor(ground: Ground, mode: Mode, endpoints: EndpointRows, events: Events, deliveries: Deliveries) {
    this.#ground = ground;
    this.#mode = mode;
    this.#endpoints = endpoints;
    this.#events = events;
    this.#deliveries = deliveries;
  }

  /** Owes the endpoint a sample of a type: the latest event's body, else a made-up one. It is in no list of events. */
  async send(call: Call, id: EndpointId, wanted: EventType | null): Promise<Result<DeliveryId, Refusal>> {
    const endpoint = this.#endpoints.find(id);
    if (endpoint === null) return err(noEndpoint());
    if (endpoint.state === "disabled") return err(disabled());
    const { storage, now } = this.#ground;
    const known = findRepeat(this.#ground, call);
    if (!known.ok) return known;
    if (known.value !== null) return ok(known.value as DeliveryId); // written below only
    const type = wanted ?? firstOf(endpoint);
    const [latest] = this.#events.latestRows(type, 1);
    const [told] = latest === undefined ? [sampleEvent(type, this.#mode).data] : await this.#events.dataOf([latest]); // without its link
    const resource = `sample_${crypto.randomUUID()}`;
    const event = await eventId(resource, type);
    const data = JSON.stringify(told);
    const [fact] = await this.#events.prepare([
      { id: event, type, resource, sequence: 1, at: now(), uh: latest?.uh ?? "", data },
    ]);
    if (fact === undefined) throw new Error("one fact was prepared");
    const repeat = findRepeat(this.#ground, call); // asked again, so that nothing comes between this and the commit
    if (!repeat.ok || repeat.value !== null) await this.#events.drop([fact]);
    if (!repeat.ok) return repeat;
    if (repeat.value !== null) return ok(repeat.value as DeliveryId);
    return storage.transactionSync(() => {
      const stored = this.#events.addSample(fact);
      const [delivery] = this.#deliveries.owe(stored, [{ target: { kind: "endpoint", id }, url: endpoint.url }]);
      if (delivery === undefined) throw new Error("one delivery was owed");
      keepRepeat(this.#ground, call, delivery);
      this.#deliveries.plan();
      return ok(delivery);
    });
  }
}

const firstOf = ({ types }: Endpoint): EventType => {
  const [first] = types;
  return first === undefined || first === "*" ? EVENT_TYPES[0] : first;
};

const disabled = (): Refusal =>
  refusal("endpoint_disabled", "A disabled endpoint takes nothing; enable it first, then try it.", {
    hint: "POST /v1/webhook_endpoints/{id}/enable",
  });
