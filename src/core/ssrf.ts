/**
 * Protection against server-side request forgery: which URLs the gateway sends requests to, for webhooks, callbacks,
 * imports, result files and every other URL it is given; and downloads from them.
 */
import ipaddr from "ipaddr.js";
import { type Problem, problemOf } from "./errors.ts";
import { TARGET_CHARS } from "./limits.ts";
import { err, ok, type Result } from "./result.ts";

export type TargetProblem =
  | "unreadable"
  | "too_long"
  | "not_https"
  | "has_credentials"
  | "other_port"
  | "address_literal"
  | "reserved_name"
  | "own_name"
  | "private_address"
  | "unresolved";

export type TargetRules = {
  /** For development and tests: http to a loopback address on any port is allowed too. */
  readonly allowLocal: boolean;
  /** Host names of this deployment. A request to ourselves would carry our own access. */
  readonly ownHosts: readonly string[];
  /** Origins that are always allowed: upstream's, as the operator configured it. */
  readonly trusted?: readonly string[];
};

/** The IP addresses of a host name as text; none when it does not resolve. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** How URLs are checked in this deployment. `resolve` is null when the runtime can reach only the public internet. */
export type TargetPolicy = { readonly rules: TargetRules; readonly resolve: Resolve | null };

/**
 * Names that never resolve in the public internet. Source: RFC 6761, RFC 6762, RFC 8375, RFC 9476, and clouds'
 * metadata names.
 */
const RESERVED = [
  "localhost",
  "localdomain",
  "local",
  "internal",
  "intranet",
  "private",
  "lan",
  "home",
  "corp",
  "arpa",
  "test",
  "example",
  "invalid",
  "onion",
  "alt",
];

/** Characters that `URL` drops or rewrites silently: the parsed host would differ from the one that a reader sees. */
const REWRITTEN_CHARS = /[\s\\\p{Cc}\p{Cf}]/u;
/** The same for the rest of the URL, where `URL` encodes blanks and non-ASCII letters, as browsers do. */
const REWRITTEN_PATH_CHARS = /[\\\p{Cc}]/u;
/** A host name and its labels. Source: RFC 1123, with the underscore that real hosts use. */
const HOST = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A loopback address or name. As a target allowed only with `allowLocal`. */
export const isLoopback = (host: string): boolean => host === "localhost" || host === "127.0.0.1" || host === "[::1]";

/**
 * Whether a request's host is this machine, or a name that the public internet never has (RFC 2606). Settings for
 * development and tests apply only there.
 */
export const isLocalHost = (host: string): boolean =>
  /^127(\.\d{1,3}){3}$/.test(host) ||
  host === "[::1]" ||
  ["localhost", "example", "test"].some((name) => isWithin(host, name));

/** Version previews on workers.dev end in the Worker's name: `1a2b3c4d-gateway.someone.workers.dev`. */
const isOwn = (host: string, name: string): boolean =>
  host === name || (name.endsWith(".workers.dev") && host.endsWith(`-${name}`));

const bareHost = (url: URL): string => url.hostname.toLowerCase().replace(/\.$/, "");

/**
 * Whether text contains characters that `URL` would drop or rewrite silently. Surrounding blanks are trimmed before.
 */
function hasRewrittenChars(text: string): boolean {
  const [, head = text, rest = ""] = /^([^/?#\\]*\/\/[^/?#]*)([\s\S]*)$/.exec(text) ?? [];
  return REWRITTEN_CHARS.test(head) || REWRITTEN_PATH_CHARS.test(rest);
}

const isWithin = (host: string, name: string): boolean => host === name || host.endsWith(`.${name}`);

/**
 * Validates a URL and returns it without its fragment: https on port 443, a public DNS name that is not ours, no user
 * name in it, at most `TARGET_CHARS`. Surrounding blanks are dropped; blanks and letters of any script after the host
 * are encoded, since people paste URLs out of tables.
 *
 * IP addresses are rejected in every form, because `URL` has already converted decimal, hex, octal, short and
 * full-width forms to dotted ones.
 */
export function checkTarget(
  sent: string,
  { allowLocal, ownHosts, trusted = [] }: TargetRules,
): Result<URL, TargetProblem> {
  if (sent.length > TARGET_CHARS) return err("too_long");
  const text = sent.trim();
  if (hasRewrittenChars(text) || !URL.canParse(text)) return err("unreadable");
  const url = new URL(text);
  url.hash = "";
  if (url.username !== "" || url.password !== "") return err("has_credentials");
  if (trusted.includes(url.origin)) return ok(url);
  if (allowLocal && isLoopback(url.hostname) && (url.protocol === "http:" || url.protocol === "https:")) return ok(url);
  if (url.protocol !== "https:") return err("not_https");
  if (url.port !== "") return err("other_port");
  const host = bareHost(url);
  if (host.startsWith("[") || ipaddr.isValid(host)) return err("address_literal");
  if (RESERVED.some((name) => isWithin(host, name)) || !host.includes(".")) return err("reserved_name");
  if (!HOST.test(host)) return err("unreadable");
  if (ownHosts.some((name) => isOwn(host, name.toLowerCase()))) return err("own_name");
  return ok(url);
}

/** Whether an IP address is in the public internet: unicast, and in no reserved or tunnelled range. */
export const isPublicAddress = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.parse(address).range() === "unicast";

/**
 * Like `checkTarget`, and every IP address of the name must be public. For runtimes whose network could reach private
 * hosts; on Cloudflare a flag restricts requests to the public internet, and `resolve` is null. A name that the public
 * DNS does not know is rejected, because a private one might. Throws what `resolve` throws.
 */
export async function resolveTarget(
  text: string,
  { rules, resolve }: TargetPolicy,
): Promise<Result<URL, TargetProblem>> {
  const target = checkTarget(text, rules);
  if (!target.ok || resolve === null || isLoopback(target.value.hostname)) return target;
  if (rules.trusted?.includes(target.value.origin)) return target;
  const addresses = await resolve(target.value.hostname);
  if (addresses.length === 0) return err("unresolved");
  return addresses.every(isPublicAddress) ? target : err("private_address");
}

/** What the developer must change about a rejected URL. */
export function explainTarget(why: TargetProblem): string {
  switch (why) {
    case "unreadable":
      return "The address is not a URL; send a full one, such as https://example.com/hook.";
    case "too_long":
      return `The address must have at most ${TARGET_CHARS} characters.`;
    case "not_https":
      return "The address must start with https://.";
    case "has_credentials":
      return "The address must not contain a user name or password.";
    case "other_port":
      return "The address must use port 443.";
    case "address_literal":
      return "The address must be a host name, not an IP address.";
    case "reserved_name":
      return "The address must be a public host name.";
    case "own_name":
      return "The address must not be this gateway's own.";
    case "private_address":
      return "The address must not resolve to a private network.";
    case "unresolved":
      return "The host of the address is not in the public DNS; check its spelling.";
  }
}

/** Checks a webhook URL; null when it is allowed. `field` is the JSON pointer of the URL in the body. */
export function checkWebhookTarget(text: string, field: string, rules: TargetRules): Problem | null {
  const checked = checkTarget(text, rules);
  if (checked.ok) return null;
  const message = explainTarget(checked.error);
  return problemOf("address_not_allowed", message, { errors: [{ field, message }] });
}

/** A URL in a body, and its JSON pointer. */
export type NamedAddress = { readonly field: string; readonly text: string };

/**
 * The problem of the first URL that leads to one of `hosts`, the names under which the request reached us; null for
 * none. Without a configured public URL nothing else says which names are ours. Other rules are checked by
 * `checkTarget`.
 */
export function checkOwnAddresses(addresses: readonly NamedAddress[], hosts: readonly string[]): Problem | null {
  const names = hosts.map((host) => host.toLowerCase());
  const own = addresses.find(({ text }) => {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    return !isLoopback(url.hostname) && names.some((name) => isOwn(bareHost(url), name));
  });
  if (own === undefined) return null;
  const message = explainTarget("own_name");
  return problemOf("address_not_allowed", message, { errors: [{ field: own.field, message }] });
}

/*
 * Downloads from a URL that a caller or upstream gave: every URL on the way is checked, and redirects are followed by
 * this code. `send` and `resolve` are passed in, so that one function serves imports, result files and tests.
 */

/** Redirects that are followed. Chosen: a shortener, a share link's three steps, and the storage behind them. */
export const REDIRECTS = 5;
/** Sent as User-Agent, since many hosts reject a request without one. Webhooks send it too. */
export const USER_AGENT = "nemo-gateway/1";
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

export type TargetRequest = TargetPolicy & {
  /** Sent with every request on the way. Must not contain a credential, because redirect targets receive it. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly send: (request: Request) => Promise<Response>;
};

export type OpenFailure = TargetProblem | "too_many_redirects";

/**
 * GET of a URL. Returns the first answer that is not a redirect, whatever its status, its body unread. Sends no
 * credential.
 *
 * Fails when `resolveTarget` rejects the URL or one it redirects to, and after more than `REDIRECTS` redirects. Throws
 * network errors, and an `AbortError` when the signal fires.
 */
export async function openTarget(
  address: string,
  signal: AbortSignal,
  { headers = {}, send, ...policy }: TargetRequest,
): Promise<Result<Response, OpenFailure>> {
  const sent = { "user-agent": USER_AGENT, ...headers };
  let next = address;
  for (let hop = 0; hop <= REDIRECTS; hop += 1) {
    const target = await resolveTarget(next, policy);
    if (!target.ok) return target;
    const response = await send(new Request(target.value.href, { headers: sent, redirect: "manual", signal }));
    const location = response.headers.get("location");
    if (!REDIRECT_STATUSES.includes(response.status) || location === null) return ok(response);
    await response.body?.cancel();
    if (!URL.canParse(location, target.value.href)) return err("unreadable");
    next = new URL(location, target.value.href).href;
  }
  return err("too_many_redirects");
}

/** Source: RFC 8484's JSON variant as Cloudflare documents it for 1.1.1.1. */
const RESOLVER = "https://cloudflare-dns.com/dns-query";
const TYPES = { A: 1, AAAA: 28 } as const;

/**
 * Resolves host names in the public DNS over HTTPS, since the runtime offers no other resolver. `send` sets the
 * timeout. Throws when the service does not answer: a URL that cannot be checked is not called.
 */
export function publicDns(send: (request: Request) => Promise<Response>): Resolve {
  const ask = async (host: string, type: keyof typeof TYPES): Promise<string[]> => {
    const question = new Request(`${RESOLVER}?name=${encodeURIComponent(host)}&type=${type}`, {
      headers: { accept: "application/dns-json" },
    });
    const answer = await send(question);
    if (!answer.ok) throw new Error(`the public DNS answered ${answer.status}`);
    return addressesIn(await answer.json(), TYPES[type]);
  };
  return async (host) => (await Promise.all([ask(host, "A"), ask(host, "AAAA")])).flat();
}

/** The records of one type in an answer, which contains the name's aliases too. */
function addressesIn(answer: unknown, type: number): string[] {
  const records = (answer as { Answer?: unknown } | null)?.Answer;
  if (!Array.isArray(records)) return [];
  return records.flatMap((record: { type?: unknown; data?: unknown }) =>
    record.type === type && typeof record.data === "string" ? [record.data] : [],
  );
}

/*
 * Rate limits by sender: the owner of one IPv6 address has all 2^64 addresses of its network, so a network counts as
 * one sender.
 */

/** Number of 16-bit groups of an IPv6 network: a /64 is the smallest that is assigned. Source: RFC 6177. */
const NETWORK_GROUPS = 4;

/**
 * The IPv4 address, or the /64 of the IPv6 address; an IPv4 address mapped into IPv6 gives the IPv4 address. Other
 * text is returned as it is.
 */
export function senderNetwork(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  const groups = parsed.parts.slice(0, NETWORK_GROUPS).map((group) => group.toString(16));
  return `${groups.join(":")}::/64`;
}
