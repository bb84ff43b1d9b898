/**
 * How far ahead a sender claims, and how soon it reports. The object's side is a list of due deliveries: at a real
 * one the queue's own senders would help. Both together are in test/durable/tenant/deliveries.test.ts.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { DeliveryId } from "../../src/core/ids.ts";
import { SENDER_MS, SENDER_SLOTS } from "../../src/core/limits.ts";
import type { DeliveryJob, DeliveryReport, TenantRpc } from "../../src/core/rpc/tenant.ts";
import { Sender } from "../../src/jobs/deliver.ts";
import { until } from "../support/objects.ts";

const log = (): void => undefined;

afterEach(() => {
  vi.restoreAllMocks();
});

const ACCEPTED = { status: 204, answer: "", error: null, retryAfterMs: null, tookMs: 1 };
const reportOf = ({ id, attempt }: DeliveryJob): DeliveryReport => ({ id, attempt, outcome: ACCEPTED });
const jobOf = (_: unknown, n: number): DeliveryJob => {
  const id: DeliveryId = `dlv_${n}`;
  return { id, attempt: 1, url: "", headers: {}, body: "", timeoutMs: 1 };
};

/** So many deliveries that are due; every call is noted. */
function tenantWith(count: number) {
  const due = Array.from({ length: count }, jobOf);
  const ids = due.map(({ id }) => id);
  const reported = new Set<DeliveryId>();
  const calls: { readonly done: number; readonly want: number; readonly given: number }[] = [];
  const back: DeliveryId[] = [];
  const workDeliveries: TenantRpc["workDeliveries"] = async (done, want, unsent = []) => {
    await scheduler.wait(1);
    for (const { id } of done) {
      expect(reported.has(id)).toBe(false);
      reported.add(id);
    }
    back.push(...unsent.map(({ id }) => id));
    const given = due.splice(0, want);
    calls.push({ done: done.length, want, given: given.length });
    return given;
  };
  const tenant = () => ({ workDeliveries }) as unknown as TenantRpc; // all that a sender asks for
  return { ids, calls, reported, back, left: due, tenant };
}

describe("a sender", () => {
  it("sends everything once, several in a call, and never more at once than it has slots", async () => {
    const { tenant, calls, reported } = tenantWith(60);
    let open = 0;
    let most = 0;
    const send = async (job: DeliveryJob): Promise<DeliveryReport> => {
      most = Math.max(most, ++open);
      await scheduler.wait(1);
      open -= 1;
      return reportOf(job);
    };
    const lines: number[] = [];
    const run = new Sender({ tenant, send, log: (reports) => lines.push(reports.length) }).run();
    expect(await run).toBe(false);
    expect(lines.reduce((sum, count) => sum + count, 0)).toBe(60);
    expect(reported.size).toBe(60);
    expect(most).toBe(SENDER_SLOTS);
    expect(calls.length).toBeLessThan(30);
  });

  it("claims nothing in advance while no receiver answers", async () => {
    const { tenant, calls } = tenantWith(20);
    void new Sender({ tenant, log, send: () => new Promise(() => undefined) }).run();
    await until(async () => calls.length > 0);
    await scheduler.wait(50);
    expect(calls).toEqual([{ done: 0, want: SENDER_SLOTS, given: SENDER_SLOTS }]);
  });

  it("claims in advance no more than were answered, and at most two for each slot", async () => {
    const { tenant, calls } = tenantWith(60);
    await new Sender({ tenant, log, send: async (job) => reportOf(job) }).run();
    let held = 0;
    for (const { done, given } of calls) {
      held += given - done;
      expect(held).toBeLessThanOrEqual(SENDER_SLOTS + Math.min(SENDER_SLOTS, done));
    }
    expect(held).toBe(0);
  });

  it("reports answered deliveries while the others hang", async () => {
    const { ids, tenant, reported } = tenantWith(30);
    const quick = new Set(ids.slice(0, 2));
    const send = async (job: DeliveryJob): Promise<DeliveryReport> =>
      quick.has(job.id) ? reportOf(job) : new Promise(() => undefined);
    void new Sender({ tenant, log, send }).run();
    await until(async () => reported.size === quick.size);
    expect(reported).toEqual(quick);
  });

  it("releases what it claimed in advance when its requests hang", async () => {
    const { ids, tenant, calls, reported, back } = tenantWith(13);
    const quick = new Set(ids.slice(0, SENDER_SLOTS));
    const send = async (job: DeliveryJob): Promise<DeliveryReport> =>
      quick.has(job.id) ? reportOf(job) : new Promise(() => undefined);
    void new Sender({ tenant, log, send }).run();
    await until(async () => back.length > 0);
    expect(reported).toEqual(quick);
    expect(back).toEqual(ids.slice(2 * SENDER_SLOTS, 2 * SENDER_SLOTS + back.length));
    const held = calls.reduce((sum, { done, given }) => sum + given - done, 0) - back.length;
    expect(held).toBe(SENDER_SLOTS);
  });

  it("starts nothing new after its time limit, releases the rest, and requests another run", async () => {
    const { ids, tenant, reported, left, back } = tenantWith(20);
    const now = Date.now();
    let sent = 0;
    const send = async (job: DeliveryJob): Promise<DeliveryReport> => {
      if (++sent > SENDER_SLOTS) vi.spyOn(Date, "now").mockReturnValue(now + SENDER_MS);
      await scheduler.wait(1);
      return reportOf(job);
    };
    expect(await new Sender({ tenant, log, send }).run()).toBe(true);
    expect(reported.size).toBe(sent);
    expect(reported.size + back.length + left.length).toBe(ids.length);
    expect(left.length).toBeGreaterThan(0);
  });

  it("continues with the others when one attempt fails, and stops after its share", async () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const { ids, tenant, reported, left } = tenantWith(205);
    const send = async (job: DeliveryJob): Promise<DeliveryReport> => {
      if (job.id === ids[0]) throw new Error("a bug of ours");
      return reportOf(job);
    };
    expect(await new Sender({ tenant, log, send }).run()).toBe(true);
    expect(left).toHaveLength(5);
    expect(reported).toEqual(new Set(ids.slice(1, 200)));
  });
});
