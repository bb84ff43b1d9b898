/** What callers ask of videos: to start one, to read it, to go on with it, to stop it. Making and following it are next door. */
import type { Refusal } from "../../core/errors.ts";
import { type BatchId, type KeyId, ownedId, type VideoId } from "../../core/ids.ts";
import { EVENTS_TTL_MS } from "../../core/limits.ts";
import type { Call, Page, PageRequest, StoredFile, VideoFilter } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { HOUR_MS } from "../../core/time.ts";
import { isOver, nextRound, type Video, type VideoOrder } from "../../core/video.ts";
import { mayGoOn, type NamedOrder, newVideoOf, toCancelled } from "../../core/video-life.ts";
import { withoutAddresses } from "../../core/video-source.ts";
import { pageOf } from "../page.ts";
import { findRepeat, keepRepeat, repeatDeleted } from "../repeats.ts";
import type { Assets } from "./assets.ts";
import { enter, type Home, isNamed, TIDY, VIDEO } from "./home.ts";
import type { Projects } from "./projects.ts";
import type { RenderFiles } from "./render-files.ts";
import type { RenderRows } from "./render-rows.ts";
import type { Renders } from "./renders.ts";
import type { TurnRun } from "./turn-run.ts";
import { importsTold, settleSources } from "./video-imports.ts";
import { refuseOrder } from "./video-order.ts";
import { busy, cannotGoOn, noFile, notReady, noVideo } from "./video-refusals.ts";
import type { VideoRows } from "./video-rows.ts";
import { type ShownVideo, showVideo, videoUrl } from "./video-show.ts";

export class Videos {
  readonly #home: Home;
  readonly #rows: VideoRows;
  readonly #projects: Projects;
  readonly #assets: Assets;
  readonly #renders: Renders;
  readonly #files: RenderFiles;
  readonly #renderRows: RenderRows;
  readonly #turning: TurnRun;

  constructor(
    home: Home,
    rows: VideoRows,
    parts: {
      readonly projects: Projects;
      readonly assets: Assets;
      readonly renders: Renders;
      readonly files: RenderFiles;
      readonly renderRows: RenderRows;
      readonly run: TurnRun;
    },
  ) {
    this.#home = home;
    this.#rows = rows;
    this.#projects = parts.projects;
    this.#assets = parts.assets;
    this.#renders = parts.renders;
    this.#files = parts.files;
    this.#renderRows = parts.renderRows;
    this.#turning = parts.run;
  }

  /** Commits the order; the schedule makes it. A call that was made before is told so in its answer. */
  async start(call: Call, named: NamedOrder): Promise<Result<ShownVideo, Refusal>> {
    const { ground, schedule } = this.#home;
    // Before the question whether the call was made: between that and the commit nothing may be awaited.
    const order = { ...named, sources: await settleSources(this.#home, named.sources) };
    enter(this.#home, call);
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    const made = repeat.value === null ? null : this.read(repeat.value as VideoId); // written by this method only
    if (made !== null) return made.ok ? ok({ ...made.value, deduplicated: true }) : err(repeatDeleted());
    const refused = this.refuse(named);
    if (refused !== null) return err(refused);
    const video = ground.storage.transactionSync(() => {
      const begun = this.begin(order, null, call.key ?? null);
      keepRepeat(ground, call, begun.id);
      return begun;
    });
    await ground.boundary("video.intent");
    schedule.tick();
    return ok(this.show(video));
  }

  /** Why an order can never be made here; null when nothing speaks against it. `named`: whether its address is a user's. */
  refuse(order: NamedOrder, named = isNamed(this.#home)): Refusal | null {
    return refuseOrder(this.#home, this.#projects, this.#assets, order, named);
  }

  /** Writes a new video down and owes its first step; it counts for `key`. Call inside the transaction of what orders it. */
  begin(order: VideoOrder, batch: BatchId | null, key: KeyId | null): Video {
    const { ground, address, schedule, log } = this.#home;
    const id = ownedId("vid", address.uh, ground.now(), ground.random);
    const video = { ...newVideoOf(order, id, ground.now(), batch), key };
    const events_url = `${videoUrl(this.#home, video.id)}/events`;
    this.#rows.save(video);
    log.append(video.id, [{ type: "video.started", id: video.id, events_url }]);
    schedule.owe(VIDEO, video.id, ground.now());
    return video;
  }

  read(id: VideoId): Result<ShownVideo, Refusal> {
    const video = this.#rows.find(id);
    return video === null ? err(noVideo()) : ok(this.show(video));
  }

  list(page: PageRequest, status: Video["status"] | null, of: VideoFilter): Page<ShownVideo> {
    return pageOf(
      this.#rows.page(page, status, of),
      page,
      (video) => video.id,
      (video) => this.show(video),
    );
  }

  /** Another message to the same video, once it is over: its answer to a question, or a change. */
  goOn(call: Call, id: VideoId, prompt: string): Result<ShownVideo, Refusal> {
    const { ground, schedule } = this.#home;
    const video = this.#rows.find(id);
    if (video === null) return err(noVideo());
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    if (repeat.value !== null) return this.read(id);
    if (!mayGoOn(video)) return err(isOver(video) ? cannotGoOn() : busy(id));
    enter(this.#home, call);
    ground.storage.transactionSync(() => {
      this.save(video, nextRound(video, prompt, ground.now()));
      keepRepeat(ground, call, id);
      schedule.owe(VIDEO, id, ground.now());
    });
    schedule.tick();
    return this.read(id);
  }

  /** Stops making it. What upstream has begun may still finish and be charged. */
  cancel(id: VideoId): Result<ShownVideo, Refusal> {
    const video = this.#rows.find(id);
    if (video === null) return err(noVideo());
    if (!isOver(video)) {
      const { turn, render } = this.#rows.made(video);
      this.save(video, toCancelled(video, { turn, render }, this.#home.ground.now()));
      if (turn !== null) this.#turning.cancel(turn);
      if (render !== null) this.#renders.cancel(render);
      this.#home.schedule.tick();
    }
    return this.read(id);
  }

  /** Where its newest file lies; refuses until there is one. */
  file(id: VideoId): Result<StoredFile, Refusal> {
    const video = this.#rows.find(id);
    if (video === null) return err(noVideo());
    if (video.file !== null) return this.#files.file(video.file);
    return err(isOver(video) && video.error !== null ? noFile(video, video.error) : notReady(video));
  }

  /** A token that opens its newest file for so long, without a credential. */
  async share(
    call: Call,
    id: VideoId,
    seconds: number,
  ): Promise<Result<{ token: string; expires_at: string }, Refusal>> {
    const file = this.file(id);
    const video = this.#rows.find(id);
    if (!file.ok || video?.file == null) return file.ok ? err(noVideo()) : file;
    return this.#files.share(call, video.file, seconds);
  }

  /** Writes a video's next state down, with what its stream and the tenant are told of it. */
  save(before: Video, video: Video): void {
    const { ground, log, outbox, schedule } = this.#home;
    ground.storage.transactionSync(() => {
      const kept = isOver(video) ? { ...video, sources: withoutAddresses(video.sources) } : video;
      this.#rows.save(kept);
      log.append(video.id, importsTold(before, kept));
      const shown = this.show(video);
      const isFurther = video.stage !== before.stage || isOver(before);
      if (isFurther && !isOver(video)) this.#tell(shown);
      if (!isOver(video) || isOver(before)) return;
      log.append(video.id, [{ type: `video.${endOf(video)}`, video: shown }]);
      outbox.add(`video.${endOf(video)}`, video.id, shown, video);
      schedule.done(VIDEO, video.id);
      schedule.oweOnce(TIDY, "", ground.now() + EVENTS_TTL_MS + HOUR_MS);
    });
    if (!isOver(video)) return;
    log.forget(video.id);
    this.#said.delete(video.id);
  }

  /** Says how far it is, where that is further than what was said last. */
  tellProgress(video: Video): void {
    const shown = this.show(video);
    if (shown.progress > (this.#said.get(video.id) ?? 0)) this.#tell(shown);
  }

  #tell({ id, stage, progress }: ShownVideo): void {
    this.#said.set(id, progress);
    this.#home.log.append(id, [{ type: "video.stage", stage, progress }]);
  }

  readonly #said = new Map<VideoId, number>();

  show(video: Video): ShownVideo {
    return showVideo(this.#home, this.#renderRows, video);
  }
}

type End = "completed" | "failed" | "cancelled" | "needs_input";
const endOf = ({ status }: Video): End => status as End; // asked of videos that are over
