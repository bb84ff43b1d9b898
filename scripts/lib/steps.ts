/** The steps of a story that is told while it runs: each has a name, and knows what to do when it fails. */
import { bold, dim, green } from "./paint.ts";

/** A step that failed. */
export class StepFailed extends Error {
  override readonly name = "StepFailed";
  readonly step: string;
  readonly advice: string;

  constructor(step: string, why: string, advice: string) {
    super(why);
    this.step = step;
    this.advice = advice;
  }
}

const begun = Date.now();

/** Since this process began: `12.3 s`. */
export const elapsed = (): string => `${((Date.now() - begun) / 1000).toFixed(1)} s`;

/** One detail of the running step, on its own line. */
export const tell = (line: string): void => console.log(`    ${line}`);

/** Runs a step. What it throws comes out as a StepFailed with its name and the advice. */
export async function step<T>(name: string, advice: string, run: () => Promise<T>): Promise<T> {
  console.log(`${green("▸")} ${bold(name)} ${dim(elapsed())}`);
  try {
    return await run();
  } catch (error) {
    throw new StepFailed(name, error instanceof Error ? error.message : String(error), advice);
  }
}
