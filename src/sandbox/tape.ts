/** The plain scripts: words alone, an edit, a generation in two stages, and being out of credits. Moments are unscaled. */
import type { Switches } from "./switches.ts";
import type { Frame, StateChange, StreamEnd, Tape, Timed } from "./turn.ts";

/** Source: nemo-api reference section 4.3 (b). */
const GENERATE_TOOL = "generate_video_with_seedance";
const EDIT_TOOL = "edit_multitrack";

export type CallId = () => string;

const frame = (at: number, what: Frame): Timed<{ readonly frame: Frame }> => ({ at, frame: what });
const text = (at: number, words: string): Timed<{ readonly frame: Frame }> =>
  frame(at, { kind: "text", text: words, mark: "whole" });
const close = (at: number): StreamEnd => ({ at, how: "close" });

export const talkTape = (totalMs: number, words: string): Tape => ({
  frames: [text(totalMs * 0.9, words)],
  changes: [],
  charges: [],
  end: close(totalMs),
});

/** Words that cost something: what is written to order. */
export const paidTalkTape = (totalMs: number, words: string, amount: number): Tape => ({
  ...talkTape(totalMs, words),
  charges: [
    { at: 0, kind: "freeze", amount },
    { at: totalMs * 0.9, kind: "consume", amount },
  ],
});

/** One record says that credits are missing. */
export const noCreditsTape = (totalMs: number, form: Switches["no_credits_inline"]): Tape => ({
  frames: [frame(totalMs / 2, { kind: "no_credits", form })],
  changes: [],
  charges: [],
  end: close(totalMs),
});

export type EditPlan = {
  readonly totalMs: number;
  readonly amount: number;
  readonly change: StateChange | null;
  readonly prompt: string;
  readonly words: string | null;
};

/** Call, answer, words. Without `words` the edit is silent; without a change the tools ran for nothing. */
export function editTape(plan: EditPlan, callId: CallId): Tape {
  const id = callId();
  const { totalMs, amount, change } = plan;
  const landsAt = totalMs * 0.7;
  return {
    frames: [
      frame(totalMs * 0.2, { kind: "call", callId: id, name: EDIT_TOOL, args: { instruction: plan.prompt } }),
      frame(landsAt, { kind: "response", callId: id, name: EDIT_TOOL, change }),
      ...(plan.words === null ? [] : [text(totalMs * 0.95, plan.words)]),
    ],
    changes: change === null ? [] : [{ at: landsAt, change }],
    charges: [
      { at: 0, kind: "freeze", amount },
      { at: landsAt, kind: "consume", amount },
    ],
    end: close(totalMs),
  };
}

export type GenerationPlan = {
  readonly totalMs: number;
  readonly amount: number;
  readonly prompt: string;
  readonly one: StateChange;
  readonly two: StateChange;
  readonly wordsOne: string;
  readonly wordsTwo: string;
};

/** Call, answer, words, call, answer, words: the clip first, then music, title and effects. Charged once, with the clip. */
export function generationTape(plan: GenerationPlan, callId: CallId): Tape {
  const [first, second] = [callId(), callId()];
  const { totalMs, amount, one, two } = plan;
  const oneAt = totalMs * 0.5;
  const twoAt = totalMs * 0.85;
  return {
    frames: [
      frame(totalMs * 0.05, { kind: "call", callId: first, name: GENERATE_TOOL, args: { prompt: plan.prompt } }),
      frame(oneAt, { kind: "response", callId: first, name: GENERATE_TOOL, change: one }),
      text(totalMs * 0.55, plan.wordsOne),
      frame(totalMs * 0.6, { kind: "call", callId: second, name: EDIT_TOOL, args: {} }),
      frame(twoAt, { kind: "response", callId: second, name: EDIT_TOOL, change: two }),
      text(totalMs * 0.95, plan.wordsTwo),
    ],
    changes: [
      { at: oneAt, change: one },
      { at: twoAt, change: two },
    ],
    charges: [
      { at: 0, kind: "freeze", amount },
      { at: oneAt, kind: "consume", amount },
    ],
    end: close(totalMs),
  };
}

/** The most heartbeats of one turn, so that a long one stays a small record. */
const MOST_HEARTBEATS = 1_000;

/** The tape with a heartbeat every `everyMs` until its end. */
export function withHeartbeats(tape: Tape, everyMs: number): Tape {
  const count = Math.min(MOST_HEARTBEATS, Math.ceil(tape.end.at / everyMs) - 1);
  const beats = Array.from({ length: Math.max(0, count) }, (_, at) => frame((at + 1) * everyMs, { kind: "heartbeat" }));
  return { ...tape, frames: [...tape.frames, ...beats].sort((a, b) => a.at - b.at) };
}

/** Every moment divided by `scale`, in whole milliseconds. */
export function scaleTape(tape: Tape, scale: number): Tape {
  const scaled = <T extends { readonly at: number }>(step: T): T => ({ ...step, at: Math.round(step.at / scale) });
  return {
    frames: tape.frames.map(scaled),
    changes: tape.changes.map(scaled),
    charges: tape.charges.map(scaled),
    end: scaled(tape.end),
  };
}
