/** Event streams of turns and videos, resumed until the last event. */
import { createParser } from "eventsource-parser";
import { ConnectionError, GatewayError } from "./errors.ts";
import {
  backoff,
  LONGEST_RETRY_AFTER_MS,
  pause,
  type RequestOptions,
  retryAfterOf,
  type Transport,
} from "./transport.ts";

/** An event, and its position in the stream: pass it as `after` to continue there. */
export type Streamed<E> = E & { readonly cursor: number };

export type StreamOptions = Omit<RequestOptions, "idempotencyKey"> & {
  /** Events after this cursor. Default: 0, from the beginning. */
  readonly after?: number;
  /** `poll` asks for pages with `?wait=25`, where `fetch` cannot stream, as in React Native. Default: `sse`. */
  readonly transport?: "sse" | "poll";
};

type Frame<E> = { readonly cursor: number; readonly event: E };
/** What one connection gave: it ended by itself, or the whole stream is over. */
type Ended = { readonly over: boolean; readonly retryMs: number };

/** The gateway's own wait between two connections, in ms, until it says another. */
const RETRY_MS = 500;
/** Connections in a row without an event that end the iteration with an error. */
const MAX_FAILURES = 10;
const POLL_SECONDS = 25;
/** No byte for so long, in ms, means that the connection is dead: the gateway sends a ping every 15 s. */
const SILENCE_MS = 45_000;

/**
 * The events of a stream, each once and in order, over as many connections as it takes: the gateway closes a stream after about
 * 240 s, and networks fail. Ends after an event for which `isLast` holds, or when there are no more. Throws a `GatewayError` that
 * no retry can help, or a `ConnectionError` after ten connections in a row without an event.
 */
export async function* follow<E extends { readonly type: string }>(
  transport: Transport,
  path: string,
  isLast: (event: E) => boolean,
  options: StreamOptions = {},
): AsyncGenerator<Streamed<E>, void, undefined> {
  const connect = options.transport === "poll" ? pollPage : readStream;
  let cursor = options.after ?? 0;
  for (let failures = 0; ; ) {
    let wait = RETRY_MS;
    const connection = connect<E>(transport, path, cursor, options);
    try {
      for (;;) {
        const { done, value } = await connection.next();
        if (done === true) {
          if (value.over) return;
          wait = value.retryMs;
          break;
        }
        if (value.cursor <= cursor) continue;
        cursor = value.cursor;
        failures = 0;
        yield { ...value.event, cursor };
        if (isLast(value.event)) return;
        options.signal?.throwIfAborted();
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof GatewayError && !error.retryable) throw error;
      if (++failures >= MAX_FAILURES) throw error;
      const asked = error instanceof GatewayError ? retryAfterOf(error.headers) : null;
      if (asked !== null && asked > LONGEST_RETRY_AFTER_MS) throw error;
      wait = asked ?? RETRY_MS + backoff(failures);
    } finally {
      await connection.return({ over: true, retryMs: RETRY_MS }); // also when the caller leaves its loop
    }
    await pause(wait, options.signal);
  }
}

/** One connection of a stream (text/event-stream). */
async function* readStream<E>(
  transport: Transport,
  path: string,
  after: number,
  options: StreamOptions,
): AsyncGenerator<Frame<E>, Ended, undefined> {
  const headers = {
    ...options.headers,
    accept: "text/event-stream",
    ...(after > 0 ? { "last-event-id": String(after) } : {}),
  };
  const response = await transport.send({ method: "GET", path }, { ...options, headers, maxRetries: 0 });
  transport.detach(response); // the reader below has a listener of its own
  if (response.status === 204 || response.body === null) return { over: response.status === 204, retryMs: RETRY_MS };
  let retryMs = RETRY_MS;
  let frames: Frame<E>[] = [];
  const parser = createParser({
    onEvent: ({ id, data }) => {
      const cursor = Number(id);
      if (Number.isInteger(cursor)) frames.push({ cursor, event: JSON.parse(data) as E }); // the document says its type
    },
    onRetry: (ms) => {
      retryMs = ms;
    },
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const abort = (): void => void reader.cancel().catch(() => undefined);
  options.signal?.addEventListener("abort", abort, { once: true });
  try {
    for (;;) {
      const { done, value } = await withSilence(reader.read());
      options.signal?.throwIfAborted();
      if (done) return { over: false, retryMs };
      parser.feed(value);
      const arrived = frames;
      frames = [];
      yield* arrived;
    }
  } finally {
    options.signal?.removeEventListener("abort", abort);
    abort();
  }
}

/** Rejects when nothing arrives for `SILENCE_MS`. */
async function withSilence<T>(read: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConnectionError(`The stream sent nothing for ${SILENCE_MS} ms.`)), SILENCE_MS);
  });
  return Promise.race([read, silence]).finally(() => clearTimeout(timer));
}

type EventsPage<E> = { readonly data: readonly { readonly id: number; readonly event: E }[]; readonly ended: boolean };

/** One page of events, waiting for the first one. */
async function* pollPage<E>(
  transport: Transport,
  path: string,
  after: number,
  options: StreamOptions,
): AsyncGenerator<Frame<E>, Ended, undefined> {
  const query = { after, wait: POLL_SECONDS };
  const { data } = await transport.json<EventsPage<E>>({ method: "GET", path, query }, { ...options, maxRetries: 0 });
  for (const { id, event } of data.data) yield { cursor: id, event };
  return { over: data.ended, retryMs: 0 };
}
