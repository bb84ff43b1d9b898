/**
 * Idempotency keys: which resource a key created, and `createOnce`, by which every creation uses them. The record is saved
 * in the transaction that creates the resource.
 */

import { base32 } from "../../core/encoding.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { RandomBytes } from "../../core/ids.ts";
import { IDEMPOTENCY_TTL_MS } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Call } from "../../core/rpc/user.ts";
import { type EpochMs, MINUTE_MS } from "../../core/time.ts";
import type { ObjectRuntime } from "./context.ts";
import type { Database } from "./database.ts";

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

/** Interval at which expired keys are deleted; they are not found any more. Chosen: a minute's keys are few. */
const CLEAN_EVERY_MS = MINUTE_MS;

/** How many keys each instance has saved, and when it last deleted expired ones. */
const savedBy = new WeakMap<SqlStorage, { readonly keys: number; readonly cleanedAt: EpochMs }>();

const savedKeys = ({ sql }: ObjectRuntime): number => savedBy.get(sql)?.keys ?? 0;

/** Records what a key created. Call inside the transaction that creates it. */
export function saveIdempotencyKey({ sql, now }: ObjectRuntime, { idempotency }: Call, result: string): void {
  if (idempotency === null) return;
  const { keys, cleanedAt } = savedBy.get(sql) ?? { keys: 0, cleanedAt: 0 };
  const isCleaning = now() - cleanedAt >= CLEAN_EVERY_MS;
  if (isCleaning) sql.exec("DELETE FROM idempotency_records WHERE created_at <= ?", now() - IDEMPOTENCY_TTL_MS);
  savedBy.set(sql, { keys: keys + 1, cleanedAt: isCleaning ? now() : cleanedAt });
  sql.exec(
    "INSERT OR REPLACE INTO idempotency_records (key, fingerprint, result, created_at) VALUES (?, ?, ?, ?)",
    idempotency.key,
    idempotency.fingerprint,
    result,
    now(),
  );
}

/**
 * How one request creates its resource. `Prepared` is what `prepare` returned, `Answer` the result of the call. `key` is
 * what `commit` returned: the id, or what else identifies the result.
 */
export type Creation<Prepared, Answer extends Result<unknown, Problem>> = {
  /** The answer to a repeated request. `not_found` becomes `repeat_deleted`. */
  readonly existing: (key: string) => Answer | Promise<Answer>;
  /** Why it cannot be created now. Asked before `prepare` and again after it. */
  readonly check?: () => Problem | null;
  /** Records the caller, and awaits what the commit needs: a reservation, upstream's state. */
  readonly prepare: () => Result<Prepared, Problem> | Promise<Result<Prepared, Problem>>;
  /** Releases what `prepare` reserved, when nothing is created after all. */
  readonly release?: (prepared: Prepared) => void | Promise<void>;
  /** Stores the resource. Runs in the transaction that saves the idempotency key. */
  readonly commit: (prepared: Prepared) => string;
  /** What happens after the commit, and the answer. */
  readonly created: (prepared: Prepared, key: string) => Answer | Promise<Answer>;
};

/**
 * Creates a resource at most once for an idempotency key. The key is looked up again after `prepare`, because a concurrent
 * call with the same key may have committed meanwhile; between that look-up and the commit nothing is awaited.
 */
export async function createOnce<Prepared, Answer extends Result<unknown, Problem>>(
  { runtime, database }: { readonly runtime: ObjectRuntime; readonly database: Pick<Database, "exists"> },
  call: Call,
  creation: Creation<Prepared, Answer>,
): Promise<Answer | { readonly ok: false; readonly error: Problem }> {
  const { existing, check = () => null, prepare, release, commit, created } = creation;
  const find = () => (database.exists() ? findByIdempotencyKey(runtime, call) : ok(null));
  const known = find();
  if (!known.ok) return known;
  if (known.value !== null) return asRepeated(await existing(known.value));
  const problem = check();
  if (problem !== null) return err(problem);
  const saved = savedKeys(runtime);
  const prepared = await prepare();
  const duplicate = savedKeys(runtime) === saved ? known : find(); // an instance saves every key of its object
  const late = duplicate.ok && duplicate.value === null ? check() : null;
  const isCreatable = duplicate.ok && duplicate.value === null && late === null;
  if (!isCreatable && prepared.ok) await release?.(prepared.value);
  if (!duplicate.ok) return duplicate;
  if (duplicate.value !== null) return asRepeated(await existing(duplicate.value));
  if (!prepared.ok) return prepared;
  if (late !== null) return err(late);
  const key = runtime.storage.transactionSync(() => {
    const committed = commit(prepared.value);
    saveIdempotencyKey(runtime, call, committed);
    return committed;
  });
  return created(prepared.value, key);
}

/** A resource that was deleted since answers `repeat_deleted`. */
const asRepeated = <Answer extends Result<unknown, Problem>>(read: Answer) =>
  read.ok || read.error.code !== "not_found" ? read : err(duplicateDeleted());

const duplicateDeleted = (): Problem =>
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
