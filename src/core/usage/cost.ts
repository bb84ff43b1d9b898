/** What an order cost lately, for a dry run: from the tenant's own ended videos, or the figures that Nemo publishes. */
import { classifyMessage } from "../commands/match.ts";
import { type EpochMs, toRfc3339 } from "../time.ts";
import type { Video } from "../video.ts";
import type { CostWire } from "../wire/common.ts";

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
