/** A clock that moves only on request; sleepers wake in order as it passes them. */
import type { Clock } from "../../src/sandbox/context.ts";

type Sleeper = { readonly at: number; readonly wake: () => void };

export class ManualClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];

  constructor(now = Date.UTC(2026, 10, 21, 10)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ at: this.#now + ms, wake }));
  }

  /** Moves on by `ms`, letting everything that wakes on the way do its next step. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = this.#sleepers.filter((sleeper) => sleeper.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets promises that are ready run, and what they make ready. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
