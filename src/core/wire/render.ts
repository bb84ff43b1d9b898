/** A render: an export of a project's timeline to a file. */
import * as z from "zod";
import { SHARE_LINK_DEFAULT_SECONDS, SHARE_LINK_MAX_SECONDS } from "../limits.ts";
import { callbackUrl, cost, failure, fileFields, metadata, moment, owned } from "./common.ts";

export const RENDER_STATUSES = ["queued", "processing", "copying", "completed", "failed"] as const;
export const renderStatus = z.enum(RENDER_STATUSES).meta({ id: "RenderStatus" });
export type RenderStatus = z.infer<typeof renderStatus>;

/** The current step of a render. `waiting`: Nemo has the job and has not started it. `late`: reported as failed, still polled. */
export const RENDER_STAGES = ["queued", "submitting", "waiting", "rendering", "copying", "late"] as const;

const outputName = z.string().regex(/^[a-z0-9_-]{1,20}$/, "must be 1 to 20 of a-z, 0-9, _ and -");

/** `mp4` and `high` are the only output that Nemo's own clients request. Others are rejected unless the operator allows them. */
export const output = z
  .strictObject({ format: outputName.default("mp4"), quality: outputName.default("high") })
  .meta({ id: "NewOutput" });

/** The output of an existing render or of a plan. */
export const shownOutput = z.object({ format: z.string(), quality: z.string() }).meta({ id: "Output" });

const renderFile = z.object({
  size_bytes: z.int(),
  etag: z.string(),
  content_type: z.string(),
  sha256: z.string().nullable(),
  duration_ms: z.int().nullable(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  codec: z.string().nullable().meta({ example: "h264" }),
  expires_at: moment.meta({ description: "When the file is deleted." }),
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
    stage: z.enum(RENDER_STAGES).nullable().meta({
      description:
        "The current step; null when no work is left. `late`: reported as failed, but still polled in case the file arrives.",
    }),
    progress: z.int().min(0).max(100),
    output: shownOutput,
    file: renderFile.nullable().meta({ description: "The stored file; null until it is available." }),
    ...fileFields,
    content_url: z.string().nullable().meta({
      description: "Downloads the file with a credential. Null until the file is available and after it was deleted.",
    }),
    reused_from: owned("rnd").nullable().meta({ description: "The render whose file this one reuses." }),
    warnings: z.array(warning),
    attempts: z.array(attempt).meta({ description: "Earlier Nemo jobs of this render that failed." }),
    error: failure.nullable(),
    metadata,
    created_at: moment,
    next_check_at: moment.nullable().meta({ description: "When the gateway next polls Nemo." }),
    ended_at: moment.nullable(),
  })
  .meta({ id: "Render" });
export type RenderWire = z.infer<typeof render>;

export const newRender = z
  .strictObject({
    output: output.default({ format: "mp4", quality: "high" }),
    reuse: z
      .boolean()
      .default(true)
      .meta({ description: "Reuse the file of an earlier render if the timeline has not changed." }),
    dry_run: z.boolean().default(false).meta({ description: "Return the plan; export nothing." }),
    callback_url: callbackUrl,
    metadata: metadata.default({}),
  })
  .meta({ id: "NewRender" });
export type NewRender = z.infer<typeof newRender>;

/** The plan of a render, for `dry_run`. */
export const renderPlan = z
  .object({
    dry_run: z.literal(true),
    project_id: owned("prj"),
    summary: z.string(),
    duration_ms: z.int().nullable(),
    width: z.int().nullable(),
    height: z.int().nullable(),
    output: shownOutput,
    reuses: owned("rnd")
      .nullable()
      .meta({ description: "The render whose file would be reused; null if a new file would be exported." }),
    cost,
  })
  .meta({ id: "RenderPlan" });
export type RenderPlan = z.infer<typeof renderPlan>;

export const newLink = z
  .strictObject({
    expires_in_seconds: z.int().min(60).max(SHARE_LINK_MAX_SECONDS).default(SHARE_LINK_DEFAULT_SECONDS),
  })
  .meta({ id: "NewLink" });
export const link = z
  .object({
    download_url: z.string().meta({
      description: "Downloads the file without a credential; with `?inline` it is played in the browser.",
      example: "https://gateway.example/f/…",
    }),
    download_url_expires_at: moment,
    url: z
      .string()
      .meta({ description: "The same address as `download_url`.", example: "https://gateway.example/f/…" }),
  })
  .meta({ id: "Link" });
