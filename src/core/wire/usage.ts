/** The usage of a tenant in one mode, by day, by user or by key. */
import * as z from "zod";
import { plainIdPattern, USER_HASH_CHARS } from "../ids.ts";
import { mode, pageQuery, pageSchema, plain } from "./common.ts";
import { spent } from "./token.ts";

/** The dimensions by which usage is grouped. */
export const USAGE_DIMENSIONS = ["day", "user", "key"] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

/** The counted fields of an event's data. A missing or malformed field is not counted; it never rejects the event. */
export const countedData = z.object({
  credits: spent.nullish().catch(null),
  reused_from: z.string().nullish().catch(null),
  size_bytes: z.number().nullish().catch(null),
  file: z.object({ size_bytes: z.number() }).nullish().catch(null),
});
export type CountedData = z.infer<typeof countedData>;

const day = z.iso.date().meta({ format: "date", example: "2026-11-21" });
const count = z.int().min(0);

/** The cursors of the three lists: a day, a user's hash or a key's id; `-` for usage without a user or key. */
const CURSOR = new RegExp(`^(-|\\d{4}-\\d\\d-\\d\\d|[0-9a-z]{${USER_HASH_CHARS}})$|${plainIdPattern("key").source}`);

export const usageQuery = pageQuery(CURSOR).extend({
  by: z.enum(USAGE_DIMENSIONS).default("day"),
  from: day
    .optional()
    .meta({ description: "The first day, in UTC. Defaults to the 30 days up to `to`. The period is at most 92 days." }),
  to: day.optional().meta({ description: "The last day, in UTC. Defaults to today." }),
});
export type UsageQuery = z.infer<typeof usageQuery>;

export const usageCounts = z.object({
  turns: z.object({ completed: count, failed: count, unknown: count }).meta({ id: "TurnCounts" }),
  credits: z.object({ measured: z.number(), estimated: z.number(), unknown_turns: count }).meta({
    id: "CreditSums",
    description: "By the `basis` of the amount, as in a turn. `unknown_turns`: turns whose cost is unknown.",
  }),
  renders: z
    .object({ completed: count, failed: count })
    .meta({ id: "RenderCounts", description: "A render that reuses an earlier file is not counted." }),
  upload_bytes: count.meta({ description: "The size of completed uploads." }),
  render_bytes: count.meta({ description: "The size of the files of completed renders." }),
  deliveries: z.object({ delivered: count, failed: count }).meta({
    id: "DeliveryCounts",
    description: "Ended deliveries. A delivery that was retried after its end is counted again.",
  }),
});

export const usageOfDay = usageCounts.extend({ day }).meta({ id: "UsageOfDay" });
export const usageOfUser = usageCounts
  .extend({
    uh: z
      .string()
      .nullable()
      .meta({ description: "The user's hash, with which the ids of its resources end. Null: no user was named." }),
    user: z.string().nullable().meta({ description: "Your own id of the user; null if unknown." }),
  })
  .meta({ id: "UsageOfUser" });
export const usageOfKey = usageCounts
  .extend({ key: plain("key").nullable().meta({ description: "Null: the key is unknown." }) })
  .meta({ id: "UsageOfKey" });

export const usagePage = pageSchema(z.union([usageOfDay, usageOfUser, usageOfKey]))
  .extend({ from: day, to: day })
  .meta({
    id: "UsagePage",
    description: "By day: newest first. By user or key: totals over the period, in order of id.",
  });
export type UsagePageWire = z.infer<typeof usagePage>;
export type UsageCountsWire = z.infer<typeof usageCounts>;

/* The usage of all tenants, as the operator reads it. */

/** Tenants in one page: each costs a call to its object for each mode, so a page of 50 makes 100 calls. */
const TENANTS_PER_PAGE = 50;

export const allUsageQuery = z
  .strictObject({
    limit: z.coerce.number().int().min(1).max(TENANTS_PER_PAGE).default(20).meta({ description: "Tenants per page." }),
    after: z
      .string()
      .regex(plainIdPattern("ten"), "must be the next_cursor of a page of this list")
      .optional()
      .meta({ description: "The `next_cursor` of the previous page." }),
    tenant: plain("ten").optional().meta({ description: "Only this tenant." }),
    mode: mode.optional().meta({ description: "Only this mode." }),
    by: z
      .enum(["day", "tenant"])
      .default("day")
      .meta({ description: "`day`: a row for each tenant, mode and day. `tenant`: the sums of the period." }),
    from: day.optional().meta({ description: "The first day, in UTC. Defaults to the 30 days up to `to`." }),
    to: day.optional().meta({ description: "The last day, in UTC. Defaults to today." }),
    month: z
      .string()
      .regex(/^\d{4}-(0[1-9]|1[0-2])$/, "must be a month such as 2026-11")
      .optional()
      .meta({ description: "A calendar month instead of `from` and `to`.", example: "2026-11" }),
    format: z.enum(["json", "csv"]).default("json").meta({
      description: "`csv`: a line for each tenant, mode, day and kind; the next page is in the `Link` header.",
    }),
  })
  .refine(({ month, from, to }) => month === undefined || (from === undefined && to === undefined), {
    path: ["month"],
    error: "cannot be combined with from and to",
  });
export type AllUsageQuery = z.infer<typeof allUsageQuery>;

export const usageOfTenant = usageCounts
  .extend({
    tenant: plain("ten"),
    mode,
    day: day.nullable().meta({ description: "Null for the sums of the period." }),
  })
  .meta({ id: "UsageOfTenant" });
export type UsageOfTenantWire = z.infer<typeof usageOfTenant>;

export const allUsagePage = pageSchema(usageOfTenant)
  .extend({ from: day, to: day })
  .meta({ id: "AllUsagePage", description: "Newest tenant first, then by mode, then newest day first." });
export type AllUsagePageWire = z.infer<typeof allUsagePage>;
