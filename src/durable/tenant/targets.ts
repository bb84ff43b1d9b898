/** What each kind of target means: who wants an event, where it goes now, whose secret signs, and the body it gets. */
import type { DeliveryTarget } from "../../core/delivery.ts";
import { hookBody } from "../../core/hook-body.ts";
import type { EndpointId } from "../../core/ids.ts";
import type { EventType, EventWire } from "../../core/wire/event.ts";
import type { Endpoints } from "./endpoints.ts";
import type { Hooks } from "./hooks.ts";
import { DEFAULT_SECRET, type SecretOwner } from "./secrets.ts";

/** A target, and the address it has now. */
export type Addressed = { readonly target: DeliveryTarget; readonly url: string };

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

/** What a pace is counted by. The address was judged when it came in. */
export const hostOf = (url: string): string => new URL(url).host;

export class Targets {
  readonly #endpoints: Endpoints;
  readonly #hooks: Hooks;

  constructor(endpoints: Endpoints, hooks: Hooks) {
    this.#endpoints = endpoints;
    this.#hooks = hooks;
  }

  /** Everybody who wants events of a type: endpoints and hooks. */
  wanting(type: EventType): Addressed[] {
    const endpoints = this.#endpoints
      .wanting(type)
      .map(({ id, url }): Addressed => ({ target: { kind: "endpoint", id }, url }));
    const hooks = this.#hooks.wanting(type).map(({ id, url }): Addressed => ({ target: { kind: "hook", id }, url }));
    return [...endpoints, ...hooks];
  }

  /** The address that came with one turn, render, video, batch or making. */
  callback(url: string): Addressed {
    return { target: { kind: "callback", url }, url };
  }

  /** Null when the target is gone or takes nothing at the moment. */
  find(target: DeliveryTarget): Destination | null {
    switch (target.kind) {
      case "endpoint": {
        const url = this.#endpoints.address(target.id);
        return url === null ? null : { url, signer: target.id, message: this.#envelope(target.id) };
      }
      case "callback":
        return { url: target.url, signer: DEFAULT_SECRET, message: this.#envelope(null) };
      case "hook": {
        const url = this.#hooks.address(target.id);
        return url === null ? null : { url, signer: DEFAULT_SECRET, message: hookBody };
      }
    }
  }

  /** The whole event, and which endpoint it was meant for. */
  #envelope(endpoint: EndpointId | null): Destination["message"] {
    return (event) => ({ ...event, endpoint });
  }
}
