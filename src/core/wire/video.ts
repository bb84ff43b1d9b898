/** A video: one call from a prompt to a file. */
import * as z from "zod";
import { MAX_VIDEO_SOURCES, PROMPT_BYTES, TARGET_CHARS } from "../limits.ts";
import { addresses } from "../requests/body-values.ts";
import {
  callbackUrl,
  charged,
  cost,
  failure,
  fileFields,
  isPromptSized,
  language,
  metadata,
  moment,
  owned,
  prompt,
  promptSource,
  targetUrl,
} from "./common.ts";
import { variableValues } from "./generator.ts";
import { output, shownOutput } from "./render.ts";
import { spent } from "./token.ts";
import { turnEvent } from "./turn.ts";

export const videoStage = z
  .enum(["project", "assets", "turn", "timeline", "render", "file", "done"])
  .meta({ id: "VideoStage" });

export const videoStatus = z
  .enum(["queued", "processing", "needs_input", "completed", "failed", "cancelled"])
  .meta({ id: "VideoStatus" });

/** The generator and its version that a video was created with. */
const usedGenerator = z.object({ id: z.string(), slug: z.string(), version: z.int() }).meta({ id: "UsedGenerator" });

export const video = z
  .object({
    id: owned("vid"),
    status: videoStatus,
    stage: videoStage.meta({ description: "The current step; once ended, the last step reached." }),
    progress: z.int().min(0).max(100),
    elapsed_ms: z.int().meta({ description: "Time since the video was created or continued, until it ended." }),
    prompt: z
      .string()
      .nullable()
      .meta({ description: "Null for a user token if the prompt was built from a generator." }),
    prompt_source: promptSource,
    message: z.string().nullable().meta({ description: "The agent's last message. With `needs_input`, its question." }),
    generator: usedGenerator.nullable(),
    batch_id: owned("bat").nullable(),
    project_id: owned("prj").nullable(),
    turn_id: owned("trn").nullable(),
    render_id: owned("rnd").nullable(),
    asset_ids: z.array(owned("ast")),
    charged: charged.nullable().meta({ description: "Null until a turn of the video has ended." }),
    credits: spent.nullable(),
    error: failure.nullable(),
    metadata,
    status_url: z.string(),
    events_url: z.string(),
    ...fileFields,
    content_url: z
      .string()
      .meta({ description: "Downloads the file with a credential; 409 until the file is available." }),
    cancel_url: z.string(),
    poll_after_seconds: z
      .int()
      .nullable()
      .meta({ description: "Seconds to wait before the next poll; null once ended." }),
    estimated_seconds: z.int().nullable().meta({ description: "Estimated seconds until the end; null once ended." }),
    deduplicated: z
      .literal(true)
      .optional()
      .meta({ description: "True if an identical request created this video within the last 60 seconds." }),
    created_at: moment,
    ended_at: moment.nullable(),
  })
  .meta({ id: "Video" });
export type VideoWire = z.infer<typeof video>;

const SOURCES = "must be the id of an asset or an upload, or an https address";
const source = z
  .union(
    [owned("ast"), owned("upl"), z.url(SOURCES).max(TARGET_CHARS).register(addresses, { kind: "address" })],
    SOURCES,
  )
  .meta({
    description: "The id of an asset or an upload, or an https address.",
    example: "https://example.com/clip.mp4",
  });

const ON_QUESTION = `must be fail, wait or answer: …, of at most ${PROMPT_BYTES} bytes`;

/** The fields of every request that creates a video. */
const common = {
  assets: z.array(source).max(MAX_VIDEO_SOURCES).default([]),
  project: owned("prj").optional().meta({ description: "The project to use. Defaults to a new project." }),
  language: language.optional(),
  output: output.default({ format: "mp4", quality: "high" }),
  on_question: z
    .union([
      z.literal("fail"),
      z.literal("wait"),
      z
        .string()
        .regex(/^answer:\s*\S/, ON_QUESTION)
        .refine(isPromptSized, ON_QUESTION),
    ])
    .default("wait")
    .meta({
      description:
        "What to do if the agent asks a question. `wait`: end in `needs_input` until you continue the video. `fail`: fail the video. `answer: …`: send this answer, once.",
      example: "wait",
    }),
  metadata: metadata.default({}),
  callback_url: callbackUrl,
  dry_run: z
    .boolean()
    .default(false)
    .meta({ description: "Validate the request and return the plan; create nothing." }),
  dedupe: z.boolean().default(true).meta({
    description:
      "Without an `Idempotency-Key`, an identical request within 60 seconds returns the first video. False disables this.",
  }),
} as const;

export const newVideo = z.strictObject({ prompt, ...common }).meta({ id: "NewVideo" });
export type NewVideo = z.infer<typeof newVideo>;

export const newGeneratorVideo = z
  .strictObject({ variables: variableValues.default({}), ...common })
  .meta({ id: "NewGeneratorVideo" });
export type NewGeneratorVideo = z.infer<typeof newGeneratorVideo>;

export const newVideoTurn = z
  .strictObject({
    prompt,
    callback_url: targetUrl.optional().meta({
      description:
        "An https address that receives the video's next end, and later ones, in place of the `callback_url` it had. Defaults to that one.",
    }),
  })
  .meta({ id: "NewVideoTurn" });
export type NewVideoTurn = z.infer<typeof newVideoTurn>;

/** The plan of a video, for `dry_run`. */
export const videoPlan = z
  .object({
    dry_run: z.literal(true),
    prompt: z
      .string()
      .nullable()
      .meta({ description: "Null for a user token if the prompt was built from a generator." }),
    generator: video.shape.generator,
    asset_ids: z.array(z.string()),
    output: shownOutput,
    estimated_seconds: z.int(),
    cost,
  })
  .meta({ id: "VideoPlan" });
export type VideoPlanWire = z.infer<typeof videoPlan>;

/** The events of a video: its stages, the events of its turns, and the end. */
export const videoEvent = z
  .discriminatedUnion("type", [
    z
      .object({ type: z.literal("video.started"), id: owned("vid"), events_url: z.string() })
      .meta({ id: "VideoStartedEvent" }),
    z
      .object({
        type: z.literal("video.import"),
        status: z.enum(["started", "stored"]),
        upload_id: owned("upl"),
        asset_id: owned("ast"),
      })
      .meta({ id: "VideoImportEvent" }),
    z.object({ type: z.literal("video.stage"), stage: videoStage, progress: z.int() }).meta({ id: "VideoStageEvent" }),
    ...turnEvent.options.filter(({ shape }) => !shape.type.value.startsWith("turn.")),
    z.object({ type: z.literal("video.completed"), video }).meta({ id: "VideoCompletedEvent" }),
    z.object({ type: z.literal("video.failed"), video }).meta({ id: "VideoFailedEvent" }),
    z.object({ type: z.literal("video.cancelled"), video }).meta({ id: "VideoCancelledEvent" }),
    z.object({ type: z.literal("video.needs_input"), video }).meta({ id: "VideoNeedsInputEvent" }),
  ])
  .meta({ id: "VideoEvent" });
export type VideoEventWire = z.infer<typeof videoEvent>;

/** True if a turn's event is also published in its video's stream: all except partial messages and `turn.*` events. */
export const isPublishedByVideo = (event: { readonly type: string; readonly partial?: boolean }): boolean =>
  !event.type.startsWith("turn.") && event.partial !== true;

/** True for the events that end a video, or pause it until the caller continues it. */
export const isVideoEnd = (type: string): boolean =>
  ["video.completed", "video.failed", "video.cancelled", "video.needs_input"].includes(type);

export const videoEventsPage = z
  .object({
    data: z.array(z.object({ id: z.int(), event: videoEvent }).meta({ id: "VideoEventEntry" })),
    next_after: z.int(),
    ended: z.boolean(),
  })
  .meta({ id: "VideoEventPage" });
export type VideoEventsPage = z.infer<typeof videoEventsPage>;
