/**
 * Export jobs: submit, poll, cancel. The client chooses a job's id, so that a submit without an answer can be polled.
 */
import { err, ok, type Result } from "../core/result.ts";
import type { RenderProgress, RenderRequest } from "./client.ts";
import { classifyAnswer, malformed, messageOf, type NemoFailure, safeText } from "./errors.ts";
import { ask, askOk, type HttpOptions } from "./http.ts";
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
