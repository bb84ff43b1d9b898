/**
 * The end of a project, or of a video with the project that it made for itself.
 *
 * Deleting hides it at once and stops what is at work; its rows and files go when nothing of it runs any more, because what
 * runs still writes. Until then the schedule looks again. Assets stay: they are the user's, not the project's.
 */
import { renderKey } from "../../core/address.ts";
import type { Refusal } from "../../core/errors.ts";
import type { ProjectId, VideoId } from "../../core/ids.ts";
import { QUEUE_BATCH, REMOVED_TTL_MS } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { HOUR_MS } from "../../core/time.ts";
import type { Video } from "../../core/video.ts";
import { refOf } from "./attach-run.ts";
import { ACT, AGED, ATTACH, FILE, type Home, REMOVE, RENDER, TURN, VIDEO } from "./home.ts";
import { noProject, type Projects } from "./projects.ts";
import type { Removal, RemovalRows } from "./removal-rows.ts";
import type { RenderFiles } from "./render-files.ts";
import type { Renders } from "./renders.ts";
import type { TurnRun } from "./turn-run.ts";
import { noVideo } from "./video-refusals.ts";
import type { VideoRows } from "./video-rows.ts";
import type { Videos } from "./videos.ts";

export type RemovalTools = {
  readonly projects: Projects;
  readonly run: TurnRun;
  readonly renders: Renders;
  readonly files: RenderFiles;
  readonly videos: Videos;
  readonly videoRows: VideoRows;
};

export class Removals {
  readonly #home: Home;
  readonly #tools: RemovalTools;
  readonly #rows: RemovalRows;

  constructor(home: Home, tools: RemovalTools, rows: RemovalRows) {
    this.#home = home;
    this.#tools = tools;
    this.#rows = rows;
  }

  /** Deletes a project with everything in it, the videos made in it too. Again: done already. */
  project(id: ProjectId): Result<null, Refusal> {
    if (this.#isDeleted(id)) return ok(null);
    if (this.#tools.projects.find(id) === null) return err(noProject());
    const videos = this.#tools.videoRows.inProject(id);
    this.#begin(videos, { id, project: id, whole: true, turns: [], renders: [] });
    return ok(null);
  }

  /** Deletes a video: cancelled first, where it is still made. Its project goes with it where no other video works in it. */
  video(id: VideoId): Result<null, Refusal> {
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

  /** The schedule's work: stop what runs, wait for it, then take everything out. May be repeated at any point. */
  async perform(id: Removal["id"]): Promise<void> {
    const { ground, schedule } = this.#home;
    const removal = this.#rows.find(id);
    if (removal === null) return schedule.done(REMOVE, id);
    this.#stop(removal);
    if (this.#isBusy(removal)) return schedule.owe(REMOVE, id, ground.now() + ground.config.waits.retry);
    const late = this.#rows.madeFor(removal);
    if (late !== null) {
      this.#rows.adopt(removal, late);
      return schedule.owe(REMOVE, id, ground.now());
    }
    await ground.storage.sync(); // whoever watches has seen the end
    if (removal.whole) await this.#deleteFiles(removal);
    await ground.boundary("removal.filed");
    ground.storage.transactionSync(() => {
      this.#letGo(removal);
      this.#rows.finish(removal);
      schedule.done(REMOVE, id);
    });
    for (const video of removal.videos) this.#home.log.forget(video);
  }

  #isDeleted(id: Removal["id"]): boolean {
    return this.#home.database.exists() && this.#rows.has(id);
  }

  #begin(videos: readonly Video[], removal: Omit<Removal, "videos">): void {
    const { ground, schedule } = this.#home;
    ground.storage.transactionSync(() => {
      for (const { id } of videos) {
        this.#tools.videos.cancel(id);
        schedule.done(VIDEO, id);
      }
      this.#rows.begin({ ...removal, videos: videos.map(({ id }) => id) });
      schedule.owe(REMOVE, removal.id, ground.now());
      schedule.oweOnce(AGED, "", ground.now() + REMOVED_TTL_MS + HOUR_MS);
    });
    schedule.tick();
  }

  /** Takes waiting turns back, leaves running ones, cancels renders. Each ends by itself after that. */
  #stop(removal: Removal): void {
    for (const { id, phase } of this.#rows.turns(removal))
      if (phase !== "ended" && phase !== "settling") this.#tools.run.cancel(id);
    for (const { id, busy } of this.#rows.renders(removal)) if (busy) this.#tools.renders.drop(id);
  }

  /** Whether anything of it is owed, or is being done this moment. */
  #isBusy(removal: Removal): boolean {
    const { schedule } = this.#home;
    const runs = (kinds: readonly string[], ref: string) => kinds.some((kind) => schedule.isRunning(kind, ref));
    return (
      removal.videos.some((id) => runs([VIDEO], id)) ||
      this.#rows.turns(removal).some(({ id, phase }) => phase !== "ended" || runs([TURN, ACT], id)) ||
      this.#rows.renders(removal).some(({ id, busy }) => busy || runs([RENDER, FILE], id)) ||
      this.#attachments(removal).some((ref) => runs([ATTACH], ref))
    );
  }

  /** Renders share files within their project alone, so all of them go. */
  async #deleteFiles(removal: Removal): Promise<void> {
    const { ground, address } = this.#home;
    const keys = this.#rows.renders(removal).map(({ id }) => renderKey(address, id));
    for (let at = 0; at < keys.length; at += QUEUE_BATCH)
      await ground.env.MEDIA.delete(keys.slice(at, at + QUEUE_BATCH));
  }

  /** Ends what the schedule would still do for it. In a project that stays, a file goes unless another render shows it. */
  #letGo(removal: Removal): void {
    const { schedule } = this.#home;
    for (const { id } of this.#rows.renders(removal)) {
      if (removal.whole) schedule.done(FILE, id);
      else this.#tools.files.end(id);
    }
    if (!removal.whole) return;
    for (const { id } of this.#rows.turns(removal)) schedule.done(ACT, id);
    for (const ref of this.#attachments(removal)) schedule.done(ATTACH, ref);
  }

  #attachments(removal: Removal): string[] {
    const { project } = removal;
    return project === null ? [] : this.#rows.attached(removal).map((asset) => refOf(project, asset));
  }
}
