/** The HTTP messages of deliveries: built and signed when a delivery is claimed. Also test messages to an endpoint. */

import { type Problem, problemOf } from "../../../core/errors.ts";
import { type DeliveryId, type EndpointId, eventId, type Mode } from "../../../core/ids.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { DeliveryJob } from "../../../core/rpc/tenant.ts";
import type { Call } from "../../../core/rpc/user.ts";
import { USER_AGENT } from "../../../core/ssrf.ts";
import { SECOND_MS } from "../../../core/time.ts";
import { sampleEvent } from "../../../core/webhooks/samples.ts";
import { EVENT_TYPES, type EventType, type EventWire } from "../../../core/wire/event.ts";
import type { ObjectRuntime } from "../../shared/context.ts";
import { findByIdempotencyKey, saveIdempotencyKey } from "../../shared/idempotency.ts";
import type { Events } from "../events.ts";
import type { Secrets } from "../secrets.ts";
import {
  type Addressed,
  type Destination,
  type Endpoint,
  type EndpointRows,
  type HookRows,
  noEndpoint,
  noHook,
  type Targets,
  targetOf,
} from "../subscriptions.ts";
import type { Deliveries } from "./dispatch.ts";
import type { DeliveryRows, DeliveryWork } from "./store.ts";

/**
 * A claimed delivery and its message; null when its target or event is gone, or none of its secrets can be decrypted.
 */
export type Made = { readonly row: DeliveryWork; readonly job: Promise<DeliveryJob | null> };

export class DeliveryMessages {
  readonly #runtime: ObjectRuntime;
  readonly #rows: DeliveryRows;
  readonly #events: Events;
  readonly #targets: Targets;
  readonly #secrets: Secrets;

  constructor(runtime: ObjectRuntime, rows: DeliveryRows, events: Events, targets: Targets, secrets: Secrets) {
    this.#runtime = runtime;
    this.#rows = rows;
    this.#events = events;
    this.#targets = targets;
    this.#secrets = secrets;
  }

  /**
   * The messages of claimed deliveries. Each has a promise of its own, because one may reject when its body cannot be
   * fetched.
   */
  make(claimed: readonly DeliveryWork[]): Made[] {
    const events = this.#events.findAll(claimed.map(({ event }) => event));
    const stale = this.#rows.stale(claimed.map(({ id }) => id));
    const destinations = new Map<string, Destination | null>();
    return claimed.map((row) => {
      const { target_kind, target } = row;
      const key = `${target_kind} ${target}`;
      const destination = destinations.get(key) ?? this.#targets.find(targetOf(row));
      destinations.set(key, destination);
      const event = events.get(row.event);
      if (event === undefined || destination === null) return { row, job: Promise.resolve(null) };
      const shown = this.#events.show([event]).then(([one]) => one);
      return { row, job: shown.then((one) => (one ? this.#sign(row, destination, one, stale.has(row.id)) : null)) };
    });
  }

  async #sign(
    row: DeliveryWork,
    destination: Destination,
    shown: EventWire,
    isStale: boolean,
  ): Promise<DeliveryJob | null> {
    const { now, config } = this.#runtime;
    const body = JSON.stringify(destination.message(isStale ? { ...shown, stale: true } : shown));
    const at = new Date(now());
    const signature = await this.#secrets.sign(destination.signer, row.event, at, body);
    if (signature === null) return null;
    const headers = {
      "content-type": "application/json",
      "user-agent": USER_AGENT,
      "webhook-id": row.event,
      "webhook-timestamp": String(Math.floor(at.getTime() / SECOND_MS)),
      "webhook-signature": signature,
    };
    const { id, attempts } = row;
    return {
      id,
      attempt: attempts + 1, // the row was read before it was claimed
      url: destination.url,
      headers,
      body,
      timeoutMs: config.timings.deliveryTimeout,
    };
  }
}

/* Test messages of endpoints and hooks: like a real one, signed and delivered in the same way. */

export class Samples {
  readonly #runtime: ObjectRuntime;
  readonly #mode: Mode;
  readonly #endpoints: EndpointRows;
  readonly #hooks: HookRows;
  readonly #events: Events;
  readonly #deliveries: Deliveries;

  constructor(
    runtime: ObjectRuntime,
    mode: Mode,
    endpoints: EndpointRows,
    hooks: HookRows,
    events: Events,
    deliveries: Deliveries,
  ) {
    this.#runtime = runtime;
    this.#mode = mode;
    this.#endpoints = endpoints;
    this.#hooks = hooks;
    this.#events = events;
    this.#deliveries = deliveries;
  }

  /** Schedules a sample of a type for the endpoint. */
  async sendToEndpoint(call: Call, id: EndpointId, wanted: EventType | null): Promise<Result<DeliveryId, Problem>> {
    const endpoint = this.#endpoints.find(id);
    if (endpoint === null) return err(noEndpoint());
    if (endpoint.state === "disabled") return err(disabled("POST /v1/webhook_endpoints/{id}/enable"));
    return this.#send(call, wanted ?? firstOf(endpoint), { target: { kind: "endpoint", id }, url: endpoint.url });
  }

  /** Schedules a sample of the hook's type. */
  async sendToHook(call: Call, id: EndpointId): Promise<Result<DeliveryId, Problem>> {
    const hook = this.#hooks.find(id);
    if (hook === null) return err(noHook());
    if (hook.disabledAt !== null) return err(disabled("POST /v1/hooks"));
    return this.#send(call, hook.event, { target: { kind: "hook", id }, url: hook.url });
  }

  /** The body is that of the latest event of the type, or else an invented one. It appears in no list of events. */
  async #send(call: Call, type: EventType, receiver: Addressed): Promise<Result<DeliveryId, Problem>> {
    const { storage, now } = this.#runtime;
    const known = findByIdempotencyKey(this.#runtime, call);
    if (!known.ok) return known;
    if (known.value !== null) return ok(known.value as DeliveryId); // written below only
    const [latest] = this.#events.latestStored(type, 1);
    const [content] = latest === undefined ? [sampleEvent(type, this.#mode).data] : await this.#events.dataOf([latest]); // without its link
    const resource = `sample_${crypto.randomUUID()}`;
    const event = await eventId(resource, type);
    const data = JSON.stringify(content);
    const [newEvent] = await this.#events.prepare([
      { id: event, type, resource, sequence: 1, at: now(), uh: latest?.uh ?? "", data },
    ]);
    if (newEvent === undefined) throw new Error("expected one prepared event");
    const existing = findByIdempotencyKey(this.#runtime, call); // again, directly before the commit
    if (!existing.ok || existing.value !== null) await this.#events.drop([newEvent]);
    if (!existing.ok) return existing;
    if (existing.value !== null) return ok(existing.value as DeliveryId);
    return storage.transactionSync(() => {
      const stored = this.#events.addSample(newEvent);
      const [delivery] = this.#deliveries.schedule(stored, [receiver]);
      if (delivery === undefined) throw new Error("expected one scheduled delivery");
      saveIdempotencyKey(this.#runtime, call, delivery);
      this.#deliveries.plan();
      return ok(delivery);
    });
  }
}

const firstOf = ({ types }: Endpoint): EventType => {
  const [first] = types;
  return first === undefined || first === "*" ? EVENT_TYPES[0] : first;
};

const disabled = (hint: string): Problem =>
  problemOf("endpoint_disabled", "A disabled target receives nothing; enable it first, then send the test.", { hint });
