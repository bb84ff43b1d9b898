/** A batch: many videos, requested in one call. */
import * as z from "zod";
import { BATCH_CONCURRENCY, BATCH_ITEMS } from "../limits.ts";
import { callbackUrl, language, metadata, moment, owned, prompt } from "./common.ts";
import { generatorParams, variableValues } from "./generator.ts";
import { spent } from "./token.ts";
import { newVideo, video, videoStatus } from "./video.ts";

const { assets, output, on_question } = newVideo.shape;

const batchMode = z.enum(["one_project", "own_projects"]).meta({ id: "BatchMode" });

export const newBatchItem = z
  .strictObject({
    prompt: prompt.optional().meta({ description: "Required unless the batch names a generator." }),
    variables: variableValues.optional().meta({ description: "Values of the generator's variables." }),
    assets,
    language: language.optional(),
    on_question: on_question.unwrap().optional().meta({ description: "Defaults to the value of the batch." }),
    metadata: metadata.default({}),
  })
  .meta({ id: "NewBatchItem" });
export type NewBatchItem = z.infer<typeof newBatchItem>;

export const newBatch = z
  .strictObject({
    items: z.array(newBatchItem).min(1).max(BATCH_ITEMS),
    generator: generatorParams.shape.id
      .optional()
      .meta({ description: "The id or slug of a generator. Each item then has `variables` instead of `prompt`." }),
    mode: batchMode.default("own_projects").meta({
      description:
        "`own_projects`: each video has its own project. `one_project`: the videos are created one after the other on one timeline, each with its own export.",
    }),
    concurrency: z.int().min(1).max(BATCH_CONCURRENCY).default(4).meta({
      description: "The number of videos that run at once. `one_project` runs one at a time.",
    }),
    project: owned("prj")
      .optional()
      .meta({ description: "The project to use with `one_project`. Defaults to a new project." }),
    language: language.optional(),
    output,
    on_question,
    metadata: metadata.default({}),
    callback_url: callbackUrl,
  })
  .meta({ id: "NewBatch" });
export type NewBatch = z.infer<typeof newBatch>;

export const batch = z
  .object({
    id: owned("bat"),
    status: z.enum(["processing", "paused", "completed", "cancelled"]).meta({ id: "BatchStatus" }),
    mode: batchMode,
    concurrency: z.int(),
    counts: z.object({
      total: z.int(),
      queued: z.int(),
      running: z.int(),
      completed: z.int(),
      failed: z.int(),
      needs_input: z.int(),
      cancelled: z.int(),
    }),
    generator: video.shape.generator,
    project_id: owned("prj").nullable().meta({ description: "The project of `one_project`; null otherwise." }),
    credits: spent.meta({ description: "The sum over all turns so far." }),
    metadata,
    status_url: z.string(),
    videos_url: z.string(),
    poll_after_seconds: z
      .int()
      .nullable()
      .meta({ description: "Seconds to wait before the next poll; null once ended." }),
    created_at: moment,
    ended_at: moment.nullable(),
  })
  .meta({ id: "Batch" });
export type BatchWire = z.infer<typeof batch>;

export const batchItem = z
  .object({
    index: z.int().meta({ description: "The item's index in `items`, from 0." }),
    status: videoStatus,
    video: video.nullable().meta({ description: "Null until the item is started." }),
  })
  .meta({ id: "BatchItem" });
export type BatchItemWire = z.infer<typeof batchItem>;
