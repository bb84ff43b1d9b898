/** Streams to callers: each follows a turn's log by its own cursor, pings, and ends itself after a few minutes. */

import type { UserGrant } from "../../core/auth.ts";
import type { Signed, Unsigned } from "../../core/download.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { VideoId } from "../../core/ids.ts";
import {
  EVENTS_TTL_MS,
  RETRY_MS,
  SUBSCRIBERS_PER_TURN,
  SUBSCRIBERS_PER_USER,
  WAITING_PER_USER,
} from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { EventSubscription } from "../../core/rpc/user.ts";
import { forUser } from "../../core/user-view.ts";
import { isOver, type Video } from "../../core/video.ts";
import { isTerminal } from "../../core/wire/turn-event.ts";
import { isVideoEnd, type VideoEventsPage, type VideoEventWire, type VideoWire } from "../../core/wire/video.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import type { Downloads } from "../shared/downloads.ts";
import { mustEnd } from "../shared/jobs.ts";
import type { UserContext } from "./context.ts";
import type { Sessions } from "./sessions.ts";
import { FRAMES_PER_READ, type Frame, frameText, type LogId, type TurnEventLog } from "./turns/event-log.ts";
import type { ShownVideo, VideoRows } from "./videos/store.ts";
import { eventsExpired, noVideo, type Videos } from "./videos/videos.ts";

const utf8 = new TextEncoder();
const NOT_READ = "nobody reads";

type Writer = WritableStreamDefaultWriter<Uint8Array>;

export class EventSubscribers {
  readonly #runtime: ObjectRuntime;
  readonly #log: TurnEventLog;
  readonly #sessions: Sessions;
  readonly #frames: Frames;
  readonly #perTurn = new Map<LogId, number>();
  #total = 0;

  constructor(runtime: ObjectRuntime, log: TurnEventLog, sessions: Sessions, frames: Frames) {
    this.#runtime = runtime;
    this.#log = log;
    this.#sessions = sessions;
    this.#frames = frames;
  }

  /**
   * A stream of the turn's frames after the cursor. Refuses above 10 watchers a turn or 30 an object.
   * One that was opened with a user token ends with it, at the token's end or at a sign-out.
   */
  open(turn: LogId, after: number, grant: UserGrant | null): Result<ReadableStream, Problem> {
    const count = this.#perTurn.get(turn) ?? 0;
    if (count >= SUBSCRIBERS_PER_TURN || this.#total >= SUBSCRIBERS_PER_USER) {
      return err(
        problemOf("concurrency_limited", "Too many streams are open; close one, or read GET …/events as JSON.", {
          retryAfterSeconds: 5,
        }),
      );
    }
    this.#perTurn.set(turn, count + 1);
    this.#total++;
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    this.#runtime.keep(this.#serve(turn, after, writer, grant));
    return ok(readable);
  }

  /** Follows the turn and takes its leave. The place is free before the last words, which nobody may read. */
  async #serve(turn: LogId, after: number, writer: Writer, grant: UserGrant | null): Promise<void> {
    const { streamLeave } = this.#runtime.config.waits;
    try {
      const last = await this.#follow(turn, after, writer, grant).finally(() => this.#close(turn));
      if (last !== null) await within(writer.write(utf8.encode(last)), streamLeave);
      await within(writer.close(), streamLeave);
    } catch (error) {
      // The caller went away or does not read: there is nobody to tell.
      void writer.abort(error).catch(() => undefined);
    }
  }

  #close(turn: LogId): void {
    const count = (this.#perTurn.get(turn) ?? 1) - 1;
    if (count > 0) this.#perTurn.set(turn, count);
    else this.#perTurn.delete(turn);
    this.#total--;
  }

  /** Asked before every write: a sign-out ends what a user token has open. */
  #mayRead(grant: UserGrant | null): boolean {
    return grant === null || this.#sessions.check(grant) === null;
  }

  /**
   * Writes the turn's frames until its end or until the answer's life is over; what is left to be said then, if anything.
   * Two timers for its whole life: one per event would cost more than the event.
   */
  async #follow(turn: LogId, after: number, writer: Writer, grant: UserGrant | null): Promise<string | null> {
    const { waits } = this.#runtime.config;
    const maxLife = waits.streamLife + (this.#runtime.random01() * 2 - 1) * waits.streamLifeSpread;
    const life = grant === null ? maxLife : Math.min(maxLife, grant.until - this.#runtime.now());
    const due = { ping: false, look: false, end: life <= 0 };
    let wake = (): void => undefined;
    let giveUp = (_: Error): void => undefined;
    const write = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        giveUp = reject;
        writer.write(utf8.encode(text)).then(resolve, reject);
      });
    const pingTimer = setInterval(() => {
      due.ping = true;
      due.look = true;
      wake();
    }, waits.ping);
    const endTimer = setTimeout(() => {
      due.end = true;
      wake();
      giveUp(new Error(NOT_READ));
    }, life);
    let unsubscribe: (() => void) | null = null;
    try {
      for (let cursor = after; !due.end && this.#mayRead(grant); ) {
        if (due.look) {
          due.look = false;
          if (await mustEnd(this.#runtime)) break;
        }
        const frames = this.#log.readAfter(turn, cursor, FRAMES_PER_READ);
        const last = frames.at(-1);
        if (last !== undefined) {
          await write((await this.#frames.shown(frames, grant !== null)).map(frameText).join(""));
          cursor = last.seq;
          if (isTerminal(last.type) || isVideoEnd(last.type)) return null;
        } else if (due.ping) {
          due.ping = false;
          await write(": ping\n\n");
        } else {
          unsubscribe ??= this.#log.follow(turn, () => wake());
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      return `retry: ${RETRY_MS}\n\n`;
    } finally {
      unsubscribe?.();
      clearInterval(pingTimer);
      clearTimeout(endTimer);
    }
  }
}

/** The promise's own end, or a rejection after `ms`: a stream that nobody reads takes nothing and says nothing. */
function within(promise: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(NOT_READ)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/* Requests of this user that wait for something at this moment, whatever they wait for: an isolate holds all of them. */

export class Waiting {
  readonly #log: TurnEventLog;
  #count = 0;

  constructor(log: TurnEventLog) {
    this.#log = log;
  }

  /** Whether no further request may wait. Ask right before `forChange`: nothing may come between. */
  get isFull(): boolean {
    return this.#count >= WAITING_PER_USER;
  }

  /** Waits for the next event of a turn or video, or for `ms`. */
  async forChange(of: LogId, ms: number): Promise<void> {
    this.#count++;
    await this.#log.changed(of, ms).finally(() => {
      this.#count--;
    });
  }
}

export const tooManyWaiting = (): Problem =>
  problemOf(
    "concurrency_limited",
    `At most ${WAITING_PER_USER} requests of a user may wait at once; follow the stream instead.`,
    { retryAfterSeconds: 5 },
  );

/* The events of a whole video: to leave and to pick up at any cursor, and the wait for its end. */

export class VideoEvents {
  readonly #context: UserContext;
  readonly #rows: VideoRows;
  readonly #videos: Videos;
  readonly #subscribers: EventSubscribers;
  readonly #waiting: Waiting;
  readonly #frames: Frames;

  constructor(
    context: UserContext,
    rows: VideoRows,
    videos: Videos,
    videoEvents: { readonly subscribers: EventSubscribers; readonly waiting: Waiting; readonly frames: Frames },
  ) {
    this.#context = context;
    this.#rows = rows;
    this.#videos = videos;
    this.#subscribers = videoEvents.subscribers;
    this.#waiting = videoEvents.waiting;
    this.#frames = videoEvents.frames;
  }

  /** The video once nothing more happens by itself, or as it is when the time is over. */
  async awaitEnd(id: VideoId, waitMs: number): Promise<Result<ShownVideo, Problem>> {
    const until = this.#context.runtime.now() + waitMs;
    for (;;) {
      const video = this.#rows.find(id);
      const left = until - this.#context.runtime.now();
      const isFull = this.#waiting.isFull; // a preference may be passed over (RFC 7240)
      if (video === null || isOver(video) || left <= 0 || isFull) return this.#videos.read(id);
      await this.#waiting.forChange(id, left);
    }
  }

  /** A stream of its events after the cursor; "ended" when the cursor stands at the last one and no more comes by itself. */
  watch(id: VideoId, after: number, grant: UserGrant | null): Result<EventSubscription, Problem> {
    const video = this.#findWithEvents(id);
    if (!video.ok) return video;
    if (isOver(video.value) && after >= this.#context.log.last(id)) return ok({ kind: "ended" });
    const opened = this.#subscribers.open(id, after, grant);
    return opened.ok ? ok({ kind: "stream", body: opened.value }) : opened;
  }

  /** A page of events after the cursor; waits up to `waitMs` for the first one of a video that is still being made. */
  async readEvents(
    id: VideoId,
    after: number,
    limit: number,
    waitMs: number,
  ): Promise<Result<VideoEventsPage, Problem>> {
    const video = this.#findWithEvents(id);
    if (!video.ok) return video;
    const { log } = this.#context;
    const isEmpty = !isOver(video.value) && log.readAfter(id, after, 1).length === 0;
    if (isEmpty && waitMs > 0) {
      if (this.#waiting.isFull) return err(tooManyWaiting());
      await this.#waiting.forChange(id, waitMs);
    }
    const frames = await this.#frames.shown(log.readAfter(id, after, limit), false);
    const last = frames.at(-1)?.seq ?? after;
    const now = this.#rows.find(id);
    const data = frames.map(({ seq, data }) => ({ id: seq, event: JSON.parse(data) as VideoEventWire })); // rows of our own log
    return ok({ data, next_after: last, ended: now !== null && isOver(now) && last >= log.last(id) });
  }

  /** The video, if its events are still kept. */
  #findWithEvents(id: VideoId): Result<Video, Problem> {
    const video = this.#rows.find(id);
    if (video === null) return err(noVideo());
    const available = video.endedAt === null || this.#context.runtime.now() - video.endedAt <= EVENTS_TTL_MS;
    return available ? ok(video) : err(eventsExpired(id));
  }
}

/*
 * Frames of a log as they leave: the video at its end gets the link to its file, which is stored nowhere. The link is made as
 * at the moment when the video ended, so that the same frame is the same bytes whenever it is read.
 */

/** What `TurnEventLog.append` writes at a video's end; an earlier version wrote it without `download`. */
type StoredEnd = { readonly type: string; readonly video: Unsigned<VideoWire> | VideoWire };

/** Only frames at an end show a turn or a video; the others are the same for everybody. */
function redactForUser(frame: Frame): Frame {
  if (!isTerminal(frame.type) && !isVideoEnd(frame.type)) return frame;
  return { ...frame, data: JSON.stringify(forUser(JSON.parse(frame.data))) };
}

export class Frames {
  readonly #downloads: Downloads;

  constructor(downloads: Downloads) {
    this.#downloads = downloads;
  }

  /** The same frames, ready to be sent; `isUser`: to the holder of a user token or of a stream ticket. */
  async shown(frames: readonly Frame[], isUser: boolean): Promise<readonly Frame[]> {
    const signed = await Promise.all(frames.map((frame) => (isVideoEnd(frame.type) ? this.#sign(frame) : frame)));
    return isUser ? signed.map(redactForUser) : signed;
  }

  async #sign(frame: Frame): Promise<Frame> {
    const { video, ...event } = JSON.parse(frame.data) as StoredEnd; // rows of our own log
    if (!("download" in video)) return frame;
    const at = Date.parse(video.ended_at ?? video.created_at);
    const signed: Signed<typeof video> = await this.#downloads.one(video, at);
    return { ...frame, data: JSON.stringify({ ...event, video: signed }) };
  }
}
