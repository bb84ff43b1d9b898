/** Finished files: their answers are handed on unread. The Nemo token goes to upstream's own host only. */
import { err, ok, type Result } from "../core/result.ts";
import { readAnswer } from "./body.ts";
import { garbled } from "./classify.ts";
import { openDeadline } from "./deadline.ts";
import { failureOf } from "./envelope.ts";
import type { NemoFailure } from "./failures.ts";
import { send, sendRequest, type Wire } from "./http.ts";
import { parseJson } from "./json.ts";
import { stringAt } from "./read.ts";

/** An address that may be fetched: https, or http where upstream itself is reached by http (a local stand-in). */
function fetchable(wire: Wire, url: string): URL | null {
  try {
    const parsed = new URL(url);
    const plain = parsed.protocol === "http:" && wire.baseUrl.startsWith("http:");
    return parsed.protocol === "https:" || plain ? parsed : null;
  } catch {
    return null;
  }
}

const isJson = (response: Response): boolean => /\bjson\b/i.test(response.headers.get("content-type") ?? "");

/** A file's answer, or the failure that its status means. */
async function asFile(
  wire: Wire,
  at: "result" | "render_download",
  response: Response,
): Promise<Result<Response, NemoFailure>> {
  if (response.ok) return ok(response);
  const deadline = openDeadline();
  deadline.arm("total", wire.timeouts.jsonMs, "timeout");
  const answer = await readAnswer(at, response, deadline);
  deadline.release();
  if (!answer.ok) return answer;
  return err(failureOf(answer.value) ?? garbled(at, response.status, "not a file"));
}

/** GET of a result's own address, without token and attribution: it is another host's. Redirects are followed. */
export async function fetchResult(wire: Wire, url: string): Promise<Result<Response, NemoFailure>> {
  const at = "result";
  const address = fetchable(wire, url);
  if (address === null)
    return err({ at, status: null, code: null, reason: "refused", message: "not an address that may be fetched" });
  const deadline = openDeadline();
  deadline.arm("headers", wire.timeouts.fileHeadersMs, "timeout");
  const response = await sendRequest(wire, at, new Request(address, { signal: deadline.signal }), deadline);
  deadline.release();
  return response.ok ? asFile(wire, at, response.value) : response;
}

/**
 * GET `/api/render/proxy/{id}/download`: the file itself, a redirect to it, or JSON that names its address; each ends in the file's answer.
 * Source: nemo-api reference section 7.4.
 */
export async function downloadRender(
  wire: Wire,
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
    return err(failureOf(answer.value, body) ?? garbled(at, response.status, "neither a file nor an address"));
  } finally {
    deadline.release();
  }
}
