/**
 * JSON without loss of digits: values are located by offsets in the text and copied unchanged.
 *
 * `JSON.parse` and `JSON.stringify` change 19-digit numbers, `1.0`, `1e21`, escapes, and the order of keys like "10"
 * and "2", and drop all but the last of duplicate keys. So a text is parsed once for validation and reading, and cut
 * by offsets where its bytes matter.
 */
import { createScanner, type JSONScanner } from "jsonc-parser";
import { CANONICAL_DEPTH } from "./limits.ts";

/** An object with unknown values, as `JSON.parse` returns it. */
export type JsonObject = { readonly [key: string]: unknown };

/** A value's range in a text: from `start`, up to and without `end`. */
export type TextSpan = { readonly start: number; readonly end: number };

/**
 * The scanner's token kinds used here. Source: jsonc-parser 3.3.1, `SyntaxKind` in main.d.ts, which is not importable
 * (const enum).
 */
export const TOKEN = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  string: 10,
  eof: 17,
} as const;

/**
 * Runs `work`, which must be synchronous, without capturing stacks of errors: for an error that is discarded, the
 * stack is nine tenths of the cost.
 */
export function withoutStacks<T>(work: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** The value of a JSON text; undefined when invalid (JSON has no undefined). */
export function parseJson(text: string): unknown {
  try {
    return withoutStacks(() => JSON.parse(text));
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Moves from the first token of a value to its last one and returns where that ends. Iterative, so nesting uses no
 * stack.
 */
export function skipValue(scanner: JSONScanner): number {
  let depth = 0;
  for (;;) {
    const token: number = scanner.getToken();
    if (token === TOKEN.openBrace || token === TOKEN.openBracket) depth++;
    else if (token === TOKEN.closeBrace || token === TOKEN.closeBracket) depth--;
    const end = scanner.getTokenOffset() + scanner.getTokenLength();
    if (depth <= 0 || token === TOKEN.eof) return end;
    scanner.scan();
  }
}

/**
 * The members of the object at `span`, in the text's order, including duplicates; empty when it is not an object.
 * `text` must have passed `parseJson`, because the scanner alone would accept comments.
 */
export function* membersOf(text: string, span: TextSpan): Generator<{ readonly key: string; readonly span: TextSpan }> {
  const scanner = createScanner(text, true);
  scanner.setPosition(span.start);
  if ((scanner.scan() as number) !== TOKEN.openBrace) return;
  while ((scanner.scan() as number) === TOKEN.string) {
    const key = scanner.getTokenValue();
    scanner.scan(); // the colon
    scanner.scan();
    const start = scanner.getTokenOffset();
    yield { key, span: { start, end: skipValue(scanner) } };
    if ((scanner.scan() as number) !== TOKEN.comma) return;
  }
}

/**
 * The range of the value at `path` in `text`, or null without one. `text` must be JSON.
 *
 * The last of duplicate keys counts at every level, as for `JSON.parse` and Python's `json`, which upstream uses.
 */
export function spanAt(text: string, path: readonly string[]): TextSpan | null {
  let span: TextSpan = { start: 0, end: text.length };
  for (const key of path) {
    let found: TextSpan | null = null;
    for (const member of membersOf(text, span)) if (member.key === key) found = member.span;
    if (found === null) return null;
    span = found;
  }
  return span;
}

/**
 * The id at `path` as a string, if upstream wrote a string or a number of any length; null for anything else and for
 * "".
 */
export function idAt(text: string, path: readonly string[]): string | null {
  const span = spanAt(text, path);
  if (span === null) return null;
  const raw = text.slice(span.start, span.end).trim();
  if (/^\d+$/.test(raw)) return raw;
  const value = raw.startsWith('"') ? parseJson(raw) : null;
  return typeof value === "string" && value !== "" ? value : null;
}

/**
 * The canonical form of a JSON text, so that two reads of an unchanged draft compare equal: without white space, keys
 * sorted, strings with uniform escapes, the last of duplicate keys. Numbers stay as written: 19-digit ids that differ
 * only in their last digits are different drafts. Below `CANONICAL_DEPTH` levels a value is copied unchanged.
 *
 * Text that is not JSON is its own canonical form. One pass over the text.
 */
export function canonical(text: string): string {
  if (parseJson(text) === undefined) return text;
  const scanner = createScanner(text, true);
  scanner.scan();
  return value({ text, scanner }, 0);
}

type CanonicalReader = { readonly text: string; readonly scanner: JSONScanner };

/** The value that starts at the scanner's token; leaves the scanner on its last token. */
function value(reading: CanonicalReader, depth: number): string {
  const { text, scanner } = reading;
  const token: number = scanner.getToken();
  const start = scanner.getTokenOffset();
  if (depth >= CANONICAL_DEPTH) return text.slice(start, skipValue(scanner));
  if (token === TOKEN.openBrace) return object(reading, depth);
  if (token === TOKEN.openBracket) return array(reading, depth);
  return token === TOKEN.string ? JSON.stringify(scanner.getTokenValue()) : scanner.getTokenValue();
}

function object(reading: CanonicalReader, depth: number): string {
  const { scanner } = reading;
  const members = new Map<string, string>();
  while ((scanner.scan() as number) === TOKEN.string) {
    const key = scanner.getTokenValue();
    scanner.scan(); // the colon
    scanner.scan();
    members.set(key, value(reading, depth + 1));
    if ((scanner.scan() as number) !== TOKEN.comma) break;
  }
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(",")}}`;
}

function array(reading: CanonicalReader, depth: number): string {
  const { scanner } = reading;
  const elements: string[] = [];
  while ((scanner.scan() as number) !== TOKEN.closeBracket) {
    elements.push(value(reading, depth + 1));
    if ((scanner.scan() as number) !== TOKEN.comma) break;
  }
  return `[${elements.join(",")}]`;
}

/*
 * Lenient readers of single values: upstream uses several names, so each returns the first one that has the expected
 * type.
 */

/** The value under a dotted path such as `m.title`; undefined without one. */
function at(value: unknown, path: string): unknown {
  let here = value;
  for (const key of path.split(".")) {
    if (!isObject(here) || !Object.hasOwn(here, key)) return undefined;
    here = here[key];
  }
  return here;
}

/** The first non-empty string; null without one. */
export function stringAt(value: unknown, ...paths: readonly string[]): string | null {
  for (const path of paths) {
    const found = at(value, path);
    if (typeof found === "string" && found.trim() !== "") return found;
  }
  return null;
}

const DECIMAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** The first finite number, also as a decimal string; null without one. */
export function numberAt(value: unknown, ...paths: readonly string[]): number | null {
  for (const path of paths) {
    const found = at(value, path);
    const number = typeof found === "string" && DECIMAL.test(found.trim()) ? Number(found) : found;
    if (typeof number === "number" && Number.isFinite(number)) return number;
  }
  return null;
}

/** The first array; empty without one. */
export function arrayAt(value: unknown, ...paths: readonly string[]): readonly unknown[] {
  for (const path of paths) {
    const found = at(value, path);
    if (Array.isArray(found)) return found;
  }
  return [];
}

/** The first present value, null included; undefined without one. */
export function valueAt(value: unknown, ...paths: readonly string[]): unknown {
  for (const path of paths) {
    const found = at(value, path);
    if (found !== undefined) return found;
  }
  return undefined;
}
