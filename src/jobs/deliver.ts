/**
 * The delivery queue's consumer. A message says that a tenant has something due; this takes it from the tenant's object, a
 * few at a time, sends it, and reports how it went in the call that takes the next.
 */
import { ownerOf } from "../core/address.ts";
import { SENDER_ATTEMPTS, SENDER_SLOTS } from "../core/limits.ts";
import type { DeliveryJob, DeliveryReport, TenantPort } from "../core/tenant-port.ts";
import { dieAt } from "../crash.ts";
import { type Config, type DeliveryMessage, type Env, readConfig } from "../env.ts";
import { log, logBug } from "../log.ts";
import { type Outside, postWebhook } from "./post-webhook.ts";

/** A tenant's object: its name, and the way in. */
type Tenant = { readonly name: string; readonly door: () => TenantPort };

/** Serves every tenant of a batch. A message is only a nudge: whatever goes wrong here, the tenant's object will nudge again. */
export async function deliverAll(batch: MessageBatch<DeliveryMessage>, env: Env, outside: Outside): Promise<void> {
  const config = readConfig(env);
  for (const { body } of batch.messages) {
    try {
      const more = await serve({ name: body.tenant, door: () => tenantOf(env, body) }, config, outside);
      if (more) await env.DELIVERIES.send(body);
    } catch (error) {
      logBug("delivery_failed", error, { work: "delivery" });
    }
  }
  batch.ackAll();
}

/** Sends until nothing more is given out, at most `SENDER_SLOTS` side by side; true when it stopped because it had its share. */
async function serve(tenant: Tenant, config: Config, outside: Outside): Promise<boolean> {
  const done: DeliveryReport[] = [];
  const running = new Set<Promise<void>>();
  let begun = 0;
  for (;;) {
    const want = Math.min(SENDER_SLOTS - running.size, SENDER_ATTEMPTS - begun);
    for (const job of await exchange(tenant.door, done.splice(0), want)) {
      begun += 1;
      const attempt = send(job, config, outside)
        .then((report) => {
          tell(report, tenant);
          done.push(report);
        })
        .finally(() => running.delete(attempt));
      running.add(attempt);
    }
    if (running.size === 0 && done.length === 0) return begun >= SENDER_ATTEMPTS;
    if (done.length === 0) await Promise.race(running);
  }
}

/** Reports and takes. A report that found its object restarting is made once more: it is not heard twice. */
async function exchange(
  tenant: () => TenantPort,
  done: readonly DeliveryReport[],
  want: number,
): Promise<DeliveryJob[]> {
  try {
    return await tenant().workDeliveries(done, want);
  } catch (error) {
    if (done.length === 0) throw error;
    return tenant().workDeliveries(done, 0);
  }
}

async function send(job: DeliveryJob, config: Config, outside: Outside): Promise<DeliveryReport> {
  const outcome = await postWebhook(job, config.targets, outside);
  await dieAt("delivery.sent", config);
  return { id: job.id, attempt: job.attempt, outcome };
}

/** One line for every attempt: how it ended, never where it went. */
function tell({ attempt, outcome }: DeliveryReport, { name }: Tenant): void {
  const { status, tookMs } = outcome;
  log("info", "delivery", {
    work: "delivery",
    attempt,
    ms: tookMs,
    ...(status === null ? {} : { status }),
    ...ownerOf(name),
  });
}

const tenantOf = (env: Env, { tenant }: DeliveryMessage): TenantPort =>
  env.TENANT.getByName(tenant) as unknown as TenantPort; // TenantObject implements TenantPort
