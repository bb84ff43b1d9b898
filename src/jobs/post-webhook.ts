/** One webhook over HTTP: what is sent, how long it is awaited, how much of the answer is read. */
import { DELIVERY_ANSWER_BYTES } from "../core/limits.ts";
import { retryAfterMs } from "../core/retry-after.ts";
import { explainTarget, type Judge, resolveTarget } from "../core/target.ts";
import type { DeliveryJob, DeliveryOutcome } from "../core/tenant-port.ts";

/** What this job needs of the world outside. */
export type Outside = {
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
};

/** Posts a signed webhook. Redirects are not followed, the address is judged anew, the answer is read up to 1,000 bytes. */
export async function postWebhook(job: DeliveryJob, judge: Judge, { fetch, now }: Outside): Promise<DeliveryOutcome> {
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
