/** What is true at a moment, from scripts alone. Nothing has to run for it, so work goes on through disconnects and restarts. */
import type { EpochMs } from "../core/time.ts";
import { hash32 } from "./random.ts";
import type { GeneratedMedia, SessionRecord, UserRecord } from "./records.ts";
import type { Timeline } from "./timeline.ts";
import type { StateChange, Timed, Turn } from "./turn.ts";

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
export function foldInto(session: SessionRecord, turn: Turn): SessionRecord {
  const view = viewAt(session, [turn], Number.POSITIVE_INFINITY);
  const marks = landed(turn, Number.POSITIVE_INFINITY).map(({ change }) => draftMark(change.draftText));
  return { ...session, ...view, pastDrafts: [...session.pastDrafts, ...marks].slice(-PAST_DRAFTS) };
}
