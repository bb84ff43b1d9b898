/** REST hooks from the event to the receiver, through the real queue. */
import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readLink } from "../../../src/core/crypto.ts";
import { type DeliveryId, type EndpointId, eventId } from "../../../src/core/ids.ts";
import { REMOVED_TARGETS } from "../../../src/core/limits.ts";
import type { NewEvent, TenantRpc } from "../../../src/core/rpc/tenant.ts";
import { scaledTimings } from "../../../src/core/timings.ts";
import { hookBody } from "../../../src/core/webhooks/flat-body.ts";
import { sampleEvent } from "../../../src/core/webhooks/samples.ts";
import type { EventType } from "../../../src/core/wire/event.ts";
import type { HookBody, HookWire } from "../../../src/core/wire/webhook.ts";
import { readConfig } from "../../../src/env.ts";
import { type SteppedClock, startClock } from "../../support/clock.ts";
import { bad, call, env, freshAddress, good, tenantRpc, tenantStub, until } from "../../support/objects.ts";
import { answering, type Behaviour, type PlayedReceiver, playReceivers } from "../../support/receivers.ts";

const timings = scaledTimings(60); // vitest.config.ts

let clock: SteppedClock;
let receiver: (behave: Behaviour) => PlayedReceiver;
beforeEach(() => {
  clock = startClock();
  receiver = playReceivers();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** An event whose data is a whole resource, as the objects publish it. */
const newEvent = async (type: EventType, resource: string, sequence = 1, more = {}): Promise<NewEvent> => ({
  id: await eventId(resource, `${type}#${sequence}`),
  type,
  resource,
  sequence,
  at: Date.now(),
  uh: "u1",
  data: JSON.stringify({ ...sampleEvent(type, "test").data, ...more }),
});

const subscribe = async (tenant: TenantRpc, target_url: string, event: EventType): Promise<HookWire> =>
  good(await tenant.subscribeHook(call(), { target_url, event })).hook;
const ended = (tenant: TenantRpc, count: number) =>
  until(async () => {
    const { data } = await tenant.listDeliveries({ limit: 100, after: null });
    return data.length === count && data.every((one) => one.ended_at !== null) && data;
  });
const bodies = ({ got }: PlayedReceiver): HookBody[] => got.map(({ body }) => JSON.parse(body));
const keysOf = (body: HookBody | undefined): string[] => Object.keys(body ?? {});

describe("a hook", () => {
  it("is sent a test event, flat, under an id of its own and in no list", async () => {
    const tenant = tenantRpc(freshAddress());
    const played = receiver(answering());
    const { id } = await subscribe(tenant, played.url, "video.completed");
    const { id: made } = good(await tenant.testHook(call(), id));
    const [delivery] = await ended(tenant, 1);
    expect(delivery).toMatchObject({ id: made, state: "delivered", target: { kind: "hook", id } });
    const [body] = bodies(played);
    expect(keysOf(body)).toEqual(keysOf(hookBody(sampleEvent("video.completed", "test"))));
    expect((await tenant.listEvents(0, 100, null)).data).toEqual([]);
    expect(bad(await tenant.testHook(call(), `${id.slice(0, -4)}0000` as EndpointId)).code).toBe("not_found");
  });

  it("gets its own event alone, flat, signed with the default secret", async () => {
    const tenant = tenantRpc(freshAddress());
    const played = receiver(answering());
    const { id } = await subscribe(tenant, played.url, "turn.completed");
    const published = await newEvent("turn.completed", "trn_a");
    await tenant.accept([published, await newEvent("turn.failed", "trn_b")]);
    const [delivery] = await ended(tenant, 1);
    expect(delivery).toMatchObject({ state: "delivered", target: { kind: "hook", id }, event_id: published.id });
    const event = good(await tenant.readEvent(published.id, null));
    expect(bodies(played)).toEqual([hookBody(event)]);
    expect(bodies(played)[0]).toMatchObject({ type: "turn.completed", status: "completed", metadata_order: "1234" });
    expect(played.got[0]?.headers).toMatchObject({ "webhook-id": published.id });
    expect(played.got[0]?.headers["webhook-signature"]).toMatch(/^v1,/);
  });

  it("gets a link that opens its file, signed when the body is sent", async () => {
    const address = freshAddress();
    const tenant = tenantRpc(address);
    const played = receiver(answering());
    await subscribe(tenant, played.url, "render.completed");
    const { id } = sampleEvent("render.completed", "test").data;
    const until = Date.now() + 60_000;
    const download = { id, origin: "https://gateway.example", until };
    await tenant.accept([await newEvent("render.completed", "rnd_a", 1, { download })]);
    await ended(tenant, 1);
    const [body] = bodies(played);
    expect(body?.download_url_expires_at).toBe(new Date(until).toISOString().replace(/\.\d+/, ".000"));
    const [origin, token] = String(body?.download_url).split("/f/");
    expect(origin).toBe("https://gateway.example");
    const link = await readLink(token ?? "", readConfig(env).roots, Date.now());
    const opens = { tenant: address.tenant, mode: "test", purpose: "share", id: body?.render_id };
    expect(link).toMatchObject({ ok: true, value: opens });
  });

  it("is the same one after repeated subscriptions, and is sent each event once", async () => {
    const tenant = tenantRpc(freshAddress());
    const played = receiver(answering());
    const all = await Promise.all(Array.from({ length: 20 }, () => subscribe(tenant, played.url, "turn.completed")));
    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(await tenant.listHooks()).toEqual([all[0]]);
    await tenant.accept([await newEvent("turn.completed", "trn_a")]);
    await ended(tenant, 1);
    expect(played.got).toHaveLength(1);
  });

  it("is deleted when its receiver answers 410, with its pending deliveries", async () => {
    const tenant = tenantRpc(freshAddress());
    const played = receiver(answering(410));
    await subscribe(tenant, played.url, "turn.completed");
    await tenant.accept([await newEvent("turn.completed", "trn_a"), await newEvent("turn.completed", "trn_a", 2)]);
    const published = await ended(tenant, 2);
    expect(published.map(({ state }) => state)).toEqual(["failed", "failed"]);
    expect(played.got).toHaveLength(1);
    expect(await tenant.listHooks()).toEqual([]);
    await tenant.accept([await newEvent("turn.completed", "trn_a", 3)]);
    expect((await tenant.listDeliveries({ limit: 100, after: null })).data).toHaveLength(2);
  });

  it("is disabled after five days of failures over several events, reported to the endpoints, until it is subscribed again", async () => {
    const tenant = tenantRpc(freshAddress());
    let isDown = true;
    const played = receiver(() => new Response(null, { status: isDown ? 500 : 204 }));
    const observer = receiver(answering());
    good(await tenant.createEndpoint(call(), { url: observer.url, types: ["hook.disabled"] }));
    const { id } = await subscribe(tenant, played.url, "turn.completed");
    await tenant.accept([await newEvent("turn.completed", "trn_a")]);
    for (let attempt = 1; attempt <= 10; attempt++) {
      const { due_at } = await until(async () => {
        const [listed] = (await tenant.listDeliveries({ limit: 1, after: null }, { target_id: id })).data;
        if (listed === undefined) return null;
        const one = good(await tenant.readDelivery(listed.id as DeliveryId));
        return one.log.length >= attempt && one;
      });
      clock.step(due_at === null ? timings.endpointGiveUp : Math.max(0, Date.parse(due_at) - clock.now()) + 1);
      await tenant.wake();
    }
    expect(await tenant.listHooks()).toMatchObject([{ id, state: "enabled", disabled_at: null }]);
    await tenant.accept([await newEvent("turn.completed", "trn_b")]);
    await until(async () => observer.got.length > 0);
    const [disabled] = await tenant.listHooks();
    expect(disabled).toMatchObject({ id, state: "disabled", disabled_at: expect.any(String) });
    const published = { type: "hook.disabled", sequence: 1, data: disabled };
    expect(JSON.parse(observer.got[0]?.body ?? "")).toMatchObject(published);

    const sent = played.got.length;
    await tenant.accept([await newEvent("turn.completed", "trn_c")]);
    const { data: dead } = await tenant.listDeliveries({ limit: 100, after: null }, { target_id: id });
    expect(dead.map(({ state }) => state)).toEqual(["failed", "failed"]);
    const first = dead[0]?.id as DeliveryId;
    expect(bad(await tenant.retryDelivery(call(), first)).code).toBe("endpoint_disabled");
    isDown = false;
    const again = { target_url: played.url, event: "turn.completed" } as const;
    const { hook, isNew } = good(await tenant.subscribeHook(call(), again));
    expect({ hook, isNew }).toMatchObject({ hook: { id, state: "enabled", disabled_at: null }, isNew: false });
    good(await tenant.retryDelivery(call(), first));
    await tenant.accept([await newEvent("turn.completed", "trn_d")]);
    await until(async () => played.got.length === sent + 2);
    expect(
      bodies(played)
        .slice(sent)
        .map(({ turn_id: _, id: event }) => event),
    ).toContain(await eventId("trn_d", "turn.completed#1"));
  });

  it("is deleted by its id, by its address, or by its address and event", async () => {
    const tenant = tenantRpc(freshAddress());
    const at = (path: string) => `https://hooks.nemo-gateway.dev/${path}`;
    const one = await subscribe(tenant, at("a"), "turn.completed");
    await subscribe(tenant, at("b"), "turn.completed");
    await subscribe(tenant, at("b"), "turn.failed");
    await subscribe(tenant, at("b"), "render.completed");
    good(await tenant.unsubscribeHook(one.id as EndpointId));
    good(await tenant.unsubscribeHook(one.id as EndpointId)); // as gone as it is wanted
    expect(bad(await tenant.unsubscribeHook(`whk_${"0".repeat(20)}`)).code).toBe("not_found");
    good(await tenant.unsubscribeAddress({ target_url: at("b"), event: "turn.failed" }));
    expect((await tenant.listHooks()).map(({ event }) => event).sort()).toEqual(["render.completed", "turn.completed"]);
    good(await tenant.unsubscribeAddress({ target_url: at("b") }));
    expect(await tenant.listHooks()).toEqual([]);
    good(await tenant.unsubscribeAddress({ target_url: at("b") }));
  });

  it("leaves a bounded number of ids after deletion", async () => {
    const address = freshAddress();
    const tenant = tenantRpc(address);
    const gone = await subscribe(tenant, "https://hooks.nemo-gateway.dev/a", "turn.completed");
    good(await tenant.unsubscribeHook(gone.id as EndpointId));
    const remembered = () =>
      runInDurableObject(tenantStub(address), (_, { storage }) => {
        const count = storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM deleted_targets").one().n;
        for (let n = 0; n < REMOVED_TARGETS; n += 1)
          storage.sql.exec("INSERT INTO deleted_targets (id) VALUES (?)", `whk_${count}_${n}`);
        return storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM deleted_targets").one().n;
      });
    expect(await remembered()).toBe(REMOVED_TARGETS + 1);
    const next = await subscribe(tenant, "https://hooks.nemo-gateway.dev/b", "turn.completed");
    good(await tenant.unsubscribeHook(next.id as EndpointId));
    expect(bad(await tenant.unsubscribeHook(gone.id as EndpointId)).code).toBe("not_found");
    good(await tenant.unsubscribeHook(next.id as EndpointId));
  });

  it("is rejected for a forbidden address, and above one hundred", async () => {
    const tenant = tenantRpc(freshAddress());
    const problem = await tenant.subscribeHook(call(), { target_url: "https://10.0.0.1/", event: "turn.completed" });
    expect(bad(problem)).toMatchObject({ code: "address_not_allowed" });
    const at = (n: number) => ({ target_url: `https://a.nemo-gateway.dev/${n}`, event: "turn.completed" }) as const;
    for (let n = 0; n < 100; n++) good(await tenant.subscribeHook(call(), at(n)));
    expect(bad(await tenant.subscribeHook(call(), at(100))).code).toBe("too_many_hooks");
    good(await tenant.subscribeHook(call(), at(0)));
  });

  it("of another request is found under a used Idempotency-Key", async () => {
    const tenant = tenantRpc(freshAddress());
    const body = { target_url: "https://a.nemo-gateway.dev/", event: "turn.completed" } as const;
    const made = good(await tenant.subscribeHook(call("k"), body));
    expect(good(await tenant.subscribeHook(call("k"), body))).toEqual({ ...made, isNew: false });
    const other = await tenant.subscribeHook(call("k", "other"), { ...body, event: "turn.failed" });
    expect(bad(other).code).toBe("idempotency_mismatch");
  });
});

describe("the samples of an event", () => {
  it("are invented before there is a real one, and store nothing", async () => {
    const tenant = tenantRpc(freshAddress());
    const [sample, ...none] = await tenant.hookSamples("video.completed");
    expect(none).toEqual([]);
    expect(sample).toMatchObject({ type: "video.completed", mode: "test", status: "completed" });
    good(await tenant.unsubscribeAddress({ target_url: "https://a.nemo-gateway.dev/" }));
  });

  it("are the last three real ones, newest first, with the keys of a delivery", async () => {
    const tenant = tenantRpc(freshAddress());
    const played = receiver(answering());
    const [invented] = await tenant.hookSamples("render.completed");
    await subscribe(tenant, played.url, "render.completed");
    for (let n = 1; n <= 4; n++) await tenant.accept([await newEvent("render.completed", `rnd_${n}`)]);
    await ended(tenant, 4);
    const samples = await tenant.hookSamples("render.completed");
    const ids = await Promise.all([4, 3, 2].map((n) => eventId(`rnd_${n}`, "render.completed#1")));
    expect(samples.map(({ id }) => id)).toEqual(ids);
    for (const body of [...samples, ...bodies(played)]) expect(keysOf(body)).toEqual(keysOf(invented));
  });
});
