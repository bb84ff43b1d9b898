/**
 * Sends one request to upstream, once, with timeouts, and reads its answer up to a limit. Never throws and never
 * retries.
 */
import { err, ok, type Result } from "../core/result.ts";
import type { TargetPolicy } from "../core/ssrf.ts";
import {
  type Answer,
  classifyAnswer,
  malformed,
  type NemoFailure,
  open,
  safeText,
  type UnwrappedAnswer,
  type UpstreamCall,
  unavailable,
} from "./errors.ts";
import { ERROR_ANSWER_BYTES, JSON_ANSWER_BYTES, type Timeouts } from "./limits.ts";

/** Why a wait was ended. A deadline rejects promises even if their source ignores the signal. */
export class Interrupted extends Error {
  readonly why: "timeout" | "idle" | "cancelled";
  constructor(why: "timeout" | "idle" | "cancelled") {
    super(why);
    this.name = "Interrupted";
    this.why = why;
  }
}

/** The timeouts of one request. */
export type Deadline = {
  readonly signal: AbortSignal;
  /** Starts or restarts the timeout `name`; when it ends, the signal fires with `why`. */
  arm(name: string, ms: number, why: "timeout" | "idle"): void;
  disarm(name: string): void;
  cancel(): void;
  /** The promise's result, or a rejection with the signal's reason if that fires first. */
  within<T>(promise: Promise<T>): Promise<T>;
  /** Stops all timeouts and detaches the outer signal. The own signal keeps its state. */
  release(): void;
};

type Wait = { readonly at: number; readonly why: "timeout" | "idle" };

/**
 * Creates a deadline that also fires, as cancelled, when `outer` does.
 *
 * A stream restarts its idle timeout with every read and rarely reaches it, so restarting only records the time: a
 * single timer checks the earliest one, and is set again if that has moved meanwhile.
 */
export function openDeadline(outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  const timeouts = new Map<string, Wait>();
  const waiting = new Set<(reason: unknown) => void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let checksAt = Number.POSITIVE_INFINITY;

  const stop = (why: Interrupted["why"]): void => {
    controller.abort(new Interrupted(why));
    for (const giveUp of waiting) giveUp(controller.signal.reason);
  };
  const cancel = (): void => stop("cancelled");
  const checkAt = (at: number): void => {
    clearTimeout(timer);
    checksAt = at;
    timer = setTimeout(check, at - Date.now());
  };
  const check = (): void => {
    checksAt = Number.POSITIVE_INFINITY;
    const [next] = [...timeouts.values()].sort((one, other) => one.at - other.at);
    if (next === undefined) return;
    if (next.at <= Date.now()) stop(next.why);
    else checkAt(next.at);
  };

  if (outer?.aborted === true) cancel();
  else outer?.addEventListener("abort", cancel, { once: true });
  return {
    signal: controller.signal,
    cancel,
    disarm: (name) => void timeouts.delete(name),
    arm(name, ms, why) {
      const at = Date.now() + ms;
      timeouts.set(name, { at, why });
      if (at < checksAt) checkAt(at);
    },
    within: (promise) =>
      new Promise((resolve, reject) => {
        if (controller.signal.aborted) reject(controller.signal.reason);
        waiting.add(reject);
        const settle =
          <V>(end: (value: V) => void) =>
          (value: V): void => {
            waiting.delete(reject);
            end(value);
          };
        promise.then(settle(resolve), settle(reject));
      }),
    release() {
      clearTimeout(timer);
      checksAt = Number.POSITIVE_INFINITY;
      timeouts.clear();
      outer?.removeEventListener("abort", cancel);
    },
  };
}

/** Why a connection broke, as text for a failure's evidence. */
export const breakMessage = (error: unknown): string =>
  error instanceof Interrupted ? error.why : safeText(error instanceof Error ? error.message : String(error));

/** Chosen: most answers fit. */
const FIRST_BLOCK_BYTES = 4_096;

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
const loose = new TextDecoder("utf-8");

/**
 * Collects bytes in one growing block, so that a body in a million tiny chunks costs no more than one in a single
 * chunk.
 */
function collector(): { size(): number; add(chunk: Uint8Array): void; text(): { text: string; exact: boolean } } {
  let block = new Uint8Array(FIRST_BLOCK_BYTES);
  let size = 0;
  return {
    size: () => size,
    add(chunk) {
      if (size + chunk.byteLength > block.byteLength) {
        const grown = new Uint8Array(Math.max(block.byteLength * 2, size + chunk.byteLength));
        grown.set(block.subarray(0, size));
        block = grown;
      }
      block.set(chunk, size);
      size += chunk.byteLength;
    },
    text() {
      const bytes = block.subarray(0, size);
      try {
        return { text: strict.decode(bytes), exact: true };
      } catch {
        return { text: loose.decode(bytes), exact: false };
      }
    },
  };
}

/** Whether the announced length alone exceeds the limit. Compressed bodies announce less than they contain. */
const announcedAbove = (response: Response, cap: number): boolean =>
  Number(response.headers.get("content-length") ?? "0") > cap;

/**
 * Reads the whole body up to a limit: a success above `JSON_ANSWER_BYTES` is malformed; an error's body is read up to
 * `ERROR_ANSWER_BYTES` and the rest discarded. The body is cancelled when reading stops.
 */
export async function readAnswer(
  at: UpstreamCall,
  response: Response,
  deadline: Deadline,
): Promise<Result<Answer, NemoFailure>> {
  const { status, headers } = response;
  const cap = response.ok ? JSON_ANSWER_BYTES : ERROR_ANSWER_BYTES;
  const tooBig = malformed(at, status, `an answer above ${cap} bytes`);
  const reader = response.body?.getReader();
  if (reader === undefined) return ok({ at, status, headers, text: "", exact: true });
  const body = collector();
  const giveUp = (): void => void reader.cancel().catch(() => undefined);
  if (response.ok && announcedAbove(response, cap)) {
    giveUp();
    return err(tooBig);
  }
  try {
    for (;;) {
      const { done, value } = await deadline.within(reader.read());
      if (done) break;
      if (body.size() + value.byteLength > cap) {
        giveUp();
        if (response.ok) return err(tooBig);
        break;
      }
      body.add(value);
    }
  } catch (error) {
    giveUp();
    if (response.ok) return err(unavailable(at, "maybe", `the answer broke off: ${breakMessage(error)}`, status));
  }
  return ok({ at, status, headers, ...body.text() });
}

/** The settings that every call needs. */
export type HttpOptions = {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly fetch: (request: Request) => Promise<Response>;
  /** The three attribution headers. */
  readonly attribution: Readonly<Record<string, string>>;
  readonly targets: TargetPolicy;
  readonly timeouts: Timeouts;
  readonly watch: Watch;
};

/**
 * Called when a request is sent. The returned function is called with the status once the answer's headers have
 * arrived, or with null without an answer.
 */
export type Watch = (at: UpstreamCall) => (status: number | null) => void;

export type HttpCall = {
  readonly at: UpstreamCall;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A JSON text, sent as `application/json`. */
  readonly json?: string;
  /** Any other body; its `Content-Type` goes into `headers`. */
  readonly body?: ReadableStream<Uint8Array>;
};

/**
 * Sends a call; resolves when the answer's headers have arrived, whatever the status. The caller starts and releases
 * the deadline.
 */
export async function send(
  wire: HttpOptions,
  call: HttpCall,
  deadline: Deadline,
): Promise<Result<Response, NemoFailure>> {
  const { at, method, path, token, json, body } = call;
  const { signal } = deadline;
  if (signal.aborted) return err(unavailable(at, "no", "cancelled before it was sent"));
  let request: Request;
  try {
    const headers = new Headers({ ...wire.attribution, ...call.headers });
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    if (json !== undefined) headers.set("content-type", "application/json");
    // Redirects are not followed, since they would carry the token to another host.
    const init: RequestInit & { duplex?: "half" } = { method, headers, signal, redirect: "manual" };
    const content = json ?? body;
    if (content !== undefined) init.body = content;
    if (body !== undefined) init.duplex = "half"; // the Fetch standard requires it for streamed bodies; workerd ignores it
    request = new Request(`${wire.baseUrl}${path}`, init);
  } catch {
    // A token or an id has characters that no header or URL may contain.
    return err({ at, status: null, code: null, reason: "rejected", message: "the request could not be built" });
  }
  return sendRequest(wire, at, request, deadline);
}

/** Sends a built request, once. */
export async function sendRequest(
  wire: HttpOptions,
  at: UpstreamCall,
  request: Request,
  deadline: Deadline,
): Promise<Result<Response, NemoFailure>> {
  let sent: Promise<Response> | null = null;
  const answered = wire.watch(at);
  try {
    sent = wire.fetch(request);
    const response = await deadline.within(sent);
    answered(response.status);
    return ok(response);
  } catch (error) {
    answered(null);
    // An answer that comes after the deadline is closed, so that its connection is freed.
    sent?.then((late) => late.body?.cancel()).catch(() => undefined);
    return err(unavailable(at, "maybe", breakMessage(error)));
  }
}

/** Sends a call and reads its whole answer, success or not, within `timeoutMs`. */
export async function ask(
  wire: HttpOptions,
  call: HttpCall,
  timeoutMs: number = wire.timeouts.jsonMs,
): Promise<Result<Answer, NemoFailure>> {
  const deadline = openDeadline();
  deadline.arm("total", timeoutMs, "timeout");
  try {
    const response = await send(wire, call, deadline);
    return response.ok ? await readAnswer(call.at, response.value, deadline) : response;
  } finally {
    deadline.release();
  }
}

/** Sends a call and unwraps its answer. */
export async function askData(
  wire: HttpOptions,
  call: HttpCall,
  timeoutMs?: number,
): Promise<Result<UnwrappedAnswer, NemoFailure>> {
  const answer = await ask(wire, call, timeoutMs);
  return answer.ok ? open(answer.value) : answer;
}

/** Sends a call whose answer is not read: any 2xx without a sign of an error is a success. */
export async function askOk(wire: HttpOptions, call: HttpCall): Promise<Result<null, NemoFailure>> {
  const answer = await ask(wire, call);
  if (!answer.ok) return answer;
  const failure = classifyAnswer(answer.value);
  return failure === null ? ok(null) : err(failure);
}
