/** Delivery of webhooks: retry delays, the meaning of an answer, and when an endpoint is disabled. Pure. */
import type { EndpointId, EventId } from "../ids.ts";
import { DISABLE_ATTEMPTS } from "../limits.ts";
import type { DeliveryOutcome } from "../rpc/tenant.ts";
import type { EpochMs } from "../time.ts";
import type { Timings } from "../timings.ts";

/** The target of an event: an endpoint or a hook by its id, or the callback URL of one turn or render. */
export type DeliveryTarget =
  | { readonly kind: "endpoint"; readonly id: EndpointId }
  | { readonly kind: "callback"; readonly url: string }
  | { readonly kind: "hook"; readonly id: EndpointId };

/** Jitter shortens a delay by up to this share, so that deliveries that failed together are not retried together. */
const JITTER = 0.1;

/**
 * The time of the next attempt, or null to stop.
 *
 * Delays are 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h: ten attempts over about 76 h. `attempt` is the one
 * that just failed, from 1. `random01` in [0, 1) shortens the delay by up to 10 %. A receiver's Retry-After can only
 * lengthen it. Source: Standard Webhooks, example retry schedule; jitter chosen here.
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

/** Whether the receiver accepted the webhook: any 2xx. */
export const isAccepted = (outcome: DeliveryOutcome): boolean =>
  outcome.status !== null && outcome.status >= 200 && outcome.status < 300;

/** Whether the receiver is gone for good (410): nothing is retried. */
export const isGone = (outcome: DeliveryOutcome): boolean => outcome.status === 410;

/** The failed attempts of an endpoint or hook since its last success. */
export type FailureRun = {
  readonly since: EpochMs;
  readonly attempts: number;
  /** The first event that failed. */
  readonly event: EventId;
  /** Another event failed too, so the failure is not caused by a single event. */
  readonly several: boolean;
};

/** Why an endpoint is disabled: by its owner, because it answered 410, or because it failed for days. */
export type DisabledBy = "you" | "gone" | "failing";

export type Health = { readonly failures: FailureRun | null; readonly disable: DisabledBy | null };

/**
 * Updates an endpoint or hook after an attempt. A 410 disables it at once; otherwise its failures must have begun
 * `endpointGiveUp` ago and be at least ten, over at least two events, without a success since.
 */
export function afterAttempt(
  failures: FailureRun | null,
  outcome: DeliveryOutcome,
  event: EventId,
  now: EpochMs,
  timings: Timings,
): Health {
  if (isAccepted(outcome)) return { failures: null, disable: null };
  const next: FailureRun = {
    since: failures?.since ?? now,
    attempts: (failures?.attempts ?? 0) + 1,
    event: failures?.event ?? event,
    several: failures !== null && (failures.several || failures.event !== event),
  };
  if (outcome.status === 410) return { failures: next, disable: "gone" };
  const isOver = now - next.since >= timings.endpointGiveUp && next.attempts >= DISABLE_ATTEMPTS && next.several;
  return { failures: next, disable: isOver ? "failing" : null };
}
