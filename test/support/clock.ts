/** A clock that runs as always and that a test moves ahead. An object keeps the clock it was made with: start this one before the first touch. */
import { vi } from "vitest";

export type SteppedClock = {
  readonly step: (ms: number) => void;
  /** From here on it moves by `step` alone. */
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
