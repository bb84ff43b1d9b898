/** The every-minute sweep: which objects are behind, and a nudge to each. Its work stays flat however much is pending. */
import { QUEUE_BATCH, SWEEP_PAGE } from "../core/limits.ts";
import type { EpochMs } from "../core/time.ts";
import type { Env, ObjectKind, WakeMessage } from "../env.ts";
import { log } from "../log.ts";
import { type BusyRow, overdue } from "../store/busy.ts";

const KINDS: readonly string[] = ["user", "tenant", "upload", "token"] satisfies ObjectKind[];
export const isKind = (kind: string): kind is ObjectKind => KINDS.includes(kind);

/** Nudges every object that is overdue at `now`, page by page. Twice at once is harmless: waking is idempotent. */
export async function sweep(env: Pick<Env, "DB" | "WAKE">, now: EpochMs): Promise<number> {
  let count = 0;
  let last: BusyRow | null = null;
  for (;;) {
    const rows: BusyRow[] = await overdue(env.DB, now, last, SWEEP_PAGE);
    for (let at = 0; at < rows.length; at += QUEUE_BATCH) {
      const batch = rows
        .slice(at, at + QUEUE_BATCH)
        .flatMap(({ kind, object_name }): { body: WakeMessage }[] =>
          isKind(kind) ? [{ body: { kind, name: object_name } }] : [],
        );
      if (batch.length > 0) await env.WAKE.sendBatch(batch);
    }
    count += rows.length;
    last = rows.at(-1) ?? null;
    if (rows.length < SWEEP_PAGE) break;
  }
  if (count > 0) log("info", "sweep", { work: "sweep", count });
  return count;
}
