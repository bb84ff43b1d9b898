/**
 * What counts as usage of a tenant, credit warnings, and attribution. Pure and idempotent: an event published twice
 * counts once.
 */
import { type FieldError, type Problem, problemOf } from "../errors.ts";
import { USAGE_DEFAULT_DAYS, USAGE_SPAN_DAYS, USAGE_TTL_MS } from "../limits.ts";
import { err, ok, type Result } from "../result.ts";
import { DAY_MS, type EpochMs, toDay } from "../time.ts";
import type { AttributionWire } from "../wire/common.ts";
import type { EventType } from "../wire/event.ts";
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
