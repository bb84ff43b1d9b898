/**
 * The consumer of the delivery queue. A message says that a tenant has deliveries due; a sender claims them from the
 * tenant's object, sends them and reports the results.
 */
import { ownerOf } from "../core/address.ts";
import { retryAfterMs } from "../core/errors.ts";
import {
  DELIVERY_ANSWER_BYTES,
  SENDER_ATTEMPTS,
  SENDER_LINGER_MS,
  SENDER_MS,
  SENDER_SLOT_WAIT_MS,
  SENDER_SLOTS,
} from "../core/limits.ts";
import type { DeliveryMessage } from "../core/queues.ts";
import type { DeliveryJob, DeliveryOutcome, DeliveryReport, TenantRpc } from "../core/rpc/tenant.ts";
import { explainTarget, resolveTarget, type TargetPolicy } from "../core/ssrf.ts";
import type { Config, Env } from "../env.ts";
import { failAt } from "../failpoints.ts";
import { type Counters, logBug, logCounted } from "../log.ts";
import { type Spans, spansTo } from "../tracing.ts";

/* One webhook request: its timeout, and how much of the response is read. */

/** The outside functions that this job needs. */
export type DeliveryDependencies = {
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
};

/**
 * Posts a signed webhook. Redirects are not followed, the address is checked again, and the response is read up to
 * 1,000 bytes.
 */
export async function postWebhook(
  job: DeliveryJob,
  judge: TargetPolicy,
  { fetch, now }: DeliveryDependencies,
): Promise<DeliveryOutcome> {
  const started = now();
  const failed = (error: string): DeliveryOutcome => ({
    status: null,
    answer: "",
    error,
    retryAfterMs: null,
    tookMs: now() - started,
  });
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), job.timeoutMs);
  try {
    const resolved = resolveTarget(job.url, judge).catch(() => null);
    const target = await Promise.race([resolved, aborted(abort.signal)]);
    if (target === null) return failed("no connection"); // to the DNS server that resolves the address
    if (!target.ok) return failed(explainTarget(target.error));
    const sent = fetch(target.value, {
      method: "POST",
      headers: job.headers,
      body: job.body,
      redirect: "manual",
      signal: abort.signal,
    });
    const response = await Promise.race([sent, aborted(abort.signal)]);
    const answer = await readStart(response, DELIVERY_ANSWER_BYTES);
    return {
      status: response.status,
      answer,
      error: null,
      retryAfterMs: retryAfterMs(response.headers.get("retry-after"), now()),
      tookMs: now() - started,
    };
  } catch {
    // A rejected connection, a failed lookup and a timeout throw different errors; they mean the same here.
    return failed(abort.signal.aborted ? "no answer in time" : "no connection");
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects when the signal aborts, so that the timeout covers every wait of an attempt. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });

/** The first bytes of a body as text; the rest is dropped. A body that breaks off counts as what was read. */
async function readStart(response: Response, bytes: number): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return "";
  const decoder = new TextDecoder();
  let text = "";
  let read = 0;
  try {
    while (read < bytes) {
      const { value, done } = await reader.read();
      if (done) break;
      const part = value.subarray(0, bytes - read);
      read += part.length;
      text += decoder.decode(part, { stream: true });
    }
  } catch {
    return text;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return text;
}

/*
 * One run of the sender for one tenant: claims due deliveries from the tenant's object, keeps `SENDER_SLOTS` requests
 * open, and reports results in the calls that claim more.
 *
 * While such a call runs, the slots continue with deliveries claimed ahead: as many as were just answered, at most one
 * per slot. A delivery that waits too long for a slot, because receivers hang, is returned for another run.
 */

/** What a run needs: the tenant's stub, one attempt, and the logging of results. */
export type SenderTools = {
  readonly tenant: () => TenantRpc;
  readonly send: (job: DeliveryJob) => Promise<DeliveryReport>;
  readonly log: (reports: readonly DeliveryReport[]) => void;
};

export class Sender {
  readonly #tools: SenderTools;
  /** Claimed and not started. */
  readonly #claimed: DeliveryJob[] = [];
  /** Finished and not reported. */
  readonly #done: DeliveryReport[] = [];
  readonly #until = Date.now() + SENDER_MS;
  #running = 0;
  #claimedCount = 0;
  /** Called when an attempt ends. */
  #onEnd: () => void = () => {};

  constructor(tools: SenderTools) {
    this.#tools = tools;
  }

  /** Sends until the tenant's object returns no more deliveries; true when the run stopped at its limit. */
  async run(): Promise<boolean> {
    for (let isStalled = false; ; isStalled = await this.#waitForReport()) {
      const unsent = isStalled || this.#isLate ? this.#claimed.splice(0) : [];
      const ahead = Math.min(SENDER_SLOTS, this.#done.length);
      const free = SENDER_SLOTS + ahead - this.#running - this.#claimed.length;
      const left = this.#isLate || isStalled ? 0 : SENDER_ATTEMPTS - this.#claimedCount;
      const claimed = await this.#exchange(Math.min(free, left), unsent);
      this.#claimedCount += claimed.length;
      this.#claimed.push(...claimed);
      this.#fillSlots();
      if (this.#running + this.#done.length + this.#claimed.length === 0) return left === 0;
    }
  }

  get #isLate(): boolean {
    return Date.now() >= this.#until;
  }

  /**
   * Reports results, returns unsent deliveries and claims others. A report to a restarting object is sent once more;
   * the object ignores a duplicate.
   */
  async #exchange(want: number, unsent: readonly DeliveryJob[]): Promise<DeliveryJob[]> {
    const done = this.#done.splice(0);
    this.#tools.log(done);
    const returned = unsent.map(({ id, attempt }) => ({ id, attempt }));
    try {
      return await this.#tools.tenant().workDeliveries(done, want, returned);
    } catch (error) {
      if (done.length + returned.length === 0) throw error;
      return this.#tools.tenant().workDeliveries(done, 0, returned);
    }
  }

  /** Starts claimed deliveries in the free slots. */
  #fillSlots(): void {
    while (this.#running < SENDER_SLOTS && !this.#isLate) {
      const job = this.#claimed.shift();
      if (job === undefined) return;
      this.#running += 1;
      void this.#attempt(job);
    }
  }

  async #attempt(job: DeliveryJob): Promise<void> {
    try {
      this.#done.push(await this.#tools.send(job));
    } catch (error) {
      logBug("delivery_failed", error, { work: "delivery" }); // sent again when its claim expires
    }
    this.#running -= 1;
    this.#fillSlots();
    this.#onEnd();
  }

  /**
   * Waits for a result to report; with deliveries left to send, a moment longer to report several at once. True when
   * none came and the deliveries claimed ahead have waited long enough.
   */
  async #waitForReport(): Promise<boolean> {
    const timeout = this.#timeout(this.#claimed.length > 0 ? SENDER_SLOT_WAIT_MS : null);
    while (this.#done.length === 0 && this.#running > 0 && !timeout.isOver()) await this.#nextEnd();
    timeout.clear();
    if (this.#done.length === 0) return this.#running > 0;
    if (this.#shouldReport()) return false;
    const linger = this.#timeout(SENDER_LINGER_MS);
    while (!this.#shouldReport() && !linger.isOver()) await this.#nextEnd();
    linger.clear();
    return false;
  }

  /** A timeout that also ends the wait for the next result; null for none. */
  #timeout(ms: number | null): { readonly isOver: () => boolean; readonly clear: () => void } {
    let isOver = false;
    const expire = (): void => {
      isOver = true;
      this.#onEnd();
    };
    const timer = ms === null ? undefined : setTimeout(expire, ms);
    return { isOver: () => isOver, clear: () => clearTimeout(timer) };
  }

  #shouldReport(): boolean {
    return this.#claimed.length === 0 || this.#done.length >= SENDER_SLOTS;
  }

  #nextEnd(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }
}

type Due = Pick<DeliveryMessage, "tenant">;

/**
 * Sends a tenant's due deliveries: the work that one message starts. A lost message is harmless, because the tenant's
 * object sends it again.
 */
export async function deliver(
  message: Due,
  env: Env,
  config: Config,
  dependencies: DeliveryDependencies,
): Promise<void> {
  // Sent after the run, because every connection of the invocation is a delivery's until then.
  const spans = spansTo(config.traces, null);
  const tools = {
    tenant: () => tenantOf(env, message),
    send: async (job: DeliveryJob): Promise<DeliveryReport> => {
      const outcome = await postWebhook(job, config.targets, dependencies);
      await failAt("delivery.sent", config);
      const report = { id: job.id, attempt: job.attempt, outcome };
      traceAttempt(spans, job, report, message.tenant, dependencies.now());
      return report;
    },
    log: (reports: readonly DeliveryReport[]) => logReports(env.COUNTERS, reports, message.tenant),
  };
  try {
    const more = await new Sender(tools).run();
    if (more) await env.DELIVERIES.send({ kind: "deliveries", tenant: message.tenant });
  } catch (error) {
    logBug("delivery_failed", error, { work: "delivery" });
  }
  await spans?.flush();
}

/** The span of one attempt: its status, never the address. */
function traceAttempt(
  spans: Spans | null,
  job: DeliveryJob,
  report: DeliveryReport,
  tenant: string,
  endedAt: number,
): void {
  const { status, tookMs } = report.outcome;
  spans?.add("delivery", {
    startedAt: endedAt - tookMs,
    endedAt,
    resource: job.resource ?? "",
    failed: status === null || status >= 300,
    fields: { work: "delivery", attempt: job.attempt, ...(status === null ? {} : { status }), ...ownerOf(tenant) },
  });
}

/**
 * One log line for all results with the same status that are reported together: never the address. Each attempt has its
 * own entry in the delivery's log.
 */
function logReports(counters: Counters, reports: readonly DeliveryReport[], tenant: string): void {
  const statuses = new Set(reports.map(({ outcome }) => outcome.status));
  for (const status of statuses) {
    const same = reports.filter(({ outcome }) => outcome.status === status);
    logCounted(counters, "delivery", {
      work: "delivery",
      count: same.length,
      attempt: Math.max(...same.map(({ attempt: nth }) => nth)),
      ms: Math.max(...same.map(({ outcome }) => outcome.tookMs)),
      ...(status === null ? {} : { status }),
      ...ownerOf(tenant),
    });
  }
}

const tenantOf = (env: Env, { tenant }: Due): TenantRpc => env.TENANT.getByName(tenant) as unknown as TenantRpc; // TenantObject implements TenantRpc
