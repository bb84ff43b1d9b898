/** What the agent decides to do with a prompt, as a plain script before any fault. Pure. */

import { describedIn } from "../core/recipe-request.ts";
import type { PromptWords } from "./faults.ts";
import { chance, hexText } from "./random.ts";
import { recipeText } from "./recipes.ts";
import { edit, generate, type Scene } from "./stages.ts";
import type { Switches } from "./switches.ts";
import { editText, noCreditsText, questionText, stageOneText, stageTwoText, talkText } from "./talk.ts";
import { type CallId, editTape, generationTape, noCreditsTape, paidTalkTape, talkTape } from "./tape.ts";
import type { Tape, TurnKind } from "./turn.ts";

/** A prompt before an agent: what there is, what it says, and the rules in force. */
export type Brief = {
  readonly scene: Scene;
  readonly words: PromptWords;
  readonly switches: Switches;
  /** Of this turn. */
  readonly seed: string;
};

/** The kind of a turn. What needs no timeline is talk; with nothing to edit there is a generation. */
export function kindOf({ scene, words }: Brief): TurnKind {
  const { faults } = words;
  const isEmpty = scene.timeline === null && scene.media.length === 0;
  if (faults.question) return "question";
  if (faults.text_only) return "talk";
  if (faults.generation || faults.two_stage_after_cut) return "generation";
  if (faults.edit) return "edit";
  if (describedIn(words.rest) !== null) return "recipe";
  if (scene.reading.asks === "talk") return "talk";
  if (scene.timeline === null) return isEmpty ? "generation" : "edit";
  return scene.reading.generates ? "generation" : "edit";
}

/** What a turn of this kind costs. */
export function priceOf(kind: TurnKind, switches: Switches): number {
  if (kind === "generation") return switches.generation_credits;
  return kind === "edit" || kind === "recipe" ? switches.edit_credits : 0;
}

/** About three edits in ten say nothing; never the first one of a project, and never when the prompt forbids it. */
function isSilent({ scene, words, switches, seed }: Brief): boolean {
  if (words.faults.silent_edit) return true;
  if (words.faults.talkative || scene.timeline === null) return false;
  return chance(`${seed}/silent`) < switches.silent_edits;
}

/** Where a turn that lacks credits says so; `body` has no script. */
export function poorTape(brief: Brief, form: "inline" | "text"): Tape {
  const totalMs = brief.switches.text_ms;
  if (form === "inline") return noCreditsTape(totalMs, brief.switches.no_credits_inline);
  return talkTape(totalMs, noCreditsText(brief.scene.reading.language));
}

export function plainTape(brief: Brief, kind: TurnKind): Tape {
  const { scene, words, switches } = brief;
  const { language } = scene.reading;
  const lasting = (ms: number): number => Math.min(words.slowMs ?? ms, switches.longest_ms);
  const amount = priceOf(kind, switches);
  const callId: CallId = () => `adk-${hexText(scene.random, 8)}`;
  switch (kind) {
    case "talk":
    case "no_credits":
      return talkTape(lasting(switches.text_ms), talkText(scene.timeline, language));
    case "question":
      return talkTape(lasting(switches.text_ms), questionText(language));
    case "recipe":
      return paidTalkTape(lasting(switches.text_ms), recipeText(describedIn(words.rest) ?? ""), amount);
    case "edit": {
      const { change, changes } = edit(scene);
      const said = isSilent(brief) ? null : editText(changes, language);
      const landing = words.faults.no_change ? null : change;
      const plan = { totalMs: lasting(switches.edit_ms), amount, prompt: words.rest, change: landing, words: said };
      return editTape(plan, callId);
    }
    case "generation": {
      const { one, two } = generate(scene);
      const said = { wordsOne: stageOneText(one.timeline, language), wordsTwo: stageTwoText(two.timeline, language) };
      const plan = { totalMs: lasting(switches.generation_ms), amount, prompt: words.rest, one, two, ...said };
      return generationTape(plan, callId);
    }
  }
}
