/** Requests of this user that wait for something at this moment, whatever they wait for: an isolate holds all of them. */
import { type Refusal, refusal } from "../../core/errors.ts";
import { WAITING_PER_USER } from "../../core/limits.ts";
import type { LogId, TurnLog } from "./turn-log.ts";

export class Waiting {
  readonly #log: TurnLog;
  #count = 0;

  constructor(log: TurnLog) {
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

export const tooManyWait = (): Refusal =>
  refusal(
    "concurrency_limited",
    `At most ${WAITING_PER_USER} requests of a user may wait at once; follow the stream instead.`,
    { retryAfterSeconds: 5 },
  );
