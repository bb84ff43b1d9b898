/** Constructs the services of a tenant's object. */
import { parseScope } from "../../core/address.ts";
import type { UserHash } from "../../core/ids.ts";
import { EVENT_TTL_MS } from "../../core/limits.ts";
import type { SettledTurn } from "../../core/tenant.ts";
import { DAY_MS, type EpochMs } from "../../core/time.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import type { Database } from "../shared/database.ts";
import type { Encryption } from "../shared/encryption.ts";
import type { JobScheduler } from "../shared/jobs.ts";
import { Deliveries, DeliveryPace } from "./deliveries/dispatch.ts";
import { DeliveryMessages, Samples } from "./deliveries/message.ts";
import { Recoveries } from "./deliveries/recovery.ts";
import { DeliveryLog, DeliveryRows } from "./deliveries/store.ts";
import { EventBodies, Events } from "./events.ts";
import { Quotas } from "./quotas.ts";
import { Secrets } from "./secrets.ts";
import { EndpointRows, Endpoints, HookRows, Hooks, TargetHealth, Targets } from "./subscriptions.ts";
import { Usage } from "./usage.ts";

export type Webhooks = {
  readonly events: Events;
  readonly endpoints: Endpoints;
  readonly hooks: Hooks;
  readonly secrets: Secrets;
  readonly targets: Targets;
  readonly deliveries: Deliveries;
  readonly log: DeliveryLog;
  readonly health: TargetHealth;
  readonly recoveries: Recoveries;
  readonly samples: Samples;
  /** Removes expired events and deliveries; returns when the next ones expire, null when there are none. */
  readonly removeExpired: () => Promise<EpochMs | null>;
};

export function createWebhooks(
  runtime: ObjectRuntime,
  jobs: JobScheduler,
  encryption: Encryption,
  usage: Usage,
): Webhooks {
  const scope = parseScope(runtime.name);
  const rows = new DeliveryRows(runtime.sql, (events, state) => usage.delivered(events, state));
  const endpointRows = new EndpointRows(runtime.sql);
  const hookRows = new HookRows(runtime.sql);
  const events = new Events(runtime, scope, new EventBodies(runtime.env.MEDIA, scope));
  const secrets = new Secrets(runtime, scope, encryption);
  const endpoints = new Endpoints(runtime, endpointRows, rows, secrets);
  const hooks = new Hooks(runtime, hookRows, rows, events);
  const targets = new Targets(endpoints, hooks);
  const health = new TargetHealth(runtime, jobs, endpointRows, hookRows, rows);
  const pace = new DeliveryPace(runtime, rows, scope.mode);
  const messages = new DeliveryMessages(runtime, rows, events, targets, secrets);
  const deliveries = new Deliveries(runtime, jobs, rows, pace, messages, health);
  return {
    events,
    endpoints,
    hooks,
    secrets,
    targets,
    deliveries,
    log: new DeliveryLog(runtime, rows, events, targets, deliveries),
    health,
    recoveries: new Recoveries(runtime, jobs, endpointRows, rows, events, deliveries),
    samples: new Samples(runtime, scope.mode, endpointRows, hookRows, events, deliveries),
    removeExpired: async () => {
      rows.removeExpired(runtime.now() - EVENT_TTL_MS);
      const oldest = await events.removeExpired();
      return oldest === null ? null : oldest + EVENT_TTL_MS + DAY_MS;
    },
  };
}

/* Metering: quotas, which limit calls, and usage, which is reported. */

export type Metering = {
  readonly quotas: Quotas;
  readonly usage: Usage;
  /** Removes a deleted user's rows and counts the cost of its last turns. Call in a transaction. */
  readonly erase: (uh: UserHash, settled: readonly SettledTurn[]) => void;
};

export function createMetering(runtime: ObjectRuntime, database: Database): Metering {
  const quotas = new Quotas(runtime, database);
  const usage = new Usage(runtime, database);
  return {
    quotas,
    usage,
    erase: (uh, settled) => {
      quotas.erase(uh);
      usage.erase(uh);
      for (const turn of settled) usage.settled(turn);
    },
  };
}
