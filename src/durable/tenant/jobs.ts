/** The jobs of a tenant's object. */
import type { EndpointId } from "../../core/ids.ts";
import { EVENT_TTL_MS } from "../../core/limits.ts";
import { DAY_MS } from "../../core/time.ts";
import type { JobTable } from "../shared/jobs.ts";
import { DELIVER } from "./deliveries/dispatch.ts";
import { RECOVER } from "./deliveries/recovery.ts";
import { ingestEvents, TENANT_CLEANUP } from "./events.ts";
import type { TenantServices } from "./services.ts";
import { CAP_REACHED } from "./spending.ts";
import { TARGET_DISABLED } from "./subscriptions.ts";

export const TENANT_JOBS: JobTable<"tenant", TenantServices> = {
  [DELIVER]: { run: ({ deliveries }) => deliveries.dispatch() },
  [RECOVER]: {
    run: ({ recoveries }, id: EndpointId) => recoveries.step(id),
    giveUp: ({ recoveries }, id: EndpointId) => recoveries.giveUp(id),
  },
  [TARGET_DISABLED]: { run: publishDisabled },
  [CAP_REACHED]: { run: publishCapReached },
  [TENANT_CLEANUP]: { run: cleanUp },
};

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
