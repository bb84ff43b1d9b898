/** A tenant's facts in the order they were stored: what webhooks carry and what anybody may pull. */
import type { Scope } from "../../core/address.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import type { EventId } from "../../core/ids.ts";
import { EVENT_TTL_MS } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Fact } from "../../core/tenant-port.ts";
import { type EpochMs, toRfc3339 } from "../../core/time.ts";
import type { EventType, EventWire } from "../../core/wire/event.ts";
import type { Ground } from "../ground.ts";

export type EventRow = Omit<Fact, "id"> & { readonly cursor: number; readonly id: EventId };

const COLUMNS = "cursor, id, type, resource, sequence, at, uh, data";

export class Events {
  readonly #ground: Ground;
  readonly #scope: Scope;

  constructor(ground: Ground, scope: Scope) {
    this.#ground = ground;
    this.#scope = scope;
  }

  /** Stores a fact; null when it was stored before. The cursor is given here, so a reader that goes by it misses nothing. */
  add(fact: Fact): EventRow | null {
    const { sql } = this.#ground;
    if (this.find(fact.id) !== null) return null;
    return sql
      .exec<EventRow>(
        `INSERT INTO events (id, type, resource, sequence, at, uh, data) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`,
        fact.id,
        fact.type,
        fact.resource,
        fact.sequence,
        fact.at,
        fact.uh,
        fact.data,
      )
      .one();
  }

  /** Removes what is older than 30 days and has no delivery left; answers with the oldest that stays. */
  tidy(): EpochMs | null {
    const { sql, now } = this.#ground;
    sql.exec("DELETE FROM events WHERE at < ? AND id NOT IN (SELECT event FROM deliveries)", now() - EVENT_TTL_MS);
    return sql.exec<{ at: number | null }>("SELECT min(at) AS at FROM events").one().at;
  }

  find(id: EventId): EventRow | null {
    return this.#ground.sql.exec<EventRow>(`SELECT ${COLUMNS} FROM events WHERE id = ?`, id).toArray()[0] ?? null;
  }

  /** The type of a stored event. */
  typeOf(id: EventId): EventType {
    return this.#ground.sql.exec<{ type: EventType }>("SELECT type FROM events WHERE id = ?", id).one().type;
  }

  /** The last events of a type, newest first. */
  latest(type: EventType, limit: number): EventWire[] {
    const query = `SELECT ${COLUMNS} FROM events WHERE type = ? ORDER BY cursor DESC LIMIT ?`;
    return this.#ground.sql
      .exec<EventRow>(query, type, limit)
      .toArray()
      .map((row) => this.show(row));
  }

  /** Events after one cursor and up to another, in order. */
  between(after: number, until: number, limit: number): EventRow[] {
    const query = `SELECT ${COLUMNS} FROM events WHERE cursor > ? AND cursor <= ? ORDER BY cursor LIMIT ?`;
    return this.#ground.sql.exec<EventRow>(query, after, until, limit).toArray();
  }

  /** The cursor before the first event that happened at that time or later. */
  cursorBefore(at: EpochMs): number {
    const query = "SELECT min(cursor) AS cursor FROM events WHERE at >= ?";
    const first = this.#ground.sql.exec<{ cursor: number | null }>(query, at).one().cursor;
    return first === null ? this.cursor() : first - 1;
  }

  /** The last cursor given out; 0 before the first. */
  cursor(): number {
    return (
      this.#ground.sql.exec<{ cursor: number | null }>("SELECT max(cursor) AS cursor FROM events").one().cursor ?? 0
    );
  }

  /** Events after the cursor, oldest first; only one user's when `uh` is given. */
  list(after: number, limit: number, uh: string | null): { data: EventWire[]; has_more: boolean; next_cursor: number } {
    const rows = this.#ground.sql
      .exec<EventRow>(
        `SELECT ${COLUMNS} FROM events WHERE cursor > ? ${uh === null ? "" : "AND uh = ?"} ORDER BY cursor LIMIT ?`,
        ...[after, ...(uh === null ? [] : [uh]), limit + 1],
      )
      .toArray();
    const shown = rows.slice(0, limit);
    return {
      data: shown.map((row) => this.show(row)),
      has_more: rows.length > limit,
      next_cursor: shown.at(-1)?.cursor ?? after,
    };
  }

  read(id: EventId, uh: string | null): Result<EventWire, Refusal> {
    const row = this.find(id);
    if (row === null || (uh !== null && row.uh !== uh)) {
      return err(refusal("not_found", "No event with this id exists here; list yours with GET /v1/events."));
    }
    return ok(this.show(row));
  }

  show(row: EventRow): EventWire {
    return {
      id: row.id,
      type: row.type,
      cursor: row.cursor,
      timestamp: toRfc3339(row.at),
      tenant: this.#scope.tenant,
      mode: this.#scope.mode,
      sequence: row.sequence,
      data: JSON.parse(row.data) as Record<string, unknown>, // written by the object it happened in
    };
  }
}
