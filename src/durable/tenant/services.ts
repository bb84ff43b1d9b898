/** The services of a tenant's object, created once per instance. Each gets the whole record and uses what it needs. */
import { parseScope, type Scope } from "../../core/address.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { type Database, openDatabase } from "../shared/database.ts";
import { Encryption } from "../shared/encryption.ts";
import { type JobHandler, JobScheduler } from "../shared/jobs.ts";
import { Tombstones } from "./deletion.ts";
import { Deliveries, DeliveryPace } from "./deliveries/dispatch.ts";
import { DeliveryMessages, Samples } from "./deliveries/message.ts";
import { Recoveries } from "./deliveries/recovery.ts";
import { DeliveryLog, DeliveryRows } from "./deliveries/store.ts";
import { EventBodies, Events } from "./events.ts";
import { Quotas } from "./quotas.ts";
import { Resources } from "./resources.ts";
import { TENANT_MIGRATIONS } from "./schema.ts";
import { Secrets } from "./secrets.ts";
import { SubscriptionStore, Subscriptions } from "./subscriptions.ts";
import { Spending, Usage } from "./usage.ts";

export type TenantContext = {
  readonly runtime: ObjectRuntime;
  readonly scope: Scope;
  readonly database: Database;
  readonly jobs: JobScheduler;
  readonly encryption: Encryption;
};

export type TenantServices = TenantContext & {
  readonly tombstones: Tombstones;
  readonly quotas: Quotas;
  readonly resources: Resources;
  readonly usage: Usage;
  readonly spending: Spending;
  readonly eventBodies: EventBodies;
  readonly events: Events;
  readonly secrets: Secrets;
  readonly subscriptionStore: SubscriptionStore;
  readonly subscriptions: Subscriptions;
  readonly deliveryRows: DeliveryRows;
  readonly deliveryPace: DeliveryPace;
  readonly deliveryMessages: DeliveryMessages;
  readonly deliveries: Deliveries;
  readonly deliveryLog: DeliveryLog;
  readonly recoveries: Recoveries;
  readonly samples: Samples;
};

/** Creates the services; `handler` runs the due jobs. */
export function createTenantServices(runtime: ObjectRuntime, handler: JobHandler): TenantServices {
  const scope = parseScope(runtime.name);
  const database = openDatabase(runtime, TENANT_MIGRATIONS);
  const context: TenantContext = {
    runtime,
    scope,
    database,
    jobs: new JobScheduler(runtime, database, "tenant", handler),
    encryption: new Encryption(runtime, database, "tenant", () => tenant.secrets.renewEncryptions()),
  };
  const tenant = context as TenantServices; // completed by the next statement; until then constructors only keep it
  return Object.assign(tenant, {
    tombstones: new Tombstones(runtime),
    quotas: new Quotas(runtime, database),
    resources: new Resources(runtime),
    usage: new Usage(runtime, database),
    spending: new Spending(tenant),
    eventBodies: new EventBodies(runtime.env.MEDIA, scope),
    events: new Events(tenant),
    secrets: new Secrets(tenant),
    subscriptionStore: new SubscriptionStore(runtime),
    subscriptions: new Subscriptions(tenant),
    deliveryRows: new DeliveryRows(runtime, (events, state) => tenant.usage.delivered(events, state)),
    deliveryPace: new DeliveryPace(tenant),
    deliveryMessages: new DeliveryMessages(tenant),
    deliveries: new Deliveries(tenant),
    deliveryLog: new DeliveryLog(tenant),
    recoveries: new Recoveries(tenant),
    samples: new Samples(tenant),
  } satisfies Omit<TenantServices, keyof TenantContext>);
}
