/** Who asks, and whether they may: the one access rule that every route but the public ones stands behind. */
import type { MiddlewareHandler } from "hono";
import { refusal } from "../core/errors.ts";
import { keyHash, modeOfKey } from "../core/key.ts";
import type { KeyScope } from "../core/wire/tenant.ts";
import { findKey, type KeyOwner } from "../store/keys.ts";
import { ApiError, apiError } from "./api-error.ts";
import type { AppEnv, Caller, Ctx } from "./context.ts";
import { credentialOf } from "./credential.ts";
import { countRefused, passGate } from "./gate.ts";
import { ownerOf, READ_MAX_AGE_MS, WRITE_MAX_AGE_MS } from "./key-cache.ts";
import { repeatKeyOf, userOf } from "./request-headers.ts";

/** What a route asks of its caller: a scope of the key, any valid key, nothing, or `read` unless a stream ticket is in the URL. */
export type Access = KeyScope | "any" | "public" | "read_or_ticket";

/** The middleware for an access rule. Sets `caller`, `user` and `repeatKey`. */
export const access =
  (rule: Access): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    if (rule === "public" || (rule === "read_or_ticket" && c.req.query("ticket") !== undefined)) return next();
    const caller = await authenticate(c);
    refuseInBrowser(c);
    await passGate(c, caller);
    const scope = rule === "read_or_ticket" ? "read" : rule;
    if (scope !== "any" && !caller.scopes.includes(scope)) {
      throw apiError("missing_scope", `This key lacks the scope \`${scope}\`; it has ${caller.scopes.join(", ")}.`);
    }
    c.set("caller", caller);
    c.set("user", userOf(c.req.raw.headers));
    c.set("repeatKey", repeatKeyOf(c.req.raw.headers));
    await next();
    if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "private, no-store");
  };

async function authenticate(c: Ctx): Promise<Caller> {
  try {
    return callerOf(await ownerBehind(c));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) await countRefused(c);
    throw error;
  }
}

/** The key's owner. A key of the wrong form or checksum is refused without a database read. */
async function ownerBehind(c: Ctx): Promise<KeyOwner> {
  const sent = credentialOf(c.req.raw.headers);
  if (sent === null)
    throw apiError("unauthenticated", "Send the API key as `Authorization: Bearer <key>` or `X-Api-Key: <key>`.");
  if (modeOfKey(sent) === null)
    throw apiError("unauthenticated", "This is not an API key of ours, or it was mistyped.");
  const maxAgeMs = c.req.method === "GET" || c.req.method === "HEAD" ? READ_MAX_AGE_MS : WRITE_MAX_AGE_MS;
  const owner = await ownerOf(await keyHash(sent), maxAgeMs, (hash) => findOrRefuse(c, hash));
  if (owner === null) throw apiError("unauthenticated", "No such API key.");
  return owner;
}

async function findOrRefuse(c: Ctx, hash: string): Promise<KeyOwner | null> {
  try {
    return await findKey(c.env.DB, hash);
  } catch {
    throw apiError("auth_unavailable", "Keys cannot be looked up at the moment; try again.", { retryAfterSeconds: 1 });
  }
}

function callerOf(owner: KeyOwner): Caller {
  if (owner.revokedAt !== null) throw apiError("key_revoked", "This API key was revoked; use another one.");
  if (owner.expiresAt !== null && owner.expiresAt <= Date.now())
    throw apiError("key_expired", "This API key has expired; use another one.");
  if (owner.tenantState !== "active") throw apiError("tenant_paused", "The operator has paused this account.");
  const { tenant, mode, tenantName, tier, scopes, id: keyId } = owner;
  return { tenant, mode, tenantName, tier, scopes, keyId };
}

/** Whoever opens the page can read the key in it. Our own reference page, where a developer types one, is the exception. */
function refuseInBrowser(c: Ctx): void {
  const origin = c.req.header("Origin");
  if (origin === undefined || origin === c.var.origin || origin === new URL(c.req.url).origin) return;
  const hint = "POST /v1/users/{id}/tokens";
  throw new ApiError(
    refusal("key_in_browser", "An API key was sent from a web page; give browsers a user token instead.", { hint }),
  );
}
