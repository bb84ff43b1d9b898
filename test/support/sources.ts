/** Servers that files are imported from, and the public DNS that knows them: only the network is played here. */
import { vi } from "vitest";

/** `nth` counts the requests for this address, from 1. */
export type Source = (request: Request, nth: number) => Response | Promise<Response>;

export type PlayedSources = {
  /** A new address whose host is in the public DNS, with this path and what it answers. */
  readonly at: (path: string, answer: Source, host?: string) => string;
  /** Requests so far, the oldest first, without those to the DNS. */
  readonly asked: { readonly url: string; readonly headers: Headers; readonly redirect: string }[];
};

const DNS = "https://cloudflare-dns.com/";
/** Where names lead that begin so: what an attacker's own DNS may answer. */
const PRIVATE = "inside.";

/** Plays them until `vi.restoreAllMocks()`; what nobody plays cannot be reached. */
export function playSources(): PlayedSources {
  const played = new Map<string, { readonly answer: Source; nth: number }>();
  const asked: PlayedSources["asked"] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input as RequestInfo, init);
    const { url, headers, redirect } = request;
    if (url.startsWith(DNS)) return answerDns(new URL(url).searchParams);
    asked.push({ url, headers, redirect });
    const source = played.get(url);
    if (source === undefined) throw new Error("Network connection lost.");
    source.nth += 1;
    return source.answer(request, source.nth);
  });
  return {
    asked,
    at: (path, answer, host = `${crypto.randomUUID().slice(0, 8)}.files.org`) => {
      const url = `https://${host}${path}`;
      played.set(url, { answer, nth: 0 });
      return url;
    },
  };
}

function answerDns(question: URLSearchParams): Response {
  const data = (question.get("name") ?? "").startsWith(PRIVATE) ? "10.0.0.7" : "93.184.216.34";
  return Response.json({ Answer: question.get("type") === "A" ? [{ type: 1, data }] : [] });
}

/** A file, with the length that its server announces; null: none, so that its end is all that tells. */
export function fileAnswer(
  bytes: Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  announced: number | null = bytes.length,
): Response {
  const length = announced === null ? {} : { "content-length": String(announced) };
  return new Response(streamed([bytes]), { headers: { ...length, ...headers } });
}

/** A body of these pieces, then its end, or a break. */
export function streamed(pieces: readonly Uint8Array[], end: "close" | "break" | "hang" = "close"): ReadableStream {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const grant = async (): Promise<void> => {
    for (const piece of pieces) await writer.write(piece);
    if (end === "close") await writer.close();
    if (end === "break") await writer.abort(new Error("connection reset"));
  };
  grant().catch(() => undefined); // its reader has gone
  return readable;
}
