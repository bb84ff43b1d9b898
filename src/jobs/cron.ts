/** The every-minute sweep: which objects are behind, and a nudge to each. Its work stays flat however much is pending. */

import { kidOf } from "../core/crypto.ts";
import { QUEUE_BATCH, SWEEP_PAGE } from "../core/limits.ts";
import type { EpochMs } from "../core/time.ts";
import { type Env, readConfig, type WakeMessage } from "../env.ts";
import { log, logBug } from "../log.ts";
import { staleEncryptions } from "../store/encryption.ts";
import { deleteOldIdempotencyKeys } from "../store/idempotency.ts";
import { tidyKeys } from "../store/keys.ts";
import { deleteOldStatus } from "../store/status.ts";
import { overdue, type WatchdogRow } from "../store/tenants.ts";

const KINDS: readonly string[] = ["user", "tenant", "upload", "token", "deletion"] satisfies WakeMessage["kind"][];
export const isKind = (kind: string): kind is WakeMessage["kind"] => KINDS.includes(kind);

/**
 * Nudges every object that is overdue at `now`, page by page; answers with how many rows there were. Twice at once is harmless:
 * waking is idempotent. A batch that the queue does not take, or a row that names no kind of object, stops no other: the next
 * minute finds again what is still overdue.
 */
export async function sweep(env: Pick<Env, "DB" | "WAKE">, now: EpochMs): Promise<number> {
  const began = Date.now();
  let count = 0;
  let last: WatchdogRow | null = null;
  for (;;) {
    const rows: WatchdogRow[] = await overdue(env.DB, now, last, SWEEP_PAGE);
    for (let at = 0; at < rows.length; at += QUEUE_BATCH) {
      const batch = rows.slice(at, at + QUEUE_BATCH);
      await nudge(env.WAKE, batch).catch((error) =>
        logBug("nudge_failed", error, { work: "sweep", count: batch.length }),
      );
    }
    count += rows.length;
    last = rows.at(-1) ?? null;
    if (rows.length < SWEEP_PAGE) break;
  }
  log("info", "sweep", { work: "sweep", count, ms: Date.now() - began });
  return count;
}

async function nudge(queue: Env["WAKE"], rows: readonly WatchdogRow[]): Promise<void> {
  const messages = rows.flatMap(({ kind, object_name }): { body: WakeMessage }[] =>
    isKind(kind) ? [{ body: { kind, name: object_name } }] : [],
  );
  const strange = rows.length - messages.length;
  if (strange > 0) log("error", "busy_of_unknown_kind", { work: "sweep", count: strange });
  if (messages.length > 0) await queue.sendBatch(messages);
}

/* Lets go of what D1 no longer keeps: every minute, a few rows each time. */

export async function tidy({ DB }: Pick<Env, "DB">, now: number): Promise<void> {
  await Promise.all([deleteOldIdempotencyKeys(DB, now), deleteOldStatus(DB, now), tidyKeys(DB, now)]);
}

/* After a rotation of the root secret: wakes the objects that still keep seals of the old one, a page a minute, until none is left. */

/** Nudges at most `SWEEP_PAGE` objects; each seals anew what it keeps and says so. Answers how many. */
export async function reEncryptSweep(env: Env): Promise<number> {
  const rows = await staleEncryptions(env.DB, await kidOf(readConfig(env).rootSecret), SWEEP_PAGE);
  const messages = rows.flatMap(({ kind, object_name }): { body: WakeMessage }[] =>
    isKind(kind) ? [{ body: { kind, name: object_name } }] : [],
  );
  for (let at = 0; at < messages.length; at += QUEUE_BATCH)
    await env.WAKE.sendBatch(messages.slice(at, at + QUEUE_BATCH));
  if (rows.length > 0) log("info", "reseal", { work: "reseal", count: rows.length });
  return rows.length;
}
