/** The usage of all tenants as the operator reads it: the same numbers as the tenants', as JSON and as CSV. */
import { describe, expect, it } from "vitest";
import { eventId, randomUserHash } from "../../src/core/ids.ts";
import type { NewEvent } from "../../src/core/rpc/tenant.ts";
import { DAY_MS, toDay } from "../../src/core/time.ts";
import { allUsagePage, type UsageOfTenantWire } from "../../src/core/wire/usage.ts";
import { adminHeaders, call, jsonOf, type Member, makeMember, readProblem, send } from "../support/gateway.ts";
import { random, tenantRpc } from "../support/objects.ts";

const admin = (path: string): Promise<Response> => call(path, { headers: adminHeaders });
const usage = async (query: string) => allUsagePage.parse(await jsonOf(await admin(`/admin/usage?${query}`)));

let nth = 0;
async function spend({ tenant }: Member, mode: "live" | "test", amount: number, at = NOW): Promise<void> {
  nth += 1;
  const resource = `trn_usage_${nth}`;
  const data = JSON.stringify({ credits: { amount, basis: "measured" } });
  const id = await eventId(resource, "turn.completed#1");
  const uh = randomUserHash(random);
  const event: NewEvent = { id, type: "turn.completed", resource, sequence: 1, at, uh, data };
  await tenantRpc({ tenant: tenant.id as `ten_${string}`, mode, uh }).accept([event]);
}

/** The same for all tests and events, so that no day ends between them. */
const NOW = Date.now();
const TODAY = toDay(NOW);
const YESTERDAY = toDay(NOW - DAY_MS);

describe("GET /admin/usage", () => {
  it("has a row for each tenant, mode and day, equal to what the tenant sees", async () => {
    const one = await makeMember(null);
    await spend(one, "test", 12);
    await spend(one, "test", 0.5);
    await spend(one, "test", 7, NOW - DAY_MS);
    await spend(one, "live", 100);
    const { data } = await usage(`tenant=${one.tenant.id}&from=${YESTERDAY}`);
    expect(data.map(({ mode, day, credits, turns }) => [mode, day, credits.measured, turns.completed])).toEqual([
      ["live", TODAY, 100, 1],
      ["test", TODAY, 12.5, 2],
      ["test", YESTERDAY, 7, 1],
    ]);
    const own = await jsonOf<{ data: object[] }>(await call(`/v1/usage?from=${YESTERDAY}`, { headers: one.headers }));
    const shown = data.filter(({ mode }) => mode === "test").map(({ tenant: _, mode: __, ...row }) => row);
    expect(shown).toEqual(own.data);

    const sums = await usage(`tenant=${one.tenant.id}&from=${YESTERDAY}&by=tenant&mode=test`);
    expect(sums.data.map(({ day, credits }) => [day, credits.measured])).toEqual([[null, 19.5]]);
  });

  it("has pages of tenants, newest first, each tenant once", async () => {
    const members = [await makeMember(null), await makeMember(null), await makeMember(null)];
    for (const [n, member] of members.entries()) await spend(member, "test", n + 1);
    const rows: UsageOfTenantWire[] = [];
    for (let after: string | null = ""; after !== null; ) {
      const page: Awaited<ReturnType<typeof usage>> = await usage(`limit=2${after === "" ? "" : `&after=${after}`}`);
      rows.push(...page.data);
      after = page.next_cursor;
    }
    const ids = members.map(({ tenant }) => tenant.id as string);
    const ours = rows.filter(({ tenant }) => ids.includes(tenant));
    expect(ours.map(({ tenant, credits }) => [tenant, credits.measured])).toEqual(
      ids.map((id, n) => [id, n + 1]).toReversed(),
    );
  });

  it("is a month as CSV, with the next page in a header", async () => {
    const member = await makeMember(null);
    await makeMember(null);
    await spend(member, "test", 12.5);
    const month = TODAY.slice(0, 7);
    const response = await admin(`/admin/usage?month=${month}&tenant=${member.tenant.id}&format=csv`);
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(response.headers.get("link")).toBeNull();
    expect((await response.text()).split("\r\n")).toEqual([
      "tenant,mode,day,kind,amount",
      `${member.tenant.id},test,${TODAY},turns_completed,1`,
      `${member.tenant.id},test,${TODAY},credits_measured,12.5`,
      "",
    ]);
    const first = await admin(`/admin/usage?month=${month}&format=csv&limit=1`);
    const next = /^<(\/admin\/usage\?[^>]+)>; rel="next"$/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    expect(next).toContain("format=csv");
    expect((await admin(next)).status).toBe(200);
  });

  it.each([
    ["month=2026-13", "query:month"],
    [`month=2026-11&from=${TODAY}`, "query:month"],
    ["limit=51", "query:limit"],
    ["by=user", "query:by"],
    ["mode=both", "query:mode"],
    ["month=2020-01", "query:from"],
    ["colour=red", "query:colour"],
  ])("rejects %s at %s", async (query, field) => {
    const problem = await readProblem(await admin(`/admin/usage?${query}`));
    expect(problem).toMatchObject({ status: 422, code: "invalid_request", errors: [{ field }] });
  });

  it("is the operator's alone", async () => {
    const { headers } = await makeMember(null);
    expect((await call("/admin/usage", { headers })).status).toBe(401);
    expect((await call("/admin/usage")).status).toBe(401);
  });
});

describe("spending caps", () => {
  it("are set for each mode, kept when others are, and removed by null", async () => {
    const { tenant, headers } = await makeMember(null);
    const patch = (spending_caps: object) =>
      send("PATCH", `/admin/tenants/${tenant.id}`, { spending_caps }, adminHeaders);
    type Shown = { spending_caps: { live: object; test: object } };
    const none = { tenant_soft: null, tenant_hard: null, user_soft: null, user_hard: null };
    expect((await jsonOf<Shown>(await patch({ test: { tenant_hard: 0 } }))).spending_caps).toEqual({
      live: none,
      test: { ...none, tenant_hard: 0 },
    });
    const problem = await readProblem(
      await send("POST", "/v1/videos", { prompt: "make a 1 second video of the sea" }, headers),
    );
    expect(problem).toMatchObject({
      status: 402,
      code: "spending_cap_reached",
      retryable: false,
      charged: "no",
      cap: { scope: "tenant", cap: "hard", limit: 0, used: 0 },
    });
    const both = await jsonOf<Shown>(
      await patch({ test: { tenant_hard: null, user_soft: 2.5 }, live: { user_hard: 1 } }),
    );
    expect(both.spending_caps).toEqual({ live: { ...none, user_hard: 1 }, test: { ...none, user_soft: 2.5 } });
    for (const wrong of [
      { test: { tenant_hard: -1 } },
      { test: { hard: 1 } },
      { prod: {} },
      { test: { user_hard: "many" } },
    ])
      expect((await patch(wrong)).status).toBe(422);
  });
});
