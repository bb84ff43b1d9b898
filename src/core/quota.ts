/** Exact quotas: what a tenant may take in one mode, and how a refusal says so. Counted by the tenant's object alone. */
import { type Limit, type Refusal, refusal } from "./errors.ts";
import type { Result } from "./result.ts";
import { DAY_MS, type EpochMs, SECOND_MS } from "./time.ts";
import type { Quotas } from "./wire/tenant.ts";

export type QuotaName = keyof Quotas;
/** What is counted by the UTC day. */
export type DailyQuota = Exclude<QuotaName, "concurrent_turns">;

/** What somebody wants to take. The same `ref` takes once. */
export type Want = {
  readonly quota: QuotaName;
  /** The id of what it is taken for: a turn, a render, an upload, a user's hash. */
  readonly ref: string;
  /** Bytes for `bytes_per_day`, else 1. */
  readonly amount: number;
};

/** Seconds after which a place may be free again. Chosen: most turns take 5 s to 5 min. */
const PLACE_RETRY_SECONDS = 5;

/** A success, with what is left of the quotas that were taken from for it. */
export type Metered<T> = Result<T, Refusal> & { readonly limits?: readonly Limit[] };

/** A success that took from quotas. */
export const metered = <T>(value: T, limits: readonly Limit[]): Metered<T> => ({ ok: true, value, limits });

/** A quota of which `used` of `limit` is taken, at this moment. */
export function limitOf(name: QuotaName, limit: number, used: number, now: EpochMs): Limit {
  const left = { name, quota: limit, remaining: Math.max(0, limit - used) };
  if (name === "concurrent_turns") return { ...left, window: null, reset: null };
  return { ...left, window: DAY_MS / SECOND_MS, reset: Math.ceil((DAY_MS - (now % DAY_MS)) / SECOND_MS) };
}

/** Why the want is refused, with `used` of `limit` taken; null when it fits. */
export function refuseWant({ quota, amount }: Want, limit: number, used: number, now: EpochMs): Refusal | null {
  if (used + amount <= limit) return null;
  const met = limitOf(quota, limit, used, now);
  if (quota === "concurrent_turns") {
    const detail = `${limit} turns of this account wait or run at once, which is its limit; send this one when some have ended.`;
    return refusal("concurrency_limited", detail, {
      charged: "no",
      retryAfterSeconds: PLACE_RETRY_SECONDS,
      limit: met,
    });
  }
  const detail = `This account may take ${limit} ${UNITS[quota]} a day and has ${met.remaining} left; the day ends at midnight UTC.`;
  return refusal("quota_exceeded", detail, {
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
