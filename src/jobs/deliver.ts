/**
 * The delivery queue's consumer. A message says that a tenant has something due; a sender takes it from the tenant's object,
 * sends it, and reports how it went.
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
import type { DeliveryJob, DeliveryOutcome, DeliveryReport, TenantRpc } from "../core/rpc/tenant.ts";
import { explainTarget, resolveTarget, type TargetPolicy } from "../core/ssrf.ts";
import { type Config, type DeliveryMessage, type Env, readConfig } from "../env.ts";
import { failAt } from "../failpoints.ts";
import { log, logBug } from "../log.ts";

/* One webhook over HTTP: what is sent, how long it is awaited, how much of the answer is read. */

/** What this job needs of the world outside. */
export type DeletionDependencies = {
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
};

/** Posts a signed webhook. Redirects are not followed, the address is judged anew, the answer is read up to 1,000 bytes. */
export async function postWebhook(
  job: DeliveryJob,
  judge: TargetPolicy,
  { fetch, now }: DeletionDependencies,
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
    if (target === null) return failed("no connection"); // to the DNS that says whose address it is
    if (!target.ok) return failed(explainTarget(target.error));
    const sent = fetch(target.value, {
      method: "POST",
      headers: job.headers,
      body: job.body,
      redirect: "manual",
      signal: abort.signal,
    });
    const response = await Promise.race([sent, aborted(abort.signal)]);
    const answer = await readSome(response, DELIVERY_ANSWER_BYTES);
    return {
      status: response.status,
      answer,
      error: null,
      retryAfterMs: retryAfterMs(response.headers.get("retry-after"), now()),
      tookMs: now() - started,
    };
  } catch {
    // A refused connection, a failed lookup and a time-out all throw, each with other words: they mean the same here.
    return failed(abort.signal.aborted ? "no answer in time" : "no connection");
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects when it is aborted: whatever an attempt waits for, its time is its time. */
const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  });

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

/*
 * One run of the sender for one tenant: takes what is due from the tenant's object, keeps `SENDER_SLOTS` requests open, and
 * reports how they went in the calls that take more.
 *
 * While a call is on its way the slots go on with what was taken ahead. Ahead are as many as were just answered, and never more
 * than one for each slot. What waits too long for a slot, because receivers hang, is given back for another run to send.
 */

/** What a run needs: the way to the tenant's object, one attempt, and somebody who is told of those that are over. */
export type Tools = {
  readonly door: () => TenantRpc;
  readonly send: (job: DeliveryJob) => Promise<DeliveryReport>;
  readonly tell: (reports: readonly DeliveryReport[]) => void;
};

export class Sender {
  readonly #tools: Tools;
  /** Taken, and not begun. */
  readonly #stock: DeliveryJob[] = [];
  /** Over, and not told. */
  readonly #done: DeliveryReport[] = [];
  readonly #until = Date.now() + SENDER_MS;
  #running = 0;
  #taken = 0;
  /** Called when an attempt is over. */
  #over: () => void = () => {};

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /** Sends until nothing more is given out; true when it stopped because it had its share. */
  async run(): Promise<boolean> {
    for (let isStuck = false; ; isStuck = await this.#untilWorthACall()) {
      const unsent = isStuck || this.#isLate ? this.#stock.splice(0) : [];
      const ahead = Math.min(SENDER_SLOTS, this.#done.length);
      const room = SENDER_SLOTS + ahead - this.#running - this.#stock.length;
      const left = this.#isLate || isStuck ? 0 : SENDER_ATTEMPTS - this.#taken;
      const given = await this.#exchange(Math.min(room, left), unsent);
      this.#taken += given.length;
      this.#stock.push(...given);
      this.#begin();
      if (this.#running + this.#done.length + this.#stock.length === 0) return left === 0;
    }
  }

  get #isLate(): boolean {
    return Date.now() >= this.#until;
  }

  /** Reports, gives back and takes. A report that found its object restarting is made once more: it is not heard twice. */
  async #exchange(want: number, unsent: readonly DeliveryJob[]): Promise<DeliveryJob[]> {
    const done = this.#done.splice(0);
    this.#tools.tell(done);
    const back = unsent.map(({ id, attempt }) => ({ id, attempt }));
    try {
      return await this.#tools.door().workDeliveries(done, want, back);
    } catch (error) {
      if (done.length + back.length === 0) throw error;
      return this.#tools.door().workDeliveries(done, 0, back);
    }
  }

  /** Fills the free slots. */
  #begin(): void {
    while (this.#running < SENDER_SLOTS && !this.#isLate) {
      const job = this.#stock.shift();
      if (job === undefined) return;
      this.#running += 1;
      void this.#attempt(job);
    }
  }

  async #attempt(job: DeliveryJob): Promise<void> {
    try {
      this.#done.push(await this.#tools.send(job));
    } catch (error) {
      logBug("delivery_failed", error, { work: "delivery" }); // its lease will end, and it is sent again
    }
    this.#running -= 1;
    this.#begin();
    this.#over();
  }

  /**
   * Waits for an end to report; with something left to send, a moment longer for others to go with it. True where none came and
   * what was taken ahead has waited long enough.
   */
  async #untilWorthACall(): Promise<boolean> {
    const timeout = this.#alarm(this.#stock.length > 0 ? SENDER_SLOT_WAIT_MS : null);
    while (this.#done.length === 0 && this.#running > 0 && !timeout.isOver()) await this.#nextEnd();
    timeout.clear();
    if (this.#done.length === 0) return this.#running > 0;
    if (this.#isWorthACall()) return false;
    const linger = this.#alarm(SENDER_LINGER_MS);
    while (!this.#isWorthACall() && !linger.isOver()) await this.#nextEnd();
    linger.clear();
    return false;
  }

  /** Ends a wait for the next end after this long; never where that is null. */
  #alarm(ms: number | null): { readonly isOver: () => boolean; readonly clear: () => void } {
    let isOver = false;
    const ring = (): void => {
      isOver = true;
      this.#over();
    };
    const timer = ms === null ? undefined : setTimeout(ring, ms);
    return { isOver: () => isOver, clear: () => clearTimeout(timer) };
  }

  #isWorthACall(): boolean {
    return this.#stock.length === 0 || this.#done.length >= SENDER_SLOTS;
  }

  #nextEnd(): Promise<void> {
    return new Promise((resolve) => {
      this.#over = resolve;
    });
  }
}

/**
 * Begins a sender for every message of a batch, side by side, and holds the queue up for none of them: they go on by `continueWith` after
 * the batch is over, so that receivers which hang keep nobody else's message waiting. A message is only a nudge: whatever goes
 * wrong here, the tenant's object will nudge again.
 */
export function deliverAll(
  batch: MessageBatch<DeliveryMessage>,
  env: Env,
  dependencies: DeletionDependencies,
  continueWith: (work: Promise<void>) => void,
): void {
  const config = readConfig(env);
  for (const { body } of batch.messages) continueWith(deliver(body, env, config, dependencies));
  batch.ackAll();
}

async function deliver(
  message: DeliveryMessage,
  env: Env,
  config: Config,
  dependencies: DeletionDependencies,
): Promise<void> {
  const tools = {
    door: () => tenantOf(env, message),
    send: (job: DeliveryJob) => attempt(job, config, dependencies),
    tell: (reports: readonly DeliveryReport[]) => tell(reports, message.tenant),
  };
  try {
    const more = await new Sender(tools).run();
    if (more) await env.DELIVERIES.send(message);
  } catch (error) {
    logBug("delivery_failed", error, { work: "delivery" });
  }
}

async function attempt(job: DeliveryJob, config: Config, dependencies: DeletionDependencies): Promise<DeliveryReport> {
  const outcome = await postWebhook(job, config.targets, dependencies);
  await failAt("delivery.sent", config);
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

const tenantOf = (env: Env, { tenant }: DeliveryMessage): TenantRpc =>
  env.TENANT.getByName(tenant) as unknown as TenantRpc; // TenantObject implements TenantRpc
