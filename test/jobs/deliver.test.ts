import { createExecutionContext, createMessageBatch, getQueueResult, waitOnExecutionContext } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { tenantObjectName } from "../../src/core/address.ts";
import { eventId } from "../../src/core/ids.ts";
import type { DeliveryMessage } from "../../src/core/queues.ts";
import type { DeliveryWire } from "../../src/core/wire/webhook.ts";
import { readConfig } from "../../src/env.ts";
import { type DeliveryDependencies, postWebhook } from "../../src/jobs/deliver.ts";
import { consumeQueue } from "../../src/jobs/messages.ts";
import { editRows, env, freshAddress, good, pendingDelivery, tenantRpc, tenantStub } from "../support/objects.ts";

// No sender comes by the real queue: the next attempt is due in 75 ms, and would change the delivery before it is read.
beforeEach(() => {
  const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } };
  vi.spyOn(env.DELIVERIES, "sendBatch").mockResolvedValue({ metadata });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** One event, one endpoint, one attempt against this response; returns the delivery afterwards. `moved`: its later address. */
async function attempt(
  answer: (request: Request) => Promise<Response>,
  moved = "http://127.0.0.1:9/in",
): Promise<DeliveryWire> {
  const address = freshAddress();
  const event = {
    type: "render.completed",
    resource: "rnd_a",
    sequence: 1,
    at: Date.now(),
    uh: "u",
    data: "{}",
  } as const;
  const known = { ...event, id: await eventId(address.tenant, "render.completed#1") };
  const { id } = await pendingDelivery(address, known, "http://127.0.0.1:9/in");
  await editRows(tenantStub(address), (sql) => {
    sql.exec("UPDATE endpoints SET url = ?", moved);
  });
  const message: DeliveryMessage = { kind: "deliveries", tenant: tenantObjectName(address) };
  const dependencies: DeliveryDependencies = { fetch: (url, init) => answer(new Request(url, init)), now: Date.now };
  const batch = createMessageBatch<DeliveryMessage>("nemo-gateway-deliveries", [
    { id: "1", timestamp: new Date(), attempts: 1, body: message },
  ]);
  const context = createExecutionContext();
  await consumeQueue(batch, env, context, dependencies);
  await waitOnExecutionContext(context);
  const result = await getQueueResult(batch, createExecutionContext());
  expect(result.explicitAcks).toEqual(["1"]);
  return good(await tenantRpc(address).readDelivery(id));
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  async () =>
    new Response("said", { status: code, headers });

describe("one attempt", () => {
  it("ends when the receiver accepts it; redirects are not followed, and the signature is right", async () => {
    const seen: Request[] = [];
    const delivery = await attempt(async (request) => {
      seen.push(request);
      return new Response("thanks", { status: 200 });
    });
    expect(delivery).toMatchObject({
      state: "delivered",
      attempts: 1,
      last_status: 200,
      last_answer: "thanks",
      due_at: null,
    });
    expect(seen[0]?.redirect).toBe("manual");
    expect(seen[0]?.headers.get("webhook-signature")).toMatch(/^v1,/);
  });

  it.each([302, 404, 500])("is repeated after %s", async (code) => {
    expect(await attempt(status(code, { "Retry-After": "3600" }))).toMatchObject({
      state: "pending",
      last_status: code,
      ended_at: null,
    });
  });

  it("waits as long as Retry-After says", async () => {
    const delivery = await attempt(status(503, { "Retry-After": "3600" }));
    expect(Date.parse(delivery.due_at ?? "") - Date.now()).toBeGreaterThan(3_500_000);
  });

  it.each(["https://10.0.0.1/in", "http://receiver.example.com/in", "https://receiver.internal/in"])(
    "is not sent to an address that is no longer allowed: %s",
    async (moved) => {
      const sent = vi.fn(status(200));
      expect(await attempt(sent, moved)).toMatchObject({ state: "pending", attempts: 1, last_status: null });
      expect(sent).not.toHaveBeenCalled();
    },
  );

  it("keeps a thousand bytes of an endless response", async () => {
    const endless = async () =>
      new Response(new ReadableStream({ pull: (out) => out.enqueue(new Uint8Array(65_536).fill(97)) }));
    expect((await attempt(endless)).last_answer).toHaveLength(1_000);
  });

  it("fails for a receiver that hangs, and for one that is unreachable", async () => {
    const hang = (request: Request) =>
      new Promise<Response>((_, fail) => {
        request.signal.addEventListener("abort", () => fail(new Error("aborted")));
      });
    expect(await attempt(hang)).toMatchObject({
      state: "pending",
      last_status: null,
      last_answer: "no answer in time",
    });
    expect(await attempt(() => new Promise(() => undefined))).toMatchObject({ last_answer: "no answer in time" });
    expect(await attempt(() => Promise.reject(new Error("rejected")))).toMatchObject({
      last_status: null,
      last_answer: "no connection",
    });
  });

  it("fails if the public DNS does not answer", async () => {
    const judge = { ...readConfig(env).targets, resolve: () => new Promise<never>(() => undefined) };
    const job = {
      id: "dlv_a",
      attempt: 1,
      url: "https://hooks.acme.dev/in",
      headers: {},
      body: "{}",
      timeoutMs: 10,
    } as const;
    const sent = vi.fn(status(200));
    const outcome = await postWebhook(job, judge, { fetch: sent, now: Date.now });
    expect(outcome).toMatchObject({ status: null, error: "no answer in time" });
    expect(sent).not.toHaveBeenCalled();
  });
});
