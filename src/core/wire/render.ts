/** A render: one export of a project's timeline to a file. */
import * as z from "zod";
import { SHARE_LINK_DEFAULT_SECONDS, SHARE_LINK_MAX_SECONDS } from "../limits.ts";
import { callbackUrl, failure, metadata, moment, owned } from "./common.ts";
import { fileFields } from "./file.ts";

export const RENDER_STATUSES = ["queued", "processing", "copying", "completed", "failed"] as const;
export const renderStatus = z.enum(RENDER_STATUSES);
export type RenderStatus = z.infer<typeof renderStatus>;

/** What a render is doing just now. `waiting`: Nemo has it and has not begun. `late`: told as failed, still asked for. */
export const RENDER_STAGES = ["queued", "submitting", "waiting", "rendering", "copying", "late"] as const;

const outputWord = z.string().regex(/^[a-z0-9_-]{1,20}$/, "must be 1 to 20 of a-z, 0-9, _ and -");

/** `mp4` and `high` are the only output that Nemo's own clients ask for; others are refused unless the operator lets them through. */
export const output = z.strictObject({ format: outputWord.default("mp4"), quality: outputWord.default("high") });

const renderFile = z.object({
  size_bytes: z.int(),
  etag: z.string(),
  content_type: z.string(),
  sha256: z.string().nullable(),
  duration_ms: z.int().nullable(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  codec: z.string().nullable().meta({ example: "h264" }),
  expires_at: moment.meta({ description: "When the file is removed." }),
});

const warning = z.object({
  code: z.enum(["duration_differs", "dimensions_differ", "file_not_inspected"]),
  detail: z.string(),
});

const attempt = z.object({ submitted_at: moment.nullable(), ended_at: moment, detail: z.string() });

export const render = z
  .object({
    id: owned("rnd"),
    project_id: owned("prj"),
    status: renderStatus,
    stage: z
      .enum(RENDER_STAGES)
      .nullable()
      .meta({ description: "What it is doing just now; null when nothing more is done." }),
    progress: z.int().min(0).max(100),
    output: z.object({ format: z.string(), quality: z.string() }),
    file: renderFile.nullable().meta({ description: "The file in our own store; null until it is there." }),
    ...fileFields,
    content_url: z.string().nullable().meta({
      description: "The same file, for requests with a key. Null until it is there, and after it was removed.",
    }),
    reused_from: owned("rnd").nullable().meta({ description: "The render whose file this one shows." }),
    warnings: z.array(warning),
    attempts: z.array(attempt).meta({ description: "Nemo's jobs that came to nothing before the present one." }),
    error: failure.nullable(),
    metadata,
    created_at: moment,
    next_check_at: moment.nullable(),
    ended_at: moment.nullable(),
  })
  .meta({ id: "Render" });
export type RenderWire = z.infer<typeof render>;

export const newRender = z.strictObject({
  output: output.default({ format: "mp4", quality: "high" }),
  reuse: z.boolean().default(true).meta({ description: "Take the finished file of the same, unchanged timeline." }),
  dry_run: z.boolean().default(false).meta({ description: "Only tell what would be exported." }),
  callback_url: callbackUrl,
  metadata: metadata.default({}),
});
export type NewRender = z.infer<typeof newRender>;

/** What an order would export. */
export const renderPlan = z
  .object({
    dry_run: z.literal(true),
    project_id: owned("prj"),
    summary: z.string(),
    duration_ms: z.int().nullable(),
    width: z.int().nullable(),
    height: z.int().nullable(),
    output: z.object({ format: z.string(), quality: z.string() }),
    reuses: owned("rnd").nullable().meta({ description: "The finished render whose file the order would show." }),
  })
  .meta({ id: "RenderPlan" });
export type RenderPlan = z.infer<typeof renderPlan>;

export const newLink = z.strictObject({
  expires_in_seconds: z.int().min(60).max(SHARE_LINK_MAX_SECONDS).default(SHARE_LINK_DEFAULT_SECONDS),
});
export const link = z.object({ url: z.string(), expires_at: moment }).meta({ id: "Link" });
