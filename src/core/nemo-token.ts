/** What is decided about a Nemo token by its record and the moment alone: whether it is used, what is said of it, when to ask again. */
import { MINT_RATION_MS, MINT_RETRY_MS, TOKEN_WARNING_MS } from "./limits.ts";
import { type EpochMs, toRfc3339 } from "./time.ts";
import type { Waits } from "./waits.ts";
import type { NemoTokenWire } from "./wire/token.ts";

/** How a token stands, whoever keeps it. */
export type Standing = {
  /** Its end; null where it is not known. */
  readonly expiresAt: EpochMs | null;
  /** When upstream last refused it; null when it did not. */
  readonly rejectedAt: EpochMs | null;
};

const isOver = ({ expiresAt }: Standing, now: EpochMs): boolean => expiresAt !== null && expiresAt <= now;

/** Whether a call may be made with it. A refused one is tried again after a while: upstream may have been wrong. */
export const mayUse = (token: Standing, now: EpochMs, waits: Waits): boolean =>
  !isOver(token, now) && (token.rejectedAt === null || now - token.rejectedAt >= waits.tokenRecheck);

/** When its owner is told that it ends: a day before; null for a token without a known end. */
export const warningAt = ({ expiresAt }: Standing): EpochMs | null =>
  expiresAt === null ? null : expiresAt - TOKEN_WARNING_MS;

/** What the outside may know of a token. */
export function showToken(source: NemoTokenWire["source"], token: Standing, now: EpochMs): NemoTokenWire {
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
export type ToldStanding = { readonly state: "ready" | "rejected" | "rationed"; readonly until: EpochMs | null };

/** No token, and none to be had. */
export const NO_TOKEN: NemoTokenWire = { source: "none", state: "none", expires_at: null, next_try_at: null };

/**
 * When to ask for an anonymous token again after upstream gave none: when it says so, else when the ration of the last one
 * is over, else in an hour.
 */
export function nextMintAt(now: EpochMs, retryAfterMs: number | null, issuedAt: EpochMs | null): EpochMs {
  if (retryAfterMs !== null) return now + retryAfterMs;
  return Math.max(now + MINT_RETRY_MS, (issuedAt ?? 0) + MINT_RATION_MS);
}
