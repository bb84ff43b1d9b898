/** A tenant's facts in the order they were stored: what webhooks carry and what anybody may pull. */
import { eventKey, type Scope } from "../../core/address.ts";
import { utf8Bytes } from "../../core/encoding.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { EventId, UserHash } from "../../core/ids.ts";
import { EVENT_INLINE_BYTES, EVENT_TTL_MS } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { NewEvent } from "../../core/rpc/tenant.ts";
import { DAY_MS, type EpochMs, toRfc3339 } from "../../core/time.ts";
import { eventForUser, isUsersEvent } from "../../core/user-view.ts";
import { EVENT_TYPES, type EventType, type EventWire } from "../../core/wire/event.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { Downloads } from "../shared/downloads.ts";
import type { JobScheduler } from "../shared/jobs.ts";
import { isClosed, type Tombstones } from "./deletion.ts";
import type { Counted, Webhooks } from "./services.ts";

export type EventRow = {
  readonly cursor: number;
  readonly id: EventId;
  readonly type: EventType;
  readonly resource: string;
  readonly sequence: number;
  readonly at: number;
  readonly uh: string;
  /** JSON; empty when it lies in R2. */
  readonly data: string;
  /** Its cursor for its user's tokens. */
  readonly place: number;
};

const COLUMNS = "cursor, id, type, resource, sequence, at, uh, data, place";

/** A user's tokens go by a cursor that counts the events of that user alone. */
export const EVENT_SLOTS = `
  ALTER TABLE events ADD COLUMN place INTEGER NOT NULL DEFAULT 0; -- among its user's events, from 1; 0: a sample
  UPDATE events SET place = counted.n
    FROM (SELECT cursor, row_number() OVER (PARTITION BY uh ORDER BY cursor) AS n FROM events WHERE hidden = 0) AS counted
    WHERE counted.cursor = events.cursor;
  CREATE TABLE event_places (
    uh TEXT PRIMARY KEY,              -- the user's hash
    n INTEGER NOT NULL                -- the last place given
  ) STRICT, WITHOUT ROWID;
  INSERT INTO event_places SELECT uh, max(place) FROM events GROUP BY uh;
  DROP INDEX events_of_user;
  CREATE INDEX events_by_place ON events (uh, place);
`;

/** The types that a user token sees. */
const USERS = `type IN (${EVENT_TYPES.filter(isUsersEvent)
  .map((type) => `'${type}'`)
  .join(", ")})`;

export class Events {
  readonly #runtime: ObjectRuntime;
  readonly #scope: Scope;
  readonly #bodies: EventBodies;
  readonly #downloads: Downloads;

  constructor(runtime: ObjectRuntime, scope: Scope, bodies: EventBodies) {
    this.#runtime = runtime;
    this.#scope = scope;
    this.#bodies = bodies;
    this.#downloads = new Downloads(runtime, scope);
  }

  /** Puts the large bodies of new facts into R2: before the transaction that stores the facts, so that no event lacks its body. */
  async prepare(newEvents: readonly NewEvent[]): Promise<readonly NewEvent[]> {
    const prepared: NewEvent[] = [];
    for (const newEvent of newEvents) {
      const isLarge = this.#bodies.isLarge(newEvent.data);
      if (isLarge && this.find(newEvent.id) === null) await this.#bodies.put(newEvent, newEvent.data);
      prepared.push(isLarge ? { ...newEvent, data: "" } : newEvent);
    }
    return prepared;
  }

  /** Removes what was prepared and will not be stored. */
  async drop(newEvents: readonly NewEvent[]): Promise<void> {
    const large = newEvents.filter(({ data }) => data === "");
    if (large.length > 0) await this.#bodies.remove(large);
  }

  /** Stores a prepared fact; null when it was stored before. The cursor is given here, so a reader that goes by it misses nothing. */
  add(newEvent: NewEvent): EventRow | null {
    if (this.find(newEvent.id) !== null) return null;
    return this.#insert(newEvent, 0);
  }

  /** Stores a sample: sent to an endpoint that is tried out, and in no list. */
  addSample(newEvent: NewEvent): EventRow {
    return this.#insert(newEvent, 1);
  }

  /** Removes what is older than 30 days and has no delivery left; answers with the oldest that stays. */
  async tidy(): Promise<EpochMs | null> {
    const { sql, now } = this.#runtime;
    const old = "at < ? AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event = events.id)";
    const before = now() - EVENT_TTL_MS;
    const large = sql.exec<{ id: EventId; uh: string }>(`SELECT id, uh FROM events WHERE data = '' AND ${old}`, before);
    await this.#bodies.remove(large.toArray());
    sql.exec(`DELETE FROM events WHERE ${old}`, before);
    return sql.exec<{ at: number | null }>("SELECT min(at) AS at FROM events").one().at;
  }

  find(id: EventId): EventRow | null {
    return this.#runtime.sql.exec<EventRow>(`SELECT ${COLUMNS} FROM events WHERE id = ?`, id).toArray()[0] ?? null;
  }

  /** Those of these that are kept, by id. */
  findAll(ids: readonly EventId[]): Map<EventId, EventRow> {
    const query = `SELECT ${COLUMNS} FROM events WHERE id IN (SELECT value FROM json_each(?))`;
    const rows = this.#runtime.sql.exec<EventRow>(query, JSON.stringify(ids)).toArray();
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** The type of a stored event. */
  typeOf(id: EventId): EventType {
    return this.#runtime.sql.exec<{ type: EventType }>("SELECT type FROM events WHERE id = ?", id).one().type;
  }

  /** The last events of a type, newest first. */
  async latest(type: EventType, limit: number): Promise<EventWire[]> {
    return this.show(this.latestRows(type, limit));
  }

  /** The same as they are stored. */
  latestRows(type: EventType, limit: number): EventRow[] {
    const query = `SELECT ${COLUMNS} FROM events WHERE type = ? AND hidden = 0 ORDER BY cursor DESC LIMIT ?`;
    return this.#runtime.sql.exec<EventRow>(query, type, limit).toArray();
  }

  /** Events after one cursor and up to another, in order. */
  between(after: number, until: number, limit: number): EventRow[] {
    const query = `SELECT ${COLUMNS} FROM events WHERE cursor > ? AND cursor <= ? AND hidden = 0 ORDER BY cursor LIMIT ?`;
    return this.#runtime.sql.exec<EventRow>(query, after, until, limit).toArray();
  }

  /** The cursor before the first event that happened at that time or later. */
  cursorBefore(at: EpochMs): number {
    const query = "SELECT min(cursor) AS cursor FROM events WHERE at >= ?";
    const first = this.#runtime.sql.exec<{ cursor: number | null }>(query, at).one().cursor;
    return first === null ? this.cursor() : first - 1;
  }

  /** The last cursor given out; 0 before the first. */
  cursor(): number {
    return (
      this.#runtime.sql.exec<{ cursor: number | null }>("SELECT max(cursor) AS cursor FROM events").one().cursor ?? 0
    );
  }

  /** Events after the cursor, oldest first; with `uh` that user's, by the cursor and in the view of its tokens. */
  async list(
    after: number,
    limit: number,
    uh: string | null,
  ): Promise<{ data: EventWire[]; has_more: boolean; next_cursor: number }> {
    const where = uh === null ? "cursor > ?" : `place > ? AND uh = ? AND ${USERS}`;
    const query = `SELECT ${COLUMNS} FROM events WHERE ${where} AND hidden = 0 ORDER BY ${uh === null ? "cursor" : "place"} LIMIT ?`;
    const values = [after, ...(uh === null ? [] : [uh]), limit + 1];
    const rows = this.#runtime.sql.exec<EventRow>(query, ...values).toArray();
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      data: await this.#shownTo(uh, shown),
      has_more: rows.length > limit,
      next_cursor: (uh === null ? last?.cursor : last?.place) ?? after,
    };
  }

  async read(id: EventId, uh: string | null): Promise<Result<EventWire, Problem>> {
    const row = this.find(id);
    const isOpen = row !== null && (uh === null || (row.uh === uh && isUsersEvent(row.type)));
    const [shown] = isOpen ? await this.#shownTo(uh, [row]) : [];
    return shown === undefined
      ? err(problemOf("not_found", "No event with this id exists here; list yours with GET /v1/events."))
      : ok(shown);
  }

  /** Events as the outside sees them, each finished file with a link that is made now. */
  async show(rows: readonly EventRow[]): Promise<EventWire[]> {
    const stored = await this.dataOf(rows);
    const shown = rows.map(async (row, at) => ({
      id: row.id,
      type: row.type,
      cursor: row.cursor,
      timestamp: toRfc3339(row.at),
      tenant: this.#scope.tenant,
      mode: this.#scope.mode,
      sequence: row.sequence,
      data: await this.#downloads.data(stored[at] ?? {}),
    }));
    return Promise.all(shown);
  }

  /** What these events tell, as it is stored. A body that R2 has lost shows the id of its resource. */
  async dataOf(rows: readonly EventRow[]): Promise<EventWire["data"][]> {
    const large = await this.#bodies.read(rows.filter(({ data }) => data === ""));
    // Written by the object it happened in.
    return rows.map(({ id, resource, data }) =>
      JSON.parse(data || (large.get(id) ?? JSON.stringify({ id: resource }))),
    );
  }

  /** The events for a key (null), or for the token of a user. */
  async #shownTo(uh: string | null, rows: readonly EventRow[]): Promise<EventWire[]> {
    const shown = await this.show(rows);
    return uh === null ? shown : shown.map((event, at) => eventForUser(event, rows[at]?.place ?? 0));
  }

  #nextPlace(uh: string): number {
    const query = "INSERT INTO event_places (uh, n) VALUES (?, 1) ON CONFLICT (uh) DO UPDATE SET n = n + 1 RETURNING n";
    return this.#runtime.sql.exec<{ n: number }>(query, uh).one().n;
  }

  #insert(newEvent: NewEvent, hidden: 0 | 1): EventRow {
    const { id, type, resource, sequence, at, uh, data, key = null, named = true } = newEvent;
    const place = hidden === 1 ? 0 : this.#nextPlace(uh);
    const query = `INSERT INTO events (id, type, resource, sequence, at, uh, data, hidden, key, named, place)
                   VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING ${COLUMNS}`;
    const values = [id, type, resource, sequence, at, uh, data, hidden, key, named ? 1 : 0, place];
    return this.#runtime.sql.exec<EventRow>(query, ...values).one();
  }
}

/* Bodies of events: small ones lie in their row, large ones in R2, beside their user's files. */

/** Bodies fetched at once. Six requests may wait in one object, and others want some of them. */
const AT_ONCE = 3;
/** Keys in one removal. Platform limit: 1,000. */
const REMOVED_AT_ONCE = 1_000;

/** Whose body: an event, and the user it happened to. */
export type Owner = { readonly id: EventId; readonly uh: UserHash };

export class EventBodies {
  readonly #bucket: R2Bucket;
  readonly #scope: Scope;

  constructor(bucket: R2Bucket, scope: Scope) {
    this.#bucket = bucket;
    this.#scope = scope;
  }

  isLarge(data: string): boolean {
    return data.length > EVENT_INLINE_BYTES || utf8Bytes(data) > EVENT_INLINE_BYTES;
  }

  /** Stores a large body. The same event's again is the same bytes. */
  async put(owner: Owner, data: string): Promise<void> {
    await this.#bucket.put(this.#key(owner), data, { httpMetadata: { contentType: "application/json" } });
  }

  /** The bodies of these events, by id. Throws when R2 does; one that is not there is missing from the answer. */
  async read(owners: readonly Owner[]): Promise<Map<EventId, string>> {
    const bodies = new Map<EventId, string>();
    for (let at = 0; at < owners.length; at += AT_ONCE) {
      const some = owners.slice(at, at + AT_ONCE).map(async (owner) => {
        const object = await this.#bucket.get(this.#key(owner));
        if (object !== null) bodies.set(owner.id, await object.text());
      });
      await Promise.all(some);
    }
    return bodies;
  }

  async remove(owners: readonly Owner[]): Promise<void> {
    for (let at = 0; at < owners.length; at += REMOVED_AT_ONCE) {
      await this.#bucket.delete(owners.slice(at, at + REMOVED_AT_ONCE).map((owner) => this.#key(owner)));
    }
  }

  /** A fact of the tenant's own has no user; its place is its own too. */
  #key({ id, uh }: Owner): string {
    return eventKey({ ...this.#scope, uh: uh || "tenant" }, id);
  }
}

/* Facts as they come in from the objects they happened in: stored and counted once each, and owed to everybody who wants them. */

/** The schedule's row for what is no longer kept. */
export const TIDY = "tidy";

/**
 * Nothing is taken in for a closed tenant or a deleted user, also when that happens while large bodies are stored. Quotas
 * hear of every fact; use counts those that are stored, as they were told.
 */
export async function takeIn(
  newEvents: readonly NewEvent[],
  runtime: ObjectRuntime,
  jobs: JobScheduler,
  { events, targets, deliveries }: Webhooks,
  tombstones: Tombstones,
  { quotas, usage }: Counted,
): Promise<void> {
  if (isClosed(runtime)) return;
  const wasDeleted = once((uh: string) => tombstones.has(uh));
  const welcome = newEvents.filter(({ uh }) => !wasDeleted(uh));
  const prepared = await events.prepare(welcome);
  if (isClosed(runtime)) return events.drop(prepared);
  const isDeleted = once((uh: string) => tombstones.has(uh)); // asked anew: storing large bodies took a while
  const wanting = once((type: EventType) => targets.wanting(type));
  runtime.storage.transactionSync(() => {
    for (const newEvent of newEvents) quotas.hear(newEvent);
    const heard: NewEvent[] = [];
    for (const [at, newEvent] of welcome.entries()) {
      const stored = isDeleted(newEvent.uh) ? null : events.add(prepared[at] ?? newEvent);
      if (stored === null) continue;
      heard.push(newEvent);
      deliveries.schedule(stored, wanting(newEvent.type));
      if (newEvent.callback) deliveries.schedule(stored, [targets.callback(newEvent.callback)]);
    }
    usage.hear(heard);
    deliveries.plan();
    jobs.scheduleOnce(TIDY, "", runtime.now() + EVENT_TTL_MS + DAY_MS);
  });
  jobs.tick();
  await events.drop(prepared.filter(({ uh }) => isDeleted(uh)));
}

/** A question that is asked once for each key: a call's facts are mostly of one user and a few types. */
function once<Key, Answer>(ask: (key: Key) => Answer): (key: Key) => Answer {
  const known = new Map<Key, { readonly answer: Answer }>();
  return (key) => {
    const { answer } = known.get(key) ?? { answer: ask(key) };
    known.set(key, { answer });
    return answer;
  };
}
