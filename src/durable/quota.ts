/** The tenant's quotas as its other objects take from them: asked before an intent is committed, kept or given back after. */
import { parseScope, tenantObjectName } from "../core/address.ts";
import { type Limit, type Refusal, refusal } from "../core/errors.ts";
import { type TurnId, USER_HASH_CHARS, type UserHash } from "../core/ids.ts";
import type { Call } from "../core/ports.ts";
import type { Want } from "../core/quota.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { TenantPort } from "../core/tenant-port.ts";
import { logBug } from "../log.ts";
import type { Ground } from "./ground.ts";

/** Takes all that is wanted and says what is left, or why not. Nothing is made without: a tenant's object that cannot be asked refuses. */
export async function takeQuota(
  ground: Ground,
  call: Call,
  wants: readonly Want[],
): Promise<Result<readonly Limit[], Refusal>> {
  try {
    const taken = await tenantOf(ground).takeQuota(wants, call.quotas ?? null, takerOf(ground, call));
    return taken.ok ? ok(taken.value ?? []) : taken;
  } catch (error) {
    logBug("quota_not_taken", error, { work: "quota" });
    const detail = "The account's quotas cannot be read at the moment; try again.";
    return err(refusal("unavailable", detail, { charged: "no", retryAfterSeconds: 1 }));
  }
}

/** The turn is committed: its place stays. Nobody waits for it; one that is lost with its instance is told again by the next. */
export const keepPlace = (ground: Ground, turn: TurnId): void =>
  ground.keep(
    tenantOf(ground)
      .keepPlace(turn)
      .catch(() => undefined),
  );

/** Nothing was made after all. One that is lost costs a place for a minute, or one of a day's count. */
export const giveQuota = (ground: Ground, ref: string): void =>
  ground.keep(
    tenantOf(ground)
      .giveQuota(ref)
      .catch(() => undefined),
  );

/** So much of what was reserved for an upload arrived: the rest is given back. What comes late, or again, changes nothing. */
export const settleQuota = (ground: Ground, ref: string, amount: number): Promise<void> =>
  tenantOf(ground).settleQuota(ref, amount);

/** The user whose share it is: the names of users' objects, and the ids of uploads, end in it. Null where the caller named none. */
const takerOf = ({ name }: Ground, { named }: Call): UserHash | null => (named ? name.slice(-USER_HASH_CHARS) : null);

function tenantOf(ground: Ground): TenantPort {
  const stub = ground.env.TENANT.getByName(tenantObjectName(parseScope(ground.name)));
  return stub as unknown as TenantPort; // TenantObject implements TenantPort; RPC stubs carry its methods under the same names
}
