/**
 * A tenant's events in the order they were stored: ingestion from the other objects, the list and the webhook payloads.
 * Large bodies are stored in R2.
 */
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
import { Downloads } from "../shared/downloads.ts";
import { isClosed } from "./deletion.ts";
import type { TenantServices } from "./services.ts";
import { callbackTo } from "./subscriptions.ts";

export type EventRow = {
  readonly cursor: number;
  readonly id: EventId;
  readonly type: EventType;
  readonly resource: string;
  readonly sequence: number;
  readonly at: number;
  readonly uh: string;
  /** JSON; empty when the body is in R2. */
  readonly data: string;
  /** Its cursor in the list that the user's tokens read. */
  readonly user_cursor: number;
};

const COLUMNS = "cursor, id, type, resource, sequence, at, uh, data, user_cursor";

/** The types that a user token may read. */
const USERS = `type IN (${EVENT_TYPES.filter(isUsersEvent)
  .map((type) => `'${type}'`)
  .join(", ")})`;

export class Events {
  readonly #tenant: TenantServices;
  readonly #downloads: Downloads;

  constructor(tenant: TenantServices) {
    this.#tenant = tenant;
    this.#downloads = new Downloads(tenant.runtime, tenant.scope);
  }

  /**
   * Stores the large bodies of new events in R2, before the transaction that stores the events, so that no event lacks
   * its body.
   */
  async prepare(newEvents: readonly NewEvent[]): Promise<readonly NewEvent[]> {
    const prepared: NewEvent[] = [];
    for (const newEvent of newEvents) {
      const isLarge = this.#tenant.eventBodies.isLarge(newEvent.data);
      if (isLarge && this.find(newEvent.id) === null) await this.#tenant.eventBodies.put(newEvent, newEvent.data);
      prepared.push(isLarge ? { ...newEvent, data: "" } : newEvent);
    }
    return prepared;
  }

  /** Removes the bodies that `prepare` stored for events that will not be stored. */
  async drop(newEvents: readonly NewEvent[]): Promise<void> {
    const large = newEvents.filter(({ data }) => data === "");
    if (large.length > 0) await this.#tenant.eventBodies.remove(large);
  }

  /**
   * Stores a prepared event; null when it was stored before. The cursor is assigned here, so a reader that pages by
   * cursor misses nothing. A conflict in its place would take a cursor, and leave a gap.
   */
  add(newEvent: NewEvent, { isSample = false } = {}): EventRow | null {
    const { sql } = this.#tenant.runtime;
    const { id, type, resource, sequence, at, uh, data, key = null, named = true } = newEvent;
    const userCursor = isSample ? "0" : "coalesce((SELECT last FROM user_cursors WHERE uh = ?6), 0) + 1";
    const query = `INSERT INTO events (id, type, resource, sequence, at, uh, data, is_sample, key, is_named, user_cursor)
                   SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ${userCursor}
                   WHERE NOT EXISTS (SELECT 1 FROM events WHERE id = ?1) RETURNING ${COLUMNS}`;
    const values = [id, type, resource, sequence, at, uh, data, isSample ? 1 : 0, key, named ? 1 : 0];
    const event = sql.exec<EventRow>(query, ...values).toArray()[0] ?? null;
    if (event === null || isSample) return event;
    const cursorQuery =
      "INSERT INTO user_cursors (uh, last) VALUES (?, ?) ON CONFLICT (uh) DO UPDATE SET last = excluded.last";
    sql.exec(cursorQuery, event.uh, event.user_cursor);
    return event;
  }

  /** Stores a sample event: it is sent to the endpoint under test and appears in no list. */
  addSample(newEvent: NewEvent): EventRow {
    const event = this.add(newEvent, { isSample: true });
    if (event === null) throw new Error("expected a new id for a sample");
    return event;
  }

  /** Removes events that are older than 30 days and have no delivery left; returns the time of the oldest one left. */
  async removeExpired(): Promise<EpochMs | null> {
    const { sql, now } = this.#tenant.runtime;
    const old = "at < ? AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event = events.id)";
    const before = now() - EVENT_TTL_MS;
    const large = sql.exec<{ id: EventId; uh: string }>(`SELECT id, uh FROM events WHERE data = '' AND ${old}`, before);
    await this.#tenant.eventBodies.remove(large.toArray());
    sql.exec(`DELETE FROM events WHERE ${old}`, before);
    return sql.exec<{ at: number | null }>("SELECT min(at) AS at FROM events").one().at;
  }

  find(id: EventId): EventRow | null {
    return (
      this.#tenant.runtime.sql.exec<EventRow>(`SELECT ${COLUMNS} FROM events WHERE id = ?`, id).toArray()[0] ?? null
    );
  }

  /** The stored events with these ids. */
  findAll(ids: readonly EventId[]): Map<EventId, EventRow> {
    const query = `SELECT ${COLUMNS} FROM events WHERE id IN (SELECT value FROM json_each(?))`;
    const rows = this.#tenant.runtime.sql.exec<EventRow>(query, JSON.stringify(ids)).toArray();
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** The type of a stored event. */
  typeOf(id: EventId): EventType {
    return this.#tenant.runtime.sql.exec<{ type: EventType }>("SELECT type FROM events WHERE id = ?", id).one().type;
  }

  /** The last events of a type, newest first. */
  async latest(type: EventType, limit: number): Promise<EventWire[]> {
    return this.show(this.latestStored(type, limit));
  }

  /** The same, as stored rows. */
  latestStored(type: EventType, limit: number): EventRow[] {
    const query = `SELECT ${COLUMNS} FROM events WHERE type = ? AND is_sample = 0 ORDER BY cursor DESC LIMIT ?`;
    return this.#tenant.runtime.sql.exec<EventRow>(query, type, limit).toArray();
  }

  /** Events after one cursor and up to another, in order. */
  between(after: number, until: number, limit: number): EventRow[] {
    const query = `SELECT ${COLUMNS} FROM events WHERE cursor > ? AND cursor <= ? AND is_sample = 0 ORDER BY cursor LIMIT ?`;
    return this.#tenant.runtime.sql.exec<EventRow>(query, after, until, limit).toArray();
  }

  /** The cursor before the first event that happened at or after the given time. */
  cursorBefore(at: EpochMs): number {
    const query = "SELECT min(cursor) AS cursor FROM events WHERE at >= ?";
    const first = this.#tenant.runtime.sql.exec<{ cursor: number | null }>(query, at).one().cursor;
    return first === null ? this.cursor() : first - 1;
  }

  /** The last cursor assigned; 0 before the first event. */
  cursor(): number {
    return (
      this.#tenant.runtime.sql.exec<{ cursor: number | null }>("SELECT max(cursor) AS cursor FROM events").one()
        .cursor ?? 0
    );
  }

  /**
   * Events after the cursor, oldest first. With `uh` only that user's events, paged by the user's own cursor and in the
   * format for user tokens.
   */
  async list(
    after: number,
    limit: number,
    uh: string | null,
  ): Promise<{ data: EventWire[]; has_more: boolean; next_cursor: number }> {
    const where = uh === null ? "cursor > ?" : `user_cursor > ? AND uh = ? AND ${USERS}`;
    const query = `SELECT ${COLUMNS} FROM events WHERE ${where} AND is_sample = 0 ORDER BY ${uh === null ? "cursor" : "user_cursor"} LIMIT ?`;
    const values = [after, ...(uh === null ? [] : [uh]), limit + 1];
    const rows = this.#tenant.runtime.sql.exec<EventRow>(query, ...values).toArray();
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      data: await this.#shownTo(uh, shown),
      has_more: rows.length > limit,
      next_cursor: (uh === null ? last?.cursor : last?.user_cursor) ?? after,
    };
  }

  async read(id: EventId, uh: string | null): Promise<Result<EventWire, Problem>> {
    const row = this.find(id);
    const isVisible = row !== null && (uh === null || (row.uh === uh && isUsersEvent(row.type)));
    const [shown] = isVisible ? await this.#shownTo(uh, [row]) : [];
    return shown === undefined
      ? err(problemOf("not_found", "No event with this id exists here; list yours with GET /v1/events."))
      : ok(shown);
  }

  /** Events in their public format, each finished file with a freshly signed link. */
  async show(rows: readonly EventRow[]): Promise<EventWire[]> {
    const stored = await this.dataOf(rows);
    const shown = rows.map(async (row, at) => ({
      id: row.id,
      type: row.type,
      cursor: row.cursor,
      timestamp: toRfc3339(row.at),
      tenant: this.#tenant.scope.tenant,
      mode: this.#tenant.scope.mode,
      sequence: row.sequence,
      data: await this.#downloads.data(stored[at] ?? {}),
    }));
    return Promise.all(shown);
  }

  /** The data of these events as stored. When R2 has lost a body, the id of the resource stands in for it. */
  async dataOf(rows: readonly EventRow[]): Promise<EventWire["data"][]> {
    const large = await this.#tenant.eventBodies.read(rows.filter(({ data }) => data === ""));
    // written by the object in which the event happened
    return rows.map(({ id, resource, data }) =>
      JSON.parse(data || (large.get(id) ?? JSON.stringify({ id: resource }))),
    );
  }

  /** Events for an API key (null), or for a token of the user. */
  async #shownTo(uh: string | null, rows: readonly EventRow[]): Promise<EventWire[]> {
    const shown = await this.show(rows);
    return uh === null ? shown : shown.map((event, at) => eventForUser(event, rows[at]?.user_cursor ?? 0));
  }
}

/* Event bodies: small ones are stored in their row, large ones in R2 beside the user's files. */

/**
 * Bodies fetched concurrently. Platform limit: an invocation has six open connections, and other work needs some of
 * them.
 */
const AT_ONCE = 3;
/** Keys in one delete call. Platform limit: 1,000. */
const REMOVED_AT_ONCE = 1_000;

/** The event a body belongs to, and that event's user. */
export type BodyOwner = { readonly id: EventId; readonly uh: UserHash };

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

  /** Stores a large body. Storing the same event again writes the same bytes. */
  async put(owner: BodyOwner, data: string): Promise<void> {
    await this.#bucket.put(this.#key(owner), data, { httpMetadata: { contentType: "application/json" } });
  }

  /** The bodies of these events, by id; a body that is missing in R2 is missing here. Throws when R2 does. */
  async read(owners: readonly BodyOwner[]): Promise<Map<EventId, string>> {
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

  async remove(owners: readonly BodyOwner[]): Promise<void> {
    for (let at = 0; at < owners.length; at += REMOVED_AT_ONCE) {
      await this.#bucket.delete(owners.slice(at, at + REMOVED_AT_ONCE).map((owner) => this.#key(owner)));
    }
  }

  /** An event about the tenant itself has no user; its body has its own prefix. */
  #key({ id, uh }: BodyOwner): string {
    return eventKey({ ...this.#scope, uh: uh || "tenant" }, id);
  }
}

/* Ingestion: each event is stored and counted once, and scheduled for every subscriber. */

/** The job kind of the cleanup of expired data. */
export const TENANT_CLEANUP = "cleanup";

/**
 * Stores events from another object. Events for a closed tenant or a deleted user are discarded, also when the deletion
 * happens while large bodies are stored. Quotas see every event; usage counts only the events that are stored.
 */
export async function ingestEvents(
  {
    runtime,
    jobs,
    events,
    eventBodies,
    subscriptionStore,
    deliveries,
    tombstones,
    quotas,
    resources,
    usage,
    spending,
  }: TenantServices,
  newEvents: readonly NewEvent[],
): Promise<void> {
  if (newEvents.some(({ type }) => type.startsWith("turn."))) await spending.load();
  if (isClosed(runtime)) return;
  const wasDeleted = memoize((uh: string) => tombstones.has(uh));
  const accepted = newEvents.filter(({ uh }) => !wasDeleted(uh));
  const hasLarge = accepted.some(({ data }) => eventBodies.isLarge(data));
  const prepared = hasLarge ? await events.prepare(accepted) : accepted;
  if (isClosed(runtime)) return events.drop(prepared);
  const isDeleted = hasLarge ? memoize((uh: string) => tombstones.has(uh)) : wasDeleted; // storing large bodies takes time
  runtime.storage.transactionSync(() => {
    for (const newEvent of newEvents) quotas.recordEvent(newEvent);
    const counted: NewEvent[] = [];
    for (const [at, newEvent] of accepted.entries()) {
      const stored = isDeleted(newEvent.uh) ? null : events.add(prepared[at] ?? newEvent);
      if (stored === null) continue;
      counted.push(newEvent);
      resources.recordEvent(newEvent);
      const callbacks = newEvent.callback ? [callbackTo(newEvent.callback)] : [];
      deliveries.schedule(stored, [...subscriptionStore.subscribersTo(newEvent.type), ...callbacks]);
    }
    usage.recordEvents(counted);
    spending.announce(counted);
    jobs.scheduleOnce(TENANT_CLEANUP, "", runtime.now() + EVENT_TTL_MS + DAY_MS);
  });
  jobs.tick();
  if (hasLarge) await events.drop(prepared.filter(({ uh }) => isDeleted(uh)));
}

/** Caches a lookup per key: the events of one call are mostly of one user and of few types. */
function memoize<Key, Value>(read: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, { readonly result: Value }>();
  return (key) => {
    const { result } = known.get(key) ?? { result: read(key) };
    known.set(key, { result });
    return result;
  };
}
