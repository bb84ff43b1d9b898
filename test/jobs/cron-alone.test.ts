import {
  createExecutionContext,
  createScheduledController,
  runInDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env as bindings } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { tenantObjectName, userObjectName } from "../../src/core/address.ts";
import type { RenderId } from "../../src/core/ids.ts";
import { newRender } from "../../src/core/wire/render.ts";
import { TenantObject } from "../../src/durable/tenant/object.ts";
import { UserObject } from "../../src/durable/user/object.ts";
import type { Env } from "../../src/env.ts";
import worker from "../../src/index.ts";
import {
  call,
  endOf,
  freshAddress,
  good,
  newProject,
  startTurn,
  tenantRpc,
  until,
  userRpc,
} from "../support/objects.ts";

const env = bindings as unknown as Env; // vitest.config.ts binds what wrangler.toml declares

/** The platform's cron, and nothing else that could move time on. */
async function cron(): Promise<void> {
  const ctx = createExecutionContext();
  await worker.scheduled(createScheduledController(), env);
  await waitOnExecutionContext(ctx);
}

describe("with alarms off", () => {
  beforeEach(() => {
    env.ALARMS = "off";
  });
  afterEach(() => {
    delete env.ALARMS;
    vi.restoreAllMocks();
  });

  it("the cron alone finishes a render and delivers its webhook", async () => {
    const alarms = [vi.spyOn(UserObject.prototype, "alarm"), vi.spyOn(TenantObject.prototype, "alarm")];
    const received: string[] = [];
    const real = globalThis.fetch.bind(globalThis);
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const request = new Request(input as RequestInfo, init);
      if (!request.url.startsWith("http://127.0.0.1:9/")) return real(request);
      received.push(((await request.json()) as { type: string }).type);
      return new Response(null, { status: 204 });
    });
    const address = freshAddress();
    const user = userRpc(address);
    good(
      await tenantRpc(address).createEndpoint(call(), { url: "http://127.0.0.1:9/in", types: ["render.completed"] }),
    );
    const project = await newProject(user);
    await endOf(user, await startTurn(user, project, "make a 3 second video of the sea"));
    const render = good(await user.startRender(call(), project, newRender.parse({})));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(good(await user.readRender(render.id as RenderId)).ended_at).toBeNull();
    await until(async () => {
      await cron();
      return received.includes("render.completed");
    });
    expect(good(await user.readRender(render.id as RenderId)).status).toBe("completed");
    expect(alarms.map((alarm) => alarm.mock.calls.length)).toEqual([0, 0]);
    const armed = [
      await runInDurableObject(env.USER.getByName(userObjectName(address)), (_, state) => state.storage.getAlarm()),
      await runInDurableObject(env.TENANT.getByName(tenantObjectName(address)), (_, state) => state.storage.getAlarm()),
    ];
    expect(armed).toEqual([null, null]);
  });
});
