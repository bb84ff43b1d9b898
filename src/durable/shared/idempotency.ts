/** Idempotency keys: which resource a key created. The record is saved in the transaction that creates the resource. */

import { base32 } from "../../core/encoding.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { RandomBytes } from "../../core/ids.ts";
import { IDEMPOTENCY_TTL_MS } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Call } from "../../core/rpc/user.ts";
import type { ObjectRuntime } from "./context.ts";

export const IDEMPOTENCY_TABLE = `
  CREATE TABLE idempotency_records (
    key TEXT PRIMARY KEY,             -- the Idempotency-Key
    fingerprint TEXT NOT NULL,        -- SHA-256 of method, path and body
    result TEXT NOT NULL,             -- the id that the first request created, or its answer
    created_at INTEGER NOT NULL       -- ms since epoch
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX idempotency_records_by_age ON idempotency_records (created_at);
`;

/**
 * The id that this key created; null when the key is new or none was sent. A problem when the key belongs to another
 * request.
 */
export function findByIdempotencyKey(
  { sql, now }: ObjectRuntime,
  { idempotency }: Call,
): Result<string | null, Problem> {
  if (idempotency === null) return ok(null);
  const row = sql
    .exec<{ fingerprint: string; result: string }>(
      "SELECT fingerprint, result FROM idempotency_records WHERE key = ? AND created_at > ?",
      idempotency.key,
      now() - IDEMPOTENCY_TTL_MS,
    )
    .toArray()[0];
  if (row === undefined) return ok(null);
  if (row.fingerprint === idempotency.fingerprint) return ok(row.result);
  return err(idempotencyMismatch());
}

/**
 * The id that one of the gateway's own keys created, even when its caller crashed before saving the id; null for
 * nothing.
 */
export function findByOwnKey({ sql }: ObjectRuntime, key: string): string | null {
  const query = "SELECT result FROM idempotency_records WHERE key = ?";
  return sql.exec<{ result: string }>(query, key).toArray()[0]?.result ?? null;
}

/** Records what a key created. Call inside the transaction that creates it. */
export function saveIdempotencyKey({ sql, now }: ObjectRuntime, { idempotency }: Call, result: string): void {
  if (idempotency === null) return;
  sql.exec("DELETE FROM idempotency_records WHERE created_at <= ?", now() - IDEMPOTENCY_TTL_MS);
  sql.exec(
    "INSERT OR REPLACE INTO idempotency_records (key, fingerprint, result, created_at) VALUES (?, ?, ?, ?)",
    idempotency.key,
    idempotency.fingerprint,
    result,
    now(),
  );
}

/**
 * The answer to a repeated request from a fresh read of its resource. A resource that was deleted since answers
 * `repeat_deleted`.
 */
export const asReplayed = <T>(read: Result<T, Problem>): Result<T, Problem> =>
  read.ok || read.error.code !== "not_found" ? read : err(duplicateDeleted());

/**
 * The problem for a call whose parent resource does not exist. If the call's key created something before, that record
 * gives the more precise problem.
 */
export function missingParentProblem(runtime: ObjectRuntime, exists: boolean, call: Call, gone: Problem): Problem {
  const idempotency = exists ? findByIdempotencyKey(runtime, call) : ok(null);
  if (!idempotency.ok) return idempotency.error;
  return idempotency.value === null ? gone : duplicateDeleted();
}

export const duplicateDeleted = (): Problem =>
  problemOf(
    "repeat_deleted",
    "The resource that this Idempotency-Key created was deleted; send a new key to create another one.",
  );

export const idempotencyMismatch = (): Problem =>
  problemOf(
    "idempotency_mismatch",
    "This Idempotency-Key was used for another request in the last 24 hours; send a new key.",
  );

/**
 * An upload's id is derived from its key, so an expired key cannot create a second upload while anything of the first
 * one is stored.
 */
export const oldUploadKey = (): Problem =>
  problemOf("idempotency_mismatch", "This Idempotency-Key created an upload more than 24 hours ago; send a new key.");

/* Keys for requests without one, and for the gateway's own steps. They contain a NUL character, which no header can. */

/** 80 random bits after a prefix that no caller's key can have. */
export const ownIdempotencyKey = (random: RandomBytes): string => `dedupe\u0000${base32(random(10))}`;

/** The key of one step of a longer task: after a restart the same step finds what it created before. */
export const stepKey = (of: string, step: string): string => `${of}\u0000${step}`;
