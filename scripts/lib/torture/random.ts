/** Kills at random times, reproducible by a seed. */
import { setTimeout as sleep } from "node:timers/promises";
import { chance } from "../../../src/sandbox/context.ts";
import { isStory, STORIES, type StoryName } from "./plan.ts";
import type { RestartingGateway } from "./restarting-gateway.ts";

/** Kills per round. */
const KILLS = 6;
/** The longest time between two kills: short, because a story takes seconds. */
const LIFE_MS = 1_500;

export type Round = {
  readonly story: StoryName;
  /** The time before each kill, in ms. */
  readonly moments: readonly number[];
};

/** `count` rounds over the stories in turn. */
export function randomRounds(count: number, seed: number): Round[] {
  const names = Object.keys(STORIES).filter(isStory);
  return Array.from({ length: count }, (_, n) => ({
    story: names[n % names.length] ?? "turns",
    moments: Array.from({ length: KILLS }, (_, kill) => Math.round(chance(`${seed} ${n} ${kill}`) * LIFE_MS)),
  }));
}

/** Waits for each time and kills the gateway. Ends with the story. */
export const killAtChance =
  (moments: readonly number[]) =>
  async (gateway: RestartingGateway, over: AbortSignal): Promise<void> => {
    for (const ms of moments) {
      await sleep(ms, undefined, { signal: over }).catch(() => undefined);
      if (over.aborted) return;
      await gateway.kill();
    }
  };
