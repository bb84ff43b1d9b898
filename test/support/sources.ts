/** Servers for imports, and a public DNS that knows them: only the network is simulated. */
import { vi } from "vitest";

/** `nth` counts the requests for this address, from 1. */
export type Source = (request: Request, nth: number) => Response | Promise<Response>;

export type PlayedSources = {
  /** Creates an address with this path and this answer, whose host is in the public DNS. */
  readonly at: (path: string, answer: Source, host?: string) => string;
  /** Requests so far, oldest first, without those to the DNS. */
  readonly asked: { readonly url: string; readonly headers: Headers; readonly redirect: string }[];
};

const DNS = "https://cloudflare-dns.com/";
/** Names with this beginning resolve to a private address, as an attacker's DNS may answer. */
const PRIVATE = "inside.";

/** The records of all tests of a file. */
const records: PlayedSources["asked"][] = [];
/** The addresses that tests created, and where each one's requests are recorded. */
const played = new Map<string, { readonly answer: Source; readonly asked: PlayedSources["asked"]; nth: number }>();

let replaced: typeof fetch | null = null;

/**
 * Simulates them until `vi.restoreAllMocks()`; all other addresses are unreachable. Tests that run at the same time each see the
 * requests for their own addresses, and all see one for an unknown address.
 */
export function playSources(): PlayedSources {
  if (globalThis.fetch !== replaced)
    replaced = vi.spyOn(globalThis, "fetch").mockImplementation(answer) as typeof fetch;
  const asked: PlayedSources["asked"] = [];
  records.push(asked);
  return {
    asked,
    at: (path, answer, host = `${crypto.randomUUID().slice(0, 8)}.files.org`) => {
      const url = `https://${host}${path}`;
      played.set(url, { answer, asked, nth: 0 });
      return url;
    },
  };
}

async function answer(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const request = new Request(input as RequestInfo, init);
  const { url, headers, redirect } = request;
  if (url.startsWith(DNS)) return answerDns(new URL(url).searchParams);
  const source = played.get(url);
  for (const asked of source === undefined ? records : [source.asked]) asked.push({ url, headers, redirect });
  if (source === undefined) throw new Error("Network connection lost.");
  source.nth += 1;
  return source.answer(request, source.nth);
}

function answerDns(question: URLSearchParams): Response {
  const data = (question.get("name") ?? "").startsWith(PRIVATE) ? "10.0.0.7" : "93.184.216.34";
  return Response.json({ Answer: question.get("type") === "A" ? [{ type: 1, data }] : [] });
}

/** A file, with the length that its server announces; null: none, so only the body's end shows it. */
export function fileAnswer(
  bytes: Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  announced: number | null = bytes.length,
): Response {
  const length = announced === null ? {} : { "content-length": String(announced) };
  return new Response(streamed([bytes]), { headers: { ...length, ...headers } });
}

/** A body of these chunks, followed by its end or a break. */
export function streamed(chunks: readonly Uint8Array[], end: "close" | "break" | "hang" = "close"): ReadableStream {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const grant = async (): Promise<void> => {
    for (const chunk of chunks) await writer.write(chunk);
    if (end === "close") await writer.close();
    if (end === "break") await writer.abort(new Error("connection reset"));
  };
  grant().catch(() => undefined); // its reader has disconnected
  return readable;
}
