/**
 * Looks after a stream that says nothing: after ten minutes of heartbeats alone upstream's state is read beside it. The
 * stream stays open; it is dropped only when the state shows that the turn is over.
 */
import type { Turn } from "../../core/turn.ts";
import { logBug } from "../../log.ts";
import type { TurnEvent, TurnStream } from "../../nemo/turn-event.ts";
import type { Ground } from "../ground.ts";
import type { TurnSettle } from "./turn-settle.ts";

export class QuietWatch {
  readonly #ground: Ground;
  readonly #settle: TurnSettle;
  readonly #stream: TurnStream;
  readonly #ticking: ReturnType<typeof setInterval>;
  #heardAt: number;
  #looking = false;
  /** The turn with the last reading made beside its stream. */
  turn: Turn;

  constructor(ground: Ground, settle: TurnSettle, turn: Turn, stream: TurnStream) {
    this.#ground = ground;
    this.#settle = settle;
    this.turn = turn;
    this.#stream = stream;
    this.#heardAt = ground.now();
    this.#ticking = setInterval(() => ground.keep(this.#look()), ground.config.waits.settleNext);
  }

  /** Anything but heartbeats is substance. */
  heard(events: readonly TurnEvent[]): void {
    if (events.some((event) => event.type !== "heartbeat")) this.#heardAt = this.#ground.now();
  }

  stop(): void {
    clearInterval(this.#ticking);
  }

  async #look(): Promise<void> {
    const { now, config } = this.#ground;
    if (this.#looking || now() - this.#heardAt < config.waits.quiet) return;
    this.#looking = true;
    try {
      const next = await this.#settle.beside(this.turn);
      if (next === null) this.#stream.cancel();
      else this.turn = next;
    } catch (error) {
      logBug("quiet_look_failed", error, { work: "turn" });
    } finally {
      this.#looking = false;
    }
  }
}
