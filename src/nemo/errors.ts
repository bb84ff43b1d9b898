/**
 * Upstream's answers and failures: unwraps the envelopes `{code,data}`, `{success,data}`, a bare object, `{detail}`,
 * `{error}`, and classifies everything else. This is the only place that interprets upstream's codes.
 */
import { err, ok, type Result } from "../core/result.ts";
import { cut } from "../core/text.ts";
import { SECOND_MS } from "../core/time.ts";
import { isObject, type JsonObject, parseJson } from "./json.ts";
import { FAILURE_MESSAGE_CHARS } from "./limits.ts";

/** A failure's evidence, and the retry delay that upstream asked for. */
export type FailedAnswer = FailureEvidence & { readonly retryAfterMs: number | null };

/** Calls with a session in their path or body: their 404 means that the session is gone. */
const SESSION_CALLS: readonly UpstreamCall[] = ["run_sse", "state", "upload", "claim_token"];

const SESSION_WORDS = /session\b.{0,80}\bnot found|no such session|unknown session/i;
const CREDIT_WORDS =
  /(insufficient|not enough|no|out of|exhausted|exceeded)\s+(\w+\s+)?credits?\b|credits?\s+(\w+\s+){0,2}(exhausted|insufficient|depleted|used up)|积分不足|余额不足/i;

/** Classifies upstream's own codes; null for one that is not in its table. Source: nemo-api reference section 8.1. */
function byCode(evidence: FailureEvidence): NemoFailure | null {
  switch (evidence.code) {
    case 1001:
    case 1010:
    case 1011:
      return { ...evidence, reason: "token_rejected" };
    case 1002:
      return { ...evidence, reason: "session_lost" };
    case 2001:
      return { ...evidence, reason: "no_credits" };
    case 4001:
      return { ...evidence, reason: "unsupported_media" };
    case 4002:
      return { ...evidence, reason: "file_too_large" };
    default:
      return null;
  }
}

function notFound(evidence: FailureEvidence): NemoFailure {
  if (
    SESSION_CALLS.includes(evidence.at) ||
    (evidence.at === "render_submit" && SESSION_WORDS.test(evidence.message))
  ) {
    return { ...evidence, reason: "session_lost" };
  }
  return {
    ...evidence,
    reason: evidence.at === "anonymous_token" || evidence.at === "create_session" ? "rejected" : "not_found",
  };
}

function byStatus(evidence: FailureEvidence, status: number, retryAfterMs: number | null): NemoFailure {
  const { at } = evidence;
  if (status >= 500 || status === 408 || status === 425)
    return { ...evidence, reason: "unavailable", sent: "maybe", retryAfterMs };
  if (status === 429)
    return { ...evidence, reason: at === "anonymous_token" ? "token_rationed" : "rate_limited", retryAfterMs };
  if (at === "anonymous_token")
    return { ...evidence, reason: status === 400 || status === 422 ? "client_id_rejected" : "rejected" };
  if (status === 401) return { ...evidence, reason: at === "result" ? "rejected" : "token_rejected" };
  if (status === 402) return { ...evidence, reason: "plan_required" };
  if (status === 404 || status === 410) return notFound(evidence);
  if (status === 413 && at === "upload") return { ...evidence, reason: "file_too_large" };
  if (status === 415 && at === "upload") return { ...evidence, reason: "unsupported_media" };
  return { ...evidence, reason: "rejected" };
}

/**
 * Classifies a failed answer: by its body code first, then its HTTP status, then its message.
 *
 * A body code from 400 to 599 counts as an HTTP status: upstream's table lists both in one column.
 */
export function classify({ retryAfterMs, ...evidence }: FailedAnswer): NemoFailure {
  const known = byCode(evidence);
  if (known !== null) return known;
  const { code, status } = evidence;
  const like = code !== null && code >= 400 && code <= 599 ? code : (status ?? 200);
  if (like >= 300) return byStatus(evidence, like, retryAfterMs);
  if (SESSION_WORDS.test(evidence.message)) return { ...evidence, reason: "session_lost" };
  return { ...evidence, reason: "rejected" };
}

/** Upstream's own code at the start of a message, `2001: insufficient credits`; null without one. */
function codeInWords(message: string): number | null {
  const code = /^\W{0,3}(?:code\W{0,3})?(1001|1002|1010|1011|2001|4001|4002)\b/i.exec(message)?.[1];
  return code === undefined ? null : Number(code);
}

/**
 * Classifies an error inside a stream. Only upstream's own codes and unambiguous messages count: a 401 or 429 there
 * concerns upstream and its model provider, not us.
 */
export function classifyInStream(statedCode: number | null, message: string): NemoFailure {
  const code = statedCode ?? codeInWords(message);
  const evidence: FailureEvidence = { at: "run_sse", status: null, code, message };
  const known = byCode(evidence);
  if (known !== null) return known;
  if (SESSION_WORDS.test(message)) return { ...evidence, reason: "session_lost" };
  if (CREDIT_WORDS.test(message)) return { ...evidence, reason: "no_credits" };
  return { ...evidence, reason: "agent_failed" };
}

/** No answer, or an incomplete one. `sent` is "no" only if nothing can have been sent. */
export const unavailable = (
  at: UpstreamCall,
  sent: "no" | "maybe",
  message: string,
  status: number | null = null,
): NemoFailure => ({
  at,
  status,
  code: null,
  message,
  reason: "unavailable",
  sent,
  retryAfterMs: null,
});

/** An answer that cannot be parsed. */
export const malformed = (at: UpstreamCall, status: number | null, message: string): NemoFailure => ({
  at,
  status,
  code: null,
  message,
  reason: "malformed",
});

/** Upstream's tokens, its claim tokens, and any bearer credential that an answer may echo. */
const SECRETS = /(nmv_usr_|clm_)[A-Za-z0-9_-]+|\b(bearer)\s+[^\s"',;]+/gi;

/** Text for a log: one line, at most `MESSAGE_CHARS` characters, credentials replaced by their kind. */
export function safeText(text: string): string {
  const line = text
    .slice(0, FAILURE_MESSAGE_CHARS * 4)
    .replace(SECRETS, (_all, prefix: string | undefined, bearer: string | undefined) => `${prefix ?? `${bearer} `}…`)
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim();
  return line.length > FAILURE_MESSAGE_CHARS ? `${cut(line, FAILURE_MESSAGE_CHARS - 1)}…` : line.toWellFormed();
}

/** Known and guessed names of an error's message, in order. Source: nemo-api reference section 1.2. */
const WORD_KEYS = ["message", "msg", "error", "detail", "reason", "errorMessage", "error_message"] as const;

/**
 * An error body's message: a string under one of the known names, nested once or as FastAPI's list of details; ""
 * without one.
 */
export function messageOf(body: unknown): string {
  if (typeof body === "string") return body;
  if (Array.isArray(body)) return body.slice(0, 5).map(messageOf).filter(Boolean).join("; ");
  if (!isObject(body)) return "";
  for (const key of WORD_KEYS) {
    const value = body[key];
    if (typeof value === "string" && value.trim() !== "") return value;
    if (isObject(value) || Array.isArray(value)) {
      const inner = nestedWords(value);
      if (inner !== "") return inner;
    }
  }
  const fastapi = body.msg;
  return typeof fastapi === "string" ? fastapi : "";
}

function nestedWords(value: unknown): string {
  const parts = Array.isArray(value) ? value.slice(0, 5) : [value];
  const words = parts.map((part) => {
    if (typeof part === "string") return part;
    if (!isObject(part)) return "";
    for (const key of WORD_KEYS) {
      const inner = part[key];
      if (typeof inner === "string" && inner !== "") return inner;
    }
    return "";
  });
  return words.filter((word) => word !== "").join("; ");
}

/**
 * The delay in `Retry-After`, in ms: seconds, or a date relative to the answer's own `Date` header; null when absent
 * or unreadable, never negative.
 */
export function upstreamRetryMs(headers: Headers): number | null {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(value)) return Number(value) * SECOND_MS;
  const until = Date.parse(value);
  const sent = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(until) || Number.isNaN(sent) ? null : Math.max(0, until - sent);
}

/** An answer with its body. */
export type Answer = {
  readonly at: UpstreamCall;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Whether `text` equals the body byte for byte: false when it was not UTF-8. */
  readonly exact: boolean;
};

/** An unwrapped answer. `path` leads from the text's root to `data`, for values that are cut out by offsets. */
export type UnwrappedAnswer = {
  readonly data: JsonObject;
  readonly path: readonly string[];
  readonly text: string;
  readonly exact: boolean;
};

/** Characters of an error page that are searched for a message. */
const PAGE_CHARS = 4_000;

const isGood = (status: number): boolean => status >= 200 && status < 300;

/** A body's own code: an integer, or one as a string; null without one. */
export function codeOf(body: unknown): number | null {
  if (!isObject(body)) return null;
  const nested = isObject(body.error) ? body.error.code : undefined;
  const code = body.code ?? body.errorCode ?? body.error_code ?? nested;
  if (typeof code === "string" && /^\d{1,9}$/.test(code)) return Number(code);
  return typeof code === "number" && Number.isInteger(code) ? code : null;
}

/** Codes of a success: 0 is attested; 200 is what servers that copy the status into the body would return. */
const isGoodCode = (code: number | null): boolean => code === null || code === 0 || code === 200;

/**
 * Whether a 2xx body has another sign of an error. A render's own `error` is beside a `status` or inside `data`, and
 * does not count.
 */
function isMarkedBad(body: unknown): boolean {
  if (!isObject(body)) return false;
  if (body.success === false) return true;
  if (isObject(body.data) || typeof body.status === "string" || body.code === 0 || body.success === true) return false;
  return Boolean(body.error) || typeof body.detail === "string";
}

/** The failure of an answer, or null when it is a success. Body code first, then HTTP status. */
export function classifyAnswer(answer: Answer, body: unknown = parseJson(answer.text)): NemoFailure | null {
  const code = codeOf(body);
  if (isGood(answer.status) && isGoodCode(code) && !isMarkedBad(body)) return null;
  const words =
    messageOf(body) || (body === undefined ? answer.text.slice(0, PAGE_CHARS).replace(/<[^>]*>/g, " ") : "");
  const message = safeText(words) || `HTTP ${answer.status}`;
  const shownCode = isGoodCode(code) ? null : code;
  return classify({
    at: answer.at,
    status: answer.status,
    code: shownCode,
    message,
    retryAfterMs: upstreamRetryMs(answer.headers),
  });
}

/** The payload of a successful answer: `data`, or the bare object. Anything that is not an object is malformed. */
export function open(answer: Answer): Result<UnwrappedAnswer, NemoFailure> {
  const body = parseJson(answer.text);
  const failure = classifyAnswer(answer, body);
  if (failure !== null) return err(failure);
  const { text, exact } = answer;
  if (!isObject(body))
    return err(
      malformed(
        answer.at,
        answer.status,
        text.trim() === "" ? "an empty answer" : "an answer that is not a JSON object",
      ),
    );
  const data = body.data;
  return ok(isObject(data) ? { data, path: ["data"], text, exact } : { data: body, path: [], text, exact });
}

/** Which call it was. `result` is the download of the finished file from its URL. */
export type UpstreamCall =
  | "anonymous_token"
  | "claim_token"
  | "create_session"
  | "run_sse"
  | "state"
  | "upload"
  | "credits"
  | "render_submit"
  | "render_poll"
  | "render_cancel"
  | "render_download"
  | "result";

/** What was received. Safe to log: the message is upstream's own text, cut at `MESSAGE_CHARS`, without tokens. */
export type FailureEvidence = {
  readonly at: UpstreamCall;
  /** HTTP status; null without an answer, or when the error was inside a stream. */
  readonly status: number | null;
  /** Upstream's own body code; null without one. */
  readonly code: number | null;
  readonly message: string;
};

export type NemoFailure = FailureEvidence &
  (
    | { /** 1001, 1010, 1011, HTTP 401. */ readonly reason: "token_rejected" }
    | { /** HTTP 400 when requesting a token: the client id was rejected. */ readonly reason: "client_id_rejected" }
    | { /** 1002, or ADK's 404 for an unknown session. */ readonly reason: "session_lost" }
    | { /** 2001. */ readonly reason: "no_credits" }
    | { /** 4001, HTTP 415. */ readonly reason: "unsupported_media" }
    | { /** 4002, HTTP 413. */ readonly reason: "file_too_large" }
    | { /** HTTP 402 at export: the plan, not the credits. */ readonly reason: "plan_required" }
    | {
        /** HTTP 429 when requesting a token: one per client id, ten per IP address, in seven days. */ readonly reason: "token_rationed";
        readonly retryAfterMs: number | null;
      }
    | { /** HTTP 429 elsewhere. */ readonly reason: "rate_limited"; readonly retryAfterMs: number | null }
    | { /** A render or a file that upstream does not know. */ readonly reason: "not_found" }
    | {
        /** 5xx, no connection, or a timeout. `sent`: whether the request may have reached upstream. */ readonly reason: "unavailable";
        readonly sent: "no" | "maybe";
        readonly retryAfterMs: number | null;
      }
    | {
        /** The turn ran, and its agent or model reported an error inside the stream. */ readonly reason: "agent_failed";
      }
    | { /** Any other 4xx or code. */ readonly reason: "rejected" }
    | { /** An answer that cannot be parsed, or that exceeds its size limit. */ readonly reason: "malformed" }
  );

export type NemoReason = NemoFailure["reason"];
