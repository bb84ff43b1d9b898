/** Exact quotas: reserved with the intent, once per resource, released by its end or by expiry. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { UserAddress } from "../../../src/core/address.ts";
import { ownedId, randomUserHash, type TurnId } from "../../../src/core/ids.ts";
import { METER_FIRST_BYTES, QUOTA_DEFAULTS, WAITING_PER_USER } from "../../../src/core/limits.ts";
import type { NewEvent } from "../../../src/core/rpc/tenant.ts";
import type { Call } from "../../../src/core/rpc/user.ts";
import { DAY_MS, toDay } from "../../../src/core/time.ts";
import type { QuotaName } from "../../../src/core/usage/quota.ts";
import type { EventType } from "../../../src/core/wire/event.ts";
import { newRender } from "../../../src/core/wire/render.ts";
import type { QuotasWire } from "../../../src/core/wire/tenant.ts";
import { newVideo } from "../../../src/core/wire/video.ts";
import { orderOf } from "../../../src/services/videos.ts";
import {
  bad,
  call,
  endOf,
  freshAddress,
  good,
  kill,
  newProject,
  random,
  say,
  startTurn,
  tenantRpc,
  tenantStub,
  until,
  uploadRpc,
  userRpc,
} from "../../support/objects.ts";

const limits = (some: Partial<QuotasWire>): QuotasWire => ({ ...QUOTA_DEFAULTS.test, ...some });
const as = (some: Partial<QuotasWire>, key: string | null = null): Call => ({ ...call(key), quotas: limits(some) });
const other = (address: UserAddress): UserAddress => ({ ...address, uh: randomUserHash(random) });
const want = (quota: QuotaName, ref: string, amount = 1) => [{ quota, ref, amount }];
const SLOW = say("make a video of the sea #slow:1800s");

/** How many slots the tenant's object counts. */
const slots = (address: UserAddress): Promise<number> =>
  runInDurableObject(
    tenantStub(address),
    (_, { storage }) => storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM slots").one().n,
  );

describe("slots for turns", () => {
  it.concurrent("are counted per tenant over all its users, and freed by the end of a turn", async () => {
    const one = freshAddress();
    const two = other(one);
    const user = userRpc(one);
    const project = await newProject(user);
    const first = good(await user.startTurn(as({ concurrent_turns: 1 }), project, SLOW)).id as TurnId;
    const stranger = userRpc(two);
    const theirs = await newProject(stranger);
    const problem = bad(await stranger.startTurn(as({ concurrent_turns: 1 }), theirs, SLOW));
    expect(problem).toMatchObject({ code: "concurrency_limited", charged: "no", limit: { remaining: 0 } });
    expect(good(await stranger.listTurns(theirs, { limit: 10, after: null })).data).toEqual([]);
    await user.cancelTurn(call(), first);
    await endOf(user, first);
    await until(async () => (await slots(one)) === 0);
    good(await stranger.startTurn(as({ concurrent_turns: 1 }), theirs, say("make a 1 second video")));
  });

  it.concurrent("are reserved once by two calls with one Idempotency-Key", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const both = await Promise.all([
      user.startTurn(as({ concurrent_turns: 6 }, "k"), project, SLOW),
      user.startTurn(as({ concurrent_turns: 6 }, "k"), project, SLOW),
    ]);
    expect(new Set(both.map((one) => good(one).id)).size).toBe(1);
    await until(async () => (await slots(address)) === 1);
    good(await user.startTurn(as({ concurrent_turns: 6 }, "k"), project, SLOW)); // a repeat takes none
    expect(await slots(address)).toBe(1);
  });

  it.concurrent("of an object that crashed before its commit are released, confirmed ones are kept", async () => {
    const address = freshAddress();
    const tenant = tenantRpc(address);
    good(await tenant.reserveQuota(want("concurrent_turns", "trn_dead"), limits({ concurrent_turns: 2 })));
    good(await tenant.reserveQuota(want("concurrent_turns", "trn_kept"), limits({ concurrent_turns: 2 })));
    await tenant.confirmSlot("trn_kept");
    expect(
      bad(await tenant.reserveQuota(want("concurrent_turns", "trn_new"), limits({ concurrent_turns: 2 }))).code,
    ).toBe("concurrency_limited");
    // A minute passes.
    await runInDurableObject(tenantStub(address), (_, { storage }) =>
      storage.sql.exec("UPDATE slots SET until = until - 60001"),
    );
    good(await tenant.reserveQuota(want("concurrent_turns", "trn_new"), limits({ concurrent_turns: 2 })));
    expect(
      bad(await tenant.reserveQuota(want("concurrent_turns", "trn_4"), limits({ concurrent_turns: 2 }))).code,
    ).toBe("concurrency_limited");
  });

  it.concurrent("of open turns are confirmed again by the next instance", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    await startTurn(user, project, "make a video of the sea #slow:1800s");
    const kept = () =>
      runInDurableObject(
        tenantStub(address),
        (_, { storage }) => storage.sql.exec<{ until: number }>("SELECT until FROM slots").one().until,
      );
    const soon = Date.now() + 60_000;
    await until(async () => (await kept()) > soon);
    // As if the confirmation of the turn had been lost with its instance: the slot is an unconfirmed one again. Before the
    // instance ends, because its alarm may start the next one at once.
    await runInDurableObject(tenantStub(address), (_, { storage }) =>
      storage.sql.exec("UPDATE slots SET until = ?", soon),
    );
    await kill(address);
    await userRpc(address).listProjects({ limit: 1, after: null });
    await until(async () => (await kept()) > soon);
  });
});

describe("a day's quota", () => {
  it.concurrent("counts submitted renders, a repeat once, and says when the day ends", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    await endOf(user, await startTurn(user, project, "make a 1 second video"));
    const order = newRender.parse({ reuse: false });
    const mine = (key: string) => as({ renders_per_day: 3 }, key); // a user's share of it: 1
    const both = await Promise.all([
      user.startRender(mine("k"), project, order),
      user.startRender(mine("k"), project, order),
    ]);
    expect(new Set(both.map((one) => good(one).id)).size).toBe(1);
    const problem = bad(await user.startRender(mine("other"), project, order));
    expect(problem).toMatchObject({ code: "quota_exceeded", limit: { name: "renders_per_day", remaining: 0 } });
    expect(problem.retryAfterSeconds).toBeGreaterThan(0);
    good(await user.startRender(mine("k"), project, order)); // the first one, shown again
    good(await user.startRender(as({ renders_per_day: 6 }, "more"), project, order));
  });

  it.concurrent("counts bytes when an upload is announced, once per upload", async () => {
    const address = freshAddress();
    const file = (n: number) => ({ filename: "a.png", size_bytes: n, metadata: {} });
    const id = (n: number) => `upl_${"0".repeat(19)}${n}${address.uh}` as const;
    const mine = as({ bytes_per_day: 300 }, "k"); // a user's share of it: 100
    const make = (n: number, bytes: number) => uploadRpc(address, id(n)).create(mine, address, id(n), file(bytes));
    good(await make(1, 60));
    good(await make(1, 60));
    expect(bad(await make(2, 41))).toMatchObject({ code: "quota_exceeded", limit: { remaining: 40 } });
    expect(bad(await uploadRpc(address, id(2)).read()).code).toBe("not_found"); // nothing was made
    good(await make(3, 40));
  });

  it.concurrent("counts new users, not their later requests, nor resources without a user", async () => {
    const address = freshAddress();
    const make = (one: UserAddress, named = true) =>
      userRpc(one).createProject({ ...as({ new_users_per_day: 1 }), named }, { name: "p", metadata: {} });
    good(await make(address));
    good(await make(address));
    expect(bad(await make(other(address))).code).toBe("quota_exceeded");
    good(await make(other(address), false));
  });

  it.concurrent("stays reserved by an object that crashed before its commit: that day allows less, never more", async () => {
    const address = freshAddress();
    const two = limits({ renders_per_day: 2 });
    const taken = good(await tenantRpc(address).reserveQuota(want("renders_per_day", "rnd_dead"), two));
    expect(taken).toMatchObject([{ name: "renders_per_day", quota: 2, remaining: 1, window: 86_400 }]);
    await kill(address); // its renders.start() never reached the commit, and releases nothing
    good(await tenantRpc(address).reserveQuota(want("renders_per_day", "rnd_next"), two));
    expect(bad(await tenantRpc(address).reserveQuota(want("renders_per_day", "rnd_more"), two)).code).toBe(
      "quota_exceeded",
    );
    // The same order again, after the crash, is the same taking.
    good(await tenantRpc(address).reserveQuota(want("renders_per_day", "rnd_dead"), two));
    await runInDurableObject(tenantStub(address), (_, { storage }) => {
      for (const table of ["reservations", "reserved_totals"])
        storage.sql.exec(`UPDATE ${table} SET day = '2026-01-01'`); // a day passes
    });
    good(await tenantRpc(address).reserveQuota(want("renders_per_day", "rnd_more"), two));
  });

  it.concurrent("tracks an upload of unknown length for its whole life, and counts its received bytes once", async () => {
    const address = freshAddress();
    const ten = limits({ bytes_per_day: 10 });
    const id = ownedId("upl", address.uh, Date.now(), random);
    good(await tenantRpc(address).reserveQuota(want("bytes_per_day", id, 0), ten));
    await runInDurableObject(tenantStub(address), (_, { storage }) =>
      storage.sql.exec("UPDATE reservations SET day = ?", toDay(Date.now() - 5 * DAY_MS)),
    );
    good(await tenantRpc(address).reserveQuota(want("bytes_per_day", "upl_other", 3), ten)); // what is old goes now
    const newEvent = (type: EventType, sequence: number): NewEvent => ({
      ...{ id: `evt_${sequence}${id.slice(5, 24)}` as const, type, resource: id, sequence, at: Date.now() },
      ...{ uh: address.uh, data: JSON.stringify({ offset_bytes: 4 }) },
    });
    await tenantRpc(address).accept([newEvent("upload.completed", 1)]);
    await tenantRpc(address).accept([newEvent("upload.completed", 1)]);
    expect(good(await tenantRpc(address).reserveQuota(want("bytes_per_day", "upl_more", 1), ten))).toMatchObject([
      { remaining: 2 },
    ]);
  });

  it.concurrent("is separate for each mode", async () => {
    const test = freshAddress();
    const live = { ...test, mode: "live" } as const;
    good(await tenantRpc(test).reserveQuota(want("renders_per_day", "a"), limits({ renders_per_day: 1 })));
    good(await tenantRpc(live).reserveQuota(want("renders_per_day", "a"), limits({ renders_per_day: 1 })));
    expect(bad(await tenantRpc(test).reserveQuota(want("renders_per_day", "b"), null)).code).toBe("quota_exceeded"); // the limit of the last request
  });
});

describe("waiting requests", () => {
  it.concurrent("are at most 20 of a user; beyond that a preference to wait is ignored", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const turn = await startTurn(user, project, "make a video of the sea #slow:1800s");
    await until(async () => good(await user.readTurnEvents(turn, 0, 100, 0)).data.length > 1);
    const polls = Array.from({ length: WAITING_PER_USER }, () => user.readTurnEvents(turn, 1_000, 10, 25_000));
    expect(bad(await user.readTurnEvents(turn, 1_000, 10, 25_000)).code).toBe("concurrency_limited");
    expect(good(await user.awaitTurn(turn, 60_000)).ended_at).toBeNull();
    const first = { limit: 1, after: null };
    const unheard = await user.listTurns(project, first, { newest: turn, waitMs: 25_000 });
    expect(bad(unheard).code).toBe("concurrency_limited");
    good(await user.listTurns(project, first, { newest: null, waitMs: 25_000 })); // there is a newer one: no wait
    const order = orderOf(newVideo.parse({ prompt: "make a video of the sea #slow:1800s" }));
    const video = good(await user.startVideo(call(), order)).id;
    expect(bad(await user.readVideoEvents(video, 1_000, 10, 25_000)).code).toBe("concurrency_limited");
    expect(good(await user.awaitVideo(video, 60_000)).ended_at).toBeNull();
    good(await user.readTurnEvents(turn, 0, 10, 25_000)); // there is something to read: no wait
    await user.cancelTurn(call(), turn);
    await Promise.all(polls);
    good(await user.readTurnEvents(turn, 1_000, 10, 1));
  });
});

describe("a user's share", () => {
  const by = (address: UserAddress) => (requests: ReturnType<typeof want>, some: Partial<QuotasWire>) =>
    tenantRpc(address).reserveQuota(requests, limits(some), address.uh);
  const SOME = { concurrent_turns: 9, renders_per_day: 9, bytes_per_day: 900 } as const;

  it.concurrent.each(["concurrent_turns", "renders_per_day", "bytes_per_day"] as const)(
    "of %s leaves the others their share, which stays constant while one user takes all it can",
    async (quota) => {
      const [greedy, quiet] = [freshAddress(), freshAddress()];
      const other = { ...greedy, uh: quiet.uh };
      const amount = quota === "bytes_per_day" ? 100 : 1;
      const left = async () =>
        (await tenantRpc(greedy).readQuotas(limits(SOME), other.uh)).find(({ name }) => name === quota);
      const before = await left();
      const asked = Array.from({ length: 9 }, (_, n) => by(greedy)(want(quota, `ref_${n}`, amount), SOME));
      const taken = await Promise.all(asked);
      expect(taken.filter((one) => one.ok)).toHaveLength(3);
      expect(bad(taken.at(-1) as (typeof taken)[number]).detail).toContain("One user may");
      expect(await left()).toEqual({ ...before, reset: expect.toSatisfy(() => true) });
      for (let n = 0; n < 3; n++) good(await by(other)(want(quota, `other_${n}`, amount), SOME));
    },
  );

  it.concurrent("is read without writing", async () => {
    const address = freshAddress();
    expect(await tenantRpc(address).readQuotas(limits(SOME), address.uh)).toHaveLength(4);
    const names = await runInDurableObject(tenantStub(address), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
    );
    expect(names).toEqual([]);
  });
});

describe("bytes that were not received", () => {
  const file = (n: number | null) => ({ filename: "a.png", size_bytes: n, metadata: {} });
  const MINE = { bytes_per_day: 3_000_000 };
  const used = async (address: UserAddress) => {
    const found = await tenantRpc(address).readQuotas(limits(MINE), address.uh);
    const bytes = found.find(({ name }) => name === "bytes_per_day");
    return 1_000_000 - (bytes?.remaining ?? 0);
  };

  it.concurrent("of a deleted upload are released, received ones are not", async () => {
    const address = freshAddress();
    for (let round = 0; round < 5; round++) {
      const id = ownedId("upl", address.uh, Date.now(), random);
      good(await uploadRpc(address, id).create(as(MINE), address, id, file(900_000)));
      good(await uploadRpc(address, id).remove());
      await until(async () => (await used(address)) === 0);
    }
    const id = ownedId("upl", address.uh, Date.now(), random);
    good(await uploadRpc(address, id).create(as(MINE), address, id, file(900_000)));
    const head = new Uint8Array(5_000).fill(1);
    head.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const part = { offset: 0, contentBytes: head.length, sizeBytes: null, complete: false, checksums: [] };
    good(await uploadRpc(address, id).append(new Blob([head]).stream(), part));
    expect(await used(address)).toBe(900_000);
    good(await uploadRpc(address, id).remove());
    await until(async () => (await used(address)) === 5_000);
  });

  it.concurrent("are counted on arrival without an announced length, and a small quota is not exceeded", async () => {
    const address = freshAddress();
    const id = ownedId("upl", address.uh, Date.now(), random);
    const whole = new Uint8Array(5_000_000).fill(1);
    whole.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    good(await uploadRpc(address, id).create(as(MINE), address, id, file(null)));
    const part = { offset: 0, contentBytes: null, sizeBytes: null, complete: true, checksums: [] };
    const problem = bad(await uploadRpc(address, id).append(new Blob([whole]).stream(), part));
    expect(problem).toMatchObject({ code: "quota_exceeded", limit: { name: "bytes_per_day" } });
    const { offset_bytes: kept, status } = good(await uploadRpc(address, id).read());
    expect(status).toBe("open");
    expect(kept).toBeLessThanOrEqual(1_000_000 + METER_FIRST_BYTES);
    expect(kept).toBeGreaterThan(400_000);
    good(await uploadRpc(address, id).remove());
    await until(async () => (await used(address)) === kept);
  });

  it.concurrent("are rejected as soon as a late length announces them", async () => {
    const address = freshAddress();
    const id = ownedId("upl", address.uh, Date.now(), random);
    good(await uploadRpc(address, id).create(as(MINE), address, id, file(null)));
    const whole = new Blob([new Uint8Array(1_000_001)]);
    const problem = bad(await uploadRpc(address, id).write(whole.stream(), whole.size));
    expect(problem.code).toBe("quota_exceeded");
    const part = { offset: 0, contentBytes: 10, sizeBytes: 1_000_001, complete: false, checksums: [] };
    expect(bad(await uploadRpc(address, id).append(new Blob(["0123456789"]).stream(), part)).code).toBe(
      "quota_exceeded",
    );
    expect(good(await uploadRpc(address, id).read())).toMatchObject({ offset_bytes: 0, status: "open" });
    expect(await used(address)).toBe(0);
  });

  it.concurrent("end at the quota: no upload of unknown length starts when the share is used up", async () => {
    const address = freshAddress();
    good(await tenantRpc(address).reserveQuota(want("bytes_per_day", "upl_all", 1_000_000), limits(MINE), address.uh));
    const id = ownedId("upl", address.uh, Date.now(), random);
    expect(bad(await uploadRpc(address, id).create(as(MINE), address, id, file(null))).code).toBe("quota_exceeded");
  });
});
