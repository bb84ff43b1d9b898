/**
 * Apps that people connect to the MCP endpoint by OAuth.
 *
 * An app's access is a row among the keys that ends with the key of the person who approved it: scopes, revocation, limits,
 * usage and the audit log apply to it as to a key. What it holds are tokens in D1, each found by its hash. Requests and
 * registrations of clients are not stored: both are encrypted and given to the client, which sends them back.
 */
import { type AppTokenKind, isAppToken, issueKey, keyHash } from "../core/auth.ts";
import { decrypt, encrypt, reEncrypt } from "../core/crypto.ts";
import { plainId } from "../core/ids.ts";
import {
  ACCESS_TOKEN_MS,
  APP_IDLE_MS,
  APPROVAL_MS,
  APPS_PER_KEY,
  CLIENT_DOCUMENT_BYTES,
  CLIENT_DOCUMENT_MS,
  CODE_MS,
  OAUTH_CLIENT_ID_CHARS,
} from "../core/limits.ts";
import {
  type AppScope,
  type AuthorizationRequest,
  isListed,
  isRedirectUri,
  isVerifierOf,
  mcpResource,
  type OauthClient,
  type OauthFault,
  oauthFault,
  oauthParametersOf,
  type Registration,
  readAuthorization,
  readClientDocument,
  readRegistration,
  redirectHostOf,
  redirectWith,
  resourceFault,
} from "../core/oauth.ts";
import { err, ok, type Result } from "../core/result.ts";
import { explainTarget, resolveTarget, USER_AGENT } from "../core/ssrf.ts";
import { type EpochMs, SECOND_MS } from "../core/time.ts";
import { type Ctx, random, rootsOf, userHashOfName } from "../http/context.ts";
import { entryOf } from "../http/idempotency.ts";
import { appOwner, authenticateAppId } from "../http/middleware/auth.ts";
import { checkRateLimit, countLookup, countRejected } from "../http/middleware/limits.ts";
import { apiError } from "../http/problem.ts";
import { exchangeToken, findAppToken, type HeldToken, insertCode } from "../store/apps.ts";
import { auditRow } from "../store/audit.ts";
import { openStream } from "../store/chunks.ts";
import { endOldApps, insertKey, type StoredApp } from "../store/keys.ts";
import { getKey, revokeStoredKey } from "./keys.ts";

/** What a text is encrypted for: a registration cannot be used as a request. */
const REGISTRATION = "oauth|client";
const REQUEST = "oauth|request";

/* Clients. */

/** A client that registered itself: its id is its registration, encrypted, so that no table can be filled with clients. */
export async function registerClient(c: Ctx, sent: unknown): Promise<Result<OauthClient, OauthFault>> {
  const read = readRegistration(sent);
  if (!read.ok) return read;
  const id = await encrypt(JSON.stringify(read.value), REGISTRATION, rootsOf(c.var.config), random);
  return ok({ id, host: null, ...read.value });
}

async function clientOf(c: Ctx, id: string): Promise<Result<OauthClient, OauthFault>> {
  if (id === "") return oauthFault("invalid_request", "client_id is required.");
  if (id.length > OAUTH_CLIENT_ID_CHARS)
    return oauthFault("invalid_client", `client_id may have at most ${OAUTH_CLIENT_ID_CHARS} characters.`);
  if (/^https?:/i.test(id)) return publishedClient(c, id);
  const { mayRegister } = c.var.config;
  const registered = mayRegister ? await decrypt(id, REGISTRATION, rootsOf(c.var.config)) : null;
  if (registered !== null) return ok({ id, host: null, ...(JSON.parse(registered) as Registration) }); // written above
  const how = mayRegister ? "registered here" : "the https address of a client's description";
  return oauthFault("invalid_client", `The client is unknown: client_id must be ${how}.`);
}

/** A client that publishes its description at its client id. */
async function publishedClient(c: Ctx, id: string): Promise<Result<OauthClient, OauthFault>> {
  const { rules, resolve } = c.var.config.targets;
  const own = new URL(c.req.url).hostname; // a request to ourselves could make another
  const target = await resolveTarget(id, { rules: { ...rules, ownHosts: [...rules.ownHosts, own] }, resolve }).catch(
    () => null,
  );
  if (target === null) return unreadable("its host cannot be looked up now");
  if (!target.ok) return unreadable(explainTarget(target.error));
  if (target.value.href !== id || target.value.pathname === "/")
    return unreadable("client_id must be a whole URL with a path, without fragment, as a browser would write it");
  const found = await fetchJson(target.value.href).catch(() => null);
  if (found === null)
    return unreadable(
      `it must answer 200 with JSON of at most ${CLIENT_DOCUMENT_BYTES} bytes, without a redirect, in time`,
    );
  return readClientDocument(id, found);
}

const unreadable = (why: string) => oauthFault("invalid_client", `The client's description cannot be read: ${why}`);

/** JSON at an address that was checked; null if it is none, too large or redirected. Throws what the network throws. */
async function fetchJson(address: string): Promise<unknown> {
  const signal = AbortSignal.timeout(CLIENT_DOCUMENT_MS);
  const headers = { accept: "application/json", "user-agent": USER_AGENT };
  const { status, body } = await fetch(address, { headers, redirect: "manual", signal });
  if (body === null) return null;
  const reader = openStream(body, { idleMs: CLIENT_DOCUMENT_MS, signal }, Date.now() + CLIENT_DOCUMENT_MS);
  try {
    if (status !== 200) return null;
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
    let [text, size] = ["", 0];
    for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
      size += chunk.byteLength;
      if (size > CLIENT_DOCUMENT_BYTES) return null;
      text += decoder.decode(chunk, { stream: true });
    }
    return JSON.parse(text + decoder.decode());
  } finally {
    reader.cancel();
  }
}

/* A person's approval. */

/** A client's request as the console sends it back. */
type PendingRequest = AuthorizationRequest & {
  /** SHA-256 of the client id, hex. */
  readonly client: string;
  readonly name: string;
  readonly host: string | null;
  readonly redirectUri: string;
  readonly until: EpochMs;
};

/**
 * Checks a client's request; the value is its encrypted form, for the console's page. A request that is wrong is never answered
 * to the client's address: anyone can be a client, and could lead people anywhere through us.
 */
export async function prepareApproval(c: Ctx, sent: URLSearchParams): Promise<Result<string, OauthFault>> {
  await countLookup(c);
  const parameters = oauthParametersOf(sent);
  if (!parameters.ok) return parameters;
  const read = readAuthorization(parameters.value, mcpResource(c.var.origin));
  if (!read.ok) return read;
  const client = await clientOf(c, parameters.value.get("client_id") ?? "");
  if (!client.ok) return client;
  const redirectUri = parameters.value.get("redirect_uri") ?? "";
  if (!isRedirectUri(redirectUri) || !isListed(redirectUri, client.value.redirectUris))
    return oauthFault("invalid_request", "redirect_uri is required, and must be one that the client lists.");
  const { id, name, host } = client.value;
  const until = Date.now() + APPROVAL_MS;
  const request: PendingRequest = { ...read.value, client: await keyHash(id), name, host, redirectUri, until };
  return ok(await encrypt(JSON.stringify(request), REQUEST, rootsOf(c.var.config), random));
}

async function openRequest(c: Ctx, encrypted: string): Promise<PendingRequest> {
  const text = await decrypt(encrypted, REQUEST, rootsOf(c.var.config));
  const request = text === null ? null : (JSON.parse(text) as PendingRequest); // written by prepareApproval only
  if (request !== null && request.until > Date.now()) return request;
  throw apiError("link_expired", "This request of an app has expired or was changed; connect it again from the app.");
}

/** What a person is asked, in a session of the console. */
export async function readApproval(c: Ctx, encrypted: string) {
  const { name, host, redirectUri, scopes } = await openRequest(c, encrypted);
  const granted = grantedOf(c, scopes);
  return {
    name,
    host,
    redirect_host: redirectHostOf(redirectUri),
    mode: c.var.caller.mode,
    scopes: granted,
    missing_scopes: scopes.filter((scope) => !granted.includes(scope)),
  };
}

/** Never more than the key of the session has. */
const grantedOf = (c: Ctx, scopes: readonly AppScope[]): readonly AppScope[] =>
  scopes.filter((scope) => c.var.caller.scopes.includes(scope));

/** The address to which the person's browser goes when the app was denied. */
export async function denyApp(c: Ctx, encrypted: string): Promise<string> {
  const { redirectUri, state } = await openRequest(c, encrypted);
  return redirectWith(redirectUri, { error: "access_denied", state, iss: c.var.origin });
}

/** Connects the app, for the user if one is named; returns the address to which the person's browser goes with the code. */
export async function approveApp(c: Ctx, encrypted: string, user: string | null): Promise<string> {
  const { DB } = c.env;
  const { tenant, mode, keyId, parent, ...caller } = c.var.caller;
  const { client, name, host, redirectUri, state, challenge, scopes: asked } = await openRequest(c, encrypted);
  const scopes = grantedOf(c, asked);
  if (scopes.length === 0)
    throw apiError("missing_scope", `The app asks for ${asked.join(", ")}; this key has ${caller.scopes.join(", ")}.`);
  const at = Date.now();
  const id = plainId("key", at, random);
  const opener = parent?.id ?? keyId;
  const app: StoredApp = {
    client,
    host,
    redirectHost: redirectHostOf(redirectUri),
    user:
      user === null
        ? null
        : {
            hash: await userHashOfName(tenant, user),
            name: await encrypt(user, appOwner(id), rootsOf(c.var.config), random),
          },
  };
  const code = issueKey("code", random);
  const expiresAt = at + CODE_MS; // until the app has its first tokens
  const unmatched = `app:${id}`;
  const record = { hash: unmatched, id, tenant, mode, name, hint: "", scopes, createdAt: at, expiresAt };
  const detail = { scopes, app: name, app_host: host, redirect_host: app.redirectHost, approved_by: opener };
  await DB.batch([
    insertKey(DB, { ...record, replaces: null, parent: opener, app }),
    insertCode(DB, { hash: await keyHash(code), key: id, expiresAt, challenge, redirectUri }),
    endOldApps(DB, opener, at, APPS_PER_KEY),
    auditRow(DB, entryOf(c, { tenant, mode, at, action: "key.created", target: id, detail })),
  ]);
  return redirectWith(redirectUri, { code, state, iss: c.var.origin });
}

/* Tokens. */

const GRANTS = { authorization_code: "code", refresh_token: "refresh" } as const satisfies Record<string, AppTokenKind>;
const isGrantType = (type: string): type is keyof typeof GRANTS => Object.hasOwn(GRANTS, type);

/** The answer to a request for tokens (RFC 6749, 5.1). */
export type AppTokens = {
  readonly access_token: string;
  readonly token_type: "Bearer";
  readonly expires_in: number;
  readonly refresh_token: string;
  readonly scope: string;
};

/** Gives an app tokens for a code or a refresh token. One that was used before disconnects the app: two programs have it. */
export async function requestTokens(c: Ctx, text: string): Promise<Result<AppTokens, OauthFault>> {
  await countLookup(c);
  const given = await exchange(c, text);
  if (!given.ok && given.error.error === "invalid_grant") await countRejected(c);
  return given;
}

async function exchange(c: Ctx, text: string): Promise<Result<AppTokens, OauthFault>> {
  const parameters = oauthParametersOf(new URLSearchParams(text));
  if (!parameters.ok) return parameters;
  const sent = parameters.value;
  const type = sent.get("grant_type") ?? "";
  if (!isGrantType(type))
    return oauthFault("unsupported_grant_type", "grant_type must be authorization_code or refresh_token.");
  const wrong = resourceFault(sent, mcpResource(c.var.origin));
  if (wrong !== null) return err(wrong);
  const token = sent.get(type === "authorization_code" ? "code" : "refresh_token") ?? "";
  const hash = await keyHash(token);
  const held = isAppToken(token, GRANTS[type]) ? await findAppToken(c.env.DB, hash, GRANTS[type]) : null;
  if (held === null) return rejected(type, "does not exist");
  const fault = await proofFault(held, sent);
  if (fault !== null) return rejected(type, fault);
  if (held.isUsed) return disconnect(c, held, type);
  const now = Date.now();
  if (held.expiresAt <= now) return rejected(type, "has expired");
  const caller = await authenticateAppId(c, held.key);
  await checkRateLimit(c, caller, false);
  const end = Math.min(now + APP_IDLE_MS, caller.parent?.endsAt ?? Number.POSITIVE_INFINITY);
  const [access, refresh] = [issueKey("access", random), issueKey("refresh", random)];
  const expiresAt = Math.min(now + ACCESS_TOKEN_MS, end);
  const tokens = {
    access: { hash: await keyHash(access), expiresAt },
    refresh: { hash: await keyHash(refresh), expiresAt: end },
  };
  if (!(await exchangeToken(c.env.DB, hash, tokens, now, await reEncrypted(c, held)))) return disconnect(c, held, type);
  return ok({
    access_token: access,
    token_type: "Bearer",
    expires_in: Math.floor((expiresAt - now) / SECOND_MS),
    refresh_token: refresh,
    scope: caller.scopes.join(" "),
  });
}

/** The app with its user encrypted under the current root secret; null if it is, or has none. */
async function reEncrypted(c: Ctx, { key, app }: HeldToken): Promise<StoredApp | null> {
  const name = app.user && (await reEncrypt(app.user.name, appOwner(key), rootsOf(c.var.config), random));
  return app.user === null || name === null ? null : { ...app, user: { ...app.user, name } };
}

/** What shows that the sender is not the client to which the code or refresh token was given; null if nothing does. */
async function proofFault({ app, challenge, redirectUri }: HeldToken, sent: ReadonlyMap<string, string>) {
  if ((await keyHash(sent.get("client_id") ?? "")) !== app.client) return "was given to another client_id";
  if (challenge === null) return null;
  if ((sent.get("redirect_uri") ?? redirectUri) !== redirectUri) return "was sent to another redirect_uri";
  return (await isVerifierOf(sent.get("code_verifier") ?? "", challenge))
    ? null
    : "needs the code_verifier of its request";
}

const rejected = (type: keyof typeof GRANTS, why: string) =>
  oauthFault("invalid_grant", `The ${type === "authorization_code" ? "code" : "refresh token"} ${why}.`);

async function disconnect(c: Ctx, { key }: HeldToken, type: keyof typeof GRANTS): Promise<Result<never, OauthFault>> {
  c.set("actor", key);
  await revokeStoredKey(c, await getKey(c, key), true);
  return rejected(type, "was used before, so the app was disconnected; connect it again");
}
