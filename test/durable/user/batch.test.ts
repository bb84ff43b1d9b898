/** Batches in their user's object: each item once, one end, whatever fails or crashes in between. */
import { describe, expect, it } from "vitest";
import type { UserAddress } from "../../../src/core/address.ts";
import type { BatchItem, BatchRequest } from "../../../src/core/batch.ts";
import type { BatchId } from "../../../src/core/ids.ts";
import type { BatchItemWire, BatchWire } from "../../../src/core/wire/batch.ts";
import { bad, call, freshAddress, good, kill, requestLog, tenantRpc, until, userRpc } from "../../support/objects.ts";

const order = (more: Partial<BatchRequest> = {}): BatchRequest => ({
  mode: "own_projects",
  concurrency: 4,
  project: null,
  metadata: { run: "1" },
  callback: null,
  shared: {
    output: { format: "mp4", quality: "high" },
    generator: null,
    attribution: null,
    accepts: null,
    expectedMs: 120_000,
  },
  ...more,
});
const item = (prompt: string): BatchItem => ({
  prompt,
  sources: [],
  language: null,
  metadata: {},
  onQuestion: "wait",
});
const prompts = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `make a 1 second video number ${n}`);

const start = async (at: UserAddress, said: readonly string[], more: Partial<BatchRequest> = {}): Promise<BatchId> =>
  good(await userRpc(at).startBatch(call(), order(more), said.map(item))).id;

const endOf = (at: UserAddress, id: BatchId): Promise<BatchWire> =>
  until(async () => {
    const batch = good(await userRpc(at).readBatch(id));
    return batch.ended_at === null ? null : batch;
  });

const itemsOf = async (at: UserAddress, id: BatchId): Promise<readonly BatchItemWire[]> =>
  good(await userRpc(at).listBatchItems(id, { limit: 100, after: null })).data;

const sent = async (at: UserAddress): Promise<string[]> => (await requestLog(at)).turns.map(({ prompt }) => prompt);

const ends = async (at: UserAddress): Promise<unknown[]> => {
  const { data } = await tenantRpc(at).listEvents(0, 100, at.uh);
  return data.filter(({ type }) => type === "batch.completed");
};

describe("a batch", () => {
  it.concurrent("reports its cost: an uncharged item counts as zero, and a cancelled one is waited for", async () => {
    const at = freshAddress();
    const id = await start(at, ["make a 1 second video", "make a video #fault:no_credits"], { concurrency: 1 });
    expect((await endOf(at, id)).credits).toEqual({ amount: 100, basis: "measured" });
    const failed = good(await userRpc(at).listBatchItems(id, { limit: 10, after: null }, "failed")).data;
    expect(failed.map(({ index }) => index)).toEqual([1]);

    const other = freshAddress();
    const stopped = await start(other, ["make a 1 second video #slow:600s", "make another"], { concurrency: 1 });
    await until(async () => (await sent(other)).length === 1);
    good(await userRpc(other).changeBatch(call(), stopped, "cancel"));
    expect((await endOf(other, stopped)).credits).toEqual({ amount: null, basis: "unknown" });
    await until(async () => good(await userRpc(other).readBatch(stopped)).credits.amount === 100, 40_000);
    const never = good(await userRpc(other).listBatchItems(stopped, { limit: 10, after: null }, "cancelled")).data;
    expect(never.map(({ index }) => index)).toEqual([0, 1]);
  });

  it.concurrent("creates a video of each item, and sends each item's end and the batch's once; a failed one blocks none", async () => {
    const at = freshAddress();
    const said = [...prompts(3), "make a video #fault:no_credits", "make something #fault:question"];
    const id = await start(at, said, { concurrency: 2 });
    const batch = await endOf(at, id);
    expect(batch).toMatchObject({ status: "completed", metadata: { run: "1" }, poll_after_seconds: null });
    expect(batch.counts).toEqual({
      total: 5,
      queued: 0,
      running: 0,
      completed: 3,
      failed: 1,
      needs_input: 1,
      cancelled: 0,
    });
    const items = await itemsOf(at, id);
    expect(items.map(({ index, status }) => [index, status])).toEqual([
      [0, "completed"],
      [1, "completed"],
      [2, "completed"],
      [3, "failed"],
      [4, "needs_input"],
    ]);
    expect(items.map(({ video }) => video?.prompt)).toEqual(said);
    expect(new Set(items.map(({ video }) => video?.project_id)).size).toBe(5);
    expect(items.every(({ video }) => video?.batch_id === id)).toBe(true);
    expect((await requestLog(at)).renders).toHaveLength(3);
    await until(async () => (await ends(at)).length === 1);
    // An item that is continued later does not end the batch a second time.
    const asked = items[4]?.video;
    if (asked == null) throw new Error("the item has no video");
    good(await userRpc(at).continueVideo(call(), asked.id, "make a 1 second video about tea"));
    await until(async () => (await itemsOf(at, id))[4]?.status === "completed", 40_000);
    expect(good(await userRpc(at).readBatch(id)).counts).toMatchObject({ completed: 4, needs_input: 0 });
    expect(await ends(at)).toHaveLength(1);
  });

  it.concurrent("works through one project in order, one item at a time, each with its own export", async () => {
    const at = freshAddress();
    const id = await start(at, prompts(4), { mode: "one_project", concurrency: 8 });
    let most = 0;
    await until(async () => {
      const batch = good(await userRpc(at).readBatch(id));
      most = Math.max(most, batch.counts.running);
      return batch.ended_at !== null;
    });
    expect(most).toBe(1);
    const items = await itemsOf(at, id);
    const { project_id } = good(await userRpc(at).readBatch(id));
    expect(items.map(({ status }) => status)).toEqual(Array(4).fill("completed"));
    expect(new Set(items.map(({ video }) => video?.project_id))).toEqual(new Set([project_id]));
    expect(new Set(items.map(({ video }) => video?.render_id)).size).toBe(4);
    expect(await sent(at)).toEqual(prompts(4));
  });

  it.concurrent("pauses after its current items, resumes where it stopped, and ends when it is cancelled", async () => {
    const at = freshAddress();
    const user = userRpc(at);
    // The first takes two seconds, so that it has not ended before the batch is paused.
    const [first = "", ...rest] = prompts(4);
    const id = await start(at, [`${first} #slow:120s`, ...rest], { mode: "one_project" });
    expect(good(await user.changeBatch(call(), id, "pause")).status).toBe("paused");
    const paused = await until(async () => {
      const { counts } = good(await user.readBatch(id));
      return counts.running === 0 ? counts : null;
    });
    expect(paused.queued).toBeGreaterThanOrEqual(3);
    expect(good(await user.changeBatch(call(), id, "resume")).status).toBe("processing");
    await until(async () => good(await user.readBatch(id)).counts.queued < paused.queued);
    expect(good(await user.changeBatch(call(), id, "cancel")).status).toBe("cancelled");
    const { counts } = await endOf(at, id);
    expect(counts.queued + counts.running).toBe(0);
    expect(counts.cancelled).toBeGreaterThan(0);
    expect(counts.cancelled + counts.completed).toBe(4);
    expect(bad(await user.changeBatch(call(), id, "resume")).code).toBe("batch_ended");
    expect(good(await user.changeBatch(call(), id, "cancel")).status).toBe("cancelled");
    await until(async () => (await ends(at)).length === 1);
  });

  it.concurrent("is created once for one key", async () => {
    const at = freshAddress();
    const user = userRpc(at);
    const [one, two] = await Promise.all(
      [1, 2].map(async () => good(await user.startBatch(call("k"), order(), prompts(2).map(item)))),
    );
    expect(two?.id).toBe(one?.id);
    await endOf(at, one?.id as BatchId);
    expect((await sent(at)).toSorted()).toEqual(prompts(2));
  });

  it.concurrent("is rejected as a whole if one item is invalid", async () => {
    const lost = { ...item("cut it"), sources: [{ asset: `ast_${"0".repeat(36)}`, upload: null }] } as BatchItem;
    const at = freshAddress();
    const uh = at.uh;
    const own = { ...lost, sources: [{ asset: `ast_${"0".repeat(20)}${uh}` as const, upload: null }] };
    const problem = bad(await userRpc(at).startBatch(call(), order(), [item("fine"), own]));
    expect(problem).toMatchObject({ code: "invalid_request", errors: [{ field: "/items/1/assets/0" }] });
    expect(good({ ok: true, value: await userRpc(at).listBatches({ limit: 5, after: null }) }).data).toEqual([]);
  });

  it.concurrent("of twenty sends no prompt twice, whenever its instance ends", async () => {
    const at = freshAddress();
    const id = await start(at, prompts(20), { concurrency: 8 });
    for (let crashes = 0; crashes < 8; crashes += 1) {
      await kill(at);
      await new Promise((resolve) => setTimeout(resolve, 60 * crashes));
      await userRpc(at).wake();
    }
    const batch = await endOf(at, id);
    const seen = await sent(at);
    expect(new Set(seen).size).toBe(seen.length);
    const { completed, failed } = batch.counts;
    expect(completed + failed).toBe(20);
    // A message whose instance ended before the request left is never sent again: its item fails, uncharged.
    expect(completed).toBe(seen.length);
    for (const { video } of await itemsOf(at, id)) expect(video?.error && video.charged).not.toBe("yes");
    expect(await until(async () => (await ends(at)).length)).toBe(1);
  });
});
