/**
 * Downloads of finished files; bodies are returned unread. The Nemo token is sent to upstream's own host only. A URL
 * that upstream returns is checked like any other, and so is every URL that it redirects to.
 */

import { err, ok, type Result } from "../core/result.ts";
import { openTarget } from "../core/ssrf.ts";
import { classifyAnswer, malformed, type NemoFailure, unavailable } from "./errors.ts";
import { breakMessage, type HttpOptions, openDeadline, readAnswer, send, sendRequest } from "./http.ts";
import { parseJson, stringAt } from "./json.ts";

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
