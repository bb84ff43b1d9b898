/** A batch and its items as the outside sees them. */
import type { Batch, BatchCounts } from "../../core/batch.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { BatchItemWire, BatchWire } from "../../core/wire/batch.ts";
import type { ListedItem } from "./batch-rows.ts";
import { type Home, originOf } from "./home.ts";
import type { ShownVideo } from "./video-show.ts";

/** When to read a running batch again. Chosen: an item takes a minute or two. */
const POLL_AFTER_SECONDS = 10;

export function showBatch(home: Home, batch: Batch, counts: BatchCounts, spent: number | null): BatchWire {
  const { status, endedAt, total } = batch;
  const url = `${originOf(home)}/v1/batches/${batch.id}`;
  // What a cancelled batch never began counts as cancelled too.
  const never = status === "cancelled" ? counts.queued : 0;
  const { generator } = batch.shared;
  return {
    id: batch.id,
    status,
    mode: batch.mode,
    concurrency: batch.concurrency,
    counts: { total, ...counts, queued: counts.queued - never, cancelled: counts.cancelled + never },
    generator: generator === null ? null : { ...generator },
    project_id: batch.project,
    credits: { amount: spent, basis: spent === null ? "unknown" : "measured" },
    metadata: { ...batch.metadata },
    status_url: url,
    videos_url: `${url}/videos`,
    poll_after_seconds: endedAt === null ? POLL_AFTER_SECONDS : null,
    created_at: toRfc3339(batch.createdAt),
    ended_at: endedAt === null ? null : toRfc3339(endedAt),
  };
}

export type ShownItem = Omit<BatchItemWire, "video"> & { readonly video: ShownVideo | null };

export function showItem(batch: Batch, { n, status }: ListedItem, shown: ShownVideo | null): ShownItem {
  return { index: n, status: status === "waiting" ? waitingAs(batch) : status, video: shown };
}

/** How an item stands that has no video yet. */
export const waitingAs = ({ status }: Batch): "queued" | "cancelled" =>
  status === "cancelled" ? "cancelled" : "queued";
