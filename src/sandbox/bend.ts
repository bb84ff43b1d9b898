/** Bends a plain script the way its prompt's faults ask. Pure; moments are unscaled. */
import { MINUTE_MS, SECOND_MS } from "../core/time.ts";
import type { FaultName, Faults } from "./faults.ts";
import { NOISE_TEXT } from "./talk.ts";
import type { Frame, StreamEnd, Tape, Timed } from "./turn.ts";

type Step = Timed<{ readonly frame: Frame }>;

export const STALE_MESSAGE =
  "The last_update_time provided in the session object is earlier than the update_time in the storage_session. Please check if it is a stale session.";

const has = (faults: Faults, name: FaultName): boolean => faults[name] !== undefined;

/** Between the first call and its answer: the work has begun and nothing has landed. */
function afterCall(tape: Tape): number {
  const call = tape.frames.find(({ frame }) => frame.kind === "call");
  const answer = tape.frames.find(({ frame }) => frame.kind === "response");
  return call === undefined || answer === undefined ? tape.end.at / 2 : (call.at + answer.at) / 2;
}

const cutAt = (tape: Tape, at: number, how: StreamEnd["how"]): Tape => ({
  ...tape,
  frames: tape.frames.filter((step) => step.at <= at),
  end: { at: Math.min(at, tape.end.at), how },
});

/** The held credits come back and nothing lands. */
const comesToNothing = (tape: Tape, at: number): Tape => {
  const held = tape.charges.filter(({ kind }) => kind === "freeze");
  return {
    ...tape,
    changes: [],
    charges: [...held, ...held.map(({ amount }) => ({ at, kind: "release" as const, amount }))],
  };
};

function endInError(tape: Tape, message: string, malformed: boolean): Tape {
  const at = afterCall(tape);
  const cut = cutAt(tape, at, "close");
  return { ...cut, frames: [...cut.frames, { at, frame: { kind: "error", message, malformed } }] };
}

const onlySilence = (tape: Tape, at: number): Tape => ({ ...tape, frames: [], end: { at, how: "close" } });

const isWhole = (step: Step): boolean => step.frame.kind === "text" && step.frame.mark === "whole";

/** A whole text said in deltas first. */
export function withPartials(tape: Tape): Tape {
  const frames = tape.frames.flatMap((step): Step[] => {
    if (step.frame.kind !== "text" || step.frame.mark !== "whole") return [step];
    const { text } = step.frame;
    const chars = Array.from(text);
    const size = Math.ceil(chars.length / 4);
    const deltas = [0, 1, 2, 3]
      .map((part) => chars.slice(part * size, (part + 1) * size).join(""))
      .filter((delta) => delta !== "");
    return [
      ...deltas.map(
        (delta, part): Step => ({ at: step.at - (4 - part), frame: { kind: "text", text: delta, mark: "partial" } }),
      ),
      step,
    ];
  });
  return { ...tape, frames };
}

/** Oddities inside a stream that runs to its end. */
function bendFrames(tape: Tape, faults: Faults): Tape {
  let frames = [...tape.frames];
  const first = frames[0]?.at ?? 0;
  const end = tape.end.at;
  const add = (at: number, frame: Frame): void => void frames.push({ at, frame });
  if (has(faults, "silent_edit")) frames = frames.filter((step) => !isWhole(step));
  if (has(faults, "thought"))
    add(first, { kind: "text", text: "The user wants a video; I should plan the tracks first.", mark: "thought" });
  if (has(faults, "subagent"))
    add(first, { kind: "text", text: "Handing over to the editor.", mark: "whole", author: "video_editor_agent" });
  if (has(faults, "action_only")) add(first, { kind: "actions" });
  if (has(faults, "error_code"))
    add(end, { kind: "error_code", code: "MAX_TOKENS", message: "The model stopped before it was done" });
  if (has(faults, "noise")) add(end, { kind: "text", text: NOISE_TEXT, mark: "whole" });
  if (has(faults, "multi_part"))
    frames = frames.map((step) =>
      step.frame.kind === "call" ? { ...step, frame: { ...step.frame, words: "On it." } } : step,
    );
  if (has(faults, "duplicate_id"))
    frames = frames.map((step) =>
      step.frame.kind === "response" ? { ...step, frame: { ...step.frame, twice: true } } : step,
    );
  const bent = { ...tape, frames: frames.sort((a, b) => a.at - b.at) };
  return has(faults, "partial") ? withPartials(bent) : bent;
}

/** Everything the faults ask of a script, oddities first, the kind of end last. */
export function bend(plain: Tape, faults: Faults): Tape {
  const tape = bendFrames(plain, faults);
  const silence = faults.heartbeats_only ?? faults.silent_stream;
  if (silence !== undefined) {
    const at = silence.atMs ?? 10 * MINUTE_MS;
    const silent = onlySilence(tape, at);
    return has(faults, "heartbeats_only") ? comesToNothing(silent, at) : silent;
  }
  if (has(faults, "stale")) return { ...endInError(tape, STALE_MESSAGE, false), changes: [] };
  if (has(faults, "malformed_error"))
    return comesToNothing(endInError(tape, 'model "nemo" overloaded', true), afterCall(tape));
  if (has(faults, "error_midstream"))
    return comesToNothing(endInError(tape, "model overloaded", false), afterCall(tape));
  if (has(faults, "error_after_work")) {
    const frames = tape.frames.filter((step) => !isWhole(step));
    return {
      ...tape,
      frames: [
        ...frames,
        { at: tape.end.at, frame: { kind: "error", message: "upstream connection reset", malformed: false } },
      ],
    };
  }
  const drop = faults.drop ?? faults.two_stage_after_cut;
  if (drop !== undefined) return cutAt(tape, drop.atMs ?? afterCall(tape), "cut");
  if (faults.close_early !== undefined) return cutAt(tape, faults.close_early.atMs ?? afterCall(tape), "close");
  if (has(faults, "cut_in_record")) {
    const answer = tape.frames.find(({ frame }) => frame.kind === "response" || frame.kind === "text");
    return cutAt(tape, answer?.at ?? tape.end.at, "torn");
  }
  return tape;
}

/** How much later a change shows, by fault; null where none asks. */
export const lagOf = (faults: Faults): number | null =>
  faults.state_late === undefined ? null : (faults.state_late.atMs ?? 10 * SECOND_MS);
