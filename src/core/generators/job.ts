/**
 * A generator that the agent is asked to write: project → turn → recipe → stored. Decides only.
 *
 * One message is sent, and none again: an answer that cannot be read gives the generator that needs no agent.
 */
import type { Charged, Refusal } from "../errors.ts";
import type { GeneratorId, KeyId, MakingId, ProjectId, TurnId } from "../ids.ts";
import type { EpochMs } from "../time.ts";
import type { EndedTurn } from "../video.ts";
import type { RecipeWire } from "../wire/generator.ts";
import { plainRecipe, recipeIn } from "./recipe.ts";

export type Making = {
  readonly id: MakingId;
  /** What the generator will be called by, chosen before anything is asked: storing it twice stores it once. */
  readonly generator: GeneratorId;
  readonly description: string;
  /** The caller's own choice, before the agent's. */
  readonly name: string | null;
  readonly slug: string | null;
  readonly language: string | null;
  readonly createdAt: EpochMs;
  /** Where its end is told beside the tenant's endpoints; missing: nowhere. Never shown. */
  readonly callback?: string | null;
  /** The API key that ordered it; missing: not known. */
  readonly key?: KeyId | null;
  readonly status: "making" | "ready" | "failed";
  readonly project: ProjectId | null;
  readonly turn: TurnId | null;
  readonly madeBy: "agent" | "fallback" | null;
  /** The slug it was stored under. */
  readonly storedAs: string | null;
  /** What was wrong with the agent's answer. */
  readonly fault: string | null;
  readonly charged: Charged | null;
  readonly spent: number | null;
  readonly error: Refusal | null;
  readonly endedAt: EpochMs | null;
};

/** What a caller asks for. */
export type MakingOrder = Pick<Making, "description" | "name" | "slug" | "language" | "callback">;

export const newMakingOf = (order: MakingOrder, id: MakingId, generator: GeneratorId, createdAt: EpochMs): Making => ({
  ...order,
  id,
  generator,
  createdAt,
  status: "making",
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

/** What to do now. `wait`: the turn tells us when it ends. */
export type MakingStep =
  | { readonly do: "make_project" | "start_turn" | "wait" }
  | { readonly do: "store"; readonly making: Making; readonly recipe: RecipeWire }
  | { readonly do: "fail"; readonly making: Making };

/** A turn that failed and cost nothing leaves nothing; whatever was or may have been paid for gives a generator. */
export function nextMakingStep(making: Making, turn: EndedTurn | null, now: EpochMs): MakingStep {
  if (making.project === null) return { do: "make_project" };
  if (making.turn === null) return { do: "start_turn" };
  if (turn === null) return { do: "wait" };
  const told = { ...making, charged: turn.charged, spent: turn.spent };
  if (turn.status !== "completed" && turn.charged === "no" && turn.error !== null)
    return { do: "fail", making: toFailedMaking(told, turn.error, now) };
  const read = recipeIn(turn.text ?? "");
  const own = {
    ...(making.name === null ? {} : { name: making.name }),
    ...(making.language === null ? {} : { language: making.language }),
  };
  return {
    do: "store",
    making: { ...told, madeBy: read.ok ? "agent" : "fallback", fault: read.ok ? null : read.error },
    recipe: { ...(read.ok ? read.value : plainRecipe(making.description)), ...own },
  };
}

export const toReady = (making: Making, storedAs: string, now: EpochMs): Making => ({
  ...making,
  status: "ready",
  storedAs,
  endedAt: now,
});

export const toFailedMaking = (making: Making, error: Refusal, now: EpochMs): Making => ({
  ...making,
  status: "failed",
  error,
  endedAt: now,
});
