/**
 * Exact quotas: what a tenant may use in one mode, and the problem when a quota is exhausted. Only the tenant's object
 * counts them.
 */
import { type Limit, type Problem, problemOf } from "../errors.ts";
import type { Result } from "../result.ts";
import { DAY_MS, type EpochMs, SECOND_MS } from "../time.ts";
import type { QuotasWire } from "../wire/tenant.ts";

export type QuotaName = keyof QuotasWire;
/** The quotas that are counted by UTC day. */
export type DailyQuota = Exclude<QuotaName, "concurrent_turns">;

/** A request for an amount of a quota. The same `ref` is counted once. */
export type QuotaRequest = {
  readonly quota: QuotaName;
  /** The id of what the amount is for: a turn, a render, an upload, a user's hash. */
  readonly ref: string;
  /** The total for `ref`, including earlier requests: bytes for `bytes_per_day`, else 1. */
  readonly amount: number;
};

/** The bytes that a new upload reserves of the day's quota, and their `ref`. */
export type UploadReservation = { readonly ref: string; readonly count: number };

/** The used amount of a quota: of the whole tenant, and of the user that asks; null when no user is named. */
export type QuotaUse = { readonly all: number; readonly own: number | null };

/**
 * One user may hold at most a quota divided by this. Chosen: one user at its maximum leaves every other user a full
 * share.
 */
const USER_PARTS = 3;

/**
 * The part of a quota that the caller may hold: the tenant all of it, a named user at most a third, and at most half
 * of what the other users leave free.
 *
 * So there is always room for the next user. The quota of new users has no shares, since each user counts as one.
 */
export function shareOf(quota: QuotaName, limit: number, { all, own }: QuotaUse): number {
  if (own === null || quota === "new_users_per_day") return limit;
  const others = all - own;
  const most = Math.max(Math.min(1, limit), Math.floor(limit / USER_PARTS));
  return Math.min(most, Math.ceil(Math.max(0, limit - others) / 2));
}

/** Seconds after which a slot may be free again. Chosen: most turns take 5 s to 5 min. */
const SLOT_RETRY_SECONDS = 5;

/** A success, with the remainder of the quotas that it used. */
export type Metered<T> = Result<T, Problem> & {
  readonly limits?: readonly Limit[];
  /** An earlier request with the same Idempotency-Key created it. */
  readonly replayed?: boolean;
};

export const metered = <T>(value: T, limits: readonly Limit[]): Metered<T> => ({ ok: true, value, limits });

/** The caller's share of a quota, and its remainder at `now`. */
export function limitOf(name: QuotaName, limit: number, used: QuotaUse, now: EpochMs): Limit {
  const quota = shareOf(name, limit, used);
  const own = quota - (quota === limit ? used.all : (used.own ?? 0));
  const left = { name, quota, remaining: Math.max(0, Math.min(own, limit - used.all)) };
  if (name === "concurrent_turns") return { ...left, window: null, reset: null };
  return { ...left, window: DAY_MS / SECOND_MS, reset: Math.ceil((DAY_MS - (now % DAY_MS)) / SECOND_MS) };
}

/** Checks that `amount` more fits into the quota; null when it does. */
export function checkMore(
  quota: QuotaName,
  amount: number,
  limit: number,
  used: QuotaUse,
  now: EpochMs,
): Problem | null {
  const met = limitOf(quota, limit, used, now);
  // An upload of unknown length reserves nothing yet, but there must be something left for it.
  if (Math.max(1, amount) <= met.remaining) return null;
  const isShare = met.quota < limit;
  if (quota === "concurrent_turns") {
    const whose = isShare
      ? `One user may have ${met.quota} of this account's ${limit} turns queued or running at once`
      : `This account has reached its limit of ${limit} turns queued or running at once`;
    return problemOf("concurrency_limited", `${whose}; send this one again when some have ended.`, {
      charged: "no",
      retryAfterSeconds: SLOT_RETRY_SECONDS,
      limit: met,
    });
  }
  const whose = isShare ? `One user may use ${met.quota} of this account's ${limit}` : `This account may use ${limit}`;
  const detail = `${whose} ${UNITS[quota]} a day and has ${met.remaining} left; try again after midnight UTC.`;
  return problemOf("quota_exceeded", detail, {
    charged: "no",
    ...(met.reset === null ? {} : { retryAfterSeconds: met.reset }),
    limit: met,
  });
}

const UNITS = {
  renders_per_day: "renders",
  bytes_per_day: "bytes of uploads",
  new_users_per_day: "new users",
} as const satisfies Record<DailyQuota, string>;

/** A counted limit in the two fields of the RateLimit header draft. */
export const rateLimitHeaders = (limit: Limit): Record<string, string> => {
  const { name, quota, remaining, window, reset } = limit;
  return {
    "RateLimit-Policy": `"${name}";q=${quota}${window === null ? "" : `;w=${window}`}`,
    RateLimit: `"${name}";r=${remaining}${reset === null ? "" : `;t=${reset}`}`,
  };
};
