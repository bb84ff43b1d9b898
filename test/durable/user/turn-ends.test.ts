/** Turns end once, whatever comes while they are worked on, and for what happened to them alone. */
import { runInDurableObject } from "cloudflare:test";
import { afterAll, afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { UserAddress } from "../../../src/core/address.ts";
import { ownedId, type TurnId } from "../../../src/core/ids.ts";
import type { AssetRecord } from "../../../src/core/rpc/user.ts";
import { HOUR_MS } from "../../../src/core/time.ts";
import type { TurnWire } from "../../../src/core/wire/turn.ts";
import { TenantObject } from "../../../src/durable/tenant/object.ts";
import { TokenObject } from "../../../src/durable/token/object.ts";
import type { UserObject } from "../../../src/durable/user/object.ts";
import { TurnRun } from "../../../src/durable/user/turns/run.ts";
import { startClock } from "../../support/clock.ts";
import { someToken, startLiveNemo } from "../../support/live-nemo.ts";
import {
  call,
  endOf,
  env,
  freshAddress,
  good,
  newProject,
  random,
  requestLog,
  say,
  startTurn,
  tenantStub,
  until,
  userRpc,
  userStub,
} from "../../support/objects.ts";
import { paceIs } from "../../support/pace.ts";
import { replaceUpstream } from "../../support/upstream.ts";

afterAll(() => void vi.restoreAllMocks());

const pathOf = (request: Request): string => new URL(request.url).pathname;

/** The types of a turn's events. */
async function typesOf(address: UserAddress, id: TurnId): Promise<string[]> {
  return good(await userRpc(address).readTurnEvents(id, 0, 1_000, 0)).data.map(({ event }) => event.type);
}

const ENDS = ["turn.completed", "turn.failed", "turn.unknown"];
const endsIn = (types: readonly string[]): string[] => types.filter((type) => ENDS.includes(type));

describe("a command that is cancelled while it is answered", () => {
  const COMMANDS = { credits: "credits", state: "status", export: "export", upload: "upload" };

  it.each(Object.entries(COMMANDS))("ends once, at whichever external call: %s", async (intent, prompt) => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    await endOf(user, await startTurn(user, project, "make a 1 second video"));

    let [left, turn]: [number, TurnId | null] = [Number.POSITIVE_INFINITY, null];
    /** Cancels the turn at the call whose number comes to be zero. */
    const atCall = async (): Promise<void> => {
      if (turn === null || --left !== 0) return;
      await runInDurableObject(userStub(address), (object: UserObject) => object.cancelTurn(call(), turn as TurnId));
    };
    replaceUpstream(address, async (_, real) => {
      await atCall();
      const answer = await real();
      await atCall();
      return answer;
    });
    const { reserveQuota } = TenantObject.prototype;
    onTestFinished(() => void vi.restoreAllMocks());
    vi.spyOn(TenantObject.prototype, "reserveQuota").mockImplementation(async function (this: TenantObject, ...given) {
      await atCall();
      const answer = await reserveQuota.apply(this, given);
      await atCall();
      return answer;
    });

    for (let at = 1; at < 40; at++) {
      // Started inside the object, so that the turn's id is known before anything is asked for it.
      const id = await runInDurableObject(userStub(address), async (object: UserObject) => {
        const made = good(await object.startTurn(call(), project, say(prompt)));
        [left, turn] = [at, made.id as TurnId];
        return made.id as TurnId;
      });
      const ended = await endOf(user, id);
      expect(ended.intent).toBe(intent);
      await until(async () => (await jobCount(address, id)) === 0);
      expect(endsIn(await typesOf(address, id))).toEqual([`turn.${ended.status}`]);
      const published = await endEventsOf(address, id);
      expect(published).toEqual([`turn.${ended.status}`]);
      if (ended.status === "failed") {
        expect(ended).toMatchObject({ charged: "no", error: { code: "cancelled" } });
        expect(await typesOf(address, id)).not.toContain("message");
        for (const render of ended.render_ids)
          expect(good(await user.readRender(render as never)).status).toBe("failed");
      }
      if (left > 0) return; // it was over before so many calls were made
    }
    throw new Error("it never came to its end by itself");
  });

  /** How many jobs the turn has. */
  const jobCount = (address: UserAddress, id: TurnId): Promise<number> =>
    runInDurableObject(
      userStub(address),
      (_, { storage }) => storage.sql.exec("SELECT 1 FROM jobs WHERE kind = 'turn' AND key = ?", id).toArray().length,
    );

  /** The tenant's events of the turn. */
  const endEventsOf = (address: UserAddress, id: TurnId): Promise<string[]> =>
    until(async () => {
      const rows = await runInDurableObject(tenantStub(address), (_, { storage }) =>
        storage.sql.exec<{ type: string }>("SELECT type FROM events WHERE resource = ? ORDER BY cursor", id).toArray(),
      );
      return rows.length === 0 ? null : rows.map(({ type }) => type);
    });
});

describe("slots of a user's turns", () => {
  paceIs(10); // what is cancelled settles in a minute and a half: long after the waiting ones run
  it.concurrent("are used by waiting turns when two of four streams end together", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const ids: TurnId[] = [];
    for (let n = 0; n < 4; n++)
      ids.push(await startTurn(user, await newProject(user), "make a video of the sea #slow:1800s"));
    await until(async () => (await requestLog(address)).turns.length === 4);
    const waiting: TurnId[] = [];
    for (let n = 0; n < 3; n++)
      waiting.push(await startTurn(user, await newProject(user), "make a video of the sea #slow:1800s"));
    await runInDurableObject(userStub(address), (object: UserObject) =>
      Promise.all(ids.slice(0, 2).map((id) => object.cancelTurn(call(), id))),
    );
    await until(async () => (await requestLog(address)).turns.length === 6);
    const [third] = waiting.slice(2);
    expect(good(await user.readTurn(third as TurnId)).status).toBe("queued");
    // A waiting turn is woken although its own job, which found no slot, has not ended.
    await runInDurableObject(userStub(address), (object: UserObject) =>
      Promise.all([...ids.slice(2), ...waiting.slice(0, 2)].map((id) => object.cancelTurn(call(), id))),
    );
    await until(async () => (await requestLog(address)).turns.length === 7);
  });

  it("wake a turn whose own job found no slot and has not ended", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const running: TurnId[] = [];
    for (let n = 0; n < 4; n++)
      running.push(await startTurn(user, await newProject(user), "make a video of the sea #slow:1800s"));
    await until(async () => (await requestLog(address)).turns.length === 4);
    const projects = [await newProject(user), await newProject(user)];
    // The job of a turn that found no slot is delayed before it ends, as long as the test says.
    const held: TurnId[] = [];
    let cancelBody = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      cancelBody = resolve;
    });
    const { perform } = TurnRun.prototype;
    onTestFinished(() => void vi.restoreAllMocks());
    vi.spyOn(TurnRun.prototype, "perform").mockImplementation(async function (this: TurnRun, id, attempt) {
      await perform.call(this, id, attempt);
      if (!id.endsWith(address.uh) || running.includes(id) || held.includes(id)) return; // other tests' turns may still settle
      held.push(id);
      await released;
    });
    const waiting: TurnId[] = [];
    for (const project of projects) waiting.push(await startTurn(user, project, "make a video of the sea #slow:1800s"));
    await until(async () => held.length === 2);
    const [one = "trn_none", two = "trn_none"] = running;
    await runInDurableObject(userStub(address), (object: UserObject) =>
      Promise.all([one, two].map((id) => object.cancelTurn(call(), id))),
    );
    const statusOf = async (id: TurnId) => good(await user.readTurn(id)).status;
    await until(async () => (await statusOf(one)) === "settling" && (await statusOf(two)) === "settling");
    cancelBody();
    for (const id of waiting) await until(async () => (await statusOf(id)) === "running");
    // Their slots were free since the streams ended; no end was needed to wake them.
    expect([await statusOf(one), await statusOf(two)]).toEqual(["settling", "settling"]);
  });
});

describe("a message of which Nemo accepted nothing", () => {
  paceIs(240);
  const forms = (code: number) => {
    const stream = (record: unknown) =>
      new Response(`data: ${JSON.stringify(record)}\n\n`, { headers: { "content-type": "text/event-stream" } });
    const json = JSON.stringify({ code, message: "reported" });
    return {
      typed: () => stream({ type: "error", code, content: "reported" }),
      ADK: () => stream({ author: "nemo_agent", errorCode: String(code), errorMessage: "reported" }),
      "a bare frame": () => stream({ code, message: "reported" }),
      "JSON under the stream's type": () => new Response(json, { headers: { "content-type": "text/event-stream" } }),
      "JSON in place of a stream": () => new Response(json, { headers: { "content-type": "application/json" } }),
    };
  };

  /** What becomes of a turn whose first request is answered so. */
  async function outcomeOf(answer: () => Response) {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const asked: string[] = [];
    replaceUpstream(address, async (request, real) => {
      const path = pathOf(request);
      const isFirst = path === "/run_sse" && !asked.includes(path);
      if (/run_sse|anonymous-token|create/.test(path)) asked.push(path);
      return isFirst ? answer() : real();
    });
    const id = await startTurn(user, project, "make a 1 second video");
    const { status, charged, error, evidence } = await endOf(user, id);
    const replaced = (await typesOf(address, id)).includes("project.session_replaced");
    return { status, charged, code: error?.code ?? null, stream: evidence?.stream, asked, replaced };
  }

  it.concurrent.each([1001, 1002, 2001])("has one outcome however Nemo reports it: %i", async (code) => {
    const { "JSON in place of a stream": plain, ...others } = forms(code);
    const wanted = await outcomeOf(plain);
    const count = (path: RegExp) => wanted.asked.filter((one) => path.test(one)).length;
    if (code === 1001) {
      expect(wanted).toMatchObject({ status: "completed", charged: "yes" });
      expect([count(/run_sse/), count(/anonymous-token/)]).toEqual([2, 2]);
    }
    if (code === 1002) expect(wanted).toMatchObject({ status: "completed", charged: "yes", replaced: true });
    if (code === 2001) expect(wanted).toMatchObject({ status: "failed", charged: "no", code: "insufficient_credits" });
    for (const [form, answer] of Object.entries(others))
      expect({ form, ...(await outcomeOf(answer)) }).toEqual({ form, ...wanted });
  });

  it.concurrent("is not sent again for a turn that was cancelled meanwhile", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    let sends = 0;
    let turn: TurnId | null = null;
    replaceUpstream(address, async (request, real) => {
      if (pathOf(request) !== "/run_sse") return real();
      sends++;
      await until(async () => turn !== null);
      await runInDurableObject(userStub(address), (object: UserObject) => object.cancelTurn(call(), turn as TurnId));
      return Response.json({ code: 1001, message: "reported" });
    });
    turn = await startTurn(user, project, "make a 1 second video");
    expect(await endOf(user, turn)).toMatchObject({ status: "failed", charged: "no", error: { code: "cancelled" } });
    expect(sends).toBe(1);
  });
});

describe("a turn that upstream never lets prepare", () => {
  it.concurrent("ends after a few attempts, however often other ends wake it", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const [quick, stuck] = [await newProject(user), await newProject(user)];
    await endOf(user, await startTurn(user, quick, "how many credits do I have?"));
    let tries = 0;
    replaceUpstream(address, async (request, real) => {
      if (!pathOf(request).includes("with-session")) return real();
      tries += 1;
      return Response.json({ detail: "slow down" }, { status: 429 });
    });
    const id = await startTurn(user, stuck, "make a 1 second video");
    let isOver = false;
    const ended = endOf(user, id).finally(() => {
      isOver = true;
    });
    while (!isOver) await endOf(user, await startTurn(user, quick, "how many credits do I have?"));
    expect(await ended).toMatchObject({ status: "failed", charged: "no", error: { code: "nemo_busy" } });
    expect(tries).toBe(4);
  });
});

describe("a turn that is settled by polling", () => {
  paceIs(240);

  it.concurrent("fails soon with its cost, if Nemo reported that its agent failed and nothing changed", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    await endOf(user, await startTurn(user, project, "make a 1 second video"));
    let hasNext = false;
    replaceUpstream(address, async (request, real) => {
      if (pathOf(request) === "/run_sse") await until(async () => hasNext); // so that it does not end before the next one waits
      return real();
    });
    const id = await startTurn(user, project, 'add a title "Hello" #fault:stale');
    await until(async () => good(await user.readTurn(id)).status !== "queued"); // from then on its end is known
    const behind = await startTurn(user, project, 'add a title "Hello"');
    hasNext = true;
    // The verdict `failed` with a charge is given by the agent's own words alone: after 15 minutes it would be `unknown`.
    const turn = await endOf(user, id);
    expect(turn).toMatchObject({ status: "failed", error: { code: "turn_failed" }, evidence: { stream: "error" } });
    const queued = good(await user.readTurnEvents(behind, 0, 100, 0)).data.filter(
      ({ event }) => event.type === "turn.queued",
    );
    expect(queued.length).toBeGreaterThan(0);
    for (const { event } of queued)
      expect(Date.parse((event as { ahead_ends_by?: string }).ahead_ends_by ?? "")).toBeGreaterThan(0);
    expect((await endOf(user, behind)).status).toBe("completed");
  });

  it.concurrent("does not count a file that was attached meanwhile as its result", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const id = await startTurn(user, project, "add a title #fault:heartbeats_only@600s");
    await until(async () => (await requestLog(address)).turns.length === 1);
    const asset = await newAsset(address);
    await until(async () => good(await user.attachAsset(call(), project, asset)).status === "attached");
    good(await user.cancelTurn(call(), id));
    const turn = await endOf(user, id);
    expect(turn).toMatchObject({ status: "failed", charged: "no", timeline: { changed: false } });
    expect(await typesOf(address, id)).not.toContain("timeline.changed");
  });

  /** A ready image. */
  async function newAsset(address: UserAddress): Promise<AssetRecord> {
    const id = ownedId("ast", address.uh, Date.now(), random);
    const key = `t/${address.tenant}/${address.mode}/${address.uh}/uploads/${id}`;
    await env.MEDIA.put(key, new Uint8Array(8));
    const fields = { duration_ms: null, width: null, height: null, sha256: null, error: null, metadata: {} };
    const asset: AssetRecord = {
      ...fields,
      ...{ id, status: "ready", filename: "beside.mp4", kind: "video", content_type: "video/mp4", size_bytes: 8 },
      ...{ created_at: new Date().toISOString(), key, named: true },
    };
    good(await userRpc(address).addAsset(call(), asset));
    return asset;
  }
});

describe("a turn on a shared token", () => {
  paceIs(240);
  afterEach(() => {
    delete env.NEMO_TOKEN;
  });

  it("is recorded from when it is sent, however long it waited", async () => {
    const nemo = startLiveNemo();
    const clock = startClock();
    try {
      env.NEMO_TOKEN = someToken();
      const user = userRpc({ ...freshAddress(), mode: "live" });
      const project = await newProject(user);
      const first = await startTurn(user, project, "make a video of the sea #slow:1800s");
      const second = await startTurn(user, project, "make a video of the sea #slow:1800s");
      await until(async () => good(await user.readTurn(first)).status === "running");
      clock.step(HOUR_MS);
      const leases: number[] = [];
      const { lease } = TokenObject.prototype;
      onTestFinished(() => void vi.restoreAllMocks());
      vi.spyOn(TokenObject.prototype, "lease").mockImplementation(async function (this: TokenObject, turn, to) {
        if (turn === second) leases.push(to - clock.now());
        return lease.call(this, turn, to);
      });
      await user.cancelTurn(call(), first);
      await until(async () => {
        await user.wake(); // the alarm keeps to the real clock
        return good(await user.readTurn(second)).status === "running";
      });
      expect(leases.length).toBeGreaterThan(0);
      for (const left of leases) expect(left).toBeGreaterThan(0);
      await user.cancelTurn(call(), second);
    } finally {
      nemo.stop();
    }
  });

  it("keeps its result if the report on its token never arrives", async () => {
    const nemo = startLiveNemo();
    try {
      env.NEMO_TOKEN = someToken();
      const user = userRpc({ ...freshAddress(), mode: "live" });
      const project = await newProject(user);
      const { use } = TokenObject.prototype;
      onTestFinished(() => void vi.restoreAllMocks());
      vi.spyOn(TokenObject.prototype, "use").mockImplementation(async function (this: TokenObject) {
        const shared = await use.call(this);
        return shared === null ? null : { ...shared, suspect: true }; // so that each use is reported
      });
      const reports = vi
        .spyOn(TokenObject.prototype, "report")
        .mockRejectedValue(new Error("Network connection lost."));
      const turn: TurnWire = await endOf(user, await startTurn(user, project, "make a 1 second video"));
      expect(turn).toMatchObject({ status: "completed", text_complete: true, evidence: { stream: "closed" } });
      expect(reports.mock.calls.length).toBeGreaterThan(0);
    } finally {
      nemo.stop();
    }
  });
});
