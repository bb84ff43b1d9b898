/**
 * Bills are exact: random turns, renders and uploads of several tenants, users, keys and days, some published twice and in any
 * order, against sums that this test keeps in whole hundredths. What the tenant and the operator are shown, as JSON and as
 * CSV, and what the caps act on, are those sums.
 */
import { describe, expect, it } from "vitest";
import { eventId, type KeyId, MODES, type Mode, randomUserHash } from "../../src/core/ids.ts";
import type { NewEvent } from "../../src/core/rpc/tenant.ts";
import { DAY_MS, toDay } from "../../src/core/time.ts";
import { monthOf } from "../../src/core/usage/usage.ts";
import { allUsagePage, type UsageOfTenantWire } from "../../src/core/wire/usage.ts";
import { adminHeaders, call, jsonOf, type Member, makeMember, readProblem, send } from "../support/gateway.ts";
import { random, tenantRpc, until } from "../support/objects.ts";

const SEED = 20_261_129;
/** Days back: two months at least, and within the longest period that can be asked for. */
const DAYS = 70;
const EVENTS = 120;

/** The same numbers in every run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** What an event must add. `hundredths` of a credit. */
type Entry = {
  readonly day: string;
  readonly uh: string | null;
  readonly key: KeyId | null;
  readonly kind: string;
  readonly amount: number;
};

type Books = {
  readonly events: readonly NewEvent[];
  readonly entries: readonly Entry[];
  readonly users: readonly string[];
};

const NOW = Date.now();

/** Random events of one tenant in one mode, with what they must add. */
async function booksOf(
  draw: (below: number) => number,
  name: string,
  keys: readonly KeyId[],
  days = DAYS,
): Promise<Books> {
  const users = Array.from({ length: 3 }, () => randomUserHash(random));
  const events: NewEvent[] = [];
  const entries: Entry[] = [];
  for (let nth = 0; nth < EVENTS; nth++) {
    const at = NOW - draw(days) * DAY_MS;
    const user = draw(4);
    const uh = users[user] ?? null; // the fourth: no user was named
    const key = keys[draw(keys.length + 1)] ?? null;
    const hundredths = draw(20_000);
    const bytes = draw(1_000_000_000);
    const turn = (basis: "measured" | "estimated" | "unknown", status: "completed" | "failed" | "unknown") => ({
      type: `turn.${status}` as const,
      data: { credits: { amount: basis === "unknown" ? null : hundredths / 100, basis } },
      adds: [
        [`turns_${status}`, 1] as const,
        basis === "unknown" ? (["credits_unknown_turns", 1] as const) : ([`credits_${basis}`, hundredths] as const),
      ],
    });
    const kinds = [
      turn("measured", "completed"),
      turn("measured", "completed"),
      turn("estimated", "failed"),
      turn("unknown", "unknown"),
      {
        type: "render.completed" as const,
        data: { reused_from: null, file: { size_bytes: bytes } },
        adds: [["renders_completed", 1] as const, ["render_bytes", bytes] as const],
      },
      { type: "render.completed" as const, data: { reused_from: "rnd_x", file: { size_bytes: bytes } }, adds: [] },
      { type: "render.failed" as const, data: {}, adds: [["renders_failed", 1] as const] },
      { type: "upload.completed" as const, data: { size_bytes: bytes }, adds: [["upload_bytes", bytes] as const] },
    ];
    const { type, data, adds } = kinds[draw(kinds.length)] ?? turn("measured", "completed");
    const resource = `${name}_${nth}`;
    const id = await eventId(resource, `${type}#1`);
    const owner = { uh: uh ?? users[0] ?? "", named: uh !== null, key };
    events.push({ id, type, resource, sequence: 1, at, ...owner, data: JSON.stringify(data) });
    for (const [kind, amount] of adds) entries.push({ day: toDay(at), uh, key, kind, amount });
  }
  return { events, entries, users };
}

/** The sums of the entries by a name of each entry, then by kind, without those that are 0. */
function sumsOf(entries: readonly Entry[], by: (entry: Entry) => string): Record<string, Record<string, number>> {
  const sums: Record<string, Record<string, number>> = {};
  for (const entry of entries) {
    const row = sums[by(entry)] ?? {};
    sums[by(entry)] = row;
    row[entry.kind] = (row[entry.kind] ?? 0) + entry.amount;
  }
  for (const [name, row] of Object.entries(sums)) {
    for (const [kind, amount] of Object.entries(row)) {
      if (amount === 0) delete row[kind];
      else if (/^credits_(measured|estimated)$/.test(kind)) row[kind] = amount / 100;
    }
    if (Object.keys(row).length === 0) delete sums[name];
  }
  return sums;
}

type Shown = Omit<UsageOfTenantWire, "tenant" | "mode" | "day">;

/** A row as it is shown, by the names of the entries, without what is 0. */
function kindsOf({ turns, credits, renders, upload_bytes, render_bytes }: Shown): Record<string, number> {
  const all = {
    turns_completed: turns.completed,
    turns_failed: turns.failed,
    turns_unknown: turns.unknown,
    credits_measured: credits.measured,
    credits_estimated: credits.estimated,
    credits_unknown_turns: credits.unknown_turns,
    renders_completed: renders.completed,
    renders_failed: renders.failed,
    upload_bytes,
    render_bytes,
  };
  return Object.fromEntries(Object.entries(all).filter(([, amount]) => amount !== 0));
}

function shuffled<T>(draw: (below: number) => number, all: readonly T[]): T[] {
  const mixed = [...all];
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = draw(at + 1);
    [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T]; // both are within the array
  }
  return mixed;
}

/** Publishes every event, some of them twice, in calls of up to 20. */
async function publish(draw: (below: number) => number, { tenant }: Member, mode: Mode, events: readonly NewEvent[]) {
  const object = tenantRpc({ tenant: tenant.id as `ten_${string}`, mode, uh: "" });
  const twice = shuffled(draw, [...events, ...events.filter(() => draw(4) === 0)]);
  for (let at = 0; at < twice.length; at += 20) await object.accept(twice.slice(at, at + 20));
}

const rowsOf = <T extends object>(rows: readonly T[], name: (row: T) => string, shown: (row: T) => Shown) =>
  Object.fromEntries(
    rows.map((row) => [name(row), kindsOf(shown(row))]).filter(([, kinds]) => Object.keys(kinds ?? {}).length > 0),
  );

const FROM = toDay(NOW - DAYS * DAY_MS);
const TO = toDay(NOW);
const MONTH = monthOf(NOW);

describe("usage and what the events add", () => {
  it("are equal for each tenant, mode, day, user and key, as JSON and as CSV", async () => {
    const draw = numbers(SEED);
    const members = await Promise.all([0, 1, 2].map(() => makeMember(null)));
    for (const [nth, member] of members.entries()) {
      for (const mode of MODES) {
        const books = await booksOf(draw, `${member.tenant.id}_${mode}`, [`key_${nth}a`, `key_${nth}b`]);
        await publish(draw, member, mode, books.events);
        const byDay = sumsOf(books.entries, ({ day }) => day);
        const query = `tenant=${member.tenant.id}&mode=${mode}&from=${FROM}&to=${TO}`;
        const admin = (more: string) => call(`/admin/usage?${query}${more}`, { headers: adminHeaders });

        const days = allUsagePage.parse(await jsonOf(await admin("")));
        expect(
          rowsOf(
            days.data,
            ({ day }) => String(day),
            (row) => row,
          ),
        ).toEqual(byDay);
        const [sum] = allUsagePage.parse(await jsonOf(await admin("&by=tenant"))).data;
        expect(sum && kindsOf(sum)).toEqual(sumsOf(books.entries, () => "all").all);

        const csv = (await (await admin("&format=csv")).text()).split("\r\n").slice(1, -1);
        const lines = Object.entries(byDay).flatMap(([day, kinds]) =>
          Object.entries(kinds).map(([kind, amount]) => `${member.tenant.id},${mode},${day},${kind},${amount}`),
        );
        expect(csv.toSorted()).toEqual(lines.toSorted());

        if (mode === "live") continue; // the member's key is a test key
        type Rows = { data: (Shown & { day?: string; uh?: string | null; key?: string | null })[] };
        const own = (by: string) =>
          call(`/v1/usage?by=${by}&from=${FROM}&to=${TO}&limit=100`, { headers: member.headers }).then(jsonOf<Rows>);
        expect(
          rowsOf(
            (await own("day")).data,
            ({ day }) => String(day),
            (row) => row,
          ),
        ).toEqual(byDay);
        expect(
          rowsOf(
            (await own("user")).data,
            ({ uh }) => String(uh),
            (row) => row,
          ),
        ).toEqual(sumsOf(books.entries, ({ uh }) => String(uh)));
        expect(
          rowsOf(
            (await own("key")).data,
            ({ key }) => String(key),
            (row) => row,
          ),
        ).toEqual(sumsOf(books.entries, ({ key }) => String(key)));
      }
    }
  });

  it("decide the caps: each is announced once, exactly when the events reach it", async () => {
    const draw = numbers(SEED + 1);
    const member = await makeMember(null);
    const books = await booksOf(draw, member.tenant.id, ["key_a"], 1); // today: caps are for the calendar month
    const ofMonth = books.entries.filter(
      ({ day, kind }) => day >= MONTH.from && /^credits_(measured|estimated)$/.test(kind),
    );
    const hundredths = (uh?: string): number =>
      ofMonth.filter((entry) => uh === undefined || entry.uh === uh).reduce((sum, { amount }) => sum + amount, 0);
    const spent = (uh?: string): number => hundredths(uh) / 100;
    const hard = (hundredths() + 1) / 100;
    const users = books.users.map((uh) => ({ uh, used: spent(uh) })).toSorted((a, b) => a.used - b.used);
    const user_soft = users[1]?.used ?? 0; // reached by two of the three users, by one of them to the hundredth
    const test = { tenant_soft: spent(), tenant_hard: hard, user_soft };
    const patched = await send(
      "PATCH",
      `/admin/tenants/${member.tenant.id}`,
      { spending_caps: { test } },
      adminHeaders,
    );
    expect(patched.status).toBe(200);

    const object = tenantRpc({ tenant: member.tenant.id as `ten_${string}`, mode: "test", uh: "" });
    type Cap = { scope: string; cap: string; limit: number; used: number; uh: string | null };
    const announced = async (): Promise<Cap[]> => {
      const found: Cap[] = [];
      for (let after = 0, more = true; more; ) {
        const page = await object.listEvents(after, 100, null);
        found.push(...page.data.filter(({ type }) => type === "credits.cap_reached").map(({ data }) => data as Cap));
        after = Number(page.data.at(-1)?.cursor ?? after);
        more = page.data.length === 100;
      }
      return found;
    };
    await publish(draw, member, "test", books.events);
    const reached = users.filter(({ used }) => used >= user_soft && used > 0).map(({ uh }) => `user soft ${uh}`);
    const expected = ["tenant soft null", ...reached].toSorted();
    const names = (caps: readonly Cap[]) => caps.map(({ scope, cap, uh }) => `${scope} ${cap} ${uh}`).toSorted();
    await until(async () => (await announced()).length >= expected.length);
    await object.accept(books.events.slice(0, 20)); // known already: nothing is counted or announced again
    const caps = await announced();
    expect(names(caps)).toEqual(expected);
    expect(caps.find(({ scope }) => scope === "tenant")).toMatchObject({ limit: spent(), used: spent() });

    // One hundredth below the hard cap new work is accepted up to it; with that hundredth it is not.
    const one: NewEvent = {
      id: await eventId(member.tenant.id, "turn.completed#1"),
      type: "turn.completed",
      resource: `${member.tenant.id}_last`,
      sequence: 1,
      at: NOW,
      uh: users[0]?.uh ?? "",
      data: JSON.stringify({ credits: { amount: 0.01, basis: "measured" } }),
    };
    await object.accept([one]);
    const problem = await readProblem(
      await send("POST", "/v1/videos", { prompt: "make a 1 second video of the sea" }, member.headers),
    );
    expect(problem).toMatchObject({ code: "spending_cap_reached", cap: { limit: hard, used: hard } });
    await until(async () => (await announced()).some(({ cap }) => cap === "hard"));
    expect((await announced()).filter(({ cap }) => cap === "hard")).toHaveLength(1);
  });
});
