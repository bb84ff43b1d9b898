/** Bytes of a stream into its records, whatever the chunks. Pure: no waiting, no meaning. */
import { createParser } from "eventsource-parser";
import { withoutStacks } from "./json.ts";
import { ERROR_ANSWER_BYTES, FEED_BYTES, SSE_RECORD_CHARS } from "./limits.ts";

/** Characters without a line's end that are gathered before the parser gets them. */
const HELD_CHARS = 4_096;

export type SseRecord = { readonly event: string | null; readonly data: string };

export type SseRead = {
  readonly records: readonly SseRecord[];
  /** Whether a line ended in these bytes: what says "still here" even when it says nothing else. */
  readonly lineEnded: boolean;
  /** A record (or a JSON body in a stream's place) above its cap: the reader takes nothing more. */
  readonly tooBig: boolean;
};

export type SseReader = {
  feed(bytes: Uint8Array): SseRead;
  /** The end of the bytes: a last record without its blank line, and whether something incomplete was left. */
  end(): SseRead & { readonly rest: string | null };
  /** The body, where upstream sent JSON in a stream's place under a stream's media type; null for a stream. */
  json(): string | null;
};

/**
 * A reader that holds at most one incomplete record: `maxRecordChars` characters, fragments included.
 *
 * Bytes are decoded as UTF-8 across chunks and fed to the parser in pieces of `FEED_BYTES`, so that one giant chunk meets the cap too.
 */
export function createSseReader(maxRecordChars: number = SSE_RECORD_CHARS): SseReader {
  const decoder = new TextDecoder("utf-8");
  let records: SseRecord[] = [];
  let tooBig = false;
  let mode: "unknown" | "sse" | "json" = "unknown";
  let body = "";
  /** The unfinished last line, kept only to tell at the end whether one was left: its first characters are enough. */
  let openLine = "";
  const parser = createParser({
    maxBufferSize: maxRecordChars,
    onEvent: ({ event, data }) => void records.push({ event: event ?? null, data }),
    onComment: () => undefined,
    onError: (error) => {
      if (error.type === "max-buffer-size-exceeded") tooBig = true;
    },
  });

  /** Text without a line's end, gathered so that a record in a million tiny chunks costs no more than in one. */
  let held = "";
  function feed(text: string, isLast: boolean): void {
    held += text;
    if (!isLast && held.length < HELD_CHARS && !/[\r\n]/.test(text)) return;
    const whole = held;
    held = "";
    // The parser makes an error of every line that it does not know.
    withoutStacks(() => parser.feed(whole));
  }

  function take(text: string): void {
    if (mode === "unknown") {
      body += text;
      const first = body.trimStart().charAt(0);
      if (first === "") {
        if (body.length > ERROR_ANSWER_BYTES) body = "";
        return;
      }
      mode = first === "{" || first === "[" ? "json" : "sse";
      if (mode === "json") return;
      feed(body, false);
      body = "";
      return;
    }
    if (mode === "sse") feed(text, false);
    else if (body.length + text.length > ERROR_ANSWER_BYTES) tooBig = true;
    else body += text;
  }

  function drain(lineEnded: boolean): SseRead {
    const taken = records;
    records = [];
    return { records: taken, lineEnded, tooBig };
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
        take(text);
      }
      return drain(lineEnded);
    },
    end() {
      const rest = openLine.trim() === "" ? null : openLine;
      if (mode === "sse" && !tooBig) feed("\n\n", true);
      return { ...drain(false), rest };
    },
    json: () => (mode === "json" ? body : null),
  };
}
