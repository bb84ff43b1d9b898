/**
 * `npm run bench:stream [-- --quick --rounds 1 --streams 1,50 --peers --before FOLDER]`: what the gateway adds to a stream.
 *
 * Interleaved rounds, each measurement on a fresh server with an empty state: a bare Hono proxy, a plain object that stores what
 * it forwards, and the gateway; with `--peers` also other projects that do such work, with `--before` the gateway of another
 * checkout. Medians of the rounds. README.md explains the tables.
 */
import { cleanUp } from "../scripts/lib/cleanup.ts";
import { readFlags } from "../scripts/lib/flags.ts";
import { dim } from "../scripts/lib/paint.ts";
import { machineLine, scratchDir } from "./lib/machine.ts";
import { type Measured, measure, RATE } from "./lib/measure-streams.ts";
import { BEFORE, prepareBench } from "./lib/servers.ts";
import { peerTable } from "./lib/stream-peer-report.ts";
import { prepareStreamBefore, prepareStreamPeers } from "./lib/stream-peers.ts";
import {
  ALONE_STREAMS,
  type AloneRuns,
  costTable,
  delayTable,
  eventTable,
  noiseLine,
  type Runs,
} from "./lib/stream-report.ts";
import { TARGETS, type TargetKey } from "./lib/stream-targets.ts";
import { shown } from "./lib/table.ts";

const {
  quick,
  rounds,
  streams: given,
  peers: isWithPeers,
  before,
} = readFlags({
  command: "npm run bench:stream",
  says: "What the gateway adds to a stream.",
  flags: {
    quick: { says: "1 and 50 streams, one round" },
    rounds: { value: "N", from: 1, to: 100, says: "rounds of each" },
    streams: { value: "1,50", says: "the numbers of streams" },
    peers: { says: "measures other projects too; needs redis-server" },
    before: BEFORE,
  },
}).flags;
const plan = quick ? { rounds: 1, loads: [1, 50], seconds: 2 } : { rounds: 3, loads: [1, 50, 200, 500], seconds: 4 };
const loads = given === undefined ? plan.loads : given.split(",").map(Number);
if (!loads.every((load) => Number.isInteger(load) && load > 0)) {
  console.error(`--streams takes whole numbers with commas between them, not "${given}".`);
  process.exit(2);
}

function progress(round: number, target: string, streams: number, got: Measured): void {
  const faults = Object.keys(got.faults).length > 0 ? ` ${JSON.stringify(got.faults)}` : "";
  const delay = `${shown(got.p50)} / ${shown(got.p99)} ms, first event ${shown(got.firstEvent)} ms`;
  const cost = `CPU ${shown(got.cpuPercent)} % (others ${shown(got.noisePercent)} %), memory +${shown(got.memoryMib)} MiB`;
  console.error(dim(`round ${round}, ${streams} × ${target}: ${delay}, lost ${got.lost}, ${cost}${faults}`));
}

const isOwn = (key: string): key is TargetKey => key in TARGETS;

try {
  const dir = scratchDir();
  const machine = machineLine(dir);
  const setup = await prepareBench(dir);
  const peers = [
    ...(before === undefined ? [] : [await prepareStreamBefore(setup, before)]),
    ...(isWithPeers ? await prepareStreamPeers(setup) : []),
  ];
  const order = [
    ...(["proxy", "object", "gateway"] as const).map((key) => ({ key, ...TARGETS[key] })),
    ...peers.filter(({ missing }) => missing === null),
  ];
  const runs: Runs = new Map();
  const alone: AloneRuns = new Map();
  for (let round = 1; round <= (rounds ?? plan.rounds); round++) {
    for (const streams of loads) {
      // Every other round runs backwards, so that changing conditions affect all targets alike.
      for (const target of round % 2 === 1 ? order : order.toReversed()) {
        const got = await measure(setup, { target, streams, seconds: plan.seconds });
        const key = `${target.key} ${streams}` as const;
        runs.set(key, [...(runs.get(key) ?? []), got]);
        progress(round, target.key, streams, got);
        if (streams !== ALONE_STREAMS || !isOwn(target.key)) continue;
        const without = await measure(setup, { target, streams, seconds: plan.seconds, isAlone: true });
        alone.set(target.key, [...(alone.get(target.key) ?? []), without]);
        progress(round, `${target.key} alone`, streams, without);
      }
    }
  }
  console.log(
    `## Streams\n\n${machine}\n\n${rounds ?? plan.rounds} rounds of ${plan.seconds} s, ${RATE} events/s in each stream, medians; ${noiseLine(runs)}\n`,
  );
  console.log(`${delayTable(runs, loads)}\n\n${costTable(runs, loads)}\n`);
  if (loads.includes(ALONE_STREAMS)) console.log(`${eventTable(runs, alone)}\n`);
  if (peers.length > 0) console.log(`${peerTable(runs, loads, peers)}\n`);
} finally {
  await cleanUp();
}
