/** Facts as they come in from the objects they happened in: stored and counted once each, and owed to everybody who wants them. */
import { EVENT_TTL_MS } from "../../core/limits.ts";
import type { Fact } from "../../core/tenant-port.ts";
import { DAY_MS } from "../../core/time.ts";
import type { EventType } from "../../core/wire/event.ts";
import type { Ground } from "../ground.ts";
import type { Schedule } from "../schedule.ts";
import { isClosed } from "./closing.ts";
import type { Counted } from "./counted.ts";
import type { Erased } from "./erased.ts";
import type { Webhooks } from "./webhooks.ts";

/** The schedule's row for what is no longer kept. */
export const TIDY = "tidy";

/**
 * Nothing is taken in for a closed tenant or a deleted user, also when that happens while large bodies are stored. Quotas
 * hear of every fact; use counts those that are stored, as they were told.
 */
export async function takeIn(
  facts: readonly Fact[],
  ground: Ground,
  schedule: Schedule,
  { events, targets, deliveries }: Webhooks,
  erased: Erased,
  { quotas, usage }: Counted,
): Promise<void> {
  if (isClosed(ground)) return;
  const wasErased = once((uh: string) => erased.has(uh));
  const welcome = facts.filter(({ uh }) => !wasErased(uh));
  const prepared = await events.prepare(welcome);
  if (isClosed(ground)) return events.drop(prepared);
  const isErased = once((uh: string) => erased.has(uh)); // asked anew: storing large bodies took a while
  const wanting = once((type: EventType) => targets.wanting(type));
  ground.storage.transactionSync(() => {
    for (const fact of facts) quotas.hear(fact);
    const heard: Fact[] = [];
    for (const [at, fact] of welcome.entries()) {
      const stored = isErased(fact.uh) ? null : events.add(prepared[at] ?? fact);
      if (stored === null) continue;
      heard.push(fact);
      deliveries.owe(stored, wanting(fact.type));
      if (fact.callback) deliveries.owe(stored, [targets.callback(fact.callback)]);
    }
    usage.hear(heard);
    deliveries.plan();
    schedule.oweOnce(TIDY, "", ground.now() + EVENT_TTL_MS + DAY_MS);
  });
  schedule.tick();
  await events.drop(prepared.filter(({ uh }) => isErased(uh)));
}

/** A question that is asked once for each key: a call's facts are mostly of one user and a few types. */
function once<Key, Answer>(ask: (key: Key) => Answer): (key: Key) => Answer {
  const known = new Map<Key, { readonly answer: Answer }>();
  return (key) => {
    const { answer } = known.get(key) ?? { answer: ask(key) };
    known.set(key, { answer });
    return answer;
  };
}
