/** Exact quotas: what a tenant may take in one mode, and how a refusal says so. Counted by the tenant's object alone. */
import { type Limit, type Problem, problemOf } from "./errors.ts";
import type { Result } from "./result.ts";
import { DAY_MS, type EpochMs, SECOND_MS } from "./time.ts";
import type { Quotas } from "./wire/tenant.ts";

export type QuotaName = keyof Quotas;
/** What is counted by the UTC day. */
export type DailyQuota = Exclude<QuotaName, "concurrent_turns">;

/** What somebody wants to take. The same `ref` takes once. */
export type QuotaRequest = {
  readonly quota: QuotaName;
  /** The id of what it is taken for: a turn, a render, an upload, a user's hash. */
  readonly ref: string;
  /** All that `ref` takes, with what it took before: bytes for `bytes_per_day`, else 1. */
  readonly amount: number;
};

/** What a new upload takes of the day's bytes, and under which name. */
export type UploadBytes = { readonly ref: string; readonly count: number };

/** What is taken of a quota: by everybody, and by the user who asks; null where no user is named. */
export type QuotaUse = { readonly all: number; readonly own: number | null };

/** One user holds at most a quota divided by this. Chosen: while one user holds all it may, the share of every other stays whole. */
const USER_PARTS = 3;

/**
 * How much of a quota the one who asks may hold: the account all of it, a named user at most a third, and at most half of what
 * the other users leave. So the next user always finds room, however many came before. A user's own quota of new users is the
 * account's: each user is one.
 */
export function shareOf(quota: QuotaName, limit: number, { all, own }: QuotaUse): number {
  if (own === null || quota === "new_users_per_day") return limit;
  const others = all - own;
  const most = Math.max(Math.min(1, limit), Math.floor(limit / USER_PARTS));
  return Math.min(most, Math.ceil(Math.max(0, limit - others) / 2));
}

/** Seconds after which a place may be free again. Chosen: most turns take 5 s to 5 min. */
const SLOT_RETRY_SECONDS = 5;

/** A success, with what is left of the quotas that were taken from for it. */
export type Metered<T> = Result<T, Problem> & {
  readonly limits?: readonly Limit[];
  /** It was made by an earlier call with the same Idempotency-Key. */
  readonly replayed?: boolean;
};

/** A success that took from quotas. */
export const metered = <T>(value: T, limits: readonly Limit[]): Metered<T> => ({ ok: true, value, limits });

/** What the one who asks may hold of a quota, and how much of that is left at this moment. */
export function limitOf(name: QuotaName, limit: number, taken: QuotaUse, now: EpochMs): Limit {
  const quota = shareOf(name, limit, taken);
  const own = quota - (quota === limit ? taken.all : (taken.own ?? 0));
  const left = { name, quota, remaining: Math.max(0, Math.min(own, limit - taken.all)) };
  if (name === "concurrent_turns") return { ...left, window: null, reset: null };
  return { ...left, window: DAY_MS / SECOND_MS, reset: Math.ceil((DAY_MS - (now % DAY_MS)) / SECOND_MS) };
}

/** Why `amount` more is refused; null when it fits. */
export function checkMore(quota: QuotaName, amount: number, limit: number, taken: QuotaUse, now: EpochMs): Problem | null {
  const met = limitOf(quota, limit, taken, now);
  // An upload that does not say its length takes nothing yet, and will: there must be something left.
  if (Math.max(1, amount) <= met.remaining) return null;
  const isShare = met.quota < limit;
  if (quota === "concurrent_turns") {
    const whose = isShare
      ? `One user may have ${met.quota} of this account's ${limit} turns wait or run at once`
      : `${limit} turns of this account wait or run at once, which is its limit`;
    return problemOf("concurrency_limited", `${whose}; send this one when some have ended.`, {
      charged: "no",
      retryAfterSeconds: SLOT_RETRY_SECONDS,
      limit: met,
    });
  }
  const whose = isShare
    ? `One user may take ${met.quota} of this account's ${limit}`
    : `This account may take ${limit}`;
  const detail = `${whose} ${UNITS[quota]} a day and has ${met.remaining} left; the day ends at midnight UTC.`;
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
