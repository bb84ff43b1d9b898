/** Event streams (text/event-stream): content negotiation, cursors and responses. */
import * as z from "zod";
import type { Problem } from "../core/errors.ts";
import { LONG_POLL_MAX_SECONDS, PAGE_MAX, RETRY_MS } from "../core/limits.ts";
import type { Result } from "../core/result.ts";
import type { EventSubscription } from "../core/rpc/user.ts";
import { SECOND_MS } from "../core/time.ts";
import type { Ctx } from "./context.ts";
import { ApiError, apiError, unwrap } from "./problem.ts";

const HEADERS = {
  "Content-Type": "text/event-stream; charset=utf-8",
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
};

/** True if `Accept` names text/event-stream. */
export const wantsStream = (accept: string | undefined): boolean =>
  accept?.toLowerCase().includes("text/event-stream") ?? false;

/** True if `Accept` names application/json and not text/event-stream. */
export const wantsJson = (accept: string | undefined): boolean =>
  !wantsStream(accept) && (accept?.toLowerCase().includes("application/json") ?? false);

/** The response of a subscription. 204 stops an EventSource from reconnecting. */
export function streamOf(watching: EventSubscription, headers: Record<string, string> = {}): Response {
  if (watching.kind === "ended") return new Response(null, { status: 204, headers });
  return new Response(watching.body, { headers: { ...HEADERS, ...headers } });
}

/** For a restarting object: an empty stream with `retry:`. An EventSource does not reconnect after a 5xx. */
export function retryUnavailable(error: unknown): Response {
  if (!(error instanceof ApiError) || error.problem.code !== "unavailable") throw error;
  return new Response(`retry: ${RETRY_MS}\n\n`, { headers: HEADERS });
}

/**
 * Same as `retryUnavailable`, and also for too many streams: an EventSource does not reconnect after a 429, and its page sees
 * neither the status nor Retry-After.
 */
export function retryStream(error: unknown): Response {
  if (!(error instanceof ApiError) || error.problem.code !== "concurrency_limited") return retryUnavailable(error);
  const waitMs = (error.problem.retryAfterSeconds ?? BUSY_SECONDS) * SECOND_MS;
  return new Response(`retry: ${waitMs}\n: ${error.problem.detail}\n\n`, { headers: HEADERS });
}
const BUSY_SECONDS = 5;

/** The response to HEAD of a stream: the status and headers of GET, without opening a stream. */
const headOfStream = (hasEnded: boolean): Response =>
  hasEnded ? new Response(null, { status: 204 }) : new Response(null, { headers: HEADERS });

/** The query parameters for the cursor besides `after`: EventSource polyfills send the header's name in the query. */
const CURSOR_QUERY = ["lastEventId", "Last-Event-ID"] as const;

const polyfilled = z.string().max(20).optional().meta({
  description: "Same as the header `Last-Event-ID`, for clients that cannot send it. Takes precedence over `after`.",
});
/** The query of a route that streams events or returns pages of them. */
export const eventsQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).meta({ description: "Return events after this id." }),
  lastEventId: polyfilled,
  "Last-Event-ID": polyfilled,
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(PAGE_MAX)
    .default(PAGE_MAX)
    .meta({ description: "Events per page. JSON only." }),
  wait: z.coerce
    .number()
    .min(0)
    .max(LONG_POLL_MAX_SECONDS)
    .default(0)
    .meta({ description: "Seconds to wait for the first event. JSON only." }),
});
type CursorQuery = { readonly after: number } & { readonly [N in (typeof CURSOR_QUERY)[number]]?: string | undefined };

/**
 * The cursor: the header `Last-Event-ID`, else its name in the query, else `?after=`. The header comes first because an
 * EventSource reconnects with its first URL.
 */
export function streamCursor(header: string | undefined, query: CursorQuery): number {
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

type Answer<T> = Promise<Result<T, Problem>>;

/** How the events of one resource are read. */
type EventSource = {
  readonly readPage: (
    after: number,
    limit: number,
    waitMs: number,
  ) => Answer<{ readonly data: readonly unknown[]; readonly ended: boolean }>;
  readonly watch: (after: number) => Answer<EventSubscription>;
};

/** GET and HEAD of events after the cursor: a page for `Accept: application/json` unless `isStreamOnly`, else the stream. */
export async function serveEvents(
  c: Ctx,
  { readPage, watch }: EventSource,
  query: z.infer<typeof eventsQuery>,
  { isStreamOnly = false } = {},
): Promise<Response> {
  const cursor = streamCursor(c.req.header("Last-Event-ID"), query);
  const isHead = c.req.method === "HEAD";
  const waitMs = isHead ? 0 : query.wait * SECOND_MS;
  if (!isStreamOnly && wantsJson(c.req.header("Accept")))
    return c.json(unwrap(await readPage(cursor, query.limit, waitMs)), 200);
  if (isHead) {
    const page = unwrap(await readPage(cursor, 1, 0));
    return headOfStream(page.ended && page.data.length === 0);
  }
  return watch(cursor)
    .then((watching) => streamOf(unwrap(watching)))
    .catch(retryStream);
}
