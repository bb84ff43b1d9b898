/**
 * Spending caps: how many credits a tenant, and each of its named users, may spend in a calendar month (UTC). A soft cap
 * only sends an event. A hard cap also rejects new paid work; work that has begun is never stopped.
 */
import { type Problem, problemOf } from "../errors.ts";
import type { UserHash } from "../ids.ts";
import { type EpochMs, toDay, toRfc3339 } from "../time.ts";
import type { SpendingCapsWire } from "../wire/tenant.ts";

/** No cap at all. */
export const NO_CAPS: SpendingCapsWire = { tenant_soft: null, tenant_hard: null, user_soft: null, user_hard: null };

export const hasCaps = (caps: SpendingCapsWire): boolean => Object.values(caps).some((limit) => limit !== null);

/** A calendar month in UTC: its name `2026-11`, its first and last day, and the start of the next one. */
export type Month = {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly resetsAt: EpochMs;
};

export function monthOf(now: EpochMs): Month {
  const name = toDay(now).slice(0, 7);
  const [year = 0, month = 0] = name.split("-").map(Number);
  const resetsAt = Date.UTC(year, month, 1);
  return { name, from: `${name}-01`, to: toDay(resetsAt - 1), resetsAt };
}

/** Credits spent in a month, measured and estimated: by the whole tenant, and by the user in question; null: none is named. */
export type MonthSpending = { readonly tenant: number; readonly user: number | null };

/** A cap that is reached: whose, which, its limit, and what was spent. */
export type ReachedCap = {
  readonly scope: "tenant" | "user";
  readonly cap: "soft" | "hard";
  readonly limit: number;
  readonly used: number;
};

/** Every cap that the spending has reached, hard ones first. */
export function reachedCaps(caps: SpendingCapsWire, { tenant, user }: MonthSpending): ReachedCap[] {
  const all = [
    { scope: "tenant", cap: "hard", limit: caps.tenant_hard, used: tenant },
    { scope: "user", cap: "hard", limit: caps.user_hard, used: user },
    { scope: "tenant", cap: "soft", limit: caps.tenant_soft, used: tenant },
    { scope: "user", cap: "soft", limit: caps.user_soft, used: user },
  ] as const;
  return all.flatMap(({ limit, used, ...which }) =>
    limit !== null && used !== null && used >= limit ? [{ ...which, limit, used }] : [],
  );
}

/** The problem for new paid work under a reached hard cap. What the whole tenant spent is not in the text: users read it. */
export function capProblem({ scope, cap, limit, used }: ReachedCap, now: EpochMs): Problem {
  const { name, resetsAt } = monthOf(now);
  const resets_at = toRfc3339(resetsAt);
  const detail =
    scope === "tenant"
      ? `This account has reached its spending cap for ${name}`
      : `This user has spent ${used} of the ${limit} credits that one user of this account may spend in ${name}`;
  return problemOf(
    "spending_cap_reached",
    `${detail}; new paid work is possible again at ${resets_at}, or when the operator of the gateway raises the cap.`,
    {
      charged: "no",
      hint: "GET /v1/usage",
      members: { cap: { scope, cap, limit, used, resets_at } },
    },
  );
}

/** The data of the event `credits.cap_reached`. */
export const capEventData = (reached: ReachedCap, uh: UserHash | null, at: EpochMs) => {
  const { name, resetsAt } = monthOf(at);
  return { ...reached, uh, month: name, resets_at: toRfc3339(resetsAt) };
};
