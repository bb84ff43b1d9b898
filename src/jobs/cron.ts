/**
 * The cron of every minute: wakes objects whose watchdog row is overdue, deletes expired rows of D1, and after a
 * rotation of the root secret wakes the objects that must re-encrypt. Its work per run is bounded.
 */

import { kidOf } from "../core/crypto.ts";
import { QUEUE_BATCH, SWEEP_PAGE } from "../core/limits.ts";
import { isWakeKind, type WakeMessage } from "../core/queues.ts";
import type { EpochMs } from "../core/time.ts";
import { type Env, readConfig } from "../env.ts";
import { log, logBug } from "../log.ts";
import { deleteExpiredAppTokens } from "../store/apps.ts";
import { deleteOldIdempotencyKeys } from "../store/idempotency.ts";
import { deleteExpiredInvites } from "../store/invites.ts";
import { deleteExpiredKeys } from "../store/keys.ts";
import { deleteOldDeadLetters, overdue, staleEncryptions, type WatchdogRow } from "../store/status.ts";

/**
 * Sends a wake message to every object that is overdue at `now`, page by page; returns the number of rows. Two runs at
 * once are harmless, because waking is idempotent. A batch that the queue rejects, or a row of an unknown kind, does
 * not stop the others: the next run finds what is still overdue.
 */
export async function sweep(env: Pick<Env, "DB" | "WAKE">, now: EpochMs): Promise<number> {
  const began = Date.now();
  let count = 0;
  let last: WatchdogRow | null = null;
  for (;;) {
    const rows: WatchdogRow[] = await overdue(env.DB, now, last, SWEEP_PAGE);
    for (let at = 0; at < rows.length; at += QUEUE_BATCH) {
      const batch = rows.slice(at, at + QUEUE_BATCH);
      await sendWakeMessages(env.WAKE, batch).catch((error) =>
        logBug("wake_messages_failed", error, { work: "sweep", count: batch.length }),
      );
    }
    count += rows.length;
    last = rows.at(-1) ?? null;
    if (rows.length < SWEEP_PAGE) break;
  }
  log("info", "sweep", { work: "sweep", count, ms: Date.now() - began });
  return count;
}

async function sendWakeMessages(queue: Env["WAKE"], rows: readonly WatchdogRow[]): Promise<void> {
  const messages = rows.flatMap(({ kind, object_name }): { body: WakeMessage }[] =>
    isWakeKind(kind) ? [{ body: { kind, name: object_name } }] : [],
  );
  const unknown = rows.length - messages.length;
  if (unknown > 0) log("error", "watchdog_of_unknown_kind", { work: "sweep", count: unknown });
  if (messages.length > 0) await queue.sendBatch(messages);
}

/* Deletes expired rows of D1, a few rows per run. */

export async function deleteExpired({ DB }: Pick<Env, "DB">, now: number): Promise<void> {
  await Promise.all([
    deleteOldIdempotencyKeys(DB, now),
    deleteOldDeadLetters(DB, now),
    deleteExpiredKeys(DB, now),
    deleteExpiredAppTokens(DB, now),
    deleteExpiredInvites(DB, now),
  ]);
}

/* After a rotation of the root secret: wakes a page of objects per run until no object uses the old secret. */

/** Wakes at most `SWEEP_PAGE` objects; each re-encrypts its data and updates its row. Returns the number of rows. */
export async function reEncryptSweep(env: Env): Promise<number> {
  const rows = await staleEncryptions(env.DB, await kidOf(readConfig(env).rootSecret), SWEEP_PAGE);
  const messages = rows.flatMap(({ kind, object_name }): { body: WakeMessage }[] =>
    isWakeKind(kind) ? [{ body: { kind, name: object_name } }] : [],
  );
  for (let at = 0; at < messages.length; at += QUEUE_BATCH)
    await env.WAKE.sendBatch(messages.slice(at, at + QUEUE_BATCH));
  if (rows.length > 0) log("info", "re_encrypt", { work: "re_encrypt", count: rows.length });
  return rows.length;
}
