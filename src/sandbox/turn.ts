/** A turn as a script: everything that will come of it, with the moment of each, fixed when it starts. */
import type { EpochMs } from "../core/time.ts";
import type { GeneratedMedia } from "./records.ts";
import type { Switches } from "./switches.ts";
import type { Timeline } from "./timeline.ts";

/** Something at a moment: milliseconds from the turn's start. */
export type Timed<T> = { readonly at: number } & T;

/** What state shows from then on. */
export type StateChange = {
  readonly timeline: Timeline;
  readonly draftText: string;
  readonly generated: readonly GeneratedMedia[];
};

/** What one record of the stream says. wire.ts spells it. */
export type Frame =
  | {
      readonly kind: "call";
      readonly callId: string;
      readonly name: string;
      readonly args: Readonly<Record<string, unknown>>;
      readonly words?: string;
    }
  /** `twice`: the same event id in two records. */
  | {
      readonly kind: "response";
      readonly callId: string;
      readonly name: string;
      readonly change: StateChange | null;
      readonly twice?: boolean;
    }
  | {
      readonly kind: "text";
      readonly text: string;
      readonly mark: "whole" | "partial" | "thought";
      readonly author?: string;
    }
  | { readonly kind: "actions" }
  | { readonly kind: "heartbeat" }
  | { readonly kind: "error"; readonly message: string; readonly malformed: boolean }
  | { readonly kind: "error_code"; readonly code: string; readonly message: string }
  | { readonly kind: "no_credits"; readonly form: Switches["no_credits_inline"] };

export type Charge = { readonly kind: "freeze" | "consume" | "release"; readonly amount: number };

/** `torn`: the last record is half written when the connection breaks. */
export type StreamEnd = Timed<{ readonly how: "close" | "cut" | "torn" }>;

/** The script alone. */
export type Tape = {
  readonly frames: readonly Timed<{ readonly frame: Frame }>[];
  readonly changes: readonly Timed<{ readonly change: StateChange }>[];
  readonly charges: readonly Timed<Charge>[];
  readonly end: StreamEnd;
};

/** How frames become bytes. */
export type Wire = Pick<
  Switches,
  "wire" | "adk_case" | "adk_time" | "heartbeat" | "newline" | "chunking" | "state_delta"
>;

export type TurnKind = "talk" | "question" | "edit" | "generation" | "recipe" | "no_credits";

export type Turn = Tape & {
  readonly id: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly seed: string;
  readonly prompt: string;
  readonly kind: TurnKind;
  readonly startedAt: EpochMs;
  readonly wire: Wire;
  /** How much later than it happens a change shows in state. */
  readonly lagMs: number;
  /** When a disconnect stopped the work, where `on_disconnect` says so. */
  readonly cancelledAt: EpochMs | null;
};

/** What the ledger keeps of a turn. */
export type TurnNote = {
  readonly turn_id: string;
  readonly session_id: string;
  readonly prompt: string;
  readonly at: EpochMs;
  readonly kind: TurnKind;
  readonly charged: number;
  readonly faults: readonly string[];
  readonly unknown_faults: readonly string[];
};

/** When nothing more will come of a turn, neither in its stream nor in state. */
export const overAt = (turn: Turn): EpochMs =>
  turn.startedAt +
  turn.lagMs +
  Math.max(turn.end.at, 0, ...turn.changes.map(({ at }) => at), ...turn.charges.map(({ at }) => at));
