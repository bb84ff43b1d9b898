/** Requests of tools that cannot set headers: the same body within 60 s is the same request. */
import { hex, sha256 } from "../core/encode.ts";
import type { Ctx } from "./context.ts";
import { tenantObject } from "./objects.ts";

/**
 * Gives the request the Idempotency-Key that the same one got a moment ago, or a new one. True when it came before. Only for a
 * tenant's key without a user and without a key of its own; everything after it is the usual way of a repeat.
 */
export async function claimRepeat(c: Ctx): Promise<boolean> {
  const { repeatKey, user, caller, bodyText } = c.var;
  if (repeatKey !== null || user !== null || caller.pass !== null || bodyText === "") return false;
  const { key, isNew } = await tenantObject(c.env, caller).claimBody(await hashOf(c));
  c.set("repeatKey", key);
  return !isNew;
}

/** Gives a request that `claimRepeat` knew again another key, since what the first one made was deleted. */
export async function renewClaim(c: Ctx): Promise<void> {
  const { repeatKey, caller } = c.var;
  const { key } = await tenantObject(c.env, caller).claimBody(await hashOf(c), repeatKey ?? undefined);
  c.set("repeatKey", key);
}

const hashOf = async (c: Ctx): Promise<string> => hex(await sha256(`${c.req.method} ${c.req.path} ${c.var.bodyText}`));
