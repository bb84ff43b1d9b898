/**
 * Pairs the tracks' clips of two timelines: alignment in order (a weighted longest common subsequence), then moved
 * clips, then changed texts.
 */
import type { Segment, Timeline, Track } from "./timeline.ts";

/** The first index in `tops` whose number is not below `value`; `tops` is ascending. */
function slotFor(tops: readonly number[], value: number): number {
  let [low, high] = [0, tops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tops[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Splits pairs that were found without regard to order: `kept` is a longest subsequence with ascending positions
 * after, the rest has moved. No position may be in two pairs. Cost: O(pairs × log pairs).
 */
export function splitByOrder(pairs: readonly Pair[]): {
  readonly kept: readonly Pair[];
  readonly moved: readonly Pair[];
} {
  const sorted = pairs.toSorted(([x], [y]) => x - y);
  const tops: number[] = [];
  const ranks = sorted.map(([, after]) => {
    const rank = slotFor(tops, after);
    tops[rank] = after;
    return rank;
  });
  const kept = new Set<Pair>();
  let wanted = tops.length - 1;
  let limit = Number.POSITIVE_INFINITY;
  for (const [at, pair] of [...sorted.entries()].reverse()) {
    if (ranks[at] !== wanted || pair[1] >= limit) continue;
    kept.add(pair);
    wanted -= 1;
    limit = pair[1];
  }
  return { kept: sorted.filter((pair) => kept.has(pair)), moved: sorted.filter((pair) => !kept.has(pair)) };
}

/** Positions, counted from 0, in the list before and in the list after. */
export type Pair = readonly [before: number, after: number];

/** Two lists without their equal head and equal tail: `[head, beforeEnd)` and `[head, afterEnd)`. */
export type Window<T> = {
  readonly before: readonly T[];
  readonly after: readonly T[];
  readonly head: number;
  readonly beforeEnd: number;
  readonly afterEnd: number;
};

export function windowOf<T>(
  before: readonly T[],
  after: readonly T[],
  isSame: (before: T, after: T) => boolean,
): Window<T> {
  const same = (b: number, a: number): boolean => {
    const [one, two] = [before[b], after[a]];
    return one !== undefined && two !== undefined && isSame(one, two);
  };
  let [head, beforeEnd, afterEnd] = [0, before.length, after.length];
  while (head < beforeEnd && head < afterEnd && same(head, head)) head += 1;
  while (beforeEnd > head && afterEnd > head && same(beforeEnd - 1, afterEnd - 1)) {
    beforeEnd -= 1;
    afterEnd -= 1;
  }
  return { before, after, head, beforeEnd, afterEnd };
}

/** The number of comparisons that `alignWindow` makes. */
export const cellsOf = ({ head, beforeEnd, afterEnd }: Window<unknown>): number =>
  (beforeEnd - head) * (afterEnd - head);

const PAIR = 0;
const SKIP_BEFORE = 1;
const SKIP_AFTER = 2;

/** For each cell, row by row, the first step of the heaviest pairing that begins there. Filled from the end. */
function stepsOf<T>(before: readonly T[], after: readonly T[], weight: (before: T, after: T) => number): Uint8Array {
  const steps = new Uint8Array(before.length * after.length);
  let below = new Float64Array(after.length + 1);
  let here = new Float64Array(after.length + 1);
  for (const [row, one] of [...before.entries()].reverse()) {
    let right = 0;
    for (let column = after.length - 1; column >= 0; column -= 1) {
      const two = after[column];
      const own = two === undefined ? 0 : weight(one, two);
      const paired = own > 0 ? own + (below[column + 1] ?? 0) : -1;
      const skipped = below[column] ?? 0;
      const best = Math.max(paired, skipped, right);
      steps[row * after.length + column] = paired === best ? PAIR : skipped === best ? SKIP_BEFORE : SKIP_AFTER;
      here[column] = best;
      right = best;
    }
    [below, here] = [here, below];
  }
  return steps;
}

/**
 * The pairs inside a window with the greatest total weight, in order. Weight 0 forbids a pair. Weights are integers.
 *
 * Of equally heavy pairings the one that pairs earliest is chosen, so that equal lists give equal results. Time and
 * memory: one comparison and one byte per cell of the window; the caller limits its size.
 */
export function alignWindow<T>(window: Window<T>, weight: (before: T, after: T) => number): readonly Pair[] {
  const { head } = window;
  const before = window.before.slice(head, window.beforeEnd);
  const after = window.after.slice(head, window.afterEnd);
  const steps = stepsOf(before, after, weight);
  const pairs: Pair[] = [];
  for (let row = 0, column = 0; row < before.length && column < after.length; ) {
    const step = steps[row * after.length + column];
    if (step === PAIR) pairs.push([row + head, column + head]);
    if (step !== SKIP_AFTER) row += 1;
    if (step !== SKIP_BEFORE) column += 1;
  }
  return pairs;
}

/** The pairs of the whole lists: the equal ends, and the pairs found inside the window. */
export function aroundWindow(window: Window<unknown>, inside: readonly Pair[]): readonly Pair[] {
  const heads = Array.from({ length: window.head }, (_, at): Pair => [at, at]);
  const tails = Array.from(
    { length: window.before.length - window.beforeEnd },
    (_, at): Pair => [window.beforeEnd + at, window.afterEnd + at],
  );
  return [...heads, ...inside, ...tails];
}

/** The positions without a pair, in order. */
export function freeOf(
  pairs: readonly Pair[],
  counts: { readonly before: number; readonly after: number },
): { readonly before: readonly number[]; readonly after: readonly number[] } {
  const usedBefore = new Set(pairs.map(([b]) => b));
  const usedAfter = new Set(pairs.map(([, a]) => a));
  const rest = (count: number, used: ReadonlySet<number>): readonly number[] =>
    Array.from({ length: count }, (_, at) => at).filter((at) => !used.has(at));
  return { before: rest(counts.before, usedBefore), after: rest(counts.after, usedAfter) };
}

/** Milliseconds. Chosen: 31 years; a larger number is not a time in a video, and sums stay exact. */
const MAX_MS = 1e12;
/** Distinguished steps of volume, from 0 to 1. Chosen: a tenth of what a line shows. */
const VOLUME_STEPS = 1_000;

export type Clip = {
  readonly label: string;
  /** Identifies a clip before and after: the text shown, else its name. */
  readonly words: string;
  readonly startMs: number | null;
  readonly durationMs: number | null;
  readonly volume: number | null;
  readonly text: string | null;
  readonly endMs: number | null;
  /**
   * From the end of the previous clip (for the first: from 0) to its start; null when one of the two is unknown, 0
   * when both are. A clip whose start changed but not its gap only followed an earlier change.
   */
  readonly gapMs: number | null;
};

export type DiffTrack = {
  readonly kind: Track["kind"];
  readonly rawKind: number | null;
  readonly clips: readonly Clip[];
  /** Whether every start is known: then clips are in order of time, else in the draft's order. */
  readonly timed: boolean;
};

/** An integer number of milliseconds; null for an invalid time. */
export function wholeMs(value: number | null): number | null {
  if (value === null || !(Math.abs(value) <= MAX_MS)) return null;
  return Math.round(value) + 0; // never -0, which is not equal to 0 everywhere
}

const loudness = (value: number | null): number | null =>
  value === null || !(Math.abs(value) <= MAX_MS) ? null : Math.round(value * VOLUME_STEPS) / VOLUME_STEPS + 0;

type Known = Omit<Clip, "gapMs">;

function known({ label, startMs: start, durationMs: duration, volume, text }: Segment): Known {
  const startMs = wholeMs(start);
  const durationMs = wholeMs(duration);
  const endMs = startMs === null || durationMs === null ? null : startMs + durationMs;
  return { label, words: text ?? label, startMs, durationMs, volume: loudness(volume), text, endMs };
}

const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** By start; clips with the same start by content, so that their order in the draft makes no difference. */
const inTime = (a: Known, b: Known): number =>
  compare(a.startMs ?? 0, b.startMs ?? 0) ||
  compare(a.words, b.words) ||
  compare(a.durationMs ?? -1, b.durationMs ?? -1) ||
  compare(a.volume ?? -1, b.volume ?? -1);

function gap(startMs: number | null, from: number | null): number | null {
  if (startMs === null && from === null) return 0;
  return startMs === null || from === null ? null : startMs - from;
}

function diffTrackOf({ kind, rawKind, segments }: Track): DiffTrack {
  const clips = segments.map(known);
  const timed = clips.every(({ startMs }) => startMs !== null);
  if (timed) clips.sort(inTime);
  let from: number | null = 0;
  const placed = clips.map((clip): Clip => {
    const gapMs = gap(clip.startMs, from);
    from = clip.endMs;
    return { ...clip, gapMs };
  });
  return { kind, rawKind, timed, clips: placed };
}

/** The timeline's first tracks, as the diff compares them. */
export const diffTracksOf = (timeline: Timeline, atMost: number): readonly DiffTrack[] =>
  timeline.tracks.slice(0, atMost).map(diffTrackOf);

/** Equal in everything that the diff reports. The label counts if it identifies the clip. */
export const sameClip = (b: Clip, a: Clip): boolean =>
  b.words === a.words &&
  b.text === a.text &&
  b.startMs === a.startMs &&
  b.durationMs === a.durationMs &&
  b.volume === a.volume;

export const sameKind = (b: DiffTrack, a: DiffTrack): boolean => b.kind === a.kind && b.rawKind === a.rawKind;

export const sameTrack = (b: DiffTrack, a: DiffTrack): boolean =>
  sameKind(b, a) &&
  b.clips.length === a.clips.length &&
  b.clips.every((clip, at) => {
    const other = a.clips[at];
    return other !== undefined && sameClip(clip, other);
  });

/** The pairs of a track's segments: in order, then moved, then with changed text. */
export type SegmentPairs = {
  /** In the track's order, including changed texts between two such pairs. */
  readonly kept: readonly Pair[];
  /** Moved within the track, past other clips. */
  readonly moved: readonly Pair[];
};

export const segmentWindow = (before: DiffTrack, after: DiffTrack): Window<Clip> =>
  windowOf(before.clips, after.clips, sameClip);

/**
 * The weight of a pair in order. Equal words alone weigh little: when two parts of one clip were swapped, one has
 * moved, and neither became longer. Full equality weighs most.
 */
const inOrderWeight = (before: Clip, after: Clip): number =>
  before.words !== after.words
    ? 0
    : 2 +
      (before.durationMs === after.durationMs ? 8 : 0) +
      (before.volume === after.volume ? 3 : 0) +
      (before.startMs === after.startMs ? 1 : 0);

/** Whether a different text took the same place: the same time, name, or gap to the previous clip. */
function rewordedWeight(before: Clip, after: Clip): number {
  if (before.text === null || after.text === null) return 0;
  const score =
    (before.startMs === after.startMs ? 4 : 0) +
    (before.label === after.label && before.label !== "" ? 4 : 0) +
    (before.gapMs !== null && before.gapMs === after.gapMs ? 2 : 0);
  return score === 0 ? 0 : score + (before.durationMs === after.durationMs ? 1 : 0);
}

/** Pairs the remaining clips with the first one of the same key; each once. */
function pairByKey(
  before: DiffTrack,
  after: DiffTrack,
  paired: readonly Pair[],
  keyOf: (clip: Clip) => string,
): Pair[] {
  const free = freeOf(paired, { before: before.clips.length, after: after.clips.length });
  const waiting = new Map<string, number[]>();
  for (const a of free.after.toReversed()) {
    const clip = after.clips[a];
    if (clip === undefined) continue;
    const queue = waiting.get(keyOf(clip));
    if (queue === undefined) waiting.set(keyOf(clip), [a]);
    else queue.push(a);
  }
  return free.before.flatMap((b): Pair[] => {
    const clip = before.clips[b];
    const a = clip === undefined ? undefined : waiting.get(keyOf(clip))?.pop();
    return a === undefined ? [] : [[b, a]];
  });
}

/** By words and all properties that a move does not change, then by words only. */
function pairElsewhere(before: DiffTrack, after: DiffTrack, paired: readonly Pair[]): readonly Pair[] {
  const whole = pairByKey(before, after, paired, ({ words, durationMs, volume }) => `${durationMs} ${volume} ${words}`);
  const named = pairByKey(before, after, [...paired, ...whole], ({ words }) => words);
  return [...whole, ...named];
}

/** Remaining texts between the same two kept clips, paired in order if one replaced the other. */
function pairReworded(
  before: DiffTrack,
  after: DiffTrack,
  kept: readonly Pair[],
  moved: readonly Pair[],
): readonly Pair[] {
  const end: Pair = [before.clips.length, after.clips.length];
  const free = freeOf([...kept, ...moved], { before: end[0], after: end[1] });
  const pairs: Pair[] = [];
  let [nextBefore, nextAfter] = [0, 0];
  for (const [untilBefore, untilAfter] of [...kept, end]) {
    const from = { before: nextBefore, after: nextAfter };
    while ((free.before[nextBefore] ?? untilBefore) < untilBefore) nextBefore += 1;
    while ((free.after[nextAfter] ?? untilAfter) < untilAfter) nextAfter += 1;
    const left = free.before.slice(from.before, nextBefore).map((at) => ({ at, clip: before.clips[at] }));
    const right = free.after.slice(from.after, nextAfter).map((at) => ({ at, clip: after.clips[at] }));
    const window = { before: left, after: right, head: 0, beforeEnd: left.length, afterEnd: right.length };
    const found = alignWindow(window, ({ clip: b }, { clip: a }) =>
      b === undefined || a === undefined ? 0 : rewordedWeight(b, a),
    );
    for (const [b, a] of found) {
      const [one, two] = [left[b], right[a]];
      if (one !== undefined && two !== undefined) pairs.push([one.at, two.at]);
    }
  }
  return pairs;
}

/**
 * Every segment with a counterpart. Cost: at most two comparisons per cell of the window; the caller limits its size.
 */
export function pairSegments(window: Window<Clip>, before: DiffTrack, after: DiffTrack): SegmentPairs {
  const inOrder = aroundWindow(window, cellsOf(window) === 0 ? [] : alignWindow(window, inOrderWeight));
  const moved = pairElsewhere(before, after, inOrder);
  return { kept: [...inOrder, ...pairReworded(before, after, inOrder, moved)], moved };
}

/** The segments of a track that is too long to align: each with the next one of the same words. Cost: O(n log n). */
export function pairByWords(window: Window<Clip>, before: DiffTrack, after: DiffTrack): SegmentPairs {
  const ends = aroundWindow(window, []);
  return splitByOrder([...ends, ...pairElsewhere(before, after, ends)]);
}
