/**
 * A turn is a script: all its frames, changes and charges with their times, fixed when it starts. State, balance and stream are
 * computed from scripts and the current time, so work continues through disconnects and restarts.
 */
import type { EpochMs } from "../core/time.ts";
import { hash32, openTurns, type Sandbox } from "./context.ts";
import type { Switches } from "./faults.ts";
import type { GeneratedMedia, SessionRecord, UserRecord } from "./store.ts";
import type { DraftTimeline } from "./timeline.ts";

/** A value with its time: milliseconds after the turn's start. */
export type Timed<T> = { readonly at: number } & T;

/** The state after a change. */
export type StateChange = {
  readonly timeline: DraftTimeline;
  readonly draftText: string;
  readonly generated: readonly GeneratedMedia[];
};

/** The content of one record of the stream. chat.ts encodes it. */
export type TurnFrame =
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
export type ScriptedEnd = Timed<{ readonly how: "close" | "cut" | "torn" }>;

/** What a turn does, without its identity. */
export type TurnScript = {
  readonly frames: readonly Timed<{ readonly frame: TurnFrame }>[];
  readonly changes: readonly Timed<{ readonly change: StateChange }>[];
  readonly charges: readonly Timed<Charge>[];
  readonly end: ScriptedEnd;
};

/** How frames become bytes. */
export type StreamFormat = Pick<
  Switches,
  "wire" | "adk_case" | "adk_time" | "heartbeat" | "newline" | "chunking" | "state_delta"
>;

export type TurnKind = "talk" | "question" | "edit" | "generation" | "recipe" | "no_credits";

export type SandboxTurn = TurnScript & {
  readonly id: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly seed: string;
  readonly prompt: string;
  readonly kind: TurnKind;
  readonly startedAt: EpochMs;
  readonly wire: StreamFormat;
  /** The delay until state shows a change. */
  readonly lagMs: number;
  /** When a disconnect cancelled the turn, if `on_disconnect` says so. */
  readonly cancelledAt: EpochMs | null;
};

/** A turn's entry in the request log. */
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

/** The time after which a turn changes nothing more, neither in its stream nor in state. */
export const overAt = (turn: SandboxTurn): EpochMs =>
  turn.startedAt +
  turn.lagMs +
  Math.max(turn.end.at, 0, ...turn.changes.map(({ at }) => at), ...turn.charges.map(({ at }) => at));

/* The state at a given time, computed from scripts. */

export type View = {
  readonly timeline: DraftTimeline | null;
  readonly draftText: string | null;
  readonly generated: readonly GeneratedMedia[];
};

export type SandboxBalance = { readonly available: number; readonly frozen: number; readonly total: number };

/** Whether a step of a turn has happened. A step after a cancellation never happens. */
const hasHappened = (turn: SandboxTurn, at: number, now: EpochMs): boolean => {
  const moment = turn.startedAt + at;
  return moment <= now && (turn.cancelledAt === null || moment <= turn.cancelledAt);
};

const changesBy = (turn: SandboxTurn, now: EpochMs): readonly Timed<{ readonly change: StateChange }>[] =>
  turn.changes.filter(({ at }) => hasHappened(turn, at, now - turn.lagMs));

const inSession = (open: readonly SandboxTurn[], sessionId: string): readonly SandboxTurn[] =>
  open.filter((turn) => turn.sessionId === sessionId);

/** A session's timeline and media at a given time. `open` may contain turns of other sessions. */
export function viewAt(session: SessionRecord, open: readonly SandboxTurn[], now: EpochMs): View {
  let view: View = { timeline: session.timeline, draftText: session.draftText, generated: session.generated };
  for (const turn of inSession(open, session.sessionId)) {
    for (const { change } of changesBy(turn, now)) {
      view = {
        timeline: change.timeline,
        draftText: change.draftText,
        generated: [...view.generated, ...change.generated],
      };
    }
  }
  return view;
}

/** Credits that a turn has consumed and frozen at a given time. */
export function creditsSpent(turn: SandboxTurn, now: EpochMs): { readonly consumed: number; readonly frozen: number } {
  let consumed = 0;
  let frozen = 0;
  for (const { at, kind, amount } of turn.charges) {
    if (!hasHappened(turn, at, now)) continue;
    if (kind === "freeze") frozen += amount;
    else frozen -= amount;
    if (kind === "consume") consumed += amount;
  }
  const cancelled = turn.cancelledAt !== null && turn.cancelledAt <= now;
  return { consumed, frozen: cancelled ? 0 : frozen };
}

/** Section 7.1: `total = available + frozen`. */
export function balanceAt(user: UserRecord, open: readonly SandboxTurn[], now: EpochMs): SandboxBalance {
  const spent = open.map((turn) => creditsSpent(turn, now));
  const consumed = spent.reduce((sum, turn) => sum + turn.consumed, user.consumed);
  const frozen = spent.reduce((sum, turn) => sum + turn.frozen, 0);
  const available = Math.max(0, user.granted - consumed - frozen);
  return { available, frozen, total: available + frozen };
}

/** Whether a session has a turn whose stream is open or whose changes are not complete. */
export const isBusy = (open: readonly SandboxTurn[], sessionId: string, now: EpochMs): boolean =>
  inSession(open, sessionId).some((turn) => {
    const over = turn.startedAt + Math.max(turn.end.at, ...turn.changes.map(({ at }) => at));
    return now < (turn.cancelledAt ?? over);
  });

/** Hashes of earlier drafts per session; enough for a draft that was read minutes ago. */
const PAST_DRAFTS = 50;

export const draftHash = (text: string): string => `${text.length}.${hash32(text)}`;

/** The session with a finished turn's changes. */
export function commitTurn(session: SessionRecord, turn: SandboxTurn): SessionRecord {
  const view = viewAt(session, [turn], Number.POSITIVE_INFINITY);
  const marks = changesBy(turn, Number.POSITIVE_INFINITY).map(({ change }) => draftHash(change.draftText));
  return { ...session, ...view, pastDrafts: [...session.pastDrafts, ...marks].slice(-PAST_DRAFTS) };
}

/** Commits finished turns to their sessions and users, so that there is little to compute. Called before a new turn. */
export function commitFinishedTurns(sandbox: Sandbox, userId: string): void {
  const { store, clock } = sandbox;
  const pending = new Set<string>();
  for (const turn of openTurns(sandbox, userId)) {
    // In order, because a later turn's draft replaces an earlier one's.
    if (overAt(turn) > clock.now()) pending.add(turn.sessionId);
    if (pending.has(turn.sessionId)) continue;
    const session = store.read("session", turn.sessionId);
    const user = store.read("user", userId);
    const note = store.read("turn", turn.id);
    const { consumed } = creditsSpent(turn, Number.POSITIVE_INFINITY);
    if (session !== null) store.write("session", session.sessionId, commitTurn(session, turn), userId);
    if (user !== null) store.write("user", userId, { ...user, consumed: user.consumed + consumed });
    if (note !== null) store.write("turn", turn.id, { ...note, charged: consumed }, userId);
    store.remove("open", turn.id);
  }
}
