/** The load by other processes, because figures measured next to other work are not comparable. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { TICKS_PER_SECOND, usageOf } from "./usage.ts";

/** Others' share of one core, in percent, below which a measurement begins, and up to which it is valid. Chosen. */
export const QUIET_PERCENT = 20;
const POLL_MS = 700;

/** Seconds all cores together were busy since the start. Fields user, nice, system, irq, softirq. Source: proc_stat(5). */
function busySeconds(): number {
  if (process.platform !== "linux") return Number.NaN;
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [, user = 0, nice = 0, system = 0, , , irq = 0, soft = 0] = line.split(/\s+/).map(Number);
  return (user + nice + system + irq + soft) / TICKS_PER_SECOND;
}

/** Measures the load by others from now until the returned function is called, in percent of one core. No process of ours may end in the meantime. */
export function watchNoise(): () => number {
  const others = (): number => busySeconds() - usageOf(process.pid).cpuSeconds;
  const before = others();
  const began = performance.now();
  return () => Math.max(0, (100 * (others() - before) * 1_000) / (performance.now() - began));
}

/** Waits for a quiet machine, at most this long. */
export async function untilQuiet(maxMs: number): Promise<void> {
  for (const until = Date.now() + maxMs; Date.now() < until; ) {
    const noise = watchNoise();
    await sleep(POLL_MS);
    if (!(noise() > QUIET_PERCENT)) return;
  }
}
