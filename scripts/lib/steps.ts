/** Prints the steps of a run: each has a name, and advice for its failure. */
import { bold, dim, green } from "./paint.ts";

/** A failed step. */
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

/** Time since the start of this process: `12.3 s`. */
export const elapsed = (): string => `${((Date.now() - begun) / 1000).toFixed(1)} s`;

/** Prints a detail of the current step on its own line. */
export const printDetail = (line: string): void => console.log(`    ${line}`);

/** Runs a step. An error becomes a StepFailed with its name and the advice. */
export async function step<T>(name: string, advice: string, run: () => Promise<T>): Promise<T> {
  console.log(`${green("▸")} ${bold(name)} ${dim(elapsed())}`);
  try {
    return await run();
  } catch (error) {
    throw new StepFailed(name, error instanceof Error ? error.message : String(error), advice);
  }
}
