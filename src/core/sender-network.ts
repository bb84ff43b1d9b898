/** What a sender is counted by: whoever has one IPv6 address has all 2^64 of its network, so those count as one sender. */
import ipaddr from "ipaddr.js";

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
