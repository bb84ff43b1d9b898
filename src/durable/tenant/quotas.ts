/**
 * A tenant's quotas in one mode: slots for concurrent turns, and counters per UTC day. Also the short-lived
 * deduplication of requests without an Idempotency-Key.
 *
 * A slot is a lease: reserved briefly while its turn is committed, then held for as long as a turn can take, and
 * released by the event that ends the turn. The slot of an object that crashed in between expires by itself.
 */
import { parseScope } from "../../core/address.ts";
import type { Limit, Problem } from "../../core/errors.ts";
import type { UserHash } from "../../core/ids.ts";
import { DEDUPE_MS, QUOTA_DEFAULTS, SLOT_HOLD_MS, SLOT_KEEP_MS } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { DedupeKey, NewEvent } from "../../core/rpc/tenant.ts";
import { DAY_MS, type EpochMs, toDay } from "../../core/time.ts";
import {
  checkMore,
  type DailyQuota,
  limitOf,
  type QuotaName,
  type QuotaRequest,
  type QuotaUse,
} from "../../core/usage/quota.ts";
import type { QuotasWire as Limits } from "../../core/wire/tenant.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { type Database, readMeta, writeMeta } from "../shared/database.ts";
import { ownIdempotencyKey } from "../shared/idempotency.ts";

/**
 * How long an upload's reservation is stored, so that its bytes can be settled at its end. Chosen: a day more than the
 * longest life of an upload.
 */
const UPLOAD_RESERVATION_MS = 7 * DAY_MS;

const BYTES = "bytes_per_day";
/** The share of calls that named no user. */
const NO_USER = "";

/** The `meta` key of the limits as the last caller's API key gave them: for jobs that no caller is waiting for. */
const LIMITS = "limits";

/** The bytes that have arrived of the upload in an event. */
const arrivedBytes = (data: string): number => (JSON.parse(data) as UploadWire).offset_bytes; // written by its object only

export class Quotas {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;
  /** The day on which this instance last removed past days. */
  #cleanedOn = "";
  /** When it last removed expired slots, which count for nothing. */
  #slotsCleanedAt: EpochMs = 0;

  constructor(runtime: ObjectRuntime, database: Database) {
    this.#runtime = runtime;
    this.#database = database;
  }

  /**
   * Reserves everything requested or nothing, and returns what is left. `callerLimits` null: the limits stored by the last
   * caller apply. `by`: the user whose share is counted; null when none was named.
   */
  reserve(
    requests: readonly QuotaRequest[],
    callerLimits: Limits | null,
    by: UserHash | null,
  ): Result<readonly Limit[], Problem> {
    this.#database.ready();
    return this.#runtime.storage.transactionSync(() => this.#reserve(requests, callerLimits, by));
  }

  #reserve(
    requests: readonly QuotaRequest[],
    callerLimits: Limits | null,
    by: UserHash | null,
  ): Result<readonly Limit[], Problem> {
    const limits = this.#limits(callerLimits);
    const now = this.#runtime.now();
    this.#removeExpired();
    const wanted = requests.map((want) => ({ want, used: this.#used(want, by) }));
    const fresh = wanted.flatMap(({ want, used }) => {
      const { before } = used;
      return before !== null && before >= want.amount ? [] : [{ ...want, amount: want.amount - (before ?? 0), used }];
    });
    for (const { quota, amount, used } of fresh) {
      const problem = checkMore(quota, amount, limits[quota], used, now);
      if (problem !== null) return err(problem);
    }
    for (const want of fresh) this.#add(want, by ?? NO_USER);
    return ok(
      wanted.map(({ want, used }) => limitOf(want.quota, limits[want.quota], this.#usedNow(want, used, by), now)),
    );
  }

  /** What is reserved now, and what was reserved for this request before; null: nothing. */
  #used(want: QuotaRequest, by: UserHash | null): QuotaUse & { readonly before: number | null } {
    if (want.quota !== "concurrent_turns")
      return { ...this.#reserved(want.quota, by), before: this.#reservedFor(want.quota, want.ref) };
    const query =
      'SELECT count(*) AS "all", coalesce(sum(uh = ?), 0) AS own, coalesce(sum(turn = ?), 0) AS known FROM slots WHERE until > ?';
    type Row = { all: number; own: number; known: number };
    const { all, own, known } = this.#runtime.sql.exec<Row>(query, by, want.ref, this.#runtime.now()).one();
    return { all, own: by === null ? null : own, before: known > 0 ? want.amount : null };
  }

  /** The same after the reservation. */
  #usedNow(want: QuotaRequest, used: QuotaUse & { readonly before: number | null }, by: UserHash | null): QuotaUse {
    if (want.quota !== "concurrent_turns") return this.#reserved(want.quota, by);
    const added = used.before === null ? 1 : 0;
    return { all: used.all + added, own: used.own === null ? null : used.own + added };
  }

  /** The limit of each quota and what is left of it, for a user or (null) for the tenant. Writes nothing. */
  read(limits: Limits, by: UserHash | null): readonly Limit[] {
    const isEmpty = !this.#database.exists();
    const names = Object.keys(limits) as QuotaName[]; // a Quotas has these keys alone
    return names.map((quota) => {
      const reserved = isEmpty ? { all: 0, own: by === null ? null : 0 } : this.#reserved(quota, by);
      return limitOf(quota, limits[quota], reserved, this.#runtime.now());
    });
  }

  /** Holds the slot of a committed turn for as long as a turn can wait and run. */
  confirm(turn: string): void {
    if (!this.#database.exists()) return;
    const { sql, now } = this.#runtime;
    sql.exec("UPDATE slots SET until = ? WHERE turn = ?", now() + SLOT_KEEP_MS, turn);
  }

  /** Releases what was reserved for a resource that was not created, or whose turn has ended. */
  release(ref: string): void {
    if (!this.#database.exists()) return;
    const { sql, now, storage } = this.#runtime;
    const today = toDay(now());
    storage.transactionSync(() => {
      sql.exec("DELETE FROM slots WHERE turn = ?", ref);
      const query = "DELETE FROM reservations WHERE day = ? AND ref = ? RETURNING quota, uh, amount";
      type Row = { quota: DailyQuota; uh: string; amount: number };
      for (const { quota, uh, amount } of sql.exec<Row>(query, today, ref).toArray())
        this.#count(today, quota, uh, -amount);
    });
  }

  /**
   * Releases the slot of a turn when its final event arrives; daily counts stay. Settles an upload by the bytes that
   * arrived. Call in the transaction that stores the event.
   */
  recordEvent({ type, resource, data }: NewEvent): void {
    if (type === "turn.completed" || type === "turn.failed" || type === "turn.unknown")
      this.#runtime.sql.exec("DELETE FROM slots WHERE turn = ?", resource);
    if (type === "upload.completed" || type === "upload.expired") this.#settle(resource, arrivedBytes(data));
  }

  /**
   * Settles an upload to the number of bytes that arrived. What was reserved above that is released, as far as today's
   * counter includes it. What arrived beyond it, for an upload of unknown length, counts today, even above the limit.
   * Idempotent.
   */
  settle(ref: string, bytes: number): void {
    if (this.#database.exists()) this.#runtime.storage.transactionSync(() => this.#settle(ref, bytes));
  }

  #settle(ref: string, bytes: number): void {
    const { sql, now } = this.#runtime;
    const today = toDay(now());
    const query = "SELECT day, uh, amount FROM reservations WHERE quota = ? AND ref = ?";
    const rows = sql.exec<{ day: string; uh: string; amount: number }>(query, BYTES, ref).toArray();
    const [first] = rows;
    if (first === undefined) return; // nothing was reserved, or the row has expired
    const excess = rows.reduce((sum, { amount }) => sum + amount, 0) - bytes;
    const ofToday = rows.find(({ day }) => day === today)?.amount ?? 0;
    const change = -Math.min(excess, ofToday);
    if (change !== 0) this.#addReservation(BYTES, ref, change, first.uh);
  }

  /** Releases the slots of a deleted user's turns: their final events will not arrive. */
  erase(uh: UserHash): void {
    this.#runtime.sql.exec("DELETE FROM slots WHERE turn LIKE '%' || ?", uh);
  }

  /** What is reserved now, as slots or as today's count: in all, and by this user. */
  #reserved(quota: QuotaName, by: UserHash | null): QuotaUse {
    const { sql, now } = this.#runtime;
    if (quota === "concurrent_turns") {
      const { all, own } = sql
        .exec<{ all: number; own: number | null }>(
          'SELECT count(*) AS "all", sum(uh = ?) AS own FROM slots WHERE until > ?',
          by,
          now(),
        )
        .one();
      return { all, own: by === null ? null : (own ?? 0) };
    }
    const today = toDay(now());
    const sum = (table: string, where: string, ...values: string[]): number =>
      sql
        .exec<{ amount: number }>(
          `SELECT amount FROM ${table} WHERE day = ? AND quota = ? ${where}`,
          today,
          quota,
          ...values,
        )
        .toArray()[0]?.amount ?? 0;
    return { all: sum("reserved_totals", ""), own: by === null ? null : sum("reserved_by_user", "AND uh = ?", by) };
  }

  /** What was reserved for this id before; null when there is no reservation. */
  #reservedFor(quota: DailyQuota, ref: string): number | null {
    const { sql, now } = this.#runtime;
    // an upload may take days: a reservation of an earlier day still counts
    const since = quota === BYTES ? "" : toDay(now());
    const query =
      "SELECT count(*) AS n, sum(amount) AS amount FROM reservations WHERE ref = ? AND quota = ? AND day >= ?";
    const before = sql.exec<{ n: number; amount: number | null }>(query, ref, quota, since).one();
    return before.n === 0 ? null : (before.amount ?? 0);
  }

  #add({ quota, ref, amount }: QuotaRequest, uh: string): void {
    const { sql, now } = this.#runtime;
    const until = now() + SLOT_HOLD_MS;
    if (quota !== "concurrent_turns") this.#addReservation(quota, ref, amount, uh);
    else sql.exec("INSERT OR REPLACE INTO slots (turn, until, uh) VALUES (?, ?, ?)", ref, until, uh); // an expired one may be left
  }

  #addReservation(quota: DailyQuota, ref: string, amount: number, uh: string): void {
    const today = toDay(this.#runtime.now());
    this.#runtime.sql.exec(
      `INSERT INTO reservations (day, quota, ref, amount, uh) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (day, quota, ref) DO UPDATE SET amount = amount + excluded.amount`,
      today,
      quota,
      ref,
      amount,
      uh,
    );
    this.#count(today, quota, uh, amount);
  }

  /** Adds to the day's counters of the tenant and of the user. */
  #count(day: string, quota: DailyQuota, uh: string, amount: number): void {
    const { sql } = this.#runtime;
    const more = "DO UPDATE SET amount = amount + excluded.amount";
    sql.exec(
      `INSERT INTO reserved_totals (day, quota, amount) VALUES (?, ?, ?) ON CONFLICT (day, quota) ${more}`,
      day,
      quota,
      amount,
    );
    if (uh === NO_USER || quota === "new_users_per_day") return;
    sql.exec(
      `INSERT INTO reserved_by_user (day, quota, uh, amount) VALUES (?, ?, ?, ?) ON CONFLICT (day, quota, uh) ${more}`,
      day,
      quota,
      uh,
      amount,
    );
  }

  /**
   * Removes expired slots once a minute, and once a day the days that are past. Reservations of uploads are stored for
   * as long as an upload can live.
   */
  #removeExpired(): void {
    const { sql, now } = this.#runtime;
    if (now() - this.#slotsCleanedAt >= SLOT_HOLD_MS) {
      this.#slotsCleanedAt = now();
      sql.exec("DELETE FROM slots WHERE until <= ?", now());
    }
    const today = toDay(now());
    if (this.#cleanedOn === today) return;
    this.#cleanedOn = today;
    const before = toDay(now() - DAY_MS);
    const beforeUploads = toDay(now() - UPLOAD_RESERVATION_MS);
    sql.exec("DELETE FROM reservations WHERE day < ? AND (quota != ? OR day < ?)", before, BYTES, beforeUploads);
    sql.exec("DELETE FROM reserved_totals WHERE day < ?", before);
    sql.exec("DELETE FROM reserved_by_user WHERE day < ?", before);
  }

  #limits(callerLimits: Limits | null): Limits {
    const { sql } = this.#runtime;
    const stored = readMeta(sql, LIMITS);
    if (callerLimits === null)
      return stored === null ? QUOTA_DEFAULTS[parseScope(this.#runtime.name).mode] : (JSON.parse(stored) as Limits); // written below only
    const text = JSON.stringify(callerLimits);
    if (text !== stored) writeMeta(sql, LIMITS, text);
    return callerLimits;
  }
}

/* Deduplication by body, for clients that repeat a request but cannot send an Idempotency-Key. */

/**
 * The key for a request with this hash: a new one, or the one that the same request got in the last 60 s. Every request
 * with the key creates the resource under it, so it does not matter which of them survives. `gone`: a key whose
 * resource was deleted since; it is replaced by a new one.
 */
export function dedupeKey(
  { sql, now, random }: ObjectRuntime,
  database: Database,
  hash: string,
  gone?: string,
): DedupeKey {
  database.ready();
  sql.exec("DELETE FROM dedupe_keys WHERE created_at <= ?", now() - DEDUPE_MS);
  const known = sql.exec<{ key: string }>("SELECT key FROM dedupe_keys WHERE hash = ?", hash).toArray()[0];
  if (known !== undefined && known.key !== gone) return { key: known.key, isNew: false };
  const key = ownIdempotencyKey(random);
  sql.exec("INSERT OR REPLACE INTO dedupe_keys (hash, key, created_at) VALUES (?, ?, ?)", hash, key, now());
  return { key, isNew: true };
}
