/** Plans a turn: reads the prompt, decides what the agent does, and fixes the whole script. Pure. */
import type { EpochMs } from "../core/time.ts";
import { bend, lagOf, withPartials } from "./bend.ts";
import type { View } from "./evaluate.ts";
import { type PromptWords, readWords } from "./faults.ts";
import { chance, hexText, seededBytes } from "./random.ts";
import { readPrompt } from "./reading.ts";
import type { SessionRecord } from "./records.ts";
import { edit, generate, type Scene } from "./stages.ts";
import type { Switches } from "./switches.ts";
import { editText, noCreditsText, questionText, stageOneText, stageTwoText, talkText } from "./talk.ts";
import { type CallId, editTape, generationTape, scaleTape, talkTape, withHeartbeats } from "./tape.ts";
import type { Tape, Turn, TurnKind, Wire } from "./turn.ts";

export type PlanInput = {
  readonly id: string;
  readonly session: SessionRecord;
  /** The timeline that the agent finds. */
  readonly view: View;
  readonly prompt: string;
  /** The request asked for deltas. */
  readonly streaming: boolean;
  readonly available: number;
  /** Another turn of the session is running. */
  readonly busy: boolean;
  readonly switches: Switches;
  readonly seed: string;
  readonly scale: number;
  readonly now: EpochMs;
};

/** A turn, or word that credits are missing and the answer is a JSON body. */
export type Plan =
  | { readonly kind: "turn"; readonly turn: Turn; readonly words: PromptWords }
  | { readonly kind: "no_credits"; readonly words: PromptWords };

function kindOf(scene: Scene, { faults }: PromptWords): Exclude<TurnKind, "no_credits"> {
  if (faults.question !== undefined) return "question";
  if (faults.text_only !== undefined) return "talk";
  if (faults.generation !== undefined || faults.two_stage_after_cut !== undefined) return "generation";
  if (faults.edit !== undefined) return "edit";
  if (scene.reading.asks === "talk") return "talk";
  if (scene.reading.generates) return scene.timeline === null && scene.media.length > 0 ? "edit" : "generation";
  return scene.timeline === null && scene.media.length === 0 ? "generation" : "edit";
}

/** About three edits in ten say nothing; never the first one of a project, and never when the prompt forbids it. */
function isSilent(input: PlanInput, seed: string, { faults }: PromptWords): boolean {
  if (faults.silent_edit !== undefined) return true;
  if (faults.talkative !== undefined || input.view.timeline === null) return false;
  return chance(`${seed}/silent`) < input.switches.silent_edits;
}

function plainTape(input: PlanInput, scene: Scene, kind: TurnKind, seed: string, words: PromptWords): Tape {
  const { switches } = input;
  const { language } = scene.reading;
  const longest = (ms: number): number => Math.min(words.slowMs ?? ms, switches.longest_ms);
  const callId: CallId = () => `adk-${hexText(scene.random, 8)}`;
  switch (kind) {
    case "talk":
      return talkTape(longest(switches.text_ms), talkText(scene.timeline, language));
    case "question":
      return talkTape(longest(switches.text_ms), questionText(language));
    case "no_credits":
      return talkTape(longest(switches.text_ms), noCreditsText(language));
    case "edit": {
      const { change, changes } = edit(scene);
      const said = isSilent(input, seed, words) ? null : editText(changes, language);
      const plan = {
        totalMs: longest(switches.edit_ms),
        amount: switches.edit_credits,
        prompt: words.rest,
        words: said,
      };
      return editTape({ ...plan, change: words.faults.no_change === undefined ? change : null }, callId);
    }
    case "generation": {
      const { one, two } = generate(scene);
      const wordsOne = stageOneText(one.timeline, language);
      const wordsTwo = stageTwoText(two.timeline, language);
      return generationTape(
        {
          totalMs: longest(switches.generation_ms),
          amount: switches.generation_credits,
          prompt: words.rest,
          one,
          two,
          wordsOne,
          wordsTwo,
        },
        callId,
      );
    }
  }
}

function wireOf(switches: Switches, { faults }: PromptWords): Wire {
  const { adk_time, heartbeat, state_delta } = switches;
  const chunking = faults.split_bytes
    ? "bytes"
    : faults.random_chunks
      ? "random"
      : faults.merged
        ? "merged"
        : switches.chunking;
  return {
    wire: faults.typed ? "typed" : switches.wire,
    adk_case: faults.snake ? "snake" : switches.adk_case,
    newline: faults.crlf ? "crlf" : switches.newline,
    chunking,
    adk_time,
    heartbeat,
    state_delta,
  };
}

export function planTurn(input: PlanInput): Plan {
  const { session, view, switches } = input;
  const words = readWords(input.prompt);
  const seed = `${input.seed}/${session.ordinal}/${session.turns}`;
  const reading = readPrompt(words.rest);
  const scene: Scene = {
    taskName: session.taskName,
    timeline: view.timeline,
    media: session.media,
    reading,
    prompt: words.rest,
    keys: switches.draft_keys,
    random: seededBytes(seed),
  };
  const wanted = kindOf(scene, words);
  const { faults } = words;
  const price = wanted === "generation" ? switches.generation_credits : wanted === "edit" ? switches.edit_credits : 0;
  const forced = faults.no_credits
    ? "body"
    : faults.no_credits_inline
      ? "inline"
      : faults.no_credits_text
        ? "text"
        : null;
  const poor = forced ?? (input.available < price ? switches.no_credits_form : null);
  if (poor === "body") return { kind: "no_credits", words };

  const kind = poor === null ? wanted : "no_credits";
  let tape = plainTape(input, scene, kind, seed, words);
  if (poor === "inline")
    tape = {
      ...tape,
      frames: [{ at: tape.end.at / 2, frame: { kind: "no_credits", form: switches.no_credits_inline } }],
    };
  const isStale = input.busy && switches.concurrent_turn === "stale";
  tape = bend(tape, isStale ? { ...faults, stale: { atMs: null } } : faults);
  if (input.streaming && faults.partial === undefined) tape = withPartials(tape);
  const lagMs = Math.round((lagOf(faults) ?? switches.state_delay_ms) / input.scale);
  const turn: Turn = {
    ...scaleTape(withHeartbeats(tape, switches.heartbeat_every_ms), input.scale),
    id: input.id,
    userId: session.userId,
    sessionId: session.sessionId,
    seed,
    prompt: input.prompt,
    kind,
    startedAt: input.now,
    wire: wireOf(switches, words),
    lagMs,
    cancelledAt: null,
  };
  return { kind: "turn", turn, words };
}
