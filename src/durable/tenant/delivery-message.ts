/** One attempt as it leaves: the body made and signed at the moment it is taken. */
import type { DeliveryJob } from "../../core/tenant-port.ts";
import { SECOND_MS } from "../../core/time.ts";
import type { Ground } from "../ground.ts";
import type { DeliveryRow, DeliveryRows } from "./delivery-rows.ts";
import type { Events } from "./events.ts";
import type { Secrets } from "./secrets.ts";
import { type Targets, targetOf } from "./targets.ts";

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

  /** The message of a delivery that was just taken; null when its target or event is gone, or no secret of it can be opened. */
  async make(row: DeliveryRow, attempt: number): Promise<DeliveryJob | null> {
    const { now, config } = this.#ground;
    const event = this.#events.find(row.event);
    const [shown] = event === null ? [] : await this.#events.show([event]);
    const destination = this.#targets.find(targetOf(row));
    if (shown === undefined || destination === null) return null;
    const body = JSON.stringify(await destination.message(this.#rows.isStale(row) ? { ...shown, stale: true } : shown));
    const at = new Date(now());
    const signature = await this.#secrets.sign(destination.signer, row.event, at, body);
    if (signature === null) return null;
    const headers = {
      "content-type": "application/json",
      "user-agent": "nemo-gateway/1",
      "webhook-id": row.event,
      "webhook-timestamp": String(Math.floor(at.getTime() / SECOND_MS)),
      "webhook-signature": signature,
    };
    return { id: row.id, attempt, url: destination.url, headers, body, timeoutMs: config.waits.deliveryTimeout };
  }
}
