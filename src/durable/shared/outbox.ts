/**
 * The outbox: events on their way to the tenant's object. An event is written in the transaction of its change,
 * published afterwards, and deleted when the tenant has stored it. Publishing twice is harmless, because an event's id
 * is derived from its resource and sequence.
 */
import { ownerOf, parseScope, tenantObjectName } from "../../core/address.ts";
import { utf8Bytes } from "../../core/encoding.ts";
import { eventId, type KeyId, ownedIdIn } from "../../core/ids.ts";
import { OUTBOX_BYTES, OUTBOX_ROWS } from "../../core/limits.ts";
import type { NewEvent, TenantRpc } from "../../core/rpc/tenant.ts";
import type { AuditEntry } from "../../core/tenant.ts";
import type { EventType } from "../../core/wire/event.ts";
import { log } from "../../log.ts";
import { addEntry } from "../../store/audit.ts";
import type { ObjectRuntime } from "./context.ts";
import { BOUND_LIMIT } from "./database.ts";
import type { JobScheduler } from "./jobs.ts";

export const OUTBOX_TABLES = `
  CREATE TABLE outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    resource TEXT NOT NULL,           -- the id of what the event is about
    sequence INTEGER NOT NULL,        -- counts the events of one resource, from 1
    at INTEGER NOT NULL,              -- ms since epoch
    data TEXT NOT NULL,               -- the resource as JSON
    callback TEXT,                    -- the URL to send it to besides the tenant's endpoints; null: none
    key TEXT                          -- id of the API key whose usage it counts for; null: unknown
  ) STRICT;
  CREATE TABLE sequences (
    resource TEXT PRIMARY KEY,
    last INTEGER NOT NULL             -- the sequence of its last event
  ) STRICT, WITHOUT ROWID;
`;

export const OUTBOX = "outbox";

/** The types of events about something that did not succeed. */
const FAILED = /\.(failed|unknown)$/;

type Row = {
  position: number;
  type: EventType;
  resource: string;
  sequence: number;
  at: number;
  data: string;
  callback: string | null;
  key: KeyId | null;
};

/** What the request that caused an event stored with its resource: its callback URL, and its API key for usage. */
export type EventContext = { readonly callback?: string | null; readonly key?: KeyId | null };

/** The user of an object's events; `named` is read when they are published. */
export type EventPublisher = {
  readonly uh: string;
  readonly named: () => boolean;
  /** Called with the resource of every event, in the transaction that appends it, so that it can schedule a job. */
  readonly onEvent?: (resource: string) => void;
};

export class Outbox {
  readonly #runtime: ObjectRuntime;
  readonly #jobs: JobScheduler;
  readonly #publisher: EventPublisher;
  /** How many events this instance has appended. */
  #added = 0;

  constructor(runtime: ObjectRuntime, jobs: JobScheduler, publisher: EventPublisher) {
    this.#runtime = runtime;
    this.#jobs = jobs;
    this.#publisher = publisher;
  }

  /** Appends an event. Call inside the transaction of the change it reports. */
  add(type: EventType, resource: string, data: unknown, { callback = null, key = null }: EventContext = {}): void {
    const { sql, now } = this.#runtime;
    const sequence = sql
      .exec<{ last: number }>(
        "INSERT INTO sequences (resource, last) VALUES (?, 1) ON CONFLICT (resource) DO UPDATE SET last = last + 1 RETURNING last",
        resource,
      )
      .one().last;
    sql.exec(
      "INSERT INTO outbox (type, resource, sequence, at, data, callback, key) VALUES (?, ?, ?, ?, ?, ?, ?)",
      type,
      resource,
      sequence,
      now(),
      JSON.stringify(data),
      callback,
      key,
    );
    this.#added++;
    this.#jobs.schedule(OUTBOX, "", now());
    this.#publisher.onEvent?.(resource);
  }

  /** The number of events that a resource has had. */
  countOf(resource: string): number {
    const query = "SELECT last FROM sequences WHERE resource = ?";
    return this.#runtime.sql.exec<{ last: number }>(query, resource).toArray()[0]?.last ?? 0;
  }

  /** Publishes all stored events to the tenant's object: the `outbox` job. */
  async flush(): Promise<void> {
    const { sql, env, name, failpoint } = this.#runtime;
    const { uh, named } = this.#publisher;
    await failpoint("event.outbox");
    const stub = env.TENANT.getByName(tenantObjectName(parseScope(name)));
    const tenant = stub as unknown as TenantRpc; // TenantObject implements TenantRpc; RPC stubs carry its methods
    for (let isLast = false; !isLast; ) {
      const added = this.#added;
      const { rows, isAll } = this.#batch();
      const last = rows.at(-1);
      if (last === undefined) break;
      const newEvents = rows.map(async ({ position: _, ...row }): Promise<NewEvent> => {
        const id = await eventId(row.resource, `${row.type}#${row.sequence}`);
        return { ...row, id, uh, named: named() };
      });
      await tenant.accept(await Promise.all(newEvents));
      sql.exec("DELETE FROM outbox WHERE position <= ?", last.position);
      for (const row of rows) this.#logFailure(row);
      isLast = isAll && this.#added === added;
    }
    this.#jobs.done(OUTBOX, "");
  }

  /** One line for what did not succeed, with its code: an operator can read no resource of a tenant. */
  #logFailure({ type, resource, data }: Row): void {
    if (!FAILED.test(type)) return;
    const { error } = JSON.parse(data) as { readonly error?: { readonly code?: string } | null }; // as the services add it
    log("info", "failed", {
      work: type,
      code: error?.code,
      resource: ownedIdIn(resource) ?? undefined,
      ...ownerOf(this.#runtime.name),
    });
  }

  /**
   * The next events, as many as one call may carry, and whether these are all. Rows are read one at a time, so that no
   * more are held in memory.
   */
  #batch(): { readonly rows: readonly Row[]; readonly isAll: boolean } {
    const rows: Row[] = [];
    let bytes = 0;
    const query = `SELECT position, type, resource, sequence, at, data, callback, key FROM outbox ORDER BY position ${BOUND_LIMIT}`;
    for (const row of this.#runtime.sql.exec<Row>(query, OUTBOX_ROWS)) {
      bytes += utf8Bytes(row.data);
      if (rows.length > 0 && bytes > OUTBOX_BYTES) return { rows, isAll: false };
      rows.push(row);
    }
    return { rows, isAll: rows.length < OUTBOX_ROWS };
  }
}

/*
 * Audit entries of an object: scheduled as a job in the transaction of the action, written to D1 by the job. The whole
 * entry is the job's `key`, so later changes and deletions cannot alter it.
 */

/** The job kind. */
export const AUDIT = "audit";

/** Schedules an entry. Call inside the transaction of the action. `null`: the action needs no entry. */
export function noteAudit({ now }: ObjectRuntime, jobs: JobScheduler, entry: AuditEntry | null): void {
  if (entry !== null) jobs.schedule(AUDIT, JSON.stringify(entry), now());
}

/** The `audit` job: writes the entry to D1. Idempotent. */
export async function publishAudit({ env }: ObjectRuntime, jobs: JobScheduler, key: string): Promise<void> {
  await addEntry(env.DB, JSON.parse(key) as AuditEntry); // written by noteAudit() only
  jobs.done(AUDIT, key);
}
