/** Dead letters in D1: queue messages that failed too often. */
import { DEAD_LETTER_TTL_MS } from "../core/limits.ts";
import { type EpochMs, toRfc3339 } from "../core/time.ts";

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
