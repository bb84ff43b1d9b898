/** Maps upstream failures to the problems of the error table, and calls the tenant's quotas for the other objects. */

import { parseScope, tenantObjectName } from "../../core/address.ts";
import { type Charged, type Limit, type Problem, problemOf } from "../../core/errors.ts";
import { type ListedId, type TurnId, USER_HASH_CHARS, type UserHash } from "../../core/ids.ts";
import { formatList } from "../../core/media/sniff.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Reservation, TenantRpc } from "../../core/rpc/tenant.ts";
import type { Call } from "../../core/rpc/user.ts";
import { SECOND_MS } from "../../core/time.ts";
import type { Timings } from "../../core/timings.ts";
import type { QuotaRequest } from "../../core/usage/quota.ts";
import { logBug } from "../../log.ts";
import type { NemoFailure } from "../../nemo/errors.ts";
import type { ObjectRuntime } from "./context.ts";

/**
 * The problem that the caller sees for an upstream failure. `charged` says what the failed call may have cost; reads
 * cost nothing.
 */
export function toProblem(failure: NemoFailure, charged: Charged = "no"): Problem {
  const seconds =
    "retryAfterMs" in failure && failure.retryAfterMs !== null ? Math.ceil(failure.retryAfterMs / 1000) : undefined;
  switch (failure.reason) {
    case "token_rejected":
      return problemOf(
        "nemo_token_rejected",
        "Nemo rejected the stored token; set a valid one with PUT /v1/nemo_token.",
        {
          charged: "no",
        },
      );
    case "client_id_rejected":
    case "token_rationed":
      return problemOf(
        "nemo_token_unavailable",
        "Nemo issues no anonymous token right now; set your own token with PUT /v1/nemo_token, or try again later.",
        {
          charged: "no",
          retryAfterSeconds: seconds,
          askedSeconds: seconds,
        },
      );
    case "session_lost":
      return problemOf(
        "session_lost",
        "Nemo has lost this project's session and timeline; create a new project and start again.",
        {
          charged: "no",
          hint: "POST /v1/projects",
        },
      );
    case "no_credits":
      return problemOf(
        "insufficient_credits",
        "The Nemo account has no credits left; top up the account, then send the turn again.",
        { charged: "no" },
      );
    case "unsupported_media":
      return problemOf("unsupported_media", `Nemo does not accept this file's format; send one of ${formatList}.`, {
        charged: "no",
      });
    case "file_too_large":
      return problemOf("file_too_large", "Nemo does not accept a file of this size; trim or compress it.", {
        charged: "no",
      });
    case "plan_required":
      return problemOf(
        "plan_upgrade_required",
        "The Nemo account's plan does not include exports; register the account or upgrade its plan. More credits do not help.",
        {
          charged: "no",
        },
      );
    case "rate_limited":
      return problemOf("nemo_busy", "Nemo limits the rate of requests; try again later.", {
        charged,
        retryAfterSeconds: seconds ?? 30,
        askedSeconds: seconds,
      });
    case "not_found":
      return problemOf("nemo_unavailable", "Nemo did not find the requested resource; try again.", { charged });
    case "unavailable":
      return problemOf("nemo_unavailable", "Nemo did not answer; try again later.", {
        charged,
        retryAfterSeconds: seconds ?? 30,
        askedSeconds: seconds,
      });
    case "agent_failed":
      return problemOf("turn_failed", "Nemo's agent reported an error; try again with a more specific prompt.", {
        charged,
      });
    case "rejected":
      return problemOf("turn_failed", "Nemo rejected the request; change the prompt and try again.", { charged });
    case "malformed":
      return problemOf("nemo_garbled", "Nemo's answer could not be parsed; try again.", { charged });
  }
}

/** A turn that its caller cancelled before it was sent. */
export const cancelled = (): Problem =>
  problemOf("cancelled", "The turn was cancelled before it was sent to Nemo; send a new turn if you still need it.", {
    charged: "no",
  });

/** Whether a limit is reached that frees itself: the job waits for a free slot for as long as that takes. */
export const isFull = ({ code }: Problem): boolean =>
  ["concurrency_limited", "queue_full", "quota_exceeded"].includes(code);

/**
 * How long to wait before trying to reserve a slot again. A daily quota frees at the end of its day, or when the
 * operator raises it.
 */
export const retryDelay = ({ config: { timings } }: ObjectRuntime, { code }: Problem): number =>
  code === "quota_exceeded" ? timings.retryMax : 2 * timings.videoPollInterval;

/** Whether a retry in a moment may succeed: upstream or a reached limit is the cause. */
export const isTransient = ({ code }: Problem): boolean =>
  ["nemo_unavailable", "nemo_busy", "nemo_garbled", "unavailable", "concurrency_limited"].includes(code);

/** How long upstream asked to wait, in ms. */
export const requestedWaitMs = ({ askedSeconds = 0 }: Problem): number => askedSeconds * SECOND_MS;

/**
 * Whether the wait that upstream asked for is short enough to retry; beyond it the caller gets the error and decides.
 */
export const isShortWait = (error: Problem, { retryMax }: Timings): boolean => requestedWaitMs(error) <= retryMax;

/*
 * The tenant's quotas as the other objects use them: reserved before a resource is committed, confirmed or released
 * afterwards.
 */

/**
 * Reserves everything that is requested and returns what is left, or the problem. When the tenant's object does not
 * answer, the call fails: nothing is created without a reservation, or without being listed.
 */
export async function reserveQuota(
  runtime: ObjectRuntime,
  call: Call,
  requests: readonly QuotaRequest[],
  more: Reservation = {},
): Promise<Result<readonly Limit[], Problem>> {
  try {
    const by = shareOwner(runtime, call);
    const reserved = await tenantOf(runtime).reserveQuota(requests, call.quotas ?? null, by, more);
    return reserved.ok ? ok(reserved.value ?? []) : reserved;
  } catch (error) {
    logBug("quota_not_taken", error, { work: "quota" });
    const detail = "The account's quotas and lists cannot be reached at the moment; try again in a second.";
    return err(problemOf("unavailable", detail, { charged: "no", retryAfterSeconds: 1 }));
  }
}

/**
 * The turn is committed: its slot is held. Not awaited; a confirmation that is lost with its instance is sent again by
 * the next one.
 */
export const confirmSlot = (runtime: ObjectRuntime, turn: TurnId): void =>
  runtime.waitUntil(
    tenantOf(runtime)
      .confirmSlot(turn)
      .catch(() => undefined),
  );

/**
 * The resources were deleted, or no longer exist: they leave the lists of all users. Throws when the tenant's object does
 * not answer.
 */
export const forgetResources = (runtime: ObjectRuntime, ids: readonly ListedId[]): Promise<void> =>
  tenantOf(runtime).forgetResources(ids, null);

/** Nothing was created. A release that is lost costs a slot for a minute, or one of a day's count. */
export const releaseQuota = (runtime: ObjectRuntime, ref: string): void =>
  runtime.waitUntil(
    tenantOf(runtime)
      .releaseQuota(ref)
      .catch(() => undefined),
  );

/**
 * The number of bytes that arrived for an upload: the rest of the reservation is released. Calling it late or twice
 * changes nothing.
 */
export const settleQuota = (runtime: ObjectRuntime, ref: string, amount: number): Promise<void> =>
  tenantOf(runtime).settleQuota(ref, amount);

/**
 * The user whose share is counted: names of user objects and ids of uploads end in the user's hash. Null when the
 * caller named no user.
 */
const shareOwner = ({ name }: ObjectRuntime, { named }: Call): UserHash | null =>
  named ? name.slice(-USER_HASH_CHARS) : null;

function tenantOf(runtime: ObjectRuntime): TenantRpc {
  const stub = runtime.env.TENANT.getByName(tenantObjectName(parseScope(runtime.name)));
  return stub as unknown as TenantRpc; // TenantObject implements TenantRpc; RPC stubs carry its methods under the same names
}
