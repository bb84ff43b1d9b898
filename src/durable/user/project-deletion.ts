/**
 * Deletes a project, or a video together with the project that was created for it.
 * A deletion hides the project at once and stops its work. Running work still writes, so the rows and files are
 * deleted when none is left; until then the job checks again. Assets stay, because they belong to the user and not to
 * the project.
 */
import { renderKey } from "../../core/address.ts";
import type { Problem } from "../../core/errors.ts";
import type { AssetId, ProjectId, RenderId, TurnId, VideoId } from "../../core/ids.ts";
import { QUEUE_BATCH, REMOVED_TTL_MS } from "../../core/limits.ts";
import { isRenderOver, type Render } from "../../core/render.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type EpochMs, HOUR_MS } from "../../core/time.ts";
import type { Turn } from "../../core/turn.ts";
import type { Video } from "../../core/video.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { findByOwnKey, stepKey } from "../shared/idempotency.ts";
import { attachmentKey } from "./attachments.ts";
import { ACT, AGED, ATTACH, DELETE_JOB, FILE, RENDER, TURN, type UserContext, VIDEO } from "./context.ts";
import { noProject, type Projects } from "./projects.ts";
import type { RenderFiles } from "./renders/files.ts";
import type { Renders } from "./renders/renders.ts";
import type { TurnRun } from "./turns/run.ts";
import type { VideoRows } from "./videos/store.ts";
import { noVideo, type Videos } from "./videos/videos.ts";

export type DeletionTools = {
  readonly projects: Projects;
  readonly run: TurnRun;
  readonly renders: Renders;
  readonly files: RenderFiles;
  readonly videos: Videos;
  readonly videoRows: VideoRows;
};

export class Deletions {
  readonly #context: UserContext;
  readonly #tools: DeletionTools;
  readonly #rows: DeletionRows;

  constructor(context: UserContext, tools: DeletionTools, rows: DeletionRows) {
    this.#context = context;
    this.#tools = tools;
    this.#rows = rows;
  }

  /** Deletes a project with all its content, including the videos made in it. Idempotent. */
  project(id: ProjectId): Result<null, Problem> {
    if (this.#isDeleted(id)) return ok(null);
    if (this.#tools.projects.find(id) === null) return err(noProject());
    const videos = this.#tools.videoRows.inProject(id);
    this.#begin(videos, { id, project: id, whole: true, turns: [], renders: [] });
    return ok(null);
  }

  /** Deletes a video, after cancelling it. Its own project is deleted too unless another video uses it. Idempotent. */
  video(id: VideoId): Result<null, Problem> {
    if (this.#isDeleted(id)) return ok(null);
    const video = this.#tools.videoRows.find(id);
    if (video === null) return err(noVideo());
    const { project, turn, render, file } = video;
    const isAlone = project !== null && this.#tools.videoRows.inProject(project).length === 1;
    this.#begin([video], {
      id,
      project,
      whole: video.ownsProject && isAlone,
      turns: [...video.turns, ...(turn === null ? [] : [turn])],
      renders: [...new Set([...video.renders, render, file])].filter((one) => one !== null),
    });
    return ok(null);
  }

  /** Job: stops the running work, waits for it, then deletes everything. May be repeated at any point. */
  async perform(id: DeletionRecord["id"]): Promise<void> {
    const { runtime, jobs } = this.#context;
    const deletion = this.#rows.find(id);
    if (deletion === null) return jobs.done(DELETE_JOB, id);
    this.#stop(deletion);
    if (this.#isBusy(deletion)) return jobs.schedule(DELETE_JOB, id, runtime.now() + runtime.config.timings.retry);
    const lateProject = this.#rows.madeFor(deletion);
    if (lateProject !== null) {
      this.#rows.adopt(deletion, lateProject);
      return jobs.schedule(DELETE_JOB, id, runtime.now());
    }
    await runtime.storage.sync(); // subscribers must receive the last events before they are deleted
    if (deletion.whole) await this.#deleteFiles(deletion);
    await runtime.failpoint("deletion.files_deleted");
    runtime.storage.transactionSync(() => {
      this.#removeJobs(deletion);
      this.#rows.finish(deletion);
      jobs.done(DELETE_JOB, id);
    });
    for (const video of deletion.videos) this.#context.log.forget(video);
  }

  #isDeleted(id: DeletionRecord["id"]): boolean {
    return this.#context.database.exists() && this.#rows.has(id);
  }

  #begin(videos: readonly Video[], deletion: Omit<DeletionRecord, "videos">): void {
    const { runtime, jobs } = this.#context;
    runtime.storage.transactionSync(() => {
      for (const { id } of videos) {
        this.#tools.videos.cancel(id);
        jobs.done(VIDEO, id);
      }
      this.#rows.begin({ ...deletion, videos: videos.map(({ id }) => id) });
      jobs.schedule(DELETE_JOB, deletion.id, runtime.now());
      jobs.scheduleOnce(AGED, "", runtime.now() + REMOVED_TTL_MS + HOUR_MS);
    });
    jobs.tick();
  }

  /** Cancels waiting turns, stops following running ones, cancels renders. Each of them then ends by itself. */
  #stop(deletion: DeletionRecord): void {
    for (const { id, phase } of this.#rows.turns(deletion))
      if (phase !== "ended" && phase !== "settling") this.#tools.run.cancel(id);
    for (const { id, busy } of this.#rows.renders(deletion)) if (busy) this.#tools.renders.drop(id);
  }

  /** Whether work of it is scheduled or running. */
  #isBusy(deletion: DeletionRecord): boolean {
    const { jobs } = this.#context;
    const isAnyRunning = (kinds: readonly string[], ref: string) => kinds.some((kind) => jobs.isRunning(kind, ref));
    return (
      deletion.videos.some((id) => isAnyRunning([VIDEO], id)) ||
      this.#rows.turns(deletion).some(({ id, phase }) => phase !== "ended" || isAnyRunning([TURN, ACT], id)) ||
      this.#rows.renders(deletion).some(({ id, busy }) => busy || isAnyRunning([RENDER, FILE], id)) ||
      this.#attachments(deletion).some((ref) => isAnyRunning([ATTACH], ref))
    );
  }

  /** Renders share files only within their project, so all files can be deleted. */
  async #deleteFiles(deletion: DeletionRecord): Promise<void> {
    const { runtime, address } = this.#context;
    const keys = this.#rows.renders(deletion).map(({ id }) => renderKey(address, id));
    for (let at = 0; at < keys.length; at += QUEUE_BATCH)
      await runtime.env.MEDIA.delete(keys.slice(at, at + QUEUE_BATCH));
  }

  /** Removes the remaining jobs. If the project stays, a file expires now unless another render uses it. */
  #removeJobs(deletion: DeletionRecord): void {
    const { jobs } = this.#context;
    for (const { id } of this.#rows.renders(deletion)) {
      if (deletion.whole) jobs.done(FILE, id);
      else this.#tools.files.end(id);
    }
    if (!deletion.whole) return;
    for (const { id } of this.#rows.turns(deletion)) jobs.done(ACT, id);
    for (const ref of this.#attachments(deletion)) jobs.done(ATTACH, ref);
  }

  #attachments(deletion: DeletionRecord): string[] {
    const { project } = deletion;
    return project === null ? [] : this.#rows.attached(deletion).map((asset) => attachmentKey(project, asset));
  }
}

export const DELETION_TABLES = `
  CREATE TABLE removals (
    id TEXT PRIMARY KEY,              -- the id of what was deleted
    record TEXT                       -- what is left to delete; null: nothing
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE projects ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;  -- 1: being deleted, hidden from callers
  CREATE INDEX projects_removed ON projects (id) WHERE removed = 1;
`;

/** The time of each deletion, so that its id can be deleted later. Existing rows get the time of this migration. */
export const DELETION_AGE = `
  ALTER TABLE removals ADD COLUMN at INTEGER NOT NULL DEFAULT 0;             -- ms since epoch
  UPDATE removals SET at = unixepoch() * 1000;
  CREATE INDEX removals_by_age ON removals (at) WHERE record IS NULL;
`;

/** One deletion. `whole`: the project with everything in it; otherwise only a video with the files of its renders. */
export type DeletionRecord = {
  readonly id: VideoId | ProjectId;
  readonly project: ProjectId | null;
  readonly whole: boolean;
  readonly videos: readonly VideoId[];
  readonly turns: readonly TurnId[];
  readonly renders: readonly RenderId[];
};

type TurnRow = { id: TurnId; phase: Turn["phase"] };

export class DeletionRows {
  readonly #runtime: ObjectRuntime;

  constructor(runtime: ObjectRuntime) {
    this.#runtime = runtime;
  }

  /** Whether it was deleted within the last 30 days. */
  has(id: DeletionRecord["id"] | AssetId): boolean {
    return this.#runtime.sql.exec("SELECT 1 FROM removals WHERE id = ?", id).toArray().length > 0;
  }

  /** What is left to delete; null when nothing is. */
  find(id: DeletionRecord["id"]): DeletionRecord | null {
    const row = this.#runtime.sql
      .exec<{ record: string | null }>("SELECT record FROM removals WHERE id = ?", id)
      .toArray()[0];
    return row?.record == null ? null : (JSON.parse(row.record) as DeletionRecord); // written by begin() only
  }

  /** Hides the project and its videos, and stores what is left to do. */
  begin(deletion: DeletionRecord): void {
    const { sql, now } = this.#runtime;
    const query = "INSERT INTO removals (id, record, at) VALUES (?, ?, ?)";
    sql.exec(query, deletion.id, JSON.stringify(deletion), now());
    if (deletion.whole) sql.exec("UPDATE projects SET removed = 1 WHERE id = ?", deletion.project);
    for (const video of deletion.videos) {
      sql.exec("INSERT OR IGNORE INTO removals (id, record, at) VALUES (?, NULL, ?)", video, now());
      sql.exec("DELETE FROM videos WHERE id = ?", video);
    }
  }

  /** Deletes an asset's row, and stores the key of its file until that is deleted. */
  beginAsset(id: AssetId, key: string): void {
    const { sql, now } = this.#runtime;
    sql.exec("INSERT INTO removals (id, record, at) VALUES (?, ?, ?)", id, JSON.stringify(key), now());
    sql.exec("DELETE FROM assets WHERE id = ?", id);
    this.#deleteEvents("SELECT ?", id);
  }

  /** The storage key of a deleted asset's file; null when the file is deleted. */
  keyOf(id: AssetId): string | null {
    const query = "SELECT record FROM removals WHERE id = ?";
    const row = this.#runtime.sql.exec<{ record: string | null }>(query, id).toArray()[0];
    return row?.record == null ? null : (JSON.parse(row.record) as string); // written by beginAsset() only
  }

  finishAsset(id: AssetId): void {
    this.#runtime.sql.exec("UPDATE removals SET record = NULL WHERE id = ?", id);
  }

  /** The project that a step of the deleted video created meanwhile; null when there is none. */
  madeFor({ id, project }: DeletionRecord): ProjectId | null {
    return project === null ? (findByOwnKey(this.#runtime, stepKey(id, "project")) as ProjectId | null) : null; // that step makes nothing else
  }

  /** Adds that project to the deletion. */
  adopt(deletion: DeletionRecord, project: ProjectId): void {
    const { sql } = this.#runtime;
    const record = JSON.stringify({ ...deletion, project, whole: true });
    sql.exec("UPDATE removals SET record = ? WHERE id = ?", record, deletion.id);
    sql.exec("UPDATE projects SET removed = 1 WHERE id = ?", project);
  }

  /** Its turns: all of the project, or the video's own. */
  turns({ whole, project, turns }: DeletionRecord): TurnRow[] {
    const query = "SELECT id, phase FROM turns WHERE";
    const { sql } = this.#runtime;
    if (whole) return sql.exec<TurnRow>(`${query} project = ? ORDER BY id`, project).toArray();
    return turns.flatMap((id) => sql.exec<TurnRow>(`${query} id = ?`, id).toArray());
  }

  /** Its renders: all of the project, or the video's own. `busy`: work of it is still scheduled. */
  renders({ whole, project, renders }: DeletionRecord): { id: RenderId; busy: boolean }[] {
    const query = "SELECT record FROM renders WHERE";
    const { sql } = this.#runtime;
    const rows = whole
      ? sql.exec<{ record: string }>(`${query} project = ? ORDER BY id`, project).toArray()
      : renders.flatMap((id) => sql.exec<{ record: string }>(`${query} id = ?`, id).toArray());
    const found = rows.map(({ record }) => JSON.parse(record) as Render); // written by RenderRows only
    return found.map((render) => ({ id: render.id, busy: !isRenderOver(render) || render.cancelScheduled === true }));
  }

  /** The assets that were attached to the deleted project. */
  attached({ whole, project }: DeletionRecord): AssetId[] {
    if (!whole) return [];
    const query = "SELECT asset FROM attachments WHERE project = ?";
    return this.#runtime.sql
      .exec<{ asset: AssetId }>(query, project)
      .toArray()
      .map(({ asset }) => asset);
  }

  /** Deletes all rows except the deletion's own id. Call inside a transaction. */
  finish({ id, whole, project, videos }: DeletionRecord): void {
    const { sql } = this.#runtime;
    for (const video of videos) this.#deleteEvents("SELECT ?", video);
    if (whole) {
      this.#deleteEvents("SELECT id FROM turns WHERE project = ?", project);
      this.#deleteEvents("SELECT id FROM renders WHERE project = ?", project);
      this.#deleteEvents("SELECT ?", project);
      sql.exec("DELETE FROM tickets WHERE turn IN (SELECT id FROM turns WHERE project = ?)", project);
      for (const table of ["turns", "renders", "attachments"])
        sql.exec(`DELETE FROM ${table} WHERE project = ?`, project);
      sql.exec("DELETE FROM projects WHERE id = ?", project);
    }
    sql.exec("UPDATE removals SET record = NULL WHERE id = ?", id);
  }

  /** Deletes the ids of deletions before `before`. Returns the time of the oldest one that stays. */
  tidy(before: EpochMs): EpochMs | null {
    const { sql } = this.#runtime;
    sql.exec("DELETE FROM removals WHERE record IS NULL AND at < ?", before);
    return sql.exec<{ at: number | null }>("SELECT min(at) AS at FROM removals WHERE record IS NULL").one().at;
  }

  /** Deletes the events of the ids that the query returns, and their event counters. */
  #deleteEvents(ids: string, of: string | null): void {
    const { sql } = this.#runtime;
    sql.exec(`DELETE FROM turn_events WHERE turn IN (${ids})`, of);
    sql.exec(`DELETE FROM sequences WHERE resource IN (${ids})`, of);
  }
}
