/** The dead-letter queue's consumer: what failed too often is written down where the operator looks, and reported. */
import type { Env } from "../env.ts";
import { log } from "../log.ts";
import { bury } from "../store/status.ts";

/** Writes a batch down. Nothing is lost with a dead letter: it was a nudge, and the stores still say what is owed. */
export async function buryAll(batch: MessageBatch, { DB }: Pick<Env, "DB">, now: number): Promise<void> {
  await bury(DB, batch.messages, now);
  log("error", "dead_letters", { work: "queue", count: batch.messages.length });
  batch.ackAll();
}
