/**
 * Authentication and access rules of all routes except the public ones: credentials of every kind, user tokens, and a cache of
 * API keys.
 */

import type { MiddlewareHandler } from "hono";
import { sign, verify } from "hono/jwt";
import * as z from "zod";
import type { Scope } from "../../core/address.ts";
import { isAppToken, keyHash, modeOfKey, tokenExpired, tokenRevoked, type UserGrant } from "../../core/auth.ts";
import { decrypt, deriveBytes, kidOf, type RootSecrets, secretOfKid } from "../../core/crypto.ts";
import { base64url, fromBase64, sha256 } from "../../core/encoding.ts";
import { type Problem, problemOf } from "../../core/errors.ts";
import type { KeyId, TenantId } from "../../core/ids.ts";
import {
  IDEMPOTENCY_KEY_CHARS,
  KEY_LOOKUP_MS,
  KEY_READ_MAX_AGE_MS,
  KEY_UNKNOWN_MAX_AGE_MS,
  KEY_WRITE_MAX_AGE_MS,
  KEYS_REMEMBERED,
} from "../../core/limits.ts";
import { Lru } from "../../core/lru.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type EpochMs, SECOND_MS, toDay } from "../../core/time.ts";
import { rateLimitHeaders } from "../../core/usage/quota.ts";
import { mode, plain } from "../../core/wire/common.ts";
import type { KeyScope } from "../../core/wire/key.ts";
import { isUserName, USER_NAME_RULE, USER_SCOPES, type UserScope } from "../../core/wire/user.ts";
import { findKey, findKeyById, findKeyOfApp, type KeyOwner, recordKeyUse } from "../../store/keys.ts";
import { isTenantStopped } from "../../store/tenants.ts";
import { withTimeout } from "../../timeout.ts";
import { type AppEnv, type Caller, type Ctx, rootsOf, runAfterResponse, userHashOfName } from "../context.ts";
import { ApiError, apiError } from "../problem.ts";
import { checkRateLimit, countLookup, countRejected, policyOf, tiersOf } from "./limits.ts";

/* The credential in the request's headers. */

/** The prefix of an API key or a user token. */
const CREDENTIAL = /^(ngw_|eyJ)/;
/** A scheme that an error may repeat. A key sent without a scheme must not be repeated. */
const SCHEME = /^[A-Za-z][A-Za-z-]{0,19}$/;

/** The credential's text, or what is wrong with the header. */
export type SentCredential = { readonly sent: string } | { readonly fault: string };

const HOW_TO_SEND =
  "send the API key as `Authorization: Bearer <key>`, as `X-Api-Key: <key>`, or as the user name or password of Basic";

/**
 * The credential: `Authorization: Bearer <key>`, `X-Api-Key: <key>`, or `Authorization: Basic`, where tools send the key as
 * the user name or as the password. Null if none was sent.
 */
export function credentialOf(headers: Headers): SentCredential | null {
  const authorization = headers.get("Authorization")?.trim();
  const apiKey = headers.get("X-Api-Key")?.trim();
  if (authorization === undefined) return apiKey === undefined ? null : keyIn(apiKey, "X-Api-Key");
  const [scheme = "", value = ""] = authorization.split(/\s+/, 2);
  if (scheme.toLowerCase() === "bearer") return keyIn(value, "Authorization: Bearer");
  if (scheme.toLowerCase() === "basic") return ofBasic(value);
  if (apiKey) return { sent: apiKey };
  if (CREDENTIAL.test(scheme)) return { fault: `The Authorization header has a key without a scheme; ${HOW_TO_SEND}.` };
  const named = SCHEME.test(scheme) ? ` \`${scheme}\`` : "";
  return { fault: `The scheme${named} of the Authorization header is not supported; ${HOW_TO_SEND}.` };
}

const keyIn = (text: string, source: string): SentCredential =>
  text === "" ? { fault: `\`${source}\` has no key.` } : { sent: text };

/** The part of Basic's `user:password` with the prefix of a credential; else the part that is not empty. */
function ofBasic(value: string): SentCredential {
  const bytes = fromBase64(value);
  if (bytes === null || bytes.length === 0)
    return {
      fault: "`Authorization: Basic` must be the base64 of `user:password`, with the API key as one of the two.",
    };
  const [user = "", ...rest] = new TextDecoder().decode(bytes).split(":");
  const password = rest.join(":");
  const sent = [user, password].find((part) => CREDENTIAL.test(part)) ?? (user === "" ? password : user);
  return keyIn(sent, "Authorization: Basic");
}

/* The other headers that every route reads: `X-User-Id` and `Idempotency-Key`. */

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** The tenant's own id of the user, 1 to 128 characters; null if the header is absent. */
export function userOf(headers: Headers): string | null {
  const user = headers.get("X-User-Id");
  if (user === null || isUserName(user)) return user;
  throw apiError("invalid_request", `header:X-User-Id: ${USER_NAME_RULE}`, {
    errors: [{ field: "header:X-User-Id", message: USER_NAME_RULE }],
  });
}

/** The Idempotency-Key, at most 255 visible ASCII characters; null if the header is absent. */
export function idempotencyKeyOf(headers: Headers): string | null {
  const key = headers.get("Idempotency-Key");
  if (key === null) return null;
  if (key.length <= IDEMPOTENCY_KEY_CHARS && VISIBLE_ASCII.test(key)) return key;
  const message = `must have 1 to ${IDEMPOTENCY_KEY_CHARS} visible ASCII characters`;
  throw apiError("invalid_header", `Idempotency-Key ${message}.`, {
    errors: [{ field: "header:Idempotency-Key", message }],
  });
}

/* Links and stream tickets need no key, so they check themselves whether their tenant is paused. */

/** Throws if the tenant is paused or being deleted. If its state is unknown, links and tickets keep working. */
export async function checkStopped({ env, var: { config } }: Ctx, tenant: TenantId): Promise<void> {
  if ((await isTenantStopped(env.DB, tenant, config.timings.tenantState, Date.now())) === true) throw tenantPaused();
}

export const tenantPaused = () => apiError("tenant_paused", "The operator has paused this account.");

/* API keys: from the header's text, or the key id in a user token, to the owner's current rights. */

/** The caller of an API key. A key with a wrong format or checksum is rejected without a database read. */
export async function authenticateKey(c: Ctx, sent: string): Promise<Caller> {
  const owner = await keyOwner(await hashOfKey(sent), maxAgeOf(c), async (hash) => {
    if (modeOfKey(sent) === null) throw apiError("unauthenticated", explainForm(sent));
    if (!isCached(hash)) await countLookup(c);
    return lookup(c, findKey(c.env.DB, hash));
  });
  if (owner === null) throw apiError("unauthenticated", "This API key does not exist.");
  return callerOf(owner, Date.now());
}

/** What is wrong with the key's format, without repeating the key. */
const explainForm = (sent: string): string =>
  /^ngw_(test|live)_/.test(sent)
    ? "This API key is incomplete or mistyped: its checksum is wrong. Copy the whole key again."
    : "This is not an API key of this gateway; keys start with `ngw_test_` or `ngw_live_`.";

/** The caller of the key with this id; null if it is unknown, revoked or expired. */
export async function authenticateKeyId(c: Ctx, id: KeyId): Promise<Caller | null> {
  const owner = await keyOwner(id, maxAgeOf(c), () => lookup(c, findKeyById(c.env.DB, id)));
  return owner !== null && isOpen(owner, Date.now()) ? callerOf(owner, Date.now()) : null;
}

const maxAgeOf = ({ req }: Ctx): number =>
  req.method === "GET" || req.method === "HEAD" ? KEY_READ_MAX_AGE_MS : KEY_WRITE_MAX_AGE_MS;

/** Awaits a key look-up in D1, with a timeout, and records once a day that the key was used. */
async function lookup(c: Ctx, read: Promise<KeyOwner | null>): Promise<KeyOwner | null> {
  const unavailable = (): never => {
    throw apiError("auth_unavailable", "API keys cannot be verified at the moment; try again.", {
      retryAfterSeconds: 1,
    });
  };
  const owner = await withTimeout(read, KEY_LOOKUP_MS, unavailable).catch(unavailable);
  const today = toDay(Date.now());
  if (owner !== null && owner.lastUsedOn !== today && isOpen(owner, Date.now()))
    runAfterResponse(c, recordKeyUse(c.env.DB, owner.id, today));
  return owner;
}

const isPast = (moment: EpochMs | null, now: EpochMs): boolean => moment !== null && moment <= now;
const isOpen = ({ revokedAt, expiresAt }: KeyOwner, now: EpochMs): boolean =>
  !isPast(revokedAt, now) && !isPast(expiresAt, now);

function callerOf(owner: KeyOwner, now: EpochMs): Caller {
  const { app } = owner;
  if (isPast(owner.revokedAt, now))
    throw apiError(
      "key_revoked",
      app === null ? "This API key was revoked; use another key." : "This app was disconnected; connect it again.",
    );
  if (isPast(owner.expiresAt, now))
    throw apiError(
      "key_expired",
      app === null ? "This API key has expired; use another key." : "This app's access has ended; connect it again.",
    );
  if (owner.tenantState !== "active") throw tenantPaused();
  const { tenant, mode, tenantName, tier, origins, quotas, attribution, scopes, id: keyId } = owner;
  const { rotatedAt, revokedAt, expiresAt, parent } = owner;
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
    parent,
    app: null,
    grant: null,
  };
}

/* Connected apps: an access token leads to the app's row among the keys. */

/** Hashes of access tokens that exist. Look-ups of others are counted by their sender, as those of keys. */
const accessTokens = new Lru<true>(KEYS_REMEMBERED);

/**
 * The caller of an app's access token. Nothing about it is cached: each request reads D1, so that a revocation holds everywhere
 * at once.
 */
async function authenticateApp(c: Ctx, sent: string): Promise<Caller> {
  const hash = await keyHash(sent);
  if (!accessTokens.has(hash)) await countLookup(c);
  const owner = await lookup(c, findKeyOfApp(c.env.DB, hash, Date.now()));
  if (owner === null)
    throw apiError(
      "unauthenticated",
      "This access token has expired or does not exist; request one with the refresh token.",
    );
  accessTokens.set(hash, true);
  return { ...callerOf(owner, Date.now()), app: { user: await userOfApp(c, owner) } };
}

/** What an app's user is encrypted for. */
export const appOwner = (id: KeyId): string => `app|${id}`;

/** The tenant's own name of the user that the app acts for; null: as a key alone. */
async function userOfApp(c: Ctx, { id, app }: KeyOwner): Promise<string | null> {
  if (app === null || app.user === null) return null;
  const name = await decrypt(app.user.name, appOwner(id), rootsOf(c.get("config")));
  if (name !== null) return name;
  throw apiError("key_expired", "The root secret under which this app was connected is gone; connect it again.");
}

/** The app of a code or refresh token, by its id among the keys; throws if its access has ended. Not cached either. */
export const authenticateAppId = async (c: Ctx, id: KeyId): Promise<Caller> => {
  const owner = await lookup(c, findKeyById(c.env.DB, id));
  if (owner === null) throw apiError("key_revoked", "This app was disconnected; connect it again.");
  return callerOf(owner, Date.now());
};

/* User tokens: the token's claims and the rights of its key. The user's object checks for a sign-out. */

/** The caller of a user token. The token has at most the current scopes of the key that created it and ends with that key. */
export async function authenticateUserToken(c: Ctx, sent: string): Promise<Caller> {
  const read = await readUserToken(sent, rootsOf(c.var.config), Date.now());
  if (!read.ok) throw new ApiError(badToken(read.error));
  const { keyId, tenant, mode, scopes, grant } = read.value;
  const key = await authenticateKeyId(c, keyId);
  if (key === null || key.tenant !== tenant || key.mode !== mode)
    throw new ApiError(tokenRevoked("The API key that created this token is no longer valid"));
  const shared = key.scopes.filter((scope) => scopes.some((own) => own === scope));
  return { ...key, scopes: shared, rotatedAt: null, endsAt: grant.until, grant };
}

function badToken(why: BadToken): Problem {
  if (why === "expired") return tokenExpired();
  if (why === "early")
    return problemOf("unauthenticated", "This user token is not valid yet; check the client's clock.");
  return problemOf("unauthenticated", "This user token is invalid: it was not issued by this gateway or was changed.");
}

/**
 * The access rule of a route: a scope, any valid key, public, `read` unless the URL has a stream ticket, or one of several
 * scopes. `read_or_upload`: resumable clients must read an upload's offset. `chat_or_upload_or_render`: a key that can create
 * resources can create the user they are for.
 */
export type Access = KeyScope | "any" | "public" | "read_or_ticket" | "read_or_upload" | "chat_or_upload_or_render";

/** The credentials that a route accepts. User tokens are accepted only where a route says so. */
export type Credentials = "key" | "key_or_user_token";
/** `any`: also access tokens of connected apps, which are for the MCP endpoint alone. */
type Accepted = Credentials | "any";

/**
 * How a route is counted by the rate limiter. `stops`: it revokes a credential and is not limited for callers who may use it,
 * so that an attack can be stopped. `bytes`: requests of chunked uploads, counted separately; a GET of the route is not.
 */
export type Flow = "usual" | "stops" | "bytes";

/** The middleware of an access rule. Sets `caller`, `actor`, `user` and `idempotencyKey`. */
export const access =
  (rule: Access, credentials: Accepted, flow: Flow = "usual"): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    if (rule === "public" || (rule === "read_or_ticket" && c.req.query("ticket") !== undefined)) return next();
    const caller = await authenticate(c, credentials);
    if (caller.grant === null && caller.app === null) checkInBrowser(c, caller);
    const isUnlimited = flow === "stops" && caller.grant === null && hasScope(rule, caller);
    const isBytes = flow === "bytes" && c.req.method !== "GET";
    if (!isUnlimited) await checkRateLimit(c, caller, isBytes);
    if (caller.grant !== null && credentials === "key")
      throw apiError(
        "key_required",
        "This route does not accept user tokens; call it from your server with an API key.",
      );
    checkScopes(rule, caller);
    const user = await namedUser(c, caller);
    const named = user === null || caller.grant !== null ? null : await userHashOfName(caller.tenant, user);
    c.set("caller", { ...caller, named });
    c.set("actor", caller.keyId);
    c.set("user", user);
    c.set("idempotencyKey", idempotencyKeyOf(c.req.raw.headers));
    await next();
    stampCaller(c, caller, isBytes);
  };

/** The scopes of which the caller needs one; empty for a route that accepts any key. */
function scopesFor(rule: Access): readonly KeyScope[] {
  if (rule === "any" || rule === "public") return [];
  if (rule === "read_or_upload") return ["read", "upload"];
  if (rule === "chat_or_upload_or_render") return ["chat", "upload", "render"];
  return [rule === "read_or_ticket" ? "read" : rule];
}

/** Checks a scope that only some requests of a route need. */
export const requireScope = (caller: Caller, scope: KeyScope): void => checkScopes(scope, caller);

function checkScopes(rule: Access, caller: Caller): void {
  if (hasScope(rule, caller)) return;
  const named = scopesFor(rule)
    .map((scope) => `\`${scope}\``)
    .join(" or ");
  throw apiError(
    "missing_scope",
    `This request needs the scope ${named}; this credential has ${caller.scopes.join(", ")}.`,
  );
}

function hasScope(rule: Access, { scopes }: Caller): boolean {
  const needed = scopesFor(rule);
  return needed.length === 0 || needed.some((scope) => scopes.includes(scope));
}

/**
 * The user named by the header. With a user token or an app that acts for one user, the header is optional and must name that
 * user.
 */
async function namedUser(c: Ctx, caller: Caller): Promise<string | null> {
  const user = userOf(c.req.raw.headers);
  const own = caller.app?.user ?? null;
  if (own !== null && (user === null || user === own)) return own;
  if (own !== null)
    throw apiError("wrong_user", "X-User-Id names another user than the app acts for; leave the header out.");
  if (user === null || caller.grant === null || (await userHashOfName(caller.tenant, user)) === caller.grant.uh)
    return user;
  throw apiError("wrong_user", "X-User-Id names another user than the token; leave the header out.");
}

async function authenticate(c: Ctx, credentials: Accepted): Promise<Caller> {
  try {
    const sent = credentialOf(c.req.raw.headers);
    if (sent === null)
      throw apiError("unauthenticated", "Send the API key as `Authorization: Bearer <key>` or `X-Api-Key: <key>`.");
    if ("fault" in sent) throw apiError("unauthenticated", sent.fault);
    if (isAppToken(sent.sent, "access")) {
      if (credentials === "any") return await authenticateApp(c, sent.sent);
      throw apiError("unauthenticated", "Access tokens of connected apps are for /mcp alone; use an API key here.");
    }
    return await (isUserToken(sent.sent) ? authenticateUserToken(c, sent.sent) : authenticateKey(c, sent.sent));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) await countRejected(c);
    throw error;
  }
}

/** Headers of every response to an authenticated caller: rate limits, quotas, and the deprecation of a rotated key (RFC 9745, RFC 8594). */
function stampCaller(c: Ctx, caller: Caller, isBytes: boolean): void {
  const { rotatedAt, endsAt } = caller;
  const { headers } = c.res;
  if (!headers.has("Cache-Control")) headers.set("Cache-Control", "private, no-store");
  if (!c.get("config").local)
    for (const tier of tiersOf(caller, isBytes)) headers.append("RateLimit-Policy", policyOf(tier)); // in addition to that of a quota
  for (const limit of c.get("limits"))
    for (const [name, value] of Object.entries(rateLimitHeaders(limit))) headers.append(name, value);
  if (rotatedAt === null) return;
  headers.set("Deprecation", `@${Math.floor(rotatedAt / SECOND_MS)}`);
  if (endsAt !== null) headers.set("Sunset", new Date(endsAt).toUTCString());
}

/**
 * Rejects API keys from web pages, where any visitor could read them. Exceptions: the tenant's listed origins, and the
 * gateway's own reference page, where a developer enters a key.
 */
function checkInBrowser(c: Ctx, { origins }: Caller): void {
  const origin = c.req.header("Origin");
  if (origin === undefined || [...origins, c.var.origin, new URL(c.req.url).origin].includes(origin)) return;
  const hint = "POST /v1/users/{id}/tokens";
  throw new ApiError(
    problemOf("key_in_browser", "API keys must not be sent from a web page; use a user token in browsers.", { hint }),
  );
}

/* Operator authentication: closed unless an admin token of at least 32 bytes is configured. */

/** The routes that `METRICS_TOKEN` may read. */
const METRICS_PATHS: readonly string[] = ["/admin/status", "/admin/metrics"];

/**
 * Requires `Authorization: Bearer <ADMIN_TOKEN>`; also accepts the previous token while it is configured, and for the
 * status and the metrics the token for monitoring.
 */
export const adminAuth: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { adminTokens, metricsTokens } = c.var.config;
  const tokens = METRICS_PATHS.includes(c.req.path) ? [...adminTokens, ...metricsTokens] : adminTokens;
  if (adminTokens.length === 0) throw apiError("admin_closed", "No route has this path.");
  const sent = /^Bearer\s+(\S+)$/i.exec(c.req.header("Authorization") ?? "")?.[1] ?? "";
  if (!(await isOneOf(sent, tokens))) {
    await countRejected(c);
    throw apiError("unauthenticated", "Send the operator's token as `Authorization: Bearer <ADMIN_TOKEN>`.");
  }
  c.set("actor", "admin");
  c.set("idempotencyKey", idempotencyKeyOf(c.req.raw.headers));
  await next();
  c.res.headers.set("Cache-Control", "private, no-store");
};

/** Compares hashes of all tokens, so that the time reveals neither length nor content. */
async function isOneOf(sent: string, tokens: readonly string[]): Promise<boolean> {
  const given = await sha256(sent);
  const matches = await Promise.all(
    tokens.map(async (token) => crypto.subtle.timingSafeEqual(given, await sha256(token))),
  );
  return matches.includes(true);
}

/*
 * A cache of API keys per isolate, since most requests use the same few keys.
 *
 * A key revoked in another isolate may still read for a minute and write for 5 s. Times in the row (expiry, the end of a
 * rotation's grace period) apply exactly. Unknown keys are cached separately, so that many of them evict no known key.
 */

/**
 * How long to wait for another request's look-up of the same key, in ms, before starting a new one. A look-up is cancelled
 * with its request, so the wait is bounded.
 */
const SHARED_WAIT_MS = 1_000;

type FindOwner = (hash: string) => Promise<KeyOwner | null>;
type CachedOwner<T> = { readonly owner: T; readonly at: EpochMs };

const knownKeys = new Lru<CachedOwner<KeyOwner>>(KEYS_REMEMBERED);
const unknownKeys = new Lru<CachedOwner<null>>(KEYS_REMEMBERED);
const runningLookups = new Lru<Promise<KeyOwner | null>>(KEYS_REMEMBERED);
/** The hashes of keys that exist, by the key itself: computing one costs more than the rest of a look-up. */
const keyHashes = new Lru<string>(KEYS_REMEMBERED);

/** The hash of a key as it was sent. */
async function hashOfKey(sent: string): Promise<string> {
  const cached = keyHashes.get(sent);
  if (cached !== undefined) return cached;
  const hash = await keyHash(sent);
  if (knownKeys.has(hash)) keyHashes.set(sent, hash);
  return hash;
}

/**
 * The owner of the key with this hash, cached for at most `maxAgeMs`; null if the key did not exist within the last 30 seconds.
 * `find` reads D1, once for concurrent requests; all of them get its error.
 */
export async function keyOwner(hash: string, maxAgeMs: number, find: FindOwner): Promise<KeyOwner | null> {
  const cached = readCached(knownKeys, hash, maxAgeMs) ?? readCached(unknownKeys, hash, KEY_UNKNOWN_MAX_AGE_MS);
  if (cached) return cached.owner;
  const other = runningLookups.get(hash);
  const shared = other && (await withTimeout(other, SHARED_WAIT_MS, () => undefined));
  return shared === undefined ? loadOwner(hash, find) : shared;
}

/** True if a key with this hash is in the cache, at any age. */
const isCached = (hash: string): boolean => knownKeys.has(hash);

/** Removes the keys of a tenant that was just changed, or of which one was. Running look-ups are not cached either. */
export function forgetTenant(tenant: TenantId): void {
  for (const [hash, { owner }] of knownKeys.entries()) if (owner.tenant === tenant) knownKeys.delete(hash);
  runningLookups.clear();
}

async function loadOwner(hash: string, find: FindOwner): Promise<KeyOwner | null> {
  const reading = find(hash);
  runningLookups.set(hash, reading); // stays here if it is cancelled with its request
  try {
    const owner = await reading;
    if (runningLookups.get(hash) !== reading) return owner;
    if (owner === null) unknownKeys.set(hash, { owner, at: Date.now() });
    else knownKeys.set(hash, { owner, at: Date.now() });
    return owner;
  } finally {
    if (runningLookups.get(hash) === reading) runningLookups.delete(hash);
  }
}

/** An entry that is recent enough. */
function readCached<T>(entries: Lru<CachedOwner<T>>, hash: string, maxAgeMs: number): CachedOwner<T> | null {
  const entry = entries.get(hash);
  return entry === undefined || Date.now() - entry.at > maxAgeMs ? null : entry;
}

/*
 * User tokens: JWTs (RFC 7519) for phones and browsers, each bound to tenant, mode, user, sign-out epoch and the key that
 * created it.
 *
 * The algorithm is always HS256 and never taken from the token; `kid` selects one of two root secrets. The signature is checked
 * before any claim, so `expired` is reported only for tokens issued here.
 */

/** The claims of a user token. */
export type UserToken = Scope & {
  readonly keyId: KeyId;
  readonly scopes: readonly UserScope[];
  readonly grant: UserGrant;
};

/** Why a token is invalid. `foreign`: not issued by this gateway, or changed. */
type BadToken = "foreign" | "early" | "expired";

const ALGORITHM = "HS256";
const seconds = z.int().min(0);
const claims = z.object({
  ten: plain("ten"),
  mode,
  sub: z.string().regex(/^[0-9a-z]{16}$/),
  key: plain("key"),
  scp: z.array(z.enum(USER_SCOPES)).min(1),
  epoch: seconds,
  nbf: seconds,
  exp: seconds,
});

/** True for text in the format of a JWT, which no API key has. */
export const isUserToken = (text: string): boolean => /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(text);

/** Signs a token that is valid from `issuedAt`, in whole seconds, until its grant ends. */
export async function signUserToken(token: UserToken, issuedAt: EpochMs, roots: RootSecrets): Promise<string> {
  const { tenant: ten, mode, keyId: key, scopes, grant } = token;
  const nbf = Math.floor(issuedAt / 1000);
  const payload = { ten, mode, sub: grant.uh, key, scp: [...scopes], epoch: grant.epoch, nbf, exp: grant.until / 1000 };
  return sign(payload, await jwkOf(roots.current), ALGORITHM);
}

/** The claims of a token that is valid at `now`. */
export async function readUserToken(
  text: string,
  roots: RootSecrets,
  now: EpochMs,
): Promise<Result<UserToken, BadToken>> {
  const secret = await secretOfKid(kidIn(text), roots);
  if (secret === null) return err("foreign");
  // The times are checked below, after the signature.
  const options = { alg: ALGORITHM, exp: false, nbf: false, iat: false } as const;
  const verified = await verify(text, await jwkOf(secret), options).catch(() => null);
  const found = claims.safeParse(verified);
  if (!found.success) return err("foreign");
  const { ten: tenant, mode, sub: uh, key: keyId, scp: scopes, epoch, nbf, exp } = found.data;
  if (nbf * 1000 > now) return err("early");
  if (exp * 1000 <= now) return err("expired");
  return ok({ tenant, mode, keyId, scopes, grant: { uh, epoch, until: exp * 1000 } });
}

/** The `kid` of a token's header, before verification; empty if there is none. */
function kidIn(text: string): string {
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(fromBase64(text.split(".")[0] ?? "") ?? undefined));
    return z.object({ kid: z.string() }).safeParse(header).data?.kid ?? "";
  } catch {
    return "";
  }
}

const jwkOf = async (secret: string) => ({
  kty: "oct",
  alg: ALGORITHM,
  kid: await kidOf(secret),
  k: base64url(await deriveBytes(secret, "user_token")),
});
