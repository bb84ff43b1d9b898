/**
 * State machine of a batch: many videos, a few at a time. Pure: the user's object commits the state and performs the
 * steps.
 *
 * A queued item is a row. Once started it is an ordinary video, and its status is the video's.
 */
import type { BatchId, KeyId, ProjectId } from "./ids.ts";
import type { EpochMs } from "./time.ts";
import type { NamedVideoRequest, VideoRequest } from "./video.ts";

/** The fields that each item sets for itself. */
export type BatchItem = Pick<VideoRequest, "prompt" | "sources" | "language" | "metadata" | "onQuestion">;

/** An item as the request sends it. */
export type NamedBatchItem = Omit<BatchItem, "sources"> & Pick<NamedVideoRequest, "sources">;

/** The fields of the request that are not per item. */
export type BatchRequest = {
  readonly mode: "one_project" | "own_projects";
  /** Maximum of videos in progress at once. `one_project` runs one at a time, whatever this says. */
  readonly concurrency: number;
  /** The project that `one_project` continues; null creates a new one. */
  readonly project: ProjectId | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly callback: string | null;
  /** The same for every item. */
  readonly shared: Pick<VideoRequest, "output" | "generator" | "attribution" | "accepts" | "expectedMs">;
};

export type Batch = BatchRequest & {
  readonly id: BatchId;
  readonly total: number;
  readonly createdAt: EpochMs;
  /** The API key that created it; null when unknown. */
  readonly key: KeyId | null;
  /** `cancelled` is set at once; `endedAt` follows when the running videos have stopped. */
  readonly status: "processing" | "paused" | "completed" | "cancelled";
  readonly endedAt: EpochMs | null;
};

/** Number of items by status. A batch ends when nothing is queued or running. */
export type BatchCounts = {
  readonly queued: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly needs_input: number;
  readonly cancelled: number;
};

export const newBatchOf = (
  order: BatchRequest & Pick<Batch, "key">,
  id: BatchId,
  total: number,
  createdAt: EpochMs,
): Batch => ({
  ...order,
  id,
  total,
  createdAt,
  status: "processing",
  endedAt: null,
});

/**
 * `wait`: the end of a running video triggers the next step. `rest`: only a request of the caller continues the batch.
 */
export type BatchStep =
  | { readonly do: "make_project" | "stop_running" | "wait" | "rest" }
  | { readonly do: "start"; readonly count: number }
  | { readonly do: "end"; readonly batch: Batch };

export function nextBatchStep(batch: Batch, { queued, running }: BatchCounts, now: EpochMs): BatchStep {
  if (batch.endedAt !== null) return { do: "rest" };
  if (batch.status === "cancelled")
    return running > 0 ? { do: "stop_running" } : { do: "end", batch: { ...batch, endedAt: now } };
  if (queued + running === 0) return { do: "end", batch: { ...batch, status: "completed", endedAt: now } };
  if (batch.status === "paused") return { do: "rest" };
  const count = Math.min(queued, widthOf(batch) - running);
  if (count <= 0) return { do: "wait" };
  if (batch.mode === "one_project" && batch.project === null) return { do: "make_project" };
  return { do: "start", count };
}

const widthOf = ({ mode, concurrency }: Batch): number => (mode === "one_project" ? 1 : concurrency);

/** What the caller can do with a batch that has not ended. */
export type BatchChange = "pause" | "resume" | "cancel";

/** Applies the change; null when it changes nothing. */
export function changedBatch(batch: Batch, change: BatchChange): Batch | null {
  if (batch.endedAt !== null || batch.status === "cancelled") return null;
  const status = ({ pause: "paused", resume: "processing", cancel: "cancelled" } as const)[change];
  return status === batch.status ? null : { ...batch, status };
}

/** The video request of one item. */
export const videoOrderOf = ({ shared, mode, project }: Batch, item: BatchItem): VideoRequest => ({
  ...shared,
  ...item,
  project: mode === "one_project" ? project : null,
  callback: null,
});
