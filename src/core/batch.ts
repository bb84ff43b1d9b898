/**
 * What a batch is and what it does next: many videos, a few at a time. Decides only; the user's object commits and performs.
 *
 * An item is a row until its moment comes; then it is a video like any other, and how it stands is the video's own state.
 */
import type { BatchId, KeyId, ProjectId } from "./ids.ts";
import type { EpochMs } from "./time.ts";
import type { NamedVideoRequest, VideoRequest } from "./video.ts";

/** What each item says for itself. */
export type BatchItem = Pick<VideoRequest, "prompt" | "sources" | "language" | "metadata" | "onQuestion">;

/** The same as it comes in. */
export type NamedBatchItem = Omit<BatchItem, "sources"> & Pick<NamedVideoRequest, "sources">;

/** What a caller orders beside the items. */
export type BatchRequest = {
  readonly mode: "one_project" | "own_projects";
  /** Videos being made at once; one_project makes one at a time, whatever is said. */
  readonly concurrency: number;
  /** Where one_project goes on; null: in a new one. */
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
  /** The API key that ordered it; missing: not known. */
  readonly key?: KeyId | null;
  /** `cancelled` is said at once; the end comes when what was being made has stopped. */
  readonly status: "processing" | "paused" | "completed" | "cancelled";
  readonly endedAt: EpochMs | null;
};

/** How many items stand where. A batch is over when nothing is queued or running. */
export type BatchCounts = {
  readonly queued: number;
  readonly running: number;
  readonly completed: number;
  readonly failed: number;
  readonly needs_input: number;
  readonly cancelled: number;
};

export const newBatchOf = (order: BatchRequest, id: BatchId, total: number, createdAt: EpochMs): Batch => ({
  ...order,
  id,
  total,
  createdAt,
  status: "processing",
  endedAt: null,
});

/** `wait`: a video that ends tells us; `rest`: only the caller can go on. */
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

/** What the caller may do with a batch that is not over. */
export type BatchChange = "pause" | "resume" | "cancel";

/** The batch after the change; null where it changes nothing. */
export function changedBatch(batch: Batch, change: BatchChange): Batch | null {
  if (batch.endedAt !== null || batch.status === "cancelled") return null;
  const status = ({ pause: "paused", resume: "processing", cancel: "cancelled" } as const)[change];
  return status === batch.status ? null : { ...batch, status };
}

/** The order of one item's video. */
export const videoOrderOf = ({ shared, mode, project }: Batch, item: BatchItem): VideoRequest => ({
  ...shared,
  ...item,
  project: mode === "one_project" ? project : null,
  callback: null,
});
