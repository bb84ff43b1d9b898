/**
 * Structured fields (RFC 9651), as far as uploads need them: an item, and a dictionary of items. A field that breaks a rule is
 * ignored as a whole, which is null here. Every character is looked at once.
 */
import { fromBase64 } from "./encode.ts";

export type BareItem = number | boolean | string | Uint8Array;

/** Digits of an integer, and of a decimal before and behind its point. Source: RFC 9651, section 3.3. */
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

  /** What the pattern finds right here; null where it does not fit. */
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

/** The value of a field that is one item; null when it is none. Its parameters have no meaning here. */
export function itemIn(field: string | null): BareItem | null {
  if (field === null) return null;
  const reader = new Reader(field);
  reader.skip(" ");
  const value = item(reader);
  reader.skip(" ");
  return reader.isOver ? value : null;
}

/** The members of a field that is a dictionary; null when it is none. Of a key that stands twice the last counts. */
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
    if (reader.isOver) return null; // a comma at the end
  }
  return found;
}

/** An item with its parameters. An inner list is none: no field here takes one. */
function item(reader: Reader): BareItem | null {
  const value = bareItem(reader);
  return value !== null && parameters(reader) ? value : null;
}

/** Steps over the parameters; false when they are none. */
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

/** A number has nothing of a number behind it: 16 digits are no integer, and a decimal has at most 12 before its point. */
function numberOf(reader: Reader, text: string): number | null {
  const next = reader.text.charAt(reader.at);
  if (/[\d.]/.test(next) || (text.includes(".") && text.replace("-", "").indexOf(".") > 12)) return null;
  return Number(text);
}

/** A whole number of at least 0; null for any other field. */
export function countIn(field: string | null): number | null {
  const value = itemIn(field);
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : null;
}

/** True or false; null for any other field. */
export function booleanIn(field: string | null): boolean | null {
  const value = itemIn(field);
  return typeof value === "boolean" ? value : null;
}
