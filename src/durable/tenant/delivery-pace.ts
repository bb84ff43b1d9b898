/** How many attempts may go to one host now: in live mode by how many are open, in test mode by how many began of late. */
import type { Mode } from "../../core/ids.ts";
import { HOST_IN_FLIGHT, TEST_HOST_PER_SECOND } from "../../core/limits.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Ground } from "../ground.ts";
import type { DeliveryRows, DeliveryWork } from "./delivery-rows.ts";

export class DeliveryPace {
  readonly #ground: Ground;
  readonly #rows: DeliveryRows;
  readonly #mode: Mode;
  /** Test mode: when attempts to each host began. Forgotten with the instance: a pace is a courtesy, not a promise. */
  readonly #begun = new Map<string, EpochMs[]>();

  constructor(ground: Ground, rows: DeliveryRows, mode: Mode) {
    this.#ground = ground;
    this.#rows = rows;
    this.#mode = mode;
  }

  /** Up to `want` deliveries that may leave now, the longest due first. */
  choose(want: number): DeliveryWork[] {
    const left = this.#left();
    const full = [...left].filter(([, count]) => count <= 0).map(([host]) => host);
    return this.#rows.due(this.#ground.now(), full, want).filter(({ host }) => {
      const count = left.get(host) ?? this.#most;
      left.set(host, count - 1);
      return count > 0;
    });
  }

  /** An attempt has begun. */
  begin(host: string): void {
    if (this.#mode === "test") this.#begun.set(host, [...(this.#begun.get(host) ?? []), this.#ground.now()]);
  }

  /** When a host that is at its pace may be sent to again; null when none is. */
  freeAt(): EpochMs | null {
    const full = [...this.#recent().values()].filter((begun) => begun.length >= this.#most);
    const moments = full.map((begun) => Math.min(...begun) + this.#ground.config.waits.testHostWindow);
    return moments.length === 0 ? null : Math.min(...moments);
  }

  get #most(): number {
    return this.#mode === "test" ? TEST_HOST_PER_SECOND : HOST_IN_FLIGHT;
  }

  /** What each host that is in use may still be sent. */
  #left(): Map<string, number> {
    const used =
      this.#mode === "test"
        ? [...this.#recent()].map(([host, begun]) => [host, begun.length] as const)
        : [...this.#rows.inFlight(this.#ground.now())];
    return new Map(used.map(([host, count]) => [host, this.#most - count]));
  }

  #recent(): Map<string, EpochMs[]> {
    const since = this.#ground.now() - this.#ground.config.waits.testHostWindow;
    for (const [host, begun] of this.#begun) {
      const recent = begun.filter((at) => at > since);
      if (recent.length === 0) this.#begun.delete(host);
      else this.#begun.set(host, recent);
    }
    return this.#begun;
  }
}
