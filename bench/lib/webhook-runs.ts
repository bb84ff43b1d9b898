/** One webhook measurement: a fresh sink, events from one of the two senders, and the sender's cost. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { apiWith } from "../../scripts/lib/api.ts";
import { makeKey, makeTenant } from "../../scripts/lib/tenant.ts";
import { SENDER_SLOTS } from "../../src/core/limits.ts";
import { shownEndpoint } from "../../src/core/wire/webhook.ts";
import { ADMIN_TOKEN } from "./bindings.ts";
import { listening, startChild } from "./children.ts";
import { makeUsers } from "./gateway-users.ts";
import { LOAD_CPU, SERVER_CPU } from "./machine.ts";
import { watchNoise } from "./noise.ts";
import { type Ask, openStream } from "./open-stream.ts";
import { paceText } from "./pace.ts";
import type { SenderSettings } from "./peer-messages.ts";
import type { Server } from "./servers.ts";
import { usageOf } from "./usage.ts";
import { type LoopSettings, type SinkResult, sinkResult } from "./webhook-messages.ts";

/** `burst`: all events exist at the start. `idle`: one after the other. */
export type Load = { readonly kind: "burst" | "idle"; readonly events: number };
export type Measured = SinkResult & {
  /** Processor time of the sender per event received, in µs. */
  readonly cpuMicros: number;
  /** Events that did not arrive. */
  readonly lost: number;
  /** Processor time of other processes, in percent of one core. */
  readonly noisePercent: number;
};
export type Sender = (load: Load, sinkUrl: string) => Promise<Sent>;
/** A running sender, with its processor time before the first event. */
type Sent = { readonly pid: number; readonly cpuBefore: number; readonly stop: () => Promise<void> };

/** Time for the last reports after the last receipt, which are part of the cost. */
const SETTLE_MS = 500;
/** Interval between two events of an idle run. */
const PAUSE_MS = 100;
const ONE_WORD = { rate: 100, count: 1, bytes: 0 };

export async function measure(send: Sender, load: Load): Promise<Measured> {
  const sink = startChild("webhook-sink.ts", LOAD_CPU, { events: load.events });
  try {
    const { url } = await sink.nextMessage(listening);
    const noise = watchNoise();
    const sent = await send(load, url);
    const got = await sink.nextMessage(sinkResult);
    await sleep(SETTLE_MS);
    const cpuMicros = (1e6 * (usageOf(sent.pid).cpuSeconds - sent.cpuBefore)) / got.arrived;
    const noisePercent = noise(); // while all processes of ours still run
    await sent.stop();
    return { ...got, cpuMicros, lost: load.events - got.arrived, noisePercent };
  } finally {
    await sink.stop();
  }
}

/** The plain loop, on the gateway's core, with as many concurrent requests as one sender. */
export const loopSender: Sender = async ({ kind, events }, sinkUrl) => {
  const everyMs = kind === "idle" ? PAUSE_MS : 0;
  const given: LoopSettings = { url: `${sinkUrl}/hook`, events, concurrency: SENDER_SLOTS, everyMs };
  const loop = startChild("webhook-loop.ts", SERVER_CPU, given);
  await loop.nextMessage(z.literal("warm"));
  return { pid: loop.pid, cpuBefore: usageOf(loop.pid).cpuSeconds, stop: loop.stop };
};

/** A peer of `bench/peers`, on the gateway's core with its datastore, with as many concurrent requests as the loop. */
export const peerSender =
  (file: string, dir: string): Sender =>
  async ({ kind, events }, sinkUrl) => {
    const everyMs = kind === "idle" ? PAUSE_MS : 0;
    const dataDir = mkdtempSync(join(dir, "peer-"));
    const given: SenderSettings = { url: `${sinkUrl}/hook`, events, concurrency: SENDER_SLOTS, everyMs, dataDir };
    const peer = startChild(`../peers/${file}`, SERVER_CPU, given);
    await peer.nextMessage(z.literal("warm"));
    return { pid: peer.pid, cpuBefore: usageOf(peer.pid).cpuSeconds, stop: peer.stop };
  };

/** The gateway with a live key: a burst is published as events, an idle run is turns, one after the other. */
export async function gatewaySender(server: Server): Promise<Sender> {
  const admin = apiWith(server.url, ADMIN_TOKEN);
  const tenant = await makeTenant(admin, "bench");
  const key = await makeKey(admin, tenant, "live", "bench");
  const [turn] = await makeUsers(server.url, key, "bench", 1);
  if (turn === undefined) throw new Error("no user was made");
  const api = apiWith(server.url, key);
  let runs = 0;
  return async ({ kind, events }, sinkUrl) => {
    const json = { url: `${sinkUrl}/hook`, types: ["turn.completed"] };
    const endpoint = await api.get("/v1/webhook_endpoints", shownEndpoint, { method: "POST", json });
    const cpuBefore = usageOf(server.pid).cpuSeconds;
    const run = `bench${++runs}`;
    if (kind === "idle") await takeTurns(turn, events);
    else await publish(server.url, { tenant: `${tenant}:live`, run, at: Date.now(), count: events });
    const stop = async (): Promise<void> => {
      await api.send(`/v1/webhook_endpoints/${endpoint.id}`, { method: "DELETE" });
    };
    return { pid: server.pid, cpuBefore, stop };
  };
}

async function takeTurns(turn: Ask, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    const { fault } = await openStream(turn, paceText(ONE_WORD), () => {}).ended;
    if (fault !== null) throw new Error(`a turn failed: ${fault}`);
    await sleep(PAUSE_MS);
  }
}

async function publish(url: string, body: Readonly<Record<string, unknown>>): Promise<void> {
  const answer = await fetch(`${url}/bench/events`, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`the events were answered with ${answer.status}: ${await answer.text()}`);
}
