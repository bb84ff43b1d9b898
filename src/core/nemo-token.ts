/**
 * Decisions about a Nemo token from its record and the time: whether it can be used, its public status, when to
 * request another.
 */
import { ISSUE_INTERVAL_MS, ISSUE_RETRY_MS, TOKEN_WARNING_MS } from "./limits.ts";
import { type EpochMs, MINUTE_MS, toRfc3339 } from "./time.ts";
import type { Timings } from "./timings.ts";
import type { NemoTokenWire } from "./wire/token.ts";

/** A token this close to its expiry is renewed before use, if another one can be issued. */
const RENEW_BEFORE_MS = MINUTE_MS;

/** The status of a token, whatever its source. */
export type TokenStatus = {
  /** Null when unknown. */
  readonly expiresAt: EpochMs | null;
  /** When upstream last rejected it; null when it did not. */
  readonly rejectedAt: EpochMs | null;
};

const isOver = ({ expiresAt }: TokenStatus, now: EpochMs): boolean => expiresAt !== null && expiresAt <= now;

/** Whether a call may use the token. A rejected one is retried after a while: upstream may have been wrong. */
export const mayUse = (token: TokenStatus, now: EpochMs, timings: Timings): boolean =>
  !isOver(token, now) && (token.rejectedAt === null || now - token.rejectedAt >= timings.tokenRecheck);

/** When its owner is notified that it expires: a day before; null for a token without a known expiry. */
export const warningAt = ({ expiresAt }: TokenStatus): EpochMs | null =>
  expiresAt === null ? null : expiresAt - TOKEN_WARNING_MS;

/** The public form of a token's status. */
export function showToken(source: NemoTokenWire["source"], token: TokenStatus, now: EpochMs): NemoTokenWire {
  const { expiresAt, rejectedAt } = token;
  const ending = expiresAt !== null && expiresAt - now <= TOKEN_WARNING_MS;
  return {
    source,
    state: isOver(token, now) || rejectedAt !== null ? "rejected" : ending ? "expiring" : "ready",
    expires_at: expiresAt === null ? null : toRfc3339(expiresAt),
    next_try_at: null,
  };
}

/**
 * A stored token's status as published to the operator's status page. `until` is the token's expiry, or the end of a
 * ration; null when unknown. The reader derives what changes with time alone.
 */
export type PublishedTokenStatus = {
  readonly state: "ready" | "rejected" | "rationed";
  readonly until: EpochMs | null;
};

/** No token, and none can be issued. */
export const NO_TOKEN: NemoTokenWire = { source: "none", state: "none", expires_at: null, next_try_at: null };

/**
 * When to request an anonymous token again after upstream issued none: when upstream says, else when the ration of the
 * last one ends, else in an hour.
 *
 * Upstream's clock may be behind ours, so just after the ration's end the delays are short and then grow.
 */
export function nextIssueAt(now: EpochMs, retryAfterMs: number | null, issuedAt: EpochMs | null): EpochMs {
  if (retryAfterMs !== null) return now + retryAfterMs;
  if (issuedAt === null) return now + ISSUE_RETRY_MS;
  const rationEnd = issuedAt + ISSUE_INTERVAL_MS;
  const late = Math.min(Math.max(now - rationEnd, MINUTE_MS), ISSUE_RETRY_MS);
  return Math.max(now + late, rationEnd);
}

/**
 * Whether a valid token that expires soon is renewed: only when upstream may issue another one. Until then, and when
 * upstream issues none, the valid one is used until it expires.
 */
export const mayRenew = (
  token: { readonly expiresAt: EpochMs | null; readonly issuedAt: EpochMs | null },
  now: EpochMs,
): boolean =>
  token.expiresAt !== null &&
  token.expiresAt - RENEW_BEFORE_MS <= now &&
  (token.issuedAt ?? token.expiresAt - ISSUE_INTERVAL_MS) + ISSUE_INTERVAL_MS <= now;
