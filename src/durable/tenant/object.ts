/**
 * The Durable Object of a tenant in one mode: its events, webhook subscriptions, deliveries, quotas and usage. It
 * checks that the object exists and passes each RPC call on to the service behind it.
 */

import { DurableObject } from "cloudflare:workers";
import { parseScope } from "../../core/address.ts";
import { type Limit, type Problem, problemOf } from "../../core/errors.ts";
import type { DeliveryId, EndpointId, EventId, TurnId, UserHash } from "../../core/ids.ts";
import { EVENT_TTL_MS } from "../../core/limits.ts";
import type { QuotaRequest } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type {
  ClosedTenant,
  DeliveryJob,
  DeliveryReport,
  NewEvent,
  TenantRpc,
  UnsentDelivery,
} from "../../core/rpc/tenant.ts";
import type { Call, Page, PageRequest } from "../../core/rpc/user.ts";
import type { ErasedEvents, SettledTurn } from "../../core/tenant.ts";
import { DAY_MS, type EpochMs } from "../../core/time.ts";
import type { Period, UsageRow } from "../../core/usage.ts";
import type { EventType, EventWire } from "../../core/wire/event.ts";
import type { HookBody, HookFilter, HookWire, NewHook } from "../../core/wire/hook.ts";
import type { Quotas as Limits } from "../../core/wire/tenant.ts";
import type { UsageDimension } from "../../core/wire/usage.ts";
import type {
  DeliveryFilter,
  DeliveryWire,
  EndpointPatch,
  EndpointWire,
  JwksWire,
  LoggedDeliveryWire,
  NewEndpoint,
  RotatedSecretWire,
} from "../../core/wire/webhook.ts";
import type { Env } from "../../env.ts";
import { createRuntime, EMPTY_PAGE, endObject, type ObjectRuntime } from "../shared/context.ts";
import { type Database, openDatabase } from "../shared/database.ts";
import { Encryption } from "../shared/encryption.ts";
import type { JobKind } from "../shared/job-kinds.ts";
import { type JobRow, JobScheduler } from "../shared/jobs.ts";
import { closeTenant, Tombstones } from "./deletion.ts";
import { DELIVER } from "./deliveries/dispatch.ts";
import { RECOVER } from "./deliveries/recovery.ts";
import { CLEANUP, ingestEvents } from "./events.ts";
import { dedupeKey } from "./quotas.ts";
import { TENANT_MIGRATIONS } from "./schema.ts";
import type { SecretOwner } from "./secrets.ts";
import { createMetering, createWebhooks, type Metering, type Webhooks } from "./services.ts";
import { DISABLED, type Hooks, inventedSample } from "./subscriptions.ts";

type Answer<T> = Promise<Result<T, Problem>>;

export class TenantObject extends DurableObject<Env> implements TenantRpc {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;
  readonly #jobs: JobScheduler;
  readonly #webhooks: Webhooks;
  readonly #tombstones: Tombstones;
  readonly #metering: Metering;
  readonly #encryption: Encryption;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#runtime = createRuntime(ctx, env);
    this.#database = openDatabase(this.#runtime, TENANT_MIGRATIONS);
    this.#jobs = new JobScheduler(this.#runtime, this.#database, "tenant", {
      perform: (row) => this.#perform(row),
      giveUp: ({ ref }) => this.#webhooks.recoveries.giveUp(ref as EndpointId), // no other kind is given up
    });
    this.#encryption = new Encryption(this.#runtime, this.#database, "tenant", () =>
      this.#webhooks.secrets.renewEncryptions(),
    );
    this.#tombstones = new Tombstones(this.#runtime);
    this.#metering = createMetering(this.#runtime, this.#database);
    this.#webhooks = createWebhooks(this.#runtime, this.#jobs, this.#encryption, this.#metering.usage);
  }

  async accept(newEvents: readonly NewEvent[]): Promise<void> {
    this.#database.ready();
    await ingestEvents(newEvents, this.#runtime, this.#jobs, this.#webhooks, this.#tombstones, this.#metering);
  }

  async dedupeBody(hash: string, gone?: string): ReturnType<TenantRpc["dedupeBody"]> {
    return dedupeKey(this.#runtime, this.#database, hash, gone);
  }

  async eraseUser(uh: UserHash, settled: readonly SettledTurn[] = []): Promise<ErasedEvents> {
    this.#database.ready();
    return this.ctx.storage.transactionSync(() => {
      const gone = this.#tombstones.erase(uh);
      this.#metering.erase(uh, this.#tombstones.claimUncounted(uh, settled));
      this.#webhooks.deliveries.plan();
      this.#jobs.scheduleOnce(CLEANUP, "", this.#runtime.now() + EVENT_TTL_MS + DAY_MS);
      return gone;
    });
  }

  async reserveQuota(
    wants: readonly QuotaRequest[],
    limits: Limits | null,
    by: UserHash | null = null,
  ): Promise<Result<readonly Limit[], Problem>> {
    return this.#metering.quotas.reserve(wants, limits, by);
  }

  async readQuotas(limits: Limits, by: UserHash | null): Promise<readonly Limit[]> {
    return this.#metering.quotas.read(limits, by);
  }

  async confirmSlot(turn: TurnId): Promise<void> {
    this.#metering.quotas.confirm(turn);
  }

  async releaseQuota(ref: string): Promise<void> {
    this.#metering.quotas.release(ref);
  }

  async settleQuota(ref: string, amount: number): Promise<void> {
    this.#metering.quotas.settle(ref, amount);
  }

  async readUsage(by: UsageDimension, period: Period, page: PageRequest): Promise<Page<UsageRow>> {
    return this.#metering.usage.list(by, period, page);
  }

  async cursor(): Promise<number> {
    return this.#database.exists() ? this.#webhooks.events.cursor() : 0;
  }

  async listEvents(after: number, limit: number, uh: string | null): ReturnType<TenantRpc["listEvents"]> {
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
    const started = await this.#webhooks.recoveries.start(call, id, since);
    this.#jobs.tick();
    return started;
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
    return latest.length > 0 ? latest : [inventedSample(type, parseScope(this.#runtime.name))];
  }

  #changeHooks(change: (hooks: Hooks) => Result<null, Problem>): Result<null, Problem> {
    if (!this.#database.exists()) return err(nothingHere());
    const changed = change(this.#webhooks.hooks);
    this.#webhooks.deliveries.plan();
    return changed;
  }

  async testEndpoint(call: Call, id: EndpointId, type: EventType | null): Answer<LoggedDeliveryWire> {
    if (!this.#database.exists()) return err(nothingHere());
    const sent = await this.#webhooks.samples.sendToEndpoint(call, id, type);
    this.#jobs.tick();
    return sent.ok ? this.#webhooks.log.read(sent.value) : sent;
  }

  async testHook(call: Call, id: EndpointId): Answer<LoggedDeliveryWire> {
    if (!this.#database.exists()) return err(nothingHere());
    const sent = await this.#webhooks.samples.sendToHook(call, id);
    this.#jobs.tick();
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
    return this.#database.exists() ? this.#webhooks.log.list(page, filter) : EMPTY_PAGE;
  }

  async readDelivery(id: DeliveryId): Answer<LoggedDeliveryWire> {
    return this.#database.exists() ? this.#webhooks.log.read(id) : err(nothingHere());
  }

  async retryDelivery(call: Call, id: DeliveryId): Answer<LoggedDeliveryWire> {
    if (!this.#database.exists()) return err(nothingHere());
    const retried = this.#webhooks.log.retry(call, id);
    this.#jobs.tick();
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
    return closeTenant(this.#runtime);
  }

  async destroy(): Promise<void> {
    await endObject(this.ctx, this.#runtime, "tenant");
  }

  async wake(): Promise<void> {
    await this.#encryption.renew();
    await this.#jobs.wake();
  }

  override async alarm(): Promise<void> {
    this.#jobs.alarm();
  }

  async #perform({ kind, ref }: JobRow): Promise<void> {
    const { deliveries, recoveries } = this.#webhooks;
    const perform: { readonly [Kind in JobKind<"tenant">]: () => unknown } = {
      [DELIVER]: () => deliveries.dispatch(),
      [RECOVER]: () => recoveries.step(ref as EndpointId),
      [DISABLED]: () => this.#publishDisabled(ref as EndpointId),
      [CLEANUP]: () => this.#cleanUp(),
    };
    const handler = perform[kind as JobKind<"tenant">]; // undefined for a kind that is not in the table
    if (handler === undefined) throw new Error(`no handler for jobs of kind ${kind}`);
    await handler();
  }

  /**
   * Publishes that an endpoint or hook was disabled: an event like any other, stored once and sent to the remaining
   * subscribers.
   */
  async #publishDisabled(id: EndpointId): Promise<void> {
    const newEvent = await this.#webhooks.health.newEvent(id);
    if (newEvent !== null) await this.accept([newEvent]);
    this.#jobs.done(DISABLED, id);
  }

  /**
   * Removes expired data and schedules the next cleanup for when more of it expires. Data that is expired but still
   * needed, such as an event with pending deliveries, is checked again in a day.
   */
  async #cleanUp(): Promise<void> {
    const times = [
      this.#tombstones.removeExpired(),
      await this.#webhooks.removeExpired(),
      this.#metering.usage.removeExpired(),
    ];
    const now = this.#runtime.now();
    const next = times.filter((at) => at !== null).map((at) => (at <= now ? now + DAY_MS : at));
    if (next.length === 0) this.#jobs.done(CLEANUP, "");
    else this.#jobs.schedule(CLEANUP, "", Math.min(...next));
  }
}

const nothingHere = (): Problem =>
  problemOf("not_found", "Nothing with this id exists here; check the id, or list the resources to find it.");
