/** Host names looked up in the public DNS over HTTPS: a runtime has no other resolver to ask before it connects. */
import type { Resolve } from "./target.ts";

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
