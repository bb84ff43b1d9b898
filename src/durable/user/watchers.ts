/** Streams to callers: each follows a turn's log by its own cursor, pings, and ends itself after a few minutes. */
import { type Refusal, refusal } from "../../core/errors.ts";
import type { TurnId } from "../../core/ids.ts";
import { RETRY_MS, WATCHERS_PER_TURN, WATCHERS_PER_USER } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { isTerminal } from "../../core/wire/turn-event.ts";
import type { Ground } from "../ground.ts";
import { FRAMES_PER_READ, frameText, type TurnLog } from "./turn-log.ts";

const utf8 = new TextEncoder();

export class Watchers {
  readonly #ground: Ground;
  readonly #log: TurnLog;
  readonly #perTurn = new Map<TurnId, number>();
  #total = 0;

  constructor(ground: Ground, log: TurnLog) {
    this.#ground = ground;
    this.#log = log;
  }

  /** A stream of the turn's frames after the cursor. Refuses above 10 watchers a turn or 30 an object. */
  open(turn: TurnId, after: number): Result<ReadableStream, Refusal> {
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
    const following = this.#follow(turn, after, writer).catch(() => undefined); // the caller went away: nothing to tell anybody
    this.#ground.keep(following.finally(() => this.#close(turn)));
    return ok(readable);
  }

  #close(turn: TurnId): void {
    const here = (this.#perTurn.get(turn) ?? 1) - 1;
    if (here > 0) this.#perTurn.set(turn, here);
    else this.#perTurn.delete(turn);
    this.#total--;
  }

  async #follow(turn: TurnId, after: number, writer: WritableStreamDefaultWriter): Promise<void> {
    const { waits } = this.#ground.config;
    const opened = this.#ground.now();
    const life = waits.streamLife + (this.#ground.spin() * 2 - 1) * waits.streamLifeSpread;
    let cursor = after;
    for (let pings = 0; ; ) {
      const frames = this.#log.readAfter(turn, cursor, FRAMES_PER_READ);
      const last = frames.at(-1);
      if (last !== undefined) {
        await writer.write(utf8.encode(frames.map(frameText).join("")));
        cursor = last.seq;
        if (isTerminal(last.type)) break;
        continue;
      }
      const lived = this.#ground.now() - opened;
      if (lived >= life) {
        await writer.write(utf8.encode(`retry: ${RETRY_MS}\n\n`));
        break;
      }
      const pingAt = (pings + 1) * waits.ping;
      if (lived >= pingAt) {
        await writer.write(utf8.encode(": ping\n\n"));
        pings++;
        continue;
      }
      await this.#log.changed(turn, Math.max(1, Math.min(pingAt, life) - lived));
    }
    await writer.close();
  }
}
