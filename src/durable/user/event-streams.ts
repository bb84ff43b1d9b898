/**
 * Event streams of turns and videos: server-sent events with a cursor, ping and limited lifetime, and the long polls
 * beside them.
 */

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
import { isVideoOver, type Video } from "../../core/video.ts";
import { isTerminal } from "../../core/wire/turn.ts";
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
const NOT_READ = "the client does not read the stream";

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
   * Opens a stream of the log's frames after the cursor; refused above 10 subscribers per log or 30 per object. A
   * stream that was opened with a user token ends with that token, at its expiry or at a sign-out.
   */
  open(turn: LogId, after: number, grant: UserGrant | null): Result<ReadableStream, Problem> {
    const count = this.#perTurn.get(turn) ?? 0;
    if (count >= SUBSCRIBERS_PER_TURN || this.#total >= SUBSCRIBERS_PER_USER) {
      return err(
        problemOf("concurrency_limited", "Too many streams are open; close one, or poll GET …/events as JSON.", {
          retryAfterSeconds: 5,
        }),
      );
    }
    this.#perTurn.set(turn, count + 1);
    this.#total++;
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    this.#runtime.waitUntil(this.#serve(turn, after, writer, grant));
    return ok(readable);
  }

  /**
   * Follows the log and closes the stream. The slot is released before the last write, which the client may never
   * read.
   */
  async #serve(turn: LogId, after: number, writer: Writer, grant: UserGrant | null): Promise<void> {
    const { streamLeave } = this.#runtime.config.timings;
    try {
      const last = await this.#follow(turn, after, writer, grant).finally(() => this.#close(turn));
      if (last !== null) await within(writer.write(utf8.encode(last)), streamLeave);
      await within(writer.close(), streamLeave);
    } catch (error) {
      // The client disconnected or does not read, so no error can be reported.
      void writer.abort(error).catch(() => undefined);
    }
  }

  #close(turn: LogId): void {
    const count = (this.#perTurn.get(turn) ?? 1) - 1;
    if (count > 0) this.#perTurn.set(turn, count);
    else this.#perTurn.delete(turn);
    this.#total--;
  }

  /** Checked before every write: a sign-out ends the streams of user tokens. */
  #mayRead(grant: UserGrant | null): boolean {
    return grant === null || this.#sessions.check(grant) === null;
  }

  /**
   * Writes the log's frames until its end or until the stream's lifetime is over. Returns the last text to write, if
   * any. Two timers for the whole stream: one per event would cost more than the event.
   */
  async #follow(turn: LogId, after: number, writer: Writer, grant: UserGrant | null): Promise<string | null> {
    const { timings } = this.#runtime.config;
    const maxLife = timings.streamLife + (this.#runtime.random01() * 2 - 1) * timings.streamLifeSpread;
    const life = grant === null ? maxLife : Math.min(maxLife, grant.until - this.#runtime.now());
    const due = { ping: false, check: false, end: life <= 0 };
    let wake = (): void => undefined;
    let giveUp = (_: Error): void => undefined;
    const write = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        giveUp = reject;
        writer.write(utf8.encode(text)).then(resolve, reject);
      });
    const pingTimer = setInterval(() => {
      due.ping = true;
      due.check = true;
      wake();
    }, timings.ping);
    const endTimer = setTimeout(() => {
      due.end = true;
      wake();
      giveUp(new Error(NOT_READ));
    }, life);
    let unsubscribe: (() => void) | null = null;
    try {
      for (let cursor = after; !due.end && this.#mayRead(grant); ) {
        if (due.check) {
          due.check = false;
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

/** Rejects after `ms`: writing to a stream that the client does not read never settles. */
function within(promise: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(NOT_READ)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Limits the requests of this user that wait at the same time: the isolate holds all of them in memory. */
export class Waiting {
  readonly #log: TurnEventLog;
  #count = 0;

  constructor(log: TurnEventLog) {
    this.#log = log;
  }

  /** Whether no further request may wait. Check right before `forChange`, with no await in between. */
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
    `At most ${WAITING_PER_USER} requests of a user may wait at once; read the event stream instead, or retry without waiting.`,
    { retryAfterSeconds: 5 },
  );

/** The events of a video: streams and pages from any cursor, and the wait for its end. */
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

  /** The video once it has ended or needs input, or as it is after `waitMs`. */
  async awaitEnd(id: VideoId, waitMs: number): Promise<Result<ShownVideo, Problem>> {
    const until = this.#context.runtime.now() + waitMs;
    for (;;) {
      const video = this.#rows.find(id);
      const left = until - this.#context.runtime.now();
      const isFull = this.#waiting.isFull; // a preference may be ignored (RFC 7240)
      if (video === null || isVideoOver(video) || left <= 0 || isFull) return this.#videos.read(id);
      await this.#waiting.forChange(id, left);
    }
  }

  /**
   * A stream of the video's events after the cursor; "ended" when the cursor is at the last event and the video is
   * over.
   */
  watch(id: VideoId, after: number, grant: UserGrant | null): Result<EventSubscription, Problem> {
    const video = this.#findWithEvents(id);
    if (!video.ok) return video;
    if (isVideoOver(video.value) && after >= this.#context.log.last(id)) return ok({ kind: "ended" });
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
    const isEmpty = !isVideoOver(video.value) && log.readAfter(id, after, 1).length === 0;
    if (isEmpty && waitMs > 0) {
      if (this.#waiting.isFull) return err(tooManyWaiting());
      await this.#waiting.forChange(id, waitMs);
    }
    const frames = await this.#frames.shown(log.readAfter(id, after, limit), false);
    const last = frames.at(-1)?.seq ?? after;
    const now = this.#rows.find(id);
    const data = frames.map(({ seq, data }) => ({ id: seq, event: JSON.parse(data) as VideoEventWire })); // rows of our own log
    return ok({ data, next_after: last, ended: now !== null && isVideoOver(now) && last >= log.last(id) });
  }

  /** The video, unless its events have been deleted. */
  #findWithEvents(id: VideoId): Result<Video, Problem> {
    const video = this.#rows.find(id);
    if (video === null) return err(noVideo());
    const available = video.endedAt === null || this.#context.runtime.now() - video.endedAt <= EVENTS_TTL_MS;
    return available ? ok(video) : err(eventsExpired(id));
  }
}

/** What `TurnEventLog.append` stores at a video's end; older records have no `download`. */
type StoredEnd = { readonly type: string; readonly video: Unsigned<VideoWire> | VideoWire };

/**
 * Removes what a user may not see. Only the last frames show a turn or a video; all others are the same for every
 * reader.
 */
function redactForUser(frame: Frame): Frame {
  if (!isTerminal(frame.type) && !isVideoEnd(frame.type)) return frame;
  return { ...frame, data: JSON.stringify(forUser(JSON.parse(frame.data))) };
}

export class Frames {
  readonly #downloads: Downloads;

  constructor(downloads: Downloads) {
    this.#downloads = downloads;
  }

  /**
   * Prepares stored frames for sending: the last frame of a video gets the signed link to its file, which is not
   * stored. The link is signed as of the video's end, so that the frame has the same bytes whenever it is read.
   * `isUser`: the reader holds a user token or a stream ticket.
   */
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
