/** When an endpoint or hook has failed for so long that it is switched off. Decides only. */
import { isTaken } from "./delivery.ts";
import type { EventId } from "./ids.ts";
import { DISABLE_ATTEMPTS } from "./limits.ts";
import type { DeliveryOutcome } from "./tenant-port.ts";
import type { EpochMs } from "./time.ts";
import type { Waits } from "./waits.ts";

/** Failed attempts in a row, since the last success. */
export type Failing = {
  readonly since: EpochMs;
  readonly attempts: number;
  /** The first event that failed. */
  readonly event: EventId;
  /** Another one failed too: it is not one message's fault. */
  readonly several: boolean;
};

/** Why an endpoint takes nothing: its owner said so, it answered 410, it failed for days. */
export type DisabledBy = "you" | "gone" | "failing";

export type Health = { readonly failing: Failing | null; readonly disable: DisabledBy | null };

/**
 * What one attempt says of its endpoint or hook. 410 ends it at once; otherwise its failures must have begun `endpointGiveUp` ago
 * and be at least ten, over at least two events, with no success since.
 */
export function afterAttempt(
  failing: Failing | null,
  outcome: DeliveryOutcome,
  event: EventId,
  now: EpochMs,
  waits: Waits,
): Health {
  if (isTaken(outcome)) return { failing: null, disable: null };
  const next: Failing = {
    since: failing?.since ?? now,
    attempts: (failing?.attempts ?? 0) + 1,
    event: failing?.event ?? event,
    several: failing !== null && (failing.several || failing.event !== event),
  };
  if (outcome.status === 410) return { failing: next, disable: "gone" };
  const isOver = now - next.since >= waits.endpointGiveUp && next.attempts >= DISABLE_ATTEMPTS && next.several;
  return { failing: next, disable: isOver ? "failing" : null };
}
