/** After a rotation of the root secret: wakes the objects that still keep seals of the old one, a page a minute, until none is left. */
import { kidOf } from "../core/derive.ts";
import { QUEUE_BATCH, SWEEP_PAGE } from "../core/limits.ts";
import { type Env, readConfig, type WakeMessage } from "../env.ts";
import { log } from "../log.ts";
import { staleSeals } from "../store/seals.ts";
import { isKind } from "./sweep.ts";

/** Nudges at most `SWEEP_PAGE` objects; each seals anew what it keeps and says so. Answers how many. */
export async function resealSweep(env: Env): Promise<number> {
  const rows = await staleSeals(env.DB, await kidOf(readConfig(env).rootSecret), SWEEP_PAGE);
  const messages = rows.flatMap(({ kind, object_name }): { body: WakeMessage }[] =>
    isKind(kind) ? [{ body: { kind, name: object_name } }] : [],
  );
  for (let at = 0; at < messages.length; at += QUEUE_BATCH)
    await env.WAKE.sendBatch(messages.slice(at, at + QUEUE_BATCH));
  if (rows.length > 0) log("info", "reseal", { work: "reseal", count: rows.length });
  return rows.length;
}
