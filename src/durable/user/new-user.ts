/** A user that nobody has written for yet counts against the tenant's new users of the day. */
import type { Limit, Refusal } from "../../core/errors.ts";
import type { Call } from "../../core/ports.ts";
import type { Want } from "../../core/quota.ts";
import { ok, type Result } from "../../core/result.ts";
import { takeQuota } from "../quota.ts";
import { enter, type Home } from "./home.ts";

/**
 * Prepares the object for a write that may be the user's first, and takes what else is wanted in the same breath. Answers what
 * is left of that (nothing where nothing had to be taken), or why no user may be made here now.
 */
export async function enterAsNew(
  home: Home,
  call: Call,
  others: readonly Want[] = [],
): Promise<Result<readonly Limit[], Refusal>> {
  const { ground, address, database } = home;
  const isNew = !database.exists() && call.named;
  const wants = isNew ? [{ quota: "new_users_per_day", ref: address.uh, amount: 1 } as const, ...others] : others;
  const taken = wants.length === 0 ? ok([]) : await takeQuota(ground, call, wants);
  if (taken.ok) enter(home, call);
  return taken;
}
