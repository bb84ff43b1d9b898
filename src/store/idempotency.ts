/** Idempotency keys of what is kept in D1: written in the batch that makes the thing, so that both are there or neither is. */
import { type Problem, problemOf } from "../core/errors.ts";
import { IDEMPOTENCY_TTL_MS } from "../core/limits.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { EpochMs } from "../core/time.ts";

/** A sent Idempotency-Key: whose it is (`tenant:mode`, or `admin`), and what method, path and body it is bound to. */
export type IdempotencyKey = { readonly owner: string; readonly key: string; readonly fingerprint: string };

/** What was made: its id, and whether this request or an earlier one made it. */
export type Made<Id extends string> = { readonly id: Id; readonly isFirst: boolean };

const FIND = "SELECT fingerprint, made FROM repeats WHERE owner = ?1 AND key = ?2 AND at > ?3";
const FORGET = "DELETE FROM repeats WHERE owner = ?1 AND key = ?2 AND at <= ?3";
const KEEP = "INSERT INTO repeats (owner, key, fingerprint, made, at) VALUES (?1, ?2, ?3, ?4, ?5)";
const TIDY = "DELETE FROM repeats WHERE at <= ?1";

/** A thing to make: its id, the statements that make it, and what speaks against it, asked of the stores as they are. */
export type GeneratorJob<Id extends string> = {
  readonly id: Id;
  readonly at: EpochMs;
  readonly check: () => Promise<Problem | null>;
  readonly statements: readonly D1PreparedStatement[];
};

/**
 * Makes a thing in one transaction, unless the same request did so before: a repeat is answered before anything is refused.
 * Refuses a key that belongs to another request. Rejects when a statement fails for another reason; then nothing was made.
 */
export async function makeOnce<Id extends string>(
  db: D1Database,
  idempotency: IdempotencyKey | null,
  { id, at, check, statements }: GeneratorJob<Id>,
): Promise<Result<Made<Id>, Problem>> {
  const before = await stop<Id>(db, idempotency, at, check);
  if (before !== null) return before;
  try {
    await db.batch([...keep(db, idempotency, at, id), ...statements]);
    return ok({ id, isFirst: true });
  } catch (error) {
    const meanwhile = await stop<Id>(db, idempotency, at, check); // another request was a moment ahead
    if (meanwhile !== null) return meanwhile;
    throw error;
  }
}

async function stop<Id extends string>(
  db: D1Database,
  idempotency: IdempotencyKey | null,
  at: EpochMs,
  check: () => Promise<Problem | null>,
): Promise<Result<Made<Id>, Problem> | null> {
  const made = await findMade<Id>(db, idempotency, at);
  if (made !== null) return made;
  const problem = await check();
  return problem === null ? null : err(problem);
}

/** What this key made in the last 24 hours; null when it is new or none was sent. */
async function findMade<Id extends string>(
  db: D1Database,
  idempotency: IdempotencyKey | null,
  now: EpochMs,
): Promise<Result<Made<Id>, Problem> | null> {
  if (idempotency === null) return null;
  const row = await db
    .prepare(FIND)
    .bind(idempotency.owner, idempotency.key, now - IDEMPOTENCY_TTL_MS)
    .first<{ fingerprint: string; made: Id }>();
  if (row === null) return null;
  return row.fingerprint === idempotency.fingerprint ? ok({ id: row.made, isFirst: false }) : err(mismatch());
}

/** Forgets the keys that are older than they are kept. */
export async function deleteOldIdempotencyKeys(db: D1Database, now: EpochMs): Promise<void> {
  await db
    .prepare(TIDY)
    .bind(now - IDEMPOTENCY_TTL_MS)
    .run();
}

function keep(db: D1Database, idempotency: IdempotencyKey | null, now: EpochMs, made: string): D1PreparedStatement[] {
  if (idempotency === null) return [];
  const { owner, key, fingerprint } = idempotency;
  return [
    db.prepare(FORGET).bind(owner, key, now - IDEMPOTENCY_TTL_MS),
    db.prepare(KEEP).bind(owner, key, fingerprint, made, now),
  ];
}

const mismatch = (): Problem =>
  problemOf(
    "idempotency_mismatch",
    "This Idempotency-Key was used for another request in the last 24 hours; send a new key.",
  );
