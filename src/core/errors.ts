import type * as z from "zod";
import { DAY_MS, type EpochMs, SECOND_MS } from "./time.ts";

/**
 * The one table of public errors. A code is never reused with another meaning and never removed.
 *
 * `title` is fit for an end user (at most 60 characters); `detail`, given where the error is raised, speaks to the developer.
 * `retryable` says whether the same request may succeed later without being changed.
 */
export type ErrorRow = { readonly status: number; readonly title: string; readonly retryable: boolean };

const row = (status: number, title: string, retryable = false): ErrorRow => ({ status, title, retryable });

export const ERRORS = {
  // the request itself
  malformed_json: row(400, "The request is not valid JSON"),
  invalid_request: row(422, "Some fields are not right"),
  invalid_header: row(400, "A header is not right"),
  invalid_cursor: row(422, "That position cannot be read"),
  unsupported_content_type: row(415, "This kind of content is not accepted here"),
  request_too_large: row(413, "The request is too large"),
  header_too_large: row(431, "A header is too large"),
  not_found: row(404, "Not found"),
  method_not_allowed: row(405, "This address does not do that"),
  user_deleted: row(410, "This account was deleted"),
  user_required: row(422, "A user is needed"),
  // who asks
  unauthenticated: row(401, "Please sign in"),
  key_expired: row(401, "This key has expired"),
  key_revoked: row(401, "This key was revoked"),
  user_token_expired: row(401, "Please sign in again"),
  user_token_revoked: row(401, "You were signed out"),
  key_required: row(403, "The app itself must ask for this"),
  wrong_user: row(403, "You are signed in as somebody else"),
  missing_scope: row(403, "This key may not do that"),
  key_too_wide: row(403, "This key may not make such a key"),
  key_closed: row(409, "This key is already closed"),
  last_key: row(409, "No other key could make keys any more"),
  too_many_keys: row(409, "There are too many keys"),
  key_in_browser: row(403, "This key may not be used in a browser"),
  tenant_paused: row(403, "This account is paused"),
  tenant_deleting: row(409, "This account is being deleted"),
  auth_unavailable: row(503, "Sign-in is not available right now", true),
  admin_closed: row(404, "Not found"),
  rate_limited: row(429, "Too many requests", true),
  concurrency_limited: row(429, "Too much at once", true),
  quota_exceeded: row(429, "The limit for today is reached", true),
  // repeats
  idempotency_conflict: row(409, "The first request is still being stored", true),
  idempotency_mismatch: row(422, "This key belongs to another request"),
  repeat_deleted: row(410, "What this request made was deleted"),
  // media
  unsupported_media: row(415, "This file type is not supported"),
  file_too_large: row(413, "This file is too large"),
  empty_file: row(422, "This file is empty"),
  size_mismatch: row(422, "The file is not as long as announced"),
  offset_mismatch: row(409, "The upload stands at another byte"),
  checksum_mismatch: row(460, "The bytes changed on their way", true),
  upload_version: row(412, "This version of the upload protocol is unknown"),
  body_timeout: row(408, "The connection is too slow", true),
  upload_incomplete: row(409, "The upload is not finished"),
  upload_closed: row(409, "The upload is already finished"),
  upload_final: row(403, "This upload takes no bytes of its own"),
  upload_expired: row(410, "The upload has expired"),
  import_not_found: row(422, "There is no file at this address"),
  import_forbidden: row(422, "This address may not be read"),
  import_refused: row(422, "This address does not give the file"),
  too_many_redirects: row(422, "This address leads on too often"),
  import_unavailable: row(502, "The address is not answering", true),
  import_timeout: row(504, "The address is too slow", true),
  asset_not_ready: row(409, "The file is not ready yet", true),
  asset_not_attachable: row(409, "The file cannot be used here"),
  // turns
  queue_full: row(429, "Too many messages are waiting", true),
  turn_ended: row(409, "This turn is already over"),
  events_expired: row(410, "These events are no longer kept"),
  cancelled: row(409, "Cancelled"),
  session_lost: row(409, "The editing session was lost"),
  browser_link_unavailable: row(409, "This cannot be opened in a browser"),
  turn_failed: row(502, "The request could not be completed"),
  // money
  insufficient_credits: row(402, "Not enough credits"),
  plan_upgrade_required: row(402, "This needs another plan"),
  // renders
  nothing_to_render: row(409, "There is nothing to export yet"),
  unattested_output: row(422, "This output is not offered"),
  no_file: row(409, "There is no file of it"),
  render_not_ready: row(409, "The video is not ready yet", true),
  render_failed: row(502, "The video could not be made", true),
  render_timeout: row(504, "The video took too long", true),
  file_gone: row(410, "The file is no longer kept"),
  range_not_satisfiable: row(416, "That part of the file does not exist"),
  link_expired: row(410, "This link has expired"),
  // videos
  needs_input: row(409, "More information is needed"),
  video_not_ready: row(409, "The video is not ready yet", true),
  video_busy: row(409, "This video is still being made", true),
  format_not_accepted: row(415, "This generator does not take such files"),
  batch_ended: row(409, "This batch is already over"),
  // generators
  slug_taken: row(409, "This name is taken"),
  too_many_generators: row(409, "There are too many generators"),
  generator_built_in: row(409, "This generator cannot be changed"),
  version_conflict: row(412, "This was changed in between"),
  // webhooks
  address_not_allowed: row(422, "This address cannot be used"),
  too_many_endpoints: row(409, "There are too many endpoints"),
  too_many_hooks: row(409, "There are too many hooks"),
  endpoint_disabled: row(409, "This endpoint is switched off"),
  // upstream
  nemo_token_rejected: row(502, "The video service refused the account"),
  nemo_token_unavailable: row(503, "No account for the video service", true),
  live_only: row(409, "This is only done for real, not in a test"),
  nemo_unavailable: row(502, "The video service is not answering", true),
  nemo_busy: row(503, "The video service is busy", true),
  nemo_garbled: row(502, "The video service answered oddly", true),
  // us
  unavailable: row(503, "Not available right now", true),
  misconfigured: row(503, "Not set up for this address"),
  internal: row(500, "Something went wrong on our side", true),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERRORS;

/** Whether the caller was charged by what failed. */
export type Charged = "yes" | "no" | "unknown";

/** One wrong field: where (`/metadata/0`, a JSON pointer, or `header:X-User-Id`, `query:limit`) and what would be right. */
export type FieldError = { readonly field: string; readonly message: string };

/** A limit that is counted exactly: its size, what is left of it, its window in seconds and when that ends; null where it has none. */
export type Limit = {
  readonly name: string;
  readonly quota: number;
  readonly remaining: number;
  readonly window: number | null;
  readonly reset: number | null;
};

/** A refusal on its way to the caller, from any room: what a problem document is made of. */
export type Problem = {
  readonly code: ErrorCode;
  /** For the developer: what happened and what to do next. Never holds a secret or an upstream body. */
  readonly detail: string;
  readonly charged?: Charged | undefined;
  /** The next call to make, e.g. `POST /v1/projects`. */
  readonly hint?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  readonly registerUrl?: string | undefined;
  /** Further members of the problem document, by their wire names. */
  readonly members?: Readonly<Record<string, unknown>> | undefined;
  /** A problem type of somebody else's specification, in place of our own. */
  readonly type?: string | undefined;
  /** The limit that was met, where it is counted exactly. */
  readonly limit?: Limit | undefined;
  /** Seconds to wait before trying again. */
  readonly retryAfterSeconds?: number | undefined;
  /** Seconds that upstream itself asked to be left alone for; missing where it named none. Kept inside. */
  readonly askedSeconds?: number | undefined;
};

/** A refusal in one call. */
export const problemOf = (code: ErrorCode, detail: string, more: Omit<Problem, "code" | "detail"> = {}): Problem => ({
  code,
  detail,
  ...more,
});

/** Wrong fields as one sentence of a detail. */
export const fieldWords = (errors: readonly FieldError[]): string =>
  errors.map(({ field, message }) => `${field}: ${message}`).join("; ");

/** A body that is wrong in some of its fields. */
export const invalidFields = (errors: readonly FieldError[]): Problem =>
  problemOf("invalid_request", fieldWords(errors), { errors });

/**
 * A refusal that names fields as they were sent: a flat body is read as a nested one, and a list without its empty members.
 */
export function asSent(given: Problem, sentAt: (field: string) => string): Problem {
  if (given.errors === undefined) return given;
  const errors = given.errors.map((error) => ({ ...error, field: sentAt(error.field) }));
  return { ...given, errors, detail: given.detail === fieldWords(given.errors) ? fieldWords(errors) : given.detail };
}

/* What a schema found wrong with a value, in words for whoever sent it. Words that a schema chose itself are kept. */

type Issue = z.core.$ZodIssue;

/** How the validator's own words begin: they speak of types, to programmers. */
const ITS_OWN = /^(Invalid|Too|Unrecognized)\b/;

const KINDS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const FORMATS: Readonly<Record<string, string>> = {
  url: "a whole address, such as https://example.com/clip.mp4",
  datetime: "a moment, such as 2026-11-21T10:00:00.000Z",
};

/** `is required`, `must be text`, `must have at most 20 items`: reads on from the field's name. */
export function faultWords(issue: Issue): string {
  if (!ITS_OWN.test(issue.message)) return issue.message;
  if (isMissing(issue)) return "is required";
  const wanted = [...new Set(kindsOf(issue))];
  if (wanted.length > 0) return `must be ${oneOf(wanted)}`;
  if (issue.code === "too_big") return bounds("at most", issue.origin, issue.maximum);
  if (issue.code === "too_small")
    return issue.minimum === 1 && !isNumber(issue.origin)
      ? "must not be empty"
      : bounds("at least", issue.origin, issue.minimum);
  return "is not in a form that is taken here";
}

/** What would have been right instead, where that can be said in a word or two. */
function kindsOf(issue: Issue): string[] {
  switch (issue.code) {
    case "invalid_type":
      return [KINDS[issue.expected] ?? issue.expected];
    case "invalid_value":
      return issue.values.map(String);
    case "invalid_format":
      return Object.hasOwn(FORMATS, issue.format) ? [FORMATS[issue.format] ?? ""] : [];
    case "invalid_union":
      return issue.errors.flatMap((branch) => branch.flatMap(kindsOf));
    default:
      return [];
  }
}

/** Nothing was sent: of a union, when each of its branches says so. */
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

const oneOf = (words: readonly string[]): string =>
  words.length === 1 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

/* The header by which a receiver says when to come back. */

/** What `Retry-After` asks for in milliseconds from `now`, at most a day; null when it is absent or says nothing. Source: RFC 9110 section 10.2.3. */
export function retryAfterMs(header: string | null, now: EpochMs): number | null {
  const text = header?.trim() ?? "";
  const wait = /^\d+$/.test(text) ? Number(text) * SECOND_MS : Date.parse(text) - now;
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), DAY_MS);
}
