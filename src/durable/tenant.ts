/** A tenant's object: its events, its endpoints and every delivery between them, in one mode. */
import { DurableObject } from "cloudflare:workers";
import { parseScope } from "../core/address.ts";
import { type Refusal, refusal } from "../core/errors.ts";
import type { DeliveryId, EndpointId, EventId } from "../core/ids.ts";
import { EVENT_TTL_MS } from "../core/limits.ts";
import type { Call, DeliveryJob, DeliveryOutcome, Fact, Page, PageRequest, TenantPort } from "../core/ports.ts";
import { err, type Result } from "../core/result.ts";
import { DAY_MS } from "../core/time.ts";
import type { EventWire } from "../core/wire/event.ts";
import type { DeliveryWire, EndpointWire, NewEndpoint, RotatedSecretWire } from "../core/wire/webhook.ts";
import type { Env } from "../env.ts";
import { type Database, openDatabase } from "./database.ts";
import { layGround } from "./ground.ts";
import { Schedule } from "./schedule.ts";
import { Seals } from "./seals.ts";
import { Deliveries } from "./tenant/deliveries.ts";
import { Endpoints } from "./tenant/endpoints.ts";
import { Events } from "./tenant/events.ts";
import { type SecretOwner, Secrets } from "./tenant/secrets.ts";
import { TENANT_MIGRATIONS } from "./tenant/tables.ts";
import { Targets } from "./tenant/targets.ts";

const TIDY = "tidy";

type Answer<T> = Promise<Result<T, Refusal>>;

export class TenantObject extends DurableObject<Env> implements TenantPort {
  readonly #database: Database;
  readonly #schedule: Schedule;
  readonly #events: Events;
  readonly #endpoints: Endpoints;
  readonly #deliveries: Deliveries;
  readonly #secrets: Secrets;
  readonly #seals: Seals;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const ground = layGround(ctx, env);
    const scope = parseScope(ground.name);
    this.#database = openDatabase(ground, TENANT_MIGRATIONS);
    this.#schedule = new Schedule(ground, this.#database, "tenant", {
      perform: async ({ kind, ref }) => (kind === TIDY ? this.#tidy() : this.#deliveries.nudge(ref as DeliveryId)),
      giveUp: () => false, // a nudge costs nothing: the queue will be back
    });
    this.#events = new Events(ground, scope);
    this.#seals = new Seals(ground, this.#database, "tenant", () => this.#secrets.renewSeals());
    this.#secrets = new Secrets(ground, scope, this.#seals);
    this.#endpoints = new Endpoints(ground, this.#secrets);
    const targets = new Targets(this.#endpoints);
    this.#deliveries = new Deliveries(ground, this.#schedule, this.#events, this.#endpoints, targets, this.#secrets);
  }

  async accept(facts: readonly Fact[]): Promise<void> {
    this.#database.ready();
    this.ctx.storage.transactionSync(() => {
      for (const fact of facts) {
        const stored = this.#events.add(fact);
        if (stored !== null) this.#deliveries.owe(stored, fact.callback ?? null);
      }
      this.#schedule.oweOnce(TIDY, "", Date.now() + EVENT_TTL_MS + DAY_MS);
    });
    this.#schedule.tick();
  }

  async cursor(): Promise<number> {
    return this.#database.exists() ? this.#events.cursor() : 0;
  }

  async listEvents(
    after: number,
    limit: number,
    uh: string | null,
  ): Promise<{ data: EventWire[]; has_more: boolean; next_cursor: number }> {
    return this.#database.exists()
      ? this.#events.list(after, limit, uh)
      : { data: [], has_more: false, next_cursor: after };
  }

  async readEvent(id: EventId, uh: string | null): Answer<EventWire> {
    return this.#database.exists() ? this.#events.read(id, uh) : err(nothingHere());
  }

  async createEndpoint(call: Call, body: NewEndpoint): Answer<{ endpoint: EndpointWire; secret: string | null }> {
    this.#database.ready();
    return this.#endpoints.create(call, body);
  }

  async listEndpoints(): Promise<EndpointWire[]> {
    return this.#database.exists() ? this.#endpoints.list() : [];
  }

  async readEndpoint(id: EndpointId): Answer<EndpointWire> {
    return this.#database.exists() ? this.#endpoints.read(id) : err(nothingHere());
  }

  async deleteEndpoint(id: EndpointId): Answer<null> {
    return this.#database.exists() ? this.#endpoints.delete(id) : err(nothingHere());
  }

  async rotateSecret(call: Call, owner: SecretOwner): Answer<RotatedSecretWire> {
    if (owner !== "default") {
      const known = await this.readEndpoint(owner);
      if (!known.ok) return known;
    }
    this.#database.ready();
    return this.#secrets.rotate(call, owner);
  }

  async listDeliveries(page: PageRequest): Promise<Page<DeliveryWire>> {
    return this.#database.exists() ? this.#deliveries.list(page) : { data: [], has_more: false, next_cursor: null };
  }

  async readDelivery(id: DeliveryId): Answer<DeliveryWire> {
    return this.#database.exists() ? this.#deliveries.read(id) : err(nothingHere());
  }

  async claimDelivery(id: DeliveryId): Promise<DeliveryJob | null> {
    return this.#database.exists() ? this.#deliveries.claim(id) : null;
  }

  async settleDelivery(id: DeliveryId, attempt: number, outcome: DeliveryOutcome): Promise<void> {
    if (!this.#database.exists()) return;
    this.#deliveries.settle(id, attempt, outcome);
    this.#schedule.tick();
  }

  async wake(): Promise<void> {
    await this.#seals.renew();
    await this.#schedule.wake();
  }

  /** Lets go of what is no longer kept, and comes back when the next of it is. */
  #tidy(): void {
    const oldest = this.#events.tidy();
    if (oldest === null) this.#schedule.done(TIDY, "");
    else this.#schedule.owe(TIDY, "", oldest + EVENT_TTL_MS + DAY_MS);
  }

  override async alarm(): Promise<void> {
    this.#schedule.alarm();
  }
}

const nothingHere = (): Refusal => refusal("not_found", "Nothing with this id exists here.");
