/** What happened between two pictures of a timeline, for an edit that nobody told about. Neither picture is kept or changed. */

import type { Timeline } from "./timeline.ts";
import { cellsOf, freeOf } from "./timeline-diff-align.ts";
import {
  CHANGE_KINDS,
  type ChangeKind,
  type TimelineChange,
  type TimelineDiff,
  type TrackFacts,
} from "./timeline-diff-change.ts";
import { type Lane, lanesOf, sameLane, wholeMs } from "./timeline-diff-piece.ts";
import { pairByWords, pairSegments, segmentWindow } from "./timeline-diff-segments.ts";
import { changesOfTrack } from "./timeline-diff-track.ts";
import { pairTracks } from "./timeline-diff-tracks.ts";

/** Changes that are listed; the rest is counted. Source: the turn's event, a line of text and a screen hold about as many. */
export const LISTED_CHANGES = 20;
/** Tracks that are compared. As many as a draft's reader reads; what is beyond is not looked at. */
export const COMPARED_TRACKS = 200;
/** Segments of one track; of a track with more, changes are counted by name and not listed. As many as a draft's reader reads. */
export const ALIGNED_SEGMENTS = 2_000;
/** Cells of all alignments of one diff together. Chosen: one track of 2,000 segments that is rearranged as a whole; 4 MB and some 0.3 s. */
export const ALIGNED_CELLS = 4_000_000;

function trackFacts({ pieces }: Lane): TrackFacts {
  const [first] = pieces;
  const starts = pieces.flatMap(({ startMs }) => (startMs === null ? [] : [startMs]));
  const ends = pieces.flatMap(({ endMs }) => (endMs === null ? [] : [endMs]));
  const startMs = starts.length === 0 ? null : starts.reduce((a, b) => Math.min(a, b));
  const endMs = ends.length === 0 ? null : ends.reduce((a, b) => Math.max(a, b));
  return {
    startMs,
    durationMs: startMs === null || endMs === null ? (first?.durationMs ?? null) : endMs - startMs,
    volume: first?.volume ?? null,
    text: first?.text ?? null,
    segments: pieces.length,
  };
}

const whereIs = (lane: Lane, at: number) => ({
  trackKind: lane.kind,
  trackNumber: at + 1,
  label: lane.pieces[0]?.label ?? "",
});

/** The tracks that came, went or changed places, and those to look into. */
function tracksOf(before: readonly Lane[], after: readonly Lane[]) {
  const { kept, moved } = pairTracks(before, after);
  const pairs = [...kept, ...moved].sort(([, x], [, y]) => x - y);
  const free = freeOf(pairs, { before: before.length, after: after.length });
  const gone = free.before.flatMap((at): TimelineChange[] => {
    const lane = before[at];
    return lane === undefined
      ? []
      : [{ kind: "track_removed", ...whereIs(lane, at), before: trackFacts(lane), after: null }];
  });
  const come = free.after.flatMap((at): TimelineChange[] => {
    const lane = after[at];
    return lane === undefined
      ? []
      : [{ kind: "track_added", ...whereIs(lane, at), before: null, after: trackFacts(lane) }];
  });
  const elsewhere = moved.flatMap(([b, a]): TimelineChange[] => {
    const lane = after[a];
    return lane === undefined ? [] : [{ kind: "track_moved", ...whereIs(lane, a), before: b + 1, after: a + 1 }];
  });
  return { changes: [...gone, ...come, ...elsewhere], pairs };
}

type Found = { readonly changes: readonly TimelineChange[]; readonly isAligned: boolean };

/** The changes of every track that stayed. Tracks are aligned until the cells are used up; from there on they are counted by name. */
function changesInTracks(
  before: readonly Lane[],
  after: readonly Lane[],
  pairs: readonly (readonly [number, number])[],
) {
  let cellsLeft = ALIGNED_CELLS;
  return pairs.flatMap(([b, a]): Found[] => {
    const lanes = { before: before[b], after: after[a] };
    if (lanes.before === undefined || lanes.after === undefined || sameLane(lanes.before, lanes.after)) return [];
    const window = segmentWindow(lanes.before, lanes.after);
    const longest = Math.max(lanes.before.pieces.length, lanes.after.pieces.length);
    const isAligned = longest <= ALIGNED_SEGMENTS && cellsOf(window) <= cellsLeft;
    if (isAligned) cellsLeft -= cellsOf(window);
    const pairSame = isAligned ? pairSegments : pairByWords;
    const both = { before: lanes.before, after: lanes.after };
    return [{ changes: changesOfTrack(a + 1, both, pairSame(window, both.before, both.after)), isAligned }];
  });
}

/** The first are listed, the others counted. */
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
 * What was done to a timeline: tracks removed, added and moved, then its length, then the segments of each track in the order after.
 *
 * A segment is the same one when its words are (the text shown, else its name): aligned in order within its track, then elsewhere in it
 * (moved), then by its place (reworded). What only followed an insertion, a removal or a trim is not told. From one track to another it is
 * removed and added. Times below a millisecond, loudness below a thousandth, title and size of the frame are not compared: no change here
 * does not say that the drafts are equal.
 *
 * Pure, and the same answer for the same pictures. Cost: O(segments) for what is equal at both ends of a track, between them O(before ×
 * after), at most `ALIGNED_CELLS` together; then, and above `ALIGNED_SEGMENTS`, a track's changes are only counted, in O(n log n). Tracks:
 * O(before × after) of at most `COMPARED_TRACKS`. All bounds reached at once, 200 × 2,000 segments with nothing equal, take some 3 s.
 */
export function diffTimelines(before: Timeline, after: Timeline): TimelineDiff {
  const left = lanesOf(before, COMPARED_TRACKS);
  const right = lanesOf(after, COMPARED_TRACKS);
  const tracks = tracksOf(left, right);
  const was = wholeMs(before.durationMs);
  const is = wholeMs(after.durationMs);
  const length: TimelineChange[] = was === is ? [] : [{ kind: "duration_changed", before: was, after: is }];
  const whole: Found = { changes: [...tracks.changes, ...length], isAligned: true };
  return listed([whole, ...changesInTracks(left, right, tracks.pairs)]);
}
