/** Time as the sandbox sees it: handed in, so that a test moves a week in no time. */
import type { EpochMs } from "../core/time.ts";

export type Clock = {
  now(): EpochMs;
  /** Resolves `ms` later. Only streams sleep; everything else is evaluated. */
  sleep(ms: number): Promise<void>;
};

export const wallClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};
