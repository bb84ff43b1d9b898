/** Attempts as they leave: each body made and signed at the moment it is taken. */
import { USER_AGENT } from "../../core/open-target.ts";
import type { DeliveryJob } from "../../core/tenant-port.ts";
import { SECOND_MS } from "../../core/time.ts";
import type { EventWire } from "../../core/wire/event.ts";
import type { Ground } from "../ground.ts";
import type { DeliveryRows, DeliveryWork } from "./delivery-rows.ts";
import type { Events } from "./events.ts";
import type { Secrets } from "./secrets.ts";
import { type Destination, type Targets, targetOf } from "./targets.ts";

/** A delivery that was just taken, and its message; null when its target or event is gone, or no secret of it can be opened. */
export type Made = { readonly row: DeliveryWork; readonly job: Promise<DeliveryJob | null> };

export class DeliveryMessages {
  readonly #ground: Ground;
  readonly #rows: DeliveryRows;
  readonly #events: Events;
  readonly #targets: Targets;
  readonly #secrets: Secrets;

  constructor(ground: Ground, rows: DeliveryRows, events: Events, targets: Targets, secrets: Secrets) {
    this.#ground = ground;
    this.#rows = rows;
    this.#events = events;
    this.#targets = targets;
    this.#secrets = secrets;
  }

  /** The messages of deliveries that were just taken, each with a fate of its own: one may reject, where its body cannot be fetched just now. */
  make(taken: readonly DeliveryWork[]): Made[] {
    const events = this.#events.findAll(taken.map(({ event }) => event));
    const stale = this.#rows.stale(taken.map(({ id }) => id));
    const destinations = new Map<string, Destination | null>();
    return taken.map((row) => {
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
    const { now, config } = this.#ground;
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
      attempt: attempts + 1, // the row is as it was before it was taken
      url: destination.url,
      headers,
      body,
      timeoutMs: config.waits.deliveryTimeout,
    };
  }
}
