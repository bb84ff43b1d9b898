/** Kills at times of chance, the same ones for the same seed. */
import { setTimeout as sleep } from "node:timers/promises";
import { chance } from "../../../src/sandbox/context.ts";
import type { Life } from "./life.ts";
import { isStory, STORIES, type StoryName } from "./plan.ts";

/** Kills of one round. */
const KILLS = 6;
/** The longest life between two of them: short, since a story is over within seconds. */
const LIFE_MS = 1_500;

export type Round = {
  readonly story: StoryName;
  /** How long it lives each time before it is killed, in ms. */
  readonly moments: readonly number[];
};

/** So many rounds, going through the stories in turn. */
export function randomRounds(count: number, seed: number): Round[] {
  const names = Object.keys(STORIES).filter(isStory);
  return Array.from({ length: count }, (_, n) => ({
    story: names[n % names.length] ?? "turns",
    moments: Array.from({ length: KILLS }, (_, kill) => Math.round(chance(`${seed} ${n} ${kill}`) * LIFE_MS)),
  }));
}

/** Lets it live for each of the moments, and kills it. Ends early with the story. */
export const killAtChance =
  (moments: readonly number[]) =>
  async (life: Life, over: AbortSignal): Promise<void> => {
    for (const ms of moments) {
      await sleep(ms, undefined, { signal: over }).catch(() => undefined);
      if (over.aborted) return;
      await life.kill();
    }
  };
