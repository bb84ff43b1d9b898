/**
 * `npm run bench:batch [-- --quick]`: the memory of a batch of 500 videos, compared with one of 5.
 *
 * Each runs on a fresh gateway in its own process, with the sandbox in another process as upstream: whole videos, files in R2
 * included. Compared with as many videos requested one by one, with a Worker that makes as many platform calls without any code
 * of ours, and with all of these on a V8 whose every garbage collection is a full one. README.md explains the table.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Api, apiWith } from "../scripts/lib/api.ts";
import { cleanUp } from "../scripts/lib/cleanup.ts";
import { readFlags } from "../scripts/lib/flags.ts";
import { dim } from "../scripts/lib/paint.ts";
import { startSandbox } from "../scripts/lib/sandbox-server.ts";
import { batch } from "../src/core/wire/batch.ts";
import { video } from "../src/core/wire/video.ts";
import { liveKey } from "./lib/gateway-users.ts";
import { type Alive, whatIsAlive } from "./lib/heap.ts";
import { machineLine, scratchDir } from "./lib/machine.ts";
import { type BenchSetup, prepareBench, startOutside, startScaled } from "./lib/servers.ts";
import { median } from "./lib/statistics.ts";
import { shown, table } from "./lib/table.ts";
import { runtimeMib } from "./lib/usage.ts";

const { quick } = readFlags({
  command: "npm run bench:batch",
  says: "What a batch of 500 videos keeps in memory beside one of 5.",
  flags: { quick: { says: "less of it, as bench/README.md says" } },
}).flags;
const SIZES = quick ? [5, 60] : [5, 500];
const ROUNDS = quick ? 1 : 2;
/** Concurrent videos, for every size of batch. */
const CONCURRENCY = 4;
/** Goal: the larger batch's memory relative to the smaller one's. */
const GOAL = 1.2;
/** Waits and the sandbox's durations are divided by this. */
const TIME_SCALE = 60;
/** A server's memory still grows by itself just after its start. */
const SETTLE_MS = 2_000;
const POLL_EVERY_MS = 250;
/** Timeout per item, in ms. */
const ITEM_MS = 20_000;

const USER = { "x-user-id": "measured" } as const;

/** Resident memory of the processes before the run and at its peak, and the heaps after a full collection. */
type Measured = Alive & { readonly beforeMib: number; readonly peakMib: number; readonly seconds: number };

/** Requests the videos as one batch, and waits for its end. */
async function asBatch(api: Api, count: number): Promise<void> {
  const items = Array.from({ length: count }, (_, n) => ({ prompt: `make a 2 second video no. ${n}` }));
  const json = { items, concurrency: CONCURRENCY };
  const { id } = await api.get("/v1/batches", batch, { method: "POST", json, headers: USER });
  for (const until = Date.now() + count * ITEM_MS; ; await sleep(POLL_EVERY_MS)) {
    const { status, counts } = await api.get(`/v1/batches/${id}`, batch);
    if (status === "completed" && counts.completed === count) return;
    if (status === "completed" || Date.now() > until) throw new Error(`${counts.completed} of ${count} were made`);
  }
}

/** Runs `one` for each number below `count`, as many at once as the batch does. */
async function atOnce(count: number, one: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const orderer = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) await one(n);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, orderer));
}

const oneByOne = (api: Api, count: number): Promise<void> =>
  atOnce(count, async (n) => {
    const json = { prompt: `make a 2 second video no. ${n}` };
    const headers = { ...USER, prefer: "wait=60" };
    const made = await api.get("/v1/videos", video, { method: "POST", json, headers });
    if (made.status !== "completed") throw new Error(`a video was ${made.status}`);
  });

/** The platform calls of as many videos, without the gateway. */
const without = ({ url }: Api, count: number): Promise<void> =>
  atOnce(count, async (n) => {
    const { ok } = await fetch(`${url}/${n}`);
    if (!ok) throw new Error("what a video asks for could not be asked");
  });

const WAYS = { batch: asBatch, "one by one": oneByOne, "nothing of ours": without } as const;
type Way = keyof typeof WAYS;

/** By default V8 delays full collections until a heap is large; `whole`: every collection is a full one. */
const COLLECTING = { late: [], whole: ["--gc-global"] } as const;
type Collecting = keyof typeof COLLECTING;

type Load = { readonly way: Way; readonly count: number; readonly collecting: Collecting };

async function measure(setup: BenchSetup, { way, count, collecting }: Load): Promise<Measured> {
  const isOurs = way !== "nothing of ours";
  const flags = COLLECTING[collecting];
  const server = await (isOurs ? startScaled(setup, TIME_SCALE, flags) : startOutside(setup, flags));
  try {
    const api = apiWith(server.url, isOurs ? await liveKey(server.url) : "");
    await sleep(SETTLE_MS);
    const beforeMib = runtimeMib(server.pid);
    let peakMib = beforeMib;
    const looking = setInterval(() => {
      peakMib = Math.max(peakMib, runtimeMib(server.pid));
    }, POLL_EVERY_MS);
    const began = performance.now();
    await WAYS[way](api, count).finally(() => clearInterval(looking));
    const seconds = (performance.now() - began) / 1_000;
    await sleep(SETTLE_MS);
    return { beforeMib, peakMib, seconds, ...(await whatIsAlive(server.inspectorPort)) };
  } finally {
    await server.stop();
    rmSync(server.stateDir, { recursive: true, force: true });
  }
}

const [FEW = 0, MANY = 0] = SIZES;
const few: Load = { way: "batch", count: FEW, collecting: "late" };
const many: Load = { way: "batch", count: MANY, collecting: "late" };
const single: Load = { way: "one by one", count: MANY, collecting: "late" };
const fewWhole: Load = { ...few, collecting: "whole" };
const manyWhole: Load = { ...many, collecting: "whole" };
const fewWithout: Load = { ...few, way: "nothing of ours" };
const manyWithout: Load = { ...many, way: "nothing of ours" };
const fewWithoutWhole: Load = { ...fewWhole, way: "nothing of ours" };
const manyWithoutWhole: Load = { ...manyWhole, way: "nothing of ours" };
const LOADS = [few, many, single, fewWithout, manyWithout, fewWhole, manyWhole, fewWithoutWhole, manyWithoutWhole];
const nameOf = ({ way, count, collecting }: Load): string =>
  `${count}, ${way}${collecting === "whole" ? ", whole collections" : ""}`;

function report(runs: ReadonlyMap<Load, readonly Measured[]>): string {
  const middle = (load: Load, figure: keyof Measured): number =>
    median((runs.get(load) ?? []).map((one) => one[figure]));
  const rows = LOADS.map((load) => {
    const figures = (["beforeMib", "peakMib", "oursMib", "simulatorsMib"] as const).map((name) => middle(load, name));
    return [nameOf(load), ...figures.map(shown), shown(middle(load, "seconds") / load.count)];
  });
  const head = [
    "videos",
    "processes before, MiB",
    "peak, MiB",
    "Worker's heap after it, MiB",
    "simulators'",
    "s/video",
  ];
  const share = (figure: keyof Measured, one: Load, other: Load): number => middle(one, figure) / middle(other, figure);
  const goal = (value: number): string => `${shown(value)} × (≤ ${GOAL}) ${value <= GOAL ? "met" : "missed"}`;
  const [ours, peak] = [share("oursMib", many, few), share("peakMib", many, few)];
  return [
    table(head, rows),
    "",
    `- alive in our heap after ${MANY} beside ${FEW}: ${goal(ours)}`,
    `- peak of the processes, ${MANY} beside ${FEW}: ${goal(peak)}`,
    `- the same with nothing of ours: ${shown(share("peakMib", manyWithout, fewWithout))} ×`,
    `- the same where every collection is a whole one: ${goal(share("peakMib", manyWhole, fewWhole))}`,
    `- and then with nothing of ours: ${shown(share("peakMib", manyWithoutWhole, fewWithoutWhole))} ×`,
    `- peak of ${nameOf(many)}, beside ${nameOf(single)}: ${shown(share("peakMib", many, single))} ×`,
  ].join("\n");
}

try {
  const dir = scratchDir();
  const machine = machineLine(dir);
  const sandbox = await startSandbox({ stateDir: join(dir, "sandbox"), timeScale: TIME_SCALE });
  const setup = await prepareBench(dir, sandbox.url);
  const runs = new Map<Load, Measured[]>();
  for (let round = 1; round <= ROUNDS; round++) {
    for (const load of round % 2 === 1 ? LOADS : LOADS.toReversed()) {
      const got = await measure(setup, load);
      runs.set(load, [...(runs.get(load) ?? []), got]);
      const grown = `${shown(got.beforeMib)} → ${shown(got.peakMib)} MiB, ${shown(got.oursMib)} alive`;
      console.error(dim(`round ${round}, ${nameOf(load)}: ${grown}, ${shown(got.seconds)} s`));
    }
  }
  console.log(
    `## Batch\n\n${machine}\n\n${CONCURRENCY} videos at once, rounds: ${ROUNDS}, medians\n\n${report(runs)}\n`,
  );
} finally {
  await cleanUp();
}
