/** A clock that runs normally and that a test can move ahead. An object keeps the clock of its construction, so start this one before the first call. */
import { vi } from "vitest";

export type SteppedClock = {
  readonly step: (ms: number) => void;
  /** From now on the clock moves only by `step`. */
  readonly freeze: () => void;
  readonly now: () => number;
};

/** Replaces Date.now until `vi.restoreAllMocks()`. */
export function startClock(): SteppedClock {
  const real = Date.now.bind(Date);
  let ahead = 0;
  let frozen: number | null = null;
  const now = (): number => (frozen ?? real()) + ahead;
  vi.spyOn(Date, "now").mockImplementation(now);
  return {
    now,
    freeze: () => {
      frozen = real();
    },
    step: (ms) => {
      ahead += ms;
    },
  };
}
