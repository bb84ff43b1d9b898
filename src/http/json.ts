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
  let last: string | null = null;
  scanner.scan();
  // A token is known by its first character; at the end there is none.
  for (let mark = markOf(text, scanner); mark !== ""; mark = nextMark(text, scanner)) {
    if (mark === "{" || mark === "[") open.push(new Set());
    if (mark === "}" || mark === "]") open.pop();
    if (open.length > JSON_DEPTH)
      return refusal("malformed_json", `The body is nested deeper than ${JSON_DEPTH} levels.`);
    if (mark === '"') last = scanner.getTokenValue();
    if (mark !== ":") continue;
    // A key without double quotation marks is found with its place below.
    if (last === null) return null;
    const keys = open.at(-1);
    if (keys?.has(last)) return duplicate(last, scanner.getTokenOffset());
    keys?.add(last);
    last = null;
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

/** `a value is missing at position 12 (line 1, column 13)`. The engine's own message would repeat the body. */
function placeOf(text: string, error: ParseError | undefined): string {
  if (error === undefined) return "it does not parse";
  const before = text.slice(0, error.offset);
  const line = before.split("\n").length;
  return `${wordsOf(text, error)} at position ${error.offset} (line ${line}, column ${error.offset - before.lastIndexOf("\n")})`;
}

/** What is wrong, in words for whoever wrote the text. */
const WORDS: Readonly<Record<string, string>> = {
  InvalidSymbol: "a word that JSON does not have (text stands in double quotation marks)",
  InvalidNumberFormat: "a number that is not written as JSON writes one",
  PropertyNameExpected: "a field's name in double quotation marks is missing",
  ValueExpected: "a value is missing",
  ColonExpected: "a colon is missing",
  CommaExpected: "a comma is missing",
  CloseBraceExpected: "a closing } is missing",
  CloseBracketExpected: "a closing ] is missing",
  EndOfFileExpected: "something stands behind the end",
  InvalidCommentToken: "a comment, which JSON does not have,",
  UnexpectedEndOfComment: "a comment, which JSON does not have,",
  UnexpectedEndOfString: "a text without its closing quotation mark",
  UnexpectedEndOfNumber: "a number without its end",
  InvalidUnicode: "a \\u escape without its four hexadecimal digits",
  InvalidEscapeCharacter: "a backslash before a character that takes none",
  InvalidCharacter: "a control character inside a text (a line end is written \\n)",
};

const CURLY_QUOTES = /[\u2018-\u201f\u00ab\u00bb]/;

function wordsOf(text: string, { error, offset }: ParseError): string {
  if (CURLY_QUOTES.test(text.charAt(offset))) return "a typographic quotation mark in place of a straight one";
  const closing = text.charAt(offset);
  const isAfterComma = /[}\]]/.test(closing) && text.slice(0, offset).trimEnd().endsWith(",");
  if (isAfterComma) return `a comma before the closing ${closing}`;
  return WORDS[printParseErrorCode(error)] ?? "a mistake";
}
