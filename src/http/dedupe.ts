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
  const hash = hex(await sha256(`${c.req.method} ${c.req.path} ${bodyText}`));
  const { key, isNew } = await tenantObject(c.env, caller).claimBody(hash);
  c.set("repeatKey", key);
  return !isNew;
}
