import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanUp } from "../../scripts/lib/cleanup.ts";
import { startReceiver, type WebhookReceiver } from "../../scripts/lib/webhook-receiver.ts";

const SECRET = `whsec_${Buffer.from("a secret of at least twenty-four bytes").toString("base64")}`;
const event = (sequence: number): string =>
  JSON.stringify({
    id: "evt_01jd8m3k5xq2w4v7z9ab",
    type: "render.completed",
    cursor: 1,
    timestamp: "2026-11-21T10:00:00.000Z",
    tenant: "ten_01jd8m3k5xq2w4v7z9ab",
    mode: "test",
    sequence,
    data: { id: "rnd_1" },
  });

/** Ends a wait for a webhook that never comes; a busy machine may take seconds. */
const HANGS_MS = 60_000;

let receiver: WebhookReceiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(cleanUp);

async function deliver(body: string, secret = SECRET, at = new Date()): Promise<number> {
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("msg_1", at, body),
  };
  return (await fetch(receiver.url, { method: "POST", body, headers })).status;
}

describe("the webhook receiver", () => {
  it("accepts nothing before it knows the secret", async () => {
    expect(await deliver(event(1))).toBe(400);
    receiver.trust(SECRET);
  });

  it("accepts what is signed, for a caller that waits and for one that comes late", async () => {
    const waited = receiver.waitFor(({ sequence }) => sequence === 2, HANGS_MS);
    expect(await deliver(event(2))).toBe(204);
    expect((await waited).sequence).toBe(2);
    expect((await receiver.waitFor(({ sequence }) => sequence === 2, HANGS_MS)).data).toEqual({ id: "rnd_1" });
  });

  it("rejects a foreign signature and an old one", async () => {
    const foreign = `whsec_${Buffer.from("another secret of the same length..").toString("base64")}`;
    expect(await deliver(event(3), foreign)).toBe(400);
    expect(await deliver(event(3), SECRET, new Date(Date.now() - 3_600_000))).toBe(400);
    await expect(receiver.waitFor(({ sequence }) => sequence === 3, 50)).rejects.toThrow("no such webhook");
  });
});
