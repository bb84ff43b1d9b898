/**
 * Usage counters, updated when events are stored and deliveries end: one row per day, one per user and day, one per API
 * key and day.
 *
 * An event counts for the day it happened, in whatever order objects publish; a delivery counts for the day it ended.
 * What is counted is also what the spending caps, at the end, are compared with.
 */

import type { Problem } from "../../core/errors.ts";
import { type EventId, eventId, type KeyId, type UserHash } from "../../core/ids.ts";
import { CAPS_CACHE_MS, USAGE_TTL_MS } from "../../core/limits.ts";
import { cutPage, EMPTY_PAGE, rowsFor } from "../../core/page.ts";
import type { NewEvent } from "../../core/rpc/tenant.ts";
import type { Page, PageRequest } from "../../core/rpc/user.ts";
import type { SettledTurn } from "../../core/tenant.ts";
import { DAY_MS, type EpochMs, toDay } from "../../core/time.ts";
import {
  COUNTERS,
  type Counter,
  type Counts,
  capEventData,
  capProblem,
  countsOf,
  exactCounts,
  exactCredits,
  hasCaps,
  type Month,
  monthOf,
  NO_CAPS,
  type Period,
  type ReachedCap,
  reachedCaps,
  type UsageRow,
} from "../../core/usage/usage.ts";
import type { SpendingCapsWire } from "../../core/wire/tenant.ts";
import type { UsageDimension } from "../../core/wire/usage.ts";
import { logBug } from "../../log.ts";
import { readTenant } from "../../store/tenants.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { type Database, deleteMeta, readMeta, writeMeta } from "../shared/database.ts";
import type { TenantServices } from "./services.ts";

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

/*
 * The spending caps of a tenant in one mode. What was spent is the usage that this object counts, so a cap and the usage
 * that the operator is shown never differ.
 *
 * A cap is checked when a turn reserves its slot. A turn's credits are known when it ends, so the turns that hold a slot
 * when the cap is reached may still exceed it: by what they cost, and by no more. Their number is the quota
 * `concurrent_turns`.
 */

/** The job kind of publishing that a cap was reached. */
export const CAP_REACHED = "cap_reached";

/** The `meta` keys of the caps as they were last read, and of the number of events so far. */
const STORED = "spending_caps";
const EVENTS = "cap_events";

/** The key of the job: everything that its event says. */
type Announcement = ReachedCap & { readonly uh: UserHash | null; readonly at: EpochMs; readonly sequence: number };

/** The `meta` key that says for which month and limit a cap was announced. */
const announcedKey = ({ scope, cap }: ReachedCap, uh: UserHash | null): string =>
  `cap:${scope}:${cap}${uh === null ? "" : `:${uh}`}`;

export class Spending {
  readonly #tenant: TenantServices;
  #caps: SpendingCapsWire = NO_CAPS;
  #loadedAt: EpochMs | null = null;

  constructor(tenant: TenantServices) {
    this.#tenant = tenant;
  }

  /**
   * Reads the caps from D1, at most every few seconds. If D1 fails, those that were read last stay, also over a restart.
   * Call before `check` and `announce`.
   */
  async load(): Promise<void> {
    const { runtime, scope, database } = this.#tenant;
    const { now, sql, env } = runtime;
    if (this.#loadedAt !== null && Math.abs(now() - this.#loadedAt) < CAPS_CACHE_MS) return;
    const stored = database.exists() ? readMeta(sql, STORED) : null;
    try {
      const row = await readTenant(env.DB, scope.tenant);
      this.#caps = row?.spending_caps[scope.mode] ?? NO_CAPS;
      this.#loadedAt = now();
      const text = JSON.stringify(this.#caps);
      if (database.exists() && text !== stored && (stored !== null || hasCaps(this.#caps)))
        writeMeta(sql, STORED, text);
    } catch (error) {
      logBug("caps_not_read", error, { work: "quota", tenant: scope.tenant, mode: scope.mode });
      if (this.#loadedAt === null && stored !== null) this.#caps = JSON.parse(stored) as SpendingCapsWire; // written above only
    }
  }

  /** Why new paid work of this user (null: none is named) is rejected; null when it is not. */
  check(uh: UserHash | null): Problem | null {
    const { runtime, database } = this.#tenant;
    if (!hasCaps(this.#caps) || !database.exists()) return null;
    const reached = this.#reached(uh);
    const hard = reached.find(({ cap }) => cap === "hard");
    if (reached.length > 0) runtime.storage.transactionSync(() => this.#announceAll(reached, uh));
    return hard === undefined ? null : capProblem(hard, runtime.now());
  }

  /** Schedules an event for every cap that was reached by what was just counted. Call in the transaction that counts it. */
  announce(events: readonly NewEvent[]): void {
    if (!hasCaps(this.#caps)) return;
    const users = new Set(events.map(({ uh, named = true }) => (named && uh !== "" ? uh : null)));
    for (const uh of users) this.#announceAll(this.#reached(uh), uh);
  }

  /** Removes what names a deleted user. */
  erase(uh: UserHash): void {
    for (const cap of ["soft", "hard"] as const)
      deleteMeta(this.#tenant.runtime.sql, announcedKey({ scope: "user", cap, limit: 0, used: 0 }, uh));
  }

  /** The event of a scheduled announcement. */
  async event(key: string): Promise<NewEvent> {
    const { uh, at, sequence, ...reached } = JSON.parse(key) as Announcement; // written by #announceAll only
    const { tenant } = this.#tenant.scope;
    return {
      id: await eventId(this.#tenant.runtime.name, `credits.cap_reached#${sequence}`),
      type: "credits.cap_reached",
      resource: tenant,
      sequence,
      at,
      uh: "", // an event about the tenant itself: no user token sees it
      data: JSON.stringify(capEventData(reached, uh, at)),
    };
  }

  #reached(uh: UserHash | null): ReachedCap[] {
    const { usage, runtime } = this.#tenant;
    const month = monthOf(runtime.now());
    const tenant = usage.creditsSpent("day", UNKNOWN, month);
    return reachedCaps(this.#caps, { tenant, user: uh === null ? null : usage.creditsSpent("user", uh, month) });
  }

  /** Once for each month and limit. */
  #announceAll(reached: readonly ReachedCap[], by: UserHash | null): void {
    const { runtime, jobs } = this.#tenant;
    const { sql, now } = runtime;
    for (const one of reached) {
      const uh = one.scope === "user" ? by : null;
      const key = announcedKey(one, uh);
      const value = `${monthOf(now()).name} ${one.limit}`;
      if (readMeta(sql, key) === value) continue;
      writeMeta(sql, key, value);
      const sequence = Number(readMeta(sql, EVENTS) ?? "0") + 1;
      writeMeta(sql, EVENTS, String(sequence));
      const announcement: Announcement = { ...one, uh, at: now(), sequence };
      jobs.schedule(CAP_REACHED, JSON.stringify(announcement), now());
    }
  }
}
