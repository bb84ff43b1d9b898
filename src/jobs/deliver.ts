/** The delivery queue's consumer: takes a delivery from its tenant's object, sends it, reports how it went. */

import type { DeliveryId } from "../core/ids.ts";
import { DELIVERY_ANSWER_BYTES } from "../core/limits.ts";
import type { DeliveryJob, DeliveryOutcome, TenantPort } from "../core/ports.ts";
import { checkTarget, explainTarget } from "../core/target.ts";
import { dieAt } from "../crash.ts";
import { type Config, type DeliveryMessage, type Env, readConfig } from "../env.ts";
import { log, logBug } from "../log.ts";

/** What this job needs of the world outside. */
export type Outside = { readonly fetch: (request: Request) => Promise<Response>; readonly now: () => number };

/** Delivers a batch side by side. A message is only a nudge: whatever goes wrong here, the tenant's object will nudge again. */
export async function deliverAll(batch: MessageBatch<DeliveryMessage>, env: Env, outside: Outside): Promise<void> {
  const config = readConfig(env);
  await Promise.all(
    batch.messages.map(async ({ body }) => {
      try {
        const tenant = env.TENANT.getByName(body.tenant) as unknown as TenantPort; // TenantObject implements TenantPort
        await deliver(tenant, body.delivery as DeliveryId, config, outside);
      } catch (error) {
        logBug("delivery_failed", error, { work: "delivery" });
      }
    }),
  );
  batch.ackAll();
}

/** One attempt at one delivery: taken, sent, settled. */
async function deliver(tenant: TenantPort, id: DeliveryId, config: Config, outside: Outside): Promise<void> {
  const job = await tenant.claimDelivery(id);
  if (job === null) return;
  const outcome = await post(job, config, outside);
  await dieAt("delivery.sent", config);
  await tenant.settleDelivery(id, job.attempt, outcome);
  log("info", "delivery", {
    work: "delivery",
    attempt: job.attempt,
    ms: outcome.tookMs,
    ...(outcome.status === null ? {} : { status: outcome.status }),
  });
}

/** Sends one signed webhook. Redirects are not followed, the address is judged anew, the answer is read up to 1,000 bytes. */
async function post(job: DeliveryJob, config: Config, { fetch, now }: Outside): Promise<DeliveryOutcome> {
  const started = now();
  const failed = (error: string): DeliveryOutcome => ({
    status: null,
    answer: "",
    error,
    retryAfterMs: null,
    tookMs: now() - started,
  });
  const target = checkTarget(job.url, config.targets);
  if (!target.ok) return failed(explainTarget(target.error));
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), job.timeoutMs);
  try {
    const request = new Request(target.value, {
      method: "POST",
      headers: job.headers,
      body: job.body,
      redirect: "manual",
      signal: abort.signal,
    });
    const response = await fetch(request);
    const answer = await readSome(response, DELIVERY_ANSWER_BYTES);
    return {
      status: response.status,
      answer,
      error: null,
      retryAfterMs: retryAfterMs(response),
      tookMs: now() - started,
    };
  } catch {
    // A refused connection, a failed lookup and a time-out all throw, each with other words: they mean the same here.
    return failed(abort.signal.aborted ? "no answer in time" : "no connection");
  } finally {
    clearTimeout(timer);
  }
}

/** The first bytes of a body as text; the rest is dropped. A body that breaks off counts as what came of it. */
async function readSome(response: Response, bytes: number): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const decoder = new TextDecoder();
  let text = "";
  let read = 0;
  try {
    while (read < bytes) {
      const { value, done } = await reader.read();
      if (done) break;
      const some = value.subarray(0, bytes - read);
      read += some.length;
      text += decoder.decode(some, { stream: true });
    }
  } catch {
    return text;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return text;
}

/** Seconds form of Retry-After in milliseconds, at most a day; null for anything else. */
function retryAfterMs(response: Response): number | null {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 86_400) * 1000 : null;
}
