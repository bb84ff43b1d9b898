/** Spending caps: what they reject, what they leave alone, which events they send, and by how much a race exceeds them. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { UserAddress } from "../../../src/core/address.ts";
import { eventId, randomUserHash, type TurnId } from "../../../src/core/ids.ts";
import type { NewEvent } from "../../../src/core/rpc/tenant.ts";
import { toDay } from "../../../src/core/time.ts";
import type { SpendingCapsWire } from "../../../src/core/wire/tenant.ts";
import { newVideo } from "../../../src/core/wire/video.ts";
import { orderOf } from "../../../src/services/videos.ts";
import { forgetTenantState, insertTenant } from "../../../src/store/tenants.ts";
import {
  bad,
  call,
  endOf,
  env,
  freshAddress,
  good,
  kill,
  killObject,
  newProject,
  random,
  requestLog,
  say,
  startTurn,
  tenantRpc,
  tenantStub,
  until,
  userRpc,
} from "../../support/objects.ts";

afterEach(() => vi.restoreAllMocks());

const CLIP = "make a 1 second video of the sea";

/** A tenant with caps in test mode. */
async function tenantWith(caps: Partial<SpendingCapsWire>): Promise<UserAddress> {
  const address = freshAddress();
  const settings = { spending_caps: { test: caps } };
  await insertTenant(env.DB, { id: address.tenant, name: "t", tier: "small", createdAt: 1, settings }).run();
  return address;
}

async function setCaps({ tenant }: UserAddress, caps: Partial<SpendingCapsWire>): Promise<void> {
  const settings = JSON.stringify({ spending_caps: { test: caps } });
  await env.DB.prepare("UPDATE tenants SET settings = json_patch(settings, ?2) WHERE id = ?1")
    .bind(tenant, settings)
    .run();
}

let nth = 0;
/** A completed turn of this user with measured credits. */
async function spent(uh: string, amount: number, more: Partial<NewEvent> = {}): Promise<NewEvent> {
  nth += 1;
  const resource = `trn_made_up_${nth}`;
  const data = JSON.stringify({ credits: { amount, basis: "measured" } });
  const id = await eventId(resource, "turn.completed#1");
  return { id, type: "turn.completed", resource, sequence: 1, at: Date.now(), uh, data, ...more };
}

type CapData = { scope: string; cap: string; limit: number; used: number; uh: string | null; resets_at: string };

async function capEvents(address: UserAddress): Promise<CapData[]> {
  const { data } = await tenantRpc(address).listEvents(0, 100, null);
  return data.filter(({ type }) => type === "credits.cap_reached").map((event) => event.data as CapData);
}
const capsReached = async (address: UserAddress): Promise<string[]> =>
  (await capEvents(address)).map(({ scope, cap, limit }) => `${scope} ${cap} ${limit}`).toSorted();

const usedNow = async (address: UserAddress): Promise<number> => {
  const today = toDay(Date.now());
  const { data } = await tenantRpc(address).readUsage("day", { from: today, to: today }, { limit: 1, after: null });
  return (data[0]?.counts.credits_measured ?? 0) + (data[0]?.counts.credits_estimated ?? 0);
};

const video = (prompt: string) => orderOf(newVideo.parse({ prompt }));

describe("a hard cap", () => {
  it("rejects every kind of new paid work, names the cap, and lets free work and reading continue", async () => {
    const address = await tenantWith({ tenant_hard: 100 });
    const user = userRpc(address);
    const project = await newProject(user);
    await tenantRpc(address).accept([await spent(address.uh, 99.5)]);
    const first = await startTurn(user, project, CLIP);
    await endOf(user, first);
    await until(async () => (await usedNow(address)) > 100);

    const used = await usedNow(address);
    const problems = [
      bad(await user.startTurn(call(), project, say(CLIP))),
      bad(await user.startVideo(call(), video(CLIP))),
    ];
    for (const problem of problems)
      expect(problem).toMatchObject({
        code: "spending_cap_reached",
        charged: "no",
        members: {
          cap: { scope: "tenant", cap: "hard", limit: 100, used, resets_at: expect.stringMatching(/-01T00:/) },
        },
      });
    expect(good(await user.listTurns(project, { limit: 10, after: null })).data).toHaveLength(1);
    const command = good(await user.startTurn(call(), project, say("status"))).id as TurnId;
    expect((await endOf(user, command)).status).toBe("completed");
  });

  it("fails a video whose turn had not begun when it was reached", async () => {
    const address = await tenantWith({ tenant_hard: 10 });
    const user = userRpc(address);
    const setState = (state: string) =>
      env.DB.prepare("UPDATE tenants SET state = ?2 WHERE id = ?1").bind(address.tenant, state).run();
    await setState("paused"); // the video waits
    const { id } = good(await user.startVideo(call(), video(CLIP)));
    await tenantRpc(address).accept([await spent(address.uh, 10)]);
    await setState("active");
    forgetTenantState(address.tenant);
    const ended = await until(async () => {
      const shown = good(await user.readVideo(id));
      return shown.ended_at === null ? null : shown;
    });
    expect(ended).toMatchObject({ status: "failed", charged: null, error: { code: "spending_cap_reached" } });
    expect((await requestLog(address)).turns).toEqual([]);
  });

  it("never stops a turn that has begun", async () => {
    const address = await tenantWith({ tenant_hard: 10 });
    const user = userRpc(address);
    const turn = await startTurn(user, await newProject(user), `${CLIP} #slow:60s`);
    await tenantRpc(address).accept([await spent(address.uh, 10)]);
    expect((await endOf(user, turn)).status).toBe("completed");
  });

  it("of one user leaves the others alone", async () => {
    const address = await tenantWith({ user_hard: 10 });
    const other = { ...address, uh: randomUserHash(random) };
    await tenantRpc(address).accept([await spent(address.uh, 12)]);
    const project = await newProject(userRpc(address));
    const problem = bad(await userRpc(address).startTurn(call(), project, say(CLIP)));
    expect(problem.members).toMatchObject({ cap: { scope: "user", limit: 10, used: 12 } });
    good(await userRpc(other).startTurn(call(), await newProject(userRpc(other)), say(CLIP)));
    const unnamed = { ...call(), named: false };
    good(await userRpc(address).startTurn(unnamed, project, say(CLIP)));
    const reached = await until(async () => {
      const events = await capEvents(address);
      return events.length > 0 && events;
    });
    expect(reached).toMatchObject([{ scope: "user", cap: "hard", uh: address.uh, used: 12 }]);
  });

  it("is exceeded in a race by no more than the turns in flight spend", async () => {
    const address = await tenantWith({ tenant_hard: 100 });
    const users = Array.from({ length: 6 }, () => ({ ...address, uh: randomUserHash(random) }));
    const all = await Promise.all(
      users.map(async (one) => ({ user: userRpc(one), project: await newProject(userRpc(one)) })),
    );
    const started = await Promise.all(
      [0, 1].flatMap(() => all.map(({ user, project }) => user.startTurn(call(), project, say(CLIP)))),
    );
    const turns = started.flatMap((one, at) => (one.ok ? [{ at, id: one.value.id as TurnId }] : []));
    const ended = await Promise.all(
      turns.map(({ at, id }) => endOf(all[at % users.length]?.user ?? userRpc(address), id)),
    );
    const inFlight = ended.reduce((sum, { credits }) => sum + (credits?.amount ?? 0), 0);
    await until(async () => (await usedNow(address)) === inFlight);
    expect(inFlight).toBeGreaterThanOrEqual(100);
    for (const { user, project } of all)
      expect(bad(await user.startTurn(call(), project, say(CLIP))).code).toBe("spending_cap_reached");
    expect(await usedNow(address)).toBe(inFlight); // nothing was spent beside the turns that were accepted
  });

  it("holds after a restart of the object, with the caps in D1 unreadable", async () => {
    const address = await tenantWith({ tenant_hard: 10 });
    await tenantRpc(address).accept([await spent(address.uh, 10)]);
    const project = await newProject(userRpc(address));
    expect(bad(await userRpc(address).startTurn(call(), project, say(CLIP))).code).toBe("spending_cap_reached");
    await killObject(tenantStub(address));
    await kill(address);
    const { prepare } = env.DB;
    vi.spyOn(env.DB, "prepare").mockImplementation((query) => {
      if (query.startsWith("SELECT * FROM tenants")) throw new Error("D1 is down");
      return prepare.call(env.DB, query);
    });
    const lines: string[] = [];
    vi.spyOn(console, "error").mockImplementation((line: string) => void lines.push(line));
    const problem = bad(await userRpc(address).startTurn(call(), project, say(CLIP)));
    expect(problem.code).toBe("spending_cap_reached");
    expect(lines.join()).toContain("caps_not_read");
  });

  it("does not make a repeated request fail that succeeded before", async () => {
    const address = await tenantWith({ tenant_hard: 10 });
    const user = userRpc(address);
    const project = await newProject(user);
    const first = good(await user.startTurn(call("once"), project, say(CLIP)));
    const made = good(await user.startVideo(call("video"), video(CLIP)));
    await tenantRpc(address).accept([await spent(address.uh, 10)]);
    expect(good(await user.startTurn(call("once"), project, say(CLIP))).id).toBe(first.id);
    expect(good(await user.startVideo(call("video"), video(CLIP))).id).toBe(made.id);
  });
});

describe("credits.cap_reached", () => {
  it("is sent once for each cap, month and limit, and again for a new limit", async () => {
    const address = await tenantWith({ tenant_soft: 10, tenant_hard: 20, user_soft: 5 });
    const { uh } = address;
    const tenant = tenantRpc(address);
    await tenant.accept([await spent(uh, 4)]);
    expect(await capEvents(address)).toEqual([]);
    const repeated = await spent(uh, 7);
    await tenant.accept([repeated, repeated]);
    await tenant.accept([repeated]);
    await tenant.accept([await spent(uh, 1)]);
    await until(async () => (await capEvents(address)).length >= 2);
    expect(await capsReached(address)).toEqual(["tenant soft 10", "user soft 5"]);
    expect((await capEvents(address)).find(({ scope }) => scope === "tenant")).toMatchObject({ used: 11, uh: null });
    await tenant.accept([await spent(uh, 100)]);
    await until(async () => (await capEvents(address)).length >= 3);
    await setCaps(address, { tenant_hard: 50 });
    await killObject(tenantStub(address)); // the caps are read again
    await tenantRpc(address).accept([await spent(uh, 1)]);
    await until(async () => (await capEvents(address)).length >= 4);
    expect(await capsReached(address)).toEqual(["tenant hard 20", "tenant hard 50", "tenant soft 10", "user soft 5"]);
  });

  it("rejects nothing for a soft cap alone", async () => {
    const address = await tenantWith({ tenant_soft: 1, user_soft: 1 });
    await tenantRpc(address).accept([await spent(address.uh, 10)]);
    const user = userRpc(address);
    good(await user.startTurn(call(), await newProject(user), say(CLIP)));
  });

  it("forgets a deleted user", async () => {
    const address = await tenantWith({ user_soft: 1 });
    await tenantRpc(address).accept([await spent(address.uh, 10)]);
    await until(async () => (await capEvents(address)).length === 1);
    await tenantRpc(address).eraseUser(address.uh, []);
    const left = await runInDurableObject(
      tenantStub(address),
      (_, { storage }) =>
        storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM meta WHERE key LIKE ?", `%${address.uh}%`).one().n,
    );
    expect(left).toBe(0);
  });
});
