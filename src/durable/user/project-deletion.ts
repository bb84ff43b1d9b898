/**
 * Deletes a project, or a video together with the project that was created for it.
 * A deletion hides the project at once and stops its work. Running work still writes, so the rows and files are
 * deleted when none is left; until then the job checks again. Assets stay, because they belong to the user and not to
 * the project.
 */

import { renderKey } from "../../core/address.ts";
import type { Problem } from "../../core/errors.ts";
import type { AssetId, ListedId, ProjectId, RenderId, TurnId, VideoId } from "../../core/ids.ts";
import { QUEUE_BATCH, REMOVED_TTL_MS } from "../../core/limits.ts";
import { isRenderOver, type Render } from "../../core/render.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type EpochMs, HOUR_MS } from "../../core/time.ts";
import type { Turn } from "../../core/turn.ts";
import type { Video } from "../../core/video.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { findByOwnKey, stepKey } from "../shared/idempotency.ts";
import { forgetResources } from "../shared/problems.ts";
import { attachmentKey } from "./attachments.ts";
import { ATTACH, DELETE_JOB, FILE_EXPIRY, RENDER, RETENTION, SUGGESTED_RENDER, TURN, VIDEO } from "./context.ts";
import { noProject } from "./projects.ts";
import type { UserServices } from "./services.ts";
import { noVideo } from "./videos/videos.ts";

export class Deletions {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /** Deletes a project with all its content, including the videos made in it. Idempotent. */
  project(id: ProjectId): Result<null, Problem> {
    if (this.#isDeleted(id)) return ok(null);
    if (this.#user.projects.find(id) === null) return err(noProject());
    const videos = this.#user.videoRows.inProject(id);
    this.#begin(videos, { id, project: id, wholeProject: true, turns: [], renders: [] });
    return ok(null);
  }

  /** Deletes a video, after cancelling it. Its own project is deleted too unless another video uses it. Idempotent. */
  video(id: VideoId): Result<null, Problem> {
    if (this.#isDeleted(id)) return ok(null);
    const video = this.#user.videoRows.find(id);
    if (video === null) return err(noVideo());
    const { project, turn, render, file } = video;
    const isAlone = project !== null && this.#user.videoRows.inProject(project).length === 1;
    this.#begin([video], {
      id,
      project,
      wholeProject: video.ownsProject && isAlone,
      turns: [...video.turns, ...(turn === null ? [] : [turn])],
      renders: [...new Set([...video.renders, render, file])].filter((one) => one !== null),
    });
    return ok(null);
  }

  /** Job: stops the running work, waits for it, then deletes everything. May be repeated at any point. */
  async perform(id: DeletionRecord["id"]): Promise<void> {
    const { runtime, jobs } = this.#user;
    const deletion = this.#user.deletionRows.find(id);
    if (deletion === null) return jobs.done(DELETE_JOB, id);
    this.#stop(deletion);
    if (this.#isBusy(deletion)) return jobs.schedule(DELETE_JOB, id, runtime.now() + runtime.config.timings.retry);
    const lateProject = this.#user.deletionRows.madeFor(deletion);
    if (lateProject !== null) {
      this.#user.deletionRows.adopt(deletion, lateProject);
      return jobs.schedule(DELETE_JOB, id, runtime.now());
    }
    await runtime.storage.sync(); // subscribers must receive the last events before they are deleted
    if (deletion.wholeProject) await this.#deleteFiles(deletion);
    await forgetResources(runtime, this.#listed(deletion));
    await runtime.failpoint("deletion.files_deleted");
    runtime.storage.transactionSync(() => {
      this.#removeJobs(deletion);
      this.#user.deletionRows.finish(deletion);
      jobs.done(DELETE_JOB, id);
    });
    for (const video of deletion.videos) this.#user.log.forget(video);
  }

  #isDeleted(id: DeletionRecord["id"]): boolean {
    return this.#user.database.exists() && this.#user.deletionRows.has(id);
  }

  #begin(videos: readonly Video[], deletion: Omit<DeletionRecord, "videos">): void {
    const { runtime, jobs } = this.#user;
    runtime.storage.transactionSync(() => {
      for (const { id } of videos) {
        this.#user.videos.cancel(id);
        jobs.done(VIDEO, id);
      }
      this.#user.deletionRows.begin({ ...deletion, videos: videos.map(({ id }) => id) });
      jobs.schedule(DELETE_JOB, deletion.id, runtime.now());
      jobs.scheduleOnce(RETENTION, "", runtime.now() + REMOVED_TTL_MS + HOUR_MS);
    });
    jobs.tick();
  }

  /** Cancels waiting turns, stops following running ones, cancels renders. Each of them then ends by itself. */
  #stop(deletion: DeletionRecord): void {
    for (const { id, phase } of this.#user.deletionRows.turns(deletion))
      if (phase !== "ended" && phase !== "settling") this.#user.turnRun.cancel(id);
    for (const { id, busy } of this.#user.deletionRows.renders(deletion)) if (busy) this.#user.renders.drop(id);
  }

  /** Whether work of it is scheduled or running. */
  #isBusy(deletion: DeletionRecord): boolean {
    const { jobs } = this.#user;
    const isAnyRunning = (kinds: readonly string[], key: string) => kinds.some((kind) => jobs.isRunning(kind, key));
    return (
      deletion.videos.some((id) => isAnyRunning([VIDEO], id)) ||
      this.#user.deletionRows
        .turns(deletion)
        .some(({ id, phase }) => phase !== "ended" || isAnyRunning([TURN, SUGGESTED_RENDER], id)) ||
      this.#user.deletionRows
        .renders(deletion)
        .some(({ id, busy }) => busy || isAnyRunning([RENDER, FILE_EXPIRY], id)) ||
      this.#attachments(deletion).some((key) => isAnyRunning([ATTACH], key))
    );
  }

  /** What leaves the lists of all users. */
  #listed(deletion: DeletionRecord): ListedId[] {
    const { wholeProject, project, videos } = deletion;
    if (!wholeProject || project === null) return [...videos];
    return [project, ...videos, ...this.#user.deletionRows.renders(deletion).map(({ id }) => id)];
  }

  /** Renders share files only within their project, so all files can be deleted. */
  async #deleteFiles(deletion: DeletionRecord): Promise<void> {
    const { runtime, address } = this.#user;
    const keys = this.#user.deletionRows.renders(deletion).map(({ id }) => renderKey(address, id));
    for (let at = 0; at < keys.length; at += QUEUE_BATCH)
      await runtime.env.MEDIA.delete(keys.slice(at, at + QUEUE_BATCH));
  }

  /** Removes the remaining jobs. If the project stays, a file expires now unless another render uses it. */
  #removeJobs(deletion: DeletionRecord): void {
    const { jobs } = this.#user;
    for (const { id } of this.#user.deletionRows.renders(deletion)) {
      if (deletion.wholeProject) jobs.done(FILE_EXPIRY, id);
      else this.#user.renderFiles.end(id);
    }
    if (!deletion.wholeProject) return;
    for (const { id } of this.#user.deletionRows.turns(deletion)) jobs.done(SUGGESTED_RENDER, id);
    for (const key of this.#attachments(deletion)) jobs.done(ATTACH, key);
  }

  #attachments(deletion: DeletionRecord): string[] {
    const { project } = deletion;
    return project === null
      ? []
      : this.#user.deletionRows.attached(deletion).map((asset) => attachmentKey(project, asset));
  }
}

/** One deletion. `wholeProject`: the project with everything in it; otherwise only a video with the files of its renders. */
export type DeletionRecord = {
  readonly id: VideoId | ProjectId;
  readonly project: ProjectId | null;
  readonly wholeProject: boolean;
  readonly videos: readonly VideoId[];
  readonly turns: readonly TurnId[];
  readonly renders: readonly RenderId[];
};

type TurnRow = { id: TurnId; phase: Turn["phase"] };

export class DeletionRows {
  readonly #runtime: ObjectRuntime;
  readonly #onProject: (id: ProjectId) => void;

  /** `onProject` is called with every project whose row this class changes. */
  constructor(runtime: ObjectRuntime, onProject: (id: ProjectId) => void) {
    this.#runtime = runtime;
    this.#onProject = onProject;
  }

  /** Whether it was deleted within the last 30 days. */
  has(id: DeletionRecord["id"] | AssetId): boolean {
    return this.#runtime.sql.exec("SELECT 1 FROM deletions WHERE id = ?", id).toArray().length > 0;
  }

  /** What is left to delete; null when nothing is. */
  find(id: DeletionRecord["id"]): DeletionRecord | null {
    const row = this.#runtime.sql
      .exec<{ record: string | null }>("SELECT record FROM deletions WHERE id = ?", id)
      .toArray()[0];
    return row?.record == null ? null : (JSON.parse(row.record) as DeletionRecord); // written by begin() only
  }

  /** Hides the project and its videos, and stores what is left to do. */
  begin(deletion: DeletionRecord): void {
    const { sql, now } = this.#runtime;
    const query = "INSERT INTO deletions (id, record, deleted_at) VALUES (?, ?, ?)";
    sql.exec(query, deletion.id, JSON.stringify(deletion), now());
    if (deletion.wholeProject && deletion.project !== null) this.#hide(deletion.project);
    for (const video of deletion.videos) {
      sql.exec("INSERT OR IGNORE INTO deletions (id, record, deleted_at) VALUES (?, NULL, ?)", video, now());
      sql.exec("DELETE FROM videos WHERE id = ?", video);
    }
  }

  /** Deletes an asset's row, and stores the key of its file until that is deleted. */
  beginAsset(id: AssetId, key: string): void {
    const { sql, now } = this.#runtime;
    sql.exec("INSERT INTO deletions (id, record, deleted_at) VALUES (?, ?, ?)", id, JSON.stringify(key), now());
    sql.exec("DELETE FROM assets WHERE id = ?", id);
    this.#deleteEvents("SELECT ?", id);
  }

  /** The storage key of a deleted asset's file; null when the file is deleted. */
  keyOf(id: AssetId): string | null {
    const query = "SELECT record FROM deletions WHERE id = ?";
    const row = this.#runtime.sql.exec<{ record: string | null }>(query, id).toArray()[0];
    return row?.record == null ? null : (JSON.parse(row.record) as string); // written by beginAsset() only
  }

  finishAsset(id: AssetId): void {
    this.#runtime.sql.exec("UPDATE deletions SET record = NULL WHERE id = ?", id);
  }

  /** The project that a step of the deleted video created meanwhile; null when there is none. */
  madeFor({ id, project }: DeletionRecord): ProjectId | null {
    return project === null ? (findByOwnKey(this.#runtime, stepKey(id, "project")) as ProjectId | null) : null; // that step makes nothing else
  }

  /** Adds that project to the deletion. */
  adopt(deletion: DeletionRecord, project: ProjectId): void {
    const { sql } = this.#runtime;
    const record = JSON.stringify({ ...deletion, project, wholeProject: true });
    sql.exec("UPDATE deletions SET record = ? WHERE id = ?", record, deletion.id);
    this.#hide(project);
  }

  #hide(project: ProjectId): void {
    this.#runtime.sql.exec("UPDATE projects SET is_deleted = 1 WHERE id = ?", project);
    this.#onProject(project);
  }

  /** Its turns: all of the project, or the video's own. */
  turns({ wholeProject, project, turns }: DeletionRecord): TurnRow[] {
    const query = "SELECT id, phase FROM turns WHERE";
    const { sql } = this.#runtime;
    if (wholeProject) return sql.exec<TurnRow>(`${query} project = ? ORDER BY id`, project).toArray();
    return turns.flatMap((id) => sql.exec<TurnRow>(`${query} id = ?`, id).toArray());
  }

  /** Its renders: all of the project, or the video's own. `busy`: work of it is still scheduled. */
  renders({ wholeProject, project, renders }: DeletionRecord): { id: RenderId; busy: boolean }[] {
    const query = "SELECT record FROM renders WHERE";
    const { sql } = this.#runtime;
    const rows = wholeProject
      ? sql.exec<{ record: string }>(`${query} project = ? ORDER BY id`, project).toArray()
      : renders.flatMap((id) => sql.exec<{ record: string }>(`${query} id = ?`, id).toArray());
    const found = rows.map(({ record }) => JSON.parse(record) as Render); // written by RenderRows only
    return found.map((render) => ({ id: render.id, busy: !isRenderOver(render) || render.cancelScheduled === true }));
  }

  /** The assets that were attached to the deleted project. */
  attached({ wholeProject, project }: DeletionRecord): AssetId[] {
    if (!wholeProject) return [];
    const query = "SELECT asset FROM attachments WHERE project = ?";
    return this.#runtime.sql
      .exec<{ asset: AssetId }>(query, project)
      .toArray()
      .map(({ asset }) => asset);
  }

  /** Deletes all rows except the deletion's own id. Call inside a transaction. */
  finish({ id, wholeProject, project, videos }: DeletionRecord): void {
    const { sql } = this.#runtime;
    for (const video of videos) this.#deleteEvents("SELECT ?", video);
    if (wholeProject) {
      this.#deleteEvents("SELECT id FROM turns WHERE project = ?", project);
      this.#deleteEvents("SELECT id FROM renders WHERE project = ?", project);
      this.#deleteEvents("SELECT ?", project);
      sql.exec("DELETE FROM tickets WHERE turn IN (SELECT id FROM turns WHERE project = ?)", project);
      for (const table of ["turns", "renders", "attachments"])
        sql.exec(`DELETE FROM ${table} WHERE project = ?`, project);
      sql.exec("DELETE FROM projects WHERE id = ?", project);
      if (project !== null) this.#onProject(project);
    }
    sql.exec("UPDATE deletions SET record = NULL WHERE id = ?", id);
  }

  /** Deletes the ids of deletions before `before`. Returns the time of the oldest one that stays. */
  deleteExpired(before: EpochMs): EpochMs | null {
    const { sql } = this.#runtime;
    sql.exec("DELETE FROM deletions WHERE record IS NULL AND deleted_at < ?", before);
    return sql.exec<{ at: number | null }>("SELECT min(deleted_at) AS at FROM deletions WHERE record IS NULL").one().at;
  }

  /** Deletes the events of the ids that the query returns, and their event counters. */
  #deleteEvents(ids: string, of: string | null): void {
    const { sql } = this.#runtime;
    sql.exec(`DELETE FROM event_log WHERE owner IN (${ids})`, of);
    sql.exec(`DELETE FROM sequences WHERE resource IN (${ids})`, of);
  }
}
