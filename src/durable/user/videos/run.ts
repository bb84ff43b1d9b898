/**
 * One video on its way: each step made under its own key, written down, and then never made again.
 *
 * What a step began tells when it ends: the outbox hears of every turn, render and asset in the transaction that ends it,
 * and owes the video its next step there.
 */
import { uploadObjectName, userObjectName } from "../../../core/address.ts";
import { type Problem, problemOf } from "../../../core/errors.ts";
import { type RenderId, type TurnId, userHashOf, type VideoId } from "../../../core/ids.ts";
import { formatOfName } from "../../../core/media/sniff.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { UploadRpc } from "../../../core/rpc/upload.ts";
import type { AssetRecord, Call, UserRpc } from "../../../core/rpc/user.ts";
import { isExportable } from "../../../core/timeline/timeline.ts";
import {
  type EndedRender,
  type EndedTurn,
  isOver,
  isUnbegun,
  nextStep,
  owesCost,
  promptSourceOf,
  renderStep,
  type Seen,
  toFailed,
  toTurn,
  turnStep,
  type Video,
  type VideoSource,
  withLateCost,
} from "../../../core/video.ts";
import { newRender } from "../../../core/wire/render.ts";
import { newTurn } from "../../../core/wire/turn.ts";
import { stepKey } from "../../shared/idempotency.ts";
import { TryAgain } from "../../shared/jobs.ts";
import { isFull, isPassing, lookAfter } from "../../shared/problems.ts";
import type { Assets } from "../assets.ts";
import { isNamed, originOf, type UserContext, VIDEO } from "../context.ts";
import type { Projects } from "../projects.ts";
import type { Renders } from "../renders/renders.ts";
import type { RenderRows } from "../renders/store.ts";
import { endedTurn } from "../turns/settle.ts";
import type { TurnRows } from "../turns/store.ts";
import type { Turns } from "../turns/turns.ts";
import type { VideoRows } from "./store.ts";
import {
  beginImports,
  importFailed,
  noAsset,
  notAccepted,
  notUploaded,
  onlyClip,
  unusable,
  type Videos,
} from "./videos.ts";

/** What a video is made with. */
export type VideoTools = {
  readonly projects: Projects;
  readonly assets: Assets;
  readonly turns: Turns;
  readonly turnRows: TurnRows;
  readonly renders: Renders;
  readonly renderRows: RenderRows;
};

export class VideoWorkflow {
  readonly #context: UserContext;
  readonly #rows: VideoRows;
  readonly #videos: Videos;
  readonly #tools: VideoTools;

  constructor(context: UserContext, rows: VideoRows, videos: Videos, tools: VideoTools) {
    this.#context = context;
    this.#rows = rows;
    this.#videos = videos;
    this.#tools = tools;
    context.outbox.heard((resource) => this.#heard(resource));
  }

  /** The start of a new instance: the streams of videos go on with what their turns say. */
  recover(): void {
    for (const video of this.#rows.running()) {
      if (video.turn !== null) this.#context.log.forward(video.turn, video.id);
    }
  }

  /** The schedule's work for one video: every step that can be made now. */
  async perform(id: VideoId): Promise<void> {
    const { runtime, jobs } = this.#context;
    for (;;) {
      const video = this.#rows.find(id);
      if (video === null) return jobs.done(VIDEO, id);
      if (isOver(video)) {
        if (owesCost(video)) this.#rows.save(withLateCost(video, this.#endedTurn(video)));
        return jobs.done(VIDEO, id);
      }
      const seen = await this.#see(video);
      const step = nextStep(video, seen, runtime.now());
      if (step.do === "wait") {
        if (this.#isWanted(id)()) this.#videos.publishProgress(video);
        return jobs.schedule(VIDEO, id, runtime.now() + runtime.config.waits.videoLook);
      }
      const next = step.do === "save" ? ok(step.video) : await this.#make(step.do, video);
      if (next === null) return jobs.schedule(VIDEO, id, runtime.now() + runtime.config.waits.videoLook);
      if (!next.ok && isFull(next.error))
        return jobs.schedule(VIDEO, id, runtime.now() + lookAfter(runtime, next.error));
      if (!next.ok && isPassing(next.error)) throw new TryAgain("not made", next.error);
      await runtime.boundary("video.step");
      const fresh = this.#rows.find(id);
      if (fresh === null || isOver(fresh)) return jobs.done(VIDEO, id); // cancelled meanwhile
      this.#videos.save(video, next.ok ? next.value : toFailed(video, next.error, runtime.now()));
    }
  }

  /** Gives a video that keeps failing an end. */
  giveUp(id: VideoId): void {
    const video = this.#rows.find(id);
    if (video === null || isOver(video)) return;
    const lost = problemOf("nemo_unavailable", "The video could not be taken further; start it again later.");
    this.#videos.save(video, toFailed(video, lost, this.#context.runtime.now()));
  }

  /** A fact of this object: whoever waits for it goes on. */
  #heard(resource: string): void {
    const { jobs, runtime } = this.#context;
    if (resource.startsWith("ast_")) this.lookAtFiles();
    if (!/^(trn|rnd)_/.test(resource)) return;
    for (const id of this.#rows.waitingFor(resource as TurnId | RenderId)) jobs.schedule(VIDEO, id, runtime.now());
  }

  /** A file came, or will not come: whoever waits for files goes on. */
  lookAtFiles(): void {
    const { jobs, runtime } = this.#context;
    for (const { id, stage } of this.#rows.running()) if (stage === "assets") jobs.schedule(VIDEO, id, runtime.now());
  }

  /** Makes what the step makes; the video with it written down, or why it cannot be made; null: not now. */
  async #make(
    what: "import" | "make_project" | "attach" | "start_turn" | "start_render",
    video: Video,
  ): Promise<Result<Video, Problem> | null> {
    const { projects, turns, renders } = this.#tools;
    switch (what) {
      case "import":
        return beginImports(this.#context, video, this.#call(video, "import"));
      case "make_project": {
        const name = video.generator?.slug ?? "video";
        const body = { name, metadata: {}, ...(video.language === null ? {} : { language: video.language }) };
        const made = await projects.create(this.#call(video, "project"), body);
        return made.ok ? ok({ ...video, project: made.value.id }) : made;
      }
      case "attach": {
        const problem = await this.#attach(video);
        return problem === null ? ok(toTurn(video)) : err(problem);
      }
      case "start_turn": {
        const { prompt, language } = video;
        const body = newTurn.parse({ prompt, route: "chat", ...(language === null ? {} : { language }) });
        const call = this.#call(video, turnStep(video));
        const [isWanted, source] = [this.#isWanted(video.id), promptSourceOf(video)];
        const made = await turns.start(call, projectOf(video), body, video.attribution, isWanted, source);
        if (!made.ok) return made;
        this.#context.log.forward(made.value.id, video.id);
        return ok({ ...video, turn: made.value.id });
      }
      case "start_render": {
        const body = newRender.parse({ output: video.output });
        const call = this.#call(video, renderStep(video));
        const made = await renders.start(call, projectOf(video), body, video.attribution, this.#isWanted(video.id));
        return made.ok ? ok({ ...video, render: made.value.id }) : made;
      }
    }
  }

  /** Asked with the commit of what a step makes: a video that was cancelled or deleted meanwhile begins nothing more. */
  #isWanted(id: VideoId): () => boolean {
    return () => {
      const video = this.#rows.find(id);
      return video !== null && !isOver(video);
    };
  }

  /** A call in the video's own name. */
  #call({ id, key = null }: Video, step: string): Call {
    const context = this.#context;
    const idempotency = { key: stepKey(id, step), fingerprint: id };
    return { origin: originOf(context), named: isNamed(context), idempotency, key };
  }

  async #attach(video: Video): Promise<Problem | null> {
    for (const [at, source] of video.sources.entries()) {
      const record = await this.#recordOf(source, slotOf(at, video.sources));
      if (!("key" in record)) return record.problem ?? problemOf("asset_not_ready", "A file is not there yet.");
      const format = formatOfName(record.filename)?.ext ?? "";
      if (video.accepts !== null && !video.accepts.includes(format)) return notAccepted(record, video.accepts);
      const made = this.#tools.assets.attach(this.#call(video, `attach ${source.asset}`), projectOf(video), record);
      if (!made.ok) return made.error;
    }
    return null;
  }

  async #see(video: Video): Promise<Seen> {
    const mayBeThere = video.stage === "assets" && !video.sources.some(isUnbegun);
    const records = mayBeThere
      ? await Promise.all(video.sources.map((one, at) => this.#recordOf(one, slotOf(at, video.sources))))
      : [];
    const missing = records.filter((record) => !("key" in record));
    return {
      waiting: missing.length,
      problem: missing.map((one) => ("key" in one ? null : one.problem)).find((problem) => problem !== null) ?? null,
      turn: this.#endedTurn(video),
      exportable: video.stage === "timeline" && (await this.#exportable(video)),
      render: this.#endedRender(video.render),
    };
  }

  /** A source's record, or why there is none and, where it never will be, the refusal. */
  async #recordOf({ asset, upload }: VideoSource, place: string): Promise<AssetRecord | { problem: Problem | null }> {
    const { env } = this.#context.runtime;
    const owner = { ...this.#context.address, uh: userHashOf(asset) };
    const own = this.#tools.assets.find(asset);
    if (own !== null) return usable(own);
    const ofOther = async (): Promise<AssetRecord | null> => {
      if (owner.uh === this.#context.address.uh) return null;
      const other = env.USER.getByName(userObjectName(owner)) as unknown as UserRpc; // UserObject implements UserRpc
      const read = await other.readAsset(asset);
      return read.ok ? read.value : null;
    };
    const others = await ofOther();
    if (others !== null) return usable(others);
    if (upload === null) return { problem: noAsset(asset) };
    const object = env.UPLOAD.getByName(uploadObjectName(owner, upload)) as unknown as UploadRpc; // UploadObject implements it
    const read = await object.read();
    if (!read.ok) return { problem: read.error };
    const { status, source, concat, asset_id } = read.value;
    if (asset_id !== null) {
      const made = this.#tools.assets.find(asset) ?? (await ofOther()); // made since, or deleted
      return made === null ? { problem: noAsset(asset) } : usable(made);
    }
    const isLost = status !== "open" && status !== "completed";
    if (source === "import" && isLost) return { problem: importFailed(read.value, place) };
    if (concat === "partial") return { problem: onlyClip(upload) };
    return { problem: isLost ? notUploaded(upload, status) : null };
  }

  #endedTurn = ({ turn }: Video): EndedTurn | null => endedTurn(this.#context, this.#tools.turnRows, turn);

  #endedRender(id: RenderId | null): EndedRender | null {
    const render = id === null ? null : this.#tools.renderRows.find(id);
    if (render?.phase !== "completed" && render?.phase !== "failed") return null;
    return { status: render.phase, error: render.error };
  }

  /** Whether there is something to export: as the turn left it where that is known, else asked. */
  async #exportable(video: Video): Promise<boolean> {
    const known = this.#tools.projects.find(projectOf(video))?.snapshot?.timeline ?? null;
    if (known !== null) return isExportable(known);
    const state = await this.#tools.projects.state(projectOf(video));
    if (!state.ok) throw new TryAgain("timeline not read", state.error);
    return state.value !== null && isExportable(state.value.timeline);
  }
}

function projectOf({ project }: Video): NonNullable<Video["project"]> {
  if (project === null) throw new Error("a video went on without its project");
  return project;
}

const usable = (record: AssetRecord): AssetRecord | { problem: Problem } =>
  record.status === "ready" ? record : { problem: unusable(record) };

/** Which of several files a refusal is about: nothing else of an address is told. */
const slotOf = (at: number, { length }: readonly unknown[]): string =>
  length > 1 ? `File ${at + 1} of ${length}: ` : "";
