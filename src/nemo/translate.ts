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

/** A part of an ADK event. Outer keys are in camelCase or, on very early servers, in snake_case. */
export type AdkPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "call"; readonly id: string | null; readonly name: string }
  | { readonly kind: "response"; readonly id: string | null; readonly name: string; readonly ok: boolean | null };

export type AdkEvent = {
  readonly id: string | null;
  readonly author: string | null;
  /** A text delta; a later event repeats the whole text without this mark. */
  readonly partial: boolean;
  readonly parts: readonly AdkPart[];
  /**
   * Changed state keys without their scope prefix; those marked `temp:` are not stored by upstream and are left out.
   */
  readonly changedKeys: readonly string[];
  /** A model-level error: a code, which may be a finish reason, and a message. */
  readonly error: { readonly code: string; readonly message: string } | null;
};

const SUCCESS = /^(success|succeeded|ok|done|completed?)$/i;
const FAILURE = /^(error|failed|failure)$/i;

/** Whether a tool's answer reports success; null when it does not say. */
export function outcomeOf(response: unknown): boolean | null {
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

/** A visible part; null for thoughts, media, code and malformed parts. */
function partOf(part: unknown): AdkPart | null {
  if (!isObject(part)) return null;
  const call = part.functionCall ?? part.function_call;
  if (isObject(call)) return { kind: "call", id: textOr(call.id, null), name: textOr(call.name, "unknown") };
  const answer = part.functionResponse ?? part.function_response;
  if (isObject(answer)) {
    return {
      kind: "response",
      id: textOr(answer.id, null),
      name: textOr(answer.name, "unknown"),
      ok: outcomeOf(answer.response),
    };
  }
  const text = part.text;
  return typeof text === "string" && text !== "" && part.thought !== true ? { kind: "text", text } : null;
}

function changedKeys(event: JsonObject): readonly string[] {
  const actions = event.actions;
  const delta = isObject(actions) ? (actions.stateDelta ?? actions.state_delta) : null;
  if (!isObject(delta)) return [];
  const kept = Object.keys(delta).filter((key) => !key.startsWith("temp:"));
  return kept.map((key) => key.replace(/^(app|user):/, ""));
}

/** Finish reasons of a normal end; some servers put them into `errorCode` when the answer has no text. */
const HARMLESS = new Set(["STOP", "FINISH_REASON_STOP", "0"]);

function errorOf(event: JsonObject): AdkEvent["error"] {
  const raw = event.errorCode ?? event.error_code;
  const code = typeof raw === "number" ? String(raw) : textOr(raw, "");
  const message = textOr(event.errorMessage ?? event.error_message, "");
  if (code === "" ? message === "" : HARMLESS.has(code.toUpperCase())) return null;
  return { code, message };
}

/** Whether a record has one of the keys that every ADK event has. */
export const isAdkEvent = (record: JsonObject): boolean =>
  isObject(record.content) ||
  isObject(record.actions) ||
  ["invocationId", "invocation_id", "errorCode", "error_code", "errorMessage", "error_message"].some(
    (key) => record[key] !== undefined,
  );

/**
 * Reads an ADK event. The user's own words, which some servers repeat, are not parts of an answer. Source: nemo-api
 * reference section 4.4.
 */
export function readAdkEvent(event: JsonObject): AdkEvent {
  const content = event.content;
  const author = textOr(event.author, null);
  const raw = isObject(content) && Array.isArray(content.parts) ? content.parts : [];
  const parts = raw.map(partOf).filter((part) => part !== null);
  return {
    id: textOr(event.id, null),
    author,
    partial: event.partial === true,
    parts: author === "user" ? parts.filter((part) => part.kind !== "text") : parts,
    changedKeys: changedKeys(event),
    error: errorOf(event),
  };
}

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

/** State keys whose change makes a poll of the state worthwhile. */
const STATE_HINT_KEYS = new Set(["draft", "generated_media", "video_infos", "canvas_config"]);

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

  function fromAdk(event: AdkEvent, text: string): readonly TurnEvent[] {
    // Equal deltas may share an id ("ha", "ha"), so they are not dropped; the whole text corrects a repeated delta.
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
    if (event.changedKeys.some((key) => STATE_HINT_KEYS.has(key))) events.push({ type: "state_hint" });
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
        return [failed(codeOf(record), messageOf(record) || (stringAt(record, "content") ?? ""))];
      default:
        return [];
    }
  }

  function fromObject(record: JsonObject, text: string, depth = 0): readonly TurnEvent[] {
    const type = record.type;
    if (isAdkEvent(record)) return fromAdk(readAdkEvent(record), text);
    if (typeof type === "string") return fromTyped(type.toLowerCase(), record);
    const code = codeOf(record);
    if (record.error || (code !== null && code !== 0 && code !== 200)) return [failed(code, messageOf(record))];
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
