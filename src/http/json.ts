/**
 * JSON text checked before it is parsed: nesting, duplicate keys, syntax.
 *
 * A duplicate key is refused because two readers may each see another value. The scan is a loop, so no depth of nesting
 * can end the stack; only text of bounded depth reaches the recursive reader that names the place of a mistake.
 */
import { createScanner, type JSONScanner, type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import { type Refusal, refusal } from "../core/errors.ts";
import { JSON_DEPTH } from "../core/limits.ts";

/** What is wrong with JSON text; null when nothing is. Empty text is not JSON. */
export function jsonFault(text: string): Refusal | null {
  return nestingFault(text) ?? syntaxFault(text);
}

function nestingFault(text: string): Refusal | null {
  const scanner = createScanner(text, true);
  const open: Set<string>[] = [];
  let last = "";
  scanner.scan();
  // A token is known by its first character; at the end there is none.
  for (let mark = markOf(text, scanner); mark !== ""; mark = nextMark(text, scanner)) {
    if (mark === "{" || mark === "[") open.push(new Set());
    if (mark === "}" || mark === "]") open.pop();
    if (open.length > JSON_DEPTH)
      return refusal("malformed_json", `The body is nested deeper than ${JSON_DEPTH} levels.`);
    if (mark === '"') last = scanner.getTokenValue();
    if (mark !== ":") continue;
    const keys = open.at(-1);
    if (keys?.has(last)) return duplicate(last, scanner.getTokenOffset());
    keys?.add(last);
  }
  return null;
}

const markOf = (text: string, scanner: JSONScanner): string => text.charAt(scanner.getTokenOffset());

function nextMark(text: string, scanner: JSONScanner): string {
  scanner.scan();
  return markOf(text, scanner);
}

/** Characters of a key that an answer repeats. */
const SHOWN_CHARS = 60;

const duplicate = (key: string, offset: number): Refusal =>
  refusal(
    "malformed_json",
    `The key ${JSON.stringify(key.slice(0, SHOWN_CHARS))} stands twice in one object, again before position ${offset}.`,
  );

function syntaxFault(text: string): Refusal | null {
  try {
    JSON.parse(text);
    return null;
  } catch {
    const errors: ParseError[] = [];
    parse(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
    return refusal("malformed_json", `The body is not valid JSON: ${placeOf(text, errors[0])}.`);
  }
}

/** `ValueExpected at position 12 (line 1, column 13)`. The engine's own message would repeat the body. */
function placeOf(text: string, error: ParseError | undefined): string {
  if (error === undefined) return "it does not parse";
  const before = text.slice(0, error.offset);
  const line = before.split("\n").length;
  return `${printParseErrorCode(error.error)} at position ${error.offset} (line ${line}, column ${error.offset - before.lastIndexOf("\n")})`;
}
