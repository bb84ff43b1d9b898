/** The comparison for the gateway's webhooks: a plain loop that signs with `standardwebhooks` and posts. It stores nothing. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { report, settings } from "./child.ts";
import { turnBody } from "./webhook-body.ts";
import { loopSettings } from "./webhook-messages.ts";

/** Warm-up requests before the measured ones. */
const WARM = 500;

const { url, events, concurrency, everyMs } = await settings(loopSettings);
const signer = new Webhook(`whsec_${randomBytes(32).toString("base64")}`);

async function post(to: string, n: number, at: number): Promise<void> {
  const id = `evt_loop_${n}`;
  const moment = new Date(at).toISOString();
  const common = { tenant: "ten_bench", mode: "live", sequence: 1, endpoint: "whk_bench" };
  const data = turnBody(`trn_loop_${n}`, at);
  const body = JSON.stringify({ id, type: "turn.completed", cursor: n, timestamp: moment, ...common, data });
  const now = new Date();
  const answer = await fetch(to, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
      "webhook-signature": signer.sign(id, now, body),
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
