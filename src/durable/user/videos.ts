/** What callers ask of videos: to start one, to read and follow it, to go on with it, to stop it. Making it is next door. */
import type { Refusal } from "../../core/errors.ts";
import { type BatchId, type KeyId, ownedId, type VideoId } from "../../core/ids.ts";
import { EVENTS_TTL_MS } from "../../core/limits.ts";
import type { Pass } from "../../core/pass.ts";
import type { Call, Page, PageRequest, StoredFile, Watching } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { HOUR_MS } from "../../core/time.ts";
import { isOver, mayGoOn, newVideoOf, nextRound, toCancelled, type Video, type VideoOrder } from "../../core/video.ts";
import type { VideoEventsPage, VideoEventWire, VideoWire } from "../../core/wire/video.ts";
import { pageOf } from "../page.ts";
import { findRepeat, keepRepeat } from "../repeats.ts";
import type { Assets } from "./assets.ts";
import { enter, type Home, TIDY, VIDEO } from "./home.ts";
import type { Projects } from "./projects.ts";
import type { RenderFiles } from "./render-files.ts";
import type { RenderRows } from "./render-rows.ts";
import type { Renders } from "./renders.ts";
import type { TurnRun } from "./turn-run.ts";
import { refuseOrder } from "./video-order.ts";
import { busy, cannotGoOn, eventsExpired, notReady, noVideo } from "./video-refusals.ts";
import type { VideoRows } from "./video-rows.ts";
import { showVideo, videoUrl } from "./video-show.ts";
import type { Watchers } from "./watchers.ts";

export class Videos {
  readonly #home: Home;
  readonly #rows: VideoRows;
  readonly #projects: Projects;
  readonly #assets: Assets;
  readonly #renders: Renders;
  readonly #files: RenderFiles;
  readonly #renderRows: RenderRows;
  readonly #turning: TurnRun;
  readonly #watchers: Watchers;

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
      readonly watchers: Watchers;
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
    this.#watchers = parts.watchers;
  }

  /** Commits the order; the schedule makes it. A call that was made before is told so in its answer. */
  async start(call: Call, order: VideoOrder): Promise<Result<VideoWire, Refusal>> {
    const { ground, schedule } = this.#home;
    enter(this.#home, call);
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    const made = repeat.value === null ? null : this.read(repeat.value as VideoId); // written by this method only
    if (made !== null) return made.ok ? ok({ ...made.value, deduplicated: true }) : made;
    const refused = this.refuse(order);
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

  /** Why an order can never be made here; null when nothing speaks against it. */
  refuse(order: VideoOrder): Refusal | null {
    return refuseOrder(this.#home, this.#projects, this.#assets, order);
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

  read(id: VideoId): Result<VideoWire, Refusal> {
    const video = this.#rows.find(id);
    return video === null ? err(noVideo()) : ok(this.show(video));
  }

  list(page: PageRequest, status: Video["status"] | null): Page<VideoWire> {
    return pageOf(
      this.#rows.page(page, status),
      page,
      (video) => video.id,
      (video) => this.show(video),
    );
  }

  /** Another message to the same video, once it is over: its answer to a question, or a change. */
  goOn(call: Call, id: VideoId, prompt: string): Result<VideoWire, Refusal> {
    const { ground, schedule } = this.#home;
    const video = this.#rows.find(id);
    if (video === null) return err(noVideo());
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    if (repeat.value !== null) return this.read(id);
    if (!mayGoOn(video)) return err(isOver(video) ? cannotGoOn() : busy(id));
    enter(this.#home, call);
    ground.storage.transactionSync(() => {
      this.save(video, nextRound(video, prompt));
      keepRepeat(ground, call, id);
      schedule.owe(VIDEO, id, ground.now());
    });
    schedule.tick();
    return this.read(id);
  }

  /** Stops making it. What upstream has begun may still finish and be charged. */
  cancel(id: VideoId): Result<VideoWire, Refusal> {
    const video = this.#rows.find(id);
    if (video === null) return err(noVideo());
    if (!isOver(video)) {
      this.save(video, toCancelled(video, this.#home.ground.now()));
      const { turn, render } = this.#rows.made(video);
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
    return err(isOver(video) && video.error !== null ? video.error : notReady(video));
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

  /** The video once nothing more happens by itself, or as it is when the time is over. */
  async awaitEnd(id: VideoId, waitMs: number): Promise<Result<VideoWire, Refusal>> {
    const until = this.#home.ground.now() + waitMs;
    for (;;) {
      const video = this.#rows.find(id);
      const left = until - this.#home.ground.now();
      if (video === null || isOver(video) || left <= 0) return this.read(id);
      await this.#home.log.changed(id, left);
    }
  }

  /** A stream of its events after the cursor; "ended" when the cursor stands at the last one and no more comes by itself. */
  watch(id: VideoId, after: number, pass: Pass | null): Result<Watching, Refusal> {
    const video = this.#kept(id);
    if (!video.ok) return video;
    if (isOver(video.value) && after >= this.#home.log.last(id)) return ok({ kind: "ended" });
    const opened = this.#watchers.open(id, after, pass);
    return opened.ok ? ok({ kind: "stream", body: opened.value }) : opened;
  }

  /** A page of events after the cursor; waits up to `waitMs` for the first one of a video that is still being made. */
  async readEvents(
    id: VideoId,
    after: number,
    limit: number,
    waitMs: number,
  ): Promise<Result<VideoEventsPage, Refusal>> {
    const video = this.#kept(id);
    if (!video.ok) return video;
    const { log } = this.#home;
    if (!isOver(video.value) && waitMs > 0 && log.readAfter(id, after, 1).length === 0) await log.changed(id, waitMs);
    const frames = log.readAfter(id, after, limit);
    const last = frames.at(-1)?.seq ?? after;
    const now = this.#rows.find(id);
    const data = frames.map(({ seq, data }) => ({ id: seq, event: JSON.parse(data) as VideoEventWire })); // rows of our own log
    return ok({ data, next_after: last, ended: now !== null && isOver(now) && last >= log.last(id) });
  }

  /** Writes a video's next state down, with what its stream and the tenant are told of it. */
  save(before: Video, video: Video): void {
    const { ground, log, outbox, schedule } = this.#home;
    ground.storage.transactionSync(() => {
      this.#rows.save(video);
      const shown = this.show(video);
      if (video.stage !== before.stage && !isOver(video))
        log.append(video.id, [{ type: "video.stage", stage: shown.stage, progress: shown.progress }]);
      if (!isOver(video) || isOver(before)) return;
      log.append(video.id, [{ type: `video.${endOf(video)}`, video: shown }]);
      outbox.add(`video.${toldAs(video)}`, video.id, shown, video);
      schedule.done(VIDEO, video.id);
      schedule.oweOnce(TIDY, "", ground.now() + EVENTS_TTL_MS + HOUR_MS);
    });
    if (isOver(video)) log.forget(video.id);
  }

  /** Says how far it is, where that is further than what was said last. */
  tellProgress(video: Video): void {
    const { stage, progress } = this.show(video);
    const said = this.#said.get(video.id) ?? 0;
    if (progress <= said) return;
    this.#said.set(video.id, progress);
    this.#home.log.append(video.id, [{ type: "video.stage", stage, progress }]);
  }

  readonly #said = new Map<VideoId, number>();

  show(video: Video): VideoWire {
    return showVideo(this.#home, this.#renderRows, video);
  }

  /** The video, if its events are still kept. */
  #kept(id: VideoId): Result<Video, Refusal> {
    const video = this.#rows.find(id);
    if (video === null) return err(noVideo());
    const kept = video.endedAt === null || this.#home.ground.now() - video.endedAt <= EVENTS_TTL_MS;
    return kept ? ok(video) : err(eventsExpired(id));
  }
}

type End = "completed" | "failed" | "cancelled" | "needs_input";
const endOf = ({ status }: Video): End => status as End; // asked of videos that are over
/** A cancelled video is told to the tenant as one that failed, with the code `cancelled`. */
const toldAs = (video: Video): Exclude<End, "cancelled"> => {
  const end = endOf(video);
  return end === "cancelled" ? "failed" : end;
};
