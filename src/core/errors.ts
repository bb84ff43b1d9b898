/**
 * Public errors: the table of codes, the `Problem` that every layer returns, validation messages, and `Retry-After`.
 */
import type * as z from "zod";
import { DAY_MS, type EpochMs, SECOND_MS } from "./time.ts";

/**
 * The table of public errors. A code is never removed and never gets another meaning.
 *
 * `title` is for an end user, at most 60 characters; `detail`, set where the error is raised, is for the developer.
 * `retryable`: the same request, unchanged, may succeed later.
 */
export type ErrorRow = { readonly status: number; readonly title: string; readonly retryable: boolean };

const row = (status: number, title: string, retryable = false): ErrorRow => ({ status, title, retryable });

export const ERRORS = {
  // the request itself
  malformed_json: row(400, "The request is not valid JSON"),
  invalid_request: row(422, "Some fields are invalid"),
  invalid_header: row(400, "A header is invalid"),
  invalid_cursor: row(422, "The cursor is invalid"),
  unsupported_content_type: row(415, "This content type is not supported"),
  request_too_large: row(413, "The request is too large"),
  header_too_large: row(431, "A header is too large"),
  not_found: row(404, "Not found"),
  method_not_allowed: row(405, "Method not allowed"),
  user_deleted: row(410, "This account was deleted"),
  user_required: row(422, "A user is required"),
  // authentication and access
  unauthenticated: row(401, "Please sign in"),
  key_expired: row(401, "This key has expired"),
  key_revoked: row(401, "This key was revoked"),
  user_token_expired: row(401, "Please sign in again"),
  user_token_revoked: row(401, "You were signed out"),
  key_required: row(403, "Only the app itself can request this"),
  wrong_user: row(403, "You are signed in as another user"),
  missing_scope: row(403, "This key does not have permission"),
  key_too_wide: row(403, "This key cannot create a key with more rights"),
  key_closed: row(409, "This key is no longer valid"),
  last_key: row(409, "This is the last key that can create keys"),
  too_many_keys: row(409, "The maximum number of keys is reached"),
  invite_closed: row(410, "This invite is no longer valid"),
  too_many_invites: row(409, "The maximum number of invites is reached"),
  key_in_browser: row(403, "This key cannot be used in a browser"),
  origin_not_allowed: row(403, "This web page is not allowed here"),
  tenant_paused: row(403, "This account is paused"),
  tenant_deleting: row(409, "This account is being deleted"),
  auth_unavailable: row(503, "Sign-in is temporarily unavailable", true),
  admin_closed: row(404, "Not found"),
  rate_limited: row(429, "Too many requests", true),
  concurrency_limited: row(429, "Too many requests at once", true),
  quota_exceeded: row(429, "The daily limit is reached", true),
  // idempotency
  idempotency_conflict: row(409, "The same request is still being processed", true),
  idempotency_mismatch: row(422, "This idempotency key was used for another request"),
  repeat_deleted: row(410, "The resource that this request created was deleted"),
  // media
  unsupported_media: row(415, "This file type is not supported"),
  file_too_large: row(413, "This file is too large"),
  empty_file: row(422, "This file is empty"),
  size_mismatch: row(422, "The file size does not match"),
  offset_mismatch: row(409, "The upload offset does not match"),
  checksum_mismatch: row(460, "The checksum does not match", true),
  upload_version: row(412, "This upload protocol version is not supported"),
  body_timeout: row(408, "The connection is too slow", true),
  upload_incomplete: row(409, "The upload is not finished"),
  upload_closed: row(409, "The upload is already finished"),
  upload_final: row(403, "This upload does not accept data"),
  upload_expired: row(410, "The upload has expired"),
  import_not_found: row(422, "No file was found at this address"),
  import_forbidden: row(422, "Access to this address was denied"),
  import_refused: row(422, "No file could be downloaded from this address"),
  too_many_redirects: row(422, "This address redirects too many times"),
  import_unavailable: row(502, "The address is not responding", true),
  import_timeout: row(504, "The address took too long to respond", true),
  asset_not_ready: row(409, "The file is not ready yet", true),
  asset_not_attachable: row(409, "The file cannot be used here"),
  // turns
  queue_full: row(429, "Too many messages are waiting", true),
  turn_ended: row(409, "This turn has already ended"),
  events_expired: row(410, "These events have expired"),
  cancelled: row(409, "Cancelled"),
  session_lost: row(409, "The editing session was lost"),
  browser_link_unavailable: row(409, "This cannot be opened in a browser"),
  turn_failed: row(502, "The request could not be completed"),
  // credits
  insufficient_credits: row(402, "Not enough credits"),
  plan_upgrade_required: row(402, "This requires a higher plan"),
  spending_cap_reached: row(402, "The spending limit is reached"),
  // renders
  nothing_to_render: row(409, "There is nothing to export yet"),
  unattested_output: row(422, "This output format is not supported"),
  no_file: row(409, "There is no file"),
  render_not_ready: row(409, "The video is not ready yet", true),
  render_failed: row(502, "The video could not be exported", true),
  render_timeout: row(504, "The export took too long", true),
  file_gone: row(410, "The file is no longer available"),
  range_not_satisfiable: row(416, "The requested range is not in the file"),
  link_expired: row(410, "This link has expired"),
  // videos
  needs_input: row(409, "More information is needed"),
  video_not_ready: row(409, "The video is not ready yet", true),
  video_busy: row(409, "This video is still being processed", true),
  format_not_accepted: row(415, "This generator does not accept this file type"),
  batch_ended: row(409, "This batch has already ended"),
  // generators
  slug_taken: row(409, "This name is already taken"),
  too_many_generators: row(409, "The maximum number of generators is reached"),
  generator_built_in: row(409, "This generator cannot be changed"),
  version_conflict: row(412, "This was changed by another request"),
  // webhooks
  address_not_allowed: row(422, "This address cannot be used"),
  too_many_endpoints: row(409, "The maximum number of endpoints is reached"),
  too_many_hooks: row(409, "The maximum number of hooks is reached"),
  endpoint_disabled: row(409, "This endpoint is disabled"),
  secret_shown: row(409, "The secret was already shown"),
  // upstream
  nemo_token_rejected: row(502, "The video service rejected the account"),
  nemo_token_unavailable: row(503, "No account for the video service is available", true),
  live_only: row(409, "This is not available in test mode"),
  nemo_unavailable: row(502, "The video service is not responding", true),
  nemo_busy: row(503, "The video service is busy", true),
  nemo_garbled: row(502, "The video service sent an invalid response", true),
  // the gateway
  unavailable: row(503, "Temporarily unavailable", true),
  misconfigured: row(503, "The service is not configured for this address"),
  internal: row(500, "Something went wrong on our side", true),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** Whether the caller was charged for the failed operation. */
export type Charged = "yes" | "no" | "unknown";

/** One invalid field: its place (`/metadata/0`, a JSON pointer, or `header:X-User-Id`, `query:limit`) and what is expected. */
export type FieldError = { readonly field: string; readonly message: string };

/** An exactly counted limit: its quota, what remains, and its window and time to reset in seconds; both null without a window. */
export type Limit = {
  readonly name: string;
  readonly quota: number;
  readonly remaining: number;
  readonly window: number | null;
  readonly reset: number | null;
};

/** An error for the caller, returned by every module: the content of a problem document. */
export type Problem = {
  readonly code: ErrorCode;
  /** For the developer: what happened and what to do next. Never contains a secret or an upstream body. */
  readonly detail: string;
  readonly charged?: Charged | undefined;
  /** The next call to make, e.g. `POST /v1/projects`. */
  readonly hint?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  readonly registerUrl?: string | undefined;
  /** Extension members of the problem document, by their wire names. */
  readonly members?: Readonly<Record<string, unknown>> | undefined;
  /** A problem type from another specification; replaces the default `type`. */
  readonly type?: string | undefined;
  /** The limit that was reached, if it is counted exactly. */
  readonly limit?: Limit | undefined;
  /** Seconds to wait before a retry: `Retry-After`. */
  readonly retryAfterSeconds?: number | undefined;
  /** Upstream's own `Retry-After` in seconds, if it sent one. Internal: not sent to the caller. */
  readonly askedSeconds?: number | undefined;
};

export const problemOf = (code: ErrorCode, detail: string, more: Omit<Problem, "code" | "detail"> = {}): Problem => ({
  code,
  detail,
  ...more,
});

/** The text of `detail` for a list of invalid fields. */
export const joinFieldErrors = (errors: readonly FieldError[]): string =>
  errors.map(({ field, message }) => `${field}: ${message}`).join("; ");

/** The problem for a request with invalid fields. */
export const invalidFields = (errors: readonly FieldError[]): Problem =>
  problemOf("invalid_request", joinFieldErrors(errors), { errors });

/**
 * The problem with its field paths mapped to the body as it was sent. Validators see another body: a flat one is nested, and
 * empty members of lists are removed.
 */
export function withSentFields(given: Problem, sentAt: (field: string) => string): Problem {
  if (given.errors === undefined) return given;
  const errors = given.errors.map((error) => ({ ...error, field: sentAt(error.field) }));
  return {
    ...given,
    errors,
    detail: given.detail === joinFieldErrors(given.errors) ? joinFieldErrors(errors) : given.detail,
  };
}

/* Validation messages for callers. A message that a schema sets itself is kept. */

type Issue = z.core.$ZodIssue;

/** How zod's default messages begin; they are replaced. */
const DEFAULT_MESSAGE = /^(Invalid|Too|Unrecognized)\b/;

const TYPES: Readonly<Record<string, string>> = {
  string: "a string",
  number: "a number",
  int: "an integer",
  boolean: "true or false",
  array: "an array",
  object: "an object",
  record: "an object",
};

const FORMATS: Readonly<Record<string, string>> = {
  url: "a URL, such as https://example.com/clip.mp4",
  datetime: "an RFC 3339 timestamp in UTC, such as 2026-11-21T10:00:00.000Z",
};

/** The message of an issue, without the field's name: `is required`, `must be a string`, `must have at most 20 items`. */
export function validationMessage(issue: Issue): string {
  if (!DEFAULT_MESSAGE.test(issue.message)) return issue.message;
  if (isMissing(issue)) return "is required";
  const expected = [...new Set(expectedTypes(issue))];
  if (expected.length > 0) return `must be ${oneOf(expected)}`;
  if (issue.code === "too_big") return bounds("at most", issue.origin, issue.maximum);
  if (issue.code === "too_small")
    return issue.minimum === 1 && !isNumber(issue.origin)
      ? "must not be empty"
      : bounds("at least", issue.origin, issue.minimum);
  return "has an invalid format";
}

/** The accepted types or values, if they can be named. */
function expectedTypes(issue: Issue): string[] {
  switch (issue.code) {
    case "invalid_type":
      return [TYPES[issue.expected] ?? issue.expected];
    case "invalid_value":
      return issue.values.map(String);
    case "invalid_format":
      return Object.hasOwn(FORMATS, issue.format) ? [FORMATS[issue.format] ?? ""] : [];
    case "invalid_union":
      return issue.errors.flatMap((branch) => branch.flatMap(expectedTypes));
    default:
      return [];
  }
}

/** True if no value was sent. For a union, every branch must report it. */
function isMissing(issue: Issue): boolean {
  if (issue.code === "invalid_union")
    return issue.errors.length > 0 && issue.errors.every((one) => one.every(isMissing));
  return issue.code === "invalid_type" && issue.message.endsWith("received undefined");
}

const isNumber = (origin: string): boolean => origin === "number" || origin === "int";

function bounds(most: "at most" | "at least", origin: string, limit: number | bigint): string {
  if (isNumber(origin)) return `must be ${most} ${limit}`;
  return `must have ${most} ${limit} ${origin === "string" ? "characters" : "items"}`;
}

const oneOf = (options: readonly string[]): string =>
  options.length === 1 ? (options[0] ?? "") : `${options.slice(0, -1).join(", ")} or ${options.at(-1)}`;

/** `Retry-After` as milliseconds from `now`, at most one day; null when it is absent or unreadable. Source: RFC 9110 section 10.2.3. */
export function retryAfterMs(header: string | null, now: EpochMs): number | null {
  const text = header?.trim() ?? "";
  const wait = /^\d+$/.test(text) ? Number(text) * SECOND_MS : Date.parse(text) - now;
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), DAY_MS);
}
