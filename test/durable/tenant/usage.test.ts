/** Usage: counted once even if published twice, on the day it happened, by day, by user and by key. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { UserAddress } from "../../../src/core/address.ts";
import { type EndpointId, eventId, type KeyId, type TurnId } from "../../../src/core/ids.ts";
import type { NewEvent } from "../../../src/core/rpc/tenant.ts";
import type { Call } from "../../../src/core/rpc/user.ts";
import { DAY_MS, toDay } from "../../../src/core/time.ts";
import type { Counts } from "../../../src/core/usage/usage.ts";
import type { EventType } from "../../../src/core/wire/event.ts";
import { newRender } from "../../../src/core/wire/render.ts";
import type { UsageDimension } from "../../../src/core/wire/usage.ts";
import { DAYS, SUMS } from "../../../src/durable/tenant/usage.ts";
import {
  call,
  endOf,
  freshAddress,
  good,
  newProject,
  say,
  tenantRpc,
  tenantStub,
  until,
  userRpc,
} from "../../support/objects.ts";
import { answering, type PlayedReceiver, playReceivers } from "../../support/receivers.ts";

const KEY: KeyId = "key_1";
const DAY = "2026-11-20";
const NOON = Date.parse(`${DAY}T12:00:00.000Z`);
const FIRST = { limit: 100, after: null };

type EventFields = Partial<Omit<NewEvent, "data">> & { readonly data?: unknown };
let nth = 0;

/** An event of a resource of its own by default. */
async function newEvent(type: EventType, { data = {}, ...event }: EventFields = {}): Promise<NewEvent> {
  nth += 1;
  const { resource = `thing_${nth}`, sequence = 1 } = event;
  const id = await eventId(resource, `${type}#${sequence}`);
  return { id, type, resource, sequence, at: NOON, uh: "ada", key: KEY, ...event, data: JSON.stringify(data) };
}

const turn = (credits: object, event: EventFields = {}) => newEvent("turn.completed", { data: { credits }, ...event });
const measured = (amount: number, event: EventFields = {}) => turn({ amount, basis: "measured" }, event);

/** What is counted, without what is 0. */
async function usage(
  address: UserAddress,
  by: UsageDimension,
  period = { from: "2026-01-01", to: "2099-01-01" },
): Promise<Record<string, Partial<Counts>>> {
  const { data } = await tenantRpc(address).readUsage(by, period, FIRST);
  const some = (counts: Counts) => Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
  return Object.fromEntries(data.map(({ subject, counts }) => [String(subject), some(counts)]));
}

describe("usage", () => {
  it("counts an event once, published twice in one call and in another, in any order", async () => {
    const events = [
      await measured(40),
      await turn({ amount: 7, basis: "estimated" }, { uh: "grace", key: "key_2" }),
      await turn({ amount: null, basis: "unknown" }),
      await newEvent("turn.failed", { data: { credits: { amount: 0, basis: "measured" } } }),
      await newEvent("upload.completed", { data: { size_bytes: 1_000 }, uh: "grace", key: null }),
      await newEvent("render.completed", { data: { reused_from: null } }),
      await newEvent("render.failed", { named: false }),
      await newEvent("timeline.changed"),
    ];
    const expected = {
      day: {
        [DAY]: {
          turns_completed: 3,
          turns_failed: 1,
          credits_measured: 40,
          credits_estimated: 7,
          credits_unknown_turns: 1,
          renders_completed: 1,
          renders_failed: 1,
          upload_bytes: 1_000,
        },
      },
      user: {
        null: { renders_failed: 1 },
        ada: {
          turns_completed: 2,
          turns_failed: 1,
          credits_measured: 40,
          credits_unknown_turns: 1,
          renders_completed: 1,
        },
        grace: { turns_completed: 1, credits_estimated: 7, upload_bytes: 1_000 },
      },
      key: {
        null: { upload_bytes: 1_000 },
        key_1: {
          turns_completed: 2,
          turns_failed: 1,
          credits_measured: 40,
          credits_unknown_turns: 1,
          renders_completed: 1,
          renders_failed: 1,
        },
        key_2: { turns_completed: 1, credits_estimated: 7 },
      },
    };
    for (const order of [events, [...events].reverse()]) {
      const address = freshAddress();
      await tenantRpc(address).accept([...order, ...order]);
      for (const again of order) await tenantRpc(address).accept([again]);
      for (const by of ["day", "user", "key"] as const) expect(await usage(address, by)).toEqual(expected[by]);
    }
  });

  it("belongs to the UTC day on which it happened, whenever it is published", async () => {
    const address = freshAddress();
    const midnight = Date.parse("2026-11-21T00:00:00.000Z");
    await tenantRpc(address).accept([await measured(2, { at: midnight })]);
    await tenantRpc(address).accept([await measured(1, { at: midnight - 1 })]);
    const { data } = await tenantRpc(address).readUsage("day", { from: DAY, to: "2026-11-21" }, FIRST);
    expect(data.map(({ subject, counts }) => [subject, counts.credits_measured])).toEqual([
      ["2026-11-21", 2],
      [DAY, 1],
    ]);
    const only = { from: DAY, to: DAY };
    expect(await usage(address, "key", only)).toEqual({ key_1: { turns_completed: 1, credits_measured: 1 } });
    expect(await usage(address, "key")).toEqual({ key_1: { turns_completed: 2, credits_measured: 3 } });
  });

  it("is paged: days from the newest, users from the first", async () => {
    const address = freshAddress();
    const tenant = tenantRpc(address);
    const events = [0, 1, 2].map((n) => measured(1, { at: NOON - n * DAY_MS, uh: `u${n}`, named: n > 0 }));
    await tenant.accept(await Promise.all(events));
    const period = { from: "2026-01-01", to: DAY };
    const seen: Record<string, (string | null)[]> = { day: [], user: [] };
    for (const by of ["day", "user"] as const) {
      for (let after: string | null = null; ; ) {
        const page: Awaited<ReturnType<typeof tenant.readUsage>> = await tenant.readUsage(by, period, {
          limit: 1,
          after,
        });
        seen[by]?.push(...page.data.map(({ subject }) => subject));
        after = page.next_cursor;
        if (!page.has_more) break;
      }
    }
    expect(seen).toEqual({ day: [DAY, "2026-11-19", "2026-11-18"], user: [null, "u1", "u2"] });
  });

  it("corrects a failure when a render that was reported as failed completes later", async () => {
    const address = freshAddress();
    const render = { resource: "rnd_late", data: { reused_from: null } };
    await tenantRpc(address).accept([await newEvent("render.failed", { ...render, at: NOON - DAY_MS })]);
    expect(await usage(address, "day")).toEqual({ "2026-11-19": { renders_failed: 1 } });
    const late = await newEvent("render.completed", { ...render, sequence: 2 });
    await tenantRpc(address).accept([late]);
    await tenantRpc(address).accept([late]);
    expect(await usage(address, "day")).toEqual({ "2026-11-19": {}, [DAY]: { renders_completed: 1 } });
    expect(await usage(address, "user")).toEqual({ ada: { renders_completed: 1 } });
  });

  it("of a deleted user is removed from the user and stays in the sums of days and keys", async () => {
    const address = freshAddress();
    await tenantRpc(address).accept([await measured(40), await measured(2, { uh: "grace" })]);
    await tenantRpc(address).eraseUser("ada");
    await tenantRpc(address).accept([await measured(5)]); // late: nothing of a deleted user is taken in
    const both = { turns_completed: 2, credits_measured: 42 };
    expect(await usage(address, "user")).toEqual({ grace: { turns_completed: 1, credits_measured: 2 } });
    expect(await usage(address, "day")).toEqual({ [DAY]: both });
    expect(await usage(address, "key")).toEqual({ key_1: both });
  });

  it("is kept for 400 days", async () => {
    const address = freshAddress();
    const today = Date.now();
    await tenantRpc(address).accept([
      await measured(1, { at: today - 401 * DAY_MS }),
      await measured(2, { at: today - 400 * DAY_MS }),
    ]);
    await runInDurableObject(tenantStub(address), (_, { storage }) =>
      storage.sql.exec("UPDATE jobs SET due_at = 0 WHERE kind = 'cleanup'"),
    );
    await tenantRpc(address).wake();
    const period = { from: "2020-01-01", to: "2099-01-01" };
    const left = await until(async () => {
      const days = Object.keys(await usage(address, "day", period));
      return days.length === 1 && days;
    });
    expect(left).toEqual([toDay(today - 400 * DAY_MS)]);
    // The next look is for the day that stays, although no event does.
    const due = await until(() =>
      runInDurableObject(
        tenantStub(address),
        (_, { storage }) =>
          storage.sql
            .exec<{ due_at: number }>("SELECT due_at FROM jobs WHERE kind = 'cleanup' AND due_at > 0")
            .toArray()[0],
      ),
    );
    expect(due.due_at).toBe(Date.parse(toDay(today)) + DAY_MS);
  });

  it("of a tenant without activity is empty, and stores nothing", async () => {
    const address = freshAddress();
    expect(await usage(address, "day")).toEqual({});
    const tables = await runInDurableObject(tenantStub(address), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'usage'").toArray(),
    );
    expect(tables).toEqual([]);
  });

  it.each([
    ["days", DAYS, [DAY, DAY, "~", 10]],
    ["sums", SUMS, ["user", "", DAY, DAY, 10]],
  ] as const)("is read by an index: %s", async (_, query, values) => {
    const address = freshAddress();
    await tenantRpc(address).accept([await measured(1)]);
    const plan = await runInDurableObject(tenantStub(address), (_, { storage }) =>
      storage.sql
        .exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${query}`, ...values)
        .toArray()
        .map(({ detail }) => detail),
    );
    expect(plan.length).toBeGreaterThan(0);
    expect(plan.filter((step) => /^SCAN|TEMP B-TREE/.test(step))).toEqual([]);
  });
});

describe("deliveries", () => {
  let receiver: (behave: ReturnType<typeof answering>) => PlayedReceiver;
  beforeEach(() => {
    receiver = playReceivers();
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it("count once when they end: delivered, or cancelled with their endpoint; a sample does not", async () => {
    const address = freshAddress();
    const tenant = tenantRpc(address);
    const played = receiver(answering(204));
    const { endpoint } = good(await tenant.createEndpoint(call(), { url: played.url, types: ["*"] }));
    const id = endpoint.id as EndpointId;
    good(await tenant.testEndpoint(call(), id, null));
    await until(async () => played.got.length === 1);
    const event = await newEvent("timeline.changed");
    await tenant.accept([event]);
    await tenant.accept([event]);
    const today = toDay(Date.now());
    await until(async () => (await usage(address, "day"))[today]?.deliveries_delivered === 1);

    const slow = receiver(answering(500, 500, 500));
    good(await tenant.updateEndpoint(id, { url: slow.url }));
    await tenant.accept([await newEvent("asset.ready", { uh: "grace", key: null })]);
    await until(async () => slow.got.length > 0);
    good(await tenant.deleteEndpoint(id));
    expect(await usage(address, "day")).toEqual({ [today]: { deliveries_delivered: 1, deliveries_failed: 1 } });
    expect(await usage(address, "user")).toEqual({ ada: { deliveries_delivered: 1 }, grace: { deliveries_failed: 1 } });
    expect(await usage(address, "key")).toEqual({ null: { deliveries_failed: 1 }, key_1: { deliveries_delivered: 1 } });
  });
});

describe("the key of a request", () => {
  const as = (key: KeyId): Call => ({ ...call(), key });

  it("is counted with turns, the renders they start, and renders", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const made = good(await user.startTurn(as("key_a"), project, say("make a 1 second video"))).id as TurnId;
    await endOf(user, made);
    const ordered = good(await user.startTurn(as("key_b"), project, say("export the video"))).id as TurnId;
    await endOf(user, ordered);
    await until(async () => (await usage(address, "key")).key_b?.renders_completed === 1);
    good(await user.startRender(as("key_c"), project, newRender.parse({ reuse: false })));
    await until(async () => (await usage(address, "key")).key_c?.renders_completed === 1);
    const keys = await usage(address, "key");
    expect(Object.keys(keys)).toEqual(["key_a", "key_b", "key_c"]);
    expect(keys.key_a).toMatchObject({ turns_completed: 1, credits_measured: expect.any(Number) });
    expect(keys.key_b).toMatchObject({ turns_completed: 1, renders_completed: 1 });
    expect(Object.keys(await usage(address, "user"))).toEqual([address.uh]);
  });

  it("is absent for work that no key requested, and its user is absent for calls without one", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const stray = { ...call(), named: false };
    const project = good(await user.createProject(stray, { name: "p", metadata: {} })).id;
    await endOf(user, good(await user.startTurn(stray, project as never, say("hello"))).id as TurnId);
    await until(async () => (await usage(address, "key")).null?.turns_completed === 1);
    expect(await usage(address, "user")).toMatchObject({ null: { turns_completed: 1 } });
  });
});
