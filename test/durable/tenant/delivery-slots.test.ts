/** Receivers that hang, and the deliveries of others beside them: of the same tenant, and of another one. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { UserAddress } from "../../../src/core/address.ts";
import { eventId } from "../../../src/core/ids.ts";
import { SLOW_TARGET_IN_FLIGHT, TARGET_IN_FLIGHT, UNPROVEN_IN_FLIGHT } from "../../../src/core/limits.ts";
import type { DeliveryJob, DeliveryReport, NewEvent, TenantRpc } from "../../../src/core/rpc/tenant.ts";
import { scaledTimings } from "../../../src/core/timings.ts";
import { call, env, freshAddress, good, pendingDeliveries, tenantRpc, until } from "../../support/objects.ts";
import { paceIs } from "../../support/pace.ts";
import { answering, hanging, type PlayedReceiver, playReceivers } from "../../support/receivers.ts";

const timings = scaledTimings(60); // vitest.config.ts

let receiver: ReturnType<typeof playReceivers>;
beforeEach(() => {
  receiver = playReceivers();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const eventsOf = (
  count: number,
  name: string,
  callback: (n: number) => string | null = () => null,
): Promise<NewEvent[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, n) => ({
      id: await eventId(`rnd_${name}${n}`, "render.completed#1"),
      type: "render.completed" as const,
      resource: `rnd_${name}${n}`,
      sequence: 1,
      at: Date.now(),
      uh: "u1",
      data: JSON.stringify({ id: `rnd_${name}${n}` }),
      callback: callback(n),
    })),
  );

const live = (): UserAddress => ({ ...freshAddress(), mode: "live" });
const idsOf = ({ got }: PlayedReceiver): Set<string | undefined> =>
  new Set(got.map(({ headers }) => headers["webhook-id"]));

/** How many deliveries have had an attempt that has ended. */
async function ended(tenant: TenantRpc): Promise<number> {
  const { data } = await tenant.listDeliveries({ limit: 100, after: null });
  return data.filter(({ last_status, last_answer }) => last_status !== null || last_answer !== null).length;
}

describe("a receiver that hangs", () => {
  paceIs(1); // the timeout of an attempt is longer than a busy machine takes for the others

  it("does not delay another tenant's deliveries", async () => {
    const [mine, other] = [live(), live()];
    const slow = receiver(hanging, "http://127.0.0.1:90");
    const quick = receiver(answering(), "http://127.0.0.1:91");
    good(await tenantRpc(mine).createEndpoint(call(), { url: slow.url, types: ["*"] }));
    good(await tenantRpc(other).createEndpoint(call(), { url: quick.url, types: ["*"] }));
    await tenantRpc(mine).accept(await eventsOf(40, "a"));
    await until(async () => slow.got.length > 0);
    await tenantRpc(other).accept(await eventsOf(20, "b"));
    await until(async () => idsOf(quick).size === 20);
    expect(await ended(tenantRpc(mine))).toBeLessThan(40);
  });

  it("does not delay other targets of its tenant, however many like it there are", async () => {
    const tenant = tenantRpc(live());
    const quick = receiver(answering(), "http://127.0.0.1:91");
    good(await tenant.createEndpoint(call(), { url: quick.url, types: ["turn.completed"] }));
    const slow = Array.from({ length: 90 }, (_, n) => receiver(hanging, `http://127.0.0.1:${1_000 + n}`));
    await tenant.accept(await eventsOf(90, "a", (n) => slow[n]?.url ?? null));
    await until(async () => slow.some(({ got }) => got.length > 0));
    const turns = (await eventsOf(20, "b")).map((newEvent) => ({ ...newEvent, type: "turn.completed" as const }));
    await tenant.accept(turns);
    await until(async () => idsOf(quick).size === 20);
    expect(await ended(tenant)).toBeLessThan(90);
  });
});

describe("the delivery slots of a tenant", () => {
  /** Due deliveries, without a wake message for them. */
  async function tenantWith(...counts: readonly number[]) {
    vi.spyOn(env.DELIVERIES, "sendBatch").mockResolvedValue({
      metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } },
    });
    const address = live();
    for (const [n, count] of counts.entries())
      await pendingDeliveries(address, await eventsOf(count, `t${n}_`), `http://127.0.0.1:${100 + n}/in`);
    return tenantRpc(address);
  }
  const report = (jobs: readonly DeliveryJob[], status: number | null, tookMs = 1): DeliveryReport[] =>
    jobs.map(({ id, attempt }) => ({
      id,
      attempt,
      outcome: { status, answer: "", error: status === null ? "no answer in time" : null, retryAfterMs: null, tookMs },
    }));
  const perTarget = (jobs: readonly DeliveryJob[]): number[] =>
    [...new Set(jobs.map(({ url }) => url))].toSorted().map((url) => jobs.filter((job) => job.url === url).length);

  it("are given to its targets in turn", async () => {
    const tenant = await tenantWith(50, 3, 3);
    expect(perTarget(await tenant.workDeliveries([], 6))).toEqual([2, 2, 2]);
    expect(perTarget(await tenant.workDeliveries([], 2))).toHaveLength(2);
  });

  it("have a limit for each target, lower for slow or failing ones", async () => {
    const tenant = await tenantWith(100);
    const jobs = await tenant.workDeliveries([], 100);
    expect(jobs).toHaveLength(TARGET_IN_FLIGHT);
    expect(await tenant.workDeliveries(report(jobs, null), 100)).toHaveLength(SLOW_TARGET_IN_FLIGHT);
  });

  it.each([
    ["answers soon, whatever it says", 500, 1, TARGET_IN_FLIGHT],
    ["answers late", 204, timings.deliveryTimeout - 1, SLOW_TARGET_IN_FLIGHT],
  ])("depend on the last answer: one that %s", async (_, status, tookMs, most) => {
    const tenant = await tenantWith(100);
    const jobs = await tenant.workDeliveries([], 1);
    expect(await tenant.workDeliveries(report(jobs, status, tookMs), 100)).toHaveLength(most);
  });

  it("are all available to a target that answers, and few to failing ones beside it", async () => {
    const tenant = await tenantWith(30, 30, 30, 30);
    const first = await tenant.workDeliveries([], 4);
    await tenant.workDeliveries([...report(first.slice(0, 3), null), ...report(first.slice(3), 204)], 0);
    const slow = SLOW_TARGET_IN_FLIGHT;
    expect(perTarget(await tenant.workDeliveries([], 200)).toSorted()).toEqual([slow, slow, slow, 29].toSorted());
  });

  it("are at most half used by targets that never answered", async () => {
    const tenant = await tenantWith(40, 40, 40);
    expect(await tenant.workDeliveries([], 200)).toHaveLength(UNPROVEN_IN_FLIGHT);
    expect(await tenant.workDeliveries([], 200)).toEqual([]);
  });

  it("are released by a sender that could not send, without counting an attempt", async () => {
    const tenant = await tenantWith(1);
    const jobs = await tenant.workDeliveries([], 1);
    expect(await tenant.workDeliveries([], 0, jobs)).toEqual([]);
    const again = await until(async () => (await tenant.workDeliveries([], 1))[0]);
    expect(again).toMatchObject({ id: jobs[0]?.id, attempt: 1 });
    await tenant.workDeliveries([], 0, [{ id: again.id, attempt: 2 }]); // of another attempt: nothing
    expect(good(await tenant.readDelivery(again.id)).attempts).toBe(1);
  });
});
