/**
 * `npm run bench:upload [-- --quick --before FOLDER]`: what the gateway's uploads cost compared with the bare platform.
 *
 * One file of 500 MB in chunks of 8 MiB, and 20 of 25 MB at once; interleaved rounds, medians; every measurement on a fresh
 * server in its own process. `--quick`: a fifth of each, once. `--before`: also the gateway of another checkout.
 */
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { cleanUp } from "../scripts/lib/cleanup.ts";
import { readFlags } from "../scripts/lib/flags.ts";
import { dim } from "../scripts/lib/paint.ts";
import { startChild } from "./lib/children.ts";
import { LOAD_CPU, machineLine, scratchDir } from "./lib/machine.ts";
import { untilQuiet, watchNoise } from "./lib/noise.ts";
import { BEFORE, prepareBefore, prepareBench, type Server } from "./lib/servers.ts";
import { shown } from "./lib/table.ts";
import { uploadResult } from "./lib/upload-messages.ts";
import { goalLines, type Measured, type Rounds, uploadTable } from "./lib/upload-report.ts";
import {
  type Started,
  startTarget,
  TARGETS_WITH_BEFORE,
  UPLOAD_TARGETS,
  type UploadTarget,
} from "./lib/upload-targets.ts";
import { usageOf, watchMemory } from "./lib/usage.ts";

const { quick, before } = readFlags({
  command: "npm run bench:upload",
  says: "What the gateway's uploads cost beside the bare platform.",
  flags: { quick: { says: "less of it, as bench/README.md says" }, before: BEFORE },
}).flags;
const plan = quick ? { rounds: 1, quietMs: 0 } : { rounds: 3, quietMs: 60_000 };
const CHUNK_BYTES = 8 * 1024 * 1024;
const SHARE = quick ? 0.2 : 1;
const LOADS = {
  one: { files: 1, bytes: 500_000_000 * SHARE },
  many: { files: 20, bytes: 25_000_000 * SHARE },
} as const;
type Load = keyof typeof LOADS;
/** A server's memory still grows by itself just after its start. */
const SETTLE_MS = 1_000;

type Start = (target: UploadTarget) => Promise<Started>;

async function measure(start: Start, target: UploadTarget, load: Load): Promise<Measured> {
  const server = await start(target);
  try {
    await sleep(SETTLE_MS);
    await untilQuiet(plan.quietMs);
    const noise = watchNoise();
    const grown = watchMemory(server.pid);
    const before = usageOf(server.pid).cpuSeconds;
    const client = startChild("upload-load.ts", LOAD_CPU, { ...server.ask, ...LOADS[load], chunkBytes: CHUNK_BYTES });
    const { seconds, failed, fault } = await client.nextMessage(uploadResult);
    const cpuSeconds = usageOf(server.pid).cpuSeconds - before;
    const grownMib = grown();
    const others = noise();
    await client.stop();
    if (fault !== null) console.error(dim(`${target.name}: ${fault}`));
    const megabytes = (LOADS[load].files * LOADS[load].bytes) / 1e6;
    const [mbPerSecond, cpuMsPerMb] = [megabytes / seconds, (1_000 * cpuSeconds) / megabytes];
    const found = `${shown(mbPerSecond)} MB/s, CPU ${shown(cpuMsPerMb)} ms/MB, +${shown(grownMib)} MiB, ${failed} failed, others used ${shown(others)} %`;
    console.error(dim(`${load}, ${target.name}: ${found}`));
    return { mbPerSecond, cpuMsPerMb, grownMib, failed, noisePercent: others };
  } finally {
    await server.stop();
    rmSync(server.stateDir, { recursive: true, force: true });
  }
}

async function measureAll(start: Start, load: Load): Promise<Rounds> {
  const targets = before === undefined ? UPLOAD_TARGETS : TARGETS_WITH_BEFORE;
  const rounds = new Map<UploadTarget["name"], Measured[]>();
  for (let round = 1; round <= plan.rounds; round++) {
    for (const target of round % 2 === 1 ? targets : targets.toReversed()) {
      rounds.set(target.name, [...(rounds.get(target.name) ?? []), await measure(start, target, load)]);
    }
  }
  return rounds;
}

try {
  const dir = scratchDir();
  const machine = machineLine(dir);
  const setup = await prepareBench(dir);
  const noBefore = (): Promise<Server> => Promise.reject(new Error("no other checkout was named"));
  const startBefore = before === undefined ? noBefore : await prepareBefore(setup, before);
  const start: Start = (target) => startTarget(setup, target, startBefore);
  const one = await measureAll(start, "one");
  const many = await measureAll(start, "many");
  const sizes = [LOADS.one, LOADS.many].map(({ files, bytes }) => `${files} × ${bytes / 1e6} MB at once`);
  console.log(`## Uploads\n\n${machine}\n\nchunks of 8 MiB by tus-js-client, ${plan.rounds} rounds, medians\n`);
  console.log(`${sizes[0]}\n\n${uploadTable(one)}\n\n${sizes[1]}\n\n${uploadTable(many)}\n\n${goalLines(one, many)}\n`);
} finally {
  await cleanUp();
}
