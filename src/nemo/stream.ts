/** Reads a turn's stream in batches of events, with limits of time, bytes and silence. */
import { createParser } from "eventsource-parser";
import { classifyAnswer, malformed } from "./errors.ts";
import { type Deadline, Interrupted } from "./http.ts";
import { withoutStacks } from "./json.ts";
import { ERROR_ANSWER_BYTES, FEED_BYTES, SSE_RECORD_CHARS, STREAM_BYTES, type Timeouts } from "./limits.ts";
import { createTranslator, type EndReason, type Translator, type TurnEvent, type TurnStream } from "./translate.ts";

/** Characters without a line ending that are collected before the parser receives them. */
const HELD_CHARS = 4_096;

export type SseRecord = { readonly event: string | null; readonly data: string };

export type SseRead = {
  readonly records: readonly SseRecord[];
  /** Whether these bytes contain a line ending, which shows that the connection is alive even without an event. */
  readonly lineEnded: boolean;
  /** A record (or a JSON body in place of a stream) exceeds its limit; the reader accepts nothing more. */
  readonly tooBig: boolean;
};

export type SseReader = {
  feed(bytes: Uint8Array): SseRead;
  /** Ends the input: returns a last record without its blank line, and whether an incomplete one was left. */
  end(): SseRead & { readonly rest: string | null };
  /** The body, if upstream sent JSON with a stream's media type; null for a stream. */
  json(): string | null;
};

/**
 * Parses bytes into records; holds at most one incomplete record of `maxRecordChars` characters, fragments included.
 *
 * Bytes are decoded as UTF-8 across chunks and passed to the parser in parts of `FEED_BYTES`, so that a giant chunk
 * reaches the limit too.
 */
export function createSseReader(maxRecordChars: number = SSE_RECORD_CHARS): SseReader {
  const decoder = new TextDecoder("utf-8");
  const records: SseRecord[] = [];
  let tooBig = false;
  let mode: "unknown" | "sse" | "json" = "unknown";
  let body = "";
  /** The unfinished last line, only to know at the end whether one was left; its first characters are enough. */
  let openLine = "";
  const parser = createParser({
    maxBufferSize: maxRecordChars,
    onEvent: ({ event, data }) => void records.push({ event: event ?? null, data }),
    onComment: () => undefined,
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") tooBig = true;
    },
  });

  /** Text without a line ending, collected so that a record in a million tiny chunks costs no more than in one. */
  let held = "";
  function parse(text: string, isLast: boolean): void {
    held += text;
    if (!isLast && held.length < HELD_CHARS && !/[\r\n]/.test(text)) return;
    const whole = held;
    held = "";
    // The parser creates an error for every line that it does not know.
    withoutStacks(() => parser.feed(whole));
  }

  return {
    feed(bytes) {
      let lineEnded = false;
      for (let at = 0; at < bytes.byteLength && !tooBig; at += FEED_BYTES) {
        const text = decoder.decode(bytes.subarray(at, at + FEED_BYTES), { stream: true });
        const last = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r"));
        if (last >= 0) {
          lineEnded = true;
          openLine = "";
        }
        openLine = `${openLine}${text.slice(last + 1)}`.slice(0, 64);
        if (mode === "sse") parse(text, false);
        else if (mode === "json" && body.length + text.length > ERROR_ANSWER_BYTES) tooBig = true;
        else body += text;
        if (mode !== "unknown") continue;
        const first = body.trimStart().charAt(0);
        if (first === "{" || first === "[") mode = "json";
        else if (first !== "") {
          mode = "sse";
          parse(body, false);
          body = "";
        } else if (body.length > ERROR_ANSWER_BYTES) body = "";
      }
      return { records: records.splice(0), lineEnded, tooBig };
    },
    end() {
      const rest = openLine.trim() === "" ? null : openLine;
      if (mode === "sse" && !tooBig) parse("\n\n", true);
      return { records: records.splice(0), lineEnded: false, tooBig, rest };
    },
    json: () => (mode === "json" ? body : null),
  };
}

export type StreamOptions = {
  readonly response: Response;
  readonly deadline: Deadline;
  readonly timeouts: Pick<Timeouts, "turnTotalMs" | "turnIdleMs">;
  readonly maxBytes?: number;
  readonly maxRecordChars?: number;
};

type Batch = readonly TurnEvent[];

const ended = (why: EndReason): TurnEvent => ({ type: "ended", clean: why === "closed", why });

/** The reason of an own timeout or cancel; every other error of a read is a broken connection. */
function endOf(error: unknown): EndReason {
  if (!(error instanceof Interrupted)) return "cut";
  return error.why === "timeout" ? "too_long" : error.why;
}

/** The remaining events when upstream closed, and how the stream ended: half a record means a broken connection. */
function last(reader: SseReader, translate: Translator, response: Response): Batch {
  const json = reader.json();
  if (json !== null) {
    const { status, headers } = response;
    const failure = classifyAnswer({ at: "run_sse", status, headers, text: json, exact: true });
    return [
      { type: "failed", failure: failure ?? malformed("run_sse", status, "JSON where a stream was expected") },
      ended("closed"),
    ];
  }
  const { records, tooBig } = reader.end();
  const events = records.flatMap(translate);
  const torn = events.some((event) => event.type === "unreadable");
  return [
    ...events.filter((event) => event.type !== "unreadable"),
    ended(tooBig ? "too_big" : torn ? "cut" : "closed"),
  ];
}

async function* batches(options: StreamOptions): AsyncGenerator<Batch, void, void> {
  const { response, deadline, timeouts, maxBytes = STREAM_BYTES } = options;
  const body = response.body?.getReader();
  const reader = createSseReader(options.maxRecordChars);
  const translate = createTranslator();
  let bytes = 0;
  try {
    for (;;) {
      deadline.signal.throwIfAborted();
      deadline.arm("idle", timeouts.turnIdleMs, "idle");
      const read = body === undefined ? { done: true as const } : await deadline.within(body.read());
      if (read.done) {
        yield last(reader, translate, response);
        return;
      }
      bytes += read.value.byteLength;
      // The idle timeout stops here: it does not include the consumer's time for a batch.
      deadline.disarm("idle");
      const { records, lineEnded, tooBig } = reader.feed(read.value);
      const events = records.flatMap(translate);
      if (tooBig || bytes > maxBytes) {
        yield [...events, ended("too_big")];
        return;
      }
      if (events.length > 0) yield events;
      else if (lineEnded) yield [{ type: "heartbeat" }];
    }
  } catch (error) {
    yield [ended(endOf(error))];
  } finally {
    deadline.release();
    // Not awaited: a body that never settles its cancel must not delay the turn's end.
    body?.cancel().catch(() => undefined);
  }
}

/**
 * The stream of an answer whose headers have arrived. Its total timeout starts now; the last batch ends with `ended`.
 */
export function openTurnStream(options: StreamOptions): TurnStream {
  const { deadline, timeouts } = options;
  deadline.arm("total", timeouts.turnTotalMs, "timeout");
  return { events: batches(options), cancel: () => deadline.cancel() };
}
