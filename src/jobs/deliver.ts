/**
 * The delivery queue's consumer. A message says that a tenant has something due; a sender takes it from the tenant's object,
 * sends it, and reports how it went.
 */
import { ownerOf } from "../core/address.ts";
import type { DeliveryJob, DeliveryReport, TenantPort } from "../core/tenant-port.ts";
import { dieAt } from "../crash.ts";
import { type Config, type DeliveryMessage, type Env, readConfig } from "../env.ts";
import { log, logBug } from "../log.ts";
import { type Outside, postWebhook } from "./post-webhook.ts";
import { Sender } from "./sender.ts";

/**
 * Begins a sender for every message of a batch, side by side, and holds the queue up for none of them: they go on by `goOn` after
 * the batch is over, so that receivers which hang keep nobody else's message waiting. A message is only a nudge: whatever goes
 * wrong here, the tenant's object will nudge again.
 */
export function deliverAll(
  batch: MessageBatch<DeliveryMessage>,
  env: Env,
  outside: Outside,
  goOn: (work: Promise<void>) => void,
): void {
  const config = readConfig(env);
  for (const { body } of batch.messages) goOn(deliver(body, env, config, outside));
  batch.ackAll();
}

async function deliver(message: DeliveryMessage, env: Env, config: Config, outside: Outside): Promise<void> {
  const tools = {
    door: () => tenantOf(env, message),
    send: (job: DeliveryJob) => attempt(job, config, outside),
    tell: (reports: readonly DeliveryReport[]) => tell(reports, message.tenant),
  };
  try {
    const more = await new Sender(tools).run();
    if (more) await env.DELIVERIES.send(message);
  } catch (error) {
    logBug("delivery_failed", error, { work: "delivery" });
  }
}

async function attempt(job: DeliveryJob, config: Config, outside: Outside): Promise<DeliveryReport> {
  const outcome = await postWebhook(job, config.targets, outside);
  await dieAt("delivery.sent", config);
  return { id: job.id, attempt: job.attempt, outcome };
}

/** One line for all that ended alike and is reported together: how it ended, never where it went. Each attempt has its own in the delivery's log. */
function tell(reports: readonly DeliveryReport[], tenant: string): void {
  const statuses = new Set(reports.map(({ outcome }) => outcome.status));
  for (const status of statuses) {
    const alike = reports.filter(({ outcome }) => outcome.status === status);
    log("info", "delivery", {
      work: "delivery",
      count: alike.length,
      attempt: Math.max(...alike.map(({ attempt: nth }) => nth)),
      ms: Math.max(...alike.map(({ outcome }) => outcome.tookMs)),
      ...(status === null ? {} : { status }),
      ...ownerOf(tenant),
    });
  }
}

const tenantOf = (env: Env, { tenant }: DeliveryMessage): TenantPort =>
  env.TENANT.getByName(tenant) as unknown as TenantPort; // TenantObject implements TenantPort
