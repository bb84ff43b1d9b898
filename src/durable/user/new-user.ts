/** A user that nobody has written for yet counts against the tenant's new users of the day. */
import type { Refusal } from "../../core/errors.ts";
import type { Call } from "../../core/ports.ts";
import type { Want } from "../../core/quota.ts";
import { takeQuota } from "../quota.ts";
import { enter, type Home } from "./home.ts";

/**
 * Prepares the object for a write that may be the user's first, and takes what else is wanted in the same breath. Answers why
 * no user may be made here now; null when it may, was made before, or when the call names none.
 */
export async function enterAsNew(home: Home, call: Call, others: readonly Want[] = []): Promise<Refusal | null> {
  const { ground, address, database } = home;
  const isNew = !database.exists() && call.named;
  const wants = isNew ? [{ quota: "new_users_per_day", ref: address.uh, amount: 1 } as const, ...others] : others;
  const refused = wants.length === 0 ? null : await takeQuota(ground, call, wants);
  if (refused === null) enter(home, call);
  return refused;
}
