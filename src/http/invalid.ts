/** What a schema found wrong, as field errors that say where: `/prompt`, `query:limit`, `header:X-User-Id`. */
import type { ValidationTargets } from "hono";
import type * as z from "zod";
import type { FieldError } from "../core/errors.ts";
import { faultWords } from "../core/fault-words.ts";
import { cut } from "../core/text.ts";
import { USER_NAME_RULE } from "../core/wire/user.ts";
import { apiError, notFound } from "./api-error.ts";

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
export function refuseInvalid(outcome: Outcome): void {
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
