/** A turn as a script: everything that will come of it, with the moment of each, fixed when it starts. */
import type { EpochMs } from "../core/time.ts";
import { hash32, openTurns, type Sandbox } from "./context.ts";
import type { Switches } from "./faults.ts";
import type { GeneratedMedia, SessionRecord, UserRecord } from "./store.ts";
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
export type TurnScript = {
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

export type Turn = TurnScript & {
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

/* What is true at a moment, from scripts alone. Nothing has to run for it, so work goes on through disconnects and restarts. */

export type View = {
  readonly timeline: Timeline | null;
  readonly draftText: string | null;
  readonly generated: readonly GeneratedMedia[];
};

export type Balance = { readonly available: number; readonly frozen: number; readonly total: number };

/** Whether a step of a turn has come; a step after a cancellation never comes. */
const hasCome = (turn: Turn, at: number, now: EpochMs): boolean => {
  const moment = turn.startedAt + at;
  return moment <= now && (turn.cancelledAt === null || moment <= turn.cancelledAt);
};

const landed = (turn: Turn, now: EpochMs): readonly Timed<{ readonly change: StateChange }>[] =>
  turn.changes.filter(({ at }) => hasCome(turn, at, now - turn.lagMs));

const inSession = (open: readonly Turn[], sessionId: string): readonly Turn[] =>
  open.filter((turn) => turn.sessionId === sessionId);

/** A session's timeline and media at a moment. `open` may hold other sessions' turns. */
export function viewAt(session: SessionRecord, open: readonly Turn[], now: EpochMs): View {
  let view: View = { timeline: session.timeline, draftText: session.draftText, generated: session.generated };
  for (const turn of inSession(open, session.sessionId)) {
    for (const { change } of landed(turn, now)) {
      view = {
        timeline: change.timeline,
        draftText: change.draftText,
        generated: [...view.generated, ...change.generated],
      };
    }
  }
  return view;
}

/** Credits that a turn has taken, and those it holds, at a moment. */
export function spentBy(turn: Turn, now: EpochMs): { readonly consumed: number; readonly frozen: number } {
  let consumed = 0;
  let frozen = 0;
  for (const { at, kind, amount } of turn.charges) {
    if (!hasCome(turn, at, now)) continue;
    if (kind === "freeze") frozen += amount;
    else frozen -= amount;
    if (kind === "consume") consumed += amount;
  }
  const cancelled = turn.cancelledAt !== null && turn.cancelledAt <= now;
  return { consumed, frozen: cancelled ? 0 : frozen };
}

/** Section 7.1: `total = available + frozen`. */
export function balanceAt(user: UserRecord, open: readonly Turn[], now: EpochMs): Balance {
  const spent = open.map((turn) => spentBy(turn, now));
  const consumed = spent.reduce((sum, turn) => sum + turn.consumed, user.consumed);
  const frozen = spent.reduce((sum, turn) => sum + turn.frozen, 0);
  const available = Math.max(0, user.granted - consumed - frozen);
  return { available, frozen, total: available + frozen };
}

/** Whether a session has a turn whose stream is still open or whose work is still to come. */
export const isBusy = (open: readonly Turn[], sessionId: string, now: EpochMs): boolean =>
  inSession(open, sessionId).some((turn) => {
    const over = turn.startedAt + Math.max(turn.end.at, ...turn.changes.map(({ at }) => at));
    return now < (turn.cancelledAt ?? over);
  });

/** Kept per session; enough for a draft that was read minutes ago. */
const PAST_DRAFTS = 50;

export const draftMark = (text: string): string => `${text.length}.${hash32(text)}`;

/** The session with a finished turn's changes taken in. */
export function commitTurn(session: SessionRecord, turn: Turn): SessionRecord {
  const view = viewAt(session, [turn], Number.POSITIVE_INFINITY);
  const marks = landed(turn, Number.POSITIVE_INFINITY).map(({ change }) => draftMark(change.draftText));
  return { ...session, ...view, pastDrafts: [...session.pastDrafts, ...marks].slice(-PAST_DRAFTS) };
}

/* Takes finished turns into their sessions and users, so that what is evaluated stays short. Called before a new turn. */

export function commitFinishedTurns(sandbox: Sandbox, userId: string): void {
  const { store, clock } = sandbox;
  const held = new Set<string>();
  for (const turn of openTurns(sandbox, userId)) {
    // In order: a later turn's draft stands above an earlier one's.
    if (overAt(turn) > clock.now()) held.add(turn.sessionId);
    if (held.has(turn.sessionId)) continue;
    const session = store.read("session", turn.sessionId);
    const user = store.read("user", userId);
    const note = store.read("turn", turn.id);
    const { consumed } = spentBy(turn, Number.POSITIVE_INFINITY);
    if (session !== null) store.write("session", session.sessionId, commitTurn(session, turn), userId);
    if (user !== null) store.write("user", userId, { ...user, consumed: user.consumed + consumed });
    if (note !== null) store.write("turn", turn.id, { ...note, charged: consumed }, userId);
    store.remove("open", turn.id);
  }
}
