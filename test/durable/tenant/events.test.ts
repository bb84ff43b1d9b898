/** Events on their way from the object in which they happened to the reader of the tenant's list. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { eventKey, tenantObjectName, userObjectName } from "../../../src/core/address.ts";
import { eventId } from "../../../src/core/ids.ts";
import type { NewEvent } from "../../../src/core/rpc/tenant.ts";
import type { EventWire } from "../../../src/core/wire/event.ts";
import { TenantObject } from "../../../src/durable/tenant/object.ts";
import { startClock } from "../../support/clock.ts";
import { call, env, freshAddress, good, newProject, say, tenantRpc, until, userRpc } from "../../support/objects.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const newEvent = async (resource: string, more: Partial<NewEvent> = {}): Promise<NewEvent> => ({
  id: await eventId(resource, "render.completed#1"),
  type: "render.completed",
  resource,
  sequence: 1,
  at: Date.now(),
  uh: "u1",
  data: JSON.stringify({ id: resource }),
  ...more,
});
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("a reader of the event list", () => {
  it("sees each event once, whatever the order and number of publications", async () => {
    const address = freshAddress();
    const tenant = tenantRpc(address);
    const events = await Promise.all(Array.from({ length: 60 }, (_, n) => newEvent(`rnd_${n}`)));
    let writing = true;
    const seen: EventWire[] = [];
    const reading = (async () => {
      for (let after = 0; ; ) {
        const isLast = !writing; // asked before the page is read: an empty page from before the last event is not the end
        const page = await tenant.listEvents(after, 7, null);
        seen.push(...page.data);
        if (page.data.length === 0 && isLast) return;
        after = page.next_cursor;
        await pause(1);
      }
    })();
    const objects = Array.from({ length: 6 }, (_, n) => events.filter((_, at) => at % 6 === n));
    await Promise.all(
      objects.map(async (own) => {
        for (let at = 0; at < own.length; at += 3) {
          await pause(Math.random() * 10);
          await tenant.accept(own.slice(at, at + 3));
          if (Math.random() < 0.5) await tenant.accept(own.slice(Math.max(0, at - 3), at + 3)); // published twice
        }
      }),
    );
    writing = false;
    await reading;
    expect(seen.map(({ data }) => data.id).toSorted()).toEqual(events.map(({ resource }) => resource).toSorted());
    const cursors = seen.map(({ cursor }) => cursor);
    expect(cursors).toEqual(cursors.toSorted((a, b) => a - b));
  });
});

describe("a large event body", () => {
  const large = JSON.stringify({ id: "rnd_large", text: "漫".repeat(1_500) }); // 4,500 bytes, 1,500 characters

  it("is stored in R2 and reads like any other, also in a list with small ones", async () => {
    const address = freshAddress();
    const tenant = tenantRpc(address);
    const event = await newEvent("rnd_large", { data: large });
    await tenant.accept([await newEvent("rnd_small"), event]);
    await tenant.accept([event]);
    const row = await runInDurableObject(env.TENANT.getByName(tenantObjectName(address)), (_, state) =>
      state.storage.sql.exec<{ data: string }>("SELECT data FROM events WHERE id = ?", event.id).one(),
    );
    expect(row.data).toBe("");
    expect(await (await env.MEDIA.get(eventKey({ ...address, uh: "u1" }, event.id)))?.text()).toBe(large);
    expect((await tenant.listEvents(0, 10, null)).data.map(({ data }) => data)).toEqual([
      { id: "rnd_small" },
      JSON.parse(large),
    ]);
    expect(good(await tenant.readEvent(event.id, null)).data).toEqual(JSON.parse(large));
  });

  it("is deleted with its event after thirty days", async () => {
    const clock = startClock();
    const address = freshAddress();
    const tenant = tenantRpc(address);
    const event = await newEvent("rnd_large", { data: large });
    await tenant.accept([event]);
    clock.step(32 * 24 * 3_600_000);
    await tenant.wake();
    await until(async () => (await tenant.listEvents(0, 10, null)).data.length === 0);
    expect(await env.MEDIA.head(eventKey({ ...address, uh: "u1" }, event.id))).toBeNull();
  });
});

describe("an outbox", () => {
  it("publishes a few large events per call, all of them in order", async () => {
    const calls: number[] = [];
    const real = TenantObject.prototype.accept;
    vi.spyOn(TenantObject.prototype, "accept").mockImplementation(async function (this: TenantObject, events) {
      calls.push(events.length);
      return real.call(this, events);
    });
    const address = freshAddress();
    const user = userRpc(address);
    const project = await newProject(user);
    await runInDurableObject(env.USER.getByName(userObjectName(address)), (_, state) => {
      const row = "INSERT INTO outbox (type, resource, sequence, at, data) VALUES ('render.completed', ?, 1, ?, ?)";
      for (let n = 0; n < 60; n++) {
        const data = JSON.stringify({ id: `rnd_${n}`, text: "z".repeat(40_000) });
        state.storage.sql.exec(row, `rnd_${n}`, Date.now(), data);
      }
    });
    calls.length = 0;
    good(await user.startTurn(call(), project, say("credits")));
    const tenant = tenantRpc(address);
    const last = await until(async () => {
      const { data } = await tenant.listEvents(0, 100, null);
      const renders = data.filter(({ type }) => type === "render.completed");
      return renders.length === 60 && renders;
    });
    expect(last.map(({ data }) => data.id)).toEqual(Array.from({ length: 60 }, (_, n) => `rnd_${n}`));
    expect(Math.max(...calls)).toBeLessThanOrEqual(25); // of 40 kB each in 1 MB
  });
});
