/** Deliveries from the outbox's side to the receiver's, through the real queue; time is stepped, not slept. */
import { runInDurableObject } from "cloudflare:test";
import { Webhook } from "standardwebhooks";
import { Webhook as Svix } from "svix";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { tenantObjectName, tenantPrefix, type UserAddress } from "../../../src/core/address.ts";
import { type DeliveryId, type EndpointId, eventId } from "../../../src/core/ids.ts";
import { HOST_IN_FLIGHT, SENDER_SLOTS } from "../../../src/core/limits.ts";
import type { NewEvent, TenantRpc } from "../../../src/core/rpc/tenant.ts";
import { scaledTimings } from "../../../src/core/timings.ts";
import type { EventType } from "../../../src/core/wire/event.ts";
import type { DeliveryWire, JwksWire, LoggedDeliveryWire } from "../../../src/core/wire/webhook.ts";
import { DUE, DUE_LANES, FIRST_DUE, NEXT_DUE } from "../../../src/durable/tenant/deliveries/store.ts";
import { OWNERS } from "../../../src/durable/tenant/usage.ts";
import { type SteppedClock, startClock } from "../../support/clock.ts";
import {
  bad,
  call,
  env,
  freshAddress,
  good,
  pendingDeliveries,
  tenantRpc,
  tenantStub,
  until,
} from "../../support/objects.ts";
import { paceIs } from "../../support/pace.ts";
import { answering, type Behaviour, type Got, type PlayedReceiver, playReceivers } from "../../support/receivers.ts";

const timings = scaledTimings(60); // vitest.config.ts
const real = scaledTimings(1);
const DAY = 24 * 3_600_000;

let clock: SteppedClock;
let receiver: (behave: Behaviour) => PlayedReceiver;
beforeEach(() => {
  clock = startClock();
  receiver = playReceivers();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const newEvent = async (resource: string, sequence = 1, type: EventType = "render.completed"): Promise<NewEvent> => ({
  id: await eventId(resource, `${type}#${sequence}`),
  type,
  resource,
  sequence,
  at: clock.now(),
  uh: "u1",
  data: JSON.stringify({ id: resource, n: sequence }),
});

/** A tenant with one endpoint. */
async function hooked(behave: Behaviour, address: UserAddress = freshAddress()) {
  const tenant = tenantRpc(address);
  const played = receiver(behave);
  const { endpoint, secret } = good(await tenant.createEndpoint(call(), { url: played.url, types: ["*"] }));
  return { address, tenant, played, id: endpoint.id as EndpointId, secret: secret ?? "" };
}

const deliveries = async (tenant: TenantRpc): Promise<readonly DeliveryWire[]> =>
  (await tenant.listDeliveries({ limit: 100, after: null })).data;
const only = async (tenant: TenantRpc): Promise<LoggedDeliveryWire> => {
  const [one] = await deliveries(tenant);
  if (one === undefined) throw new Error("no delivery is due");
  return good(await tenant.readDelivery(one.id as DeliveryId));
};
/** The only delivery, once so many attempts were reported. */
const attempted = (tenant: TenantRpc, count: number): Promise<LoggedDeliveryWire> =>
  until(async () => {
    const one = await only(tenant);
    return one.log.length >= count && one;
  });
/** Steps to the moment when it is due again. */
async function untilDue(tenant: TenantRpc, { due_at }: DeliveryWire): Promise<number> {
  const wait = Date.parse(due_at ?? "") - clock.now();
  clock.step(Math.max(0, wait) + 1);
  await tenant.wake();
  return wait;
}
const messages = (got: readonly Got[]): { data: { n: number }; stale?: boolean }[] =>
  got.map(({ body }) => JSON.parse(body));

describe("a receiver that", () => {
  paceIs(1); // the next attempt is due in seconds: after the test has read the one before

  it("answers 500 nine times receives the tenth attempt, each after the scheduled wait", async () => {
    const { tenant, played } = await hooked(answering(...Array<number>(9).fill(500)));
    await tenant.accept([await newEvent("rnd_a")]);
    for (let attempt = 1; attempt <= 9; attempt++) {
      const one = await attempted(tenant, attempt);
      expect(one).toMatchObject({ state: "pending", attempts: attempt, last_status: 500, last_answer: "said 500" });
      const planned = real.deliveries[attempt - 1] ?? 0;
      const wait = Date.parse(one.due_at ?? "") - Date.parse(one.log.at(-1)?.at ?? "");
      expect(wait).toBeGreaterThanOrEqual(planned * 0.9 - 1);
      expect(wait).toBeLessThan(planned + 5_000); // jitter only shortens; the rest is this machine's
      await untilDue(tenant, one);
    }
    const last = await attempted(tenant, 10);
    expect(last).toMatchObject({ state: "delivered", attempts: 10, last_status: 204, due_at: null });
    expect(last.log.map(({ status }) => status)).toEqual([...Array<number>(9).fill(500), 204]);
    expect(new Set(played.got.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  });

  it("fails ten times leaves a dead letter that can be read and sent again", async () => {
    const { tenant, played, id } = await hooked(answering(...Array<number>(10).fill(503)));
    await tenant.accept([await newEvent("rnd_a")]);
    for (let attempt = 1; attempt <= 9; attempt++) await untilDue(tenant, await attempted(tenant, attempt));
    const dead = await attempted(tenant, 10);
    expect(dead).toMatchObject({ state: "failed", attempts: 10, due_at: null });
    const page = { limit: 10, after: null };
    expect((await tenant.listDeliveries(page, { state: "failed", target_id: id })).data).toHaveLength(1);
    expect((await tenant.listDeliveries(page, { state: "delivered" })).data).toEqual([]);
    good(await tenant.retryDelivery(call("again"), dead.id as DeliveryId));
    expect(await attempted(tenant, 11)).toMatchObject({ state: "delivered", attempts: 11 });
    good(await tenant.retryDelivery(call("again"), dead.id as DeliveryId));
    await tenant.wake();
    expect(played.got).toHaveLength(11);
  });

  it("fails an attempt that was running at a retry is asked again after the first wait of a new schedule", async () => {
    const held = Promise.withResolvers<void>();
    const { tenant, played } = await hooked(async (_, nth) => {
      if (nth === 4) await held.promise;
      return new Response(null, { status: nth < 5 ? 500 : 204 });
    });
    await tenant.accept([await newEvent("rnd_a")]);
    for (let attempt = 1; attempt <= 3; attempt++) await untilDue(tenant, await attempted(tenant, attempt));
    await until(async () => played.got.length === 4);
    const { id, due_at } = await only(tenant);
    expect(good(await tenant.retryDelivery(call("again"), id as DeliveryId))).toMatchObject({ attempts: 4, due_at });
    held.resolve();
    const failed = await attempted(tenant, 4);
    const wait = Date.parse(failed.due_at ?? "") - Date.parse(failed.log.at(-1)?.at ?? "");
    expect(wait).toBeLessThan((real.deliveries[0] ?? 0) + 5_000); // the fourth of the first schedule is two hours
    await untilDue(tenant, failed);
    expect(await attempted(tenant, 5)).toMatchObject({ state: "delivered", attempts: 5 });
  });

  it("redirects is not followed", async () => {
    const elsewhere = receiver(answering());
    const { tenant, played } = await hooked((_, nth) =>
      nth === 1 ? new Response(null, { status: 307, headers: { location: elsewhere.url } }) : new Response(null),
    );
    await tenant.accept([await newEvent("rnd_a")]);
    const one = await attempted(tenant, 1);
    expect(one).toMatchObject({ state: "pending", last_status: 307 });
    expect(played.got[0]?.redirect).toBe("manual");
    await untilDue(tenant, one);
    expect(await attempted(tenant, 2)).toMatchObject({ state: "delivered" });
    expect(elsewhere.got).toEqual([]);
  });

  it("answers 429 with Retry-After, in seconds or as a date, gets nothing until then", async () => {
    const { tenant } = await hooked((_, nth) => {
      const when = nth === 1 ? "7200" : new Date(clock.now() + 3 * 3_600_000).toUTCString();
      return new Response(null, nth < 3 ? { status: 429, headers: { "retry-after": when } } : { status: 200 });
    });
    await tenant.accept([await newEvent("rnd_a")]);
    expect(await untilDue(tenant, await attempted(tenant, 1))).toBeGreaterThan(7_100_000);
    expect(await untilDue(tenant, await attempted(tenant, 2))).toBeGreaterThan(10_700_000);
    expect(await attempted(tenant, 3)).toMatchObject({ state: "delivered" });
  });

  it("answers 410 is disabled at once, which other endpoints receive as an event, and can be enabled again", async () => {
    const { tenant, played, id } = await hooked(answering(410));
    const observer = receiver(answering());
    good(await tenant.createEndpoint(call(), { url: observer.url, types: ["endpoint.disabled"] }));
    await tenant.accept([await newEvent("rnd_a")]);
    await until(async () => observer.got.length > 0);
    expect(JSON.parse(observer.got[0]?.body ?? "")).toMatchObject({
      type: "endpoint.disabled",
      sequence: 1,
      data: { id, state: "disabled", disabled_by: "gone" },
    });
    await tenant.accept([await newEvent("rnd_b")]);
    expect(played.got).toHaveLength(1);
    const dead = (await deliveries(tenant)).filter(({ state }) => state === "failed");
    expect(dead.map(({ event_type }) => event_type)).toEqual(["render.completed"]);
    expect(bad(await tenant.retryDelivery(call(), dead[0]?.id as DeliveryId)).code).toBe("endpoint_disabled");
    expect(bad(await tenant.recoverEndpoint(call(), id, clock.now() - DAY)).code).toBe("endpoint_disabled");
    expect(good(await tenant.updateEndpoint(id, { state: "enabled" }))).toMatchObject({ disabled_by: null });
    good(await tenant.recoverEndpoint(call("back"), id, clock.now() - DAY));
    good(await tenant.recoverEndpoint(call("back"), id, clock.now() - DAY));
    await until(async () => played.got.length >= 4); // the two renders, and the news of its own end
    const types = played.got.map(({ body }) => JSON.parse(body).data.id);
    expect(types.toSorted()).toEqual(["rnd_a", "rnd_a", "rnd_b", id].toSorted());
  });

  it("returns 100 MB is read for 1,000 bytes and no further", async () => {
    let sent = 0;
    const chunk = new Uint8Array(64 * 1024).fill(97);
    const flood: Behaviour = () =>
      new Response(
        new ReadableStream({
          pull: (out) => {
            sent += chunk.length;
            if (sent > 100_000_000) out.close();
            else out.enqueue(chunk);
          },
        }),
        { status: 500 },
      );
    const { tenant } = await hooked(flood);
    await tenant.accept([await newEvent("rnd_a")]);
    expect((await attempted(tenant, 1)).last_answer).toBe("a".repeat(1_000));
    expect(sent).toBeLessThan(1_000_000);
  });

  it("closes in the middle of its response has answered", async () => {
    const { tenant } = await hooked((_, nth) => {
      const body = new ReadableStream({
        start: (out) => out.enqueue(new TextEncoder().encode("half")),
        pull: (out) => out.error(new Error("connection closed")),
      });
      return new Response(body, { status: nth === 1 ? 500 : 200 });
    });
    await tenant.accept([await newEvent("rnd_a")]);
    const one = await attempted(tenant, 1);
    expect(one).toMatchObject({ state: "pending", last_status: 500, last_answer: "half" });
    await untilDue(tenant, one);
    expect(await attempted(tenant, 2)).toMatchObject({ state: "delivered", last_answer: "half" });
  });
});

describe("a receiver that never answers", () => {
  it("times out", async () => {
    const hang: Behaviour = ({ signal }) =>
      new Promise((_, fail) => {
        signal.addEventListener("abort", () => fail(new Error("aborted")));
      });
    const { tenant } = await hooked(hang);
    await tenant.accept([await newEvent("rnd_a")]);
    const one = await attempted(tenant, 1);
    expect(one).toMatchObject({ state: "pending", last_status: null, last_answer: "no answer in time" });
    expect(one.log[0]?.took_ms).toBeGreaterThanOrEqual(timings.deliveryTimeout - 5);
  });
});

describe("an endpoint", () => {
  paceIs(1);

  it("is disabled after five days of failures over several events, and never for one event alone", async () => {
    const { tenant, id } = await hooked(() => new Response(null, { status: 500 }));
    const alive = async (): Promise<boolean> => good(await tenant.readEndpoint(id)).state === "enabled";
    await tenant.accept([await newEvent("rnd_a")]);
    for (let attempt = 1; attempt <= 9; attempt++) await untilDue(tenant, await attempted(tenant, attempt));
    await attempted(tenant, 10);
    clock.step(real.endpointGiveUp);
    expect(await alive()).toBe(true);
    await tenant.accept([await newEvent("rnd_b")]);
    await until(async () => !(await alive()));
    expect(good(await tenant.readEndpoint(id))).toMatchObject({ disabled_by: "failing" });
    expect((await deliveries(tenant)).map(({ state }) => state)).toEqual(["failed", "failed"]);
  });

  it("gets deliveries at its new address, and of its new types alone", async () => {
    const { tenant, id, played } = await hooked(answering());
    const moved = receiver(answering());
    good(await tenant.updateEndpoint(id, { url: moved.url, types: ["turn.completed"] }));
    await tenant.accept([await newEvent("rnd_a"), await newEvent("trn_a", 1, "turn.completed")]);
    await until(async () => moved.got.length > 0);
    expect(moved.got).toHaveLength(1);
    expect(played.got).toEqual([]);
    expect(bad(await tenant.updateEndpoint(id, { url: "https://10.0.0.1/" })).errors?.[0]?.field).toBe("/url");
  });
});

describe("events of one resource", () => {
  paceIs(1); // the failed one is due again after the others were sent

  it("are sent in order; a failed one does not block later ones and is sent later as stale", async () => {
    const { tenant, played } = await hooked(answering(500));
    await tenant.accept([await newEvent("rnd_a", 1), await newEvent("rnd_a", 2), await newEvent("rnd_a", 3)]);
    await until(async () => played.got.length >= 3);
    const inOrder = messages(played.got.slice(0, 3));
    expect(inOrder.map(({ data, stale }) => [data.n, stale])).toEqual([
      [1, undefined],
      [2, undefined],
      [3, undefined],
    ]);
    clock.step(real.deliveries[0] ?? 0);
    await tenant.wake();
    await until(async () => played.got.length >= 4);
    expect(messages(played.got)[3]).toMatchObject({ data: { n: 1 }, stale: true });
  });

  it("wait for the first answer, without delaying other resources", async () => {
    const { tenant } = await hooked(answering());
    vi.mocked(globalThis.fetch).mockImplementation(() => new Promise(() => undefined)); // no answer
    await tenant.accept([await newEvent("rnd_a", 1), await newEvent("rnd_a", 2), await newEvent("rnd_b", 1)]);
    await until(async () => (await deliveries(tenant)).filter(({ attempts }) => attempts === 1).length === 2);
    const begun = (await deliveries(tenant)).map(({ attempts }) => attempts);
    expect(begun.toSorted()).toEqual([0, 1, 1]);
  });
});

describe("a delivery whose stored body cannot be read", () => {
  it("counts no attempt: later ones wait, and the schedule does not advance, however long that lasts", async () => {
    noSender();
    const { MEDIA } = env;
    const address = freshAddress();
    const large = { ...(await newEvent("rnd_a", 1)), data: JSON.stringify({ n: 1, more: "x".repeat(5_000) }) };
    const { ids } = await pendingDeliveries(address, [large, await newEvent("rnd_a", 2)], receiver(answering()).url);
    const [first, second] = ids as [DeliveryId, DeliveryId];
    const tenant = tenantRpc(address);
    const failing = vi.spyOn(MEDIA, "get").mockRejectedValue(new Error("get: internal error (10001)"));
    clock.freeze();
    const waited: number[] = [];
    for (let nth = 0; nth < 12; nth++) {
      expect(await tenant.workDeliveries([], 2)).toEqual([]);
      const { due_at, ...kept } = good(await tenant.readDelivery(first));
      expect(kept).toMatchObject({ state: "pending", attempts: 0, log: [] });
      waited.push(Date.parse(due_at ?? "") - clock.now());
      clock.step(waited.at(-1) ?? 0);
    }
    const growing = [1, 2, 4, 8, 16, 32, 64].map((times) => times * timings.retry);
    expect(waited).toEqual([...growing, ...Array.from({ length: 5 }, () => timings.retryMax)]);
    expect(good(await tenant.readDelivery(second)).attempts).toBe(0);
    failing.mockRestore();
    expect(await tenant.workDeliveries([], 2)).toMatchObject([{ id: first, attempt: 1 }]);
  });
});

describe("an attempt", () => {
  it("without a report is repeated when its lease ends, and its late report changes nothing", async () => {
    const { tenant, address } = await tenantWith(1);
    const [first] = await tenant.workDeliveries([], 1);
    if (first === undefined) throw new Error("nothing was due");
    clock.step(timings.deliveryLease);
    const [again] = await tenantRpc(address).workDeliveries([], 1);
    expect(again).toMatchObject({ id: first.id, attempt: 2 });
    const outcome = { status: 200, answer: "", error: null, retryAfterMs: null, tookMs: 1 };
    await tenant.workDeliveries([{ id: first.id, attempt: 1, outcome }], 0);
    expect(good(await tenant.readDelivery(first.id))).toMatchObject({ state: "pending", log: [] });
    await tenant.workDeliveries([{ id: first.id, attempt: 2, outcome }], 0);
    expect(good(await tenant.readDelivery(first.id))).toMatchObject({ state: "delivered" });
  });

  it.each([
    ["is followed by a failure: the endpoint is failing", [204, 500], 1],
    ["comes after a failure: the endpoint is well", [204, 500, 204], null],
    ["is between two failures: only the later one counts", [500, 204, 204, 500], 1],
  ])("that was claimed, reported together with others, and %s", async (_, statuses, failures) => {
    const { tenant, address } = await tenantWith(statuses.length);
    const jobs = await tenant.workDeliveries([], statuses.length);
    const outcomeOf = (status: number) => ({ status, answer: "", error: null, retryAfterMs: null, tookMs: 1 });
    const reports = jobs.map(({ id, attempt }, n) => ({ id, attempt, outcome: outcomeOf(statuses[n] ?? 0) }));
    await tenant.workDeliveries(reports, 0);
    const failing = await runInDurableObject(tenantStub(address), (_, { storage }) =>
      storage.sql.exec<{ n: number | null }>("SELECT failures ->> 'attempts' AS n FROM endpoints").one(),
    );
    expect(jobs).toHaveLength(statuses.length);
    expect(failing.n).toBe(failures);
  });
});

describe("the due deliveries", () => {
  it.each([
    ["due", DUE, [1, "whk_a", 10]],
    ["first due", FIRST_DUE, [1, 10]],
    ["due lanes", DUE_LANES, [1, "whk_a", 10]],
    ["next due", NEXT_DUE, [1]],
    ["owners", OWNERS, ["[]"]],
  ] as const)("are found by an index, however many are pending: %s", async (_, query, values) => {
    const { address } = await tenantWith(1);
    const plan = await runInDurableObject(tenantStub(address), (_, { storage }) =>
      storage.sql.exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${query}`, ...values).toArray(),
    );
    const steps = plan
      .map(({ detail }) => detail)
      .filter((detail) => !/^SCAN (json_each|ended) VIRTUAL|^SCAN (ring|CONSTANT ROW)$/.test(detail));
    expect(steps.filter((detail) => /deliveries|event|^SEARCH/.test(detail)).length).toBeGreaterThan(0);
    expect(steps.filter((detail) => /^SCAN|by_state|TEMP B-TREE FOR ORDER/.test(detail))).toEqual([]);
  });

  it("cause no more wake messages than senders the host allows, while none has run", async () => {
    const address = { ...freshAddress(), mode: "live" as const };
    const messages: unknown[] = [];
    vi.spyOn(env.DELIVERIES, "sendBatch").mockImplementation(async (batch) => {
      messages.push(...[...batch].filter(({ body }) => body.tenant === tenantObjectName(address)));
      return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
    });
    const { tenant } = await hooked(answering(), address);
    clock.freeze();
    for (let n = 0; n < 30; n++) {
      clock.step(1);
      await tenant.accept(await Promise.all([1, 2, 3, 4, 5, 6].map((m) => newEvent(`rnd_${n}_${m}`))));
      await until(async () => messages.length > Math.min(n, 4));
    }
    expect(messages.length).toBeLessThanOrEqual(HOST_IN_FLIGHT / SENDER_SLOTS + 1);
  });
});

describe("the rate limit of one host", () => {
  it("is five a second in test mode", async () => {
    const { tenant } = await tenantWith(12);
    clock.freeze();
    expect(await tenant.workDeliveries([], 50)).toHaveLength(5);
    expect(await tenant.workDeliveries([], 50)).toHaveLength(0);
    clock.step(timings.testHostWindow);
    expect(await tenant.workDeliveries([], 50)).toHaveLength(5);
  });

  it("is fifty at once in live mode, across all targets", async () => {
    noSender();
    const address = { ...freshAddress(), mode: "live" as const };
    const events = await Promise.all(Array.from({ length: 30 }, (_, n) => newEvent(`rnd_${n}`)));
    for (const path of ["one", "two"]) await pendingDeliveries(address, events, `http://127.0.0.1:9/${path}`);
    const tenant = tenantRpc(address);
    const jobs = await tenant.workDeliveries([], 100);
    expect(jobs).toHaveLength(HOST_IN_FLIGHT);
    expect(await tenant.workDeliveries([], 100)).toEqual([]);
    const outcome = { status: 204, answer: "", error: null, retryAfterMs: null, tookMs: 1 };
    const done = jobs.slice(0, 7).map(({ id, attempt }) => ({ id, attempt, outcome }));
    expect(await tenant.workDeliveries(done, 100)).toHaveLength(7);
  });
});

describe("a message", () => {
  const plain = (got: Got | undefined): Record<string, string> => ({ ...got?.headers });

  it("verifies with standardwebhooks, with svix, and by the endpoint's public key", async () => {
    const { tenant, played, id, secret } = await hooked(answering());
    await tenant.accept([await newEvent("rnd_a")]);
    await until(async () => played.got.length > 0);
    const [got] = played.got;
    const body = got?.body ?? "";
    expect(new Webhook(secret).verify(body, plain(got))).toMatchObject({ endpoint: id });
    expect(new Svix(secret).verify(body, plain(got))).toMatchObject({ endpoint: id });
    const { keys } = good(await tenant.readJwks(id));
    expect(keys).toHaveLength(1);
    expect(await verifiedBy(keys[0], got, body)).toBe(true);
    expect(await verifiedBy(keys[0], got, body.replace("rnd_a", "rnd_b"))).toBe(false);
  });

  it("verifies with the key before and the key after a rotation", async () => {
    const { tenant, played, id, secret } = await hooked(answering());
    const before = good(await tenant.readJwks(id)).keys[0];
    const after = good(await tenant.rotateSecret(call(), id)).secret ?? "";
    await tenant.accept([await newEvent("rnd_a")]);
    await until(async () => played.got.length > 0);
    const [got] = played.got;
    for (const known of [secret, after]) new Svix(known).verify(got?.body ?? "", plain(got));
    const { keys } = good(await tenant.readJwks(id));
    expect(keys.map(({ kid }) => kid)).toEqual([`${id}.2`, `${id}.1`]);
    for (const key of [...keys, before]) expect(await verifiedBy(key, got, got?.body ?? "")).toBe(true);
    clock.step(DAY);
    await tenant.accept([await newEvent("rnd_b")]);
    await until(async () => played.got.length > 1);
    expect(plain(played.got[1])["webhook-signature"]?.split(" ")).toHaveLength(2);
    expect(good(await tenant.readJwks(id)).keys).toHaveLength(1);
  });

  it("is sent as a sample on request: the latest event's body, or an invented one, and in no list", async () => {
    const { tenant, played, id } = await hooked(answering());
    const sent = good(await tenant.testEndpoint(call("try"), id, null));
    expect(good(await tenant.testEndpoint(call("try"), id, null)).id).toBe(sent.id);
    await until(async () => played.got.length > 0);
    expect(JSON.parse(played.got[0]?.body ?? "")).toMatchObject({
      type: "turn.completed",
      data: { status: "completed" },
    });
    await tenant.accept([await newEvent("rnd_a")]);
    good(await tenant.testEndpoint(call(), id, "render.completed"));
    await until(async () => played.got.length > 2);
    const bodies = played.got.slice(1).map(({ body }) => JSON.parse(body));
    expect(bodies.map(({ data }) => data)).toEqual([
      { id: "rnd_a", n: 1 },
      { id: "rnd_a", n: 1 },
    ]);
    expect(bodies[0].id).not.toBe(bodies[1].id);
    expect((await tenant.listEvents(0, 10, null)).data).toHaveLength(1);
  });

  it("leaves no body behind when the same call requests a sample again, even concurrently", async () => {
    const address = freshAddress();
    const { tenant, id } = await hooked(answering(), address);
    const large = await newEvent("rnd_a");
    await tenant.accept([{ ...large, data: JSON.stringify({ id: "rnd_a", text: "x".repeat(5_000) }) }]);
    const asked = () => tenant.testEndpoint(call("try"), id, "render.completed");
    const [first] = (await Promise.all([asked(), asked(), asked()])).map(good);
    expect(good(await asked()).id).toBe(first?.id);
    const { objects } = await env.MEDIA.list({ prefix: tenantPrefix(address.tenant) });
    expect(objects).toHaveLength(2); // the event's, and the one sample's
  });
});

/** Whether a message's `v1a` signature was made by this key. */
async function verifiedBy(key: JwksWire["keys"][number] | undefined, got: Got | undefined, body: string) {
  if (key === undefined || got === undefined) throw new Error("nothing to verify");
  const { kty, crv, x } = key;
  const known = await crypto.subtle.importKey("jwk", { kty, crv, x }, { name: "Ed25519" }, false, ["verify"]);
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": header = "" } = got.headers;
  const message = new TextEncoder().encode(`${id}.${at}.${body}`);
  const signatures = header.split(" ").flatMap((one) => (one.startsWith("v1a,") ? [one.slice("v1a,".length)] : []));
  const checks = signatures.map((one) =>
    crypto.subtle.verify(
      "Ed25519",
      known,
      Uint8Array.from(atob(one), (char) => char.charCodeAt(0)),
      message,
    ),
  );
  return (await Promise.all(checks)).includes(true);
}

/** No sender comes by the queue, so that only the test takes deliveries. */
function noSender(): void {
  const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } };
  vi.spyOn(env.DELIVERIES, "sendBatch").mockResolvedValue({ metadata });
}

/** A tenant with so many pending deliveries to one host, which no sender takes. */
async function tenantWith(count: number, mode: "live" | "test" = "test") {
  noSender();
  const address = { ...freshAddress(), mode };
  const events = await Promise.all(Array.from({ length: count }, (_, n) => newEvent(`rnd_${n}`)));
  await pendingDeliveries(address, events, "http://127.0.0.1:9/in");
  return { tenant: tenantRpc(address), address };
}
