/** A tenant's object: its events, its endpoints and every delivery between them, in one mode. */
import { parseScope } from "../core/address.ts";
import { type Refusal, refusal } from "../core/errors.ts";
import type { DeliveryId, EndpointId, EventId, UserHash } from "../core/ids.ts";
import { EVENT_TTL_MS } from "../core/limits.ts";
import type { Call, Page, PageRequest } from "../core/ports.ts";
import { err, ok, type Result } from "../core/result.ts";
import type {
  ClosedTenant,
  DeliveryJob,
  DeliveryReport,
  Fact,
  TenantPort,
  UnsentDelivery,
} from "../core/tenant-port.ts";
import { DAY_MS, type EpochMs } from "../core/time.ts";
import type { ErasedFacts, SettledTurn } from "../core/user-record.ts";
import type { EventType, EventWire } from "../core/wire/event.ts";
import type { HookBody, HookFilter, HookWire, NewHook } from "../core/wire/hook.ts";
import type {
  DeliveryFilter,
  DeliveryWire,
  EndpointPatch,
  EndpointWire,
  JwksWire,
  LoggedDeliveryWire,
  NewEndpoint,
  RotatedSecretWire,
} from "../core/wire/webhook.ts";
import type { Env } from "../env.ts";
import { type Database, openDatabase } from "./database.ts";
import type { DueRow } from "./due-rows.ts";
import { endObject } from "./end.ts";
import { type Ground, layGround } from "./ground.ts";
import type { JobKind } from "./job-kinds.ts";
import { NO_PAGE } from "./page.ts";
import { Schedule } from "./schedule.ts";
import { Seals } from "./seals.ts";
import { claim } from "./tenant/claims.ts";
import { closeTenant } from "./tenant/closing.ts";
import { CountDoors } from "./tenant/count-doors.ts";
import { type Counted, openCounted } from "./tenant/counted.ts";
import { DELIVER } from "./tenant/deliveries.ts";
import { Erased } from "./tenant/erased.ts";
import { type Hooks, inventedSample } from "./tenant/hooks.ts";
import { TIDY, takeIn } from "./tenant/intake.ts";
import { RECOVER } from "./tenant/recovery.ts";
import type { SecretOwner } from "./tenant/secrets.ts";
import { TENANT_MIGRATIONS } from "./tenant/tables.ts";
import { DISABLED } from "./tenant/target-health.ts";
import { openWebhooks, type Webhooks } from "./tenant/webhooks.ts";

type Answer<T> = Promise<Result<T, Refusal>>;

export class TenantObject extends CountDoors implements TenantPort {
  readonly #ground: Ground;
  readonly #database: Database;
  readonly #schedule: Schedule;
  readonly #webhooks: Webhooks;
  readonly #erased: Erased;
  protected override readonly counted: Counted;
  readonly #seals: Seals;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#ground = layGround(ctx, env);
    this.#database = openDatabase(this.#ground, TENANT_MIGRATIONS);
    this.#schedule = new Schedule(this.#ground, this.#database, "tenant", {
      perform: (row) => this.#perform(row),
      giveUp: ({ ref }) => this.#webhooks.recoveries.giveUp(ref as EndpointId), // nothing else is given up here
    });
    this.#seals = new Seals(this.#ground, this.#database, "tenant", () => this.#webhooks.secrets.renewSeals());
    this.#erased = new Erased(this.#ground);
    this.counted = openCounted(this.#ground, this.#database);
    this.#webhooks = openWebhooks(this.#ground, this.#schedule, this.#seals, this.counted.usage);
  }

  async accept(facts: readonly Fact[]): Promise<void> {
    this.#database.ready();
    await takeIn(facts, this.#ground, this.#schedule, this.#webhooks, this.#erased, this.counted);
  }

  async claimBody(hash: string, gone?: string): ReturnType<TenantPort["claimBody"]> {
    return claim(this.#ground, this.#database, hash, gone);
  }

  async eraseUser(uh: UserHash, settled: readonly SettledTurn[] = []): Promise<ErasedFacts> {
    this.#database.ready();
    return this.ctx.storage.transactionSync(() => {
      const gone = this.#erased.erase(uh);
      this.counted.erase(uh, this.#erased.take(uh, settled));
      this.#webhooks.deliveries.plan();
      this.#schedule.oweOnce(TIDY, "", this.#ground.now() + EVENT_TTL_MS + DAY_MS);
      return gone;
    });
  }

  async cursor(): Promise<number> {
    return this.#database.exists() ? this.#webhooks.events.cursor() : 0;
  }

  async listEvents(after: number, limit: number, uh: string | null): ReturnType<TenantPort["listEvents"]> {
    return this.#database.exists()
      ? this.#webhooks.events.list(after, limit, uh)
      : { data: [], has_more: false, next_cursor: after };
  }

  async readEvent(id: EventId, uh: string | null): Answer<EventWire> {
    return this.#database.exists() ? this.#webhooks.events.read(id, uh) : err(nothingHere());
  }

  async createEndpoint(call: Call, body: NewEndpoint): Answer<{ endpoint: EndpointWire; secret: string | null }> {
    this.#database.ready();
    return this.#webhooks.endpoints.create(call, body);
  }

  async listEndpoints(): Promise<EndpointWire[]> {
    return this.#database.exists() ? this.#webhooks.endpoints.list() : [];
  }

  async readEndpoint(id: EndpointId): Answer<EndpointWire> {
    return this.#database.exists() ? this.#webhooks.endpoints.read(id) : err(nothingHere());
  }

  async updateEndpoint(id: EndpointId, body: EndpointPatch): Answer<EndpointWire> {
    if (!this.#database.exists()) return err(nothingHere());
    const updated = this.#webhooks.endpoints.update(id, body);
    this.#webhooks.deliveries.plan();
    return updated;
  }

  async deleteEndpoint(id: EndpointId): Answer<null> {
    if (!this.#database.exists()) return err(nothingHere());
    const deleted = this.#webhooks.endpoints.delete(id);
    this.#webhooks.deliveries.plan();
    return deleted;
  }

  async recoverEndpoint(call: Call, id: EndpointId, since: EpochMs): Answer<EndpointWire> {
    if (!this.#database.exists()) return err(nothingHere());
    const begun = await this.#webhooks.recoveries.begin(call, id, since);
    this.#schedule.tick();
    return begun;
  }

  async subscribeHook(call: Call, body: NewHook): Answer<{ hook: HookWire; isNew: boolean }> {
    this.#database.ready();
    return this.#webhooks.hooks.subscribe(call, body);
  }

  async listHooks(): Promise<HookWire[]> {
    return this.#database.exists() ? this.#webhooks.hooks.list() : [];
  }

  async unsubscribeHook(id: EndpointId): Answer<null> {
    return this.#changeHooks((hooks) => hooks.unsubscribe(id));
  }

  async unsubscribeAddress(filter: HookFilter): Answer<null> {
    if (!this.#database.exists()) return ok(null);
    this.#webhooks.hooks.unsubscribeAddress(filter);
    this.#webhooks.deliveries.plan();
    return ok(null);
  }

  async hookSamples(type: EventType): Promise<HookBody[]> {
    const latest = this.#database.exists() ? await this.#webhooks.hooks.latest(type) : [];
    return latest.length > 0 ? latest : [inventedSample(type, parseScope(this.#ground.name))];
  }

  #changeHooks(change: (hooks: Hooks) => Result<null, Refusal>): Result<null, Refusal> {
    if (!this.#database.exists()) return err(nothingHere());
    const changed = change(this.#webhooks.hooks);
    this.#webhooks.deliveries.plan();
    return changed;
  }

  async testEndpoint(call: Call, id: EndpointId, type: EventType | null): Answer<LoggedDeliveryWire> {
    if (!this.#database.exists()) return err(nothingHere());
    const sent = await this.#webhooks.samples.send(call, id, type);
    this.#schedule.tick();
    return sent.ok ? this.#webhooks.log.read(sent.value) : sent;
  }

  async readJwks(id: EndpointId): Answer<JwksWire> {
    const known = await this.readEndpoint(id);
    return known.ok ? ok(await this.#webhooks.secrets.publicKeys(id)) : known;
  }

  async rotateSecret(call: Call, owner: SecretOwner): Answer<RotatedSecretWire> {
    if (owner !== "default") {
      const known = await this.readEndpoint(owner);
      if (!known.ok) return known;
    }
    this.#database.ready();
    return this.#webhooks.secrets.rotate(call, owner);
  }

  async listDeliveries(page: PageRequest, filter: DeliveryFilter = {}): Promise<Page<DeliveryWire>> {
    return this.#database.exists() ? this.#webhooks.log.list(page, filter) : NO_PAGE;
  }

  async readDelivery(id: DeliveryId): Answer<LoggedDeliveryWire> {
    return this.#database.exists() ? this.#webhooks.log.read(id) : err(nothingHere());
  }

  async retryDelivery(call: Call, id: DeliveryId): Answer<LoggedDeliveryWire> {
    if (!this.#database.exists()) return err(nothingHere());
    const retried = this.#webhooks.log.retry(call, id);
    this.#schedule.tick();
    return retried;
  }

  async workDeliveries(
    done: readonly DeliveryReport[],
    want: number,
    unsent: readonly UnsentDelivery[] = [],
  ): Promise<DeliveryJob[]> {
    return this.#database.exists() ? this.#webhooks.deliveries.work(done, want, unsent) : [];
  }

  async close(): Promise<ClosedTenant> {
    if (!this.#database.exists()) return { endpoints: 0, events: 0, deliveries: 0 };
    return closeTenant(this.#ground);
  }

  async destroy(): Promise<void> {
    await endObject(this.ctx, this.#ground, "tenant");
  }

  async wake(): Promise<void> {
    await this.#seals.renew();
    await this.#schedule.wake();
  }

  override async alarm(): Promise<void> {
    this.#schedule.alarm();
  }

  async #perform({ kind, ref }: DueRow): Promise<void> {
    const { deliveries, recoveries } = this.#webhooks;
    const perform: { readonly [Kind in JobKind<"tenant">]: () => unknown } = {
      [DELIVER]: () => deliveries.nudge(),
      [RECOVER]: () => recoveries.step(ref as EndpointId),
      [DISABLED]: () => this.#tellDisabled(ref as EndpointId),
      [TIDY]: () => this.#tidy(),
    };
    const known = perform[kind as JobKind<"tenant">]; // or what only another version knows
    if (known === undefined) throw new Error(`nobody does work of kind ${kind}`);
    await known();
  }

  /** An endpoint's or a hook's end is a fact like any other: stored once, sent to those that still take anything. */
  async #tellDisabled(id: EndpointId): Promise<void> {
    const fact = await this.#webhooks.health.fact(id);
    if (fact !== null) await this.accept([fact]);
    this.#schedule.done(DISABLED, id);
  }

  /**
   * Lets go of what is no longer kept, and comes back when the next of it is. What is old by itself and still there is kept for
   * something younger, as an event is for its deliveries: that is looked at again in a day.
   */
  async #tidy(): Promise<void> {
    const moments = [this.#erased.tidy(), await this.#webhooks.tidy(), this.counted.usage.tidy()];
    const now = this.#ground.now();
    const next = moments.filter((at) => at !== null).map((at) => (at <= now ? now + DAY_MS : at));
    if (next.length === 0) this.#schedule.done(TIDY, "");
    else this.#schedule.owe(TIDY, "", Math.min(...next));
  }
}

const nothingHere = (): Refusal => refusal("not_found", "Nothing with this id exists here.");
