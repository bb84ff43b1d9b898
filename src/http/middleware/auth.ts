/** Who asks, and whether they may: the one access rule that every route but the public ones stands behind. */
import type { MiddlewareHandler } from "hono";
import { keyHash, modeOfKey, tokenExpired, tokenRevoked } from "../../core/auth.ts";
import { fromBase64, sha256 } from "../../core/encoding.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import { type KeyId, type TenantId, userHash } from "../../core/ids.ts";
import { KEY_LOOKUP_MS, KEY_READ_MAX_AGE_MS, KEY_WRITE_MAX_AGE_MS } from "../../core/limits.ts";
import { rateLimitHeaders } from "../../core/quota.ts";
import { type EpochMs, SECOND_MS, toDay } from "../../core/time.ts";
import type { KeyScope } from "../../core/wire/key.ts";
import { findKey, findKeyById, type KeyOwner, noteUse } from "../../store/keys.ts";
import { isTenantStopped } from "../../store/tenants.ts";
import { type AppEnv, type Caller, type Ctx, rootsOf, runAfterResponse } from "../context.ts";
import { ApiError, apiError } from "../problem.ts";
import { type BadToken, isUserToken, readUserToken } from "../user-tokens.ts";
import { idempotencyKeyOf, userOf } from "./headers.ts";
import { isRemembered, ownerOf } from "./key-cache.ts";
import { checkRateLimit, countLookup, countRefused, policyOf, tiersOf } from "./limits.ts";

/* The key inside a request's headers, however it was sent. */

/** What a credential of ours begins with: an API key, or the header of a user token. */
const OURS = /^(ngw_|eyJ)/;
/** A scheme that may be repeated to its sender. A key that was sent without one must not be. */
const SCHEME = /^[A-Za-z][A-Za-z-]{0,19}$/;

/** `fault`: what is wrong with how it was sent. */
export type SentCredential = { readonly sent: string } | { readonly fault: string };

const HOW =
  "send the API key as `Authorization: Bearer <key>`, as `X-Api-Key: <key>`, or as the user name or password of Basic";

/**
 * The sent credential: `Authorization: Bearer <key>`, `X-Api-Key: <key>`, or `Authorization: Basic`, where tools put the key
 * as the user name or as the password. Null when none was sent.
 */
export function credentialOf(headers: Headers): SentCredential | null {
  const authorization = headers.get("Authorization")?.trim();
  const apiKey = headers.get("X-Api-Key")?.trim();
  if (authorization === undefined) return apiKey === undefined ? null : keyIn(apiKey, "X-Api-Key");
  const [scheme = "", value = ""] = authorization.split(/\s+/, 2);
  if (scheme.toLowerCase() === "bearer") return keyIn(value, "Authorization: Bearer");
  if (scheme.toLowerCase() === "basic") return ofBasic(value);
  if (apiKey) return { sent: apiKey };
  if (OURS.test(scheme)) return { fault: `The Authorization header has a key without a scheme; ${HOW}.` };
  const named = SCHEME.test(scheme) ? ` \`${scheme}\`` : "";
  return { fault: `The scheme${named} of the Authorization header is not known here; ${HOW}.` };
}

const keyIn = (text: string, place: string): SentCredential =>
  text === "" ? { fault: `\`${place}\` came without a key.` } : { sent: text };

/** The part of Basic's `user:password` that is ours; else whichever there is. */
function ofBasic(value: string): SentCredential {
  const bytes = fromBase64(value);
  if (bytes === null || bytes.length === 0)
    return {
      fault: "`Authorization: Basic` must be the base64 of `user:password`, with the API key as one of the two.",
    };
  const [user = "", ...rest] = new TextDecoder().decode(bytes).split(":");
  const password = rest.join(":");
  const sent = [user, password].find((part) => OURS.test(part)) ?? (user === "" ? password : user);
  return keyIn(sent, "Authorization: Basic");
}

/* What needs no key, links and stream tickets, asks for itself whether its tenant is stopped. */

/** Refuses while the tenant is paused or being deleted. Where nobody can say, what was handed out goes on working. */
export async function checkStopped({ env, var: { config } }: Ctx, tenant: TenantId): Promise<void> {
  if ((await isTenantStopped(env.DB, tenant, config.waits.tenantState, Date.now())) === true) throw tenantPaused();
}

export const tenantPaused = () => apiError("tenant_paused", "The operator has paused this account.");

/* API keys, judged: from the text in a header, or the id in a user token, to the owner's rights at this moment. */

/** Who holds the key, and until when. A key of the wrong form or checksum is refused without a database read. */
export async function judgeKey(c: Ctx, sent: string): Promise<Caller> {
  const owner = await ownerOf(await keyHash(sent), maxAgeOf(c), async (hash) => {
    if (modeOfKey(sent) === null) throw apiError("unauthenticated", explainForm(sent));
    if (!isRemembered(hash)) await countLookup(c);
    return look(c, findKey(c.env.DB, hash));
  });
  if (owner === null) throw apiError("unauthenticated", "No such API key.");
  return callerOf(owner, Date.now());
}

/** Which part of what was sent as a key is wrong, without repeating any of it. */
const explainForm = (sent: string): string =>
  /^ngw_(test|live)_/.test(sent)
    ? "This API key was mistyped or cut: its checksum is wrong. Copy it again, from its first to its last character."
    : "This is not an API key of ours: one begins with `ngw_test_` or `ngw_live_`.";

/** Who comes on the word of the key with this id; null when it is unknown, revoked or over. */
export async function judgeKeyId(c: Ctx, id: KeyId): Promise<Caller | null> {
  const owner = await ownerOf(id, maxAgeOf(c), () => look(c, findKeyById(c.env.DB, id)));
  return owner !== null && isOpen(owner, Date.now()) ? callerOf(owner, Date.now()) : null;
}

const maxAgeOf = ({ req }: Ctx): number =>
  req.method === "GET" || req.method === "HEAD" ? KEY_READ_MAX_AGE_MS : KEY_WRITE_MAX_AGE_MS;

/** Awaits D1, not for ever. On the way it notes the day on which a key is used, once a day. */
async function look(c: Ctx, asked: Promise<KeyOwner | null>): Promise<KeyOwner | null> {
  const owner = await inTime(asked).catch(() => {
    throw apiError("auth_unavailable", "Keys cannot be looked up at the moment; try again.", { retryAfterSeconds: 1 });
  });
  const today = toDay(Date.now());
  if (owner !== null && owner.lastUsedOn !== today && isOpen(owner, Date.now()))
    runAfterResponse(c, noteUse(c.env.DB, owner.id, today));
  return owner;
}

function inTime<T>(asked: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the key's look-up took too long")), KEY_LOOKUP_MS);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

const isPast = (moment: EpochMs | null, now: EpochMs): boolean => moment !== null && moment <= now;
const isOpen = ({ revokedAt, expiresAt }: KeyOwner, now: EpochMs): boolean =>
  !isPast(revokedAt, now) && !isPast(expiresAt, now);

function callerOf(owner: KeyOwner, now: EpochMs): Caller {
  if (isPast(owner.revokedAt, now)) throw apiError("key_revoked", "This API key was revoked; use another one.");
  if (isPast(owner.expiresAt, now)) throw apiError("key_expired", "This API key has expired; use another one.");
  if (owner.tenantState !== "active") throw tenantPaused();
  const { tenant, mode, tenantName, tier, origins, quotas, attribution, scopes, id: keyId } = owner;
  const { rotatedAt, revokedAt, expiresAt } = owner;
  const ends = [revokedAt, expiresAt].filter((moment) => moment !== null);
  const endsAt = ends.length > 0 ? Math.min(...ends) : null;
  return {
    tenant,
    mode,
    tenantName,
    tier,
    origins,
    quotas,
    attribution,
    scopes,
    keyId,
    rotatedAt,
    endsAt,
    grant: null,
  };
}

/* The sent user token, judged: its own words, then the rights of the key that made it. Its sign-out is its object's to say. */

/** Who comes with a user token. It opens no more than the key that made it does now, and dies with that key. */
export async function judgeUserToken(c: Ctx, sent: string): Promise<Caller> {
  const read = await readUserToken(sent, rootsOf(c.var.config), Date.now());
  if (!read.ok) throw new ApiError(badToken(read.error));
  const { keyId, tenant, mode, scopes, grant } = read.value;
  const maker = await judgeKeyId(c, keyId);
  if (maker === null || maker.tenant !== tenant || maker.mode !== mode)
    throw new ApiError(tokenRevoked("The API key that made this token is no longer valid"));
  const both = maker.scopes.filter((scope) => scopes.some((own) => own === scope));
  return { ...maker, scopes: both, rotatedAt: null, endsAt: grant.until, grant };
}

function badToken(why: BadToken): Problem {
  if (why === "expired") return tokenExpired();
  if (why === "early")
    return problemOf("unauthenticated", "This user token is not valid yet; check the sender's clock.");
  return problemOf("unauthenticated", "This user token is not one of ours, or it was changed.");
}

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

/** The middleware for an access rule. Sets `caller`, `user` and `idempotencyKey`. */
export const access =
  (rule: Access, credentials: Credentials, flow: Flow = "usual"): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    if (rule === "public" || (rule === "read_or_ticket" && c.req.query("ticket") !== undefined)) return next();
    const caller = await authenticate(c);
    if (caller.grant === null) checkInBrowser(c, caller);
    const isFree = flow === "stops" && caller.grant === null && hasScope(rule, caller);
    const isBytes = flow === "bytes" && c.req.method !== "GET";
    if (!isFree) await checkRateLimit(c, caller, isBytes);
    if (caller.grant !== null && credentials === "key")
      throw apiError(
        "key_required",
        "A user token does not open this route; call it from your server with an API key.",
      );
    checkScopes(rule, caller);
    const user = await namedUser(c, caller);
    const named = user === null || caller.grant !== null ? null : await userHash(caller.tenant, user);
    c.set("caller", { ...caller, named });
    c.set("actor", caller.keyId);
    c.set("user", user);
    c.set("idempotencyKey", idempotencyKeyOf(c.req.raw.headers));
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
export const requireScope = (caller: Caller, scope: KeyScope): void => checkScopes(scope, caller);

function checkScopes(rule: Access, caller: Caller): void {
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
  if (user === null || caller.grant === null || (await userHash(caller.tenant, user)) === caller.grant.uh) return user;
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
function checkInBrowser(c: Ctx, { origins }: Caller): void {
  const origin = c.req.header("Origin");
  if (origin === undefined || [...origins, c.var.origin, new URL(c.req.url).origin].includes(origin)) return;
  const hint = "POST /v1/users/{id}/tokens";
  throw new ApiError(
    problemOf("key_in_browser", "An API key was sent from a web page; give browsers a user token instead.", { hint }),
  );
}

/* The operator's door: shut unless an admin token of at least 32 bytes is configured. */

/** Lets `Authorization: Bearer <ADMIN_TOKEN>` pass; the previous token passes too while it is configured. */
export const adminDoor: MiddlewareHandler<AppEnv> = async (c, next) => {
  const tokens = c.var.config.adminTokens;
  if (tokens.length === 0) throw apiError("admin_closed", "No route has this path.");
  const sent = /^Bearer\s+(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1] ?? "";
  if (!(await isOneOf(sent, tokens))) {
    await countRefused(c);
    throw apiError("unauthenticated", "Send the operator's token as `Authorization: Bearer <ADMIN_TOKEN>`.");
  }
  c.set("actor", "admin");
  c.set("idempotencyKey", idempotencyKeyOf(c.req.raw.headers));
  await next();
  c.res.headers.set("Cache-Control", "private, no-store");
};

/** Compares hashes, so that neither length nor content shows in the time it takes; every token is compared. */
async function isOneOf(sent: string, tokens: readonly string[]): Promise<boolean> {
  const given = await sha256(sent);
  const verdicts = await Promise.all(
    tokens.map(async (token) => crypto.subtle.timingSafeEqual(given, await sha256(token))),
  );
  return verdicts.includes(true);
}
