/** The parts of a tenant's webhooks, put together once. */
import { parseScope } from "../../core/address.ts";
import { EVENT_TTL_MS } from "../../core/limits.ts";
import { DAY_MS, type EpochMs } from "../../core/time.ts";
import type { Ground } from "../ground.ts";
import type { Schedule } from "../schedule.ts";
import type { Seals } from "../seals.ts";
import { Deliveries } from "./deliveries.ts";
import { DeliveryLog } from "./delivery-log.ts";
import { DeliveryMessages } from "./delivery-message.ts";
import { DeliveryPace } from "./delivery-pace.ts";
import { DeliveryRows } from "./delivery-rows.ts";
import { EndpointRows } from "./endpoint-rows.ts";
import { Endpoints } from "./endpoints.ts";
import { EventBodies } from "./event-bodies.ts";
import { Events } from "./events.ts";
import { HookRows } from "./hook-rows.ts";
import { Hooks } from "./hooks.ts";
import { Recoveries } from "./recovery.ts";
import { Samples } from "./samples.ts";
import { Secrets } from "./secrets.ts";
import { TargetHealth } from "./target-health.ts";
import { Targets } from "./targets.ts";
import type { Usage } from "./usage.ts";

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
  /** Removes what is no longer kept; answers when the next of it is, null when there is none. */
  readonly tidy: () => Promise<EpochMs | null>;
};

export function openWebhooks(ground: Ground, schedule: Schedule, seals: Seals, usage: Usage): Webhooks {
  const scope = parseScope(ground.name);
  const rows = new DeliveryRows(ground.sql, (events, state) => usage.delivered(events, state));
  const endpointRows = new EndpointRows(ground.sql);
  const hookRows = new HookRows(ground.sql);
  const events = new Events(ground, scope, new EventBodies(ground.env.MEDIA, scope));
  const secrets = new Secrets(ground, scope, seals);
  const endpoints = new Endpoints(ground, endpointRows, rows, secrets);
  const hooks = new Hooks(ground, hookRows, rows, events);
  const targets = new Targets(endpoints, hooks);
  const health = new TargetHealth(ground, schedule, endpointRows, hookRows, rows);
  const pace = new DeliveryPace(ground, rows, scope.mode);
  const messages = new DeliveryMessages(ground, rows, events, targets, secrets);
  const deliveries = new Deliveries(ground, schedule, rows, pace, messages, health);
  return {
    events,
    endpoints,
    hooks,
    secrets,
    targets,
    deliveries,
    log: new DeliveryLog(ground, rows, events, targets, deliveries),
    health,
    recoveries: new Recoveries(ground, schedule, endpointRows, rows, events, deliveries),
    samples: new Samples(ground, scope.mode, endpointRows, events, deliveries),
    tidy: async () => {
      rows.tidy(ground.now() - EVENT_TTL_MS);
      const oldest = await events.tidy();
      return oldest === null ? null : oldest + EVENT_TTL_MS + DAY_MS;
    },
  };
}
