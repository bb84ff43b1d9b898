/**
 * Records of a turn's stream into events, in order. Remembers only open calls and recent ids; never throws.
 *
 * Two wire forms are read side by side, because the vendor's documents contradict each other: ADK events, and records with a `type`. What
 * says nothing (every known heartbeat, and unknown short words) gives no event here; the reader of the stream tells "still here" from bytes.
 * Source: nemo-api reference sections 4.3 and 4.4.
 */
import { type AdkEvent, isAdkEvent, outcomeOf, readAdkEvent } from "./adk.ts";
import { createCalls } from "./calls.ts";
import { classifyInStream } from "./classify.ts";
import { codeOf } from "./envelope.ts";
import { safeWords, wordsOf } from "./evidence.ts";
import { isObject, type JsonObject, parseJson } from "./json.ts";
import { stringAt } from "./read.ts";
import { createRepeats } from "./repeats.ts";
import type { SseRecord } from "./sse.ts";
import type { TurnEvent } from "./turn-event.ts";

/** State keys whose change makes a state read worth it. */
const TELLING_KEYS = new Set(["draft", "generated_media", "video_infos", "canvas_config"]);

/** How an error record begins that older ADK servers pasted together without escaping: `{"error":"he said "no""}`. */
const TORN_HEAD = /^\{\s{0,8}"error"\s{0,8}:\s{0,8}"?/;
const TORN_TAIL = /"?\s*\}?$/;
/** Characters from a record's end that can be a torn error's tail: a pattern is never let loose on megabytes. */
const TAIL_CHARS = 8;

/** Plain words longer than this are not a heartbeat that we do not know: something was said. */
const HEARTBEAT_CHARS = 64;

/** Nested arrays of events are opened this deep. */
const ARRAY_DEPTH = 2;

/** `data` within `data` is opened this deep. Chosen: more envelopes than anybody puts around an event. */
const DATA_DEPTH = 8;

export type Translator = (record: SseRecord) => readonly TurnEvent[];

const failed = (code: number | null, words: string): TurnEvent => ({
  type: "failed",
  failure: classifyInStream(code, safeWords(words) || "an error without words"),
});

/** The words of a torn error record; null for anything else. */
function tornWords(text: string): string | null {
  const head = TORN_HEAD.exec(text)?.[0];
  if (head === undefined) return null;
  const words = text.slice(head.length);
  return words.slice(0, -TAIL_CHARS) + words.slice(-TAIL_CHARS).replace(TORN_TAIL, "");
}

/** A translator for one stream. */
export function createTranslator(): Translator {
  const calls = createCalls();
  const isRepeat = createRepeats();

  function fromAdk(event: AdkEvent, text: string): readonly TurnEvent[] {
    // Deltas may be equal and share an id ("ha", "ha"); a repeated delta is undone by the whole text.
    if (event.id !== null && !event.partial && isRepeat(event.id, text)) return [];
    const words = event.parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
    const events: TurnEvent[] =
      words === "" ? [] : [{ type: "text", text: words, partial: event.partial, author: event.author }];
    for (const part of event.parts) {
      if (part.kind === "call")
        events.push({ type: "tool_started", name: part.name, callId: calls.start(part.name, part.id) });
      if (part.kind === "response")
        events.push({ type: "tool_finished", name: part.name, callId: calls.finish(part.name, part.id), ok: part.ok });
    }
    if (event.changedKeys.some((key) => TELLING_KEYS.has(key))) events.push({ type: "state_hint" });
    if (event.error !== null) {
      const { code, message } = event.error;
      events.push(failed(/^\d{1,9}$/.test(code) ? Number(code) : null, [code, message].filter(Boolean).join(": ")));
    }
    return events;
  }

  function fromTyped(type: string, record: JsonObject): readonly TurnEvent[] {
    const name = stringAt(record, "name", "tool_name", "tool") ?? "unknown";
    const id = stringAt(record, "id", "call_id", "tool_call_id");
    switch (type) {
      case "text":
      case "message":
      case "chunk": {
        const text = stringAt(record, "content", "text", "delta");
        return text === null
          ? []
          : [{ type: "text", text, partial: record.partial === true, author: stringAt(record, "author") }];
      }
      case "tool_call":
      case "tool_start":
        return [{ type: "tool_started", name, callId: calls.start(name, id) }];
      case "tool_result":
      case "tool_end":
        return [
          {
            type: "tool_finished",
            name,
            callId: calls.finish(name, id),
            ok: outcomeOf(record.result) ?? outcomeOf(record),
          },
        ];
      case "error":
        return [failed(codeOf(record), wordsOf(record) || (stringAt(record, "content") ?? ""))];
      default:
        return [];
    }
  }

  function fromObject(record: JsonObject, text: string, depth = 0): readonly TurnEvent[] {
    const type = record.type;
    if (isAdkEvent(record)) return fromAdk(readAdkEvent(record), text);
    if (typeof type === "string") return fromTyped(type.toLowerCase(), record);
    const code = codeOf(record);
    if (record.error || (code !== null && code !== 0 && code !== 200)) return [failed(code, wordsOf(record))];
    const data = record.data;
    return isObject(data) && depth < DATA_DEPTH ? fromObject(data, text, depth + 1) : [];
  }

  function fromValue(value: unknown, text: string, depth: number): readonly TurnEvent[] {
    if (Array.isArray(value) && depth < ARRAY_DEPTH)
      return value.flatMap((item) => fromValue(item, JSON.stringify(item), depth + 1));
    return isObject(value) ? fromObject(value, text) : [];
  }

  return ({ event, data }) => {
    const text = data.trim();
    const value = parseJson(text);
    if (event === "error" && (value === undefined || typeof value === "string")) return [failed(null, text)];
    if (value !== undefined) return fromValue(value, text, 0);
    const torn = tornWords(text);
    if (torn !== null) return [failed(null, torn)];
    if (!text.startsWith("{") && text.length <= HEARTBEAT_CHARS) return [];
    return [{ type: "unreadable", chars: text.length }];
  };
}
