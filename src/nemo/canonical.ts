/** One text for all spellings of the same JSON value, so that two reads of an unchanged draft compare equal. */
import { createScanner, type JSONScanner } from "jsonc-parser";
import { parseJson, skipValue, TOKEN } from "./json.ts";
import { CANONICAL_DEPTH } from "./limits.ts";

/**
 * `text` without white space, keys sorted, strings in one spelling; of duplicate keys the last. Numbers stay as written: 19-digit ids that
 * differ only in their last digits are different drafts. Below `CANONICAL_DEPTH` levels a value is taken as it stands.
 *
 * A text that is not JSON is its own canonical form. One pass over the text.
 */
export function canonical(text: string): string {
  if (parseJson(text) === undefined) return text;
  const scanner = createScanner(text, true);
  scanner.scan();
  return value({ text, scanner }, 0);
}

type Reading = { readonly text: string; readonly scanner: JSONScanner };

/** The value whose first token is the scanner's; leaves the scanner on its last token. */
function value(reading: Reading, depth: number): string {
  const { text, scanner } = reading;
  const token: number = scanner.getToken();
  const start = scanner.getTokenOffset();
  if (depth >= CANONICAL_DEPTH) return text.slice(start, skipValue(scanner));
  if (token === TOKEN.openBrace) return object(reading, depth);
  if (token === TOKEN.openBracket) return array(reading, depth);
  return token === TOKEN.string ? JSON.stringify(scanner.getTokenValue()) : scanner.getTokenValue();
}

function object(reading: Reading, depth: number): string {
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

function array(reading: Reading, depth: number): string {
  const { scanner } = reading;
  const elements: string[] = [];
  while ((scanner.scan() as number) !== TOKEN.closeBracket) {
    elements.push(value(reading, depth + 1));
    if ((scanner.scan() as number) !== TOKEN.comma) break;
  }
  return `[${elements.join(",")}]`;
}
