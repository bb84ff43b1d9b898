/** The sweep under failures: two at once, an object that hangs, rows of unknown objects, a queue that rejects. */
import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  getQueueResult,
  waitOnExecutionContext,
} from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type UserAddress, userObjectName } from "../../src/core/address.ts";
import type { RenderId } from "../../src/core/ids.ts";
import type { WakeMessage } from "../../src/core/queues.ts";
import { newRender } from "../../src/core/wire/render.ts";
import { UserObject } from "../../src/durable/user/object.ts";
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import { sweep } from "../../src/jobs/cron.ts";
import { wakeAll } from "../../src/jobs/messages.ts";
import { writeWatchdog } from "../../src/store/status.ts";
import {
  call,
  endOf,
  env,
  freshAddress,
  good,
  newProject,
  requestLog,
  startTurn,
  until,
  userRpc,
} from "../support/objects.ts";

async function cron(): Promise<void> {
  const ctx = createExecutionContext();
  await worker.scheduled(createScheduledController(), env);
  await waitOnExecutionContext(ctx);
}

/** A user with a render on its way, and alarms that never go off. */
async function rendering(): Promise<{ address: UserAddress; id: RenderId }> {
  const address = freshAddress();
  const user = userRpc(address);
  const project = await newProject(user);
  await endOf(user, await startTurn(user, project, "make a 1 second video of the sea #fault:render_5xx"));
  return { address, id: good(await user.startRender(call(), project, newRender.parse({}))).id as RenderId };
}

const ended = async ({ address, id }: { address: UserAddress; id: RenderId }): Promise<boolean> =>
  good(await userRpc(address).readRender(id)).ended_at !== null;

/** Rows that lead nowhere, older than every other one. */
async function poison(): Promise<void> {
  await writeWatchdog(env.DB, "ten_x:test:abc", "spaceship", 1, 1, 0);
  await writeWatchdog(env.DB, userObjectName(freshAddress()), "user", 2, 2, 0);
}

beforeEach(() => {
  env.ALARMS = "off";
});
afterEach(async () => {
  delete env.ALARMS;
  vi.restoreAllMocks();
  await env.DB.prepare("DELETE FROM watchdogs").run();
});

describe("the sweep", () => {
  it("ends everything once even if two run at once and some rows name unknown objects", async () => {
    await poison();
    const all = await Promise.all([rendering(), rendering(), rendering()]);
    await until(async () => {
      await Promise.all([cron(), cron()]);
      return (await Promise.all(all.map(ended))).every(Boolean);
    });
    for (const { address, id } of all) {
      expect(good(await userRpc(address).readRender(id))).toMatchObject({ status: "completed", attempts: [] });
      expect((await requestLog(address)).renders).toMatchObject([{ submits: 1 }]);
    }
  });

  it("continues after a batch that the queue rejects", async () => {
    for (let at = 0; at < 250; at++) await writeWatchdog(env.DB, `object ${at}`, "user", 1_000 + at, 1, 0);
    const taken: string[] = [];
    let calls = 0;
    const WAKE = {
      sendBatch: async (messages: { body: WakeMessage }[]) => {
        if (calls++ === 1) throw new Error("the queue is full");
        taken.push(...messages.map(({ body }) => body.name));
      },
    } as unknown as Env["WAKE"];
    expect(await sweep({ DB: env.DB, WAKE }, 2_000)).toBe(250);
    expect([calls, taken.length, taken[0], taken.at(-1)]).toEqual([3, 150, "object 0", "object 249"]);
  });

  it("wakes the others while one object does not answer and another throws", async () => {
    const names = [freshAddress(), freshAddress(), freshAddress()].map(userObjectName);
    const { wake } = UserObject.prototype;
    const woken: string[] = [];
    vi.spyOn(UserObject.prototype, "wake").mockImplementation(function (this: UserObject) {
      const { name } = (this as unknown as { ctx: DurableObjectState }).ctx.id;
      if (name === names[0]) return new Promise(() => undefined);
      if (name === names[1]) throw new Error("a bug");
      woken.push(name ?? "");
      return wake.call(this);
    });
    const messages = names.map((name, at) => ({
      id: `m${at}`,
      timestamp: new Date(),
      attempts: 1,
      body: { kind: "user" as const, name },
    }));
    const batch = createMessageBatch<WakeMessage>("nemo-gateway-wake", messages);
    const ctx = createExecutionContext();
    await wakeAll(batch.messages, env, 5_000);
    const { explicitAcks, retryMessages } = await getQueueResult(batch, ctx);
    expect(woken).toEqual([names[2]]);
    expect(explicitAcks).toEqual(["m2"]);
    expect(retryMessages.map(({ msgId }) => msgId).toSorted()).toEqual(["m0", "m1"]);
  });
});
