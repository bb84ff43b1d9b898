/** Batches of videos: stored as a whole, started a few items at a time, completed once. Each item becomes one video. */

import {
  type Batch,
  type BatchChange,
  type BatchCounts,
  type BatchItem,
  type BatchRequest,
  changedBatch,
  type NamedBatchItem,
  newBatchOf,
  nextBatchStep,
  videoOrderOf,
} from "../../core/batch.ts";
import { type Problem, problemOf, withSentFields } from "../../core/errors.ts";
import { type BatchId, ownedId, type VideoId } from "../../core/ids.ts";
import { cutPage, idBefore, rowsFor } from "../../core/page.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Call, Page, PageRequest } from "../../core/rpc/user.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { Video } from "../../core/video.ts";
import type { BatchItemWire, BatchWire } from "../../core/wire/batch.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import type { Database } from "../shared/database.ts";
import { createOnce } from "../shared/idempotency.ts";
import { RetryLater } from "../shared/jobs.ts";
import { releaseQuota, reserveQuota } from "../shared/problems.ts";
import { admitNewUser, BATCH, originOf, stepCall, type UserContext } from "./context.ts";
import type { UserServices } from "./services.ts";
import type { ShownVideo } from "./videos/store.ts";
import { prepareSources, videoEntry } from "./videos/videos.ts";

/** When to read a running batch again. Chosen: an item takes a minute or two. */
const POLL_AFTER_SECONDS = 10;

export function showBatch(context: UserContext, batch: Batch, counts: BatchCounts, spent: number | null): BatchWire {
  const { status, endedAt, total } = batch;
  const url = `${originOf(context)}/v1/batches/${batch.id}`;
  // Items that a cancelled batch never started count as cancelled.
  const neverStarted = status === "cancelled" ? counts.queued : 0;
  const { generator } = batch.shared;
  return {
    id: batch.id,
    status,
    mode: batch.mode,
    concurrency: batch.concurrency,
    counts: { total, ...counts, queued: counts.queued - neverStarted, cancelled: counts.cancelled + neverStarted },
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

export function showItem(batch: Batch, { position, status }: ListedItem, shown: ShownVideo | null): ShownItem {
  return { index: position, status: status === "waiting" ? statusWithoutVideo(batch) : status, video: shown };
}

/** The status of an item that has no video yet. */
export const statusWithoutVideo = ({ status }: Batch): "queued" | "cancelled" =>
  status === "cancelled" ? "cancelled" : "queued";

export class Batches {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /** Schedules the batch that a video belongs to. */
  onEvent(resource: string): void {
    const { jobs, runtime, batchRows } = this.#user;
    const batch = resource.startsWith("vid_") ? batchRows.batchOf(resource as VideoId) : null;
    if (batch !== null) jobs.schedule(BATCH, batch, runtime.now());
  }

  /** Stores the batch with all its items, or rejects all of it: the problem names the item that cannot be made. */
  async start(call: Call, order: BatchRequest, named: readonly NamedBatchItem[]): Promise<Result<BatchWire, Problem>> {
    const { runtime, address, jobs } = this.#user;
    const admitted = await admitNewUser(this.#user, call);
    if (!admitted.ok) return admitted;
    const id = ownedId("bat", address.uh, runtime.now(), runtime.random);
    const batch = newBatchOf({ ...order, key: call.key ?? null }, id, named.length, runtime.now());
    return createOnce<readonly BatchItem[], Result<BatchWire, Problem>>(this.#user, call, {
      existing: (known) => this.read(known as BatchId), // the key of `commit`
      check: () => this.#check(batch, named),
      prepare: async () => {
        const allowed = await reserveQuota(runtime, call, [], { isPaid: true });
        if (!allowed.ok) return allowed;
        const items: BatchItem[] = [];
        for (const item of named) items.push({ ...item, sources: await prepareSources(this.#user, item.sources) });
        return ok(items);
      },
      commit: (items) => {
        this.#user.batchRows.save(batch);
        for (const [n, item] of items.entries()) this.#user.batchRows.addItem(id, n, item);
        jobs.schedule(BATCH, id, runtime.now());
        return id;
      },
      created: async () => {
        await runtime.failpoint("batch.intent");
        jobs.tick();
        return ok(this.#show(batch));
      },
    });
  }

  read(id: BatchId): Result<BatchWire, Problem> {
    const batch = this.#user.batchRows.find(id);
    return batch === null ? err(noBatch()) : ok(this.#show(batch));
  }

  list(page: PageRequest): Page<BatchWire> {
    return cutPage(
      this.#user.batchRows.page(page),
      page,
      (batch) => batch.id,
      (batch) => this.#show(batch),
    );
  }

  /** The batch's items in order, filtered by status if one is given; the cursor is the index of the next item. */
  items(
    id: BatchId,
    { limit, after }: PageRequest,
    status: BatchItemWire["status"] | null,
  ): Result<Page<ShownItem>, Problem> {
    const batch = this.#user.batchRows.find(id);
    if (batch === null) return err(noBatch());
    const from = after === null ? 0 : Number(after);
    const show = (item: (typeof rows)[number]): ShownItem =>
      showItem(batch, item, item.video === null ? null : this.#user.videos.show(item.video));
    const rows = this.#user.batchRows.items(id, from, limit, status, statusWithoutVideo(batch));
    return ok(cutPage(rows, { limit }, ({ position }) => String(position + 1), show));
  }

  /** Pauses, resumes or cancels the batch. A paused batch finishes the videos that run and starts no others. */
  change(id: BatchId, change: BatchChange): Result<BatchWire, Problem> {
    const { runtime, jobs } = this.#user;
    const batch = this.#user.batchRows.find(id);
    if (batch === null) return err(noBatch());
    const next = changedBatch(batch, change);
    if (next === null && change !== "cancel" && (batch.endedAt !== null || batch.status === "cancelled"))
      return err(
        problemOf(
          "batch_ended",
          "The batch has ended and cannot be changed; start another one with POST /v1/batches.",
          { hint: "POST /v1/batches" },
        ),
      );
    if (next !== null) {
      runtime.storage.transactionSync(() => {
        this.#user.batchRows.save(next);
        jobs.schedule(BATCH, id, runtime.now());
      });
      jobs.tick();
    }
    return this.read(id);
  }

  /** Job: starts the items that may start, and completes the batch when none is left. */
  async perform(id: BatchId): Promise<void> {
    const { runtime, jobs } = this.#user;
    for (;;) {
      const batch = this.#user.batchRows.find(id);
      if (batch === null) return jobs.done(BATCH, id);
      const step = nextBatchStep(batch, this.#user.batchRows.counts(id), runtime.now());
      if (step.do === "rest") return jobs.done(BATCH, id);
      if (step.do === "wait") return jobs.schedule(BATCH, id, runtime.now() + runtime.config.timings.videoPollInterval);
      if (step.do === "end") return this.#end(step.batch);
      if (step.do === "stop_running")
        for (const video of this.#user.batchRows.running(id)) this.#user.videos.cancel(video);
      if (step.do === "make_project") await this.#makeProject(batch);
      if (step.do === "start") {
        await this.#start(batch, step.count);
        await runtime.failpoint("batch.item");
        jobs.tick();
      }
    }
  }

  /** Starts up to `count` waiting items, unless the batch was paused or cancelled while they were entered in the lists. */
  async #start(batch: Batch, count: number): Promise<void> {
    const { runtime, batchRows, videos } = this.#user;
    const ready = batchRows.waiting(batch.id, count).map(({ position, item }) => ({
      position,
      video: videos.newVideo(videoOrderOf(batch, item), batch.id, batch.key),
    }));
    const call = stepCall(this.#user, batch, "videos");
    const entries = ready.map(({ video }) => videoEntry(video));
    const reserved = await reserveQuota(runtime, call, [], { entered: entries });
    if (!reserved.ok) throw new RetryLater("videos of a batch were not entered", reserved.error);
    const fresh = batchRows.find(batch.id);
    const step = fresh === null ? null : nextBatchStep(fresh, batchRows.counts(batch.id), runtime.now());
    const allowed = step?.do === "start" ? step.count : 0;
    for (const [n, { position, video }] of ready.entries()) {
      if (n >= allowed) {
        releaseQuota(runtime, video.id);
        continue;
      }
      runtime.storage.transactionSync(() => {
        videos.begin(video);
        batchRows.markStarted(batch.id, position, video.id);
      });
    }
  }

  /** Cancels a batch whose job keeps failing, or ends it at once if it was cancelled before. */
  giveUp(id: BatchId): void {
    const { runtime, jobs } = this.#user;
    const batch = this.#user.batchRows.find(id);
    if (batch === null || batch.endedAt !== null) return;
    const cancelled = changedBatch(batch, "cancel");
    if (cancelled === null) {
      this.#end({ ...batch, endedAt: runtime.now() });
      return;
    }
    runtime.storage.transactionSync(() => {
      this.#user.batchRows.save(cancelled);
      jobs.schedule(BATCH, id, runtime.now());
    });
  }

  #end(batch: Batch): void {
    const { runtime, jobs, outbox } = this.#user;
    runtime.storage.transactionSync(() => {
      this.#user.batchRows.save(batch);
      outbox.add("batch.completed", batch.id, this.#show(batch), batch);
      jobs.done(BATCH, batch.id);
    });
  }

  /** Creates the project under its own idempotency key: after a crash the next run finds the same project. */
  async #makeProject(batch: Batch): Promise<void> {
    const call = stepCall(this.#user, batch, "project");
    const made = await this.#user.projects.create(call, { name: "batch", metadata: {} });
    if (!made.ok) throw new RetryLater("no project for a batch", made.error);
    const fresh = this.#user.batchRows.find(batch.id); // the batch may have been paused or cancelled during the await
    if (fresh !== null) this.#user.batchRows.save({ ...fresh, project: made.value.id });
  }

  /** Why an item can never be made, with the item's index in the fields; null when all are valid. */
  #check(batch: Batch, items: readonly NamedBatchItem[]): Problem | null {
    for (const [n, item] of items.entries()) {
      const problem = this.#user.videos.check({
        ...videoOrderOf(batch, { ...item, sources: [] }),
        ...item,
        callback: batch.callback,
      });
      if (problem === null) continue;
      return withSentFields(problem, (field) => (field.startsWith("/assets") ? `/items/${n}${field}` : field));
    }
    return null;
  }

  #show(batch: Batch): BatchWire {
    return showBatch(this.#user, batch, this.#user.batchRows.counts(batch.id), this.#user.batchRows.spent(batch.id));
  }
}

const noBatch = (): Problem =>
  problemOf("not_found", "No batch with this id exists; list your batches with GET /v1/batches.");

/** An item on a page. */
export type ListedItem = { readonly position: number; readonly status: ItemStatus; readonly video: Video | null };
type ItemStatus = "waiting" | Video["status"];

/** An item has the status of its video. An item whose video was deleted is not made again and counts as cancelled. */
const STATUS = "CASE WHEN video IS NULL THEN 'waiting' ELSE coalesce(status, 'cancelled') END";

export class BatchRows {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;

  constructor(runtime: ObjectRuntime, database: Database) {
    this.#runtime = runtime;
    this.#database = database;
  }

  find(id: BatchId): Batch | null {
    if (!this.#database.exists()) return null;
    return this.#batches("SELECT record FROM batches WHERE id = ?", id)[0] ?? null;
  }

  /** A page of batches, newest first, and one more to know whether there are others. */
  page(page: PageRequest): Batch[] {
    if (!this.#database.exists()) return [];
    const query = "SELECT record FROM batches WHERE id < ? ORDER BY id DESC LIMIT ?";
    return this.#batches(query, idBefore(page), rowsFor(page));
  }

  save(batch: Batch): void {
    this.#runtime.sql.exec(
      "INSERT OR REPLACE INTO batches (id, record) VALUES (?, ?)",
      batch.id,
      JSON.stringify(batch),
    );
  }

  addItem(batch: BatchId, position: number, item: BatchItem): void {
    const query = "INSERT INTO batch_items (batch, position, video, record) VALUES (?, ?, NULL, ?)";
    this.#runtime.sql.exec(query, batch, position, JSON.stringify(item));
  }

  /** The next items in order that have no video yet. */
  waiting(batch: BatchId, limit: number): { position: number; item: BatchItem }[] {
    const query =
      "SELECT position, record FROM batch_items WHERE batch = ? AND video IS NULL ORDER BY position LIMIT ?";
    const rows = this.#runtime.sql.exec<{ position: number; record: string }>(query, batch, limit).toArray();
    return rows.map(({ position, record }) => ({ position, item: JSON.parse(record) as BatchItem })); // written by addItem() only
  }

  /**
   * Links the item to its video and clears the item's record: from here on the video holds it, with the addresses of
   * its files.
   */
  markStarted(batch: BatchId, position: number, video: VideoId): void {
    this.#runtime.sql.exec(
      "UPDATE batch_items SET video = ?, record = '{}' WHERE batch = ? AND position = ?",
      video,
      batch,
      position,
    );
  }

  running(batch: BatchId): VideoId[] {
    const query = `SELECT video FROM batch_items JOIN videos ON videos.id = video
      WHERE batch = ? AND status IN ('queued', 'processing')`;
    const rows = this.#runtime.sql.exec<{ video: VideoId }>(query, batch).toArray();
    return rows.map(({ video }) => video);
  }

  batchOf(video: VideoId): BatchId | null {
    const query = "SELECT batch FROM batch_items WHERE video = ?";
    return this.#runtime.sql.exec<{ batch: BatchId }>(query, video).toArray()[0]?.batch ?? null;
  }

  counts(batch: BatchId): BatchCounts {
    const query = `SELECT ${STATUS} AS state, count(*) AS n FROM batch_items LEFT JOIN videos ON videos.id = video
      WHERE batch = ? GROUP BY state`;
    const rows = this.#runtime.sql.exec<{ state: ItemStatus; n: number }>(query, batch).toArray();
    const of = (...wanted: ItemStatus[]): number =>
      rows.reduce((sum, { state, n }) => sum + (wanted.includes(state) ? n : 0), 0);
    return {
      queued: of("waiting"),
      running: of("queued", "processing"),
      completed: of("completed"),
      failed: of("failed"),
      needs_input: of("needs_input"),
      cancelled: of("cancelled"),
    };
  }

  /**
   * Credits of its videos so far; null when a turn's credits are unknown or a cancelled video's turn is not settled
   * yet.
   */
  spent(batch: BatchId): number | null {
    const query = `SELECT sum(v.record ->> 'spent') AS amount,
        sum((v.record ->> 'charged' IS NOT NULL AND v.record ->> 'spent' IS NULL)
          OR (v.status = 'cancelled' AND v.turn IS NOT v.record ->> 'countedTurn')) AS unknown
      FROM batch_items i JOIN videos v ON v.id = i.video WHERE i.batch = ?`;
    const row = this.#runtime.sql.exec<{ amount: number | null; unknown: number | null }>(query, batch).one();
    return row.unknown ? null : (row.amount ?? 0);
  }

  /**
   * Items from an index on, in order, filtered by status if one is given, and one more to know whether there are
   * others.
   */
  items(
    batch: BatchId,
    from: number,
    limit: number,
    status: Video["status"] | null,
    statusWithoutVideo: Video["status"],
  ): ListedItem[] {
    const query = `SELECT position, ${STATUS} AS state, videos.record AS record FROM batch_items LEFT JOIN videos ON videos.id = video
      WHERE batch = ?1 AND position >= ?2 AND (?4 IS NULL OR ?4 = CASE WHEN video IS NULL THEN ?5 ELSE ${STATUS} END)
      ORDER BY position LIMIT ?3`;
    const rows = this.#runtime.sql.exec<{ position: number; state: ItemStatus; record: string | null }>(
      query,
      batch,
      from,
      rowsFor({ limit }),
      status,
      statusWithoutVideo,
    );
    const video = (record: string | null) => (record === null ? null : (JSON.parse(record) as Video)); // as VideoRows wrote it
    return rows.toArray().map(({ position, state, record }) => ({ position, status: state, video: video(record) }));
  }

  #batches(query: string, ...values: SqlStorageValue[]): Batch[] {
    const rows = this.#runtime.sql.exec<{ record: string }>(query, ...values).toArray();
    return rows.map(({ record }) => JSON.parse(record) as Batch); // written by save() only
  }
}
