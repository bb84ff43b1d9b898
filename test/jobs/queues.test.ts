/** The consumer of the queues under every name that an operator may have chosen. */
import { createExecutionContext, createMessageBatch, getQueueResult, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { tenantObjectName, userObjectName } from "../../src/core/address.ts";
import { plainId } from "../../src/core/ids.ts";
import { TenantObject } from "../../src/durable/tenant/object.ts";
import { UserObject } from "../../src/durable/user/object.ts";
import worker from "../../src/index.ts";
import { env, freshAddress, random } from "../support/objects.ts";

const address = freshAddress();
const WAKE = { kind: "user", name: userObjectName(address) };
const DUE = { kind: "deliveries", tenant: tenantObjectName(address) };

/** Of an object: the real queue may still wake those of other files. */
const nameOf = (object: UserObject | TenantObject): string | undefined =>
  (object as unknown as { readonly ctx: DurableObjectState }).ctx.id.name; // protected

/** Consumes a batch of one queue; what happened to its messages, and which effects it had. */
async function consume(queue: string, ...bodies: unknown[]) {
  const effects: string[] = [];
  vi.spyOn(UserObject.prototype, "wake").mockImplementation(async function (this: UserObject) {
    if (nameOf(this) === WAKE.name) effects.push("wake");
  });
  vi.spyOn(TenantObject.prototype, "workDeliveries").mockImplementation(async function (this: TenantObject) {
    if (nameOf(this) === DUE.tenant) effects.push("deliveries");
    return [];
  });
  const lines: unknown[] = [];
  vi.spyOn(console, "error").mockImplementation((line: string) => void lines.push(JSON.parse(line)));
  const sent = bodies.map((body) => ({ id: plainId("dlv", 0, random), timestamp: new Date(), attempts: 1, body }));
  const batch = createMessageBatch(queue, sent);
  const context = createExecutionContext();
  await worker.queue(batch, env, context);
  await waitOnExecutionContext(context);
  const result = await getQueueResult(batch, context);
  const find = "SELECT count(*) AS n FROM dead_letters WHERE id IN (SELECT value FROM json_each(?1))";
  const ids = JSON.stringify(sent.map(({ id }) => id));
  const dead = await env.DB.prepare(find).bind(ids).first<number>("n");
  return { effects, lines, dead, acked: result.explicitAcks.length, all: result.ackAll, ...retried(result) };
}

const retried = ({ retryBatch, retryMessages }: Awaited<ReturnType<typeof getQueueResult>>) => ({
  retried: retryBatch.retry ? "all" : retryMessages.length,
});

async function consumesEach(wake: string, deliveries: string, dead: string): Promise<void> {
  expect(await consume(wake, WAKE)).toMatchObject({ effects: ["wake"], acked: 1, dead: 0 });
  expect(await consume(deliveries, DUE)).toMatchObject({ effects: ["deliveries"], acked: 1, dead: 0 });
  expect(await consume(dead, WAKE, DUE)).toMatchObject({ effects: [], all: true, dead: 2 });
}

afterEach(() => {
  vi.restoreAllMocks();
  delete env.WAKE_QUEUE;
  delete env.DELIVERY_QUEUE;
  delete env.DEAD_QUEUE;
});

describe("a renamed queue", () => {
  it.each([
    ["nemo-gateway-wake", "nemo-gateway-deliveries", "nemo-gateway-dead"],
    ["acme-staging-wake", "acme-staging-deliveries", "acme-staging-dead"],
  ])("is known by the end of its name: %s, %s, %s", consumesEach);

  it("is known by its configured name", async () => {
    [env.WAKE_QUEUE, env.DELIVERY_QUEUE, env.DEAD_QUEUE] = ["queue-1", "queue-2", "queue-3"];
    await consumesEach("queue-1", "queue-2", "queue-3");
    expect(await consume("acme-wake", WAKE)).toMatchObject({ effects: [], retried: "all" });
  });
});

describe("an unknown queue", () => {
  it.each(["acme", "acme-dead-letters", "acme-wakes"])("is an error line and a retry: %s", async (queue) => {
    const consumed = await consume(queue, WAKE, DUE);
    expect(consumed).toMatchObject({ effects: [], acked: 0, all: false, retried: "all", dead: 0 });
    expect(consumed.lines).toEqual([{ event: "unknown_queue", work: "queue", count: 2, queue }]);
  });
});

describe("a message in the wrong queue", () => {
  it("is an error line and a retry, and stops no other", async () => {
    const consumed = await consume("acme-wake", DUE, WAKE, { kind: "spaceship", name: "x" }, "?");
    expect(consumed).toMatchObject({ effects: ["wake"], acked: 1, retried: 3, dead: 0 });
    expect(consumed.lines).toEqual([{ event: "unknown_message", work: "queue", count: 3, queue: "acme-wake" }]);
    expect(await consume("acme-deliveries", WAKE)).toMatchObject({ effects: [], acked: 0, retried: 1 });
  });
});
