/**
 * Parsers of header fields: structured fields, the parameters of Content-Disposition and Content-Type, content
 * codings.
 *
 * Structured fields (RFC 9651) are supported as far as uploads need them: an item, and a dictionary of items. A field
 * that violates the syntax is ignored as a whole, which is null here. Every parser runs in linear time.
 */
import { fromBase64 } from "../encoding.ts";

export type BareItem = number | boolean | string | Uint8Array;

/** Digits of an integer, and of a decimal before and after its point. Source: RFC 9651, section 3.3. */
const NUMBER = /-?\d{1,15}(?:\.\d{1,3})?/y;
const KEY = /[a-z*][a-z0-9_.*-]*/y;
const TOKEN = /[A-Za-z*][A-Za-z0-9:/!#$%&'*+.^_`|~-]*/y;
const STRING = /"((?:[ !#-[\]-~]|\\["\\])*)"/y;
const BYTES = /:([A-Za-z0-9+/]*={0,2}):/y;
const BOOLEAN = /\?[01]/y;

class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isOver(): boolean {
    return this.at >= this.text.length;
  }

  /** Matches the pattern at the current position; null when it does not match. */
  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found !== null) this.at += found[0].length;
    return found;
  }

  skip(chars: string): void {
    while (!this.isOver && chars.includes(this.text.charAt(this.at))) this.at += 1;
  }

  is(char: string): boolean {
    const isHere = this.text.charAt(this.at) === char && !this.isOver;
    if (isHere) this.at += 1;
    return isHere;
  }
}

/** The value of a field that is one item; null when it is not an item. Its parameters are ignored. */
export function itemIn(field: string | null): BareItem | null {
  if (field === null) return null;
  const reader = new Reader(field);
  reader.skip(" ");
  const value = item(reader);
  reader.skip(" ");
  return reader.isOver ? value : null;
}

/** The members of a field that is a dictionary; null when it is not one. The last value of a repeated key counts. */
export function dictionaryIn(field: string | null): ReadonlyMap<string, BareItem> | null {
  const found = new Map<string, BareItem>();
  if (field === null) return found;
  const reader = new Reader(field);
  reader.skip(" ");
  while (!reader.isOver) {
    const key = reader.take(KEY)?.[0];
    if (key === undefined) return null;
    const isTrue = !reader.is("=");
    if (isTrue && !parameters(reader)) return null;
    const value = isTrue ? true : item(reader);
    if (value === null) return null;
    found.set(key, value);
    reader.skip(" \t");
    if (reader.isOver) return found;
    if (!reader.is(",")) return null;
    reader.skip(" \t");
    if (reader.isOver) return null; // a trailing comma
  }
  return found;
}

/** An item with its parameters. Inner lists are not supported: no field here uses them. */
function item(reader: Reader): BareItem | null {
  const value = bareItem(reader);
  return value !== null && parameters(reader) ? value : null;
}

/** Skips the parameters; false when they are malformed. */
function parameters(reader: Reader): boolean {
  while (reader.is(";")) {
    reader.skip(" ");
    if (reader.take(KEY) === null) return false;
    if (reader.is("=") && bareItem(reader) === null) return false;
  }
  return true;
}

function bareItem(reader: Reader): BareItem | null {
  const number = reader.take(NUMBER)?.[0];
  if (number !== undefined) return numberOf(reader, number);
  const string = reader.take(STRING)?.[1];
  if (string !== undefined) return string.replaceAll(/\\(.)/g, "$1");
  const bytes = reader.take(BYTES)?.[1];
  if (bytes !== undefined) return fromBase64(bytes);
  const boolean = reader.take(BOOLEAN)?.[0];
  if (boolean !== undefined) return boolean === "?1";
  return reader.take(TOKEN)?.[0] ?? null;
}

/** No digit may follow a number: an integer has at most 15 digits, and a decimal at most 12 before its point. */
function numberOf(reader: Reader, text: string): number | null {
  const next = reader.text.charAt(reader.at);
  if (/[\d.]/.test(next) || (text.includes(".") && text.replace("-", "").indexOf(".") > 12)) return null;
  return Number(text);
}

/** An integer of at least 0; null for any other field. */
export function countIn(field: string | null): number | null {
  const value = itemIn(field);
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : null;
}

/** A boolean; null for any other field. */
export function booleanIn(field: string | null): boolean | null {
  const value = itemIn(field);
  return typeof value === "boolean" ? value : null;
}

/*
 * The parameters of Content-Disposition and Content-Type as senders write them: RFC 7578 and RFC 8187, browsers
 * (quotation marks as `%22`), .NET (no quotation marks, encoded words of RFC 2047) and old clients (full paths with
 * backslashes).
 *
 * Nothing is rejected: text that cannot be decoded is used as it is.
 */

/**
 * The parameters after a header's first value, by their names in lower case. The first value of a repeated name
 * counts.
 */
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

/** Index of the first of these characters from `from` on; the text's length when there is none. */
function endOf(text: string, from: number, marks: string): number {
  let at = from;
  while (at < text.length && !marks.includes(text.charAt(at))) at += 1;
  return at;
}

/** A value and the index where it ends: a semicolon or the header's end. */
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
    // Only these two are escaped. A backslash before anything else is a backslash: some senders write full Windows paths.
    if (char === "\\" && (next === '"' || next === "\\")) {
      text += next;
      at += 1;
    } else if (char === '"' && isEnd(header, at + 1)) {
      return { text, end: endOf(header, at + 1, ";") };
    } else text += char;
  }
  return { text, end: header.length }; // the closing quotation mark is missing
}

/**
 * Blanks before a semicolon that are accepted after a quotation mark. Chosen: senders write fewer, and the work stays
 * linear.
 */
const BLANKS = 8;

/** Whether a value may end here. A quotation mark inside a name is one that its sender did not escape. */
function isEnd(header: string, from: number): boolean {
  const rest = header.slice(from, from + BLANKS + 1).trimStart();
  return rest === "" || rest.startsWith(";");
}

/** A parameter's text, from its extended form when that can be decoded. Undefined when the header has neither. */
export function parameterText(parameters: ReadonlyMap<string, string>, name: string): string | undefined {
  const extended = extendedText(parameters.get(`${name}*`) ?? "");
  const plain = parameters.get(name);
  return extended ?? (plain === undefined ? undefined : decodedText(plain));
}

/** Decodes RFC 8187: charset, language, percent-encoded bytes. Null for anything else. */
function extendedText(value: string): string | null {
  const [, charset = "", text = ""] = /^([^']*)'[^']*'(.+)$/s.exec(value) ?? [];
  return text === "" ? null : textOf(percentBytes(text), charset);
}

/** Decodes bytes; null when the charset is unknown or does not fit them. */
function textOf(bytes: Uint8Array | null, charset: string): string | null {
  if (bytes === null) return null;
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}

/** The bytes of percent-encoded text; null when a percent sign is not followed by two hex digits. */
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

/** An encoded word, with the blanks before a next one, which are not part of the text. */
const ENCODED_WORD =
  /=\?([A-Za-z0-9_.:-]{1,40})(?:\*[A-Za-z0-9-]{1,40})?\?([BbQq])\?([^?\s]{0,8192})\?=(?:\s+(?==\?))?/g;

/** A plain parameter's text, with encoded words or percent-encoding decoded. */
function decodedText(value: string): string {
  if (value.includes("=?"))
    return value.replaceAll(ENCODED_WORD, (word, charset, kind, text) => wordText(charset, kind, text) ?? word);
  if (!value.includes("%")) return value;
  // Browsers escape these three and no percent sign; other senders escape every byte that is not ASCII.
  const whole = textOf(percentBytes(value), "utf-8");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the class means "not ASCII"
  if (whole !== null && /[^\u0000-\u007f]/.test(whole) && !/[^\u0000-\u007f]/.test(value)) return whole;
  return value.replaceAll(/%(22|0a|0d)/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** Decodes one encoded word of RFC 2047; null when it cannot be decoded. */
function wordText(charset: string, kind: string, text: string): string | null {
  const bytes =
    kind.toLowerCase() === "b"
      ? fromBase64(text)
      : percentBytes(text.replaceAll("%", "=25").replaceAll("_", "=20").replaceAll("=", "%"));
  return textOf(bytes, charset);
}

/* Content codings that change a body's bytes. Other names that senders use (aws-chunked, utf-8, none) do not. */

/** Source: IANA's registry of HTTP content codings, and the names that RFC 9110 section 8.4.1 lists for old senders. */
const COMPRESSIONS = new Set(
  "br bzip2 compress dcb dcz deflate exi gzip lz4 lzma pack200-gzip snappy x-bzip2 x-compress x-deflate x-gzip xz zstd".split(
    " ",
  ),
);

/** The compression that a Content-Encoding names; null where it names none. */
export const compressionIn = (header: string | null): string | null =>
  (header ?? "")
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .find((coding) => COMPRESSIONS.has(coding)) ?? null;
