/** The doors of a user's object that lead to batches. */
import type { BatchChange, BatchOrder, NamedBatchItem } from "../../core/batch.ts";
import type { BatchId } from "../../core/ids.ts";
import type { BatchPort, Call, Page, PageRequest } from "../../core/ports.ts";
import { ok } from "../../core/result.ts";
import type { BatchItemWire, BatchWire } from "../../core/wire/batch.ts";
import type { Batches } from "./batches.ts";
import type { Answer } from "./doors.ts";
import { MakingDoors } from "./making-doors.ts";

export abstract class BatchDoors extends MakingDoors implements BatchPort {
  protected abstract readonly batches: Batches;

  async startBatch(call: Call, order: BatchOrder, items: readonly NamedBatchItem[]): Answer<BatchWire> {
    return this.living(() => this.batches.start(call, order, items));
  }

  async readBatch(id: BatchId): Answer<BatchWire> {
    return this.batches.read(id);
  }

  async listBatches(page: PageRequest): Promise<Page<BatchWire>> {
    return this.batches.list(page);
  }

  async listBatchItems(
    id: BatchId,
    page: PageRequest,
    status: BatchItemWire["status"] | null = null,
  ): Answer<Page<BatchItemWire>> {
    const listed = this.batches.items(id, page, status);
    if (!listed.ok) return listed;
    const { data, ...place } = listed.value;
    const shown = data.map(async ({ video, ...item }) => ({
      ...item,
      video: video === null ? null : await this.downloads.one(video),
    }));
    return ok({ ...place, data: await Promise.all(shown) });
  }

  async changeBatch(_call: Call, id: BatchId, change: BatchChange): Answer<BatchWire> {
    return this.living(() => this.batches.change(id, change));
  }
}
