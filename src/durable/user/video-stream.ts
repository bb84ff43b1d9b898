/** The events of a whole video: to leave and to pick up at any cursor, and the wait for its end. */
import type { Refusal } from "../../core/errors.ts";
import type { VideoId } from "../../core/ids.ts";
import { EVENTS_TTL_MS } from "../../core/limits.ts";
import type { Pass } from "../../core/pass.ts";
import type { Watching } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { isOver, type Video } from "../../core/video.ts";
import type { VideoEventsPage, VideoEventWire } from "../../core/wire/video.ts";
import type { Frames } from "./frames.ts";
import type { Home } from "./home.ts";
import { eventsExpired, noVideo } from "./video-refusals.ts";
import type { VideoRows } from "./video-rows.ts";
import type { ShownVideo } from "./video-show.ts";
import type { Videos } from "./videos.ts";
import { tooManyWait, type Waiting } from "./waiting.ts";
import type { Watchers } from "./watchers.ts";

export class VideoStream {
  readonly #home: Home;
  readonly #rows: VideoRows;
  readonly #videos: Videos;
  readonly #watchers: Watchers;
  readonly #waiting: Waiting;
  readonly #frames: Frames;

  constructor(
    home: Home,
    rows: VideoRows,
    videos: Videos,
    following: { readonly watchers: Watchers; readonly waiting: Waiting; readonly frames: Frames },
  ) {
    this.#home = home;
    this.#rows = rows;
    this.#videos = videos;
    this.#watchers = following.watchers;
    this.#waiting = following.waiting;
    this.#frames = following.frames;
  }

  /** The video once nothing more happens by itself, or as it is when the time is over. */
  async awaitEnd(id: VideoId, waitMs: number): Promise<Result<ShownVideo, Refusal>> {
    const until = this.#home.ground.now() + waitMs;
    for (;;) {
      const video = this.#rows.find(id);
      const left = until - this.#home.ground.now();
      const isCrowded = this.#waiting.isFull; // a preference may be passed over (RFC 7240)
      if (video === null || isOver(video) || left <= 0 || isCrowded) return this.#videos.read(id);
      await this.#waiting.forChange(id, left);
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
    const nothingYet = !isOver(video.value) && log.readAfter(id, after, 1).length === 0;
    if (nothingYet && waitMs > 0) {
      if (this.#waiting.isFull) return err(tooManyWait());
      await this.#waiting.forChange(id, waitMs);
    }
    const frames = await this.#frames.shown(log.readAfter(id, after, limit), false);
    const last = frames.at(-1)?.seq ?? after;
    const now = this.#rows.find(id);
    const data = frames.map(({ seq, data }) => ({ id: seq, event: JSON.parse(data) as VideoEventWire })); // rows of our own log
    return ok({ data, next_after: last, ended: now !== null && isOver(now) && last >= log.last(id) });
  }

  /** The video, if its events are still kept. */
  #kept(id: VideoId): Result<Video, Refusal> {
    const video = this.#rows.find(id);
    if (video === null) return err(noVideo());
    const kept = video.endedAt === null || this.#home.ground.now() - video.endedAt <= EVENTS_TTL_MS;
    return kept ? ok(video) : err(eventsExpired(id));
  }
}
