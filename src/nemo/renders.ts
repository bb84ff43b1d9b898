/**
 * Export jobs: submit, poll, cancel, and download of the finished file. The client chooses a job's id, so that a submit without an
 * answer can be polled. Bodies of files are returned unread. The Nemo token is sent to upstream's own host only; a URL that upstream
 * returns is checked like any other, and so is every URL that it redirects to.
 */
import { err, ok, type Result } from "../core/result.ts";
import { openTarget } from "../core/ssrf.ts";
import type { RenderProgress, RenderRequest } from "./client.ts";
import { classifyAnswer, malformed, messageOf, type NemoFailure, safeText, unavailable } from "./errors.ts";
import { ask, askOk, breakMessage, type HttpOptions, openDeadline, readAnswer, send, sendRequest } from "./http.ts";
import { isObject, numberAt, parseJson, stringAt } from "./json.ts";

const PATH = "/api/render/proxy/lambda";

/** The only attested output. Source: nemo-api reference section 7.2. */
const OUTPUT = { format: "mp4", quality: "high" } as const;

/**
 * POST `/api/render/proxy/lambda`. The body is built around the draft's own text, which is never parsed and serialised
 * again.
 *
 * Any 2xx without a sign of an error is a success: the documents contradict each other about the answer (section 7.2),
 * and the job is polled by its id anyway.
 */
export async function submitRender(
  wire: HttpOptions,
  token: string,
  order: RenderRequest,
): Promise<Result<null, NemoFailure>> {
  const at = "render_submit";
  if (parseJson(order.draftText) === undefined)
    return err({ at, status: null, code: null, reason: "rejected", message: "the draft is not JSON" });
  const { renderId, sessionId, draftText, output = OUTPUT } = order;
  const json = `{"id":${JSON.stringify(renderId)},"sessionId":${JSON.stringify(sessionId)},"draft":${draftText},"output":${JSON.stringify(output)}}`;
  return askOk(wire, { at, method: "POST", path: PATH, token, json });
}

/** POST `/api/render/proxy/lambda/{id}/cancel`. Source: section 7.4. */
export async function cancelRender(
  wire: HttpOptions,
  token: string,
  renderId: string,
): Promise<Result<null, NemoFailure>> {
  return askOk(wire, {
    at: "render_cancel",
    method: "POST",
    path: `${PATH}/${encodeURIComponent(renderId)}/cancel`,
    token,
  });
}

/**
 * Upstream's status words in lower case. Attested: pending, processing, completed, failed (section 7.3); the others
 * are likely variants.
 */
const STATUSES: Readonly<Record<string, RenderProgress["status"]>> = {
  pending: "pending",
  queued: "pending",
  submitted: "pending",
  processing: "processing",
  rendering: "processing",
  running: "processing",
  completed: "completed",
  complete: "completed",
  succeeded: "completed",
  success: "completed",
  done: "completed",
  failed: "failed",
  failure: "failed",
  error: "failed",
  cancelled: "cancelled",
  canceled: "cancelled",
  aborted: "cancelled",
};

const isWebAddress = (url: string | null): url is string => url !== null && /^https?:\/\//i.test(url);

function progressOf(body: unknown, job: unknown): RenderProgress | null {
  const word = stringAt(job, "status");
  if (word === null) return null;
  const name = word.trim().toLowerCase();
  // An unknown word counts as still running; the caller's timeout limits the wait.
  const status = (Object.hasOwn(STATUSES, name) ? STATUSES[name] : undefined) ?? "processing";
  const url = stringAt(job, "output.url", "outputUrl", "output_url", "output.outputUrl", "url", "output");
  const progress = numberAt(job, "progress");
  const words = status === "failed" ? safeText(messageOf(job) || messageOf(body)) : "";
  return {
    status,
    progress: progress === null ? null : Math.min(100, Math.max(0, progress)),
    url: isWebAddress(url) ? url : null,
    message: words === "" ? null : words,
    durationSeconds: numberAt(job, "output.duration", "duration"),
    sizeBytes: numberAt(job, "output.size", "size", "fileSize"),
  };
}

/**
 * GET `/api/render/proxy/lambda/{id}`, bare or wrapped. A failed job is an answer, not a failed call: it is recognised
 * before the envelope's own signs of an error, which some servers set for both. Source: section 7.3.
 */
export async function readRender(
  wire: HttpOptions,
  token: string,
  renderId: string,
): Promise<Result<RenderProgress, NemoFailure>> {
  const at = "render_poll";
  const answer = await ask(wire, { at, method: "GET", path: `${PATH}/${encodeURIComponent(renderId)}`, token });
  if (!answer.ok) return answer;
  const body = parseJson(answer.value.text);
  const job = isObject(body) && isObject(body.data) ? body.data : body;
  const { status } = answer.value;
  const progress = status >= 200 && status < 300 ? progressOf(body, job) : null;
  if (progress !== null) return ok(progress);
  return err(classifyAnswer(answer.value, body) ?? malformed(at, status, "an answer without a status"));
}

const isJson = (response: Response): boolean => /\bjson\b/i.test(response.headers.get("content-type") ?? "");

/** The file's answer, or the failure of its status. */
async function asFile(
  wire: HttpOptions,
  at: "result" | "render_download",
  response: Response,
): Promise<Result<Response, NemoFailure>> {
  if (response.ok) return ok(response);
  const deadline = openDeadline();
  deadline.arm("total", wire.timeouts.jsonMs, "timeout");
  const answer = await readAnswer(at, response, deadline);
  deadline.release();
  if (!answer.ok) return answer;
  return err(classifyAnswer(answer.value) ?? malformed(at, response.status, "not a file"));
}

/** Carries a request's failure out of `openTarget`. */
class Unanswered extends Error {
  readonly failure: NemoFailure;
  constructor(failure: NemoFailure) {
    super(failure.reason);
    this.name = "Unanswered";
    this.failure = failure;
  }
}

/**
 * GET of a result's URL, without token and attribution, since it is on another host. Redirects are followed by
 * `openTarget`.
 */
export async function fetchResult(wire: HttpOptions, url: string): Promise<Result<Response, NemoFailure>> {
  const at = "result";
  const deadline = openDeadline();
  deadline.arm("headers", wire.timeouts.fileHeadersMs, "timeout");
  const send = async (request: Request): Promise<Response> => {
    const sent = await sendRequest(wire, at, request, deadline);
    if (sent.ok) return sent.value;
    throw new Unanswered(sent.error);
  };
  try {
    const opened = await deadline.within(openTarget(url, deadline.signal, { ...wire.targets, send }));
    if (opened.ok) return asFile(wire, at, opened.value);
    return err({ at, status: null, code: null, reason: "rejected", message: `an address on the way: ${opened.error}` });
  } catch (error) {
    return err(error instanceof Unanswered ? error.failure : unavailable(at, "maybe", breakMessage(error)));
  } finally {
    deadline.release();
  }
}

/**
 * GET `/api/render/proxy/{id}/download`, which returns the file, a redirect to it, or JSON with its URL; each gives
 * the file's answer. Source: nemo-api reference section 7.4.
 */
export async function downloadRender(
  wire: HttpOptions,
  token: string,
  renderId: string,
): Promise<Result<Response, NemoFailure>> {
  const at = "render_download";
  const deadline = openDeadline();
  deadline.arm("headers", wire.timeouts.fileHeadersMs, "timeout");
  try {
    const sent = await send(
      wire,
      { at, method: "GET", path: `/api/render/proxy/${encodeURIComponent(renderId)}/download`, token },
      deadline,
    );
    if (!sent.ok) return sent;
    const response = sent.value;
    const location = response.headers.get("location");
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      return fetchResult(wire, new URL(location, `${wire.baseUrl}/`).href);
    }
    if (!response.ok || !isJson(response)) return asFile(wire, at, response);
    const answer = await readAnswer(at, response, deadline);
    if (!answer.ok) return answer;
    const body = parseJson(answer.value.text);
    const url = stringAt(body, "data.output.url", "data.outputUrl", "data.url", "output.url", "outputUrl", "url");
    if (url !== null) return fetchResult(wire, url);
    return err(classifyAnswer(answer.value, body) ?? malformed(at, response.status, "neither a file nor an address"));
  } finally {
    deadline.release();
  }
}
