/**
 * Usage counters, updated when events are stored and deliveries end: one row per day, one per user and day, one per API
 * key and day.
 *
 * An event counts for the day it happened, in whatever order objects publish; a delivery counts for the day it ended.
 */

import type { EventId, KeyId, UserHash } from "../../core/ids.ts";
import { USAGE_TTL_MS } from "../../core/limits.ts";
import { cutPage, EMPTY_PAGE, rowsFor } from "../../core/page.ts";
import type { NewEvent } from "../../core/rpc/tenant.ts";
import type { Page, PageRequest } from "../../core/rpc/user.ts";
import type { SettledTurn } from "../../core/tenant.ts";
import { DAY_MS, type EpochMs, toDay } from "../../core/time.ts";
import {
  COUNTERS,
  type Counter,
  type Counts,
  countsOf,
  exactCounts,
  exactCredits,
  type Month,
  type Period,
  type UsageRow,
} from "../../core/usage/usage.ts";
import type { UsageDimension } from "../../core/wire/usage.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import type { Database } from "../shared/database.ts";

/* Changes are summed up before they are written: the events of one call are mostly of one day, user and key. */

/**
 * The `subject` of an unknown user or key, and of a day's total. It sorts before every hash and id, so that it can be a
 * cursor.
 */
export const UNKNOWN = "-";

/** The user and the key that an event counts for. */
export type UsageOwner = { readonly uh: string; readonly key: KeyId | null; readonly named: boolean };

/** One row and the amounts to add to it. */
export type UsageSum = {
  readonly dimension: UsageDimension;
  readonly subject: string;
  readonly day: string;
  readonly counts: Partial<Counts>;
};

export class UsageTotals {
  readonly #rows = new Map<string, UsageSum>();

  /** Adds to the rows of the day, of the user and of the key. */
  add({ uh, key, named }: UsageOwner, at: EpochMs, counts: Partial<Counts>): void {
    this.#addTo("user", !named || uh === "" ? UNKNOWN : uh, at, counts);
    this.addWithoutUser(key, at, counts);
  }

  /** The same for a deleted user: only the day and the key are counted. */
  addWithoutUser(key: KeyId | null, at: EpochMs, counts: Partial<Counts>): void {
    this.#addTo("day", UNKNOWN, at, counts);
    this.#addTo("key", key ?? UNKNOWN, at, counts);
  }

  rows(): readonly UsageSum[] {
    return [...this.#rows.values()];
  }

  #addTo(dimension: UsageDimension, subject: string, at: EpochMs, more: Partial<Counts>): void {
    const day = toDay(at);
    const name = `${dimension} ${subject} ${day}`;
    const counts = { ...this.#rows.get(name)?.counts };
    for (const counter of Object.keys(more) as Counter[])
      counts[counter] = (counts[counter] ?? 0) + (more[counter] ?? 0);
    this.#rows.set(name, { dimension, subject, day, counts });
  }
}

const COLUMNS = COUNTERS.join(", ");

/** Adds to the rows of a JSON array. `WHERE true`: otherwise SQLite reads ON as part of a join. */
const ADD = `INSERT INTO usage (dimension, subject, day, ${COLUMNS})
  SELECT value ->> 0, value ->> 1, value ->> 2, ${COUNTERS.map((_, at) => `value ->> ${at + 3}`).join(", ")} FROM json_each(?) WHERE true
  ON CONFLICT (dimension, subject, day) DO UPDATE SET ${COUNTERS.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`;
export const DAYS = `SELECT day AS subject, ${COLUMNS} FROM usage
  WHERE dimension = 'day' AND subject = '${UNKNOWN}' AND day BETWEEN ? AND ? AND day < ? ORDER BY day DESC LIMIT ?`;
export const SUMS = `SELECT subject, ${COUNTERS.map((name) => `sum(${name}) AS ${name}`).join(", ")} FROM usage
  WHERE dimension = ? AND subject > ? AND day BETWEEN ? AND ? GROUP BY subject ORDER BY subject LIMIT ?`;

export const SPENT = `SELECT coalesce(sum(credits_measured + credits_estimated), 0) AS spent FROM usage
  WHERE dimension = ? AND subject = ? AND day BETWEEN ? AND ?`;

/** The users and keys of a list of events, and how many each has; samples are not counted. */
export const OWNERS = `SELECT e.uh, e.key, e.is_named, count(*) AS n
  FROM json_each(?) AS ended CROSS JOIN events AS e ON e.id = ended.value
  WHERE e.is_sample = 0 GROUP BY e.uh, e.key, e.is_named`;

export class Usage {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;

  constructor(runtime: ObjectRuntime, database: Database) {
    this.#runtime = runtime;
    this.#database = database;
  }

  /** Counts events. Call once for each event, in the transaction that stores it. */
  recordEvents(newEvents: readonly NewEvent[]): void {
    const sums = new UsageTotals();
    for (const { type, data, sequence, resource, at, uh, key = null, named = true } of newEvents) {
      const counts = countsOf(type, data);
      if (counts === null) continue;
      sums.add({ uh, key, named }, at, counts);
      if (type === "render.completed" && sequence > 1) this.#uncountFailure(sums, { uh, key, named }, resource);
    }
    this.#write(sums);
  }

  /** Counts finished deliveries by the user and key of their events. Call in the transaction that ends them. */
  delivered(events: readonly EventId[], end: "delivered" | "failed"): void {
    const { sql, now } = this.#runtime;
    type Row = { uh: string; key: KeyId | null; is_named: number; n: number };
    const sums = new UsageTotals();
    for (const { is_named, n, ...row } of sql.exec<Row>(OWNERS, JSON.stringify(events)).toArray())
      sums.add({ ...row, named: is_named === 1 }, now(), { [`deliveries_${end}`]: n });
    this.#write(sums);
  }

  /** Counts a turn that was settled after its user's deletion, for its day and key only. */
  #countSettled({ at, status, credits, key }: SettledTurn): void {
    const counts = countsOf(`turn.${status}`, JSON.stringify({ credits }));
    if (counts === null) return;
    const sums = new UsageTotals();
    sums.addWithoutUser(key, at, counts);
    this.#write(sums);
  }

  /**
   * Removes a deleted user's rows, and counts its last turns; its usage stays in the totals of days and keys. Call in a
   * transaction.
   */
  erase(uh: UserHash, settled: readonly SettledTurn[]): void {
    this.#runtime.sql.exec("DELETE FROM usage WHERE dimension = 'user' AND subject = ?", uh);
    for (const turn of settled) this.#countSettled(turn);
  }

  /** Removes expired days; returns when the next one expires, null when there is none. */
  removeExpired(): EpochMs | null {
    const { sql, now } = this.#runtime;
    sql.exec("DELETE FROM usage WHERE day < ?", toDay(now() - USAGE_TTL_MS));
    const { day } = sql.exec<{ day: string | null }>("SELECT min(day) AS day FROM usage").one();
    return day === null ? null : Date.parse(day) + USAGE_TTL_MS + DAY_MS;
  }

  /** Credits of a month, measured and estimated: of the whole tenant (`day`, UNKNOWN), or of one user. */
  creditsSpent(dimension: "day" | "user", subject: string, { from, to }: Pick<Month, "from" | "to">): number {
    return exactCredits(this.#runtime.sql.exec<{ spent: number }>(SPENT, dimension, subject, from, to).one().spent);
  }

  /** Days, newest first; or users or keys with their sums over the period, in order of id. */
  list(by: UsageDimension, { from, to }: Period, page: PageRequest): Page<UsageRow> {
    if (!this.#database.exists()) return EMPTY_PAGE;
    const one = rowsFor(page);
    const rows =
      by === "day"
        ? this.#rows(DAYS, from, to, page.after ?? "~", one)
        : this.#rows(SUMS, by, page.after ?? "", from, to, one);
    return cutPage(
      rows,
      page,
      ({ subject }) => subject,
      ({ subject, ...counts }) => ({ subject: subject === UNKNOWN ? null : subject, counts: exactCounts(counts) }),
    );
  }

  /** A render that was published as failed and completed later is no longer counted as failed. */
  #uncountFailure(sums: UsageTotals, owner: UsageOwner, resource: string): void {
    const query = "SELECT at FROM events WHERE uh = ? AND resource = ? AND type = 'render.failed'";
    const failed = this.#runtime.sql.exec<{ at: number }>(query, owner.uh, resource).toArray()[0];
    if (failed !== undefined) sums.add(owner, failed.at, { renders_failed: -1 });
  }

  #write(sums: UsageTotals): void {
    const rows = sums.rows().map(({ dimension, subject, day, counts }) => {
      return [dimension, subject, day, ...COUNTERS.map((name) => counts[name] ?? 0)];
    });
    if (rows.length > 0) this.#runtime.sql.exec(ADD, JSON.stringify(rows));
  }

  #rows(query: string, ...values: SqlStorageValue[]): (Counts & { readonly subject: string })[] {
    return this.#runtime.sql.exec<Counts & { readonly subject: string }>(query, ...values).toArray();
  }
}
