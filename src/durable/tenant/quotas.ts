/**
 * What a tenant has taken of its quotas in one mode: places for turns, and counts by the UTC day.
 *
 * A place is a lease. It is held for a moment while its turn is committed, kept for as long as a turn can take, and free
 * when the turn's end is told; one whose object died in between frees itself.
 */
import { parseScope } from "../../core/address.ts";
import type { Limit, Problem } from "../../core/errors.ts";
import type { UserHash } from "../../core/ids.ts";
import { DEDUPE_MS, QUOTA_DEFAULTS, SLOT_HOLD_MS, SLOT_KEEP_MS } from "../../core/limits.ts";
import {
  checkMore,
  type DailyQuota,
  limitOf,
  type QuotaName,
  type QuotaRequest,
  type QuotaUse,
} from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { DedupeKey, NewEvent } from "../../core/rpc/tenant.ts";
import { DAY_MS, toDay } from "../../core/time.ts";
import type { Quotas as Limits } from "../../core/wire/tenant.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { type Database, readMeta, writeMeta } from "../shared/database.ts";
import { ownIdempotencyKey } from "../shared/idempotency.ts";

export const QUOTA_TABLES = `
  CREATE TABLE places (
    turn TEXT PRIMARY KEY,
    until INTEGER NOT NULL            -- ms since epoch; free then, whatever became of the turn
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX places_by_end ON places (until);

  CREATE TABLE takings (
    day TEXT NOT NULL,                -- YYYY-MM-DD in UTC
    quota TEXT NOT NULL,
    ref TEXT NOT NULL,                -- the id it was taken for: a repeat takes nothing more
    amount INTEGER NOT NULL,
    PRIMARY KEY (day, quota, ref)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE taken (
    day TEXT NOT NULL,
    quota TEXT NOT NULL,
    amount INTEGER NOT NULL,          -- the sum of the day's takings
    PRIMARY KEY (day, quota)
  ) STRICT, WITHOUT ROWID;
`;

/** Who took what: a user's share is counted beside the account's sum. */
export const QUOTA_SHARES = `
  ALTER TABLE places ADD COLUMN uh TEXT NOT NULL DEFAULT '';  -- the user's hash; empty where none was named
  CREATE INDEX places_of_user ON places (uh, until);
  ALTER TABLE takings ADD COLUMN uh TEXT NOT NULL DEFAULT '';
  CREATE INDEX takings_of_ref ON takings (ref);
  CREATE TABLE shares (
    day TEXT NOT NULL,
    quota TEXT NOT NULL,
    uh TEXT NOT NULL,
    amount INTEGER NOT NULL,          -- the sum of the user's takings of the day
    PRIMARY KEY (day, quota, uh)
  ) STRICT, WITHOUT ROWID;
`;

/** How long it is remembered what was taken for an upload: its bytes are settled at its end. Chosen: a day more than any upload lives. */
const UPLOAD_WRITES_MS = 7 * DAY_MS;

const BYTES = "bytes_per_day";
/** Nobody's share: no user was named. */
const NOBODY = "";

/** The limits as the last caller's key said them: for work that no caller asks for directly. */
const LIMITS = "limits";

/** Bytes that had arrived of the upload which a fact shows. */
const arrivedBytes = (data: string): number => (JSON.parse(data) as UploadWire).offset_bytes; // written by its object only

export class Quotas {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;

  constructor(runtime: ObjectRuntime, database: Database) {
    this.#runtime = runtime;
    this.#database = database;
  }

  /**
   * Takes all that is wanted or nothing, and says what is left. `told` null: the limits are as the last caller's key said. `by`: the
   * user whose share it is; null where none is named.
   */
  take(wants: readonly QuotaRequest[], told: Limits | null, by: UserHash | null): Result<readonly Limit[], Problem> {
    this.#database.ready();
    return this.#runtime.storage.transactionSync(() => this.#take(wants, told, by));
  }

  #take(wants: readonly QuotaRequest[], told: Limits | null, by: UserHash | null): Result<readonly Limit[], Problem> {
    const limits = this.#limits(told);
    const now = this.#runtime.now();
    this.#forget();
    const fresh = wants.flatMap((want) => {
      const had = this.#had(want);
      return had !== null && had >= want.amount ? [] : [{ ...want, amount: want.amount - (had ?? 0) }];
    });
    for (const { quota, amount } of fresh) {
      const problem = checkMore(quota, amount, limits[quota], this.#taken(quota, by), now);
      if (problem !== null) return err(problem);
    }
    for (const want of fresh) this.#add(want, by ?? NOBODY);
    return ok(wants.map(({ quota }) => limitOf(quota, limits[quota], this.#taken(quota, by), now)));
  }

  /** What a user may hold of each quota, and what is left of it; null: the account. Writes nothing. */
  read(limits: Limits, by: UserHash | null): readonly Limit[] {
    const isEmpty = !this.#database.exists();
    const names = Object.keys(limits) as QuotaName[]; // a Quotas has these keys alone
    return names.map((quota) => {
      const taken = isEmpty ? { all: 0, own: by === null ? null : 0 } : this.#taken(quota, by);
      return limitOf(quota, limits[quota], taken, this.#runtime.now());
    });
  }

  /** Keeps the place of a turn that was committed, for as long as one can wait and run. */
  keep(turn: string): void {
    if (!this.#database.exists()) return;
    const { sql, now } = this.#runtime;
    sql.exec("UPDATE places SET until = ? WHERE turn = ?", now() + SLOT_KEEP_MS, turn);
  }

  /** Gives back what was taken for something that was not made, or whose turn has ended. */
  give(ref: string): void {
    if (!this.#database.exists()) return;
    const { sql, now, storage } = this.#runtime;
    const today = toDay(now());
    storage.transactionSync(() => {
      sql.exec("DELETE FROM places WHERE turn = ?", ref);
      const query = "DELETE FROM takings WHERE day = ? AND ref = ? RETURNING quota, uh, amount";
      type Row = { quota: DailyQuota; uh: string; amount: number };
      for (const { quota, uh, amount } of sql.exec<Row>(query, today, ref).toArray())
        this.#count(today, quota, uh, -amount);
    });
  }

  /**
   * Frees the place of a turn whose end is told; what a day counted stays counted. Counts an upload by what arrived of it. Call in
   * the transaction that takes the fact in.
   */
  hear({ type, resource, data }: NewEvent): void {
    if (type === "turn.completed" || type === "turn.failed" || type === "turn.unknown")
      this.#runtime.sql.exec("DELETE FROM places WHERE turn = ?", resource);
    if (type === "upload.completed" || type === "upload.expired") this.#settle(resource, arrivedBytes(data));
  }

  /**
   * An upload came to so many bytes. What was reserved above that is given back, as far as today counted it; what came above it, of
   * an upload that could not say its length, counts today, even above the limit. Saying it again changes nothing.
   */
  settle(ref: string, bytes: number): void {
    if (this.#database.exists()) this.#runtime.storage.transactionSync(() => this.#settle(ref, bytes));
  }

  #settle(ref: string, bytes: number): void {
    const { sql, now } = this.#runtime;
    const today = toDay(now());
    const query = "SELECT day, uh, amount FROM takings WHERE quota = ? AND ref = ?";
    const rows = sql.exec<{ day: string; uh: string; amount: number }>(query, BYTES, ref).toArray();
    const [first] = rows;
    if (first === undefined) return; // nothing was taken, or it is long forgotten
    const excess = rows.reduce((sum, { amount }) => sum + amount, 0) - bytes;
    const ofToday = rows.find(({ day }) => day === today)?.amount ?? 0;
    const change = -Math.min(excess, ofToday);
    if (change !== 0) this.#addTaking(BYTES, ref, change, first.uh);
  }

  /** Frees the places of a deleted user's turns: nobody tells of their ends. */
  erase(uh: UserHash): void {
    this.#runtime.sql.exec("DELETE FROM places WHERE turn LIKE '%' || ?", uh);
  }

  /** How much is taken now, places or today's count: by all, and by this user. */
  #taken(quota: QuotaName, by: UserHash | null): QuotaUse {
    const { sql, now } = this.#runtime;
    if (quota === "concurrent_turns") {
      const count = (where: string, ...values: string[]): number =>
        sql.exec<{ n: number }>(`SELECT count(*) AS n FROM places WHERE until > ? ${where}`, now(), ...values).one().n;
      return { all: count(""), own: by === null ? null : count("AND uh = ?", by) };
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
    return { all: sum("taken", ""), own: by === null ? null : sum("shares", "AND uh = ?", by) };
  }

  /** What was taken for this before; null: nothing, not even a place in the count. */
  #had({ quota, ref, amount }: QuotaRequest): number | null {
    const { sql, now } = this.#runtime;
    if (quota === "concurrent_turns")
      return sql.exec("SELECT 1 FROM places WHERE turn = ?", ref).toArray().length > 0 ? amount : null;
    // An upload may go on for days: what it took on an earlier one is taken.
    const since = quota === BYTES ? "" : toDay(now());
    const query = "SELECT count(*) AS n, sum(amount) AS amount FROM takings WHERE ref = ? AND quota = ? AND day >= ?";
    const had = sql.exec<{ n: number; amount: number | null }>(query, ref, quota, since).one();
    return had.n === 0 ? null : (had.amount ?? 0);
  }

  #add({ quota, ref, amount }: QuotaRequest, uh: string): void {
    const { sql, now } = this.#runtime;
    const until = now() + SLOT_HOLD_MS;
    if (quota !== "concurrent_turns") this.#addTaking(quota, ref, amount, uh);
    else sql.exec("INSERT INTO places (turn, until, uh) VALUES (?, ?, ?)", ref, until, uh);
  }

  #addTaking(quota: DailyQuota, ref: string, amount: number, uh: string): void {
    const today = toDay(this.#runtime.now());
    this.#runtime.sql.exec(
      `INSERT INTO takings (day, quota, ref, amount, uh) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (day, quota, ref) DO UPDATE SET amount = amount + excluded.amount`,
      today,
      quota,
      ref,
      amount,
      uh,
    );
    this.#count(today, quota, uh, amount);
  }

  /** Moves the day's sums, the account's and the user's. */
  #count(day: string, quota: DailyQuota, uh: string, amount: number): void {
    const { sql } = this.#runtime;
    const more = "DO UPDATE SET amount = amount + excluded.amount";
    sql.exec(
      `INSERT INTO taken (day, quota, amount) VALUES (?, ?, ?) ON CONFLICT (day, quota) ${more}`,
      day,
      quota,
      amount,
    );
    if (uh === NOBODY || quota === "new_users_per_day") return;
    sql.exec(
      `INSERT INTO shares (day, quota, uh, amount) VALUES (?, ?, ?, ?) ON CONFLICT (day, quota, uh) ${more}`,
      day,
      quota,
      uh,
      amount,
    );
  }

  /** Lets go of places whose lease is over, and of days gone by; what an upload took is remembered for its life. */
  #forget(): void {
    const { sql, now } = this.#runtime;
    sql.exec("DELETE FROM places WHERE until <= ?", now());
    const before = toDay(now() - DAY_MS);
    const beforeUploads = toDay(now() - UPLOAD_WRITES_MS);
    sql.exec("DELETE FROM takings WHERE day < ? AND (quota != ? OR day < ?)", before, BYTES, beforeUploads);
    sql.exec("DELETE FROM taken WHERE day < ?", before);
    sql.exec("DELETE FROM shares WHERE day < ?", before);
  }

  #limits(told: Limits | null): Limits {
    const { sql } = this.#runtime;
    const kept = readMeta(sql, LIMITS);
    if (told === null)
      return kept === null ? QUOTA_DEFAULTS[parseScope(this.#runtime.name).mode] : (JSON.parse(kept) as Limits); // written below only
    const text = JSON.stringify(told);
    if (text !== kept) writeMeta(sql, LIMITS, text);
    return told;
  }
}

/* Bodies that came a moment ago: for tools that repeat a request and cannot say that it is the same one. */

export const CLAIMS_TABLE = `
  CREATE TABLE claims (
    hash TEXT PRIMARY KEY,            -- of the request's method, path and body
    key TEXT NOT NULL,                -- what stands in for the Idempotency-Key it came without
    at INTEGER NOT NULL               -- ms since epoch
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX claims_by_age ON claims (at);
`;

/**
 * The key of a request of this hash: a new one, or the one that the same request got in the last 60 s. Whoever gets it makes
 * the thing under it, so it does not matter which of them lives to do so. `gone`: a key whose thing was deleted since, which
 * nobody is given again.
 */
export function claim({ sql, now, random }: ObjectRuntime, database: Database, hash: string, gone?: string): DedupeKey {
  database.ready();
  sql.exec("DELETE FROM claims WHERE at <= ?", now() - DEDUPE_MS);
  const known = sql.exec<{ key: string }>("SELECT key FROM claims WHERE hash = ?", hash).toArray()[0];
  if (known !== undefined && known.key !== gone) return { key: known.key, isNew: false };
  const key = ownIdempotencyKey(random);
  sql.exec("INSERT OR REPLACE INTO claims (hash, key, at) VALUES (?, ?, ?)", hash, key, now());
  return { key, isNew: true };
}
