/** The rows of batches and of their items. An item's state is its video's, so nothing is counted twice. */
import type { Batch, BatchCounts, BatchItem } from "../../core/batch.ts";
import type { BatchId, VideoId } from "../../core/ids.ts";
import type { PageRequest } from "../../core/ports.ts";
import type { Video } from "../../core/video.ts";
import type { Database } from "../database.ts";
import type { Ground } from "../ground.ts";
import { cursorOf } from "../page.ts";

export const BATCH_TABLES = `
  CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    record TEXT NOT NULL
  ) STRICT;
  CREATE TABLE batch_items (
    batch TEXT NOT NULL,
    n INTEGER NOT NULL,               -- its place in the order, from 0
    video TEXT,                       -- null until its moment comes
    record TEXT NOT NULL,             -- what it says for itself
    PRIMARY KEY (batch, n)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX batch_items_by_video ON batch_items (video);
`;

/** An item on a page. */
export type ListedItem = { readonly n: number; readonly status: ItemStatus; readonly video: Video | null };
type ItemStatus = "waiting" | Video["status"];

/** How an item stands: as its video does. One whose video was removed will not be made again. */
const STATUS = "CASE WHEN video IS NULL THEN 'waiting' ELSE coalesce(status, 'cancelled') END";

export class BatchRows {
  readonly #ground: Ground;
  readonly #database: Database;

  constructor(ground: Ground, database: Database) {
    this.#ground = ground;
    this.#database = database;
  }

  find(id: BatchId): Batch | null {
    if (!this.#database.exists()) return null;
    return this.#batches("SELECT record FROM batches WHERE id = ?", id)[0] ?? null;
  }

  /** A page of batches, newest first, and one more to tell whether there are others. */
  page(page: PageRequest): Batch[] {
    if (!this.#database.exists()) return [];
    const query = "SELECT record FROM batches WHERE id < ? ORDER BY id DESC LIMIT ?";
    return this.#batches(query, cursorOf(page), page.limit + 1);
  }

  save(batch: Batch): void {
    this.#ground.sql.exec("INSERT OR REPLACE INTO batches (id, record) VALUES (?, ?)", batch.id, JSON.stringify(batch));
  }

  addItem(batch: BatchId, n: number, item: BatchItem): void {
    const query = "INSERT INTO batch_items (batch, n, video, record) VALUES (?, ?, NULL, ?)";
    this.#ground.sql.exec(query, batch, n, JSON.stringify(item));
  }

  /** The next items in order that have no video yet. */
  waiting(batch: BatchId, limit: number): { n: number; item: BatchItem }[] {
    const query = "SELECT n, record FROM batch_items WHERE batch = ? AND video IS NULL ORDER BY n LIMIT ?";
    const rows = this.#ground.sql.exec<{ n: number; record: string }>(query, batch, limit).toArray();
    return rows.map(({ n, record }) => ({ n, item: JSON.parse(record) as BatchItem })); // written by addItem() only
  }

  /** The item's moment has come: what it says is the video's to know, addresses of files too. */
  begun(batch: BatchId, n: number, video: VideoId): void {
    this.#ground.sql.exec("UPDATE batch_items SET video = ?, record = '{}' WHERE batch = ? AND n = ?", video, batch, n);
  }

  running(batch: BatchId): VideoId[] {
    const query = `SELECT video FROM batch_items JOIN videos ON videos.id = video
      WHERE batch = ? AND status IN ('queued', 'processing')`;
    const rows = this.#ground.sql.exec<{ video: VideoId }>(query, batch).toArray();
    return rows.map(({ video }) => video);
  }

  batchOf(video: VideoId): BatchId | null {
    const query = "SELECT batch FROM batch_items WHERE video = ?";
    return this.#ground.sql.exec<{ batch: BatchId }>(query, video).toArray()[0]?.batch ?? null;
  }

  counts(batch: BatchId): BatchCounts {
    const query = `SELECT ${STATUS} AS state, count(*) AS n FROM batch_items LEFT JOIN videos ON videos.id = video
      WHERE batch = ? GROUP BY state`;
    const rows = this.#ground.sql.exec<{ state: ItemStatus; n: number }>(query, batch).toArray();
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

  /** Credits of its videos so far; null where a turn's could not be measured, or one that was cancelled is not over yet. */
  spent(batch: BatchId): number | null {
    const query = `SELECT sum(v.record ->> 'spent') AS amount,
        sum((v.record ->> 'charged' IS NOT NULL AND v.record ->> 'spent' IS NULL)
          OR (v.status = 'cancelled' AND v.turn IS NOT v.record ->> 'counted')) AS unknown
      FROM batch_items i JOIN videos v ON v.id = i.video WHERE i.batch = ?`;
    const row = this.#ground.sql.exec<{ amount: number | null; unknown: number | null }>(query, batch).one();
    return row.unknown ? null : (row.amount ?? 0);
  }

  /** Items from a place on, in order, all or those of a status, and one more to tell whether there are others. */
  items(
    batch: BatchId,
    from: number,
    limit: number,
    status: Video["status"] | null,
    waitingAs: Video["status"],
  ): ListedItem[] {
    const query = `SELECT n, ${STATUS} AS state, videos.record AS record FROM batch_items LEFT JOIN videos ON videos.id = video
      WHERE batch = ?1 AND n >= ?2 AND (?4 IS NULL OR ?4 = CASE WHEN video IS NULL THEN ?5 ELSE ${STATUS} END)
      ORDER BY n LIMIT ?3`;
    const rows = this.#ground.sql.exec<{ n: number; state: ItemStatus; record: string | null }>(
      query,
      batch,
      from,
      limit + 1,
      status,
      waitingAs,
    );
    const video = (record: string | null) => (record === null ? null : (JSON.parse(record) as Video)); // as VideoRows wrote it
    return rows.toArray().map(({ n, state, record }) => ({ n, status: state, video: video(record) }));
  }

  #batches(query: string, ...values: SqlStorageValue[]): Batch[] {
    const rows = this.#ground.sql.exec<{ record: string }>(query, ...values).toArray();
    return rows.map(({ record }) => JSON.parse(record) as Batch); // written by save() only
  }
}
