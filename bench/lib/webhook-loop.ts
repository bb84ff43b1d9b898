/** The comparison for the gateway's webhooks: a plain loop that signs with `standardwebhooks` and posts. It stores nothing. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { report, settings } from "./child.ts";
import { eventBody, WARM } from "./webhook-body.ts";
import { loopSettings } from "./webhook-messages.ts";

const { url, events, concurrency, everyMs } = await settings(loopSettings);
const signer = new Webhook(`whsec_${randomBytes(32).toString("base64")}`);

async function post(to: string, n: number, at: number): Promise<void> {
  const event = eventBody(n, at);
  const body = JSON.stringify(event);
  const now = new Date();
  const answer = await fetch(to, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "webhook-id": event.id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
      "webhook-signature": signer.sign(event.id, now, body),
    },
    body,
  });
  await answer.arrayBuffer();
}

async function allAtOnce(to: string, count: number): Promise<void> {
  const at = Date.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await post(to, next++, at);
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
}

async function oneByOne(): Promise<void> {
  for (let n = 0; n < events; n++) {
    await post(url, n, Date.now());
    await sleep(everyMs);
  }
}

await allAtOnce(new URL("/warm", url).href, WARM);
report("warm");
if (everyMs === 0) await allAtOnce(url, events);
else await oneByOne();
