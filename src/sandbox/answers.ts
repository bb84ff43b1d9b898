/** The API's envelopes (nemo-api reference section 1.2). */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { encodeJson } from "./raw-json.ts";
import type { Switches } from "./switches.ts";

/** JSON that may hold text spelled beforehand. */
export const jsonAnswer = (value: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(encodeJson(value), { status, headers: { "content-type": "application/json", ...headers } });

export const okAnswer = (data: unknown): Response => jsonAnswer({ code: 0, data });

/** Body codes with their meaning and the HTTP status they have where the server does not answer 200. */
const CODES = {
  1001: ["token is invalid or expired", 401],
  1002: ["session not found", 404],
  2001: ["insufficient credits", 402],
  4001: ["unsupported file type", 415],
  4002: ["file too large", 413],
} as const satisfies Record<number, readonly [string, ContentfulStatusCode]>;

export type BodyCode = keyof typeof CODES;

export function codeAnswer(code: BodyCode, switches: Switches): Response {
  const [message, status] = CODES[code];
  return jsonAnswer({ code, message, data: null }, switches.code_status === "200" ? 200 : status);
}

/** A refusal that is an HTTP status by nature: 400, 402, 403, 404, 429. */
export const statusAnswer = (c: Context, status: ContentfulStatusCode, message: string): Response =>
  c.json({ code: status, message, data: null }, status);

/** FastAPI's answer to a body that lacks fields. */
export const missingFields = (fields: readonly string[]): Response =>
  jsonAnswer(
    { detail: fields.map((field) => ({ type: "missing", loc: ["body", field], msg: "Field required", input: null })) },
    422,
  );

/** How `/run_sse` says that a session is unknown. */
export function missingSession(sessionId: string, switches: Switches): Response {
  switch (switches.missing_session) {
    case "1002":
      return codeAnswer(1002, switches);
    case "adk_404":
      return jsonAnswer({ detail: "Session not found" }, 404);
    case "adk_404_id":
      return jsonAnswer({ detail: `Session not found: ${sessionId}` }, 404);
    case "adk_js":
      return jsonAnswer({ error: `Session not found: ${sessionId}` }, 404);
  }
}
