/** Answers that stream events (text/event-stream), and how a caller asks for one. */
import { RETRY_MS } from "../core/limits.ts";
import type { Watching } from "../core/ports.ts";
import { ApiError, apiError } from "./api-error.ts";

const HEADERS = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
};

/** Whether the caller asks for a stream in so many words. */
export const wantsStream = (accept: string | undefined): boolean =>
  accept?.toLowerCase().includes("text/event-stream") ?? false;

/** Whether the caller asks for JSON and not for a stream. */
export const wantsJson = (accept: string | undefined): boolean =>
  !wantsStream(accept) && (accept?.toLowerCase().includes("application/json") ?? false);

/** A watched turn as an answer. 204 tells an EventSource not to come back. */
export function streamOf(watching: Watching, headers: Record<string, string> = {}): Response {
  if (watching.kind === "ended") return new Response(null, { status: 204, headers });
  return new Response(watching.body, { headers: { ...HEADERS, ...headers } });
}

/** An EventSource gives up for good on a 5xx, so a restarting object is answered with an invitation to come back. */
export function comeBack(error: unknown): Response {
  if (!(error instanceof ApiError) || error.refusal.code !== "unavailable") throw error;
  return new Response(`retry: ${RETRY_MS}\n\n`, { headers: HEADERS });
}

/** Where to read on: `Last-Event-ID` wins over `?after=`, since an EventSource repeats its first URL when it comes back. */
export function cursorOf(lastEventId: string | undefined, after: number): number {
  if (lastEventId === undefined || lastEventId === "") return after;
  if (/^\d{1,15}$/.test(lastEventId)) return Number(lastEventId);
  const errors = [{ field: "header:Last-Event-ID", message: "must be the id of an event of this stream" }];
  throw apiError("invalid_cursor", "Last-Event-ID must be the id of an event of this stream.", { errors });
}
