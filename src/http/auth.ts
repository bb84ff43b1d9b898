/** Who asks, and whether they may: the one access rule that every route but the public ones stands behind. */
import type { MiddlewareHandler } from "hono";
import { refusal } from "../core/errors.ts";
import { userHash } from "../core/ids.ts";
import { rateLimitHeaders } from "../core/quota.ts";
import { SECOND_MS } from "../core/time.ts";
import type { KeyScope } from "../core/wire/key.ts";
import { ApiError, apiError } from "./api-error.ts";
import type { AppEnv, Caller, Ctx } from "./context.ts";
import { credentialOf } from "./credential.ts";
import { countRefused, passGate, policyOf, tiersOf } from "./gate.ts";
import { judgeKey } from "./key-verdict.ts";
import { repeatKeyOf, userOf } from "./request-headers.ts";
import { judgeUserToken } from "./token-verdict.ts";
import { isUserToken } from "./user-token.ts";

/**
 * What a route asks of its caller: a scope of the key, any valid key, nothing, `read` unless a stream ticket is in the URL, or
 * one of several scopes: whoever may send an upload's bytes may ask how far they came, since no resumable client works without;
 * and whoever may make something may make the user that it is for.
 */
export type Access = KeyScope | "any" | "public" | "read_or_ticket" | "read_or_upload" | "chat_or_upload_or_render";

/** Which credentials a route takes. User tokens are let in only where a route says so: most things are the tenant's own. */
export type Credentials = "key" | "key_or_user_token";

/**
 * How a route's callers are counted at the flood gate. `stops`: it ends a credential, so a caller who may use it is not asked to
 * wait: whoever is flooded must be able to end the flood. `bytes`: it is what a client that sends an upload piece by piece asks, so it is
 * counted apart; a GET of the same route is not.
 */
export type Flow = "usual" | "stops" | "bytes";

/** The middleware for an access rule. Sets `caller`, `user` and `repeatKey`. */
export const access =
  (rule: Access, credentials: Credentials, flow: Flow = "usual"): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    if (rule === "public" || (rule === "read_or_ticket" && c.req.query("ticket") !== undefined)) return next();
    const caller = await authenticate(c);
    if (caller.pass === null) refuseInBrowser(c, caller);
    const isFree = flow === "stops" && caller.pass === null && hasScope(rule, caller);
    const isBytes = flow === "bytes" && c.req.method !== "GET";
    if (!isFree) await passGate(c, caller, isBytes);
    if (caller.pass !== null && credentials === "key")
      throw apiError(
        "key_required",
        "A user token does not open this route; call it from your server with an API key.",
      );
    refuseScopes(rule, caller);
    const user = await namedUser(c, caller);
    const named = user === null || caller.pass !== null ? null : await userHash(caller.tenant, user);
    c.set("caller", { ...caller, named });
    c.set("actor", caller.keyId);
    c.set("user", user);
    c.set("repeatKey", repeatKeyOf(c.req.raw.headers));
    await next();
    stampCaller(c, caller, isBytes);
  };

/** One of these scopes is needed; none for a route that takes any key. */
function scopesFor(rule: Access): readonly KeyScope[] {
  if (rule === "any" || rule === "public") return [];
  if (rule === "read_or_upload") return ["read", "upload"];
  if (rule === "chat_or_upload_or_render") return ["chat", "upload", "render"];
  return [rule === "read_or_ticket" ? "read" : rule];
}

/** Refuses a caller without a scope that only some requests of a route need. */
export const requireScope = (caller: Caller, scope: KeyScope): void => refuseScopes(scope, caller);

function refuseScopes(rule: Access, caller: Caller): void {
  if (hasScope(rule, caller)) return;
  const named = scopesFor(rule)
    .map((scope) => `\`${scope}\``)
    .join(" or ");
  throw apiError("missing_scope", `This needs the scope ${named}; yours are ${caller.scopes.join(", ")}.`);
}

function hasScope(rule: Access, { scopes }: Caller): boolean {
  const needed = scopesFor(rule);
  return needed.length === 0 || needed.some((scope) => scopes.includes(scope));
}

/** The user that the header names. A user token speaks for its own user alone, who need not be named again. */
async function namedUser(c: Ctx, caller: Caller): Promise<string | null> {
  const user = userOf(c.req.raw.headers);
  if (user === null || caller.pass === null || (await userHash(caller.tenant, user)) === caller.pass.uh) return user;
  throw apiError("wrong_user", "X-User-Id names another user than the token; leave the header out.");
}

async function authenticate(c: Ctx): Promise<Caller> {
  try {
    const sent = credentialOf(c.req.raw.headers);
    if (sent === null)
      throw apiError("unauthenticated", "Send the API key as `Authorization: Bearer <key>` or `X-Api-Key: <key>`.");
    if ("fault" in sent) throw apiError("unauthenticated", sent.fault);
    return await (isUserToken(sent.sent) ? judgeUserToken(c, sent.sent) : judgeKey(c, sent.sent));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) await countRefused(c);
    throw error;
  }
}

/** What every answer to a known caller says: the flood gate's tier, what is left of quotas it took from, and of a rotated key that and when it closes (RFC 9745, RFC 8594). */
function stampCaller(c: Ctx, caller: Caller, isBytes: boolean): void {
  const { rotatedAt, endsAt } = caller;
  const { headers } = c.res;
  if (!headers.has("Cache-Control")) headers.set("Cache-Control", "private, no-store");
  if (!c.get("config").local)
    for (const tier of tiersOf(caller, isBytes)) headers.append("RateLimit-Policy", policyOf(tier)); // beside a quota that was met
  for (const limit of c.get("limits"))
    for (const [name, value] of Object.entries(rateLimitHeaders(limit))) headers.append(name, value);
  if (rotatedAt === null) return;
  headers.set("Deprecation", `@${Math.floor(rotatedAt / SECOND_MS)}`);
  if (endsAt !== null) headers.set("Sunset", new Date(endsAt).toUTCString());
}

/**
 * Whoever opens the page can read the key in it. The exceptions are pages that the tenant listed, and our own reference page,
 * where a developer types one.
 */
function refuseInBrowser(c: Ctx, { origins }: Caller): void {
  const origin = c.req.header("Origin");
  if (origin === undefined || [...origins, c.var.origin, new URL(c.req.url).origin].includes(origin)) return;
  const hint = "POST /v1/users/{id}/tokens";
  throw new ApiError(
    refusal("key_in_browser", "An API key was sent from a web page; give browsers a user token instead.", { hint }),
  );
}
