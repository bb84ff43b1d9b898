/**
 * What counts as usage of a tenant, credit warnings, attribution, caps on spending, and what an order costs. An event
 * published twice counts once.
 */

import { classifyMessage } from "../commands.ts";
import { type FieldError, type Problem, problemOf } from "../errors.ts";
import type { UserHash } from "../ids.ts";
import { USAGE_DEFAULT_DAYS, USAGE_SPAN_DAYS, USAGE_TTL_MS } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { DAY_MS, type EpochMs, toDay, toRfc3339 } from "../time.ts";
import type { Video } from "../video.ts";
import type { AttributionWire, CostWire } from "../wire/common.ts";
import type { EventType } from "../wire/event.ts";
import type { SpendingCapsWire } from "../wire/tenant.ts";
import { type CountedData, countedData } from "../wire/usage.ts";

/** The counters, each from 0. Credits in upstream's unit. */
export const COUNTERS = [
  "turns_completed",
  "turns_failed",
  "turns_unknown",
  "credits_measured",
  "credits_estimated",
  "credits_unknown_turns",
  "renders_completed",
  "renders_failed",
  "upload_bytes",
  "render_bytes",
  "deliveries_delivered",
  "deliveries_failed",
] as const;
export type Counter = (typeof COUNTERS)[number];
export type Counts = Readonly<Record<Counter, number>>;

/**
 * Counts of one day, or of one user or key over a period. `subject`: the day, the user's hash, the key's id; null when
 * unknown.
 */
export type UsageRow = { readonly subject: string | null; readonly counts: Counts };

/** Days in UTC, `2026-11-21`, both included. */
export type Period = { readonly from: string; readonly to: string };

/** What an event adds; null for one that is not counted. A video is counted by its turns and renders. */
export function countsOf(type: EventType, data: string): Partial<Counts> | null {
  const read = (): CountedData => countedData.parse(JSON.parse(data));
  switch (type) {
    case "turn.completed":
      return { turns_completed: 1, ...creditsOf(read()) };
    case "turn.failed":
      return { turns_failed: 1, ...creditsOf(read()) };
    case "turn.unknown":
      return { turns_unknown: 1, ...creditsOf(read()) };
    case "render.completed": // a render that reuses another's file produced nothing
      return read().reused_from == null ? { renders_completed: 1, render_bytes: read().file?.size_bytes ?? 0 } : null;
    case "render.failed":
      return { renders_failed: 1 };
    case "upload.completed":
      return { upload_bytes: read().size_bytes ?? 0 };
    default:
      return null;
  }
}

/** A turn's credits by how they are known. A turn with an unknown amount is counted as a turn, without credits. */
function creditsOf({ credits }: CountedData): Partial<Counts> {
  if (credits == null || credits.amount === null || credits.basis === "unknown") return { credits_unknown_turns: 1 };
  return credits.basis === "measured" ? { credits_measured: credits.amount } : { credits_estimated: credits.amount };
}

/** Upstream's amounts have a few decimals at most. Chosen: far below any of them. */
const CREDIT_PARTS = 1_000_000;

/**
 * A sum of credits as it is shown, billed and compared with a cap: to a millionth. Binary fractions do not add up
 * exactly: ten times 0.1 would be below 1.
 */
export const exactCredits = (sum: number): number => Math.round(sum * CREDIT_PARTS) / CREDIT_PARTS;

/** Counters with their credits as they are shown. The other counters are whole numbers. */
export const exactCounts = (counts: Counts): Counts => ({
  ...counts,
  credits_measured: exactCredits(counts.credits_measured),
  credits_estimated: exactCredits(counts.credits_estimated),
});

type Asked = { readonly from?: string | undefined; readonly to?: string | undefined };

/**
 * Validates the requested period: the last 30 days by default. Rejects one that ends before it begins, is longer than
 * 92 days, or is no longer kept.
 */
export function periodOf(asked: Asked, now: EpochMs): Result<Period, Problem> {
  const to = asked.to ?? toDay(now);
  const from = asked.from ?? toDay(Date.parse(to) - (USAGE_DEFAULT_DAYS - 1) * DAY_MS);
  if (from > to) return err(badPeriod("must not be after `to`"));
  if (Date.parse(to) - Date.parse(from) >= USAGE_SPAN_DAYS * DAY_MS)
    return err(badPeriod(`must be less than ${USAGE_SPAN_DAYS} days before \`to\``));
  const oldest = toDay(now - USAGE_TTL_MS);
  return from < oldest ? err(badPeriod(`must not be before ${oldest}; older usage is not kept`)) : ok({ from, to });
}

function badPeriod(message: string): Problem {
  const errors: FieldError[] = [{ field: "query:from", message }];
  return problemOf("invalid_request", `from ${message}.`, { errors });
}

/** The most that one generated clip costs. Source: nemo-api reference 7.1. */
export const CLIP_CREDITS = 100;

/**
 * The credit event that a turn causes; null for none.
 *
 * `credits.exhausted` when upstream reported missing credits or nothing is left; `credits.low` when the turn took the
 * balance below the cost of one clip. A balance that was already below is not reported again; an unread one is not
 * reported.
 */
export function creditsEvent(
  was: number | null,
  is: number | null,
  problem: boolean,
): "credits.low" | "credits.exhausted" | null {
  if (problem) return "credits.exhausted";
  if (was === null || is === null || is >= was) return null;
  if (is <= 0) return "credits.exhausted";
  return was >= CLIP_CREDITS && is < CLIP_CREDITS ? "credits.low" : null;
}

/**
 * The caller's identity in upstream's three headers, which are always sent: `X-Skill-Source`, `X-Skill-Version`,
 * `X-Skill-Platform`.
 */
export type Attribution = { readonly source: string; readonly version: string; readonly platform: string };

/** Nothing named in any part. */
export const NO_ATTRIBUTION: AttributionWire = { source: null, version: null, platform: null };

/** Defaults of the gateway. */
const DEFAULTS: Attribution = { source: "nemo-gateway", version: "1", platform: "unknown" };

/** Each part from the first source that sets it: the generator, then its tenant, then the gateway. */
export function attributionOf(...sources: readonly (AttributionWire | null | undefined)[]): Attribution {
  const part = (name: keyof Attribution): string =>
    sources.map((one) => one?.[name] ?? null).find((value) => value !== null) ?? DEFAULTS[name];
  return { source: part("source"), version: part("version"), platform: part("platform") };
}

/*
 * Spending caps: how many credits a tenant, and each of its named users, may spend in a calendar month (UTC). A soft cap
 * only sends an event. A hard cap also rejects new paid work; work that has begun is never stopped.
 */

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

/* What an order cost lately, for a dry run: from the tenant's own ended videos, or the figures that Nemo publishes. */

/** Orders of one type are compared: with one generator, in an existing project, or of a new video. */
export type OrderType = string;

/** A prompt that only asks for the export of what is in its project: no message is sent, so it costs nothing. */
const EXPORT: OrderType = "export";

/** The type of a new order. */
export function orderTypeOf({
  generator,
  project,
  prompt,
}: Pick<Video, "generator" | "project" | "prompt">): OrderType {
  if (project !== null && classifyMessage(prompt) === "export") return EXPORT;
  return generator?.id ?? (project === null ? "new" : "project");
}

/** The credits of a completed order, and when it ended. */
export type OrderCost = { readonly credits: number; readonly endedAt: EpochMs };

const published = (min: number, max: number): CostWire => ({
  basis: "published",
  median: null,
  min,
  max,
  orders: 0,
  since: null,
});

/** Exports are free. Source: nemo-api reference section 7.1. */
export const EXPORT_COST = published(0, 0);

/** About 50 credits for an editing session and 100 for a generated clip. Source: nemo-api reference section 7.1. */
const PUBLISHED = published(50, 100);

/** Median and range of these orders; the published figures when there are none, and for an export. */
export function costOf(type: OrderType, orders: readonly OrderCost[]): CostWire {
  if (type === EXPORT) return EXPORT_COST;
  const sorted = orders.map(({ credits }) => credits).sort((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) return PUBLISHED;
  const upper = sorted[Math.floor(sorted.length / 2)] ?? max;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? min;
  const since = toRfc3339(Math.min(...orders.map(({ endedAt }) => endedAt)));
  return { basis: "measured", median: (lower + upper) / 2, min, max, orders: sorted.length, since };
}
