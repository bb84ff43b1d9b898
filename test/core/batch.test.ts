/** What a batch does next, for every mix of items. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Batch, changedBatch, newBatchOf, nextBatchStep } from "../../src/core/batch.ts";

const ID = `bat_${"0".repeat(36)}` as const;
const shared = {
  output: { format: "mp4", quality: "high" },
  generator: null,
  attribution: null,
  accepts: null,
  expectedMs: 1,
} as const;
const batchOf = (mode: Batch["mode"], concurrency: number, total: number): Batch => ({
  ...newBatchOf({ mode, concurrency, project: null, metadata: {}, callback: null, key: null, shared }, ID, total, 0),
});

describe("a batch", () => {
  it("starts every item once, never more at once than its limit, and ends once", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Batch["mode"]>("one_project", "own_projects"),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.nat({ max: 3 }), { maxLength: 60 }),
        (mode, concurrency, total, luck) => {
          let batch = batchOf(mode, concurrency, total);
          const width = mode === "one_project" ? 1 : concurrency;
          let [queued, running, over] = [total, 0, 0];
          for (let round = 0; batch.endedAt === null; round += 1) {
            const counts = { queued, running, completed: over, failed: 0, needs_input: 0, cancelled: 0 };
            const step = nextBatchStep(batch, counts, round);
            if (step.do === "make_project") batch = { ...batch, project: `prj_${"0".repeat(36)}` };
            if (step.do === "start") [queued, running] = [queued - step.count, running + step.count];
            if (step.do === "end") batch = step.batch;
            if (step.do === "wait") {
              const ended = Math.min(running, (luck[round] ?? 1) || 1);
              [running, over] = [running - ended, over + ended];
            }
            expect(running).toBeLessThanOrEqual(width);
            expect(round).toBeLessThan(200);
          }
          expect([over, batch.status]).toEqual([total, "completed"]);
        },
      ),
    );
  });

  it("starts nothing while it is paused, and ends only when all its videos have ended", () => {
    const counts = { queued: 3, running: 1, completed: 0, failed: 0, needs_input: 0, cancelled: 0 };
    const batch = batchOf("own_projects", 4, 4);
    const paused = changedBatch(batch, "pause") as Batch;
    expect(nextBatchStep(paused, counts, 1)).toEqual({ do: "rest" });
    expect(nextBatchStep(changedBatch(paused, "resume") as Batch, counts, 1)).toEqual({ do: "start", count: 3 });
    const cancelled = changedBatch(paused, "cancel") as Batch;
    expect(nextBatchStep(cancelled, counts, 1)).toEqual({ do: "stop_running" });
    const end = nextBatchStep(cancelled, { ...counts, running: 0 }, 9);
    expect(end).toMatchObject({ do: "end", batch: { status: "cancelled", endedAt: 9 } });
    expect(changedBatch(cancelled, "resume")).toBeNull();
  });
});
