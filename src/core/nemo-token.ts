/** What is decided about a Nemo token by its record and the moment alone: whether it is used, what is said of it, when to ask again. */
import { ISSUE_INTERVAL_MS, ISSUE_RETRY_MS, TOKEN_WARNING_MS } from "./limits.ts";
import { type EpochMs, MINUTE_MS, toRfc3339 } from "./time.ts";
import type { Timings } from "./timings.ts";
import type { NemoTokenWire } from "./wire/token.ts";

/** A token this close to its end is renewed before it is used, where another one may be had. */
const RENEW_BEFORE_MS = MINUTE_MS;

/** How a token stands, whoever keeps it. */
export type TokenStatus = {
  /** Its end; null where it is not known. */
  readonly expiresAt: EpochMs | null;
  /** When upstream last refused it; null when it did not. */
  readonly rejectedAt: EpochMs | null;
};

const isOver = ({ expiresAt }: TokenStatus, now: EpochMs): boolean => expiresAt !== null && expiresAt <= now;

/** Whether a call may be made with it. A refused one is tried again after a while: upstream may have been wrong. */
export const mayUse = (token: TokenStatus, now: EpochMs, timings: Timings): boolean =>
  !isOver(token, now) && (token.rejectedAt === null || now - token.rejectedAt >= timings.tokenRecheck);

/** When its owner is told that it ends: a day before; null for a token without a known end. */
export const warningAt = ({ expiresAt }: TokenStatus): EpochMs | null =>
  expiresAt === null ? null : expiresAt - TOKEN_WARNING_MS;

/** What the outside may know of a token. */
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
 * How a kept token stands, as the operator's status is told. What time alone changes is left to whoever counts: `until` is
 * the token's end, or the end of a ration; null where that is not known.
 */
export type PublishedTokenStatus = {
  readonly state: "ready" | "rejected" | "rationed";
  readonly until: EpochMs | null;
};

/** No token, and none to be had. */
export const NO_TOKEN: NemoTokenWire = { source: "none", state: "none", expires_at: null, next_try_at: null };

/**
 * When to ask for an anonymous token again after upstream gave none: when it says so, else when the ration of the last one
 * is over, else in an hour. Upstream's clock may be behind ours: just after the ration it is asked soon, then ever less often.
 */
export function nextIssueAt(now: EpochMs, retryAfterMs: number | null, issuedAt: EpochMs | null): EpochMs {
  if (retryAfterMs !== null) return now + retryAfterMs;
  if (issuedAt === null) return now + ISSUE_RETRY_MS;
  const rationEnd = issuedAt + ISSUE_INTERVAL_MS;
  const late = Math.min(Math.max(now - rationEnd, MINUTE_MS), ISSUE_RETRY_MS);
  return Math.max(now + late, rationEnd);
}

/**
 * Whether a good token that ends soon is to be renewed before its end: only when upstream may give another one. Until then, and
 * where it gives none, the good one is used to its end.
 */
export const mayRenew = (
  token: { readonly expiresAt: EpochMs | null; readonly issuedAt: EpochMs | null },
  now: EpochMs,
): boolean =>
  token.expiresAt !== null &&
  token.expiresAt - RENEW_BEFORE_MS <= now &&
  (token.issuedAt ?? token.expiresAt - ISSUE_INTERVAL_MS) + ISSUE_INTERVAL_MS <= now;
