/**
 * Turns that Nemo was working on when their user was deleted. Nobody is told of them any more, but they may still be charged:
 * each is read until it is settled, by the rules of any other turn, so that the receipt and the tenant's use hold what it cost.
 */
import { type Refusal, refusal } from "../../core/errors.ts";
import type { TurnId } from "../../core/ids.ts";
import type { EpochMs } from "../../core/time.ts";
import {
  afterLoss,
  afterReading,
  giveUpAt,
  type OpenTurn,
  type Picture,
  spentBy,
  type Turn,
  toEnded,
  unreadable,
} from "../../core/turn.ts";
import type { SettledTurn } from "../../core/user-record.ts";
import { logBug } from "../../log.ts";
import type { Home } from "./home.ts";
import { Projects } from "./projects.ts";
import { TurnRows } from "./turn-rows.ts";
import { TurnSettle } from "./turn-settle.ts";

/** On its way to Nemo or from there. */
const RUNNING: readonly OpenTurn["phase"][] = ["sending", "streaming", "settling"];

export class LastTurns {
  readonly #home: Home;
  readonly #rows: TurnRows;
  readonly #settle: TurnSettle;

  /** `home` with the whole database: the one that everybody else sees is empty by now. */
  constructor(home: Home) {
    this.#home = home;
    this.#rows = new TurnRows(home.ground, home.database);
    this.#settle = new TurnSettle(home, new Projects(home), this.#rows);
  }

  /** Reads each that is not settled yet, once; answers when to read again, null when all are settled. May be repeated. */
  async settle(): Promise<EpochMs | null> {
    const running = this.#rows.inPhases(RUNNING);
    for (const { id } of running) this.#rows.change(id, RUNNING, (turn) => afterLoss(turn) ?? turn);
    const next = await Promise.all(running.map(({ id }) => this.#read(id)));
    const left = next.filter((at) => at !== null);
    return left.length === 0 ? null : Math.min(...left);
  }

  /** Those that ended since the user was deleted, and what they cost. */
  settled(since: EpochMs): SettledTurn[] {
    return this.#rows.endedSince(since).map((turn) => ({
      at: turn.endedAt ?? since,
      status: turn.verdict?.status ?? "unknown",
      credits: spentBy(turn, turn.reading, turn.shared),
      key: turn.key ?? null,
    }));
  }

  /** Whatever keeps it from being read, a throw too: when its time is over it ends, as one of which nothing is known. */
  async #read(id: TurnId): Promise<EpochMs | null> {
    const { ground } = this.#home;
    const { waits } = ground.config;
    const turn = this.#rows.find(id);
    if (turn === null || turn.phase === "ended") return null;
    const until = giveUpAt(turn, waits);
    const look = await this.#look(turn, until);
    const now = ground.now();
    if ("code" in look) {
      if (now < until) return Math.min(now + waits.settleNext, until);
      this.#rows.change(id, RUNNING, (open) => toEnded(open, unreadable(), look, now));
      return null;
    }
    const { seen, shared } = look;
    let next: EpochMs | null = null;
    this.#rows.change(id, RUNNING, (open) => {
      const settled = afterReading(open, seen, shared, now, waits);
      if (settled.do === "end") return toEnded({ ...open, reading: seen, shared }, settled.verdict, null, now);
      next = settled.at;
      return settled.turn;
    });
    return next;
  }

  /** Upstream's state, and whether the balance may be anybody else's; the refusal where either cannot be had now. */
  async #look(turn: Turn, until: EpochMs): Promise<{ readonly seen: Picture; readonly shared: boolean } | Refusal> {
    try {
      const seen = await this.#settle.picture(turn.project);
      if ("code" in seen) return seen;
      const isShared = turn.shared || this.#rows.overlapped(turn);
      return { seen, shared: isShared || (await this.#home.account.lease(turn.id, until)) };
    } catch (error) {
      logBug("last_turn_not_read", error, { work: "erase" });
      return refusal("nemo_unavailable", "How the turn ended could not be read.");
    }
  }
}
