/** What each kind of target means: its address now, whose secret signs, and the body it gets. */
import type { DeliveryTarget } from "../../core/delivery.ts";
import type { EventWire } from "../../core/wire/event.ts";
import type { Endpoints } from "./endpoints.ts";
import { DEFAULT_SECRET, type SecretOwner } from "./secrets.ts";

/** Where a message goes and how it is made. */
export type Destination = {
  readonly url: string;
  readonly signer: SecretOwner;
  /** The message of an event: what is written as JSON, signed and posted. */
  readonly message: (event: EventWire) => unknown;
};

/** The two columns that a target is stored in. */
export type TargetColumns = { readonly target_kind: DeliveryTarget["kind"]; readonly target: string };

export const columnsOf = (target: DeliveryTarget): TargetColumns => ({
  target_kind: target.kind,
  target: target.kind === "callback" ? target.url : target.id,
});

export const targetOf = ({ target_kind: kind, target }: TargetColumns): DeliveryTarget =>
  kind === "callback" ? { kind, url: target } : { kind, id: target as `whk_${string}` }; // written by columnsOf()

export class Targets {
  readonly #endpoints: Endpoints;

  constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints;
  }

  /** Null when the target is gone or takes nothing at the moment. */
  find(target: DeliveryTarget): Destination | null {
    switch (target.kind) {
      case "endpoint": {
        const url = this.#endpoints.address(target.id);
        return url === null
          ? null
          : { url, signer: target.id, message: (event) => ({ ...event, endpoint: target.id }) };
      }
      case "callback":
        return { url: target.url, signer: DEFAULT_SECRET, message: (event) => ({ ...event, endpoint: null }) };
      case "hook":
        return null; // nobody can make one yet
    }
  }
}
