/**
 * OAuth 2.1 for clients of the MCP endpoint, without storage and network: what a client asks for, which redirect URIs are
 * allowed, and the metadata that clients find everything by. Every client is public: it has no secret, and proves itself by
 * PKCE and its redirect URI.
 */
import * as z from "zod";
import { base64url, sha256 } from "./encoding.ts";
import {
  CLIENT_NAME_CHARS,
  CLIENT_REDIRECTS,
  OAUTH_STATE_CHARS,
  REDIRECT_URI_CHARS,
  REGISTERED_REDIRECTS_CHARS,
} from "./limits.ts";
import { err, ok, type Result } from "./result.ts";
import { isLoopback } from "./ssrf.ts";
import { cut, withoutHidden } from "./text.ts";
import type { KeyScope } from "./wire/key.ts";

/** What an app can be given: the scopes that MCP tools need. An app manages neither keys nor webhooks. */
export const APP_SCOPES = ["read", "chat", "upload", "render"] as const satisfies readonly KeyScope[];
export type AppScope = (typeof APP_SCOPES)[number];

/** An error as OAuth states it: a code of RFC 6749, RFC 7591 or RFC 8707, and a text for the client's developer. */
export type OauthFault = {
  readonly error:
    | "access_denied"
    | "invalid_client"
    | "invalid_client_metadata"
    | "invalid_grant"
    | "invalid_redirect_uri"
    | "invalid_request"
    | "invalid_scope"
    | "invalid_target"
    | "server_error"
    | "temporarily_unavailable"
    | "unsupported_grant_type"
    | "unsupported_response_type";
  readonly text: string;
};

export const oauthFault = (error: OauthFault["error"], text: string): Result<never, OauthFault> => err({ error, text });

/** The parameters of a request. One that is repeated is rejected, because two readers could read different values. */
export function oauthParametersOf(sent: URLSearchParams): Result<ReadonlyMap<string, string>, OauthFault> {
  const values = new Map<string, string>();
  for (const [name, value] of sent) {
    if (values.has(name))
      return oauthFault("invalid_request", `The parameter ${cut(name, 40)} is repeated; send it once.`);
    values.set(name, value);
  }
  return ok(values);
}

/* Redirect URIs. */

/** ASCII without blanks and backslashes (RFC 3986): others a URL parser drops or rewrites. */
const URI_CHARS = /^[\x21-\x5b\x5d-\x7e]+$/;
/** Schemes of browsers and of other protocols; apps register schemes of their own. */
const RESERVED_SCHEMES =
  /^(?:about|blob|chrome|data|file|filesystem|ftp|http|intent|javascript|mailto|resource|sms|tel|urn|vbscript|view-source|wss?):$/;
const SCHEME_WITH_PATH = /^[a-z][a-z0-9+.-]*:\/{1,2}[^/]/;

/**
 * Whether answers may be sent to this URI: https, http on this machine (RFC 8252), or an app's own scheme; without fragment
 * and user name.
 */
export function isRedirectUri(text: string): boolean {
  if (text.length > REDIRECT_URI_CHARS || !URI_CHARS.test(text) || text.includes("#") || !URL.canParse(text))
    return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== "" || password !== "") return false;
  if (protocol === "https:") return true;
  if (protocol === "http:") return isLoopback(hostname);
  return !RESERVED_SCHEMES.test(protocol) && SCHEME_WITH_PATH.test(text);
}

/** Whether the client listed this URI. On this machine any port fits, since native apps listen on a free one (RFC 8252, 7.3). */
export const isListed = (uri: string, listed: readonly string[]): boolean =>
  listed.some((one) => one === uri || (withoutPort(one) !== null && withoutPort(one) === withoutPort(uri)));

/** A URI of this machine without its port; null for any other. */
function withoutPort(text: string): string | null {
  const url = new URL(text);
  if (url.protocol !== "http:" || !isLoopback(url.hostname)) return null;
  url.port = "";
  return url.href;
}

/** Where a redirect URI leads, for a person: its host, or its scheme. */
export function redirectHostOf(uri: string): string {
  const { protocol, hostname } = new URL(uri);
  return protocol === "https:" || protocol === "http:" ? hostname : protocol;
}

/** The redirect URI with the answer; values that are null are left out. */
export function redirectWith(uri: string, answer: Readonly<Record<string, string | null>>): string {
  const url = new URL(uri);
  for (const [name, value] of Object.entries(answer)) if (value !== null) url.searchParams.append(name, value);
  return url.href;
}

/* Clients, as they describe themselves. */

export type OauthClient = {
  readonly id: string;
  /** As it says itself, without hidden characters; it is not checked. */
  readonly name: string;
  /** The host that publishes its description; null for a client that registered itself. */
  readonly host: string | null;
  readonly redirectUris: readonly string[];
};

const redirectUri = z
  .string()
  .refine(
    isRedirectUri,
    "must be an https URL, an http URL of this machine, or a URL with the app's own scheme, without fragment",
  );
const redirectUris = z.array(redirectUri).min(1).max(CLIENT_REDIRECTS);
const clientName = z.string().optional();

/** A client's description at its client id, which is a URL (Client ID Metadata Document). */
const clientDocument = z.object({
  client_id: z.string(),
  client_name: clientName,
  redirect_uris: redirectUris,
  token_endpoint_auth_method: z.string().optional(),
});

/** Reads the description that was found at the client id. */
export function readClientDocument(id: string, found: unknown): Result<OauthClient, OauthFault> {
  const read = clientDocument.safeParse(found);
  if (!read.success)
    return oauthFault("invalid_client", `The client's description is invalid: ${issuesOf(read.error)}.`);
  const { client_id, client_name, redirect_uris, token_endpoint_auth_method: method = "none" } = read.data;
  if (client_id !== id) return oauthFault("invalid_client", "The client's description names another client_id.");
  if (method !== "none")
    return oauthFault(
      "invalid_client",
      "The client must be public: only the token_endpoint_auth_method none is supported.",
    );
  const { hostname } = new URL(id);
  return ok({ id, name: nameFor(client_name, hostname), host: hostname, redirectUris: redirect_uris });
}

/** A client that registers itself (RFC 7591). Other fields are ignored, as the answer says by what it has. */
const registration = z.object({ client_name: clientName, redirect_uris: redirectUris });

export type Registration = { readonly name: string; readonly redirectUris: readonly string[] };

export function readRegistration(sent: unknown): Result<Registration, OauthFault> {
  const read = registration.safeParse(sent);
  if (!read.success) {
    const isRedirect = read.error.issues.every(({ path }) => path[0] === "redirect_uris");
    return oauthFault(isRedirect ? "invalid_redirect_uri" : "invalid_client_metadata", `${issuesOf(read.error)}.`);
  }
  const { client_name, redirect_uris: uris } = read.data;
  if (uris.join("").length > REGISTERED_REDIRECTS_CHARS)
    return oauthFault(
      "invalid_redirect_uri",
      `redirect_uris may have at most ${REGISTERED_REDIRECTS_CHARS} characters together.`,
    );
  return ok({ name: nameFor(client_name, redirectHostOf(uris[0] ?? "")), redirectUris: uris });
}

const issuesOf = (error: z.ZodError): string =>
  error.issues
    .slice(0, 3)
    .map(({ path, message }) => cut(`${path.join(".")}: ${message}`, 200))
    .join("; ");

const nameFor = (sent: string | undefined, otherwise: string): string =>
  cut(withoutHidden(sent ?? "").trim(), CLIENT_NAME_CHARS) || otherwise;

/* Requests. */

/** Source: RFC 6749, appendix A.5. */
const STATE = /^[\x20-\x7e]*$/;
/** S256 challenges are 32 bytes in base64url. Source: RFC 7636, sections 4.1 and 4.2. */
const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;

export type AuthorizationRequest = {
  readonly state: string | null;
  readonly challenge: string;
  readonly scopes: readonly AppScope[];
};

/** Reads what a client asks for, once its id and its redirect URI are known to be valid. */
export function readAuthorization(
  sent: ReadonlyMap<string, string>,
  resource: string,
): Result<AuthorizationRequest, OauthFault> {
  const state = sent.get("state") ?? null;
  if (state !== null && (state.length > OAUTH_STATE_CHARS || !STATE.test(state)))
    return oauthFault("invalid_request", `state may have at most ${OAUTH_STATE_CHARS} characters of ASCII.`);
  if (sent.get("response_type") !== "code")
    return oauthFault("unsupported_response_type", "response_type must be code.");
  const challenge = sent.get("code_challenge") ?? "";
  if (sent.get("code_challenge_method") !== "S256" || !CHALLENGE.test(challenge))
    return oauthFault("invalid_request", "PKCE is required: send code_challenge with code_challenge_method S256.");
  const wrong = resourceFault(sent, resource);
  if (wrong !== null) return err(wrong);
  const scopes = readScopes(sent.get("scope"));
  if (scopes.length === 0)
    return oauthFault("invalid_scope", `scope must name at least one of ${APP_SCOPES.join(", ")}.`);
  return ok({ state, challenge, scopes });
}

/** The known scopes of those asked for; all if the client asks for none. Unknown ones are left out (RFC 6749, 3.3). */
function readScopes(sent: string | undefined): readonly AppScope[] {
  const asked = (sent ?? "").split(" ").filter((scope) => scope !== "");
  return asked.length === 0 ? APP_SCOPES : APP_SCOPES.filter((scope) => asked.includes(scope));
}

/** A `resource` that is not this MCP endpoint (RFC 8707). Clients of 2025 send none. */
export function resourceFault(sent: ReadonlyMap<string, string>, resource: string): OauthFault | null {
  const named = sent.get("resource");
  const isSame = named === undefined || (URL.canParse(named) && new URL(named).href.replace(/\/$/, "") === resource);
  return isSame ? null : { error: "invalid_target", text: `resource must be ${resource}.` };
}

/** Whether the verifier is the one of which the client sent the challenge. */
export const isVerifierOf = async (verifier: string, challenge: string): Promise<boolean> =>
  VERIFIER.test(verifier) && base64url(await sha256(verifier)) === challenge;

/* Metadata. */

export const mcpResource = (origin: string): string => `${origin}/mcp`;
export const RESOURCE_METADATA = "/.well-known/oauth-protected-resource";

/** The metadata of the MCP endpoint (RFC 9728). */
export const resourceMetadata = (origin: string) => ({
  resource: mcpResource(origin),
  authorization_servers: [origin],
  scopes_supported: APP_SCOPES,
  bearer_methods_supported: ["header"],
  resource_name: "Nemo video",
  resource_documentation: `${origin}/docs/mcp`,
});

/** The metadata of the authorization server (RFC 8414). */
export const serverMetadata = (origin: string, mayRegister: boolean) => ({
  issuer: origin,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  ...(mayRegister ? { registration_endpoint: `${origin}/register` } : {}),
  scopes_supported: APP_SCOPES,
  response_types_supported: ["code"],
  response_modes_supported: ["query"],
  grant_types_supported: ["authorization_code", "refresh_token"],
  token_endpoint_auth_methods_supported: ["none"],
  code_challenge_methods_supported: ["S256"],
  authorization_response_iss_parameter_supported: true,
  client_id_metadata_document_supported: true,
  service_documentation: `${origin}/docs/mcp`,
});

/** The challenge of a rejected MCP request (RFC 6750, RFC 9728). `isInvalid`: it came with a credential. */
export const mcpChallenge = (origin: string, isInvalid: boolean): string =>
  [
    'Bearer realm="nemo-gateway"',
    ...(isInvalid ? ['error="invalid_token"'] : []),
    `resource_metadata="${origin}${RESOURCE_METADATA}/mcp"`,
    `scope="${APP_SCOPES.join(" ")}"`,
  ].join(", ");
