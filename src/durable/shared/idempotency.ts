/** Idempotency keys: which record a key made, kept in the object and the transaction in which the record is kept. */

import { base32 } from "../../core/encoding.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { RandomBytes } from "../../core/ids.ts";
import { IDEMPOTENCY_TTL_MS } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Call } from "../../core/rpc/user.ts";
import type { ObjectRuntime } from "./context.ts";

export const IDEMPOTENCY_TABLE = `
  CREATE TABLE repeats (
    key TEXT PRIMARY KEY,             -- the Idempotency-Key
    fingerprint TEXT NOT NULL,        -- SHA-256 of method, path and body
    made TEXT NOT NULL,               -- the id that the first request made
    at INTEGER NOT NULL               -- ms since epoch
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX repeats_by_age ON repeats (at);
`;

/** The id that this key made before, null when it is new or none was sent; refuses a key that belongs to another request. */
export function findByIdempotencyKey(
  { sql, now }: ObjectRuntime,
  { idempotency }: Call,
): Result<string | null, Problem> {
  if (idempotency === null) return ok(null);
  const row = sql
    .exec<{ fingerprint: string; made: string }>(
      "SELECT fingerprint, made FROM repeats WHERE key = ? AND at > ?",
      idempotency.key,
      now() - IDEMPOTENCY_TTL_MS,
    )
    .toArray()[0];
  if (row === undefined) return ok(null);
  if (row.fingerprint === idempotency.fingerprint) return ok(row.made);
  return err(idempotencyMismatch());
}

/** What a key of our own made, whether whoever asked for it has written it down or not; null for nothing. */
export function madeUnder({ sql }: ObjectRuntime, key: string): string | null {
  return sql.exec<{ made: string }>("SELECT made FROM repeats WHERE key = ?", key).toArray()[0]?.made ?? null;
}

/** Remembers what a key made. Call inside the transaction that makes it. */
export function saveIdempotencyKey({ sql, now }: ObjectRuntime, { idempotency }: Call, made: string): void {
  if (idempotency === null) return;
  sql.exec("DELETE FROM repeats WHERE at <= ?", now() - IDEMPOTENCY_TTL_MS);
  sql.exec(
    "INSERT OR REPLACE INTO repeats (key, fingerprint, made, at) VALUES (?, ?, ?, ?)",
    idempotency.key,
    idempotency.fingerprint,
    made,
    now(),
  );
}

/** What the key made before, as it is now; a thing that was deleted since is told as such, whatever it was. */
export const asReplayed = <T>(read: Result<T, Problem>): Result<T, Problem> =>
  read.ok || read.error.code !== "not_found" ? read : err(duplicateDeleted());

/** The refusal of a thing that a call would be made in, and that is not there: where the call was made before, that one says more. */
export function goneFor(runtime: ObjectRuntime, exists: boolean, call: Call, gone: Problem): Problem {
  const idempotency = exists ? findByIdempotencyKey(runtime, call) : ok(null);
  if (!idempotency.ok) return idempotency.error;
  return idempotency.value === null ? gone : duplicateDeleted();
}

export const duplicateDeleted = (): Problem =>
  problemOf("repeat_deleted", "What this Idempotency-Key made was deleted; send a new key to make another one.");

export const idempotencyMismatch = (): Problem =>
  problemOf(
    "idempotency_mismatch",
    "This Idempotency-Key was used for another request in the last 24 hours; send a new key.",
  );

/** An upload's id is made from its key: while anything of the first one is here, the key makes nothing new. */
export const oldUploadKey = (): Problem =>
  problemOf("idempotency_mismatch", "This Idempotency-Key made an upload more than 24 hours ago; send a new key.");

/* Keys that we give to requests that came without one, and to our own. They hold a sign that no header can. */

/** 80 bits. No caller's own key is ever the same. */
export const ownIdempotencyKey = (random: RandomBytes): string => `claim\u0000${base32(random(10))}`;

/** The key under which something that takes several steps makes what one of them makes: asked for again, it is found again. */
export const stepKey = (of: string, step: string): string => `${of}\u0000${step}`;
