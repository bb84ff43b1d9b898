/**
 * Deletion of a tenant and of its users, in the tenant's object: deliveries stop, stored data is removed, and late
 * events are discarded.
 */

import type { UserHash } from "../../core/ids.ts";
import { TOMBSTONE_TTL_MS } from "../../core/limits.ts";
import type { ClosedTenant } from "../../core/rpc/tenant.ts";
import type { ErasedEvents, SettledTurn } from "../../core/tenant.ts";
import type { EpochMs } from "../../core/time.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { readMeta, writeMeta } from "../shared/database.ts";
import type { TenantServices } from "./services.ts";

const CLOSED = "closed";

/** True once the tenant's deletion has started. The object's tables must exist. */
export const isClosed = ({ sql }: ObjectRuntime): boolean => readMeta(sql, CLOSED) !== null;

/**
 * Disables every endpoint, fails every pending delivery, removes every job, and returns the number of stored rows.
 * Idempotent: a repeated call returns the same numbers.
 */
export function closeTenant({ runtime, jobs, subscriptionStore, deliveryRows }: TenantServices): ClosedTenant {
  const { sql, storage, now } = runtime;
  const known = readMeta(sql, CLOSED);
  if (known !== null) return JSON.parse(known) as ClosedTenant; // written below only
  const count = (table: string) => sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n;
  return storage.transactionSync(() => {
    const closed = {
      endpoints: count("endpoints"),
      hooks: count("hooks"),
      events: count("events"),
      deliveries: count("deliveries"),
    };
    sql.exec("UPDATE endpoints SET state = 'disabled'");
    sql.exec("UPDATE deliveries SET state = 'failed', due_at = NULL, ended_at = ? WHERE state = 'pending'", now());
    subscriptionStore.forget();
    deliveryRows.forget();
    jobs.removeAllBut(null);
    writeMeta(sql, CLOSED, JSON.stringify(closed));
    return closed;
  });
}

/*
 * Tombstones of deleted users: their events and deliveries are removed, and late events about them are discarded for 30
 * days.
 */

/** A user's deliveries, to any target. */
const DELIVERIES = "deliveries WHERE event IN (SELECT id FROM events WHERE uh = ?)";

export class Tombstones {
  readonly #runtime: ObjectRuntime;

  constructor(runtime: ObjectRuntime) {
    this.#runtime = runtime;
  }

  /** Whether the user was deleted in the last 30 days. */
  has(uh: UserHash): boolean {
    return this.#runtime.sql.exec("SELECT 1 FROM deleted_users WHERE uh = ?", uh).toArray().length > 0;
  }

  /**
   * Removes everything stored about the user and returns how much it was; a repeated call returns the same numbers.
   * Call in a transaction.
   */
  erase(uh: UserHash): ErasedEvents {
    const { sql, now } = this.#runtime;
    const known = sql.exec<ErasedEvents>("SELECT events, deliveries FROM deleted_users WHERE uh = ?", uh).toArray()[0];
    if (known !== undefined) return known;
    const count = (from: string) => sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${from}`, uh).one().n;
    const gone = { events: count("events WHERE uh = ?"), deliveries: count(DELIVERIES) };
    sql.exec(`DELETE FROM attempts WHERE delivery IN (SELECT id FROM ${DELIVERIES})`, uh);
    sql.exec(`DELETE FROM ${DELIVERIES}`, uh);
    sql.exec("DELETE FROM events WHERE uh = ?", uh);
    sql.exec("DELETE FROM user_cursors WHERE uh = ?", uh);
    const row = "INSERT INTO deleted_users (uh, deleted_at, events, deliveries) VALUES (?, ?, ?, ?)";
    sql.exec(row, uh, now(), gone.events, gone.deliveries);
    return gone;
  }

  /**
   * Returns the last turns of a deleted user the first time, and nothing when they were counted before. Call in a
   * transaction.
   */
  claimUncounted(uh: UserHash, settled: readonly SettledTurn[]): readonly SettledTurn[] {
    if (settled.length === 0) return [];
    const query = "UPDATE deleted_users SET turns_counted = 1 WHERE uh = ? AND turns_counted = 0 RETURNING uh";
    return this.#runtime.sql.exec(query, uh).toArray().length > 0 ? settled : [];
  }

  /** Removes tombstones older than 30 days; returns when the next one expires, null when there is none. */
  removeExpired(): EpochMs | null {
    const { sql, now } = this.#runtime;
    sql.exec("DELETE FROM deleted_users WHERE deleted_at < ?", now() - TOMBSTONE_TTL_MS);
    const { at } = sql.exec<{ at: number | null }>("SELECT min(deleted_at) AS at FROM deleted_users").one();
    return at === null ? null : at + TOMBSTONE_TTL_MS;
  }
}
