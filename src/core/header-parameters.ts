/**
 * The parameters of Content-Disposition and Content-Type, in every way that senders write them: RFC 7578 and RFC 8187, what
 * browsers write (quotation marks as `%22`), what .NET writes (no quotation marks, encoded words of RFC 2047) and what old
 * clients write (whole paths with backslashes).
 *
 * Nothing is refused here: what cannot be read is taken as it stands. Each character is looked at once.
 */
import { fromBase64 } from "./encode.ts";

/** The parameters behind a header's first word, by their names in lower case. Of a name that stands twice the first counts. */
export function readParameters(header: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let at = header.indexOf(";");
  while (at >= 0 && at < header.length) {
    const from = at + 1;
    const end = endOf(header, from, ";=");
    const name = header.slice(from, end).trim().toLowerCase();
    if (header[end] !== "=") {
      at = end;
      continue;
    }
    const value = readValue(header, end + 1);
    if (name !== "" && !found.has(name)) found.set(name, value.text);
    at = value.end;
  }
  return found;
}

/** Where one of these characters stands, from `from` on; the end where none does. */
function endOf(text: string, from: number, marks: string): number {
  let at = from;
  while (at < text.length && !marks.includes(text.charAt(at))) at += 1;
  return at;
}

/** A value and where it ends, which is at a semicolon or at the header's end. */
function readValue(header: string, from: number): { readonly text: string; readonly end: number } {
  let start = from;
  while (header[start] === " " || header[start] === "\t") start += 1;
  if (header[start] !== '"') {
    const end = endOf(header, start, ";");
    return { text: header.slice(start, end).trim(), end };
  }
  let text = "";
  for (let at = start + 1; at < header.length; at += 1) {
    const char = header.charAt(at);
    const next = header.charAt(at + 1);
    // Only these two are escaped. A backslash before anything else is a backslash: some senders write whole Windows paths.
    if (char === "\\" && (next === '"' || next === "\\")) {
      text += next;
      at += 1;
    } else if (char === '"' && isEnd(header, at + 1)) {
      return { text, end: endOf(header, at + 1, ";") };
    } else text += char;
  }
  return { text, end: header.length }; // never closed
}

/** Blanks before a semicolon that are looked at behind a quotation mark. Chosen: nobody writes more, and the work stays linear. */
const BLANKS = 8;

/** Whether a value may end here. A quotation mark in the middle of a name is one that its sender did not escape. */
function isEnd(header: string, from: number): boolean {
  const rest = header.slice(from, from + BLANKS + 1).trimStart();
  return rest === "" || rest.startsWith(";");
}

/** A parameter's text, by its extended form where that can be read. Undefined when the header has neither. */
export function parameterText(parameters: ReadonlyMap<string, string>, name: string): string | undefined {
  const extended = extendedText(parameters.get(`${name}*`) ?? "");
  const plain = parameters.get(name);
  return extended ?? (plain === undefined ? undefined : decodedText(plain));
}

/** RFC 8187: charset, language, percent-encoded bytes. Null for anything else. */
function extendedText(value: string): string | null {
  const [, charset = "", text = ""] = /^([^']*)'[^']*'(.+)$/s.exec(value) ?? [];
  return text === "" ? null : textOf(percentBytes(text), charset);
}

/** Text of these bytes; null when the charset is unknown or does not fit them. */
function textOf(bytes: Uint8Array | null, charset: string): string | null {
  if (bytes === null) return null;
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}

/** The bytes of percent-encoded text; null where a percent sign stands for nothing. */
function percentBytes(text: string): Uint8Array | null {
  const bytes = new TextEncoder().encode(text);
  const found = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte !== PERCENT) {
      found[length++] = byte;
      continue;
    }
    const value = hexValue(bytes[at + 1]) * 16 + hexValue(bytes[at + 2]);
    if (Number.isNaN(value)) return null;
    found[length++] = value;
    at += 2;
  }
  return found.subarray(0, length);
}

const PERCENT = 0x25;

function hexValue(byte = 0): number {
  const digit = "0123456789abcdef".indexOf(String.fromCharCode(byte).toLowerCase());
  return digit < 0 ? Number.NaN : digit;
}

/** An encoded word, with the blanks before a next one, which are no part of the text. */
const ENCODED_WORD =
  /=\?([A-Za-z0-9_.:-]{1,40})(?:\*[A-Za-z0-9-]{1,40})?\?([BbQq])\?([^?\s]{0,8192})\?=(?:\s+(?==\?))?/g;

/** A plain parameter's text: encoded words and percent-encoding undone, where it has them. */
function decodedText(value: string): string {
  if (value.includes("=?"))
    return value.replaceAll(ENCODED_WORD, (word, charset, kind, text) => wordText(charset, kind, text) ?? word);
  if (!value.includes("%")) return value;
  // Browsers escape these three and no percent sign; other senders escape every byte that is not ASCII.
  const whole = textOf(percentBytes(value), "utf-8");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is not ASCII is asked for
  if (whole !== null && /[^\u0000-\u007f]/.test(whole) && !/[^\u0000-\u007f]/.test(value)) return whole;
  return value.replaceAll(/%(22|0a|0d)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** RFC 2047: the text of one encoded word; null when it cannot be read. */
function wordText(charset: string, kind: string, text: string): string | null {
  const bytes =
    kind.toLowerCase() === "b"
      ? fromBase64(text)
      : percentBytes(text.replaceAll("%", "=25").replaceAll("_", "=20").replaceAll("=", "%"));
  return textOf(bytes, charset);
}
