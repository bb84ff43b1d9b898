/** A video: one call, prompt in, file out. A batch: many of them. */
import * as z from "zod";
import { charged, failure, metadata, moment, owned, prompt } from "./common.ts";

export const video = z
  .object({
    id: owned("vid"),
    status: z.enum(["queued", "processing", "needs_input", "completed", "failed", "cancelled"]),
    stage: z.enum(["project", "assets", "turn", "timeline", "render", "file", "done"]),
    progress: z.int().min(0).max(100),
    prompt,
    project_id: owned("prj").nullable(),
    turn_id: owned("trn").nullable(),
    render_id: owned("rnd").nullable(),
    charged: charged.nullable(),
    error: failure.nullable(),
    metadata,
    content_url: z.string().nullable(),
    created_at: moment,
    ended_at: moment.nullable(),
  })
  .meta({ id: "Video" });

export const batch = z
  .object({
    id: owned("bat"),
    status: z.enum(["running", "paused", "cancelled", "completed"]),
    mode: z.enum(["one_project", "own_projects"]),
    counts: z.object({ total: z.int(), completed: z.int(), failed: z.int(), running: z.int(), queued: z.int() }),
    created_at: moment,
    ended_at: moment.nullable(),
  })
  .meta({ id: "Batch" });
