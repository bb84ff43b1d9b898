/** One stream as a client sees it: time of the request, events received, events missing. */
import { Agent, type IncomingMessage, request } from "node:http";
import * as z from "zod";
import { clockNs, type Mark, markReader } from "./pace.ts";

/** The request of a stream; `{bench}` in the body is replaced by the pace. */
export const ask = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
  /** The response has no stream but the URL of one, in `location`. */
  isElsewhere: z.boolean().optional(),
});
export type Ask = z.infer<typeof ask>;

export type Seen = {
  /** Different events received. */
  events: number;
  /** Events received again, or after a later one. */
  strays: number;
  /** From the request to the first byte, to the upstream's first event, and to the moment the upstream saw it; in ms. */
  firstByteMs: number;
  firstEventMs: number;
  wireMs: number;
  /** The error, if there was one. */
  fault: string | null;
};

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 4_096 });

export const msBetween = (fromNs: bigint, toNs: bigint): number => Number(toNs - fromNs) / 1e6;

/** A running stream: its result so far, and its final result. */
export type UnwrappedAnswer = { readonly seen: Seen; readonly ended: Promise<Seen> };

/** Opens a stream and reads it to its end; `onEvent` gets each event's mark and its time of receipt. Never rejects. */
export function openStream(given: Ask, pace: string, onEvent: (mark: Mark, atNs: bigint) => void): UnwrappedAnswer {
  const seen: Seen = { events: 0, strays: 0, firstByteMs: NaN, firstEventMs: NaN, wireMs: NaN, fault: null };
  const body = given.body.replace("{bench}", pace);
  const headers = { ...given.headers, "content-type": "application/json", accept: "text/event-stream" };
  const ended = new Promise<Seen>((resolve) => {
    const end = (fault: string | null): void => resolve(Object.assign(seen, { fault: seen.fault ?? fault }));
    const sentNs = clockNs();
    const read = (answer: IncomingMessage): void => {
      if (answer.statusCode !== 200) seen.fault = `HTTP ${answer.statusCode}`;
      const marks = markReader();
      let lastNs = 0n;
      answer.on("data", (chunk: Buffer) => {
        const atNs = clockNs();
        if (Number.isNaN(seen.firstByteMs)) seen.firstByteMs = msBetween(sentNs, atNs);
        for (const found of marks(chunk)) {
          if (found.sentNs <= lastNs) seen.strays++;
          else seen.events++;
          if (lastNs === 0n) {
            seen.firstEventMs = msBetween(sentNs, atNs);
            seen.wireMs = msBetween(sentNs, found.seenNs);
          }
          lastNs = found.sentNs;
          onEvent(found, atNs);
        }
      });
      answer.on("end", () => end(null));
      answer.on("error", (error) => end(error.message));
    };
    const send = (url: string, method: "POST" | "GET", then: (answer: IncomingMessage) => void): void => {
      const asked = request(url, { method, agent, headers }, then);
      asked.on("socket", (socket) => socket.setNoDelay(true));
      asked.on("error", (error) => end(error.message));
      asked.end(method === "POST" ? body : undefined);
    };
    const follow = (answer: IncomingMessage): void => {
      answer.resume();
      if (answer.headers.location === undefined) end(`HTTP ${answer.statusCode} without location`);
      else send(answer.headers.location, "GET", read);
    };
    send(given.url, "POST", given.isElsewhere ? follow : read);
  });
  return { seen, ended };
}
