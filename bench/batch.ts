/**
 * `npm run bench:batch [-- --quick]`: what a batch of 500 videos keeps in memory beside one of 5.
 *
 * Each has a fresh gateway in a process of its own, with an upstream that is the sandbox in another process: whole videos, files in
 * R2 included. Beside them as many videos ordered one by one. README.md says how to read the table.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Api, apiWith } from "../scripts/lib/api.ts";
import { cleanUp } from "../scripts/lib/cleanup.ts";
import { dim } from "../scripts/lib/paint.ts";
import { startSandbox } from "../scripts/lib/sandbox-server.ts";
import { batch } from "../src/core/wire/batch.ts";
import { video } from "../src/core/wire/video.ts";
import { liveKey } from "./lib/gateway-users.ts";
import { machineLine, scratchDir } from "./lib/machine.ts";
import { type House, openHouse, startScaled } from "./lib/servers.ts";
import { median } from "./lib/statistics.ts";
import { shown, table } from "./lib/table.ts";
import { runtimeMib } from "./lib/usage.ts";

const quick = process.argv.includes("--quick");
const SIZES = quick ? [5, 60] : [5, 500];
const ROUNDS = quick ? 1 : 3;
/** Videos being made at once, whatever the batch's size. */
const CONCURRENCY = 4;
/** Goal of the issue: the larger batch's memory beside the smaller one's. */
const GOAL = 1.2;
/** Waits and the sandbox's durations are divided by this. */
const TIME_SCALE = 60;
/** A server that has just started still grows by itself. */
const SETTLE_MS = 2_000;
const LOOK_EVERY_MS = 250;
/** What one item may take at the worst, in ms. */
const ITEM_MS = 20_000;

const USER = { "x-user-id": "measured" } as const;

type Measured = { readonly beforeMib: number; readonly peakMib: number; readonly seconds: number };

/** Orders the videos as one batch, and waits for its end. */
async function asBatch(api: Api, count: number): Promise<void> {
  const items = Array.from({ length: count }, (_, n) => ({ prompt: `make a 2 second video no. ${n}` }));
  const json = { items, concurrency: CONCURRENCY };
  const { id } = await api.get("/v1/batches", batch, { method: "POST", json, headers: USER });
  for (const until = Date.now() + count * ITEM_MS; ; await sleep(LOOK_EVERY_MS)) {
    const { status, counts } = await api.get(`/v1/batches/${id}`, batch);
    if (status === "completed" && counts.completed === count) return;
    if (status === "completed" || Date.now() > until) throw new Error(`${counts.completed} of ${count} were made`);
  }
}

/** Orders the videos one by one, as many at once as the batch makes. */
async function oneByOne(api: Api, count: number): Promise<void> {
  let next = 0;
  const orderer = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) {
      const json = { prompt: `make a 2 second video no. ${n}` };
      const headers = { ...USER, prefer: "wait=60" };
      const made = await api.get("/v1/videos", video, { method: "POST", json, headers });
      if (made.status !== "completed") throw new Error(`a video was ${made.status}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, orderer));
}

const WAYS = { batch: asBatch, "one by one": oneByOne } as const;
type Way = keyof typeof WAYS;

async function measure(house: House, way: Way, count: number): Promise<Measured> {
  const server = await startScaled(house, TIME_SCALE);
  try {
    const api = apiWith(server.url, await liveKey(server.url));
    await sleep(SETTLE_MS);
    const beforeMib = runtimeMib(server.pid);
    let peakMib = beforeMib;
    const looking = setInterval(() => {
      peakMib = Math.max(peakMib, runtimeMib(server.pid));
    }, LOOK_EVERY_MS);
    const began = performance.now();
    await WAYS[way](api, count).finally(() => clearInterval(looking));
    return { beforeMib, peakMib, seconds: (performance.now() - began) / 1_000 };
  } finally {
    await server.stop();
    rmSync(server.stateDir, { recursive: true, force: true });
  }
}

const LOADS: readonly { readonly way: Way; readonly count: number }[] = [
  ...SIZES.map((count) => ({ way: "batch" as const, count })),
  { way: "one by one", count: SIZES.at(-1) ?? 0 },
];
const nameOf = ({ way, count }: (typeof LOADS)[number]): string => `${count}, ${way}`;

function report(runs: ReadonlyMap<string, readonly Measured[]>): string {
  const middle = (name: string, figure: (one: Measured) => number): number =>
    median((runs.get(name) ?? []).map(figure));
  const rows = LOADS.map((load) => {
    const of = (figure: (one: Measured) => number): string => shown(middle(nameOf(load), figure));
    const growth = of(({ peakMib, beforeMib }) => peakMib - beforeMib);
    const perVideo = of(({ seconds }) => seconds / load.count);
    return [nameOf(load), of(({ beforeMib }) => beforeMib), of(({ peakMib }) => peakMib), growth, perVideo];
  });
  const [few = "", many = "", single = ""] = LOADS.map(nameOf);
  const peak = (name: string): number => middle(name, ({ peakMib }) => peakMib);
  const share = peak(many) / peak(few);
  const goal = `- peak of ${many} beside ${few}: ${shown(share)} × (≤ ${GOAL}) ${share <= GOAL ? "met" : "missed"}`;
  const beside = `- the same beside ${single}: ${shown(peak(many) / peak(single))} ×`;
  return `${table(["videos", "before, MiB", "peak, MiB", "growth, MiB", "s/video"], rows)}\n\n${goal}\n${beside}`;
}

try {
  const dir = scratchDir();
  const machine = machineLine(dir);
  const sandbox = await startSandbox({ stateDir: join(dir, "sandbox"), timeScale: TIME_SCALE });
  const house = await openHouse(dir, sandbox.url);
  const runs = new Map<string, Measured[]>();
  for (let round = 1; round <= ROUNDS; round++) {
    for (const load of round % 2 === 1 ? LOADS : LOADS.toReversed()) {
      const got = await measure(house, load.way, load.count);
      runs.set(nameOf(load), [...(runs.get(nameOf(load)) ?? []), got]);
      const grown = `${shown(got.beforeMib)} → ${shown(got.peakMib)} MiB`;
      console.error(dim(`round ${round}, ${nameOf(load)}: ${grown}, ${shown(got.seconds)} s`));
    }
  }
  console.log(
    `## Batch\n\n${machine}\n\n${CONCURRENCY} videos at once, ${ROUNDS} rounds, medians\n\n${report(runs)}\n`,
  );
} finally {
  await cleanUp();
}
