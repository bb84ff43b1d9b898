/** One ADK event into what it tells. Outer keys in camelCase or, as very early servers wrote them, in snake_case. Pure. */
import { isObject, type JsonObject } from "./json.ts";

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
  /** State keys that changed, without their scope prefix; those marked `temp:` are not kept by upstream and are left out. */
  readonly changedKeys: readonly string[];
  /** A model-level error: a code, which may be a finish reason, and words. */
  readonly error: { readonly code: string; readonly message: string } | null;
};

const SUCCESS = /^(success|succeeded|ok|done|completed?)$/i;
const FAILURE = /^(error|failed|failure)$/i;

/** Whether a tool's answer says that it worked; null where it does not say. */
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

/** A visible part; null for thoughts, for media and code, and for what is not a part at all. */
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

/** Finish reasons that end a model's answer as intended; some servers put them into `errorCode` when the answer holds no text. */
const HARMLESS = new Set(["STOP", "FINISH_REASON_STOP", "0"]);

function errorOf(event: JsonObject): AdkEvent["error"] {
  const raw = event.errorCode ?? event.error_code;
  const code = typeof raw === "number" ? String(raw) : textOr(raw, "");
  const message = textOr(event.errorMessage ?? event.error_message, "");
  if (code === "" ? message === "" : HARMLESS.has(code.toUpperCase())) return null;
  return { code, message };
}

/** Whether a record looks like an ADK event: it has one of the keys that every such event has. */
export const isAdkEvent = (record: JsonObject): boolean =>
  isObject(record.content) ||
  isObject(record.actions) ||
  ["invocationId", "invocation_id", "errorCode", "error_code", "errorMessage", "error_message"].some(
    (key) => record[key] !== undefined,
  );

/** Reads an ADK event. The user's own words, which some servers repeat, are not parts of an answer. Source: nemo-api reference section 4.4. */
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
