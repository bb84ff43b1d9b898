/** The HTTP messages of deliveries: built and signed when a delivery is claimed. Also test messages to an endpoint. */

import { type Problem, problemOf } from "../../../core/errors.ts";
import { type DeliveryId, type EndpointId, eventId } from "../../../core/ids.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { DeliveryJob, NewEvent } from "../../../core/rpc/tenant.ts";
import type { Call } from "../../../core/rpc/user.ts";
import { USER_AGENT } from "../../../core/ssrf.ts";
import { SECOND_MS } from "../../../core/time.ts";
import { sampleEvent } from "../../../core/webhooks/samples.ts";
import { EVENT_TYPES, type EventType, type EventWire } from "../../../core/wire/event.ts";
import { createOnce } from "../../shared/idempotency.ts";
import type { TenantServices } from "../services.ts";
import { type Addressed, type Destination, type Endpoint, noEndpoint, noHook, targetOf } from "../subscriptions.ts";
import type { DeliveryWork, DueDelivery } from "./store.ts";

/**
 * A claimed delivery and its message; null when its target or event is gone, or none of its secrets can be decrypted.
 */
export type Made = { readonly row: DeliveryWork; readonly job: Promise<DeliveryJob | null> };

export class DeliveryMessages {
  readonly #tenant: TenantServices;

  constructor(tenant: TenantServices) {
    this.#tenant = tenant;
  }

  /**
   * The messages of claimed deliveries. Each has a promise of its own, because one may reject when its body cannot be
   * fetched.
   */
  make(claimed: readonly DueDelivery[]): Made[] {
    const events = this.#tenant.events.findAll(claimed.map(({ event }) => event));
    const destinations = new Map<string, Destination | null>();
    return claimed.map((row) => {
      const { target_kind, target } = row;
      const key = `${target_kind} ${target}`;
      const destination = destinations.get(key) ?? this.#tenant.subscriptions.destinationOf(targetOf(row));
      destinations.set(key, destination);
      const event = events.get(row.event);
      if (event === undefined || destination === null) return { row, job: Promise.resolve(null) };
      const shown = this.#tenant.events.show([event]).then(([one]) => one);
      return { row, job: shown.then((one) => (one ? this.#sign(row, destination, one, isStale(row, claimed)) : null)) };
    });
  }

  async #sign(
    row: DeliveryWork,
    destination: Destination,
    shown: EventWire,
    isStale: boolean,
  ): Promise<DeliveryJob | null> {
    const { now, config } = this.#tenant.runtime;
    const body = JSON.stringify(destination.message(isStale ? { ...shown, stale: true } : shown));
    const at = new Date(now());
    const signature = await this.#tenant.secrets.sign(destination.signer, row.event, at, body);
    if (signature === null) return null;
    const headers = {
      "content-type": "application/json",
      "user-agent": USER_AGENT,
      "webhook-id": row.event,
      "webhook-timestamp": String(Math.floor(at.getTime() / SECOND_MS)),
      "webhook-signature": signature,
    };
    const { id, attempts, resource } = row;
    return {
      id,
      resource,
      attempt: attempts + 1, // the row was read before it was claimed
      url: destination.url,
      headers,
      body,
      timeoutMs: config.timings.deliveryTimeout,
    };
  }
}

/** Whether a later event of the resource was sent to the same target, or is sent at the same time. */
const isStale = (row: DueDelivery, claimed: readonly DueDelivery[]): boolean =>
  row.is_stale === 1 ||
  claimed.some(
    ({ target_kind, target, resource, cursor }) =>
      target_kind === row.target_kind && target === row.target && resource === row.resource && cursor > row.cursor,
  );

/* Test messages of endpoints and hooks: like a real one, signed and delivered in the same way. */

/** Where a sample goes, and of which type it is. */
type Receiver = { readonly type: EventType; readonly to: Addressed };

export class Samples {
  readonly #tenant: TenantServices;

  constructor(tenant: TenantServices) {
    this.#tenant = tenant;
  }

  /** Schedules a sample of a type for the endpoint. */
  sendToEndpoint(call: Call, id: EndpointId, wanted: EventType | null): Promise<Result<DeliveryId, Problem>> {
    return this.#send(call, () => {
      const endpoint = this.#tenant.subscriptionStore.findEndpoint(id);
      if (endpoint === null) return err(noEndpoint());
      if (endpoint.state === "disabled") return err(disabled("POST /v1/webhook_endpoints/{id}/enable"));
      return ok({ type: wanted ?? firstOf(endpoint), to: { target: { kind: "endpoint", id }, url: endpoint.url } });
    });
  }

  /** Schedules a sample of the hook's type. */
  sendToHook(call: Call, id: EndpointId): Promise<Result<DeliveryId, Problem>> {
    return this.#send(call, () => {
      const hook = this.#tenant.subscriptionStore.findHook(id);
      if (hook === null) return err(noHook());
      if (hook.state === "disabled") return err(disabled("POST /v1/hooks"));
      return ok({ type: hook.event, to: { target: { kind: "hook", id }, url: hook.url } });
    });
  }

  #send(call: Call, find: () => Result<Receiver, Problem>): Promise<Result<DeliveryId, Problem>> {
    const { events, deliveries } = this.#tenant;
    return createOnce<NewEvent, Result<DeliveryId, Problem>>(this.#tenant, call, {
      existing: (delivery) => ok(delivery as DeliveryId), // the key of `commit`
      check: () => {
        const receiver = find();
        return receiver.ok ? null : receiver.error;
      },
      prepare: async () => {
        const receiver = find();
        return receiver.ok ? ok(await this.#sampleOf(receiver.value.type)) : receiver;
      },
      release: (sample) => events.drop([sample]),
      commit: (sample) => {
        const receiver = find();
        if (!receiver.ok) throw new Error("expected a receiver that was checked");
        const [delivery] = deliveries.schedule(events.addSample(sample), [receiver.value.to]);
        if (delivery === undefined) throw new Error("expected one scheduled delivery");
        return delivery;
      },
      created: (_, delivery) => ok(delivery as DeliveryId),
    });
  }

  /** The body is that of the latest event of the type, or else an invented one. It appears in no list of events. */
  async #sampleOf(type: EventType): Promise<NewEvent> {
    const { runtime, scope, events } = this.#tenant;
    const [latest] = events.latestStored(type, 1);
    const [content] = latest === undefined ? [sampleEvent(type, scope.mode).data] : await events.dataOf([latest]); // without its link
    const resource = `sample_${crypto.randomUUID()}`;
    const id = await eventId(resource, type);
    const data = JSON.stringify(content);
    const [sample] = await events.prepare([
      { id, type, resource, sequence: 1, at: runtime.now(), uh: latest?.uh ?? "", data },
    ]);
    if (sample === undefined) throw new Error("expected one prepared event");
    return sample;
  }
}

const firstOf = ({ types }: Endpoint): EventType => {
  const [first] = types;
  return first === undefined || first === "*" ? EVENT_TYPES[0] : first;
};

const disabled = (hint: string): Problem =>
  problemOf("endpoint_disabled", "A disabled target receives nothing; enable it first, then send the test.", { hint });
