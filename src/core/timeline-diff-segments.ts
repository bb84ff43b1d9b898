/** Which segment of a track is which, before and after: in order, then moved, then reworded. */
import { alignWindow, aroundWindow, cellsOf, freeOf, type Pair, type Window, windowOf } from "./timeline-diff-align.ts";
import { splitByOrder } from "./timeline-diff-order.ts";
import { type Lane, type Piece, samePiece } from "./timeline-diff-piece.ts";

export type SegmentPairs = {
  /** In the order of the track, or reworded between two that are. */
  readonly kept: readonly Pair[];
  /** Taken from one place of the track to another, past what was kept. */
  readonly moved: readonly Pair[];
};

export const segmentWindow = (before: Lane, after: Lane): Window<Piece> =>
  windowOf(before.pieces, after.pieces, samePiece);

/**
 * What a pairing in order is worth. The same words alone are worth little: of two cuts of one clip that were swapped, one has moved, and
 * neither became longer. Everything equal is worth most.
 */
const inOrderWeight = (before: Piece, after: Piece): number =>
  before.words !== after.words
    ? 0
    : 2 +
      (before.durationMs === after.durationMs ? 8 : 0) +
      (before.volume === after.volume ? 3 : 0) +
      (before.startMs === after.startMs ? 1 : 0);

/** Whether other words stand in the same place: at the same time, under the same name, or in the same distance to what comes before. */
function rewordedWeight(before: Piece, after: Piece): number {
  if (before.text === null || after.text === null) return 0;
  const place =
    (before.startMs === after.startMs ? 4 : 0) +
    (before.label === after.label && before.label !== "" ? 4 : 0) +
    (before.gapMs !== null && before.gapMs === after.gapMs ? 2 : 0);
  return place === 0 ? 0 : place + (before.durationMs === after.durationMs ? 1 : 0);
}

/** The pieces that no pair has yet, paired with the first of the same key; each once. */
function pairByKey(before: Lane, after: Lane, paired: readonly Pair[], keyOf: (piece: Piece) => string): Pair[] {
  const free = freeOf(paired, { before: before.pieces.length, after: after.pieces.length });
  const waiting = new Map<string, number[]>();
  for (const a of free.after.toReversed()) {
    const piece = after.pieces[a];
    if (piece === undefined) continue;
    const queue = waiting.get(keyOf(piece));
    if (queue === undefined) waiting.set(keyOf(piece), [a]);
    else queue.push(a);
  }
  return free.before.flatMap((b): Pair[] => {
    const piece = before.pieces[b];
    const a = piece === undefined ? undefined : waiting.get(keyOf(piece))?.pop();
    return a === undefined ? [] : [[b, a]];
  });
}

/** By words and everything that a move leaves alone, then by words only. */
function pairElsewhere(before: Lane, after: Lane, paired: readonly Pair[]): readonly Pair[] {
  const whole = pairByKey(before, after, paired, ({ words, durationMs, volume }) => `${durationMs} ${volume} ${words}`);
  const named = pairByKey(before, after, [...paired, ...whole], ({ words }) => words);
  return [...whole, ...named];
}

/** Texts without a partner that stand between the same two kept pieces, paired in order where one took the other's place. */
function pairReworded(before: Lane, after: Lane, kept: readonly Pair[], moved: readonly Pair[]): readonly Pair[] {
  const end: Pair = [before.pieces.length, after.pieces.length];
  const free = freeOf([...kept, ...moved], { before: end[0], after: end[1] });
  const pairs: Pair[] = [];
  let [nextBefore, nextAfter] = [0, 0];
  for (const [untilBefore, untilAfter] of [...kept, end]) {
    const from = { before: nextBefore, after: nextAfter };
    while ((free.before[nextBefore] ?? untilBefore) < untilBefore) nextBefore += 1;
    while ((free.after[nextAfter] ?? untilAfter) < untilAfter) nextAfter += 1;
    const left = free.before.slice(from.before, nextBefore).map((at) => ({ at, piece: before.pieces[at] }));
    const right = free.after.slice(from.after, nextAfter).map((at) => ({ at, piece: after.pieces[at] }));
    const window = { before: left, after: right, head: 0, beforeEnd: left.length, afterEnd: right.length };
    const found = alignWindow(window, ({ piece: b }, { piece: a }) =>
      b === undefined || a === undefined ? 0 : rewordedWeight(b, a),
    );
    for (const [b, a] of found) {
      const [one, two] = [left[b], right[a]];
      if (one !== undefined && two !== undefined) pairs.push([one.at, two.at]);
    }
  }
  return pairs;
}

/** Every segment that has a partner. Cost: at most two comparisons per cell of the window; the caller bounds it. */
export function pairSegments(window: Window<Piece>, before: Lane, after: Lane): SegmentPairs {
  const inOrder = aroundWindow(window, cellsOf(window) === 0 ? [] : alignWindow(window, inOrderWeight));
  const moved = pairElsewhere(before, after, inOrder);
  return { kept: [...inOrder, ...pairReworded(before, after, inOrder, moved)], moved };
}

/** The segments of a track that is too long to be aligned: each with the next of the same words. Cost: O(n log n). */
export function pairByWords(window: Window<Piece>, before: Lane, after: Lane): SegmentPairs {
  const ends = aroundWindow(window, []);
  return splitByOrder([...ends, ...pairElsewhere(before, after, ends)]);
}
