/**
 * What the cron and the operator's status read of all objects: when each should have run its jobs, which root secret its
 * ciphertexts use, and the messages that failed too often.
 */

import { DEAD_LETTER_TTL_MS } from "../core/limits.ts";
import { type EpochMs, toRfc3339 } from "../core/time.ts";

/* The `watchdogs` table: watchdog rows of objects with scheduled jobs. The cron reads only this. */

export type WatchdogRow = { readonly object_name: string; readonly kind: string; readonly due_at: number };

const WRITE = `INSERT INTO watchdogs (object_name, kind, due_at, created_at, outbox_backlog) VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT (object_name, kind) DO UPDATE SET due_at = excluded.due_at, outbox_backlog = excluded.outbox_backlog`;

/**
 * Sets the time by which an object should have run its next job, and its number of events that were not published for a
 * minute. Repeating it moves the time.
 */
export async function writeWatchdog(
  db: D1Database,
  objectName: string,
  kind: string,
  dueAt: EpochMs,
  now: EpochMs,
  outbox = 0,
): Promise<void> {
  await db.prepare(WRITE).bind(objectName, kind, dueAt, now, outbox).run();
}

/**
 * Events that were not published for a minute. Each object reports its number whenever the cron wakes it, so the sum is
 * at most two minutes old.
 */
export async function outboxBacklog(db: D1Database): Promise<number> {
  return (
    (await db.prepare("SELECT sum(outbox_backlog) AS n FROM watchdogs WHERE outbox_backlog > 0").first<number>("n")) ??
    0
  );
}

/** Records that an object has no scheduled jobs. */
export async function deleteWatchdog(db: D1Database, objectName: string, kind: string): Promise<void> {
  await db.prepare("DELETE FROM watchdogs WHERE object_name = ?1 AND kind = ?2").bind(objectName, kind).run();
}

/** Rows due before `now`, oldest first, after the given row: keyset pagination, cheap for any table size. */
export async function overdue(
  db: D1Database,
  now: EpochMs,
  after: WatchdogRow | null,
  limit: number,
): Promise<WatchdogRow[]> {
  const from = after ?? { due_at: -1, kind: "", object_name: "" };
  const found = await db
    .prepare(
      "SELECT object_name, kind, due_at FROM watchdogs WHERE due_at <= ?1 AND (due_at, kind, object_name) > (?2, ?3, ?4) ORDER BY due_at, kind, object_name LIMIT ?5",
    )
    .bind(now, from.due_at, from.kind, from.object_name, limit)
    .all<WatchdogRow>();
  return found.results;
}

/** The earliest due time of all objects, or null when there is none: for health and the operator's status page. */
export async function oldestDue(db: D1Database): Promise<EpochMs | null> {
  const row = await db.prepare("SELECT min(due_at) AS due_at FROM watchdogs").first<{ due_at: number | null }>();
  return row?.due_at ?? null;
}

/*
 * The `encrypted_objects` table: the root secret that each object's ciphertexts use. One query finds the objects that a rotation
 * has not reached.
 */

export type EncryptionRow = { readonly object_name: string; readonly kind: string };

/** Records that all ciphertexts of an object use the root secret `kid`. */
export async function writeEncryption(db: D1Database, objectName: string, kind: string, kid: string): Promise<void> {
  await db
    .prepare(
      "INSERT INTO encrypted_objects (object_name, kind, kid) VALUES (?1, ?2, ?3) ON CONFLICT (object_name, kind) DO UPDATE SET kid = excluded.kid",
    )
    .bind(objectName, kind, kid)
    .run();
}

/** Records that an object has no ciphertexts. */
export async function deleteEncryption(db: D1Database, objectName: string, kind: string): Promise<void> {
  await db.prepare("DELETE FROM encrypted_objects WHERE object_name = ?1 AND kind = ?2").bind(objectName, kind).run();
}

/**
 * Objects that use another root secret than `kid`, at most `limit`. Two ranges of the index, so that the query is cheap
 * when there are none.
 */
export async function staleEncryptions(db: D1Database, kid: string, limit: number): Promise<EncryptionRow[]> {
  const found = await db
    .prepare(
      "SELECT object_name, kind FROM encrypted_objects WHERE kid < ?1 UNION ALL SELECT object_name, kind FROM encrypted_objects WHERE kid > ?1 LIMIT ?2",
    )
    .bind(kid, limit)
    .all<EncryptionRow>();
  return found.results;
}

/**
 * The number of objects that use another root secret than `kid`: must be 0 before `ROOT_SECRET_PREVIOUS` is removed.
 */
export async function countStaleEncryptions(db: D1Database, kid: string): Promise<number> {
  const row = await db
    .prepare("SELECT count(*) AS n FROM encrypted_objects WHERE kid != ?1")
    .bind(kid)
    .first<{ n: number }>();
  return row?.n ?? 0;
}

/* Dead letters in D1: queue messages that failed too often. */

/** A message of the dead-letter queue. */
export type DeadLetter = { readonly id: string; readonly body: unknown };

const INSERT_DEAD_LETTER = "INSERT OR IGNORE INTO dead_letters (id, body, recorded_at) VALUES (?1, ?2, ?3)";
const COUNT_DEAD_LETTERS = "SELECT count(*) AS n, max(recorded_at) AS last_at FROM dead_letters";

/** Stores dead letters, each once. */
export async function recordDeadLetter(db: D1Database, letters: readonly DeadLetter[], now: EpochMs): Promise<void> {
  await db.batch(letters.map(({ id, body }) => db.prepare(INSERT_DEAD_LETTER).bind(id, JSON.stringify(body), now)));
}

/** The number of dead letters of the last 30 days, and when the last one arrived. */
export async function deadLetters(db: D1Database): Promise<{ count: number; last_at: string | null }> {
  const row = await db.prepare(COUNT_DEAD_LETTERS).first<{ n: number; last_at: number | null }>();
  return { count: row?.n ?? 0, last_at: row?.last_at ? toRfc3339(row.last_at) : null };
}

/** The number of dead letters since then. */
export async function countDeadLettersSince(db: D1Database, since: EpochMs): Promise<number> {
  const count = "SELECT count(*) AS n FROM dead_letters WHERE recorded_at >= ?1";
  return (await db.prepare(count).bind(since).first<number>("n")) ?? 0;
}

/** Deletes expired dead letters. */
export async function deleteOldDeadLetters(db: D1Database, now: EpochMs): Promise<void> {
  await db
    .prepare("DELETE FROM dead_letters WHERE recorded_at < ?1")
    .bind(now - DEAD_LETTER_TTL_MS)
    .run();
}
