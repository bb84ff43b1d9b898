/** Data of the operator's status page besides the watchdog rows: errors by code, and dead letters. */
import { DEAD_LETTER_TTL_MS, ERROR_COUNT_TTL_MS } from "../core/limits.ts";
import { type EpochMs, HOUR_MS, MINUTE_MS, toRfc3339 } from "../core/time.ts";

/** How often each code was answered in one isolate since its last report. */
export type ErrorCounts = ReadonlyMap<string, number>;

/** A message of the dead-letter queue. */
export type DeadLetter = { readonly id: string; readonly body: unknown };

const ADD = `INSERT INTO error_counts (minute, code, n) VALUES (?1, ?2, ?3)
  ON CONFLICT (minute, code) DO UPDATE SET n = n + excluded.n`;
const LAST_HOUR = "SELECT code, sum(n) AS n FROM error_counts WHERE minute > ?1 GROUP BY code ORDER BY code";
const INSERT_DEAD_LETTER = "INSERT OR IGNORE INTO dead_letters (id, at, body) VALUES (?1, ?2, ?3)";
const COUNT_DEAD_LETTERS = "SELECT count(*) AS n, max(at) AS last_at FROM dead_letters";

const minuteOf = (at: EpochMs): number => Math.floor(at / MINUTE_MS);

/** Adds an isolate's counts to the current minute. */
export async function addErrorCounts(db: D1Database, counts: ErrorCounts, now: EpochMs): Promise<void> {
  await db.batch([...counts].map(([code, n]) => db.prepare(ADD).bind(minuteOf(now), code, n)));
}

/** Errors by code in the last 60 minutes. */
export async function errorsOfLastHour(db: D1Database, now: EpochMs): Promise<Record<string, number>> {
  const found = await db
    .prepare(LAST_HOUR)
    .bind(minuteOf(now - HOUR_MS))
    .all<{ code: string; n: number }>();
  return Object.fromEntries(found.results.map(({ code, n }) => [code, n]));
}

/** Stores dead letters, each once. */
export async function recordDeadLetter(db: D1Database, letters: readonly DeadLetter[], now: EpochMs): Promise<void> {
  await db.batch(letters.map(({ id, body }) => db.prepare(INSERT_DEAD_LETTER).bind(id, now, JSON.stringify(body))));
}

/** The number of dead letters of the last 30 days, and when the last one arrived. */
export async function deadLetters(db: D1Database): Promise<{ count: number; last_at: string | null }> {
  const row = await db.prepare(COUNT_DEAD_LETTERS).first<{ n: number; last_at: number | null }>();
  return { count: row?.n ?? 0, last_at: row?.last_at ? toRfc3339(row.last_at) : null };
}

/** Deletes expired rows. */
export async function deleteOldStatus(db: D1Database, now: EpochMs): Promise<void> {
  await db.batch([
    db.prepare("DELETE FROM error_counts WHERE minute < ?1").bind(minuteOf(now - ERROR_COUNT_TTL_MS)),
    db.prepare("DELETE FROM dead_letters WHERE at < ?1").bind(now - DEAD_LETTER_TTL_MS),
  ]);
}
