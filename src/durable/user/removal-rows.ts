/** What is on its way out of a user's object, and every statement that takes it out. */
import { stepKey } from "../../core/dedupe.ts";
import type { AssetId, ProjectId, RenderId, TurnId, VideoId } from "../../core/ids.ts";
import { isOver, type Render } from "../../core/render.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Turn } from "../../core/turn.ts";
import type { Ground } from "../ground.ts";
import { madeUnder } from "../repeats.ts";

export const REMOVAL_TABLES = `
  CREATE TABLE removals (
    id TEXT PRIMARY KEY,              -- what was deleted: its id is all that stays
    record TEXT                       -- what is left to be removed; null: nothing
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE projects ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;  -- 1: on its way out, shown to nobody
  CREATE INDEX projects_removed ON projects (id) WHERE removed = 1;
`;

/** When each was deleted, so that its id goes in the end. Of those before this step, now. */
export const REMOVAL_AGE = `
  ALTER TABLE removals ADD COLUMN at INTEGER NOT NULL DEFAULT 0;             -- ms since epoch
  UPDATE removals SET at = unixepoch() * 1000;
  CREATE INDEX removals_by_age ON removals (at) WHERE record IS NULL;
`;

/** Something deleted. Of a project that is not its own a video takes its renders' files alone. */
export type Removal = {
  readonly id: VideoId | ProjectId;
  readonly project: ProjectId | null;
  readonly whole: boolean;
  readonly videos: readonly VideoId[];
  readonly turns: readonly TurnId[];
  readonly renders: readonly RenderId[];
};

type TurnRow = { id: TurnId; phase: Turn["phase"] };

export class RemovalRows {
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Whether it was deleted, in the last 30 days at least. */
  has(id: Removal["id"] | AssetId): boolean {
    return this.#ground.sql.exec("SELECT 1 FROM removals WHERE id = ?", id).toArray().length > 0;
  }

  /** What is left to be removed of it; null when nothing is. */
  find(id: Removal["id"]): Removal | null {
    const row = this.#ground.sql
      .exec<{ record: string | null }>("SELECT record FROM removals WHERE id = ?", id)
      .toArray()[0];
    return row?.record == null ? null : (JSON.parse(row.record) as Removal); // written by begin() only
  }

  /** Hides a removal's project and its videos, and keeps what is left to do. */
  begin(removal: Removal): void {
    const { sql, now } = this.#ground;
    const query = "INSERT INTO removals (id, record, at) VALUES (?, ?, ?)";
    sql.exec(query, removal.id, JSON.stringify(removal), now());
    if (removal.whole) sql.exec("UPDATE projects SET removed = 1 WHERE id = ?", removal.project);
    for (const video of removal.videos) {
      sql.exec("INSERT OR IGNORE INTO removals (id, record, at) VALUES (?, NULL, ?)", video, now());
      sql.exec("DELETE FROM videos WHERE id = ?", video);
    }
  }

  /** Takes an asset out, and keeps where its file lies until that is removed. */
  beginAsset(id: AssetId, key: string): void {
    const { sql, now } = this.#ground;
    sql.exec("INSERT INTO removals (id, record, at) VALUES (?, ?, ?)", id, JSON.stringify(key), now());
    sql.exec("DELETE FROM assets WHERE id = ?", id);
    this.#forget("SELECT ?", id);
  }

  /** Where the file of a deleted asset lies; null when it is removed. */
  keyOf(id: AssetId): string | null {
    const query = "SELECT record FROM removals WHERE id = ?";
    const row = this.#ground.sql.exec<{ record: string | null }>(query, id).toArray()[0];
    return row?.record == null ? null : (JSON.parse(row.record) as string); // written by beginAsset() only
  }

  finishAsset(id: AssetId): void {
    this.#ground.sql.exec("UPDATE removals SET record = NULL WHERE id = ?", id);
  }

  /** The project that a deleted video's step was still making for it; null for none. */
  madeFor({ id, project }: Removal): ProjectId | null {
    return project === null ? (madeUnder(this.#ground, stepKey(id, "project")) as ProjectId | null) : null; // its step makes nothing else
  }

  /** Takes that project in. */
  adopt(removal: Removal, project: ProjectId): void {
    const { sql } = this.#ground;
    const record = JSON.stringify({ ...removal, project, whole: true });
    sql.exec("UPDATE removals SET record = ? WHERE id = ?", record, removal.id);
    sql.exec("UPDATE projects SET removed = 1 WHERE id = ?", project);
  }

  /** The turns of a removal: all of its project, or the video's own. */
  turns({ whole, project, turns }: Removal): TurnRow[] {
    const query = "SELECT id, phase FROM turns WHERE";
    const { sql } = this.#ground;
    if (whole) return sql.exec<TurnRow>(`${query} project = ? ORDER BY id`, project).toArray();
    return turns.flatMap((id) => sql.exec<TurnRow>(`${query} id = ?`, id).toArray());
  }

  /** Its renders: all of its project, or the video's own. `busy`: something of it is still owed. */
  renders({ whole, project, renders }: Removal): { id: RenderId; busy: boolean }[] {
    const query = "SELECT record FROM renders WHERE";
    const { sql } = this.#ground;
    const rows = whole
      ? sql.exec<{ record: string }>(`${query} project = ? ORDER BY id`, project).toArray()
      : renders.flatMap((id) => sql.exec<{ record: string }>(`${query} id = ?`, id).toArray());
    const found = rows.map(({ record }) => JSON.parse(record) as Render); // written by RenderRows only
    return found.map((render) => ({ id: render.id, busy: !isOver(render) || render.cancelOwed === true }));
  }

  /** The assets that were attached to a removal's own project. */
  attached({ whole, project }: Removal): AssetId[] {
    if (!whole) return [];
    const query = "SELECT asset FROM attachments WHERE project = ?";
    return this.#ground.sql
      .exec<{ asset: AssetId }>(query, project)
      .toArray()
      .map(({ asset }) => asset);
  }

  /** The last step: every row of it goes, but for the id. Call inside a transaction. */
  finish({ id, whole, project, videos }: Removal): void {
    const { sql } = this.#ground;
    for (const video of videos) this.#forget("SELECT ?", video);
    if (whole) {
      this.#forget("SELECT id FROM turns WHERE project = ?", project);
      this.#forget("SELECT id FROM renders WHERE project = ?", project);
      this.#forget("SELECT ?", project);
      sql.exec("DELETE FROM tickets WHERE turn IN (SELECT id FROM turns WHERE project = ?)", project);
      for (const table of ["turns", "renders", "attachments"])
        sql.exec(`DELETE FROM ${table} WHERE project = ?`, project);
      sql.exec("DELETE FROM projects WHERE id = ?", project);
    }
    sql.exec("UPDATE removals SET record = NULL WHERE id = ?", id);
  }

  /** Forgets the ids of what was deleted before `before`; answers with when the oldest that stays was. */
  tidy(before: EpochMs): EpochMs | null {
    const { sql } = this.#ground;
    sql.exec("DELETE FROM removals WHERE record IS NULL AND at < ?", before);
    return sql.exec<{ at: number | null }>("SELECT min(at) AS at FROM removals WHERE record IS NULL").one().at;
  }

  /** Events of what the query names, and how many facts were told of it. */
  #forget(ids: string, of: string | null): void {
    const { sql } = this.#ground;
    sql.exec(`DELETE FROM turn_events WHERE turn IN (${ids})`, of);
    sql.exec(`DELETE FROM sequences WHERE resource IN (${ids})`, of);
  }
}
