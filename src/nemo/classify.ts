/** From a code, a status and words to a failure: the one place where upstream's numbers mean something. */
import type { Endpoint, Evidence, NemoFailure } from "./failures.ts";

/** A failure's evidence, and how long upstream asked to wait. */
export type Symptoms = Evidence & { readonly retryAfterMs: number | null };

/** Calls that name a session in their address or body: their 404 is a session that is gone. */
const SESSION_CALLS: readonly Endpoint[] = ["run_sse", "state", "upload", "claim_token"];

const SESSION_WORDS = /session\b.{0,80}\bnot found|no such session|unknown session/i;
const CREDIT_WORDS =
  /(insufficient|not enough|no|out of|exhausted|exceeded)\s+(\w+\s+)?credits?\b|credits?\s+(\w+\s+){0,2}(exhausted|insufficient|depleted|used up)|积分不足|余额不足/i;

/** Upstream's own codes; null for one that is not in its table. Source: nemo-api reference section 8.1. */
function byCode(evidence: Evidence): NemoFailure | null {
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

function notFound(evidence: Evidence): NemoFailure {
  if (
    SESSION_CALLS.includes(evidence.at) ||
    (evidence.at === "render_submit" && SESSION_WORDS.test(evidence.message))
  ) {
    return { ...evidence, reason: "session_lost" };
  }
  return {
    ...evidence,
    reason: evidence.at === "anonymous_token" || evidence.at === "create_session" ? "refused" : "not_found",
  };
}

function byStatus(evidence: Evidence, status: number, retryAfterMs: number | null): NemoFailure {
  const { at } = evidence;
  if (status >= 500 || status === 408 || status === 425)
    return { ...evidence, reason: "unavailable", sent: "maybe", retryAfterMs };
  if (status === 429)
    return { ...evidence, reason: at === "anonymous_token" ? "token_rationed" : "rate_limited", retryAfterMs };
  if (at === "anonymous_token")
    return { ...evidence, reason: status === 400 || status === 422 ? "client_id_refused" : "refused" };
  if (status === 401) return { ...evidence, reason: at === "result" ? "refused" : "token_rejected" };
  if (status === 402) return { ...evidence, reason: "plan_required" };
  if (status === 404 || status === 410) return notFound(evidence);
  if (status === 413 && at === "upload") return { ...evidence, reason: "file_too_large" };
  if (status === 415 && at === "upload") return { ...evidence, reason: "unsupported_media" };
  return { ...evidence, reason: "refused" };
}

/**
 * The failure that an answer means: its body code first, then its HTTP status, then its words.
 *
 * A body code from 400 to 599 counts as an HTTP status: upstream's table lists both kinds in one column.
 */
export function classify({ retryAfterMs, ...evidence }: Symptoms): NemoFailure {
  const known = byCode(evidence);
  if (known !== null) return known;
  const { code, status } = evidence;
  const like = code !== null && code >= 400 && code <= 599 ? code : (status ?? 200);
  if (like >= 300) return byStatus(evidence, like, retryAfterMs);
  if (SESSION_WORDS.test(evidence.message)) return { ...evidence, reason: "session_lost" };
  return { ...evidence, reason: "refused" };
}

/** Upstream's own code at the head of an error's words, `2001: insufficient credits`; null where there is none. */
function codeInWords(message: string): number | null {
  const code = /^\W{0,3}(?:code\W{0,3})?(1001|1002|1010|1011|2001|4001|4002)\b/i.exec(message)?.[1];
  return code === undefined ? null : Number(code);
}

/**
 * The failure that an error told inside a stream means. Only upstream's own codes and unmistakable words are believed: a 401 or 429 there is
 * the model provider's business with upstream, not ours.
 */
export function classifyInStream(told: number | null, message: string): NemoFailure {
  const code = told ?? codeInWords(message);
  const evidence: Evidence = { at: "run_sse", status: null, code, message };
  const known = byCode(evidence);
  if (known !== null) return known;
  if (SESSION_WORDS.test(message)) return { ...evidence, reason: "session_lost" };
  if (CREDIT_WORDS.test(message)) return { ...evidence, reason: "no_credits" };
  return { ...evidence, reason: "agent_failed" };
}

/** No answer, or half of one. `sent` is "no" only where nothing can have left. */
export const unavailable = (
  at: Endpoint,
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

/** An answer that came and cannot be read. */
export const garbled = (at: Endpoint, status: number | null, message: string): NemoFailure => ({
  at,
  status,
  code: null,
  message,
  reason: "garbled",
});
