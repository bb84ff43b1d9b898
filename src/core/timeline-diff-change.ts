/** What can have happened to a timeline, as data: each change with what it was before and what it is after. */
import type { TrackKind } from "./timeline.ts";

/** Where, and how people call it. */
export type Where = {
  readonly trackKind: TrackKind;
  /** Counts from 1, as the summary line does: in the timeline after, or before for what is gone. */
  readonly trackNumber: number;
  /** The segment's name, of a track its first segment's; "" where the draft tells none. */
  readonly label: string;
};

/** Whole milliseconds; null where not known. */
export type Span = { readonly startMs: number | null; readonly durationMs: number | null };

export type SegmentFacts = Span & {
  /** 0 to 1. */
  readonly volume: number | null;
  readonly text: string | null;
};

/** The span from its first start to its last end, and volume and text of its first segment. */
export type TrackFacts = SegmentFacts & { readonly segments: number };

/** `position` counts from 1 within the track: in time where all starts are known, else as the draft lists them. */
export type Spot = { readonly startMs: number | null; readonly position: number };

type Change<Kind extends string, Before, After = Before> = {
  readonly kind: Kind;
  readonly before: Before;
  readonly after: After;
};

export type TimelineChange =
  | (Where & Change<"track_added", null, TrackFacts>)
  | (Where & Change<"track_removed", TrackFacts, null>)
  /** Its number among the tracks, not caused by others that came or went. */
  | (Where & Change<"track_moved", number>)
  | (Where & Change<"segment_added", null, SegmentFacts>)
  | (Where & Change<"segment_removed", SegmentFacts, null>)
  /** Another length, shorter or longer. */
  | (Where & Change<"segment_trimmed", Span>)
  | (Where & Change<"segment_moved", Spot>)
  | (Where & Change<"text_changed", string | null>)
  | (Where & Change<"volume_changed", number | null>)
  /** The whole timeline's length. */
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
  /** How many more there are of each kind, in the order of `CHANGE_KINDS`; a kind without any is left out. */
  readonly more: readonly { readonly kind: ChangeKind; readonly count: number }[];
};
