/**
 * A project: one conversation and one timeline. Upstream it is a task and a session. And what changed between two
 * states of its timeline.
 */
import * as z from "zod";
import {
  CHANGE_KINDS,
  type SegmentProperties,
  type Spot,
  type TimelineChange,
  type TimelineDiff,
  type TimeSpan,
  type TrackProperties,
} from "../timeline/diff.ts";
import { language, metadata, moment, owned, title } from "./common.ts";

/** The kinds of tracks of a timeline. */
export const trackKind = z.enum(["video", "audio", "text", "other"]).meta({ id: "TrackKind" });

const timelineSegment = z
  .object({
    label: z.string(),
    start_ms: z.number().nullable(),
    duration_ms: z.number().nullable(),
    volume: z.number().nullable().meta({ description: "From 0 to 1." }),
    text: z.string().nullable(),
  })
  .meta({ id: "TimelineSegment" });

export const timeline = z
  .object({
    project_id: owned("prj"),
    summary: z.string().meta({
      example:
        'Timeline (3 tracks): 1. Video: city timelapse (0-10s) 2. BGM: Lo-fi (0-10s, 35%) 3. Title: "Urban Dreams" (0-3s)',
    }),
    exportable: z.boolean(),
    duration_ms: z.number().nullable(),
    width: z.number().nullable(),
    height: z.number().nullable(),
    tracks: z.array(z.object({ kind: trackKind, segments: z.array(timelineSegment) }).meta({ id: "TimelineTrack" })),
  })
  .meta({ id: "Timeline" });
export type TimelineWire = z.infer<typeof timeline>;

export const project = z
  .object({
    id: owned("prj"),
    name: z.string(),
    language: z.string().nullable(),
    summary: z.string().nullable().meta({ description: "The timeline in one line, after the last settled turn." }),
    metadata,
    turns_url: z.string(),
    timeline_url: z.string(),
    renders_url: z.string(),
    created_at: moment,
  })
  .meta({ id: "Project" });
export type ProjectWire = z.infer<typeof project>;

export const projectPatch = z
  .strictObject({
    name: title(200).optional(),
    metadata: metadata.optional().meta({ description: "Replaces all metadata.", example: { order: "7" } }),
  })
  .meta({ id: "ProjectPatch" });
export type ProjectPatch = z.infer<typeof projectPatch>;

export const newProject = z
  .strictObject({
    name: title(200).default("project"),
    language: language.optional(),
    metadata: metadata.default({}),
  })
  .meta({ id: "NewProject" });
export type NewProject = z.infer<typeof newProject>;

/** A link to Nemo's web app. Anyone with the link can open the project; it grants no access to an API. */
export const browserLink = z.object({ url: z.string(), expires_at: moment }).meta({ id: "BrowserLink" });
export type BrowserLinkWire = z.infer<typeof browserLink>;

/* The wire format of timeline changes: times in milliseconds, volume from 0 to 1; null if unknown. */

const ms = z.int().nullable();
const volume = z.number().nullable().meta({ description: "From 0 to 1." });
const text = z.string().nullable();

const span = z.object({ start_ms: ms, duration_ms: ms }).meta({ id: "ChangedSpan" });
const segment = z.object({ ...span.shape, volume, text }).meta({ id: "ChangedSegment" });
const track = z.object({ ...segment.shape, segments: z.int() }).meta({ id: "ChangedTrack" });
const spot = z
  .object({
    start_ms: ms,
    position: z.int().meta({ description: "The segment's position in the track, from 1." }),
  })
  .meta({ id: "ChangedPosition" });

const where = {
  track_kind: trackKind,
  track_number: z
    .int()
    .meta({ description: "The track's number, from 1. For a removed track or segment, the number before the change." }),
  label: z.string(),
};

const timelineChange = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("track_added"), ...where, before: z.null(), after: track }),
    z.object({ kind: z.literal("track_removed"), ...where, before: track, after: z.null() }),
    z.object({ kind: z.literal("track_moved"), ...where, before: z.int(), after: z.int() }),
    z.object({ kind: z.literal("segment_added"), ...where, before: z.null(), after: segment }),
    z.object({ kind: z.literal("segment_removed"), ...where, before: segment, after: z.null() }),
    z.object({ kind: z.literal("segment_trimmed"), ...where, before: span, after: span }),
    z.object({ kind: z.literal("segment_moved"), ...where, before: spot, after: spot }),
    z.object({ kind: z.literal("text_changed"), ...where, before: text, after: text }),
    z.object({ kind: z.literal("volume_changed"), ...where, before: volume, after: volume }),
    z.object({ kind: z.literal("duration_changed"), before: ms, after: ms }),
  ])
  .meta({ id: "TimelineChange" });
type TimelineChangeWire = z.infer<typeof timelineChange>;

export const timelineDiff = z
  .object({
    changes: z.array(timelineChange).meta({ description: "At most 20 changes." }),
    more: z
      .array(z.object({ kind: z.enum(CHANGE_KINDS), count: z.int() }))
      .meta({ description: "The number of further changes of each kind." }),
  })
  .meta({ id: "TimelineDiff" });
export type TimelineDiffWire = z.infer<typeof timelineDiff>;

const spanWire = ({ startMs, durationMs }: TimeSpan) => ({ start_ms: startMs, duration_ms: durationMs });
const spotWire = ({ startMs, position }: Spot) => ({ start_ms: startMs, position });
const segmentWire = (properties: SegmentProperties) => ({
  ...spanWire(properties),
  volume: properties.volume,
  text: properties.text,
});
const trackWire = (properties: TrackProperties) => ({ ...segmentWire(properties), segments: properties.segments });

function changeWire(change: TimelineChange): TimelineChangeWire {
  if (change.kind === "duration_changed") return change;
  const { trackKind, trackNumber, ...rest } = change;
  const at = { track_kind: trackKind, track_number: trackNumber, label: rest.label };
  switch (rest.kind) {
    case "track_added":
      return { kind: rest.kind, ...at, before: null, after: trackWire(rest.after) };
    case "track_removed":
      return { kind: rest.kind, ...at, before: trackWire(rest.before), after: null };
    case "segment_added":
      return { kind: rest.kind, ...at, before: null, after: segmentWire(rest.after) };
    case "segment_removed":
      return { kind: rest.kind, ...at, before: segmentWire(rest.before), after: null };
    case "segment_trimmed":
      return { kind: rest.kind, ...at, before: spanWire(rest.before), after: spanWire(rest.after) };
    case "segment_moved":
      return { kind: rest.kind, ...at, before: spotWire(rest.before), after: spotWire(rest.after) };
    case "track_moved":
      return { kind: rest.kind, ...at, before: rest.before, after: rest.after };
    case "text_changed":
      return { kind: rest.kind, ...at, before: rest.before, after: rest.after };
    case "volume_changed":
      return { kind: rest.kind, ...at, before: rest.before, after: rest.after };
  }
}

export const timelineDiffWire = ({ changes, more }: TimelineDiff): TimelineDiffWire => ({
  changes: changes.map(changeWire),
  more: more.map(({ kind, count }) => ({ kind, count })),
});
