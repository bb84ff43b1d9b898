/** Error responses: `application/problem+json` for every error. */

import type { MiddlewareHandler, ValidationTargets } from "hono";
import { HTTPException } from "hono/http-exception";
import type * as z from "zod";
import {
  ERRORS,
  type ErrorCode,
  type FieldError,
  type Problem,
  problemOf,
  validationMessage,
  withSentFields,
} from "../core/errors.ts";
import type { Result } from "../core/result.ts";
import { cut } from "../core/text.ts";
import { rateLimitHeaders } from "../core/usage/quota.ts";
import type { ProblemWire } from "../core/wire/common.ts";
import { USER_NAME_RULE } from "../core/wire/user.ts";
import { logBug } from "../log.ts";
import type { AppEnv, Ctx } from "./context.ts";

/** An error for the caller. Thrown only in http, routes and services; `onError` makes the response. */
export class ApiError extends Error {
  readonly problem: Problem;
  /** Headers of the response, such as `Allow` or `Content-Range`. */
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

export const apiError = (code: ErrorCode, detail: string, more: Omit<Problem, "code" | "detail"> = {}): ApiError =>
  new ApiError(problemOf(code, detail, more));

/** The error for a resource that does not exist, belongs to another owner, or whose id is malformed. */
export const notFound = (): ApiError => apiError("not_found", "No resource with this id exists for this key and mode.");

/** The value of a successful result. Throws the problem of a failed one. */
export function unwrap<T>(result: Result<T, Problem>): T {
  if (!result.ok) throw new ApiError(result.error);
  return result.value;
}

/** The problem document. */
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

/** The app's error handler. Anything but an ApiError is a bug: it is logged and answered with a fixed text. */
export function onError(error: Error, c: Ctx): Response {
  const problem = asApiError(error);
  if (problem === null) logBug("bug", error, { request_id: c.var.requestId });
  return answer(
    problem ??
      apiError("internal", "An internal error occurred and was logged; include the request id when you report it."),
    c,
  );
}

function answer(error: ApiError, c: Ctx): Response {
  const { status } = error;
  const sentAt = c.get("sentAt") as Ctx["var"]["sentAt"] | undefined; // absent if `setup` did not run
  const problem = sentAt === undefined ? error.problem : withSentFields(error.problem, sentAt);
  c.set("code", problem.code);
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

type OtherForm = {
  readonly body: unknown;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
};

/** The middleware of routes whose protocol has its own form of errors: `form` makes it of the problem document. */
export const errorsAs =
  (form: (error: Error, problem: ProblemWire, c: Ctx) => OtherForm): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    await next();
    if (c.error === undefined) return;
    const { body, status, headers: more = {} } = form(c.error, await c.res.json(), c);
    const headers = new Headers(c.res.headers);
    headers.set("Content-Type", "application/json");
    for (const [name, value] of Object.entries(more)) headers.set(name, value);
    c.res = undefined; // headers of an assigned response are added to those of the one before
    c.res = new Response(JSON.stringify(body), { status, headers });
  };

/** Maps the exceptions of Hono and its validators to ours. Null for any other exception. */
function asApiError(error: Error): ApiError | null {
  if (error instanceof ApiError) return error;
  if (!(error instanceof HTTPException)) return null;
  if (error.status === 415) return apiError("unsupported_content_type", "Send the body as application/json.");
  if (error.status === 400) return apiError("malformed_json", "The body is not valid JSON.");
  return null;
}

/* Validation errors as field errors with a path: `/prompt`, `query:limit`, `header:X-User-Id`. */

/** Field errors per response. Chosen: more would not be read. */
const FIELD_ERRORS = 20;

/** The parameters with cursors, for the code `invalid_cursor`. */
const CURSORS = ["query:after", "query:lastEventId", "query:Last-Event-ID"];

type Issue = z.core.$ZodIssue;
type Outcome = {
  readonly target: keyof ValidationTargets;
  readonly success: boolean;
  readonly error?: { readonly issues: readonly Issue[] };
};

/**
 * Throws for a failed validation; a hook for both validators. A malformed id in the path is `not_found`, except a user's id,
 * which the caller chooses: its error states the rule.
 */
export function checkInvalid(outcome: Outcome): void {
  if (outcome.success || !outcome.error) return;
  if (outcome.target === "param") {
    if (!outcome.error.issues.every(({ message }) => message === USER_NAME_RULE)) throw notFound();
    const errors = [{ field: "path:id", message: USER_NAME_RULE }];
    throw apiError("invalid_request", `The user id in the path ${USER_NAME_RULE}.`, { errors });
  }
  const errors = outcome.error.issues.flatMap((issue) => fieldErrors(issue, outcome.target)).slice(0, FIELD_ERRORS);
  const code = errors.every(({ field }) => CURSORS.includes(field)) ? "invalid_cursor" : "invalid_request";
  throw apiError(code, errors.map(({ field, message }) => `${field}: ${message}`).join("; "), { errors });
}

function fieldErrors(issue: Issue, target: keyof ValidationTargets): FieldError[] {
  if (issue.code !== "unrecognized_keys")
    return [{ field: fieldPath([...issue.path], target), message: validationMessage(issue) }];
  return issue.keys.map((key) => ({ field: fieldPath([...issue.path, key], target), message: "is not a known field" }));
}

/** A JSON pointer (RFC 6901) in a body; the whole body is `/`. */
function fieldPath(path: readonly PropertyKey[], target: keyof ValidationTargets): string {
  const parts = path.map((part) => cut(String(part), 60));
  if (target !== "json") return `${target}:${parts.join(".")}`;
  return `/${parts.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`;
}

/**
 * The result of a read after a commit; null if it fails. After a commit the request must not fail: its caller would send it
 * again and pay twice.
 */
export async function afterCommit<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read;
  } catch (error) {
    if (!(error instanceof ApiError)) logBug("reading_failed", error);
    return null;
  }
}
