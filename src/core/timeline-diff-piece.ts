/** A segment and a track as the diff sees them: whole milliseconds, thousandths of loudness, an order, and the words it is known by. */
import type { Segment, Timeline, Track } from "./timeline.ts";

/** Milliseconds. Chosen: 31 years; what is further from 0 is no time in a video, and sums stay exact. */
const MAX_MS = 1e12;
/** Parts of full loudness that are told apart. Chosen: a tenth of what a line shows. */
const VOLUME_STEPS = 1_000;

export type Piece = {
  readonly label: string;
  /** What makes it the same piece before and after: the words shown, else its name. */
  readonly words: string;
  readonly startMs: number | null;
  readonly durationMs: number | null;
  readonly volume: number | null;
  readonly text: string | null;
  readonly endMs: number | null;
  /**
   * From the end of the piece before it (the first: from 0) to its start. 0 where neither is known, null where one is.
   * A piece whose start changed and whose gap did not has only followed what changed before it.
   */
  readonly gapMs: number | null;
};

export type Lane = {
  readonly kind: Track["kind"];
  readonly rawKind: number | null;
  readonly pieces: readonly Piece[];
  /** True when every start is known: the pieces are then in the order of time, else in the draft's. */
  readonly timed: boolean;
};

/** A whole number of milliseconds; null for what is no time. */
export function wholeMs(value: number | null): number | null {
  if (value === null || !(Math.abs(value) <= MAX_MS)) return null;
  return Math.round(value) + 0; // never -0, which is not equal to 0 everywhere
}

const loudness = (value: number | null): number | null =>
  value === null || !(Math.abs(value) <= MAX_MS) ? null : Math.round(value * VOLUME_STEPS) / VOLUME_STEPS + 0;

type Known = Omit<Piece, "gapMs">;

function known({ label, startMs: start, durationMs: duration, volume, text }: Segment): Known {
  const startMs = wholeMs(start);
  const durationMs = wholeMs(duration);
  const endMs = startMs === null || durationMs === null ? null : startMs + durationMs;
  return { label, words: text ?? label, startMs, durationMs, volume: loudness(volume), text, endMs };
}

const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** By start; pieces that start together by what they are, so that the draft's way of listing them makes no difference. */
const inTime = (a: Known, b: Known): number =>
  compare(a.startMs ?? 0, b.startMs ?? 0) ||
  compare(a.words, b.words) ||
  compare(a.durationMs ?? -1, b.durationMs ?? -1) ||
  compare(a.volume ?? -1, b.volume ?? -1);

function gap(startMs: number | null, from: number | null): number | null {
  if (startMs === null && from === null) return 0;
  return startMs === null || from === null ? null : startMs - from;
}

function laneOf({ kind, rawKind, segments }: Track): Lane {
  const pieces = segments.map(known);
  const timed = pieces.every(({ startMs }) => startMs !== null);
  if (timed) pieces.sort(inTime);
  let from: number | null = 0;
  const placed = pieces.map((piece): Piece => {
    const gapMs = gap(piece.startMs, from);
    from = piece.endMs;
    return { ...piece, gapMs };
  });
  return { kind, rawKind, timed, pieces: placed };
}

/** The timeline's first tracks. */
export const lanesOf = (timeline: Timeline, atMost: number): readonly Lane[] =>
  timeline.tracks.slice(0, atMost).map(laneOf);

/** Equal in everything that is told; the label counts where it is what the piece is known by. */
export const samePiece = (b: Piece, a: Piece): boolean =>
  b.words === a.words &&
  b.text === a.text &&
  b.startMs === a.startMs &&
  b.durationMs === a.durationMs &&
  b.volume === a.volume;

export const sameKind = (b: Lane, a: Lane): boolean => b.kind === a.kind && b.rawKind === a.rawKind;

export const sameLane = (b: Lane, a: Lane): boolean =>
  sameKind(b, a) &&
  b.pieces.length === a.pieces.length &&
  b.pieces.every((piece, at) => {
    const other = a.pieces[at];
    return other !== undefined && samePiece(piece, other);
  });
