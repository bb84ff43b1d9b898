/**
 * What a tenant has taken of its quotas in one mode: places for turns, and counts by the UTC day.
 *
 * A place is a lease. It is held for a moment while its turn is committed, kept for as long as a turn can take, and free
 * when the turn's end is told; one whose object died in between frees itself.
 */

import { parseScope } from "../../core/address.ts";
import type { Limit, Refusal } from "../../core/errors.ts";
import type { UserHash } from "../../core/ids.ts";
import { PLACE_HOLD_MS, PLACE_KEEP_MS, QUOTA_DEFAULTS } from "../../core/limits.ts";
import { type DailyQuota, limitOf, refuseWant, type Want } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Fact } from "../../core/tenant-port.ts";
import { DAY_MS, toDay } from "../../core/time.ts";
import type { Quotas as Limits } from "../../core/wire/tenant.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import { type Database, readMeta, writeMeta } from "../database.ts";
import type { Ground } from "../ground.ts";

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

/** How long an upload whose length nobody knew is remembered. Chosen: a day more than any upload lives. */
const UNKNOWN_LENGTH_MS = 7 * DAY_MS;

/** The limits as the last caller's key said them: for work that no caller asks for directly. */
const LIMITS = "limits";

/** Bytes that had arrived of the upload which a fact shows. */
const arrivedBytes = (data: string): number => (JSON.parse(data) as UploadWire).offset_bytes; // written by its object only

export class Quotas {
  readonly #ground: Ground;
  readonly #database: Database;

  constructor(ground: Ground, database: Database) {
    this.#ground = ground;
    this.#database = database;
  }

  /** Takes all that is wanted or nothing, and says what is left. `told` null: the limits are as the last caller's key said. */
  take(wants: readonly Want[], told: Limits | null): Result<readonly Limit[], Refusal> {
    this.#database.ready();
    return this.#ground.storage.transactionSync(() => this.#take(wants, told));
  }

  #take(wants: readonly Want[], told: Limits | null): Result<readonly Limit[], Refusal> {
    const limits = this.#limits(told);
    const now = this.#ground.now();
    this.#forget();
    const fresh = wants.filter((want) => !this.#has(want));
    for (const want of fresh) {
      const refused = refuseWant(want, limits[want.quota], this.used(want.quota), now);
      if (refused !== null) return err(refused);
    }
    for (const want of fresh) this.#add(want);
    return ok(wants.map(({ quota }) => limitOf(quota, limits[quota], this.used(quota), now)));
  }

  /** Keeps the place of a turn that was committed, for as long as one can wait and run. */
  keep(turn: string): void {
    if (!this.#database.exists()) return;
    const { sql, now } = this.#ground;
    sql.exec("UPDATE places SET until = ? WHERE turn = ?", now() + PLACE_KEEP_MS, turn);
  }

  /** Gives back what was taken for something that was not made, or whose turn has ended. */
  give(ref: string): void {
    if (!this.#database.exists()) return;
    const { sql, now, storage } = this.#ground;
    const today = toDay(now());
    storage.transactionSync(() => {
      sql.exec("DELETE FROM places WHERE turn = ?", ref);
      const query = "DELETE FROM takings WHERE day = ? AND ref = ? RETURNING quota, amount";
      for (const { quota, amount } of sql.exec<{ quota: string; amount: number }>(query, today, ref).toArray())
        sql.exec("UPDATE taken SET amount = amount - ? WHERE day = ? AND quota = ?", amount, today, quota);
    });
  }

  /**
   * Frees the place of a turn whose end is told; what a day counted stays counted. Counts what an upload brought that could not
   * say its length at the start, even above the limit. Call in the transaction that takes the fact in.
   */
  hear({ type, resource, data }: Fact): void {
    if (type === "turn.completed" || type === "turn.failed" || type === "turn.unknown")
      this.#ground.sql.exec("DELETE FROM places WHERE turn = ?", resource);
    if (type === "upload.completed" || type === "upload.expired") this.#addArrived(resource, arrivedBytes(data));
  }

  #addArrived(upload: string, bytes: number): void {
    const query = "DELETE FROM takings WHERE quota = 'bytes_per_day' AND ref = ? AND amount = 0 RETURNING ref";
    if (this.#ground.sql.exec(query, upload).toArray().length > 0) this.#addTaking("bytes_per_day", upload, bytes);
  }

  /** Frees the places of a deleted user's turns: nobody tells of their ends. */
  erase(uh: UserHash): void {
    this.#ground.sql.exec("DELETE FROM places WHERE turn LIKE '%' || ?", uh);
  }

  /** How much is taken now: places, or today's count. */
  used(quota: Want["quota"]): number {
    const { sql, now } = this.#ground;
    if (quota === "concurrent_turns")
      return sql.exec<{ n: number }>("SELECT count(*) AS n FROM places WHERE until > ?", now()).one().n;
    const query = "SELECT amount FROM taken WHERE day = ? AND quota = ?";
    return sql.exec<{ amount: number }>(query, toDay(now()), quota).toArray()[0]?.amount ?? 0;
  }

  #has({ quota, ref }: Want): boolean {
    const { sql, now } = this.#ground;
    if (quota === "concurrent_turns") return sql.exec("SELECT 1 FROM places WHERE turn = ?", ref).toArray().length > 0;
    const query = "SELECT 1 FROM takings WHERE day = ? AND quota = ? AND ref = ?";
    return sql.exec(query, toDay(now()), quota, ref).toArray().length > 0;
  }

  #add({ quota, ref, amount }: Want): void {
    if (quota === "concurrent_turns") this.#addPlace(ref);
    else this.#addTaking(quota, ref, amount);
  }

  #addPlace(turn: string): void {
    const { sql, now } = this.#ground;
    sql.exec("INSERT INTO places (turn, until) VALUES (?, ?)", turn, now() + PLACE_HOLD_MS);
  }

  #addTaking(quota: DailyQuota, ref: string, amount: number): void {
    const { sql, now } = this.#ground;
    const today = toDay(now());
    sql.exec("INSERT INTO takings (day, quota, ref, amount) VALUES (?, ?, ?, ?)", today, quota, ref, amount);
    sql.exec(
      "INSERT INTO taken (day, quota, amount) VALUES (?, ?, ?) ON CONFLICT (day, quota) DO UPDATE SET amount = amount + excluded.amount",
      today,
      quota,
      amount,
    );
  }

  /** Lets go of places whose lease is over, and of days gone by; an upload whose length is not known yet is kept for its life. */
  #forget(): void {
    const { sql, now } = this.#ground;
    sql.exec("DELETE FROM places WHERE until <= ?", now());
    const before = toDay(now() - DAY_MS);
    const beforeUploads = toDay(now() - UNKNOWN_LENGTH_MS);
    sql.exec("DELETE FROM takings WHERE day < ? AND (amount > 0 OR day < ?)", before, beforeUploads);
    sql.exec("DELETE FROM taken WHERE day < ?", before);
  }

  #limits(told: Limits | null): Limits {
    const { sql } = this.#ground;
    const kept = readMeta(sql, LIMITS);
    if (told === null)
      return kept === null ? QUOTA_DEFAULTS[parseScope(this.#ground.name).mode] : (JSON.parse(kept) as Limits); // written below only
    const text = JSON.stringify(told);
    if (text !== kept) writeMeta(sql, LIMITS, text);
    return told;
  }
}
