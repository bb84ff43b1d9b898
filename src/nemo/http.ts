/** One request towards upstream: built, sent once, waited for with an end. Never throws, never sends again. */
import { err, ok, type Result } from "../core/result.ts";
import type { Judge } from "../core/target.ts";
import { breakWords, readAnswer } from "./body.ts";
import { unavailable } from "./classify.ts";
import { type Deadline, openDeadline } from "./deadline.ts";
import { type Answer, failureOf, type Opened, open } from "./envelope.ts";
import type { Endpoint, NemoFailure } from "./failures.ts";
import type { Timeouts } from "./limits.ts";

/** What every call needs: where, how, as whom, how long. */
export type Wire = {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly fetch: (request: Request) => Promise<Response>;
  /** The three attribution headers. */
  readonly attribution: Readonly<Record<string, string>>;
  readonly targets: Judge;
  readonly timeouts: Timeouts;
  readonly watch: Watch;
};

/** Told when a request leaves; what it answers with is told the status, null for none, once the answer's headers are here. */
export type Watch = (at: Endpoint) => (status: number | null) => void;

export type Call = {
  readonly at: Endpoint;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A JSON text, sent as `application/json`. */
  readonly json?: string;
  /** Any other body; its `Content-Type` goes into `headers`. */
  readonly body?: ReadableStream<Uint8Array>;
};

/** The request of a call; null when it cannot be made (a token or an id with characters that no header or address can hold). */
function build(wire: Wire, call: Call, signal: AbortSignal): Request | null {
  try {
    const headers = new Headers({ ...wire.attribution, ...call.headers });
    if (call.token !== undefined) headers.set("authorization", `Bearer ${call.token}`);
    if (call.json !== undefined) headers.set("content-type", "application/json");
    const body = call.json ?? call.body;
    // A redirect is never followed with the token: it would carry it to another host.
    const init: RequestInit & { duplex?: "half" } = { method: call.method, headers, signal, redirect: "manual" };
    if (body !== undefined) init.body = body;
    if (call.body !== undefined) init.duplex = "half"; // asked for by the Fetch standard for streamed bodies; workerd ignores it
    return new Request(`${wire.baseUrl}${call.path}`, init);
  } catch {
    return null;
  }
}

/** Sends a call; resolves when the answer's headers are here, whatever its status. The deadline is the caller's to arm and release. */
export async function send(wire: Wire, call: Call, deadline: Deadline): Promise<Result<Response, NemoFailure>> {
  if (deadline.signal.aborted) return err(unavailable(call.at, "no", "cancelled before it was sent"));
  const request = build(wire, call, deadline.signal);
  if (request === null)
    return err({ at: call.at, status: null, code: null, reason: "refused", message: "the request could not be built" });
  return sendRequest(wire, call.at, request, deadline);
}

/** Sends a request that is already built, once. */
export async function sendRequest(
  wire: Wire,
  at: Endpoint,
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
    // An answer that comes after we gave up is closed, so that its connection is not held.
    sent?.then((late) => late.body?.cancel()).catch(() => undefined);
    return err(unavailable(at, "maybe", breakWords(error)));
  }
}

/** Sends a call and reads its whole answer, success or not, within `timeoutMs`. */
export async function ask(
  wire: Wire,
  call: Call,
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

/** Sends a call and opens its answer's envelope. */
export async function askData(wire: Wire, call: Call, timeoutMs?: number): Promise<Result<Opened, NemoFailure>> {
  const answer = await ask(wire, call, timeoutMs);
  return answer.ok ? open(answer.value) : answer;
}

/** Sends a call whose answer needs no reading: any 2xx without an error mark is a yes. */
export async function askYes(wire: Wire, call: Call): Promise<Result<null, NemoFailure>> {
  const answer = await ask(wire, call);
  if (!answer.ok) return answer;
  const failure = failureOf(answer.value);
  return failure === null ? ok(null) : err(failure);
}
