/**
 * Event streams of turns and videos: server-sent events with a cursor, ping and limited lifetime, and the long polls
 * beside them.
 */

import type { UserGrant } from "../../core/auth.ts";
import type { Signed, Unsigned } from "../../core/download.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import {
  EVENTS_TTL_MS,
  RETRY_MS,
  SUBSCRIBERS_PER_TURN,
  SUBSCRIBERS_PER_USER,
  WAITING_PER_USER,
} from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { EventSubscription } from "../../core/rpc/user.ts";
import type { EpochMs } from "../../core/time.ts";
import { forUser } from "../../core/user-view.ts";
import { isTerminal } from "../../core/wire/turn.ts";
import { isVideoEnd, type VideoWire } from "../../core/wire/video.ts";
import { withTimeout } from "../../timeout.ts";
import type { Downloads } from "../shared/downloads.ts";
import { mustEnd } from "../shared/jobs.ts";
import type { UserServices } from "./services.ts";
import {
  FRAMES_PER_READ,
  type Frame,
  frameText,
  type LogId,
  type TurnEventLog,
  type WatchedId,
} from "./turns/event-log.ts";

const utf8 = new TextEncoder();
const NOT_READ = "the client does not read the stream";

type Writer = WritableStreamDefaultWriter<Uint8Array>;

export class EventSubscribers {
  readonly #user: UserServices;
  readonly #perTurn = new Map<LogId, number>();
  #total = 0;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /**
   * Opens a stream of the log's frames after the cursor; rejected above 10 subscribers per log or 30 per object. A
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
    this.#user.runtime.waitUntil(this.#serve(turn, after, writer, grant));
    return ok(readable);
  }

  /**
   * Follows the log and closes the stream. The slot is released when the lifetime is over, before the last writes,
   * which the client may never read.
   */
  async #serve(turn: LogId, after: number, writer: Writer, grant: UserGrant | null): Promise<void> {
    const { streamLeave } = this.#user.runtime.config.timings;
    let hasSlot = true;
    const release = (): void => {
      if (hasSlot) this.#release(turn);
      hasSlot = false;
    };
    try {
      const last = await this.#follow(turn, after, writer, grant, release).finally(release);
      if (last !== null) await withTimeout(writer.write(utf8.encode(last)), streamLeave, notRead);
      await withTimeout(writer.close(), streamLeave, notRead);
    } catch (error) {
      // The client disconnected or does not read, so no error can be reported.
      void writer.abort(error).catch(() => undefined);
    }
  }

  #release(turn: LogId): void {
    const count = (this.#perTurn.get(turn) ?? 1) - 1;
    if (count > 0) this.#perTurn.set(turn, count);
    else this.#perTurn.delete(turn);
    this.#total--;
  }

  /** Checked before every write: a sign-out ends the streams of user tokens. */
  #mayRead(grant: UserGrant | null): boolean {
    return grant === null || this.#user.sessions.check(grant) === null;
  }

  /**
   * Writes the log's frames until its end or until the stream's lifetime is over: then `onEnd` is called, and a write
   * that is pending has `streamLeave` to finish, so that a slow client gets whole frames. Returns the last text to
   * write, if any. Two timers for the whole stream: one per event would cost more than the event.
   */
  async #follow(
    turn: LogId,
    after: number,
    writer: Writer,
    grant: UserGrant | null,
    onEnd: () => void,
  ): Promise<string | null> {
    const { timings } = this.#user.runtime.config;
    const maxLife = timings.streamLife + (this.#user.runtime.random01() * 2 - 1) * timings.streamLifeSpread;
    const life = grant === null ? maxLife : Math.min(maxLife, grant.until - this.#user.runtime.now());
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
    let endTimer = setTimeout(() => {
      due.end = true;
      wake();
      onEnd();
      endTimer = setTimeout(() => giveUp(new Error(NOT_READ)), timings.streamLeave);
    }, life);
    let unsubscribe: (() => void) | null = null;
    try {
      for (let cursor = after; !due.end && this.#mayRead(grant); ) {
        if (due.check) {
          due.check = false;
          if (await mustEnd(this.#user.runtime)) break;
        }
        const frames = this.#user.log.readAfter(turn, cursor, FRAMES_PER_READ);
        const last = frames.at(-1);
        if (last !== undefined) {
          await write((await this.#user.frames.shown(frames, grant !== null)).map(frameText).join(""));
          cursor = last.seq;
          if (isTerminal(last.type) || isVideoEnd(last.type)) return null;
        } else if (due.ping) {
          due.ping = false;
          await write(": ping\n\n");
        } else {
          unsubscribe ??= this.#user.log.follow(turn, () => wake());
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

/** Writing to a stream that the client does not read never settles. */
function notRead(): never {
  throw new Error(NOT_READ);
}

/** A turn or a video as its event stream sees it. */
export type StreamSource<Id extends LogId, Shown> = {
  /** Null when it does not exist. `endedAt`: null while it continues. */
  readonly find: (id: Id) => { readonly isOver: boolean; readonly endedAt: EpochMs | null } | null;
  readonly read: (id: Id) => Result<Shown, Problem>;
  readonly missing: () => Problem;
  /** Its events have been deleted. */
  readonly expired: (id: Id) => Problem;
};

/** A page of events as JSON. */
type EventsPage<Event> = {
  readonly data: { readonly id: number; readonly event: Event }[];
  readonly next_after: number;
  readonly ended: boolean;
};

/** The events of turns, or of videos: streams and pages from any cursor, and the wait for the end. */
export class EventStreams<Id extends LogId, Shown, Event> {
  readonly #user: UserServices;
  readonly #source: StreamSource<Id, Shown>;

  constructor(user: UserServices, source: StreamSource<Id, Shown>) {
    this.#user = user;
    this.#source = source;
  }

  /** The resource once it is over, or as it is after `waitMs`. */
  async awaitEnd(id: Id, waitMs: number): Promise<Result<Shown, Problem>> {
    const { runtime, waiting } = this.#user;
    const until = runtime.now() + waitMs;
    for (;;) {
      const left = until - runtime.now();
      const isOver = this.#source.find(id)?.isOver ?? true;
      if (isOver || left <= 0 || waiting.isFull) return this.#source.read(id); // a preference may be ignored (RFC 7240)
      await waiting.forChange(id, left);
    }
  }

  /** A stream of the events after the cursor; "ended" when it is over and the cursor is at its last event. */
  watch(id: Id, after: number, grant: UserGrant | null): Result<EventSubscription, Problem> {
    const found = this.#findWithEvents(id);
    if (!found.ok) return found;
    const { log, eventSubscribers } = this.#user;
    if (found.value.isOver && after >= log.last(id)) return ok({ kind: "ended" });
    const opened = eventSubscribers.open(id, after, grant);
    return opened.ok ? ok({ kind: "stream", body: opened.value }) : opened;
  }

  /** A page of events after the cursor; waits up to `waitMs` for the first one while more are expected. */
  async readEvents(id: Id, after: number, limit: number, waitMs: number): Promise<Result<EventsPage<Event>, Problem>> {
    const found = this.#findWithEvents(id);
    if (!found.ok) return found;
    const { log, frames, waiting } = this.#user;
    const isEmpty = !found.value.isOver && log.readAfter(id, after, 1).length === 0;
    if (isEmpty && waitMs > 0) {
      if (waiting.isFull) return err(tooManyWaiting());
      await waiting.forChange(id, waitMs);
    }
    const shown = await frames.shown(log.readAfter(id, after, limit), false);
    const last = shown.at(-1)?.seq ?? after;
    const isOver = this.#source.find(id)?.isOver ?? false;
    const data = shown.map(({ seq, data }) => ({ id: seq, event: JSON.parse(data) as Event })); // rows of our own log
    return ok({ data, next_after: last, ended: isOver && last >= log.last(id) });
  }

  #findWithEvents(id: Id): Result<{ readonly isOver: boolean }, Problem> {
    const found = this.#source.find(id);
    if (found === null) return err(this.#source.missing());
    const isKept = found.endedAt === null || this.#user.runtime.now() - found.endedAt <= EVENTS_TTL_MS;
    return isKept ? ok(found) : err(this.#source.expired(id));
  }
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

  /** Waits for the next event of a turn or video, or the next turn of a project, or for `ms`. */
  async forChange(of: WatchedId, ms: number): Promise<void> {
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

/** What `TurnEventLog.append` stores at a video's end. */
type StoredEnd = { readonly type: string; readonly video: Unsigned<VideoWire> };

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
    const hasEnd = frames.some(({ type }) => isVideoEnd(type));
    const signed = hasEnd
      ? await Promise.all(frames.map((frame) => (isVideoEnd(frame.type) ? this.#sign(frame) : frame)))
      : frames;
    return isUser ? signed.map(redactForUser) : signed;
  }

  async #sign(frame: Frame): Promise<Frame> {
    const { video, ...event } = JSON.parse(frame.data) as StoredEnd; // rows of our own log
    const at = Date.parse(video.ended_at ?? video.created_at);
    const signed: Signed<typeof video> = await this.#downloads.one(video, at);
    return { ...frame, data: JSON.stringify({ ...event, video: signed }) };
  }
}
