/** A project: one conversation and one timeline. Upstream it is a task and a session. */
import * as z from "zod";
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
