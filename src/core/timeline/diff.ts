/**
 * Computes what changed between two timeline snapshots, since upstream does not report edits: the changes from paired
 * tracks and clips, and, at the end, the pairing. Neither snapshot is stored or modified.
 */
import type { Segment, Timeline, Track, TrackKind } from "./timeline.ts";

/** The position of a change, and its name for people. */
export type ChangePosition = {
  readonly trackKind: TrackKind;
  /** Counts from 1, as in the summary line: in the timeline after, or before for what was removed. */
  readonly trackNumber: number;
  /** The segment's name, for a track its first segment's; "" when the draft has none. */
  readonly label: string;
};

/** Whole milliseconds; null when unknown. */
export type TimeSpan = { readonly startMs: number | null; readonly durationMs: number | null };

export type SegmentProperties = TimeSpan & {
  /** 0 to 1. */
  readonly volume: number | null;
  readonly text: string | null;
};

/** The span from its first start to its last end, and volume and text of its first segment. */
export type TrackProperties = SegmentProperties & { readonly segments: number };

/** `position` counts from 1 within the track: by time if all starts are known, else in the draft's order. */
export type Spot = { readonly startMs: number | null; readonly position: number };

type Change<Kind extends string, Before, After = Before> = {
  readonly kind: Kind;
  readonly before: Before;
  readonly after: After;
};

export type TimelineChange =
  | (ChangePosition & Change<"track_added", null, TrackProperties>)
  | (ChangePosition & Change<"track_removed", TrackProperties, null>)
  /** Its number among the tracks changed, and not because others were added or removed. */
  | (ChangePosition & Change<"track_moved", number>)
  | (ChangePosition & Change<"segment_added", null, SegmentProperties>)
  | (ChangePosition & Change<"segment_removed", SegmentProperties, null>)
  /** A different duration, shorter or longer. */
  | (ChangePosition & Change<"segment_trimmed", TimeSpan>)
  | (ChangePosition & Change<"segment_moved", Spot>)
  | (ChangePosition & Change<"text_changed", string | null>)
  | (ChangePosition & Change<"volume_changed", number | null>)
  /** The timeline's total duration. */
  | Change<"duration_changed", number | null>;

export const CHANGE_KINDS = [
  "track_added",
  "track_removed",
  "track_moved",
  "segment_added",
  "segment_removed",
  "segment_trimmed",
  "segment_moved",
  "text_changed",
  "volume_changed",
  "duration_changed",
] as const satisfies readonly TimelineChange["kind"][];

export type ChangeKind = TimelineChange["kind"];

export type TimelineDiff = {
  /** At most `LISTED_CHANGES`. */
  readonly changes: readonly TimelineChange[];
  /** The number of unlisted changes of each kind, in the order of `CHANGE_KINDS`; kinds without any are left out. */
  readonly more: readonly { readonly kind: ChangeKind; readonly count: number }[];
};

/** A clip and its position in the track. */
type Placed = { readonly clip: Clip; readonly position: number };

const propertiesOf = ({ startMs, durationMs, volume, text }: Clip) => ({ startMs, durationMs, volume, text });
const spanOf = ({ startMs, durationMs }: Clip) => ({ startMs, durationMs });

/**
 * Whether a segment that kept its order was moved in time. Not if it only followed (its gap to the previous one is the
 * same), and not if its start was trimmed (its end is the same): those changes are reported instead.
 */
function wasShifted(before: Clip, after: Clip): boolean {
  if (before.startMs === after.startMs) return false;
  if (before.gapMs !== null && before.gapMs === after.gapMs) return false;
  return before.durationMs === after.durationMs || before.endMs === null || before.endMs !== after.endMs;
}

/** A clip that changed its order has moved, unless its time is the same. */
const wasReordered = (before: Clip, after: Clip, isTimed: boolean): boolean =>
  !isTimed || before.startMs !== after.startMs;

type Where = { readonly trackKind: DiffTrack["kind"]; readonly trackNumber: number };

function changesOfPair(where: Where, before: Placed, after: Placed, hasMoved: boolean): readonly TimelineChange[] {
  const at = { ...where, label: after.clip.label };
  const [b, a] = [before.clip, after.clip];
  const changes: TimelineChange[] = [];
  if (hasMoved)
    changes.push({
      kind: "segment_moved",
      ...at,
      before: { startMs: b.startMs, position: before.position },
      after: { startMs: a.startMs, position: after.position },
    });
  if (b.durationMs !== a.durationMs)
    changes.push({ kind: "segment_trimmed", ...at, before: spanOf(b), after: spanOf(a) });
  if (b.text !== a.text) changes.push({ kind: "text_changed", ...at, before: b.text, after: a.text });
  if (b.volume !== a.volume) changes.push({ kind: "volume_changed", ...at, before: b.volume, after: a.volume });
  return changes;
}

/**
 * The changes of a track: removed clips in the order before, then the others in the order after. `trackNumber` counts
 * from 1, after.
 */
export function changesOfTrack(
  trackNumber: number,
  diffTracks: { readonly before: DiffTrack; readonly after: DiffTrack },
  pairs: SegmentPairs,
): readonly TimelineChange[] {
  const { before, after } = diffTracks;
  const where: Where = { trackKind: after.kind, trackNumber };
  const isTimed = before.timed && after.timed;
  const partners = new Map<number, { readonly before: number; readonly moved: boolean }>();
  const note = (moved: boolean) => (pair: Pair) => partners.set(pair[1], { before: pair[0], moved });
  pairs.kept.forEach(note(false));
  pairs.moved.forEach(note(true));

  const gone = freeOf([...pairs.kept, ...pairs.moved], { before: before.clips.length, after: 0 }).before;
  const removed = gone.flatMap((at): TimelineChange[] => {
    const clip = before.clips[at];
    if (clip === undefined) return [];
    return [{ kind: "segment_removed", ...where, label: clip.label, before: propertiesOf(clip), after: null }];
  });
  const rest = after.clips.flatMap((clip, at): readonly TimelineChange[] => {
    const partner = partners.get(at);
    const was = partner === undefined ? undefined : before.clips[partner.before];
    if (partner === undefined || was === undefined)
      return [{ kind: "segment_added", ...where, label: clip.label, before: null, after: propertiesOf(clip) }];
    const hasMoved = partner.moved ? wasReordered(was, clip, isTimed) : wasShifted(was, clip);
    return changesOfPair(where, { clip: was, position: partner.before + 1 }, { clip, position: at + 1 }, hasMoved);
  });
  return [...removed, ...rest];
}

/**
 * Clips of a track that are compared to identify it. Chosen: enough to distinguish tracks, and 200 × 200 tracks stay
 * cheap.
 */
const SIGNATURE_CLIPS = 32;

/**
 * What two tracks may have in common of a clip: its words, its times, or all of it. Equal words outweigh any number of
 * equal times.
 */
const WORDS = 0;
const TIMES = 1;
const WHOLE = 2;
const WEIGHTS = [1_000, 2, 1] as const;

/**
 * Features of a track's clips and their counts. A feature is a number that stands for a text; modulo 3 it gives the
 * class.
 */
type Signature = ReadonlyMap<number, number>;
type Signed = { readonly track: DiffTrack; readonly signature: Signature };

/** Creates signatures in which equal texts have equal numbers, for one diff. */
function newSigner(): (track: DiffTrack) => Signed {
  const numbers = new Map<string, number>();
  const numberOf = (feature: 0 | 1 | 2, text: string): number => {
    const key = `${feature} ${text}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const number = numbers.size * 3 + feature;
    numbers.set(key, number);
    return number;
  };
  const featuresOf = ({ words, startMs, durationMs, volume, text }: Clip): readonly number[] => [
    numberOf(WORDS, words),
    numberOf(TIMES, `${startMs} ${durationMs}`),
    numberOf(WHOLE, `${startMs} ${durationMs} ${volume} ${text === null} ${words}`),
  ];
  return (track) => {
    const signature = new Map<number, number>();
    for (const feature of track.clips.slice(0, SIGNATURE_CLIPS).flatMap(featuresOf))
      signature.set(feature, (signature.get(feature) ?? 0) + 1);
    return { track, signature };
  };
}

/** Similarity of two tracks: 0 for two kinds, 1 for one kind with nothing in common. */
function similarity(before: Signed, after: Signed): number {
  if (!sameKind(before.track, after.track)) return 0;
  let sum = 1;
  for (const [feature, count] of before.signature)
    sum += Math.min(count, after.signature.get(feature) ?? 0) * (WEIGHTS[feature % 3] ?? 0);
  return sum;
}

/** Remaining tracks that share the words of a clip, the most similar first. */
function pairAcross(before: readonly Signed[], after: readonly Signed[], inOrder: readonly Pair[]): readonly Pair[] {
  const free = freeOf(inOrder, { before: before.length, after: after.length });
  const candidates = free.before.flatMap((b) =>
    free.after.map((a) => {
      const [one, two] = [before[b], after[a]];
      return { b, a, weight: one === undefined || two === undefined ? 0 : similarity(one, two) };
    }),
  );
  const pairs = new Map<number, Pair>();
  const taken = new Set<number>();
  const best = candidates.filter(({ weight }) => weight > WEIGHTS[WORDS]);
  for (const { b, a } of best.sort((x, y) => y.weight - x.weight || x.b - y.b || x.a - y.a)) {
    if (pairs.has(b) || taken.has(a)) continue;
    pairs.set(b, [b, a]);
    taken.add(a);
  }
  return [...pairs.values()];
}

/**
 * Pairs the tracks before and after; different kinds are never paired.
 *
 * `kept`: in order, so that equal tracks keep their places; a track with nothing in common with one of its kind is
 * paired too, as its content was replaced. `moved`: across that order, the fewest that explain it, and only with clips
 * of the same words. Cost: at most 96 look-ups for each track before and each track after.
 */
export function pairTracks(
  before: readonly DiffTrack[],
  after: readonly DiffTrack[],
): { readonly kept: readonly Pair[]; readonly moved: readonly Pair[] } {
  const sign = newSigner();
  const [left, right] = [before.map(sign), after.map(sign)];
  const window = windowOf(left, right, (b, a) => sameTrack(b.track, a.track));
  const kept = aroundWindow(window, alignWindow(window, similarity));
  return { kept, moved: pairAcross(left, right, kept) };
}

/**
 * Changes that are listed; the rest is counted. Source: the turn's event, a line of text and a screen hold about as
 * many.
 */
export const LISTED_CHANGES = 20;
/** Tracks that are compared; as many as the draft's parser reads. */
export const COMPARED_TRACKS = 200;
/**
 * Segments of one track; a track with more has its changes counted by name and not listed. As many as the draft's
 * parser reads.
 */
export const ALIGNED_SEGMENTS = 2_000;
/**
 * Cells of all alignments of one diff. Chosen: one track of 2,000 segments that is rearranged as a whole; 4 MB and
 * some 0.3 s.
 */
export const ALIGNED_CELLS = 4_000_000;

function trackProperties({ clips }: DiffTrack): TrackProperties {
  const [first] = clips;
  const starts = clips.flatMap(({ startMs }) => (startMs === null ? [] : [startMs]));
  const ends = clips.flatMap(({ endMs }) => (endMs === null ? [] : [endMs]));
  const startMs = starts.length === 0 ? null : starts.reduce((a, b) => Math.min(a, b));
  const endMs = ends.length === 0 ? null : ends.reduce((a, b) => Math.max(a, b));
  return {
    startMs,
    durationMs: startMs === null || endMs === null ? (first?.durationMs ?? null) : endMs - startMs,
    volume: first?.volume ?? null,
    text: first?.text ?? null,
    segments: clips.length,
  };
}

const whereIs = (track: DiffTrack, at: number) => ({
  trackKind: track.kind,
  trackNumber: at + 1,
  label: track.clips[0]?.label ?? "",
});

/** The tracks that were added, removed or moved, and those to compare. */
function tracksOf(before: readonly DiffTrack[], after: readonly DiffTrack[]) {
  const { kept, moved } = pairTracks(before, after);
  const pairs = [...kept, ...moved].sort(([, x], [, y]) => x - y);
  const free = freeOf(pairs, { before: before.length, after: after.length });
  const gone = free.before.flatMap((at): TimelineChange[] => {
    const track = before[at];
    return track === undefined
      ? []
      : [{ kind: "track_removed", ...whereIs(track, at), before: trackProperties(track), after: null }];
  });
  const come = free.after.flatMap((at): TimelineChange[] => {
    const track = after[at];
    return track === undefined
      ? []
      : [{ kind: "track_added", ...whereIs(track, at), before: null, after: trackProperties(track) }];
  });
  const elsewhere = moved.flatMap(([b, a]): TimelineChange[] => {
    const track = after[a];
    return track === undefined ? [] : [{ kind: "track_moved", ...whereIs(track, a), before: b + 1, after: a + 1 }];
  });
  return { changes: [...gone, ...come, ...elsewhere], pairs };
}

type Found = { readonly changes: readonly TimelineChange[]; readonly isAligned: boolean };

/**
 * The changes of every track that stayed. Tracks are aligned until the cells are used up; from there on changes are
 * counted by name.
 */
function changesInTracks(
  before: readonly DiffTrack[],
  after: readonly DiffTrack[],
  pairs: readonly (readonly [number, number])[],
) {
  let cellsLeft = ALIGNED_CELLS;
  return pairs.flatMap(([b, a]): Found[] => {
    const diffTracks = { before: before[b], after: after[a] };
    if (
      diffTracks.before === undefined ||
      diffTracks.after === undefined ||
      sameTrack(diffTracks.before, diffTracks.after)
    )
      return [];
    const window = segmentWindow(diffTracks.before, diffTracks.after);
    const longest = Math.max(diffTracks.before.clips.length, diffTracks.after.clips.length);
    const isAligned = longest <= ALIGNED_SEGMENTS && cellsOf(window) <= cellsLeft;
    if (isAligned) cellsLeft -= cellsOf(window);
    const pairSame = isAligned ? pairSegments : pairByWords;
    const both = { before: diffTracks.before, after: diffTracks.after };
    return [{ changes: changesOfTrack(a + 1, both, pairSame(window, both.before, both.after)), isAligned }];
  });
}

/** Lists the first changes and counts the others. */
function listed(found: readonly Found[]): TimelineDiff {
  const changes: TimelineChange[] = [];
  const counts = new Map<ChangeKind, number>();
  for (const { changes: all, isAligned } of found) {
    for (const change of all) {
      if (isAligned && changes.length < LISTED_CHANGES) changes.push(change);
      else counts.set(change.kind, (counts.get(change.kind) ?? 0) + 1);
    }
  }
  const more = CHANGE_KINDS.map((kind) => ({ kind, count: counts.get(kind) ?? 0 })).filter(({ count }) => count > 0);
  return { changes, more };
}

/**
 * The diff of two timelines: tracks removed, added and moved, then the duration, then the segments of each track in
 * the order after.
 *
 * A segment is identified by its words (the text shown, else its name): aligned in order within its track, then
 * elsewhere in it (moved), then by its place (changed text). A segment that only followed an insertion, a deletion or a
 * trim is not reported. A segment that goes from one track to another is removed and added. Times below a millisecond,
 * volume below a thousandth, title and frame size are not compared, so an empty diff does not mean that the drafts are
 * equal.
 *
 * Pure and deterministic. Cost: O(segments) for equal ends of a track, between them O(before × after), at most
 * `ALIGNED_CELLS` in total; then, and above `ALIGNED_SEGMENTS`, a track's changes are only counted, in O(n log n).
 * Tracks: O(before × after) of at most `COMPARED_TRACKS`. With all limits reached at once, 200 × 2,000 segments with
 * nothing equal, it takes some 3 s.
 */
export function diffTimelines(before: Timeline, after: Timeline): TimelineDiff {
  const left = diffTracksOf(before, COMPARED_TRACKS);
  const right = diffTracksOf(after, COMPARED_TRACKS);
  const tracks = tracksOf(left, right);
  const was = wholeMs(before.durationMs);
  const is = wholeMs(after.durationMs);
  const length: TimelineChange[] = was === is ? [] : [{ kind: "duration_changed", before: was, after: is }];
  const whole: Found = { changes: [...tracks.changes, ...length], isAligned: true };
  return listed([whole, ...changesInTracks(left, right, tracks.pairs)]);
}

/*
 * Pairs the tracks' clips of two timelines: alignment in order (a weighted longest common subsequence), then moved
 * clips, then changed texts.
 */

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
type Window<T> = {
  readonly before: readonly T[];
  readonly after: readonly T[];
  readonly head: number;
  readonly beforeEnd: number;
  readonly afterEnd: number;
};

function windowOf<T>(before: readonly T[], after: readonly T[], isSame: (before: T, after: T) => boolean): Window<T> {
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
const cellsOf = ({ head, beforeEnd, afterEnd }: Window<unknown>): number => (beforeEnd - head) * (afterEnd - head);

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
function alignWindow<T>(window: Window<T>, weight: (before: T, after: T) => number): readonly Pair[] {
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
function aroundWindow(window: Window<unknown>, inside: readonly Pair[]): readonly Pair[] {
  const heads = Array.from({ length: window.head }, (_, at): Pair => [at, at]);
  const tails = Array.from(
    { length: window.before.length - window.beforeEnd },
    (_, at): Pair => [window.beforeEnd + at, window.afterEnd + at],
  );
  return [...heads, ...inside, ...tails];
}

/** The positions without a pair, in order. */
function freeOf(
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

type DiffTrack = {
  readonly kind: Track["kind"];
  readonly rawKind: number | null;
  readonly clips: readonly Clip[];
  /** Whether every start is known: then clips are in order of time, else in the draft's order. */
  readonly timed: boolean;
};

/** An integer number of milliseconds; null for an invalid time. */
function wholeMs(value: number | null): number | null {
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
const diffTracksOf = (timeline: Timeline, atMost: number): readonly DiffTrack[] =>
  timeline.tracks.slice(0, atMost).map(diffTrackOf);

/** Equal in everything that the diff reports. The label counts if it identifies the clip. */
const sameClip = (b: Clip, a: Clip): boolean =>
  b.words === a.words &&
  b.text === a.text &&
  b.startMs === a.startMs &&
  b.durationMs === a.durationMs &&
  b.volume === a.volume;

const sameKind = (b: DiffTrack, a: DiffTrack): boolean => b.kind === a.kind && b.rawKind === a.rawKind;

const sameTrack = (b: DiffTrack, a: DiffTrack): boolean =>
  sameKind(b, a) &&
  b.clips.length === a.clips.length &&
  b.clips.every((clip, at) => {
    const other = a.clips[at];
    return other !== undefined && sameClip(clip, other);
  });

/** The pairs of a track's segments: in order, then moved, then with changed text. */
type SegmentPairs = {
  /** In the track's order, including changed texts between two such pairs. */
  readonly kept: readonly Pair[];
  /** Moved within the track, past other clips. */
  readonly moved: readonly Pair[];
};

const segmentWindow = (before: DiffTrack, after: DiffTrack): Window<Clip> =>
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
function pairSegments(window: Window<Clip>, before: DiffTrack, after: DiffTrack): SegmentPairs {
  const inOrder = aroundWindow(window, cellsOf(window) === 0 ? [] : alignWindow(window, inOrderWeight));
  const moved = pairElsewhere(before, after, inOrder);
  return { kept: [...inOrder, ...pairReworded(before, after, inOrder, moved)], moved };
}

/** The segments of a track that is too long to align: each with the next one of the same words. Cost: O(n log n). */
function pairByWords(window: Window<Clip>, before: DiffTrack, after: DiffTrack): SegmentPairs {
  const ends = aroundWindow(window, []);
  return splitByOrder([...ends, ...pairElsewhere(before, after, ends)]);
}
