/** Errors as answers: `application/problem+json`, the same shape for every one. */

import type { ValidationTargets } from "hono";
import { HTTPException } from "hono/http-exception";
import type * as z from "zod";
import {
  asSent,
  ERRORS,
  type ErrorCode,
  type FieldError,
  faultWords,
  type Problem,
  problemOf,
} from "../core/errors.ts";
import { rateLimitHeaders } from "../core/quota.ts";
import type { Result } from "../core/result.ts";
import { cut } from "../core/text.ts";
import type { ProblemWire } from "../core/wire/problem.ts";
import { USER_NAME_RULE } from "../core/wire/user.ts";
import { logBug } from "../log.ts";
import type { Ctx } from "./context.ts";
import { countError } from "./middleware/log.ts";

/* A refusal that leaves the Worker: thrown only in http and routes, turned into a problem document in one place. */

export class ApiError extends Error {
  readonly problem: Problem;
  /** Headers that belong to this refusal, such as `Allow` or `Content-Range`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(given: Problem, headers: Readonly<Record<string, string>> = {}) {
    super(given.code);
    this.name = "ApiError";
    this.problem = given;
    this.headers = headers;
  }

  get status(): number {
    return ERRORS[this.problem.code].status;
  }
}

/** A refusal ready to throw. */
export const apiError = (code: ErrorCode, detail: string, more: Omit<Problem, "code" | "detail"> = {}): ApiError =>
  new ApiError(problemOf(code, detail, more));

/** The one answer for what does not exist, is another's, or has an id of another shape. */
export const notFound = (): ApiError => apiError("not_found", "Nothing with this id exists for this key and mode.");

/** A success's value. Throws the refusal of anything else. */
export function unwrap<T>(result: Result<T, Problem>): T {
  if (!result.ok) throw new ApiError(result.error);
  return result.value;
}

/** A refusal as a problem document. */
export function toProblemWire(problem: Problem, origin: string, requestId: string): ProblemWire {
  const row = ERRORS[problem.code];
  return {
    type: problem.type ?? `${origin}/docs/errors#${problem.code}`,
    title: row.title,
    status: row.status,
    detail: problem.detail,
    code: problem.code,
    request_id: requestId,
    retryable: row.retryable,
    ...(problem.charged ? { charged: problem.charged } : {}),
    ...(problem.hint ? { hint: problem.hint } : {}),
    ...(problem.errors ? { errors: problem.errors.map((error) => ({ ...error })) } : {}),
    ...problem.members,
    ...(problem.registerUrl ? { register_url: problem.registerUrl } : {}),
  };
}

const CHALLENGES = ['Bearer realm="nemo-gateway"', 'Basic realm="nemo-gateway", charset="UTF-8"'];

/** The answer to anything thrown. What is not a refusal is a bug: logged, and answered with a fixed sentence. */
export function onError(error: Error, c: Ctx): Response {
  const problem = asApiError(error);
  if (problem === null) logBug("bug", error, { request_id: c.var.requestId });
  return answer(
    problem ?? apiError("internal", "This is our fault and it was logged; quote the request id when you report it."),
    c,
  );
}

function answer(error: ApiError, c: Ctx): Response {
  const { status } = error;
  const sentAt = c.get("sentAt") as Ctx["var"]["sentAt"] | undefined; // none when it failed before setup
  const problem = sentAt === undefined ? error.problem : asSent(error.problem, sentAt);
  c.set("code", problem.code);
  countError(c, problem.code);
  const headers = new Headers({
    "Content-Type": "application/problem+json",
    "Cache-Control": "no-store",
    ...(problem.limit ? rateLimitHeaders(problem.limit) : {}),
    ...error.headers,
  });
  if (status === 401) for (const challenge of CHALLENGES) headers.append("WWW-Authenticate", challenge);
  if (problem.retryAfterSeconds !== undefined)
    headers.set("Retry-After", String(Math.max(1, Math.ceil(problem.retryAfterSeconds))));
  return new Response(JSON.stringify(toProblemWire(problem, c.var.origin, c.var.requestId)), { status, headers });
}

/** Hono and its validators refuse with exceptions of their own; they get our words. */
function asApiError(error: Error): ApiError | null {
  if (error instanceof ApiError) return error;
  if (!(error instanceof HTTPException)) return null;
  if (error.status === 415) return apiError("unsupported_content_type", "Send the body as application/json.");
  if (error.status === 400) return apiError("malformed_json", "The body is not valid JSON.");
  return null;
}

/* What a schema found wrong, as field errors that say where: `/prompt`, `query:limit`, `header:X-User-Id`. */

/** Field errors in one answer. Chosen: more would not be read. */
const FIELD_ERRORS = 20;

/** Where lists and streams are told from which position they go on. One that cannot be read has a code of its own. */
const CURSORS = ["query:after", "query:lastEventId", "query:Last-Event-ID"];

type Issue = z.core.$ZodIssue;
type Outcome = {
  readonly target: keyof ValidationTargets;
  readonly success: boolean;
  readonly error?: { readonly issues: readonly Issue[] };
};

/**
 * Refuses what a schema refused. Fits the hooks of both validators. A path's id of another shape looks missing; a user's name
 * is the caller's own choice, and is told what it lacks.
 */
export function checkInvalid(outcome: Outcome): void {
  if (outcome.success || !outcome.error) return;
  if (outcome.target === "param") {
    if (!outcome.error.issues.every(({ message }) => message === USER_NAME_RULE)) throw notFound();
    const errors = [{ field: "path:id", message: USER_NAME_RULE }];
    throw apiError("invalid_request", `The user's name in the path ${USER_NAME_RULE}.`, { errors });
  }
  const errors = outcome.error.issues.flatMap((issue) => fieldErrors(issue, outcome.target)).slice(0, FIELD_ERRORS);
  const code = errors.every(({ field }) => CURSORS.includes(field)) ? "invalid_cursor" : "invalid_request";
  throw apiError(code, errors.map(({ field, message }) => `${field}: ${message}`).join("; "), { errors });
}

function fieldErrors(issue: Issue, target: keyof ValidationTargets): FieldError[] {
  if (issue.code !== "unrecognized_keys")
    return [{ field: place([...issue.path], target), message: faultWords(issue) }];
  return issue.keys.map((key) => ({ field: place([...issue.path, key], target), message: "is not a known field" }));
}

/** A JSON pointer (RFC 6901) in a body; the whole body is `/`. */
function place(path: readonly PropertyKey[], target: keyof ValidationTargets): string {
  const parts = path.map((part) => cut(String(part), 60));
  if (target !== "json") return `${target}:${parts.join(".")}`;
  return `/${parts.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`;
}

/* What a request still asks once it has made something. */

/**
 * A reading after a commit; null where it is refused or fails. After a commit a request is never refused: whoever is told that it
 * failed sends it again, and pays again.
 */
export async function afterCommit<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof ApiError)) logBug("reading_failed", error);
    return null;
  }
}
