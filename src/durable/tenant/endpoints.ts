/** What callers ask of endpoints: where a tenant wants its events, and of which types. */
import { type Refusal, refusal } from "../../core/errors.ts";
import { type EndpointId, plainId } from "../../core/ids.ts";
import { ENDPOINTS_PER_SCOPE } from "../../core/limits.ts";
import type { Call } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { refuseTarget } from "../../core/target.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { EventType } from "../../core/wire/event.ts";
import type { EndpointPatch, EndpointWire, NewEndpoint } from "../../core/wire/webhook.ts";
import type { Ground } from "../ground.ts";
import { findRepeat, keepRepeat } from "../repeats.ts";
import type { DeliveryRows } from "./delivery-rows.ts";
import type { Endpoint, EndpointRows } from "./endpoint-rows.ts";
import type { Secrets } from "./secrets.ts";
import { hostOf } from "./targets.ts";

export class Endpoints {
  readonly #ground: Ground;
  readonly #rows: EndpointRows;
  readonly #deliveries: DeliveryRows;
  readonly #secrets: Secrets;

  constructor(ground: Ground, rows: EndpointRows, deliveries: DeliveryRows, secrets: Secrets) {
    this.#ground = ground;
    this.#rows = rows;
    this.#deliveries = deliveries;
    this.#secrets = secrets;
  }

  /** Makes an endpoint. Its secret is in this answer and in no other: a repeat of the request gets null. */
  async create(
    call: Call,
    body: NewEndpoint,
  ): Promise<Result<{ endpoint: EndpointWire; secret: string | null }, Refusal>> {
    const ground = this.#ground;
    const unreachable = refuseTarget(body.url, "/url", ground.config.targets.rules);
    if (unreachable !== null) return err(unreachable);
    const repeat = this.#repeated(call);
    if (repeat !== null) return repeat;
    if (this.#isFull()) return err(tooMany());
    const id = plainId("whk", ground.now(), ground.random);
    const fresh = await this.#secrets.fresh(id);
    const twin = this.#repeated(call); // a twin may have come while the secret was sealed
    if (twin !== null) return twin;
    if (this.#isFull()) return err(tooMany()); // others may have come too
    const endpoint = newEndpointOf(id, body, ground.now());
    ground.storage.transactionSync(() => {
      this.#rows.save(endpoint);
      this.#secrets.put(fresh);
      keepRepeat(ground, call, id);
    });
    return ok({ endpoint: showEndpoint(endpoint), secret: fresh.secret });
  }

  #isFull(): boolean {
    return this.#rows.all().length >= ENDPOINTS_PER_SCOPE;
  }

  list(): EndpointWire[] {
    return this.#rows.all().map(showEndpoint);
  }

  read(id: EndpointId): Result<EndpointWire, Refusal> {
    const endpoint = this.#rows.find(id);
    return endpoint === null ? err(noEndpoint()) : ok(showEndpoint(endpoint));
  }

  /** Changes what the body names. Disabling calls off what is owed; enabling forgets the failures, and sends nothing by itself. */
  update(id: EndpointId, { url, types, state }: EndpointPatch): Result<EndpointWire, Refusal> {
    const { config, storage, now } = this.#ground;
    const known = this.#rows.find(id);
    if (known === null) return err(noEndpoint());
    const unreachable = url === undefined ? null : refuseTarget(url, "/url", config.targets.rules);
    if (unreachable !== null) return err(unreachable);
    const moved = { ...known, url: url ?? known.url, types: types ?? known.types };
    const changed = state === undefined || state === known.state ? moved : switched(moved, state, now());
    storage.transactionSync(() => {
      this.#rows.save(changed);
      if (url !== undefined) this.#deliveries.moveHost({ kind: "endpoint", id }, hostOf(url));
      if (changed.state === "disabled") this.#deliveries.callOff({ kind: "endpoint", id }, now());
    });
    return ok(showEndpoint(changed));
  }

  /** Removes an endpoint and calls off what was still owed to it; one that was removed before is gone already. */
  delete(id: EndpointId): Result<null, Refusal> {
    if (this.#rows.find(id) === null) return this.#rows.wasRemoved(id) ? ok(null) : err(noEndpoint());
    this.#ground.storage.transactionSync(() => {
      this.#rows.remove(id);
      this.#secrets.forget(id);
      this.#deliveries.callOff({ kind: "endpoint", id }, this.#ground.now());
    });
    return ok(null);
  }

  /** Enabled endpoints that want events of this type. */
  wanting(type: EventType): Endpoint[] {
    return this.#rows.all().filter((endpoint) => endpoint.state === "enabled" && isWanted(endpoint, type));
  }

  /** Where to send; null when the endpoint is gone or disabled. */
  address(id: EndpointId): string | null {
    const endpoint = this.#rows.find(id);
    return endpoint === null || endpoint.state !== "enabled" ? null : endpoint.url;
  }

  #repeated(call: Call): Result<{ endpoint: EndpointWire; secret: null }, Refusal> | null {
    const repeat = findRepeat(this.#ground, call);
    if (!repeat.ok) return repeat;
    if (repeat.value === null) return null;
    const known = this.read(repeat.value as EndpointId); // written by create() only
    return known.ok ? ok({ endpoint: known.value, secret: null }) : known;
  }
}

export const isWanted = ({ types }: Endpoint, type: EventType): boolean =>
  types.some((wanted) => wanted === "*" || wanted === type);

export const noEndpoint = (): Refusal =>
  refusal("not_found", "No endpoint with this id exists here; list yours with GET /v1/webhook_endpoints.");

export const showEndpoint = (endpoint: Endpoint): EndpointWire => ({
  id: endpoint.id,
  url: endpoint.url,
  types: endpoint.types,
  state: endpoint.state,
  disabled_by: endpoint.disabledBy,
  disabled_at: endpoint.disabledAt === null ? null : toRfc3339(endpoint.disabledAt),
  created_at: toRfc3339(endpoint.createdAt),
});

const newEndpointOf = (id: EndpointId, { url, types }: NewEndpoint, createdAt: number): Endpoint => ({
  id,
  url,
  types,
  state: "enabled",
  failing: null,
  disabledBy: null,
  disabledAt: null,
  disablings: 0,
  createdAt,
});

const switched = (endpoint: Endpoint, state: Endpoint["state"], now: number): Endpoint =>
  state === "enabled"
    ? { ...endpoint, state, failing: null, disabledBy: null, disabledAt: null }
    : { ...endpoint, state, disabledBy: "you", disabledAt: now };

const tooMany = (): Refusal =>
  refusal(
    "too_many_endpoints",
    `A tenant has at most ${ENDPOINTS_PER_SCOPE} endpoints in one mode; delete one first.`,
    { hint: "DELETE /v1/webhook_endpoints/{id}" },
  );
