/** Stream tickets: a turn's stream for EventSource, which can send no headers and repeats its URL after every close. */
import { type Refusal, refusal } from "../../core/errors.ts";
import type { TurnId } from "../../core/ids.ts";
import { EVENTS_TTL_MS, TICKET_AFTER_END_MS, TICKET_FIRST_USE_MS } from "../../core/limits.ts";
import { signLink } from "../../core/link.ts";
import type { Call } from "../../core/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../../core/time.ts";
import { findRepeat, keepRepeat } from "../repeats.ts";
import { enter, type Home } from "./home.ts";
import type { TurnRows } from "./turn-rows.ts";
import { noTurn } from "./turns.ts";

/** How long a ticket's signature is good: no turn lasts longer than its events are kept, twice. */
const SIGNED_FOR_MS = 2 * EVENTS_TTL_MS;

export const TICKET_INDEX = "CREATE INDEX tickets_by_age ON tickets (made_at);";

export class Tickets {
  readonly #home: Home;
  readonly #rows: TurnRows;

  constructor(home: Home, rows: TurnRows) {
    this.#home = home;
    this.#rows = rows;
  }

  /** A ticket for the turn, the same one for the same call. It is not kept: the moment it ends in makes it anew. */
  async make(call: Call, id: TurnId): Promise<Result<{ ticket: string; first_use_by: string }, Refusal>> {
    if (this.#rows.shown(id) === null) return err(noTurn());
    enter(this.#home, call);
    const { ground } = this.#home;
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    // Two tickets of one turn differ by the second they end in.
    const endsAt =
      repeat.value === null ? ground.now() + SIGNED_FOR_MS + this.#count(id) * SECOND_MS : Number(repeat.value);
    const ticket = await this.#sign(id, endsAt);
    ground.storage.transactionSync(() => {
      ground.sql.exec("DELETE FROM tickets WHERE made_at < ?", ground.now() - 2 * SIGNED_FOR_MS);
      ground.sql.exec(
        "INSERT OR IGNORE INTO tickets (mac, turn, made_at) VALUES (?, ?, ?)",
        macOf(ticket),
        id,
        ground.now(),
      );
      if (repeat.value === null) keepRepeat(ground, call, String(endsAt));
    });
    return ok({ ticket, first_use_by: toRfc3339(this.#madeAt(ticket) + TICKET_FIRST_USE_MS) });
  }

  async #sign(id: TurnId, expiresAt: EpochMs): Promise<string> {
    const { tenant, mode } = this.#home.address;
    const { rootSecret: current, rootSecretPrevious: previous } = this.#home.ground.config;
    return signLink({ purpose: "ticket", tenant, mode, id, expiresAt }, { current, previous });
  }

  #madeAt(ticket: string): EpochMs {
    return this.#home.ground.sql
      .exec<{ made_at: number }>("SELECT made_at FROM tickets WHERE mac = ?", macOf(ticket))
      .one().made_at;
  }

  /** Notes a use; null when the ticket opens the turn's stream now, else why not. The signature was checked at the edge. */
  use(id: TurnId, ticket: string): Refusal | null {
    const { sql, now } = this.#home.ground;
    const turn = this.#rows.find(id);
    const row = this.#home.database.exists()
      ? sql
          .exec<{ made_at: number; used_at: number | null }>(
            "SELECT made_at, used_at FROM tickets WHERE mac = ? AND turn = ?",
            macOf(ticket),
            id,
          )
          .toArray()[0]
      : undefined;
    if (turn === null || row === undefined) return noTurn();
    const late = row.used_at === null && now() > row.made_at + TICKET_FIRST_USE_MS;
    const over = turn.endedAt !== null && now() > turn.endedAt + TICKET_AFTER_END_MS;
    if (late || over)
      return refusal("link_expired", "This stream ticket is over; make another one.", {
        hint: `POST /v1/turns/${id}/stream_ticket`,
      });
    if (row.used_at === null) sql.exec("UPDATE tickets SET used_at = ? WHERE mac = ?", now(), macOf(ticket));
    return null;
  }

  #count(id: TurnId): number {
    return this.#home.ground.sql.exec<{ n: number }>("SELECT count(*) AS n FROM tickets WHERE turn = ?", id).one().n;
  }
}

const macOf = (ticket: string): string => ticket.slice(ticket.lastIndexOf(".") + 1);
