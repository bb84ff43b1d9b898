/**
 * Facts on their way to the tenant: written in the transaction that made them true, told afterwards, forgotten when the
 * tenant has stored them. Telling twice is harmless, because a fact's id is made from the fact.
 */
import { parseScope, tenantObjectName } from "../../core/address.ts";
import { utf8Bytes } from "../../core/encoding.ts";
import { eventId, type KeyId } from "../../core/ids.ts";
import { OUTBOX_BYTES, OUTBOX_ROWS } from "../../core/limits.ts";
import type { NewEvent, TenantRpc } from "../../core/rpc/tenant.ts";
import type { AuditEntry } from "../../core/tenant.ts";
import type { EventType } from "../../core/wire/event.ts";
import { addEntry } from "../../store/audit.ts";
import type { ObjectRuntime } from "./context.ts";
import { BOUND_LIMIT } from "./database.ts";
import type { JobScheduler } from "./jobs.ts";

export const OUTBOX_TABLES = `
  CREATE TABLE outbox (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    resource TEXT NOT NULL,
    sequence INTEGER NOT NULL,        -- counts the facts of one resource, from 1
    at INTEGER NOT NULL,              -- ms since epoch
    data TEXT NOT NULL                -- the resource as JSON
  ) STRICT;
  CREATE TABLE sequences (
    resource TEXT PRIMARY KEY,
    n INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** The second step: where a fact is told beside the tenant's endpoints. */
export const OUTBOX_CALLBACK = "ALTER TABLE outbox ADD COLUMN callback TEXT;";
/** The third: which API key it is counted by. */
export const OUTBOX_KEY = "ALTER TABLE outbox ADD COLUMN key TEXT;";

export const OUTBOX = "outbox";

type Row = {
  n: number;
  type: EventType;
  resource: string;
  sequence: number;
  at: number;
  data: string;
  callback: string | null;
  key: KeyId | null;
};

/** What the call that led to a fact left with the thing it made: the one address that is told, and the key it is counted by. */
export type Asked = { readonly callback?: string | null; readonly key?: KeyId | null };

/** The user of an object's facts; `named` is asked when they are told. */
export type EventPublisher = { readonly uh: string; readonly named: () => boolean };

export class Outbox {
  readonly #runtime: ObjectRuntime;
  readonly #jobs: JobScheduler;
  readonly #publisher: EventPublisher;
  readonly #listeners: ((resource: string) => void)[] = [];

  constructor(runtime: ObjectRuntime, jobs: JobScheduler, publisher: EventPublisher) {
    this.#runtime = runtime;
    this.#jobs = jobs;
    this.#publisher = publisher;
  }

  /** Tells `listener` of every fact's resource, inside the transaction that makes it true: who waits for it can be owed work there. */
  heard(listener: (resource: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Writes a fact down, with what the call that led to it asked for. Call inside the transaction that makes it true. */
  add(type: EventType, resource: string, data: unknown, { callback = null, key = null }: Asked = {}): void {
    const { sql, now } = this.#runtime;
    const sequence = sql
      .exec<{ n: number }>(
        "INSERT INTO sequences (resource, n) VALUES (?, 1) ON CONFLICT (resource) DO UPDATE SET n = n + 1 RETURNING n",
        resource,
      )
      .one().n;
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
    this.#jobs.schedule(OUTBOX, "", now());
    for (const hear of this.#listeners) hear(resource);
  }

  /** Tells the tenant everything written down; the schedule's work for the `outbox` row. */
  async flush(): Promise<void> {
    const { sql, boundary } = this.#runtime;
    await boundary("event.outbox");
    for (;;) {
      const rows = this.#batch();
      const last = rows.at(-1);
      if (last === undefined) break;
      await this.#tenant().accept(await Promise.all(rows.map((row) => this.#newEvent(row))));
      sql.exec("DELETE FROM outbox WHERE n <= ?", last.n);
    }
    this.#jobs.done(OUTBOX, "");
  }

  /** The next facts, as many as one call may carry: read one by one, so that no more is held. */
  #batch(): Row[] {
    const rows: Row[] = [];
    let bytes = 0;
    const query = `SELECT n, type, resource, sequence, at, data, callback, key FROM outbox ORDER BY n ${BOUND_LIMIT}`;
    for (const row of this.#runtime.sql.exec<Row>(query, OUTBOX_ROWS)) {
      bytes += utf8Bytes(row.data);
      if (rows.length > 0 && bytes > OUTBOX_BYTES) break;
      rows.push(row);
    }
    return rows;
  }

  async #newEvent({ n: _, ...row }: Row): Promise<NewEvent> {
    const { uh, named } = this.#publisher;
    return { ...row, id: await eventId(row.resource, `${row.type}#${row.sequence}`), uh, named: named() };
  }

  #tenant(): TenantRpc {
    const stub = this.#runtime.env.TENANT.getByName(tenantObjectName(parseScope(this.#runtime.name)));
    return stub as unknown as TenantRpc; // TenantObject implements TenantRpc; RPC stubs carry its methods under the same names
  }
}

/*
 * Entries of the audit log about what happens in an object: owed in the transaction of the deed, written to D1 by the
 * schedule. The whole entry is the row's ref, so nothing that the deed changes or removes can change it.
 */

/** The schedule's kind of row. */
export const AUDIT = "audit";

/** Owes an entry. Call inside the transaction of what it tells of. `null`: nobody asked for one. */
export function noteAudit({ now }: ObjectRuntime, jobs: JobScheduler, entry: AuditEntry | null): void {
  if (entry !== null) jobs.schedule(AUDIT, JSON.stringify(entry), now());
}

/** The schedule's work: the entry in D1. Twice is once. */
export async function publishAudit({ env }: ObjectRuntime, jobs: JobScheduler, ref: string): Promise<void> {
  await addEntry(env.DB, JSON.parse(ref) as AuditEntry); // written by noteAudit() only
  jobs.done(AUDIT, ref);
}
