/** Facts as they come in from the objects they happened in: stored once each, and owed to everybody who wants them. */
import { EVENT_TTL_MS } from "../../core/limits.ts";
import type { Fact } from "../../core/tenant-port.ts";
import { DAY_MS } from "../../core/time.ts";
import type { Ground } from "../ground.ts";
import type { Schedule } from "../schedule.ts";
import { isClosed } from "./closing.ts";
import type { Erased } from "./erased.ts";
import type { Webhooks } from "./webhooks.ts";

/** The schedule's row for what is no longer kept. */
export const TIDY = "tidy";

/**
 * Nothing is taken in for a closed tenant or a deleted user, also when that happens while large bodies are stored. `hear` is
 * told of every fact, in the same transaction.
 */
export async function takeIn(
  facts: readonly Fact[],
  ground: Ground,
  schedule: Schedule,
  { events, targets, deliveries }: Webhooks,
  erased: Erased,
  hear: (fact: Fact) => void,
): Promise<void> {
  if (isClosed(ground)) return;
  const prepared = await events.prepare(facts.filter(({ uh }) => !erased.has(uh)));
  if (isClosed(ground)) return events.drop(prepared);
  ground.storage.transactionSync(() => {
    for (const fact of facts) hear(fact);
    for (const fact of prepared) {
      const stored = erased.has(fact.uh) ? null : events.add(fact);
      if (stored !== null) deliveries.owe(stored, targets.wanting(fact.type, fact.callback ?? null));
    }
    deliveries.plan();
    schedule.oweOnce(TIDY, "", ground.now() + EVENT_TTL_MS + DAY_MS);
  });
  schedule.tick();
  await events.drop(prepared.filter(({ uh }) => erased.has(uh)));
}
