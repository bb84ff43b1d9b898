/**
 * Translates the records of a turn's stream into events, in order. Stores only open calls and recent ids; never
 * throws.
 *
 * Two formats are read side by side, because the vendor's documents contradict each other: ADK events, and records
 * with a `type`. Records without content (every known heartbeat, and unknown short words) give no event; the stream's
 * reader derives liveness from bytes. Source: nemo-api reference sections 4.3 and 4.4.
 */
import { classifyInStream, codeOf, messageOf, type NemoFailure, safeText } from "./errors.ts";
import { isObject, type JsonObject, parseJson, stringAt } from "./json.ts";
import { REMEMBERED_EVENTS } from "./limits.ts";
import type { SseRecord } from "./stream.ts";

const SUCCESS = /^(success|succeeded|ok|done|completed?)$/i;
const FAILURE = /^(error|failed|failure)$/i;

/** Whether a tool's answer reports success; null when it does not say. */
function outcomeOf(response: unknown): boolean | null {
  if (!isObject(response)) return null;
  if (response.error !== undefined && response.error !== null && response.error !== false && response.error !== "")
    return false;
  if (typeof response.success === "boolean") return response.success;
  const status = response.status;
  if (typeof status !== "string") return null;
  if (SUCCESS.test(status)) return true;
  return FAILURE.test(status) ? false : null;
}

const textOr = <T>(value: unknown, other: T): string | T => (typeof value === "string" && value !== "" ? value : other);

/** State keys whose change makes a poll of the state worthwhile. */
const STATE_HINT_KEYS = new Set(["draft", "generated_media", "video_infos", "canvas_config"]);

/** Whether an ADK event changes one of them. A key may have a scope prefix; what is marked `temp:` is not stored by upstream. */
function changesState({ actions }: JsonObject): boolean {
  const delta = isObject(actions) ? (actions.stateDelta ?? actions.state_delta) : null;
  return isObject(delta) && Object.keys(delta).some((key) => STATE_HINT_KEYS.has(key.replace(/^(app|user):/, "")));
}

/** Finish reasons of a normal end; some servers put them into `errorCode` when the answer has no text. */
const HARMLESS = new Set(["STOP", "FINISH_REASON_STOP", "0"]);

/** A model-level error: a code, which may be a finish reason, and a message. */
function errorOf(event: JsonObject): { readonly code: string; readonly message: string } | null {
  const raw = event.errorCode ?? event.error_code;
  const code = typeof raw === "number" ? String(raw) : textOr(raw, "");
  const message = textOr(event.errorMessage ?? event.error_message, "");
  if (code === "" ? message === "" : HARMLESS.has(code.toUpperCase())) return null;
  return { code, message };
}

/** Whether a record has one of the keys that every ADK event has. */
const isAdkEvent = (record: JsonObject): boolean =>
  isObject(record.content) ||
  isObject(record.actions) ||
  ["invocationId", "invocation_id", "errorCode", "error_code", "errorMessage", "error_message"].some(
    (key) => record[key] !== undefined,
  );

/** The open tool calls of one turn, and ids for those without one. */
export type Calls = {
  /** The id of a call that starts: upstream's, else a new one. */
  start(name: string, id: string | null): string;
  /** The id of the call that ends: upstream's, else that of the oldest open call of this name, else a new one. */
  finish(name: string, id: string | null): string;
};

/**
 * At most `REMEMBERED_EVENTS` open calls are stored; beyond, the oldest is dropped. Every operation has constant cost.
 */
export function createCalls(): Calls {
  const open = new Map<string, string>();
  /** Ids of open calls by name, the oldest first. */
  const byName = new Map<string, Set<string>>();
  let made = 0;
  const make = (name: string): string => {
    made++;
    return `${name}#${made}`;
  };
  const close = (callId: string): void => {
    const name = open.get(callId);
    if (name === undefined) return;
    open.delete(callId);
    const ids = byName.get(name);
    ids?.delete(callId);
    if (ids?.size === 0) byName.delete(name);
  };
  return {
    start(name, id) {
      const callId = id ?? make(name);
      if (open.get(callId) !== name) {
        close(callId);
        open.set(callId, name);
        byName.set(name, (byName.get(name) ?? new Set()).add(callId));
      }
      const oldest = open.size > REMEMBERED_EVENTS ? open.keys().next().value : undefined;
      if (oldest !== undefined) close(oldest);
      return callId;
    },
    finish(name, id) {
      const callId = id ?? byName.get(name)?.values().next().value ?? make(name);
      close(callId);
      return callId;
    },
  };
}

/** A 53-bit hash of a text (cyrb53), to find equal records with one id. Not cryptographic. */
function print(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    high = Math.imul(high ^ char, 2654435761);
    low = Math.imul(low ^ char, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/**
 * Returns whether a record with this id and this very text was seen before, among the last `REMEMBERED_EVENTS`. An id
 * alone is not enough: newer servers split one event into two with the same id.
 */
export function createRepeatFilter(): (id: string, text: string) => boolean {
  const seen = new Set<string>();
  return (id, text) => {
    const key = `${id} ${text.length} ${print(text)}`;
    if (seen.has(key)) return true;
    seen.add(key);
    const oldest = seen.size > REMEMBERED_EVENTS ? seen.values().next().value : undefined;
    if (oldest !== undefined) seen.delete(oldest);
    return false;
  };
}

/** The start of an error record that older ADK servers build without escaping: `{"error":"he said "no""}`. */
const BROKEN_ERROR_HEAD = /^\{\s{0,8}"error"\s{0,8}:\s{0,8}"?/;
const TORN_TAIL = /"?\s*\}?$/;
/** Characters at a record's end that can belong to such an error; limits the pattern on large records. */
const TAIL_CHARS = 8;

/** Longer plain text is not an unknown heartbeat, but content. */
const HEARTBEAT_CHARS = 64;

/** Depth to which nested arrays of events are unwrapped. */
const ARRAY_DEPTH = 2;

/** Depth to which `data` within `data` is unwrapped. Chosen: more envelopes than any server uses. */
const DATA_DEPTH = 8;

export type Translator = (record: SseRecord) => readonly TurnEvent[];

const failed = (code: number | null, words: string): TurnEvent => ({
  type: "failed",
  failure: classifyInStream(code, safeText(words) || "an error without a message"),
});

/** The message of an error record with invalid JSON; null for anything else. */
function brokenErrorMessage(text: string): string | null {
  const head = BROKEN_ERROR_HEAD.exec(text)?.[0];
  if (head === undefined) return null;
  const words = text.slice(head.length);
  return words.slice(0, -TAIL_CHARS) + words.slice(-TAIL_CHARS).replace(TORN_TAIL, "");
}

/** A translator for one stream. */
export function createTranslator(): Translator {
  const calls = createCalls();
  const isRepeat = createRepeatFilter();

  /**
   * The events of an ADK event. Keys are in camelCase or, on very early servers, in snake_case. Thoughts, media, code and
   * malformed parts are left out, and so are the user's own words, which some servers repeat. Source: nemo-api reference
   * section 4.4.
   */
  function fromAdk(event: JsonObject, text: string): readonly TurnEvent[] {
    const { content } = event;
    const id = textOr(event.id, null);
    const author = textOr(event.author, null);
    const partial = event.partial === true;
    // Equal deltas may share an id ("ha", "ha"), so they are not dropped; the whole text corrects a repeated delta.
    if (id !== null && !partial && isRepeat(id, text)) return [];
    let words = "";
    const events: TurnEvent[] = [];
    for (const part of isObject(content) && Array.isArray(content.parts) ? content.parts : []) {
      if (!isObject(part)) continue;
      const call = part.functionCall ?? part.function_call;
      const answer = part.functionResponse ?? part.function_response;
      if (isObject(call)) {
        const name = textOr(call.name, "unknown");
        events.push({ type: "tool_started", name, callId: calls.start(name, textOr(call.id, null)) });
      } else if (isObject(answer)) {
        const name = textOr(answer.name, "unknown");
        const callId = calls.finish(name, textOr(answer.id, null));
        events.push({ type: "tool_finished", name, callId, ok: outcomeOf(answer.response) });
      } else if (typeof part.text === "string" && part.thought !== true && author !== "user") words += part.text;
    }
    if (words !== "") events.unshift({ type: "text", text: words, partial, author });
    if (changesState(event)) events.push({ type: "state_hint" });
    const error = errorOf(event);
    if (error !== null) {
      const { code, message } = error;
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
        return [failed(codeOf(record), messageOf(record) || (stringAt(record, "content") ?? ""))];
      default:
        return [];
    }
  }

  /** A parsed record: an ADK event, one with a `type`, an error, or an envelope around one of them. `text`: its JSON. */
  function fromValue(value: unknown, text: string, arrays = 0): readonly TurnEvent[] {
    if (Array.isArray(value) && arrays < ARRAY_DEPTH)
      return value.flatMap((item) => fromValue(item, JSON.stringify(item), arrays + 1));
    let record = value;
    for (let envelopes = 0; isObject(record) && envelopes <= DATA_DEPTH; envelopes++) {
      if (isAdkEvent(record)) return fromAdk(record, text);
      if (typeof record.type === "string") return fromTyped(record.type.toLowerCase(), record);
      const code = codeOf(record);
      if (record.error || (code !== null && code !== 0 && code !== 200)) return [failed(code, messageOf(record))];
      record = record.data;
    }
    return [];
  }

  return ({ event, data }) => {
    const text = data.trim();
    const value = parseJson(text);
    if (event === "error" && (value === undefined || typeof value === "string")) return [failed(null, text)];
    if (value !== undefined) return fromValue(value, text);
    const torn = brokenErrorMessage(text);
    if (torn !== null) return [failed(null, torn)];
    if (!text.startsWith("{") && text.length <= HEARTBEAT_CHARS) return [];
    return [{ type: "unreadable", chars: text.length }];
  };
}

/** The events of a running turn, independent of upstream's formats. */
export type TurnEvent =
  /**
   * Visible text. With `partial` it is a delta; the whole text follows later with `partial: false` and replaces the
   * deltas since the last whole text. Never empty. `author` is the agent's name, null when upstream does not state it.
   */
  | { readonly type: "text"; readonly text: string; readonly partial: boolean; readonly author: string | null }
  /** Bytes without content arrived: the connection is alive. */
  | { readonly type: "heartbeat" }
  | { readonly type: "tool_started"; readonly name: string; readonly callId: string }
  /** `ok` is null when the answer does not say whether it succeeded. */
  | { readonly type: "tool_finished"; readonly name: string; readonly callId: string; readonly ok: boolean | null }
  /**
   * Upstream reports that the draft or the media lists changed, so the state should be polled. Not sent by every
   * server.
   */
  | { readonly type: "state_hint" }
  /** A record that cannot be parsed: text may be missing from here on. */
  | { readonly type: "unreadable"; readonly chars: number }
  /** An error inside the stream. More events may follow. */
  | { readonly type: "failed"; readonly failure: NemoFailure }
  /** Always the last event, exactly once. `clean` only when upstream closed the stream itself between two records. */
  | { readonly type: "ended"; readonly clean: boolean; readonly why: EndReason };

/**
 * `closed` by upstream · `cut` by the network or in the middle of a record · `cancelled` by us · `idle`: no byte
 * within the idle timeout · `too_long`: the stream's total timeout · `too_big`: a record or the whole stream exceeds
 * its limit.
 */
export type EndReason = "closed" | "cut" | "cancelled" | "idle" | "too_long" | "too_big";

export type TurnStream = {
  /** The events of each read together and in order; never an empty array. To be iterated once. */
  readonly events: AsyncIterable<readonly TurnEvent[]>;
  /** Closes the connection. Upstream continues its work. */
  cancel(): void;
};
