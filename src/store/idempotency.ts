/**
 * Idempotency keys of resources in D1: saved in the batch that creates the resource, so that both are stored or
 * neither.
 */
import { type Problem, problemOf } from "../core/errors.ts";
import { IDEMPOTENCY_TTL_MS } from "../core/limits.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { EpochMs } from "../core/time.ts";

/** An Idempotency-Key: its owner (`tenant:mode`, or `admin`), and the fingerprint of method, path and body. */
export type IdempotencyKey = { readonly owner: string; readonly key: string; readonly fingerprint: string };

/** The id of the resource, and whether this request created it. */
export type Created<Id extends string> = { readonly id: Id; readonly isFirst: boolean };

const FIND =
  "SELECT fingerprint, resource_id FROM idempotency_records WHERE owner = ?1 AND key = ?2 AND created_at > ?3";
const DELETE_EXPIRED_KEY = "DELETE FROM idempotency_records WHERE owner = ?1 AND key = ?2 AND created_at <= ?3";
const SAVE =
  "INSERT INTO idempotency_records (owner, key, fingerprint, resource_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)";
const DELETE_EXPIRED = "DELETE FROM idempotency_records WHERE created_at <= ?1";

/** A resource to create: its id, the statements that create it, and a check against the current data. */
export type NewResource<Id extends string> = {
  readonly id: Id;
  readonly at: EpochMs;
  readonly check: () => Promise<Problem | null>;
  readonly statements: readonly D1PreparedStatement[];
};

/**
 * Creates a resource in one transaction, unless the same request did so before: a repeated request is answered before
 * the check. Fails for a key of another request. Rejects when a statement fails for another reason; then nothing was
 * created.
 */
export async function makeOnce<Id extends string>(
  db: D1Database,
  idempotency: IdempotencyKey | null,
  { id, at, check, statements }: NewResource<Id>,
): Promise<Result<Created<Id>, Problem>> {
  const before = await findOrCheck<Id>(db, idempotency, at, check);
  if (before !== null) return before;
  try {
    await db.batch([...saveKey(db, idempotency, at, id), ...statements]);
    return ok({ id, isFirst: true });
  } catch (error) {
    const meanwhile = await findOrCheck<Id>(db, idempotency, at, check); // a concurrent duplicate may have been first
    if (meanwhile !== null) return meanwhile;
    throw error;
  }
}

async function findOrCheck<Id extends string>(
  db: D1Database,
  idempotency: IdempotencyKey | null,
  at: EpochMs,
  check: () => Promise<Problem | null>,
): Promise<Result<Created<Id>, Problem> | null> {
  const created = await findCreated<Id>(db, idempotency, at);
  if (created !== null) return created;
  const problem = await check();
  return problem === null ? null : err(problem);
}

/** What this key created in the last 24 hours; null when it is new or none was sent. */
async function findCreated<Id extends string>(
  db: D1Database,
  idempotency: IdempotencyKey | null,
  now: EpochMs,
): Promise<Result<Created<Id>, Problem> | null> {
  if (idempotency === null) return null;
  const row = await db
    .prepare(FIND)
    .bind(idempotency.owner, idempotency.key, now - IDEMPOTENCY_TTL_MS)
    .first<{ fingerprint: string; resource_id: Id }>();
  if (row === null) return null;
  return row.fingerprint === idempotency.fingerprint ? ok({ id: row.resource_id, isFirst: false }) : err(mismatch());
}

/** Deletes expired keys. */
export async function deleteOldIdempotencyKeys(db: D1Database, now: EpochMs): Promise<void> {
  await db
    .prepare(DELETE_EXPIRED)
    .bind(now - IDEMPOTENCY_TTL_MS)
    .run();
}

function saveKey(
  db: D1Database,
  idempotency: IdempotencyKey | null,
  now: EpochMs,
  resourceId: string,
): D1PreparedStatement[] {
  if (idempotency === null) return [];
  const { owner, key, fingerprint } = idempotency;
  return [
    db.prepare(DELETE_EXPIRED_KEY).bind(owner, key, now - IDEMPOTENCY_TTL_MS),
    db.prepare(SAVE).bind(owner, key, fingerprint, resourceId, now),
  ];
}

const mismatch = (): Problem =>
  problemOf(
    "idempotency_mismatch",
    "This Idempotency-Key was used for another request in the last 24 hours; send a new key.",
  );
