/** Plans a turn: reads the prompt, lets the agent decide, bends the script by the prompt's faults, and fixes it. Pure. */
import type { EpochMs } from "../core/time.ts";
import { type Brief, kindOf, plainTape, poorTape, priceOf } from "./agent.ts";
import { bend, lagOf, withPartials } from "./bend.ts";
import type { View } from "./evaluate.ts";
import { type Faults, type PromptWords, readWords } from "./faults.ts";
import { seededBytes } from "./random.ts";
import { readPrompt } from "./reading.ts";
import type { SessionRecord } from "./records.ts";
import type { Switches } from "./switches.ts";
import { scaleTape, withHeartbeats } from "./tape.ts";
import type { Turn, Wire } from "./turn.ts";

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
  /** Of the sandbox. */
  readonly seed: string;
  readonly scale: number;
  readonly now: EpochMs;
};

/** `turn` is null when credits are missing and a JSON body says so. */
export type Plan = { readonly turn: Turn | null; readonly words: PromptWords };

/** How this turn says that credits are missing; null when it does not. */
function poorForm(
  faults: Faults,
  price: number,
  { available, switches }: PlanInput,
): Switches["no_credits_form"] | null {
  if (faults.no_credits) return "body";
  if (faults.no_credits_inline) return "inline";
  if (faults.no_credits_text) return "text";
  // Even words need a credit in hand.
  return available < Math.max(1, price) ? switches.no_credits_form : null;
}

function chunkingOf(faults: Faults, usual: Switches["chunking"]): Switches["chunking"] {
  if (faults.split_bytes) return "bytes";
  if (faults.random_chunks) return "random";
  return faults.merged ? "merged" : usual;
}

function wireOf(switches: Switches, faults: Faults): Wire {
  const { adk_time, heartbeat, state_delta } = switches;
  return {
    wire: faults.typed ? "typed" : switches.wire,
    adk_case: faults.snake ? "snake" : switches.adk_case,
    newline: faults.crlf ? "crlf" : switches.newline,
    chunking: chunkingOf(faults, switches.chunking),
    adk_time,
    heartbeat,
    state_delta,
  };
}

function briefOf({ session, view, prompt, switches, seed }: PlanInput): Brief {
  const words = readWords(prompt);
  const turnSeed = `${seed}/${session.ordinal}/${session.turns}`;
  const scene = {
    taskName: session.taskName,
    timeline: view.timeline,
    media: session.media,
    reading: readPrompt(words.rest),
    prompt: words.rest,
    keys: switches.draft_keys,
    random: seededBytes(turnSeed),
  };
  return { scene, words, switches, seed: turnSeed };
}

export function planTurn(input: PlanInput): Plan {
  const { session, switches, scale } = input;
  const brief = briefOf(input);
  const { words, seed } = brief;
  const { faults } = words;
  const wanted = kindOf(brief);
  const poor = poorForm(faults, priceOf(wanted, switches), input);
  if (poor === "body") return { turn: null, words };

  const isStale = input.busy && switches.concurrent_turn === "stale";
  const plain = poor === null ? plainTape(brief, wanted) : poorTape(brief, poor);
  const bent = bend(plain, isStale ? { ...faults, stale: { atMs: null } } : faults);
  const told = input.streaming && !faults.partial ? withPartials(bent) : bent;
  const turn: Turn = {
    ...scaleTape(withHeartbeats(told, switches.heartbeat_every_ms), scale),
    id: input.id,
    userId: session.userId,
    sessionId: session.sessionId,
    seed,
    prompt: input.prompt,
    kind: poor === null ? wanted : "no_credits",
    startedAt: input.now,
    wire: wireOf(switches, faults),
    lagMs: Math.round((lagOf(faults) ?? switches.state_delay_ms) / scale),
    cancelledAt: null,
  };
  return { turn, words };
}
