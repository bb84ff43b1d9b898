/** What a peer that sends webhooks does around its queue: it makes the events, and signs and posts each job. Plain JavaScript, like resumable.js. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { OUTBOX_ROWS } from "../../src/core/limits.ts";
import { report } from "../lib/child.ts";
import { eventBody, WARM } from "../lib/webhook-body.ts";

const signer = new Webhook(`whsec_${randomBytes(32).toString("base64")}`);

/** Signs and posts an event; a job that throws is repeated by its queue. */
export async function post({ to, event }) {
  const body = JSON.stringify(event);
  const now = new Date();
  const headers = {
    "content-type": "application/json",
    "webhook-id": event.id,
    "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
    "webhook-signature": signer.sign(event.id, now, body),
  };
  const answer = await fetch(to, { method: "POST", headers, body });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  if (to.endsWith("/warm") && ++warmed === WARM) wake();
}

let warmed = 0;
let wake = () => {};

/** Adds all events of a load, as many a call as the gateway's outbox has; first those that warm up. */
export async function send({ url, events, everyMs }, add) {
  const warm = new Promise((resolve) => {
    wake = resolve;
  });
  await addAll(new URL("/warm", url).href, WARM, add);
  await warm;
  report("warm");
  if (everyMs === 0) return addAll(url, events, add);
  for (let n = 0; n < events; n++) {
    await add([{ to: url, event: eventBody(n, Date.now()) }]);
    await sleep(everyMs);
  }
}

async function addAll(to, count, add) {
  const at = Date.now();
  const jobs = Array.from({ length: count }, (_, n) => ({ to, event: eventBody(n, at) }));
  for (let from = 0; from < count; from += OUTBOX_ROWS) await add(jobs.slice(from, from + OUTBOX_ROWS));
}
