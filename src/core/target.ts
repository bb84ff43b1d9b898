/** Where we are willing to send a request that a caller asked for: one judgement for webhooks and every other address given to us. */
import { err, ok, type Result } from "./result.ts";

export type TargetRefusal =
  | "unreadable"
  | "not_https"
  | "has_credentials"
  | "other_port"
  | "address_literal"
  | "reserved_name";

/** Names that never lead to the public internet. Source: RFC 6761, RFC 6762, RFC 8375, RFC 9476, and clouds' metadata names. */
const RESERVED = [
  "localhost",
  "local",
  "internal",
  "intranet",
  "lan",
  "home",
  "corp",
  "arpa",
  "test",
  "example",
  "invalid",
  "onion",
  "alt",
  "workers.dev",
];

/** A loopback address or name: allowed only where `allowLocal` says so. */
const isLoopback = (host: string): boolean => host === "localhost" || host === "127.0.0.1" || host === "[::1]";

/**
 * The address as we would call it, or why we will not: https on port 443, a public DNS name, no user name in it.
 *
 * Address literals are refused in every spelling because `URL` has already turned decimal, hex and octal forms into
 * dotted ones. With `allowLocal` (development and tests) http to a loopback address on any port is allowed too.
 */
export function checkTarget(text: string, allowLocal: boolean): Result<URL, TargetRefusal> {
  if (!URL.canParse(text)) return err("unreadable");
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return err("has_credentials");
  if (allowLocal && isLoopback(url.hostname) && (url.protocol === "http:" || url.protocol === "https:")) return ok(url);
  if (url.protocol !== "https:") return err("not_https");
  if (url.port !== "") return err("other_port");
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  if (host.startsWith("[") || /^[0-9.]+$/.test(host)) return err("address_literal");
  if (!host.includes(".") || RESERVED.some((name) => host === name || host.endsWith(`.${name}`)))
    return err("reserved_name");
  return ok(url);
}

/** What to tell the developer about a refused address. */
export function explainTarget(why: TargetRefusal): string {
  switch (why) {
    case "unreadable":
      return "The address is not a URL.";
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
  }
}
