/** One measurement: a fresh server, its users, the streams, and their cost. */
import { setTimeout as sleep } from "node:timers/promises";
import { startChild } from "./children.ts";
import { LOAD_CPU } from "./machine.ts";
import { untilQuiet, watchNoise } from "./noise.ts";
import type { Ask } from "./open-stream.ts";
import type { BenchSetup } from "./servers.ts";
import { type LoadResult, type LoadSettings, loadResult, phase } from "./stream-messages.ts";
import type { StreamTarget } from "./stream-targets.ts";
import { watchCpu, watchMemory } from "./usage.ts";

/** Events a second in each stream. */
export const RATE = 20;
/** Users of the short extra streams. */
const PROBE_USERS = 20;
/** Users of the warm-up streams, which are not measured. */
const WARM_USERS = 4;

/** The longest wait for a quiet machine. */
const QUIET_WAIT_MS = 8_000;

export type Measured = LoadResult & {
  readonly cpuPercent: number;
  readonly memoryMib: number;
  /** Processor time of other processes during the measurement, in percent of one core. */
  readonly noisePercent: number;
};

export type Plan = {
  readonly target: StreamTarget;
  readonly streams: number;
  readonly seconds: number;
  /** Without the short extra streams: what the long ones cost by themselves. */
  readonly isAlone?: boolean;
};

const nothing = (): number => Number.NaN;

export async function measure(setup: BenchSetup, plan: Plan): Promise<Measured> {
  const server = await plan.target.start(setup);
  try {
    const make = await plan.target.users(server.url);
    const warm = await make("warm", WARM_USERS);
    await run({ streams: warm, probes: warm, rate: RATE, seconds: 1 }, () => {});
    // From here on the cost of users and streams is measured.
    const memory = watchMemory(server.pid);
    const streams: Ask[] = await make("user", plan.streams);
    const probes = plan.isAlone === true ? [] : await make("probe", PROBE_USERS);
    await sleep(500); // the first turns' last writes
    await untilQuiet(QUIET_WAIT_MS);
    let [cpu, noise] = [nothing, nothing];
    let [cpuPercent, noisePercent] = [Number.NaN, Number.NaN];
    const result = await run({ streams, probes, rate: RATE, seconds: plan.seconds }, (at) => {
      if (at === "begin") [cpu, noise] = [watchCpu(server.pid), watchNoise()];
      else [cpuPercent, noisePercent] = [cpu(), noise()];
    });
    return { ...result, cpuPercent, noisePercent, memoryMib: memory() };
  } finally {
    await server.stop();
  }
}

/** Runs the load in its own process; reports the beginning and end of the measured time. */
async function run(settings: LoadSettings, onPhase: (at: "begin" | "end") => void): Promise<LoadResult> {
  const load = startChild("stream-load.ts", LOAD_CPU, settings);
  try {
    onPhase(await load.nextMessage(phase));
    onPhase(await load.nextMessage(phase));
    return await load.nextMessage(loadResult);
  } finally {
    await load.stop();
  }
}
