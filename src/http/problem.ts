/** Errors as answers: `application/problem+json`, the same shape for every one. */
import { HTTPException } from "hono/http-exception";
import { asSent, ERRORS, type Refusal } from "../core/errors.ts";
import { rateLimitHeaders } from "../core/quota.ts";
import type { Problem } from "../core/wire/problem.ts";
import { logBug } from "../log.ts";
import { ApiError, apiError } from "./api-error.ts";
import type { Ctx } from "./context.ts";
import { countError } from "./error-counts.ts";

/** A refusal as a problem document. */
export function problemOf(refusal: Refusal, origin: string, requestId: string): Problem {
  const row = ERRORS[refusal.code];
  return {
    type: refusal.type ?? `${origin}/docs/errors#${refusal.code}`,
    title: row.title,
    status: row.status,
    detail: refusal.detail,
    code: refusal.code,
    request_id: requestId,
    retryable: row.retryable,
    ...(refusal.charged ? { charged: refusal.charged } : {}),
    ...(refusal.hint ? { hint: refusal.hint } : {}),
    ...(refusal.errors ? { errors: refusal.errors.map((error) => ({ ...error })) } : {}),
    ...refusal.members,
    ...(refusal.registerUrl ? { register_url: refusal.registerUrl } : {}),
  };
}

const CHALLENGES = ['Bearer realm="nemo-gateway"', 'Basic realm="nemo-gateway", charset="UTF-8"'];

/** The answer to anything thrown. What is not a refusal is a bug: logged, and answered with a fixed sentence. */
export function onError(error: Error, c: Ctx): Response {
  const refused = asApiError(error);
  if (refused === null) logBug("bug", error, { request_id: c.var.requestId });
  return answer(
    refused ?? apiError("internal", "This is our fault and it was logged; quote the request id when you report it."),
    c,
  );
}

function answer(error: ApiError, c: Ctx): Response {
  const { status } = error;
  const sentAt = c.get("sentAt") as Ctx["var"]["sentAt"] | undefined; // none when it failed before setup
  const refusal = sentAt === undefined ? error.refusal : asSent(error.refusal, sentAt);
  c.set("code", refusal.code);
  countError(c, refusal.code);
  const headers = new Headers({
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    ...(refusal.limit ? rateLimitHeaders(refusal.limit) : {}),
    ...error.headers,
  });
  if (status === 401) for (const challenge of CHALLENGES) headers.append("WWW-Authenticate", challenge);
  if (refusal.retryAfterSeconds !== undefined)
    headers.set("Retry-After", String(Math.max(1, Math.ceil(refusal.retryAfterSeconds))));
  return new Response(JSON.stringify(problemOf(refusal, c.var.origin, c.var.requestId)), { status, headers });
}

/** Hono and its validators refuse with exceptions of their own; they get our words. */
function asApiError(error: Error): ApiError | null {
  if (error instanceof ApiError) return error;
  if (!(error instanceof HTTPException)) return null;
  if (error.status === 415) return apiError("unsupported_content_type", "Send the body as application/json.");
  if (error.status === 400) return apiError("malformed_json", "The body is not valid JSON.");
  return null;
}
