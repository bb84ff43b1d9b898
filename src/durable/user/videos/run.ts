/**
 * The workflow of one video: each step runs under its own idempotency key and is stored, so that it runs once.
 * The outbox reports every event of a turn, a render or an asset in the transaction that appends it; a video that
 * waits for one of them is scheduled there.
 */

import { uploadObjectName, userObjectName } from "../../../core/address.ts";
import { type Problem, problemOf } from "../../../core/errors.ts";
import { type RenderId, type TurnId, userHashOf, type VideoId } from "../../../core/ids.ts";
import { formatOfName } from "../../../core/media/sniff.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { UploadRpc } from "../../../core/rpc/upload.ts";
import type { AssetRecord, UserRpc } from "../../../core/rpc/user.ts";
import { isExportable } from "../../../core/timeline/timeline.ts";
import {
  awaitsCost,
  type EndedRender,
  type EndedTurn,
  failedVideo,
  isImportPending,
  isVideoOver,
  nextVideoStep,
  promptSourceOf,
  renderStep,
  toTurn,
  turnStep,
  type Video,
  type VideoInputs,
  type VideoSource,
  withLateCost,
} from "../../../core/video.ts";
import { newRender } from "../../../core/wire/render.ts";
import { newTurn } from "../../../core/wire/turn.ts";
import { RetryLater } from "../../shared/jobs.ts";
import { isFull, isTransient, retryDelay } from "../../shared/problems.ts";
import { stepCall, VIDEO } from "../context.ts";
import type { UserServices } from "../services.ts";
import { turnOutcome } from "../turns/settle.ts";
import { beginImports, importFailed, isPartialUpload, noAsset, notAccepted, notUploaded, unusable } from "./videos.ts";

export class VideoWorkflow {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /** Called when the object starts: forwards the events of running turns to the streams of their videos again. */
  recover(): void {
    for (const video of this.#user.videoRows.running()) {
      if (video.turn !== null) this.#user.log.forward(video.turn, video.id);
    }
  }

  /** Job: runs every step that can run now. */
  async perform(id: VideoId): Promise<void> {
    const { runtime, jobs } = this.#user;
    for (;;) {
      const video = this.#user.videoRows.find(id);
      if (video === null) return jobs.done(VIDEO, id);
      if (isVideoOver(video)) {
        if (awaitsCost(video)) this.#user.videoRows.save(withLateCost(video, this.#turnOutcome(video)));
        return jobs.done(VIDEO, id);
      }
      const seen = await this.#observe(video);
      const step = nextVideoStep(video, seen, runtime.now());
      if (step.do === "wait") {
        if (this.#isWanted(id)()) this.#user.videos.publishProgress(video);
        return jobs.schedule(VIDEO, id, runtime.now() + runtime.config.timings.videoPollInterval);
      }
      const next = step.do === "save" ? ok(step.video) : await this.#runStep(step.do, video);
      if (next === null) return jobs.schedule(VIDEO, id, runtime.now() + runtime.config.timings.videoPollInterval);
      if (!next.ok && isFull(next.error))
        return jobs.schedule(VIDEO, id, runtime.now() + retryDelay(runtime, next.error));
      if (!next.ok && isTransient(next.error)) throw new RetryLater("video step failed", next.error);
      await runtime.failpoint("video.step");
      const fresh = this.#user.videoRows.find(id);
      if (fresh === null || isVideoOver(fresh)) return jobs.done(VIDEO, id); // cancelled during the step
      this.#user.videos.save(video, next.ok ? next.value : failedVideo(video, next.error, runtime.now()));
    }
  }

  /** Fails a video whose job keeps failing. */
  giveUp(id: VideoId): void {
    const video = this.#user.videoRows.find(id);
    if (video === null || isVideoOver(video)) return;
    const failure = problemOf(
      "nemo_unavailable",
      "The video could not be completed after several attempts; start it again later with POST /v1/videos.",
    );
    this.#user.videos.save(video, failedVideo(video, failure, this.#user.runtime.now()));
  }

  /** Schedules the videos that wait for an event of this object. */
  onEvent(resource: string): void {
    const { jobs, runtime } = this.#user;
    if (resource.startsWith("ast_")) this.scheduleWaitingForFiles();
    if (!/^(trn|rnd)_/.test(resource)) return;
    for (const id of this.#user.videoRows.waitingFor(resource as TurnId | RenderId))
      jobs.schedule(VIDEO, id, runtime.now());
  }

  /** Schedules the videos that wait for files: one has arrived or has failed. */
  scheduleWaitingForFiles(): void {
    const { jobs, runtime } = this.#user;
    for (const { id, stage } of this.#user.videoRows.running())
      if (stage === "assets") jobs.schedule(VIDEO, id, runtime.now());
  }

  /** Runs a step. Returns the video with its result, or why the step failed; null when it cannot run yet. */
  async #runStep(
    what: "import" | "make_project" | "attach" | "start_turn" | "start_render",
    video: Video,
  ): Promise<Result<Video, Problem> | null> {
    const { projects, turns, renders } = this.#user;
    switch (what) {
      case "import":
        return beginImports(this.#user, video, stepCall(this.#user, video, "import"));
      case "make_project": {
        const name = video.generator?.slug ?? "video";
        const body = { name, metadata: {}, ...(video.language === null ? {} : { language: video.language }) };
        const made = await projects.create(stepCall(this.#user, video, "project"), body);
        return made.ok ? ok({ ...video, project: made.value.id }) : made;
      }
      case "attach": {
        const problem = await this.#attach(video);
        return problem === null ? ok(toTurn(video)) : err(problem);
      }
      case "start_turn": {
        const { prompt, language } = video;
        const body = newTurn.parse({ prompt, route: "chat", ...(language === null ? {} : { language }) });
        const call = stepCall(this.#user, video, turnStep(video));
        const made = await turns.start(call, projectOf(video), body, {
          attribution: video.attribution,
          isWanted: this.#isWanted(video.id),
          source: promptSourceOf(video),
        });
        if (!made.ok) return made;
        this.#user.log.forward(made.value.id, video.id);
        return ok({ ...video, turn: made.value.id });
      }
      case "start_render": {
        const body = newRender.parse({ output: video.output });
        const call = stepCall(this.#user, video, renderStep(video));
        const made = await renders.start(call, projectOf(video), body, {
          attribution: video.attribution,
          isWanted: this.#isWanted(video.id),
        });
        return made.ok ? ok({ ...video, render: made.value.id }) : made;
      }
    }
  }

  /**
   * Checked in the transaction that stores a step's result: a video that was cancelled or deleted meanwhile starts
   * nothing more.
   */
  #isWanted(id: VideoId): () => boolean {
    return () => {
      const video = this.#user.videoRows.find(id);
      return video !== null && !isVideoOver(video);
    };
  }

  async #attach(video: Video): Promise<Problem | null> {
    for (const [at, source] of video.sources.entries()) {
      const record = await this.#recordOf(source, fileLabel(at, video.sources));
      if (!("key" in record))
        return (
          record.problem ??
          problemOf("asset_not_ready", "A file of the video has not arrived yet; wait until its upload is completed.")
        );
      const format = formatOfName(record.filename)?.ext ?? "";
      if (video.accepts !== null && !video.accepts.includes(format)) return notAccepted(record, video.accepts);
      const call = stepCall(this.#user, video, `attach ${source.asset}`);
      const made = await this.#user.assets.attach(call, projectOf(video), record);
      if (!made.ok) return made.error;
    }
    return null;
  }

  async #observe(video: Video): Promise<VideoInputs> {
    const mayBeThere = video.stage === "assets" && !video.sources.some(isImportPending);
    const records = mayBeThere
      ? await Promise.all(video.sources.map((one, at) => this.#recordOf(one, fileLabel(at, video.sources))))
      : [];
    const missing = records.filter((record) => !("key" in record));
    return {
      waiting: missing.length,
      problem: missing.map((one) => ("key" in one ? null : one.problem)).find((problem) => problem !== null) ?? null,
      turn: this.#turnOutcome(video),
      exportable: video.stage === "timeline" && (await this.#exportable(video)),
      render: this.#renderOutcome(video.render),
    };
  }

  /** The asset of a source, or why there is none: a problem when there never will be, null when it may still arrive. */
  async #recordOf({ asset, upload }: VideoSource, label: string): Promise<AssetRecord | { problem: Problem | null }> {
    const { env } = this.#user.runtime;
    const owner = { ...this.#user.address, uh: userHashOf(asset) };
    const own = this.#user.assets.find(asset);
    if (own !== null) return asUsable(own);
    const readFromOwner = async (): Promise<AssetRecord | null> => {
      if (owner.uh === this.#user.address.uh) return null;
      const other = env.USER.getByName(userObjectName(owner)) as unknown as UserRpc; // UserObject implements UserRpc
      const read = await other.readAsset(asset);
      return read.ok ? read.value : null;
    };
    const foreign = await readFromOwner();
    if (foreign !== null) return asUsable(foreign);
    if (upload === null) return { problem: noAsset(asset) };
    const object = env.UPLOAD.getByName(uploadObjectName(owner, upload)) as unknown as UploadRpc; // UploadObject implements it
    const read = await object.read();
    if (!read.ok) return { problem: read.error };
    const { status, source, concat, asset_id } = read.value;
    if (asset_id !== null) {
      const made = this.#user.assets.find(asset) ?? (await readFromOwner()); // made since, or deleted
      return made === null ? { problem: noAsset(asset) } : asUsable(made);
    }
    const hasFailed = status !== "open" && status !== "completed";
    if (source === "import" && hasFailed) return { problem: importFailed(read.value, label) };
    if (concat === "partial") return { problem: isPartialUpload(upload) };
    return { problem: hasFailed ? notUploaded(upload, status) : null };
  }

  #turnOutcome = ({ turn }: Video): EndedTurn | null => turnOutcome(this.#user, turn);

  #renderOutcome(id: RenderId | null): EndedRender | null {
    const render = id === null ? null : this.#user.renderRows.find(id);
    if (render?.phase !== "completed" && render?.phase !== "failed") return null;
    return { status: render.phase, error: render.error };
  }

  /** Whether the timeline can be exported: from the snapshot that the turn left, else from Nemo. */
  async #exportable(video: Video): Promise<boolean> {
    const known = this.#user.projects.find(projectOf(video))?.snapshot?.timeline ?? null;
    if (known !== null) return isExportable(known);
    const state = await this.#user.projects.state(projectOf(video));
    if (!state.ok) throw new RetryLater("timeline not read", state.error);
    return state.value !== null && isExportable(state.value.timeline);
  }
}

function projectOf({ project }: Video): NonNullable<Video["project"]> {
  if (project === null) throw new Error("a video's step ran without its project");
  return project;
}

const asUsable = (record: AssetRecord): AssetRecord | { problem: Problem } =>
  record.status === "ready" ? record : { problem: unusable(record) };

/** Names the file that a problem is about when there are several. The address of a file is never shown. */
const fileLabel = (at: number, { length }: readonly unknown[]): string =>
  length > 1 ? `File ${at + 1} of ${length}: ` : "";
