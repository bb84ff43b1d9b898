/** Upstream's failures in the words of our error table: one exhaustive switch, design section 6 row by row. */

import { parseScope, tenantObjectName } from "../../core/address.ts";
import { type Charged, type Limit, type Problem, problemOf } from "../../core/errors.ts";
import { type TurnId, USER_HASH_CHARS, type UserHash } from "../../core/ids.ts";
import { formatList } from "../../core/media/sniff.ts";
import type { QuotaRequest } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { TenantRpc } from "../../core/rpc/tenant.ts";
import type { Call } from "../../core/rpc/user.ts";
import { SECOND_MS } from "../../core/time.ts";
import type { Timings } from "../../core/timings.ts";
import { logBug } from "../../log.ts";
import type { NemoFailure } from "../../nemo/errors.ts";
import type { ObjectRuntime } from "./context.ts";

/** What the caller is told of a failure. `charged` says what the failed call may have cost; reads cost nothing. */
export function toProblem(failure: NemoFailure, charged: Charged = "no"): Problem {
  const seconds =
    "retryAfterMs" in failure && failure.retryAfterMs !== null ? Math.ceil(failure.retryAfterMs / 1000) : undefined;
  switch (failure.reason) {
    case "token_rejected":
      return problemOf("nemo_token_rejected", "Nemo refused its token; set another with PUT /v1/nemo_token.", {
        charged: "no",
      });
    case "client_id_refused":
    case "token_rationed":
      return problemOf(
        "nemo_token_unavailable",
        "Nemo gives no anonymous token right now; bring your own with PUT /v1/nemo_token.",
        {
          charged: "no",
          retryAfterSeconds: seconds,
          askedSeconds: seconds,
        },
      );
    case "session_lost":
      return problemOf(
        "session_lost",
        "Nemo no longer knows this project's session and its timeline; create a project and start again.",
        {
          charged: "no",
          hint: "POST /v1/projects",
        },
      );
    case "no_credits":
      return problemOf(
        "insufficient_credits",
        "The Nemo account has no credits left; top up, then send the turn again.",
        { charged: "no" },
      );
    case "unsupported_media":
      return problemOf("unsupported_media", `Nemo accepts ${formatList}.`, { charged: "no" });
    case "file_too_large":
      return problemOf("file_too_large", "Nemo refuses files of this size; trim or compress it.", { charged: "no" });
    case "plan_required":
      return problemOf(
        "plan_upgrade_required",
        "The Nemo account's plan does not export; register or upgrade it. Credits do not help.",
        {
          charged: "no",
        },
      );
    case "rate_limited":
      return problemOf("nemo_busy", "Nemo is taking no more requests for a while.", {
        charged,
        retryAfterSeconds: seconds ?? 30,
        askedSeconds: seconds,
      });
    case "not_found":
      return problemOf("nemo_unavailable", "Nemo does not know what was just asked for.", { charged });
    case "unavailable":
      return problemOf("nemo_unavailable", "Nemo did not answer.", {
        charged,
        retryAfterSeconds: seconds ?? 30,
        askedSeconds: seconds,
      });
    case "agent_failed":
      return problemOf(
        "turn_failed",
        "Nemo's agent reported an error while it worked; try again with a more concrete prompt.",
        { charged },
      );
    case "refused":
      return problemOf("turn_failed", "Nemo refused the request.", { charged });
    case "garbled":
      return problemOf("nemo_garbled", "Nemo's answer could not be read.", { charged });
  }
}

/** A turn taken back by its caller. */
export const cancelled = (): Problem =>
  problemOf("cancelled", "The turn was cancelled before Nemo took it.", { charged: "no" });

/** Whether something is full that empties by itself: what needs a place there waits for it, for as long as that takes. */
export const isFull = ({ code }: Problem): boolean =>
  ["concurrency_limited", "queue_full", "quota_exceeded"].includes(code);

/** How long to wait before asking again for a place. A day's quota ends with its day, or when the operator raises it. */
export const lookAfter = ({ config: { timings } }: ObjectRuntime, { code }: Problem): number =>
  code === "quota_exceeded" ? timings.retryMax : 2 * timings.videoPollInterval;

/** Whether upstream, or a full account, may do in a moment what it did not do now. */
export const isPassing = ({ code }: Problem): boolean =>
  ["nemo_unavailable", "nemo_busy", "nemo_garbled", "unavailable", "concurrency_limited"].includes(code);

/** How long upstream asked to be left alone for. */
export const askedMs = ({ askedSeconds = 0 }: Problem): number => askedSeconds * SECOND_MS;

/** Whether upstream asked for no longer wait than is worth waiting for: beyond it the caller is told, who may know better. */
export const isSoon = (error: Problem, { retryMax }: Timings): boolean => askedMs(error) <= retryMax;

/* The tenant's quotas as its other objects take from them: asked before an intent is committed, kept or given back after. */

/** Takes all that is wanted and says what is left, or why not. Nothing is made without: a tenant's object that cannot be asked refuses. */
export async function reserveQuota(
  runtime: ObjectRuntime,
  call: Call,
  wants: readonly QuotaRequest[],
): Promise<Result<readonly Limit[], Problem>> {
  try {
    const taken = await tenantOf(runtime).reserveQuota(wants, call.quotas ?? null, takerOf(runtime, call));
    return taken.ok ? ok(taken.value ?? []) : taken;
  } catch (error) {
    logBug("quota_not_taken", error, { work: "quota" });
    const detail = "The account's quotas cannot be read at the moment; try again.";
    return err(problemOf("unavailable", detail, { charged: "no", retryAfterSeconds: 1 }));
  }
}

/** The turn is committed: its place stays. Nobody waits for it; one that is lost with its instance is told again by the next. */
export const confirmSlot = (runtime: ObjectRuntime, turn: TurnId): void =>
  runtime.keep(
    tenantOf(runtime)
      .confirmSlot(turn)
      .catch(() => undefined),
  );

/** Nothing was made after all. One that is lost costs a place for a minute, or one of a day's count. */
export const releaseQuota = (runtime: ObjectRuntime, ref: string): void =>
  runtime.keep(
    tenantOf(runtime)
      .releaseQuota(ref)
      .catch(() => undefined),
  );

/** So much of what was reserved for an upload arrived: the rest is given back. What comes late, or again, changes nothing. */
export const settleQuota = (runtime: ObjectRuntime, ref: string, amount: number): Promise<void> =>
  tenantOf(runtime).settleQuota(ref, amount);

/** The user whose share it is: the names of users' objects, and the ids of uploads, end in it. Null where the caller named none. */
const takerOf = ({ name }: ObjectRuntime, { named }: Call): UserHash | null =>
  named ? name.slice(-USER_HASH_CHARS) : null;

function tenantOf(runtime: ObjectRuntime): TenantRpc {
  const stub = runtime.env.TENANT.getByName(tenantObjectName(parseScope(runtime.name)));
  return stub as unknown as TenantRpc; // TenantObject implements TenantRpc; RPC stubs carry its methods under the same names
}
