/** The every-minute sweep: which objects are behind, and a nudge to each. Its work stays flat however much is pending. */
import { QUEUE_BATCH, SWEEP_PAGE } from "../core/limits.ts";
import type { EpochMs } from "../core/time.ts";
import type { Env, WakeMessage } from "../env.ts";
import { log, logBug } from "../log.ts";
import { type BusyRow, overdue } from "../store/busy.ts";

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
  let last: BusyRow | null = null;
  for (;;) {
    const rows: BusyRow[] = await overdue(env.DB, now, last, SWEEP_PAGE);
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

async function nudge(queue: Env["WAKE"], rows: readonly BusyRow[]): Promise<void> {
  const messages = rows.flatMap(({ kind, object_name }): { body: WakeMessage }[] =>
    isKind(kind) ? [{ body: { kind, name: object_name } }] : [],
  );
  const strange = rows.length - messages.length;
  if (strange > 0) log("error", "busy_of_unknown_kind", { work: "sweep", count: strange });
  if (messages.length > 0) await queue.sendBatch(messages);
}
