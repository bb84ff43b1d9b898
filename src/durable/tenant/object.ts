/**
 * The Durable Object of a tenant in one mode: its events, webhook subscriptions, deliveries, quotas and usage. It
 * checks that the object exists and passes each RPC call on to the service behind it.
 */

import { DurableObject } from "cloudflare:workers";
import { type Limit, type Problem, problemOf } from "../../core/errors.ts";
import {
  type DeliveryId,
  type EndpointId,
  type EventId,
  type ListedId,
  type TurnId,
  type UserHash,
  userHashOf,
} from "../../core/ids.ts";
import { EVENT_TTL_MS } from "../../core/limits.ts";
import { EMPTY_PAGE } from "../../core/page.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type {
  ClosedTenant,
  DeliveryJob,
  DeliveryReport,
  NewEvent,
  Reservation,
  ResourceEntry,
  ResourceFilter,
  TenantRpc,
  UnsentDelivery,
} from "../../core/rpc/tenant.ts";
import type { Call, Page, PageRequest } from "../../core/rpc/user.ts";
import type { ErasedEvents, SettledTurn } from "../../core/tenant.ts";
import { DAY_MS, type EpochMs } from "../../core/time.ts";
import type { QuotaRequest } from "../../core/usage/quota.ts";
import type { OrderCost, OrderType, Period, UsageRow } from "../../core/usage/usage.ts";
import type { EventType, EventWire } from "../../core/wire/event.ts";
import type { QuotasWire as Limits } from "../../core/wire/tenant.ts";
import type { UsageDimension } from "../../core/wire/usage.ts";
import type {
  DeliveryFilter,
  DeliveryWire,
  EndpointPatch,
  EndpointWire,
  HookBody,
  HookFilter,
  HookWire,
  JwksWire,
  LoggedDeliveryWire,
  NewEndpoint,
  NewHook,
  RotatedSecretWire,
} from "../../core/wire/webhook.ts";
import type { Env } from "../../env.ts";
import { createRuntime, endObject } from "../shared/context.ts";
import { handlerOf, type JobTable } from "../shared/jobs.ts";
import { closeTenant, isClosed } from "./deletion.ts";
import { DELIVER } from "./deliveries/dispatch.ts";
import { RECOVER } from "./deliveries/recovery.ts";
import { ingestEvents, TENANT_CLEANUP } from "./events.ts";
import { dedupeKey } from "./quotas.ts";
import type { SecretOwner } from "./secrets.ts";
import { createTenantServices, type TenantServices } from "./services.ts";
import { inventedSample, TARGET_DISABLED } from "./subscriptions.ts";
import { CAP_REACHED } from "./usage.ts";

type Answer<T> = Promise<Result<T, Problem>>;

const TENANT_JOBS: JobTable<"tenant", TenantServices> = {
  [DELIVER]: { run: ({ deliveries }) => deliveries.dispatch() },
  [RECOVER]: {
    run: ({ recoveries }, id: EndpointId) => recoveries.step(id),
    giveUp: ({ recoveries }, id: EndpointId) => recoveries.giveUp(id),
  },
  [TARGET_DISABLED]: { run: publishDisabled },
  [CAP_REACHED]: { run: publishCapReached },
  [TENANT_CLEANUP]: { run: cleanUp },
};

export class TenantObject extends DurableObject<Env> implements TenantRpc {
  readonly #tenant: TenantServices;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#tenant = createTenantServices(
      createRuntime(ctx, env),
      handlerOf(TENANT_JOBS, () => this.#tenant),
    );
  }

  async accept(newEvents: readonly NewEvent[]): Promise<void> {
    this.#tenant.database.ready();
    await ingestEvents(this.#tenant, newEvents);
  }

  async dedupeBody(hash: string, gone?: string): ReturnType<TenantRpc["dedupeBody"]> {
    return dedupeKey(this.#tenant.runtime, this.#tenant.database, hash, gone);
  }

  async eraseUser(uh: UserHash, settled: readonly SettledTurn[] = []): Promise<ErasedEvents> {
    this.#tenant.database.ready();
    return this.#tenant.runtime.storage.transactionSync(() => {
      const gone = this.#tenant.tombstones.erase(uh);
      this.#tenant.deliveryRows.forget();
      this.#tenant.quotas.erase(uh);
      this.#tenant.resources.erase(uh);
      this.#tenant.spending.erase(uh);
      this.#tenant.usage.erase(uh, this.#tenant.tombstones.claimUncounted(uh, settled));
      this.#tenant.deliveries.plan();
      this.#tenant.jobs.scheduleOnce(TENANT_CLEANUP, "", this.#tenant.runtime.now() + EVENT_TTL_MS + DAY_MS);
      return gone;
    });
  }

  async reserveQuota(
    requests: readonly QuotaRequest[],
    limits: Limits | null,
    by: UserHash | null = null,
    { entered = [], isPaid = false }: Reservation = {},
  ): Promise<Result<readonly Limit[], Problem>> {
    this.#tenant.database.ready();
    if (isPaid) await this.#tenant.spending.load();
    const capped = isPaid ? this.#tenant.spending.check(by) : null;
    if (capped !== null) {
      this.#tenant.jobs.tick();
      return err(capped);
    }
    return this.#tenant.runtime.storage.transactionSync(() => {
      const reserved = this.#tenant.quotas.reserve(requests, limits, by);
      const { runtime, tombstones, resources } = this.#tenant;
      if (reserved.ok && entered.length > 0 && !isClosed(runtime))
        resources.enter(entered.filter(({ id }) => !tombstones.has(userHashOf(id))));
      return reserved;
    });
  }

  async readQuotas(limits: Limits, by: UserHash | null): Promise<readonly Limit[]> {
    return this.#tenant.quotas.read(limits, by);
  }

  async confirmSlot(turn: TurnId): Promise<void> {
    this.#tenant.quotas.confirm(turn);
  }

  async releaseQuota(ref: string): Promise<void> {
    this.#tenant.quotas.release(ref);
    await this.forgetResources([ref as ListedId], null); // another reference names no resource
  }

  async listResources(filter: ResourceFilter, before: number | null, limit: number): Promise<ResourceEntry[]> {
    return this.#tenant.database.exists() ? this.#tenant.resources.list(filter, before, limit) : [];
  }

  async readCosts(type: OrderType, uh: UserHash | null): Promise<OrderCost[]> {
    return this.#tenant.database.exists() ? this.#tenant.resources.costs(type, uh) : [];
  }

  async forgetResources(ids: readonly ListedId[], before: EpochMs | null): Promise<void> {
    if (this.#tenant.database.exists()) this.#tenant.resources.remove(ids, before);
  }

  async settleQuota(ref: string, amount: number): Promise<void> {
    this.#tenant.quotas.settle(ref, amount);
  }

  async readUsage(by: UsageDimension, period: Period, page: PageRequest): Promise<Page<UsageRow>> {
    return this.#tenant.usage.list(by, period, page);
  }

  async cursor(): Promise<number> {
    return this.#tenant.database.exists() ? this.#tenant.events.cursor() : 0;
  }

  async listEvents(after: number, limit: number, uh: string | null): ReturnType<TenantRpc["listEvents"]> {
    return this.#tenant.database.exists()
      ? this.#tenant.events.list(after, limit, uh)
      : { data: [], has_more: false, next_cursor: after };
  }

  async readEvent(id: EventId, uh: string | null): Answer<EventWire> {
    return this.#tenant.database.exists() ? this.#tenant.events.read(id, uh) : err(nothingHere());
  }

  async createEndpoint(call: Call, body: NewEndpoint): Answer<{ endpoint: EndpointWire; secret: string | null }> {
    this.#tenant.database.ready();
    return this.#tenant.subscriptions.createEndpoint(call, body);
  }

  async listEndpoints(): Promise<EndpointWire[]> {
    return this.#tenant.database.exists() ? this.#tenant.subscriptions.listEndpoints() : [];
  }

  async readEndpoint(id: EndpointId): Answer<EndpointWire> {
    return this.#tenant.database.exists() ? this.#tenant.subscriptions.readEndpoint(id) : err(nothingHere());
  }

  async updateEndpoint(id: EndpointId, body: EndpointPatch): Answer<EndpointWire> {
    if (!this.#tenant.database.exists()) return err(nothingHere());
    const updated = this.#tenant.subscriptions.updateEndpoint(id, body);
    this.#tenant.deliveries.plan();
    return updated;
  }

  async deleteEndpoint(id: EndpointId): Answer<null> {
    if (!this.#tenant.database.exists()) return err(nothingHere());
    const deleted = this.#tenant.subscriptions.deleteEndpoint(id);
    this.#tenant.deliveries.plan();
    return deleted;
  }

  async recoverEndpoint(call: Call, id: EndpointId, since: EpochMs): Answer<EndpointWire> {
    if (!this.#tenant.database.exists()) return err(nothingHere());
    const started = await this.#tenant.recoveries.start(call, id, since);
    this.#tenant.jobs.tick();
    return started;
  }

  async subscribeHook(call: Call, body: NewHook): Answer<{ hook: HookWire; isNew: boolean }> {
    this.#tenant.database.ready();
    return this.#tenant.subscriptions.subscribeHook(call, body);
  }

  async listHooks(): Promise<HookWire[]> {
    return this.#tenant.database.exists() ? this.#tenant.subscriptions.listHooks() : [];
  }

  async unsubscribeHook(id: EndpointId): Answer<null> {
    if (!this.#tenant.database.exists()) return err(nothingHere());
    const unsubscribed = this.#tenant.subscriptions.unsubscribeHook(id);
    this.#tenant.deliveries.plan();
    return unsubscribed;
  }

  async unsubscribeAddress(filter: HookFilter): Answer<null> {
    if (!this.#tenant.database.exists()) return ok(null);
    this.#tenant.subscriptions.unsubscribeAddress(filter);
    this.#tenant.deliveries.plan();
    return ok(null);
  }

  async hookSamples(type: EventType): Promise<HookBody[]> {
    const latest = this.#tenant.database.exists() ? await this.#tenant.subscriptions.latestBodies(type) : [];
    return latest.length > 0 ? latest : [inventedSample(type, this.#tenant.scope)];
  }

  async testEndpoint(call: Call, id: EndpointId, type: EventType | null): Answer<LoggedDeliveryWire> {
    if (!this.#tenant.database.exists()) return err(nothingHere());
    const sent = await this.#tenant.samples.sendToEndpoint(call, id, type);
    this.#tenant.jobs.tick();
    return sent.ok ? this.#tenant.deliveryLog.read(sent.value) : sent;
  }

  async testHook(call: Call, id: EndpointId): Answer<LoggedDeliveryWire> {
    if (!this.#tenant.database.exists()) return err(nothingHere());
    const sent = await this.#tenant.samples.sendToHook(call, id);
    this.#tenant.jobs.tick();
    return sent.ok ? this.#tenant.deliveryLog.read(sent.value) : sent;
  }

  async readJwks(id: EndpointId): Answer<JwksWire> {
    const known = await this.readEndpoint(id);
    return known.ok ? ok(await this.#tenant.secrets.publicKeys(id)) : known;
  }

  async rotateSecret(call: Call, owner: SecretOwner): Answer<RotatedSecretWire> {
    if (owner !== "default") {
      const known = await this.readEndpoint(owner);
      if (!known.ok) return known;
    }
    this.#tenant.database.ready();
    return this.#tenant.secrets.rotate(call, owner);
  }

  async showSecret(call: Call): Answer<RotatedSecretWire> {
    this.#tenant.database.ready();
    return this.#tenant.secrets.show(call);
  }

  async listDeliveries(page: PageRequest, filter: DeliveryFilter = {}): Promise<Page<DeliveryWire>> {
    return this.#tenant.database.exists() ? this.#tenant.deliveryLog.list(page, filter) : EMPTY_PAGE;
  }

  async readDelivery(id: DeliveryId): Answer<LoggedDeliveryWire> {
    return this.#tenant.database.exists() ? this.#tenant.deliveryLog.read(id) : err(nothingHere());
  }

  async retryDelivery(call: Call, id: DeliveryId): Answer<LoggedDeliveryWire> {
    if (!this.#tenant.database.exists()) return err(nothingHere());
    const retried = await this.#tenant.deliveryLog.retry(call, id);
    this.#tenant.jobs.tick();
    return retried;
  }

  async workDeliveries(
    done: readonly DeliveryReport[],
    want: number,
    unsent: readonly UnsentDelivery[] = [],
  ): Promise<DeliveryJob[]> {
    return this.#tenant.database.exists() ? this.#tenant.deliveries.work(done, want, unsent) : [];
  }

  async close(): Promise<ClosedTenant> {
    if (!this.#tenant.database.exists()) return { endpoints: 0, events: 0, deliveries: 0 };
    return closeTenant(this.#tenant);
  }

  async destroy(): Promise<void> {
    await endObject(this.ctx, this.#tenant.runtime, "tenant");
  }

  async wake(): Promise<void> {
    await this.#tenant.encryption.renew();
    await this.#tenant.jobs.wake();
  }

  override async alarm(): Promise<void> {
    this.#tenant.jobs.alarm();
  }
}

/**
 * Publishes that an endpoint or hook was disabled: an event like any other, stored once and sent to the remaining
 * subscribers.
 */
async function publishDisabled(tenant: TenantServices, id: EndpointId): Promise<void> {
  const newEvent = await tenant.subscriptions.disabledEvent(id);
  if (newEvent !== null) await ingestEvents(tenant, [newEvent]);
  tenant.jobs.finish(TARGET_DISABLED, id);
}

/** Publishes that a spending cap was reached. */
async function publishCapReached(tenant: TenantServices, key: string): Promise<void> {
  await ingestEvents(tenant, [await tenant.spending.event(key)]);
  tenant.jobs.finish(CAP_REACHED, key);
}

/**
 * Removes expired data and schedules the next cleanup for when more of it expires. Data that is expired but still
 * needed, such as an event with pending deliveries, is checked again in a day.
 */
async function cleanUp({ runtime, jobs, tombstones, deliveryRows, events, usage }: TenantServices): Promise<void> {
  const erased = tombstones.removeExpired();
  deliveryRows.removeExpired(runtime.now() - EVENT_TTL_MS);
  const oldest = await events.removeExpired();
  const times = [erased, oldest === null ? null : oldest + EVENT_TTL_MS + DAY_MS, usage.removeExpired()];
  const now = runtime.now();
  const next = times.filter((at) => at !== null).map((at) => (at <= now ? now + DAY_MS : at));
  if (next.length === 0) jobs.done(TENANT_CLEANUP, "");
  else jobs.schedule(TENANT_CLEANUP, "", Math.min(...next));
}

const nothingHere = (): Problem =>
  problemOf("not_found", "Nothing with this id exists here; check the id, or list the resources to find it.");
