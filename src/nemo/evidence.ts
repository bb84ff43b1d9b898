/** What may be kept of an answer we did not like: its words, without secrets and without length; and how long it asks to wait. */

import { cut } from "../core/text.ts";
import { SECOND_MS } from "../core/time.ts";
import { isObject } from "./json.ts";
import { MESSAGE_CHARS } from "./limits.ts";

/** Upstream's tokens, its claim tokens, and any bearer credential that an answer may echo. */
const SECRETS = /(nmv_usr_|clm_)[A-Za-z0-9_-]+|\b(bearer)\s+[^\s"',;]+/gi;

/** Words for a log: one line, at most `MESSAGE_CHARS` characters, credentials replaced by their kind. */
export function safeWords(text: string): string {
  const line = text
    .slice(0, MESSAGE_CHARS * 4)
    .replace(SECRETS, (_all, prefix: string | undefined, bearer: string | undefined) => `${prefix ?? `${bearer} `}…`)
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim();
  return line.length > MESSAGE_CHARS ? `${cut(line, MESSAGE_CHARS - 1)}…` : line.toWellFormed();
}

/** The names that an error's words were seen or guessed under, in order. Source: nemo-api reference section 1.2. */
const WORD_KEYS = ["message", "msg", "error", "detail", "reason", "errorMessage", "error_message"] as const;

/** An error body's words: a string under one of the known names, nested once or as FastAPI's list of details; "" when there are none. */
export function wordsOf(body: unknown): string {
  if (typeof body === "string") return body;
  if (Array.isArray(body)) return body.slice(0, 5).map(wordsOf).filter(Boolean).join("; ");
  if (!isObject(body)) return "";
  for (const key of WORD_KEYS) {
    const value = body[key];
    if (typeof value === "string" && value.trim() !== "") return value;
    if (isObject(value) || Array.isArray(value)) {
      const inner = nestedWords(value);
      if (inner !== "") return inner;
    }
  }
  const fastapi = body.msg;
  return typeof fastapi === "string" ? fastapi : "";
}

function nestedWords(value: unknown): string {
  const parts = Array.isArray(value) ? value.slice(0, 5) : [value];
  const words = parts.map((part) => {
    if (typeof part === "string") return part;
    if (!isObject(part)) return "";
    for (const key of WORD_KEYS) {
      const inner = part[key];
      if (typeof inner === "string" && inner !== "") return inner;
    }
    return "";
  });
  return words.filter((word) => word !== "").join("; ");
}

/**
 * Milliseconds that `Retry-After` asks for: seconds, or a date measured against the answer's own `Date` header; null when it is absent or
 * unreadable, never negative.
 */
export function retryAfterMs(headers: Headers): number | null {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}$/.test(value)) return Number(value) * SECOND_MS;
  const until = Date.parse(value);
  const sent = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(until) || Number.isNaN(sent) ? null : Math.max(0, until - sent);
}
