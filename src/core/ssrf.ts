/**
 * Where we are willing to send a request that a caller asked for: one judgement for webhooks, callbacks, imports, result
 * files and every other address given to us.
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
  /** Development and tests: http to a loopback address on any port is allowed too. */
  readonly allowLocal: boolean;
  /** Host names of this deployment: a request to ourselves would come back with our own standing. */
  readonly ownHosts: readonly string[];
  /** Origins that are called as they are, whatever they are: where upstream itself is, by the operator's word. */
  readonly trusted?: readonly string[];
};

/** The addresses a host name leads to, as text; none when it leads nowhere. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** How addresses are judged in this deployment. `resolve` is null where the runtime's network is the public internet alone. */
export type TargetPolicy = { readonly rules: TargetRules; readonly resolve: Resolve | null };

/** Names that never lead to the public internet. Source: RFC 6761, RFC 6762, RFC 8375, RFC 9476, and clouds' metadata names. */
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

/** What `URL` drops or rewrites in silence: a host that holds it is not the one its writer sees. */
const REWRITTEN_CHARS = /[\s\\\p{Cc}\p{Cf}]/u;
/** The same behind the host, where `URL` encodes blanks and all letters, as browsers do. */
const REWRITTEN_PATH_CHARS = /[\\\p{Cc}]/u;
/** One label of a host name, and what a name consists of. Source: RFC 1123, with the underscore that real hosts use. */
const HOST = /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A loopback address or name: allowed only where `allowLocal` says so. */
const isLoopback = (host: string): boolean => host === "localhost" || host === "127.0.0.1" || host === "[::1]";

/**
 * Whether a request's host is this machine alone, or a name that the public internet never has (RFC 2606): where settings for
 * development and tests count.
 */
export const isLocalHost = (host: string): boolean =>
  /^127(\.\d{1,3}){3}$/.test(host) ||
  host === "[::1]" ||
  ["localhost", "example", "test"].some((name) => isWithin(host, name));

/** Version previews on workers.dev carry the name of the Worker at their end: `1a2b3c4d-gateway.someone.workers.dev`. */
const isOwn = (host: string, name: string): boolean =>
  host === name || (name.endsWith(".workers.dev") && host.endsWith(`-${name}`));

const bareHost = (url: URL): string => url.hostname.toLowerCase().replace(/\.$/, "");

/** Whether text holds what `URL` would drop or rewrite without a word. Blanks around it say nothing and are no part of it. */
function hasRewrittenChars(text: string): boolean {
  const [, head = text, rest = ""] = /^([^/?#\\]*\/\/[^/?#]*)([\s\S]*)$/.exec(text) ?? [];
  return REWRITTEN_CHARS.test(head) || REWRITTEN_PATH_CHARS.test(rest);
}

const isWithin = (host: string, name: string): boolean => host === name || host.endsWith(`.${name}`);

/**
 * The address as we would call it, without its fragment, or why we will not: https on port 443, a public DNS name that is
 * not ours, no user name in it, at most `TARGET_CHARS`. Blanks around it are dropped; blanks and letters of any script
 * behind the host are encoded, since people paste addresses out of tables.
 *
 * Address literals are refused in every spelling because `URL` has already turned decimal, hex, octal, short and
 * full-width forms into dotted ones.
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

/** Whether an address of a host lies in the public internet: unicast, and none of the ranges set aside or tunnelled. */
export const isPublicAddress = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.parse(address).range() === "unicast";

/**
 * Like `checkTarget`, and the name's addresses are public. For a runtime whose network could reach private hosts; on the
 * platform itself a flag keeps every request in the public internet, and `resolve` is null. A name that the public DNS
 * does not know is refused: a private one might. Throws what `resolve` throws.
 */
export async function resolveTarget(text: string, { rules, resolve }: TargetPolicy): Promise<Result<URL, TargetProblem>> {
  const target = checkTarget(text, rules);
  if (!target.ok || resolve === null || isLoopback(target.value.hostname)) return target;
  if (rules.trusted?.includes(target.value.origin)) return target;
  const addresses = await resolve(target.value.hostname);
  if (addresses.length === 0) return err("unresolved");
  return addresses.every(isPublicAddress) ? target : err("private_address");
}

/** What to tell the developer about a refused address. */
export function explainTarget(why: TargetProblem): string {
  switch (why) {
    case "unreadable":
      return "The address is not a URL.";
    case "too_long":
      return `The address must have at most ${TARGET_CHARS} characters.`;
    case "not_https":
      return "The address must start with https://.";
    case "has_credentials":
      return "The address must not hold a user name or password.";
    case "other_port":
      return "The address must use port 443.";
    case "address_literal":
      return "The address must be a host name, not an IP address.";
    case "reserved_name":
      return "The address must be a public host name.";
    case "own_name":
      return "The address must not be this gateway's own.";
    case "private_address":
      return "The address must not lead into a private network.";
    case "unresolved":
      return "The address leads nowhere: its host is not in the public DNS.";
  }
}

/** What a caller is told whose address we will not send to; `field` is the JSON pointer it came in. Null when we will. */
export function checkWebhookTarget(text: string, field: string, rules: TargetRules): Problem | null {
  const checked = checkTarget(text, rules);
  if (checked.ok) return null;
  const message = explainTarget(checked.error);
  return problemOf("address_not_allowed", message, { errors: [{ field, message }] });
}

/** An address in a body, and the place it stands at. */
export type NamedAddress = { readonly field: string; readonly text: string };

/**
 * The refusal of the first address that leads to one of `hosts`, under which the request reached us: where no public address
 * is configured, nothing else says which names are ours. Null for none. Whatever else is wrong is `checkTarget`'s matter.
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
 * A file behind an address that somebody gave us: every address on the way is judged, redirects are followed by hand.
 *
 * Network and name look-up are handed in, so that one function serves imports, result files and tests.
 */

/** Redirects that are followed. Chosen: a shortener, a share link's three steps, and the store behind them. */
export const REDIRECTS = 5;
/** Who asks, since many hosts refuse a request that does not say so. Webhooks carry it, too. */
export const USER_AGENT = "nemo-gateway/1";
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

export type TargetRequest = TargetPolicy & {
  /** Sent with every request on the way. Never a credential: it would go to whoever is redirected to. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly send: (request: Request) => Promise<Response>;
};

export type OpenFailure = TargetProblem | "too_many_redirects";

/**
 * GET of an address: the first answer that is not a redirect, whatever its status, its body unread. Carries no credential.
 * Refuses an address that `resolveTarget` refuses, the given one or one it redirects to, and one redirect more than `REDIRECTS`.
 * Throws what the network throws, an `AbortError` when the signal fired.
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

/* Host names looked up in the public DNS over HTTPS: a runtime has no other resolver to ask before it connects. */

/** Source: RFC 8484's JSON sibling as Cloudflare documents it for 1.1.1.1. */
const RESOLVER = "https://cloudflare-dns.com/dns-query";
const TYPES = { A: 1, AAAA: 28 } as const;

/** A resolver that asks by `send`, which sets its own time limit. Throws when the service does not answer: an address that cannot be judged is not called. */
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

/** The records of one type in an answer: a name's aliases are in it too. */
function addressesIn(answer: unknown, type: number): string[] {
  const records = (answer as { Answer?: unknown } | null)?.Answer;
  if (!Array.isArray(records)) return [];
  return records.flatMap((record: { type?: unknown; data?: unknown }) =>
    record.type === type && typeof record.data === "string" ? [record.data] : [],
  );
}

/* What a sender is counted by: whoever has one IPv6 address has all 2^64 of its network, so those count as one sender. */

/** The groups of 16 bits that name an IPv6 network: a /64 is the least that anybody is given. Source: RFC 6177. */
const NETWORK_GROUPS = 4;

/** The IPv4 address, or the /64 of the IPv6 address; an IPv4 address that is written inside IPv6 is itself. Other text stays as it is. */
export function senderNetwork(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  const groups = parsed.parts.slice(0, NETWORK_GROUPS).map((group) => group.toString(16));
  return `${groups.join(":")}::/64`;
}
