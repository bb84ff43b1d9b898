/** Streams to callers: each follows a turn's log by its own cursor, pings, and ends itself after a few minutes. */
import { type Refusal, refusal } from "../../core/errors.ts";
import { RETRY_MS, WATCHERS_PER_TURN, WATCHERS_PER_USER } from "../../core/limits.ts";
import type { Pass } from "../../core/pass.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { isTerminal } from "../../core/wire/turn-event.ts";
import { isVideoEnd } from "../../core/wire/video.ts";
import type { Ground } from "../ground.ts";
import { mustEnd } from "../pause.ts";
import type { Frames } from "./frames.ts";
import type { Sessions } from "./sessions.ts";
import { FRAMES_PER_READ, frameText, type LogId, type TurnLog } from "./turn-log.ts";

const utf8 = new TextEncoder();
const NOBODY_READS = "nobody reads";

type Writer = WritableStreamDefaultWriter<Uint8Array>;

export class Watchers {
  readonly #ground: Ground;
  readonly #log: TurnLog;
  readonly #sessions: Sessions;
  readonly #frames: Frames;
  readonly #perTurn = new Map<LogId, number>();
  #total = 0;

  constructor(ground: Ground, log: TurnLog, sessions: Sessions, frames: Frames) {
    this.#ground = ground;
    this.#log = log;
    this.#sessions = sessions;
    this.#frames = frames;
  }

  /**
   * A stream of the turn's frames after the cursor. Refuses above 10 watchers a turn or 30 an object.
   * One that was opened with a user token ends with it, at the token's end or at a sign-out.
   */
  open(turn: LogId, after: number, pass: Pass | null): Result<ReadableStream, Refusal> {
    const here = this.#perTurn.get(turn) ?? 0;
    if (here >= WATCHERS_PER_TURN || this.#total >= WATCHERS_PER_USER) {
      return err(
        refusal("concurrency_limited", "Too many streams are open; close one, or read GET …/events as JSON.", {
          retryAfterSeconds: 5,
        }),
      );
    }
    this.#perTurn.set(turn, here + 1);
    this.#total++;
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    this.#ground.keep(this.#serve(turn, after, writer, pass));
    return ok(readable);
  }

  /** Follows the turn and takes its leave. The place is free before the last words, which nobody may read. */
  async #serve(turn: LogId, after: number, writer: Writer, pass: Pass | null): Promise<void> {
    const { streamLeave } = this.#ground.config.waits;
    try {
      const last = await this.#follow(turn, after, writer, pass).finally(() => this.#close(turn));
      if (last !== null) await within(writer.write(utf8.encode(last)), streamLeave);
      await within(writer.close(), streamLeave);
    } catch (error) {
      // The caller went away or does not read: there is nobody to tell.
      void writer.abort(error).catch(() => undefined);
    }
  }

  #close(turn: LogId): void {
    const here = (this.#perTurn.get(turn) ?? 1) - 1;
    if (here > 0) this.#perTurn.set(turn, here);
    else this.#perTurn.delete(turn);
    this.#total--;
  }

  /** Asked before every write: a sign-out ends what a user token has open. */
  #mayRead(pass: Pass | null): boolean {
    return pass === null || this.#sessions.refuse(pass) === null;
  }

  /**
   * Writes the turn's frames until its end or until the answer's life is over; what is left to be said then, if anything.
   * Two timers for its whole life: one per event would cost more than the event.
   */
  async #follow(turn: LogId, after: number, writer: Writer, pass: Pass | null): Promise<string | null> {
    const { waits } = this.#ground.config;
    const whole = waits.streamLife + (this.#ground.spin() * 2 - 1) * waits.streamLifeSpread;
    const life = pass === null ? whole : Math.min(whole, pass.until - this.#ground.now());
    const due = { ping: false, look: false, end: life <= 0 };
    let wake = (): void => undefined;
    let giveUp = (_: Error): void => undefined;
    const write = (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        giveUp = reject;
        writer.write(utf8.encode(text)).then(resolve, reject);
      });
    const pinging = setInterval(() => {
      due.ping = true;
      due.look = true;
      wake();
    }, waits.ping);
    const living = setTimeout(() => {
      due.end = true;
      wake();
      giveUp(new Error(NOBODY_READS));
    }, life);
    let leave: (() => void) | null = null;
    try {
      for (let cursor = after; !due.end && this.#mayRead(pass); ) {
        if (due.look) {
          due.look = false;
          if (await mustEnd(this.#ground)) break;
        }
        const frames = this.#log.readAfter(turn, cursor, FRAMES_PER_READ);
        const last = frames.at(-1);
        if (last !== undefined) {
          await write((await this.#frames.shown(frames, pass !== null)).map(frameText).join(""));
          cursor = last.seq;
          if (isTerminal(last.type) || isVideoEnd(last.type)) return null;
        } else if (due.ping) {
          due.ping = false;
          await write(": ping\n\n");
        } else {
          leave ??= this.#log.follow(turn, () => wake());
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
      return `retry: ${RETRY_MS}\n\n`;
    } finally {
      leave?.();
      clearInterval(pinging);
      clearTimeout(living);
    }
  }
}

/** The promise's own end, or a rejection after `ms`: a stream that nobody reads takes nothing and says nothing. */
function within(promise: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(NOBODY_READS)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
