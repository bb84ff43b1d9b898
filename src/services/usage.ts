/** Usage: of one tenant with its own ids of users, and of all tenants for the operator. */
/** Usage: of one tenant with its own ids of users, and of all tenants for the operator. */
import { type KeyId, MODES, type Mode, type TenantId } from "../core/ids.ts";
import { USAGE_SPAN_DAYS } from "../core/limits.ts";
import { cutPage, rowsFor } from "../core/page.ts";
import type { Page } from "../core/rpc/user.ts";
import {
  COUNTERS,
  type Counter,
  type Counts,
  exactCounts,
  monthOf,
  type Period,
  periodOf,
  type UsageRow,
} from "../core/usage/usage.ts";
import type {
  AllUsageQuery,
  UsageCountsWire,
  UsageOfTenantWire,
  UsagePageWire,
  UsageQuery,
} from "../core/wire/usage.ts";
import type { Ctx } from "../http/context.ts";
import { tenantObject } from "../http/objects.ts";
import { decryptName, pageRequest } from "../http/page.ts";
import { unwrap } from "../http/problem.ts";
import { listTenants } from "../store/tenants.ts";
import { findUserNames } from "../store/users.ts";
import { getTenant } from "./tenants.ts";

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

/* The usage of all tenants. It is stored in their objects, so a page of tenants is a bounded number of calls. */

/** Objects asked at once. Platform limit: an invocation has six open connections. */
const AT_ONCE = 6;

/** One row: a tenant's usage in one mode, of a day or (null) of the whole period. */
export type TenantUsage = {
  readonly tenant: TenantId;
  readonly mode: Mode;
  readonly day: string | null;
  readonly counts: Counts;
};

/** A page of tenants with their usage: at most 100 calls to objects, six at a time. */
export async function usageOfTenants(c: Ctx, query: AllUsageQuery): Promise<Page<TenantUsage> & Period> {
  const now = Date.now();
  const month = query.month === undefined ? null : monthOf(Date.parse(`${query.month}-01`));
  const period = unwrap(periodOf(month ?? query, now));
  const page = await tenantsOf(c, query);
  const modes = query.mode === undefined ? MODES : [query.mode];
  const wanted = page.data.flatMap((tenant) => modes.map((mode) => ({ tenant, mode })));
  const data: TenantUsage[] = [];
  for (let at = 0; at < wanted.length; at += AT_ONCE) {
    const some = wanted.slice(at, at + AT_ONCE).map((scope) => usageOf(c, scope, query.by, period));
    data.push(...(await Promise.all(some)).flat());
  }
  return { ...page, data, ...period };
}

async function tenantsOf(c: Ctx, query: AllUsageQuery): Promise<Page<TenantId>> {
  if (query.tenant !== undefined)
    return { data: [(await getTenant(c, query.tenant)).id], has_more: false, next_cursor: null };
  const rows = await listTenants(c.env.DB, rowsFor(query), query.after ?? null);
  return cutPage(
    rows,
    query,
    ({ id }) => id,
    ({ id }) => id,
  );
}

async function usageOf(
  c: Ctx,
  scope: { readonly tenant: TenantId; readonly mode: Mode },
  by: AllUsageQuery["by"],
  period: Period,
): Promise<TenantUsage[]> {
  const { data } = await tenantObject(c.env, { ...scope, grant: null }).readUsage("day", period, {
    limit: USAGE_SPAN_DAYS,
    after: null,
  });
  if (by === "day") return data.map(({ subject, counts }) => ({ ...scope, day: subject, counts }));
  const sum = (name: Counter): number => data.reduce((total, { counts }) => total + counts[name], 0);
  const counts = Object.fromEntries(COUNTERS.map((name) => [name, sum(name)])) as Counts; // every counter is a key
  return data.length === 0 ? [] : [{ ...scope, day: null, counts: exactCounts(counts) }];
}

export const showTenantUsage = ({ counts, ...row }: TenantUsage): UsageOfTenantWire => ({
  ...row,
  ...showCounts(counts),
});

/** The same as CSV (RFC 4180): a line for each kind that is not 0. No value needs quotes: ids, dates and numbers. */
export const usageCsv = (rows: readonly TenantUsage[]): string =>
  [
    "tenant,mode,day,kind,amount",
    ...rows.flatMap(({ tenant, mode, day, counts }) =>
      COUNTERS.filter((kind) => counts[kind] !== 0).map(
        (kind) => `${tenant},${mode},${day ?? ""},${kind},${counts[kind]}`,
      ),
    ),
    "",
  ].join("\r\n");
