/** A page of usage, with the tenant's own ids of users. */
import type { KeyId } from "../core/ids.ts";
import { type Counts, periodOf, type UsageRow } from "../core/usage.ts";
import type { UsageCountsWire, UsagePageWire, UsageQuery } from "../core/wire/usage.ts";
import type { Ctx } from "../http/context.ts";
import { tenantObject } from "../http/objects.ts";
import { decryptName, pageRequest } from "../http/page.ts";
import { unwrap } from "../http/problem.ts";
import { findUserNames } from "../store/users.ts";

/** The usage of the caller's tenant in the caller's mode. */
export async function pageOfUsage(c: Ctx, query: UsageQuery): Promise<UsagePageWire> {
  const period = unwrap(periodOf(query, Date.now()));
  const page = await tenantObject(c.env, c.var.caller).readUsage(query.by, period, pageRequest(query));
  return { ...page, data: await show(c, query, page.data), ...period };
}

async function show(c: Ctx, { by }: UsageQuery, rows: readonly UsageRow[]): Promise<UsagePageWire["data"]> {
  const names = by === "user" ? await namesOf(c, rows) : new Map<string, string>();
  return rows.map(({ subject, counts }) => {
    const used = showCounts(counts);
    if (by === "day") return { day: subject ?? "", ...used };
    if (by === "key") return { key: subject as KeyId | null, ...used }; // the key id that was recorded with the usage
    return { uh: subject, user: subject === null ? null : (names.get(subject) ?? null), ...used };
  });
}

async function namesOf(c: Ctx, rows: readonly UsageRow[]): Promise<Map<string, string>> {
  const users = rows.map(({ subject }) => subject).filter((subject) => subject !== null);
  const found = await findUserNames(c.env.DB, c.var.caller, users);
  const names = await Promise.all(found.map(async (row) => [row.uh, await decryptName(c, row)] as const));
  return new Map(names.flatMap(([uh, name]) => (name === null ? [] : [[uh, name] as const])));
}

const showCounts = (sums: Counts): UsageCountsWire => ({
  turns: { completed: sums.turns_completed, failed: sums.turns_failed, unknown: sums.turns_unknown },
  credits: {
    measured: sums.credits_measured,
    estimated: sums.credits_estimated,
    unknown_turns: sums.credits_unknown_turns,
  },
  renders: { completed: sums.renders_completed, failed: sums.renders_failed },
  upload_bytes: sums.upload_bytes,
  render_bytes: sums.render_bytes,
  deliveries: { delivered: sums.deliveries_delivered, failed: sums.deliveries_failed },
});
