/**
 * JSON that must not lose a digit: values are found by their offsets in the text and taken out as they stand.
 *
 * `JSON.parse` and back changes 19-digit numbers, `1.0`, `1e21`, escapes, the order of keys like "10" and "2", and drops all but the last of
 * duplicate keys. So a text is parsed once to know that it is JSON and to read it, and cut by offsets wherever its bytes matter.
 */
import { createScanner, type JSONScanner } from "jsonc-parser";

/** An object with unknown values, as `JSON.parse` makes it. */
export type JsonObject = { readonly [key: string]: unknown };

/** A value's place in a text: from `start`, up to and without `end`. */
export type Span = { readonly start: number; readonly end: number };

/** The scanner's token kinds that matter here. Source: jsonc-parser 3.3.1, `SyntaxKind` in main.d.ts, which is not importable (const enum). */
export const TOKEN = {
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  string: 10,
  eof: 17,
} as const;

/** Runs `work`, which must not wait, while errors are made without a stack: of an error that nobody reads, the stack is nine tenths of the cost. */
export function withoutStacks<T>(work: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** The value of a JSON text; undefined when it is none (JSON has no undefined). */
export function parseJson(text: string): unknown {
  try {
    return withoutStacks(() => JSON.parse(text));
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Moves from the first token of a value to its last one; answers where that ended. Iterative: nesting costs no stack. */
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
 * The members of the object at `span`, in the text's order, duplicates included; empty when there is no object.
 *
 * `text` must be JSON (`parseJson` took it): the scanner alone would also accept comments.
 */
export function* membersOf(text: string, span: Span): Generator<{ readonly key: string; readonly span: Span }> {
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
 * Where the value at `path` stands in `text`, or null when there is none. `text` must be JSON.
 *
 * Of duplicate keys the last one counts at every level, as for `JSON.parse` and Python's `json`, which is what upstream's own readers see.
 */
export function spanAt(text: string, path: readonly string[]): Span | null {
  let span: Span = { start: 0, end: text.length };
  for (const key of path) {
    let found: Span | null = null;
    for (const member of membersOf(text, span)) if (member.key === key) found = member.span;
    if (found === null) return null;
    span = found;
  }
  return span;
}

/** An id at `path` as a string, whether upstream wrote a string or a bare number of any length; null for anything else and for "". */
export function idAt(text: string, path: readonly string[]): string | null {
  const span = spanAt(text, path);
  if (span === null) return null;
  const raw = text.slice(span.start, span.end).trim();
  if (/^\d+$/.test(raw)) return raw;
  const value = raw.startsWith('"') ? parseJson(raw) : null;
  return typeof value === "string" && value !== "" ? value : null;
}
