/** Kills at times of chance, the same ones for the same seed. */
import { setTimeout as sleep } from "node:timers/promises";
import { chance } from "../../../src/sandbox/random.ts";
import type { Life } from "./life.ts";
import { isStory, STORIES, type StoryName } from "./plan.ts";

/** Kills of one round. */
const KILLS = 4;
/** The longest life between two of them: a story's first steps and its later ones are met alike. */
const LIFE_MS = 4_000;

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
