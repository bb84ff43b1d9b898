/** When a webhook is tried again, and what its receiver's answer means. */
import type { EndpointId, EventId } from "../ids.ts";
import { DISABLE_ATTEMPTS } from "../limits.ts";
import type { DeliveryOutcome } from "../rpc/tenant.ts";
import type { EpochMs } from "../time.ts";
import type { Timings } from "../timings.ts";

/** Where an event is sent: to an endpoint or a hook by its id, or to the address that came with one turn or render. */
export type DeliveryTarget =
  | { readonly kind: "endpoint"; readonly id: EndpointId }
  | { readonly kind: "callback"; readonly url: string }
  | { readonly kind: "hook"; readonly id: EndpointId };

/** Jitter shortens a wait by up to this share, so that a receiver that failed for all is not met by all at once. */
const JITTER = 0.1;

/**
 * The next moment to try a delivery, or null when it is time to stop.
 *
 * Waits 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h: ten attempts over about 76 h. `attempt` is the one that
 * just failed, from 1. `random01` in [0, 1) shortens the wait by up to 10 %. A receiver's Retry-After only lengthens it.
 * Source: Standard Webhooks, example retry schedule; jitter chosen here.
 */
export function nextAttempt(
  attempt: number,
  retryAfterMs: number | null,
  now: EpochMs,
  random01: number,
  timings: Timings,
): EpochMs | null {
  const wait = timings.deliveries[attempt - 1];
  if (wait === undefined) return null;
  return now + Math.max(Math.round(wait * (1 - random01 * JITTER)), retryAfterMs ?? 0);
}

/** A receiver took a webhook when it answered 2xx; nothing else counts. */
export const isAccepted = (outcome: DeliveryOutcome): boolean =>
  outcome.status !== null && outcome.status >= 200 && outcome.status < 300;

/** A receiver that answers 410 wants nothing more: nothing is tried again. */
export const isGone = (outcome: DeliveryOutcome): boolean => outcome.status === 410;

/* When an endpoint or hook has failed for so long that it is switched off. Decides only. */

/** Failed attempts in a row, since the last success. */
export type FailureRun = {
  readonly since: EpochMs;
  readonly attempts: number;
  /** The first event that failed. */
  readonly event: EventId;
  /** Another one failed too: it is not one message's fault. */
  readonly several: boolean;
};

/** Why an endpoint takes nothing: its owner said so, it answered 410, it failed for days. */
export type DisabledBy = "you" | "gone" | "failing";

export type Health = { readonly failing: FailureRun | null; readonly disable: DisabledBy | null };

/**
 * What one attempt says of its endpoint or hook. 410 ends it at once; otherwise its failures must have begun `endpointGiveUp` ago
 * and be at least ten, over at least two events, with no success since.
 */
export function afterAttempt(
  failing: FailureRun | null,
  outcome: DeliveryOutcome,
  event: EventId,
  now: EpochMs,
  timings: Timings,
): Health {
  if (isAccepted(outcome)) return { failing: null, disable: null };
  const next: FailureRun = {
    since: failing?.since ?? now,
    attempts: (failing?.attempts ?? 0) + 1,
    event: failing?.event ?? event,
    several: failing !== null && (failing.several || failing.event !== event),
  };
  if (outcome.status === 410) return { failing: next, disable: "gone" };
  const isOver = now - next.since >= timings.endpointGiveUp && next.attempts >= DISABLE_ATTEMPTS && next.several;
  return { failing: next, disable: isOver ? "failing" : null };
}
