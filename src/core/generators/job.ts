/**
 * State machine of a generator job, which lets the agent write a generator: project → turn → recipe → stored. Pure:
 * the user's object commits the state and performs the steps.
 *
 * One message is sent and never repeated; if its answer cannot be parsed, the plain recipe is stored instead.
 */
import type { Charged, Problem } from "../errors.ts";
import type { GeneratorId, GeneratorJobId, KeyId, ProjectId, TurnId } from "../ids.ts";
import type { EpochMs } from "../time.ts";
import type { EndedTurn } from "../video.ts";
import type { RecipeWire } from "../wire/generator.ts";
import { plainRecipe, recipeIn } from "./recipe.ts";

export type GeneratorJob = {
  readonly id: GeneratorJobId;
  /** The id of the generator, chosen before the first step, so that storing it twice stores it once. */
  readonly generator: GeneratorId;
  readonly description: string;
  /** The caller's choice, which takes precedence over the agent's. */
  readonly name: string | null;
  readonly slug: string | null;
  readonly language: string | null;
  readonly createdAt: EpochMs;
  /** URL that receives its end event beside the tenant's endpoints; null: none. Never shown. */
  readonly callback: string | null;
  /** The API key that created it; null when unknown. */
  readonly key: KeyId | null;
  readonly status: "running" | "completed" | "failed";
  readonly project: ProjectId | null;
  readonly turn: TurnId | null;
  readonly madeBy: "agent" | "fallback" | null;
  /** The slug under which it was stored. */
  readonly storedAs: string | null;
  /** Why the agent's answer could not be used. */
  readonly fault: string | null;
  readonly charged: Charged | null;
  readonly spent: number | null;
  readonly error: Problem | null;
  readonly endedAt: EpochMs | null;
};

/** A caller's request. */
export type GeneratorJobRequest = Pick<GeneratorJob, "description" | "name" | "slug" | "language" | "callback">;

export const newGeneratorJobOf = (
  order: GeneratorJobRequest & Pick<GeneratorJob, "key">,
  id: GeneratorJobId,
  generator: GeneratorId,
  createdAt: EpochMs,
): GeneratorJob => ({
  ...order,
  id,
  generator,
  createdAt,
  status: "running",
  project: null,
  turn: null,
  madeBy: null,
  storedAs: null,
  fault: null,
  charged: null,
  spent: null,
  error: null,
  endedAt: null,
});

/** The next action. `wait`: the end of the turn triggers the next step. */
export type GeneratorJobStep =
  | { readonly do: "make_project" | "start_turn" | "wait" }
  | { readonly do: "store"; readonly generatorJob: GeneratorJob; readonly recipe: RecipeWire }
  | { readonly do: "fail"; readonly generatorJob: GeneratorJob };

/** A turn that failed without a charge fails the job; one that was or may have been charged gives a generator. */
export function nextGeneratorJobStep(
  generatorJob: GeneratorJob,
  turn: EndedTurn | null,
  now: EpochMs,
): GeneratorJobStep {
  if (generatorJob.project === null) return { do: "make_project" };
  if (generatorJob.turn === null) return { do: "start_turn" };
  if (turn === null) return { do: "wait" };
  const given = { ...generatorJob, charged: turn.charged, spent: turn.spent };
  if (turn.status !== "completed" && turn.charged === "no" && turn.error !== null)
    return { do: "fail", generatorJob: toFailedGeneratorJob(given, turn.error, now) };
  const read = recipeIn(turn.text ?? "");
  const own = {
    ...(generatorJob.name === null ? {} : { name: generatorJob.name }),
    ...(generatorJob.language === null ? {} : { language: generatorJob.language }),
  };
  return {
    do: "store",
    generatorJob: { ...given, madeBy: read.ok ? "agent" : "fallback", fault: read.ok ? null : read.error },
    recipe: { ...(read.ok ? read.value : plainRecipe(generatorJob.description)), ...own },
  };
}

export const toReady = (generatorJob: GeneratorJob, storedAs: string, now: EpochMs): GeneratorJob => ({
  ...generatorJob,
  status: "completed",
  storedAs,
  endedAt: now,
});

export const toFailedGeneratorJob = (generatorJob: GeneratorJob, error: Problem, now: EpochMs): GeneratorJob => ({
  ...generatorJob,
  status: "failed",
  error,
  endedAt: now,
});
