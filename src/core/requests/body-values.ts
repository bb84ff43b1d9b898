/**
 * Coerces the values of a JSON body to the types of the route's schema, for tools that send untyped values.
 *
 * Automation tools and forms send every field they have, as null or empty text. Their numbers, booleans and lists are
 * text, and their metadata values may be numbers. Each value is converted to what the schema expects. A value that
 * cannot be converted stays as sent, so that the validator that runs next names it. A body that needs no conversion is
 * returned as the same object.
 *
 * - null and blank text count as absent unless the field accepts them: null where it is nullable, empty text where it
 *   may be empty.
 * - Text is converted to a number, a boolean, a list or an object where the schema expects one.
 * - In lists, null and blank text are dropped. In records of text, numbers and booleans become their text.
 */
import * as z from "zod";
import type { FieldError } from "../errors.ts";
import type { NamedAddress } from "../ssrf.ts";

/** Parses JSON inside a text: its value, or undefined when it is not JSON of an allowed form. */
export type ReadJsonText = (text: string) => unknown;

export type ReadBody = {
  readonly body: unknown;
  /** The URLs that requests will be sent to, and their JSON pointers in `body`. */
  readonly addresses: readonly NamedAddress[];
  /** Errors that the schema cannot report, because a record would drop the value silently. */
  readonly faults: readonly FieldError[];
  /** Maps the JSON pointer of a value in the converted body to its pointer in the body as sent. */
  readonly sentAt: (field: string) => string;
};

/** Marks schemas of text fields that hold a URL which the gateway will send a request to. */
export const addresses = z.registry<{ readonly kind: "address" }>();

/** Marks lists of sentences: sent as text, they are split at line breaks alone, since a sentence may contain commas. */
export const sentenceLists = z.registry<{ readonly members: "sentences" }>();

type Schema = z.core.$ZodType;
type Definition = z.core.$ZodTypes["_zod"]["def"];
/** `moved`: for each list item after a dropped one, its converted pointer and its index as sent. */
type Coercion = {
  readonly json: ReadJsonText;
  readonly moved: Map<string, number>;
  readonly faults: FieldError[];
  readonly addresses: NamedAddress[];
};

/** The body as the schema's validator should receive it. */
export function coerceBody(schema: z.ZodType, sent: unknown, json: ReadJsonText): ReadBody {
  const reading: Coercion = { json, moved: new Map(), faults: [], addresses: [] };
  const body = read(schema, sent, "", reading);
  return {
    body,
    faults: reading.faults,
    addresses: reading.addresses,
    sentAt: (field) => pointerAsSent(field, reading.moved),
  };
}

/** Replaces each index of a pointer that moved with the index as sent. */
function pointerAsSent(field: string, moved: ReadonlyMap<string, number>): string {
  let read = "";
  let sent = "";
  for (const step of field.split("/").slice(1)) {
    read += `/${step}`;
    sent += `/${moved.get(read) ?? step}`;
  }
  return sent === "" ? field : sent;
}

/** One segment of a JSON pointer (RFC 6901). */
export const pointer = (name: string): string => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;

// the definitions of a schema are a closed union of the library's own
const definitionOf = (schema: Schema): Definition => schema._zod.def as Definition;

const accepts = (schema: Schema, value: unknown): boolean => z.core.safeParse(schema, value).success;
const isBlank = (value: unknown): boolean => value === null || (typeof value === "string" && value.trim() === "");

function read(schema: Schema, value: unknown, path: string, reading: Coercion): unknown {
  const def = definitionOf(schema);
  switch (def.type) {
    case "optional":
    case "default":
    case "prefault":
    case "nullable":
      return value === null ? null : read(def.innerType, value, path, reading);
    case "pipe":
      return read(def.in, value, path, reading);
    case "object":
      return readObject(def.shape, objectIn(value, reading), path, reading) ?? value;
    case "record":
      return readRecord(def.valueType, objectIn(value, reading), path, reading) ?? value;
    case "array":
      return readList(schema, def.element, value, path, reading);
    case "union":
      return readUnion(def.options, value, path, reading);
    case "boolean":
      return coerceBoolean(value);
    case "number":
      return coerceNumber(value);
    case "string":
    case "enum":
    case "literal":
      return recordAddress(schema, trimmed(schema, value), path, reading);
    default:
      return value;
  }
}

/** Removes surrounding blanks where the schema accepts the text only without them. */
function trimmed(schema: Schema, value: unknown): unknown {
  if (typeof value !== "string" || value.trim() === value) return value;
  return !accepts(schema, value) && accepts(schema, value.trim()) ? value.trim() : value;
}

/** Records the value if its schema is marked as an address, and returns it. */
function recordAddress(schema: Schema, value: unknown, path: string, { addresses: found }: Coercion): unknown {
  if (typeof value === "string" && addresses.get(schema) !== undefined) found.push({ field: path, text: value });
  return value;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object, or one written as JSON text; null for anything else. */
function objectIn(value: unknown, { json }: Coercion): Fields | null {
  if (isFields(value)) return value;
  if (typeof value !== "string" || !value.trimStart().startsWith("{")) return null;
  const parsed = json(value);
  return isFields(parsed) ? parsed : null;
}

function readObject(
  shape: Readonly<Record<string, Schema>>,
  fields: Fields | null,
  path: string,
  reading: Coercion,
): Fields | null {
  if (fields === null) return null;
  return changed(fields, (name, value) => {
    const schema = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (schema === undefined) return isBlank(value) ? ABSENT : value;
    if (isBlank(value) && countsAsAbsent(schema, value)) return ABSENT;
    return read(schema, value, path + pointer(name), reading);
  });
}

/**
 * Whether a blank value counts as absent because the field does not accept it. Required text stays, so that the
 * validator reports it as empty.
 */
function countsAsAbsent(schema: Schema, value: unknown): boolean {
  if (accepts(schema, value)) return false;
  return value === null || accepts(schema, undefined) || !isText(schema);
}

function isText(schema: Schema): boolean {
  const def = definitionOf(schema);
  switch (def.type) {
    case "optional":
    case "default":
    case "prefault":
    case "nullable":
      return isText(def.innerType);
    case "pipe":
      return isText(def.in);
    case "union":
      return def.options.some(isText);
    default:
      return def.type === "string" || def.type === "enum" || def.type === "literal";
  }
}

function readRecord(values: Schema, fields: Fields | null, path: string, reading: Coercion): Fields | null {
  if (fields === null) return null;
  if (Object.hasOwn(fields, "__proto__"))
    reading.faults.push({ field: `${path}/__proto__`, message: "cannot be used as a name here; choose another" });
  return changed(fields, (name, value) => {
    if (isBlank(value) && !accepts(values, value)) return ABSENT;
    if (definitionOf(values).type === "string") return textOf(value);
    return read(values, value, path + pointer(name), reading);
  });
}

/**
 * A number or boolean as text. A number that JSON cannot carry exactly stays: its digits might differ from those sent.
 */
function textOf(value: unknown): unknown {
  if (typeof value === "number") return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : value;
  return typeof value === "boolean" ? String(value) : value;
}

const ABSENT = Symbol("not sent");

/** The fields after `change`; the same object if nothing changed. */
function changed(fields: Fields, change: (name: string, value: unknown) => unknown): Fields {
  let isSame = true;
  const next: [string, unknown][] = [];
  for (const [name, value] of Object.entries(fields)) {
    const after = change(name, value);
    isSame &&= after === value;
    if (after !== ABSENT) next.push([name, after]);
  }
  return isSame ? fields : Object.fromEntries(next);
}

function readList(list: Schema, member: Schema, value: unknown, path: string, reading: Coercion): unknown {
  const sent = Array.isArray(value) ? value : typeof value === "string" ? listIn(value, list, member, reading) : null;
  if (sent === null) return value;
  const next: unknown[] = [];
  // Converting one item more than the limit is enough for the validator to reject the list.
  const most = maxItemsOf(list);
  for (const [index, one] of sent.entries()) {
    if (isBlank(one)) continue;
    if (next.length > most) break;
    if (index !== next.length) reading.moved.set(`${path}/${next.length}`, index);
    next.push(read(member, addressIn(member, one), `${path}/${next.length}`, reading));
  }
  const isSame = next.length === sent.length && next.every((one, index) => one === sent[index]);
  return isSame ? sent : next;
}

/** Maximum of items that a list schema allows. */
function maxItemsOf(list: Schema): number {
  const checks = (list._zod.def.checks ?? []).map((check) => check._zod.def as z.core.$ZodChecks["_zod"]["def"]);
  return checks.find((check) => check.check === "max_length")?.maximum ?? Number.POSITIVE_INFINITY;
}

/** The items of a list that was sent as text: JSON, or separated. Null when the text cannot be a list. */
function listIn(text: string, list: Schema, member: Schema, { json }: Coercion): unknown[] | null {
  const parsed = text.trimStart().startsWith("[") ? json(text) : undefined;
  if (Array.isArray(parsed)) return parsed;
  return isText(member) ? partsOf(text, separatorOf(list, member)) : null;
}

export const partsOf = (text: string, separator: RegExp): string[] =>
  text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== "");

const LINES = /[\r\n]+/;
const COMMAS = /[\r\n,;]+/;
/**
 * Separates URLs. They may contain commas, so one ends only where the next begins. The run of blanks is bounded to
 * keep the match linear.
 */
export const ADDRESSES = /[\r\n]+|[,;\s]\s{0,64}(?=https?:\/\/|ast_|upl_)/;

function separatorOf(list: Schema, member: Schema): RegExp {
  if (isAddress(member)) return ADDRESSES;
  return sentenceLists.get(list) === undefined ? COMMAS : LINES;
}

/** Whether list items are URLs, which may contain commas, and not arbitrary text. */
const isAddress = (member: Schema): boolean =>
  accepts(member, "https://example.com/a,b.mp4") && !accepts(member, "words, words");

/** The URL of an attachment as table tools send it: `{"url": …}` with other fields beside it. */
const addressIn = (member: Schema, value: unknown): unknown =>
  isFields(value) && typeof value.url === "string" && isText(member) && isAddress(member) ? value.url : value;

/** For a value that no option accepts as it is: the first conversion that one accepts. */
function readUnion(options: readonly Schema[], value: unknown, path: string, reading: Coercion): unknown {
  const accepting = options.find((option) => accepts(option, value));
  if (accepting !== undefined) return recordAddress(accepting, value, path, reading);
  for (const option of options) {
    const after = read(option, value, path, reading);
    if (after !== value && accepts(option, after)) return after;
  }
  return value;
}

/** A number in JSON syntax; a plus sign is allowed too. */
const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d{1,3})?$/i;

function coerceNumber(value: unknown): unknown {
  if (typeof value !== "string" || !NUMBER.test(value.trim())) return value;
  const number = Number(value);
  return Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : value;
}

const TRUE = ["true", "yes", "on", "1"];
const FALSE = ["false", "no", "off", "0"];

/** Converts the ways in which tools, tables and checkboxes write booleans; anything else stays as it is. */
export function coerceBoolean(value: unknown): unknown {
  if (typeof value !== "string" && typeof value !== "number") return value;
  const word = String(value).trim().toLowerCase();
  return TRUE.includes(word) ? true : FALSE.includes(word) ? false : value;
}
