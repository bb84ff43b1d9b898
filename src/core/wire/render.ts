/** A render: one export of a project's timeline to a file. */
import * as z from "zod";
import { SHARE_LINK_DEFAULT_SECONDS, SHARE_LINK_MAX_SECONDS } from "../limits.ts";
import { callbackUrl, failure, metadata, moment, owned } from "./common.ts";

export const RENDER_STATUSES = ["queued", "processing", "copying", "completed", "failed"] as const;
export const renderStatus = z.enum(RENDER_STATUSES);
export type RenderStatus = z.infer<typeof renderStatus>;

/** The only attested output of the upstream. */
export const output = z.strictObject({
  format: z.literal("mp4").default("mp4"),
  quality: z.literal("high").default("high"),
});

export const render = z
  .object({
    id: owned("rnd"),
    project_id: owned("prj"),
    status: renderStatus,
    progress: z.int().min(0).max(100),
    output: z.object({ format: z.literal("mp4"), quality: z.literal("high") }),
    file: z
      .object({ size_bytes: z.int(), etag: z.string(), content_type: z.string() })
      .nullable()
      .meta({ description: "The file in our own store; null until it is there." }),
    content_url: z.string().nullable(),
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
  callback_url: callbackUrl,
  metadata: metadata.default({}),
});
export type NewRender = z.infer<typeof newRender>;

export const newLink = z.strictObject({
  expires_in_seconds: z.int().min(60).max(SHARE_LINK_MAX_SECONDS).default(SHARE_LINK_DEFAULT_SECONDS),
});
export const link = z.object({ url: z.string(), expires_at: moment }).meta({ id: "Link" });
