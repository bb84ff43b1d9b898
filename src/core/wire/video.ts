/** A video: one call, prompt in, file out. */
import * as z from "zod";
import { addresses } from "../body-values.ts";
import { MAX_VIDEO_SOURCES, PROMPT_BYTES, TARGET_CHARS } from "../limits.ts";
import {
  callbackUrl,
  charged,
  failure,
  isPromptSized,
  language,
  metadata,
  moment,
  owned,
  prompt,
  promptSource,
} from "./common.ts";
import { fileFields } from "./file.ts";
import { variableValues } from "./generator.ts";
import { output } from "./render.ts";
import { spent } from "./token.ts";
import { turnEvent } from "./turn-event.ts";

export const videoStage = z.enum(["project", "assets", "turn", "timeline", "render", "file", "done"]);

export const video = z
  .object({
    id: owned("vid"),
    status: z.enum(["queued", "processing", "needs_input", "completed", "failed", "cancelled"]),
    stage: videoStage.meta({ description: "What it is at; at an end, how far it came." }),
    progress: z.int().min(0).max(100),
    elapsed_ms: z.int().meta({ description: "Since it was ordered, or gone on with, until its end." }),
    prompt: z.string().nullable().meta({ description: "Null for a user token where a generator wrote it." }),
    prompt_source: promptSource,
    message: z.string().nullable().meta({ description: "What the agent said last; a question, when it needs input." }),
    generator: z.object({ id: z.string(), slug: z.string(), version: z.int() }).nullable(),
    batch_id: owned("bat").nullable(),
    project_id: owned("prj").nullable(),
    turn_id: owned("trn").nullable(),
    render_id: owned("rnd").nullable(),
    asset_ids: z.array(owned("ast")),
    charged: charged.nullable().meta({ description: "Null until a turn of it has ended." }),
    credits: spent.nullable(),
    error: failure.nullable(),
    metadata,
    status_url: z.string(),
    events_url: z.string(),
    ...fileFields,
    content_url: z.string().meta({ description: "The same file, for requests with a key; 409 until it is there." }),
    cancel_url: z.string(),
    poll_after_seconds: z.int().nullable().meta({ description: "When to read again; null at an end." }),
    estimated_seconds: z
      .int()
      .nullable()
      .meta({ description: "What is left, as far as one can tell; null at an end." }),
    deduplicated: z.literal(true).optional().meta({ description: "The same request came a moment ago and made it." }),
    created_at: moment,
    ended_at: moment.nullable(),
  })
  .meta({ id: "Video" });
export type VideoWire = z.infer<typeof video>;

const SOURCES = "must be the id of an asset or of an upload, or an https address";
const source = z
  .union(
    [owned("ast"), owned("upl"), z.url(SOURCES).max(TARGET_CHARS).register(addresses, { kind: "address" })],
    SOURCES,
  )
  .meta({
    description: "An asset's id, an upload's id, or an https address.",
    example: "https://example.com/clip.mp4",
  });

const ON_QUESTION = `must be fail, wait or answer: …, of at most ${PROMPT_BYTES} bytes`;

/** What every way of making a video may be told beside what it is made of. */
const common = {
  assets: z.array(source).max(MAX_VIDEO_SOURCES).default([]),
  project: owned("prj").optional().meta({ description: "Go on in this project; a new one where none is named." }),
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
        "When the agent asks back: `wait` for your next turn, `fail`, or `answer: …` to give that answer, once.",
      example: "wait",
    }),
  metadata: metadata.default({}),
  callback_url: callbackUrl,
  dry_run: z.boolean().default(false).meta({ description: "Only check, and show what would be sent." }),
  dedupe: z.boolean().default(true).meta({
    description: "Without an Idempotency-Key, the same body again within 60 s finds the first video. False: never.",
  }),
} as const;

export const newVideo = z.strictObject({ prompt, ...common });
export type NewVideo = z.infer<typeof newVideo>;

export const newGeneratorVideo = z.strictObject({ variables: variableValues.default({}), ...common });
export type NewGeneratorVideo = z.infer<typeof newGeneratorVideo>;

export const newVideoTurn = z.strictObject({ prompt });
export type NewVideoTurn = z.infer<typeof newVideoTurn>;

/** What would be done, and is not. */
export const videoPlan = z
  .object({
    dry_run: z.literal(true),
    prompt: z.string().nullable().meta({ description: "Null for a user token where a generator wrote it." }),
    generator: video.shape.generator,
    asset_ids: z.array(z.string()),
    output: z.object({ format: z.string(), quality: z.string() }),
    estimated_seconds: z.int(),
  })
  .meta({ id: "VideoPlan" });
export type VideoPlanWire = z.infer<typeof videoPlan>;

/** The stream of a whole video: its stages, what its turns say, the end. */
export const videoEvent = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("video.started"), id: owned("vid"), events_url: z.string() }),
    z.object({
      type: z.literal("video.import"),
      status: z.enum(["started", "stored"]),
      upload_id: owned("upl"),
      asset_id: owned("ast"),
    }),
    z.object({ type: z.literal("video.stage"), stage: videoStage, progress: z.int() }),
    ...turnEvent.options.filter(({ shape }) => !shape.type.value.startsWith("turn.")),
    z.object({ type: z.literal("video.completed"), video }),
    z.object({ type: z.literal("video.failed"), video }),
    z.object({ type: z.literal("video.cancelled"), video }),
    z.object({ type: z.literal("video.needs_input"), video }),
  ])
  .meta({ id: "VideoEvent" });
export type VideoEventWire = z.infer<typeof videoEvent>;

/** Whether a turn's event belongs into the stream of its video: whole messages and what changed, not pieces and not its own frame. */
export const isPublishedByVideo = (event: { readonly type: string; readonly partial?: boolean }): boolean =>
  !event.type.startsWith("turn.") && event.partial !== true;

/** True for the event after which nothing more happens by itself. */
export const isVideoEnd = (type: string): boolean =>
  ["video.completed", "video.failed", "video.cancelled", "video.needs_input"].includes(type);

export const videoEventsPage = z
  .object({ data: z.array(z.object({ id: z.int(), event: videoEvent })), next_after: z.int(), ended: z.boolean() })
  .meta({ id: "VideoEventsPage" });
export type VideoEventsPage = z.infer<typeof videoEventsPage>;
