/** Answers that stream events (text/event-stream), and how a caller asks for one. */
import * as z from "zod";
import { RETRY_MS } from "../core/limits.ts";
import type { EventSubscription } from "../core/rpc/user.ts";
import { SECOND_MS } from "../core/time.ts";
import { ApiError, apiError } from "./problem.ts";

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
export function streamOf(watching: EventSubscription, headers: Record<string, string> = {}): Response {
  if (watching.kind === "ended") return new Response(null, { status: 204, headers });
  return new Response(watching.body, { headers: { ...HEADERS, ...headers } });
}

/** An EventSource gives up for good on a 5xx, so a restarting object is answered with an invitation to come back. */
export function comeBack(error: unknown): Response {
  if (!(error instanceof ApiError) || error.problem.code !== "unavailable") throw error;
  return new Response(`retry: ${RETRY_MS}\n\n`, { headers: HEADERS });
}

/**
 * As `comeBack`, and for a stream above the limit too: an EventSource that is answered 429 is closed for good, and its page
 * sees neither the status nor Retry-After.
 */
export function comeBackToRead(error: unknown): Response {
  if (!(error instanceof ApiError) || error.problem.code !== "concurrency_limited") return comeBack(error);
  const waitMs = (error.problem.retryAfterSeconds ?? BUSY_SECONDS) * SECOND_MS;
  return new Response(`retry: ${waitMs}\n: ${error.problem.detail}\n\n`, { headers: HEADERS });
}
const BUSY_SECONDS = 5;

/** The answer to HEAD of a stream's address: what GET would say, without a stream that somebody would have to close. */
export const headOfStream = (hasEnded: boolean): Response =>
  hasEnded ? new Response(null, { status: 204 }) : new Response(null, { headers: HEADERS });

/** What may say in a query where to read on, beside `after`: as polyfills of EventSource write the header's name there. */
const CURSOR_QUERY = ["lastEventId", "Last-Event-ID"] as const;

const polyfilled = z
  .string()
  .max(20)
  .optional()
  .meta({ description: "As the header `Last-Event-ID`, for clients that cannot send it. Wins over `after`." });
export const cursorQuery = { lastEventId: polyfilled, "Last-Event-ID": polyfilled };
type CursorQuery = { readonly after: number } & { readonly [N in (typeof CURSOR_QUERY)[number]]?: string | undefined };

/**
 * Where to read on: the header `Last-Event-ID`, else its name in the query, else `?after=`, since an EventSource repeats its
 * first URL when it comes back.
 */
export function cursorOf(header: string | undefined, query: CursorQuery): number {
  const sent = [["header:Last-Event-ID", header], ...CURSOR_QUERY.map((name) => [`query:${name}`, query[name]])];
  const [field = "", text = ""] = sent.find(([, value]) => value !== undefined && value !== "") ?? [];
  if (text === "") return query.after;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const errors = [{ field, message: "must be the id of an event of this stream" }];
  throw apiError(
    "invalid_cursor",
    `${field.slice(field.indexOf(":") + 1)} must be the id of an event of this stream.`,
    {
      errors,
    },
  );
}

/* A request's body on its way into an object. */

/**
 * The same body behind a pipe of the platform's own, as an argument for a call of an object. Handed over as it is, it crosses
 * in pieces of 8 KiB, each of them a turn of the object's loop; out of a pipe it comes in up to 64 KiB, and no later.
 * Measured: bench/README.md. Its failure is its reader's, and a reader that lets it go ends the request's body too.
 */
export function pipeToObject(body: ReadableStream): ReadableStream {
  const { readable, writable } = new IdentityTransformStream();
  body.pipeTo(writable).catch(() => undefined); // the reader is told
  return readable;
}
