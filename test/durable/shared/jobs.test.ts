/** The jobs of an object under the worst conditions: calls of one millisecond, repeated crashes, a cancellation at the wrong moment. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { TurnId } from "../../../src/core/ids.ts";
import type { UserRpc } from "../../../src/core/rpc/user.ts";
import { createRuntime } from "../../../src/durable/shared/context.ts";
import { openDatabase } from "../../../src/durable/shared/database.ts";
import { JobScheduler } from "../../../src/durable/shared/jobs.ts";
import { USER_MIGRATIONS } from "../../../src/durable/user/schema.ts";
import { SandboxObject } from "../../../src/sandbox/object.ts";
import {
  call,
  endOf,
  env,
  freshAddress,
  good,
  kill,
  newProject,
  requestLog,
  say,
  startTurn,
  until,
  userRpc,
  userStub,
} from "../../support/objects.ts";

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const body = (prompt: string) => say(prompt);

afterEach(() => {
  vi.restoreAllMocks();
});

describe("turns of one user", () => {
  it("run one after the other in order of arrival, even with ids of the same millisecond", async () => {
    const real = Date.now;
    for (let round = 0; round < 4; round++) {
      const address = freshAddress();
      const user = userRpc(address);
      const project = await newProject(user);
      const ids = await runInDurableObject(userStub(address), async (object) => {
        const methods = object as unknown as UserRpc; // UserObject implements it
        const frozen = real();
        vi.spyOn(Date, "now").mockImplementation(() => frozen); // an object's clock does not move between two I/O events
        const both = [
          methods.startTurn(call(), project, body("make a video of the sea")),
          methods.startTurn(call(), project, body("add a title")),
        ];
        vi.restoreAllMocks();
        return (await Promise.all(both)).map((turn) => good(turn).id as TurnId);
      });
      const [one, two] = [await endOf(user, ids[0] as TurnId), await endOf(user, ids[1] as TurnId)];
      expect(Date.parse(two.sent_at ?? "")).toBeGreaterThanOrEqual(Date.parse(one.ended_at ?? ""));
    }
  });

  it("use at most four slots at once, and pass each on", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const projects = await Promise.all(Array.from({ length: 6 }, () => newProject(user)));
    const ids = await Promise.all(
      projects.map((project) => startTurn(user, project, "make a video of the sea #slow:300s")),
    );
    const running = (): Promise<number> =>
      runInDurableObject(userStub(address), (_, { storage }) => {
        const counted = "SELECT count(*) AS n FROM turns WHERE phase IN ('sending', 'streaming')";
        return storage.sql.exec<{ n: number }>(counted).one().n;
      });
    // Counted all the time until the last one has ended: a count at one moment may come when one has just ended.
    const seen: number[] = [];
    await until(async () => {
      seen.push(await running());
      const turns = await Promise.all(ids.map(async (id) => good(await user.readTurn(id))));
      return turns.every(({ ended_at }) => ended_at !== null);
    });
    expect(Math.max(...seen)).toBe(4);
    for (const id of ids) expect((await endOf(user, id)).status).toBe("completed");
  });

  it("are not sent again if they were cancelled while their lost session was detected", async () => {
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    const real = SandboxObject.prototype.fetch;
    let sends = 0;
    let isCancelled = false;
    vi.spyOn(SandboxObject.prototype, "fetch").mockImplementation(async function (
      this: SandboxObject,
      request: Request,
    ) {
      if (!request.url.endsWith("/run_sse") || sends++ > 0) return real.call(this, request);
      await until(async () => isCancelled);
      return Response.json({ detail: "Session not found" }, { status: 404 });
    });
    const id = await startTurn(user, project, "make a video of the sea");
    await until(async () => sends > 0);
    good(await user.cancelTurn(call(), id));
    isCancelled = true;
    expect(await endOf(user, id)).toMatchObject({ status: "failed", charged: "no", error: { code: "cancelled" } });
    expect([sends, (await requestLog(address)).turns.length]).toEqual([1, 0]);
  });
});

describe("a job that ends its instance", () => {
  it("runs later each time, not at once for ever", async () => {
    const address = freshAddress();
    const project = await newProject(userRpc(address));
    vi.spyOn(SandboxObject.prototype, "fetch").mockImplementation(() => new Promise(() => undefined));
    await startTurn(userRpc(address), project, "make a video of the sea");
    for (let abort = 0; abort < 8; abort++) {
      await pause(60);
      await kill(address);
    }
    type Row = { attempts: number; due_at: number; lease_until: number };
    const poll = () =>
      runInDurableObject(userStub(address), (_, state) => ({
        ...state.storage.sql.exec<Row>("SELECT attempts, due_at, lease_until FROM jobs WHERE kind = 'turn'").one(),
      }));
    const { attempts } = await poll();
    expect(attempts).toBeLessThan(8);
    await until(async () => (await poll()).lease_until > 0); // it runs again, and crashes again
    const before = Date.now();
    await kill(address);
    expect((await poll()).due_at).toBeGreaterThan(before);
    await kill(address);
  });
});

describe("a job that is given up", () => {
  it("starts no other job a second time, although its end starts what is due as well", async () => {
    const address = freshAddress();
    await newProject(userRpc(address));
    const performed = await runInDurableObject(userStub(address), async (_, ctx) => {
      const { sql } = ctx.storage;
      sql.exec("DELETE FROM jobs");
      sql.exec("INSERT INTO jobs (kind, key, due_at, unfinished) VALUES ('turn', 'killed its instance', 1, 8)");
      sql.exec("INSERT INTO jobs (kind, key, due_at) VALUES ('turn', 'next', 2)");
      const runtime = createRuntime(ctx, env);
      const seen: { readonly key: string; readonly attempts: number }[] = [];
      const jobs = new JobScheduler(runtime, openDatabase(runtime, USER_MIGRATIONS), "user", {
        perform: async ({ key }) => {
          seen.push(
            sql.exec<{ key: string; attempts: number }>("SELECT key, attempts FROM jobs WHERE key = ?", key).one(),
          );
          jobs.done("turn", key as TurnId);
        },
        giveUp: () => jobs.tick(), // as the end of a turn does
      });
      jobs.tick();
      await until(async () => seen.length > 0);
      return seen;
    });
    expect(performed).toEqual([{ key: "next", attempts: 1 }]);
  });
});

describe("the queries of the job table", () => {
  it("use an index, however many jobs there are", async () => {
    const address = freshAddress();
    await newProject(userRpc(address));
    const plans = await runInDurableObject(userStub(address), (_, state) =>
      [
        "SELECT max(due_at, lease_until) AS at FROM jobs ORDER BY max(due_at, lease_until) LIMIT 1",
        "SELECT kind, key, attempts FROM jobs WHERE max(due_at, lease_until) <= 5 ORDER BY max(due_at, lease_until) LIMIT 16",
      ].map((query) => JSON.stringify(state.storage.sql.exec(`EXPLAIN QUERY PLAN ${query}`).toArray())),
    );
    for (const plan of plans) {
      expect(plan).toContain("jobs_by_time");
      expect(plan).not.toContain("TEMP B-TREE");
    }
  });
});
