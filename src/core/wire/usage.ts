/** What a tenant used in one mode, by day, by user or by key. */
import * as z from "zod";
import { plainIdPattern, USER_HASH_CHARS } from "../ids.ts";
import { pageOf, pageQuery, plain } from "./common.ts";
import { spent } from "./token.ts";

/** What use is shown by. */
export const USAGE_DIMENSIONS = ["day", "user", "key"] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

/** What is counted in a fact's data. An earlier version may have told it without: a count is never a reason to refuse a fact. */
export const countedData = z.object({
  credits: spent.nullish().catch(null),
  reused_from: z.string().nullish().catch(null),
  size_bytes: z.number().nullish().catch(null),
  file: z.object({ size_bytes: z.number() }).nullish().catch(null),
});
export type CountedData = z.infer<typeof countedData>;

const day = z.iso.date().meta({ format: "date", example: "2026-11-21" });
const count = z.int().min(0);

/** Cursors of the three lists: a day, a user's hash, a key's id; `-` stands for nobody. */
const CURSOR = new RegExp(`^(-|\\d{4}-\\d\\d-\\d\\d|[0-9a-z]{${USER_HASH_CHARS}})$|${plainIdPattern("key").source}`);

export const usageQuery = pageQuery(CURSOR).extend({
  by: z.enum(USAGE_DIMENSIONS).default("day"),
  from: day.optional().meta({ description: "First day, in UTC. Left out: 30 days up to `to`. At most 92 days." }),
  to: day.optional().meta({ description: "Last day, in UTC. Left out: today." }),
});
export type UsageQuery = z.infer<typeof usageQuery>;

export const usageCounts = z.object({
  turns: z.object({ completed: count, failed: count, unknown: count }),
  credits: z
    .object({ measured: z.number(), estimated: z.number(), unknown_turns: count })
    .meta({ description: "By how they are known, as in a turn; `unknown_turns`: turns whose credits nobody knows." }),
  renders: z
    .object({ completed: count, failed: count })
    .meta({ description: "A render that shows an earlier one's file is not counted." }),
  upload_bytes: count.meta({ description: "Of uploads that were completed." }),
  render_bytes: count.meta({ description: "Of the files that those renders left in the store." }),
  deliveries: z
    .object({ delivered: count, failed: count })
    .meta({ description: "Ends of deliveries; one that was sent again after its end has another." }),
});

export const usageOfDay = usageCounts.extend({ day }).meta({ id: "UsageOfDay" });
export const usageOfUser = usageCounts
  .extend({
    uh: z.string().nullable().meta({ description: "The user's hash, as ids end in it. Null: no user was named." }),
    user: z.string().nullable().meta({ description: "Your own name of the user; null where it is not known." }),
  })
  .meta({ id: "UsageOfUser" });
export const usageOfKey = usageCounts
  .extend({ key: plain("key").nullable().meta({ description: "Null: no key is known." }) })
  .meta({ id: "UsageOfKey" });

export const usagePage = pageOf(z.union([usageOfDay, usageOfUser, usageOfKey]))
  .extend({ from: day, to: day })
  .meta({
    id: "UsagePage",
    description: "By day: newest first. By user or key: sums over the period, in order of id.",
  });
export type UsagePageWire = z.infer<typeof usagePage>;
export type UsageCountsWire = z.infer<typeof usageCounts>;
