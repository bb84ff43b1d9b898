/** The rows of videos: what is stored of each, and whose step waits for what. */
import { stepKey } from "../../core/dedupe.ts";
import type { ProjectId, RenderId, TurnId, VideoId } from "../../core/ids.ts";
import type { PageRequest, VideoFilter } from "../../core/ports.ts";
import type { EpochMs } from "../../core/time.ts";
import { renderStep, turnStep, type Video } from "../../core/video.ts";
import type { Database } from "../database.ts";
import type { Ground } from "../ground.ts";
import { cursorOf } from "../page.ts";
import { madeUnder } from "../repeats.ts";

export const VIDEO_TABLES = `
  CREATE TABLE videos (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    turn TEXT,                        -- the one it waits for, or waited for last
    render TEXT,
    ended_at INTEGER,
    tidied INTEGER NOT NULL DEFAULT 0, -- 1: its events are gone
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX videos_by_turn ON videos (turn);
  CREATE INDEX videos_by_render ON videos (render);
  CREATE INDEX videos_by_age ON videos (tidied, ended_at);
  CREATE INDEX videos_by_status ON videos (status, id);
`;

/** What videos are asked for by their record. */
export const VIDEO_INDEXES = `
  CREATE INDEX videos_of_project ON videos (record ->> '$.project', id);
  CREATE INDEX videos_of_batch ON videos (record ->> '$.batch', id) WHERE record ->> '$.batch' IS NOT NULL;
`;

/** What a record of an earlier version lacks. Whose its project is was not written down, so that stays. */
const ADDED = { key: null, ownsProject: false, renders: [] } as const;

export class VideoRows {
  readonly #ground: Ground;
  readonly #database: Database;

  constructor(ground: Ground, database: Database) {
    this.#ground = ground;
    this.#database = database;
  }

  find(id: VideoId): Video | null {
    if (!this.#database.exists()) return null;
    return this.#videos("SELECT record FROM videos WHERE id = ?", id)[0] ?? null;
  }

  save(video: Video): void {
    this.#ground.sql.exec(
      `INSERT INTO videos (id, status, turn, render, ended_at, record) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET status = excluded.status, turn = excluded.turn, render = excluded.render,
         ended_at = excluded.ended_at, tidied = 0, record = excluded.record`,
      video.id,
      video.status,
      video.turn,
      video.render,
      video.endedAt,
      JSON.stringify(video),
    );
  }

  remove(id: VideoId): void {
    this.#ground.sql.exec("DELETE FROM videos WHERE id = ?", id);
  }

  /** Videos that work in a project, whoever made it. */
  inProject(project: ProjectId): Video[] {
    return this.#videos("SELECT record FROM videos WHERE record ->> '$.project' = ?", project);
  }

  /** A page of videos, newest first, and one more to tell whether there are others. */
  page(page: PageRequest, status: Video["status"] | null, { generator, project, batch }: VideoFilter): Video[] {
    if (!this.#database.exists()) return [];
    const wanted: [string, string | null | undefined][] = [
      ["status = ?1", status],
      ["?2 IN (record ->> '$.generator.id', record ->> '$.generator.slug')", generator],
      ["record ->> '$.project' = ?3", project],
      ["record ->> '$.batch' = ?4", batch],
    ];
    const rules = wanted.flatMap(([rule, value]) => (value == null ? [] : [`${rule} AND `]));
    const values = wanted.map(([, value]) => value ?? null);
    const query = `SELECT record FROM videos WHERE ${rules.join("")}id < ?5 ORDER BY id DESC LIMIT ?6`;
    return this.#videos(query, ...values, cursorOf(page), page.limit + 1);
  }

  /** Videos that are being made. */
  running(): Video[] {
    return this.#videos("SELECT record FROM videos WHERE status IN ('queued', 'processing') ORDER BY id");
  }

  /** The turn and the render of its current round: what a step has made may be there before the video says so. */
  made(video: Video): { readonly turn: TurnId | null; readonly render: RenderId | null } {
    const under = (step: string): string | null => madeUnder(this.#ground, stepKey(video.id, step));
    return {
      turn: video.turn ?? (under(turnStep(video)) as TurnId | null), // that step makes nothing else
      render: video.render ?? (under(renderStep(video)) as RenderId | null),
    };
  }

  /** Videos that wait for this turn or render: those being made, and cancelled ones, which are told what a turn cost. */
  waitingFor(id: TurnId | RenderId): VideoId[] {
    const column = id.startsWith("trn_") ? "turn" : "render";
    const query = `SELECT id FROM videos WHERE ${column} = ? AND (ended_at IS NULL OR status = 'cancelled')`;
    return this.#ground.sql
      .exec<{ id: VideoId }>(query, id)
      .toArray()
      .map(({ id }) => id);
  }

  /**
   * Removes the events of videos that ended before `before`, but for the last: their numbers go on from it. Answers with the
   * end of the oldest that still has some.
   */
  tidy(before: EpochMs): EpochMs | null {
    const { sql } = this.#ground;
    sql.exec(
      `DELETE FROM turn_events WHERE turn IN (SELECT id FROM videos WHERE tidied = 0 AND ended_at < ?)
         AND seq < (SELECT max(seq) FROM turn_events last WHERE last.turn = turn_events.turn)`,
      before,
    );
    sql.exec("UPDATE videos SET tidied = 1 WHERE tidied = 0 AND ended_at < ?", before);
    return sql.exec<{ at: number | null }>("SELECT min(ended_at) AS at FROM videos WHERE tidied = 0").one().at;
  }

  #videos(query: string, ...values: SqlStorageValue[]): Video[] {
    const rows = this.#ground.sql.exec<{ record: string }>(query, ...values).toArray();
    return rows.map(({ record }) => ({ ...ADDED, ...(JSON.parse(record) as Video) })); // written by save() only
  }
}
