/** The contract, step by step, against any server. Steps share one story; a broken step does not stop the others. */
import { Broken, Skipped } from "./check.ts";
import { ACCOUNT_STEPS } from "./steps-account.ts";
import { RENDER_STEPS } from "./steps-renders.ts";
import { TURN_STEPS } from "./steps-turns.ts";
import { COSTS, type Notes, newStory, type Step } from "./story.ts";
import type { Target } from "./target.ts";

export const STEPS: readonly Step[] = [...ACCOUNT_STEPS, ...TURN_STEPS, ...RENDER_STEPS];

/** Credits that a whole run spends on a server that charges. */
export const SPENDS: number = STEPS.reduce((sum, step) => sum + (step.costs === undefined ? 0 : COSTS[step.costs]), 0);

export type StepOutcome = {
  readonly title: string;
  readonly outcome: "held" | "broken" | "skipped";
  readonly words: string;
};

export type Run = { readonly outcomes: readonly StepOutcome[]; readonly notes: Notes };

async function take(step: Step, target: Target, story: ReturnType<typeof newStory>): Promise<StepOutcome> {
  const { title } = step;
  try {
    await step.run(target, story);
    return { title, outcome: "held", words: "" };
  } catch (error) {
    if (error instanceof Skipped) return { title, outcome: "skipped", words: error.message };
    const words = error instanceof Error ? error.message : String(error);
    return { title, outcome: "broken", words: error instanceof Broken ? words : `threw: ${words}` };
  }
}

/** Runs every step in order; `onStep` is called at the end of each. Never throws. */
export async function runContract(
  target: Target,
  onStep: (outcome: StepOutcome) => void = () => undefined,
): Promise<Run> {
  const story = newStory();
  const outcomes: StepOutcome[] = [];
  for (const step of STEPS) {
    const outcome = await take(step, target, story);
    outcomes.push(outcome);
    onStep(outcome);
  }
  return { outcomes, notes: story.notes };
}
