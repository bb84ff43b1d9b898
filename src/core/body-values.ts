/**
 * The values of a JSON body as tools without types send them, read by the schema of the route that takes the body.
 *
 * Automation tools and forms send every field they have, as null or empty text; their numbers, truth values and lists are
 * text; their labels are numbers. Each is read as what the schema asks for. What cannot be read stays as it came, so that
 * the validator behind this file names it. A body that needs no reading is given back as it is, the same object.
 *
 * - null and blank text count as not sent, unless the field takes them: null where it may be null, empty text where it may be empty.
 * - Text is read as a number, a truth value, a list or an object where one of these is asked for.
 * - In lists, null and blank text are dropped. In labels, numbers and truth values become their text.
 */
import * as z from "zod";
import type { FieldError } from "./errors.ts";
import type { NamedAddress } from "./ssrf.ts";

/** JSON inside a text: its value, or undefined for what is not JSON of an allowed form. */
export type ReadJsonText = (text: string) => unknown;

export type ReadBody = {
  readonly body: unknown;
  /** The addresses that requests will be sent to, and where they stand in `body`. */
  readonly addresses: readonly NamedAddress[];
  /** What no schema may see, since a record would drop it in silence. */
  readonly faults: readonly FieldError[];
  /** The place of a value in the body as it was sent, from its place in the body as it was read: JSON pointers both. */
  readonly sentAt: (field: string) => string;
};

/** Texts that are addresses we will send a request to. */
export const addresses = z.registry<{ readonly kind: "address" }>();

/** Lists whose members are sentences: as text they are parted by lines alone, since a sentence may hold commas. */
export const sentenceLists = z.registry<{ readonly members: "sentences" }>();

type Schema = z.core.$ZodType;
type Definition = z.core.$ZodTypes["_zod"]["def"];
/** `moved`: of each member after a dropped one, its place as read, and its index as sent. */
type Coercion = {
  readonly json: ReadJsonText;
  readonly moved: Map<string, number>;
  readonly faults: FieldError[];
  readonly addresses: NamedAddress[];
};

/** The body as the schema's validator should see it. */
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

/** A place with every step of it that moved put back to where it was sent. */
function pointerAsSent(field: string, moved: ReadonlyMap<string, number>): string {
  let read = "";
  let sent = "";
  for (const step of field.split("/").slice(1)) {
    read += `/${step}`;
    sent += `/${moved.get(read) ?? step}`;
  }
  return sent === "" ? field : sent;
}

/** One step of a JSON pointer (RFC 6901). */
export const pointer = (name: string): string => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;

// the definitions of a schema are a closed union of the library's own
const definitionOf = (schema: Schema): Definition => schema._zod.def as Definition;

const accepts = (schema: Schema, value: unknown): boolean => z.core.safeParse(schema, value).success;
const isBlank = (value: unknown): boolean => value === null || (typeof value === "string" && value.trim() === "");

function read(schema: Schema, value: unknown, place: string, reading: Coercion): unknown {
  const def = definitionOf(schema);
  switch (def.type) {
    case "optional":
    case "default":
    case "prefault":
    case "nullable":
      return value === null ? null : read(def.innerType, value, place, reading);
    case "pipe":
      return read(def.in, value, place, reading);
    case "object":
      return readObject(def.shape, objectIn(value, reading), place, reading) ?? value;
    case "record":
      return readRecord(def.valueType, objectIn(value, reading), place, reading) ?? value;
    case "array":
      return readList(schema, def.element, value, place, reading);
    case "union":
      return readUnion(def.options, value, place, reading);
    case "boolean":
      return coerceBoolean(value);
    case "number":
      return coerceNumber(value);
    case "string":
    case "enum":
    case "literal":
      return recordAddress(schema, trimmed(schema, value), place, reading);
    default:
      return value;
  }
}

/** Blanks around a text that is taken only without them. */
function trimmed(schema: Schema, value: unknown): unknown {
  if (typeof value !== "string" || value.trim() === value) return value;
  return !accepts(schema, value) && accepts(schema, value.trim()) ? value.trim() : value;
}

/** The value, remembered where it is an address. */
function recordAddress(schema: Schema, value: unknown, place: string, { addresses: found }: Coercion): unknown {
  if (typeof value === "string" && addresses.get(schema) !== undefined) found.push({ field: place, text: value });
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
  place: string,
  reading: Coercion,
): Fields | null {
  if (fields === null) return null;
  return changed(fields, (name, value) => {
    const schema = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (schema === undefined) return isBlank(value) ? ABSENT : value;
    if (isBlank(value) && countsAsAbsent(schema, value)) return ABSENT;
    return read(schema, value, place + pointer(name), reading);
  });
}

/** Whether a blank value says nothing: the field does not take it. Required text stays, to be told that it is empty. */
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

function readRecord(values: Schema, fields: Fields | null, place: string, reading: Coercion): Fields | null {
  if (fields === null) return null;
  if (Object.hasOwn(fields, "__proto__"))
    reading.faults.push({ field: `${place}/__proto__`, message: "cannot be used as a name here; choose another" });
  return changed(fields, (name, value) => {
    if (isBlank(value) && !accepts(values, value)) return ABSENT;
    if (definitionOf(values).type === "string") return textOf(value);
    return read(values, value, place + pointer(name), reading);
  });
}

/** A number or truth value as text. A number that JSON could not carry exactly is left: its digits would not be the sent ones. */
function textOf(value: unknown): unknown {
  if (typeof value === "number") return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : value;
  return typeof value === "boolean" ? String(value) : value;
}

const ABSENT = Symbol("not sent");

/** The fields after `change`; the same object where nothing changed. */
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

function readList(list: Schema, member: Schema, value: unknown, place: string, reading: Coercion): unknown {
  const sent = Array.isArray(value) ? value : typeof value === "string" ? listIn(value, list, member, reading) : null;
  if (sent === null) return value;
  const next: unknown[] = [];
  // One member beyond the limit is refused like all of them, and the rest is never looked at.
  const most = maxItemsOf(list);
  for (const [index, one] of sent.entries()) {
    if (isBlank(one)) continue;
    if (next.length > most) break;
    if (index !== next.length) reading.moved.set(`${place}/${next.length}`, index);
    next.push(read(member, addressIn(member, one), `${place}/${next.length}`, reading));
  }
  const isSame = next.length === sent.length && next.every((one, index) => one === sent[index]);
  return isSame ? sent : next;
}

/** Members that a list may have. */
function maxItemsOf(list: Schema): number {
  const checks = (list._zod.def.checks ?? []).map((check) => check._zod.def as z.core.$ZodChecks["_zod"]["def"]);
  return checks.find((check) => check.check === "max_length")?.maximum ?? Number.POSITIVE_INFINITY;
}

/** The members of a list that was written as text: as JSON, or parted. Null where a text cannot be a list. */
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
/** Addresses may hold commas, so one ends only where the next begins. The blanks are bounded, or a run of them costs its square. */
export const ADDRESSES = /[\r\n]+|[,;\s]\s{0,64}(?=https?:\/\/|ast_|upl_)/;

function separatorOf(list: Schema, member: Schema): RegExp {
  if (isAddress(member)) return ADDRESSES;
  return sentenceLists.get(list) === undefined ? COMMAS : LINES;
}

/** A list member that takes an address, commas and all, and not just any text. */
const isAddress = (member: Schema): boolean =>
  accepts(member, "https://example.com/a,b.mp4") && !accepts(member, "words, words");

/** The address in an attachment as tables write it: `{"url": …}` with whatever stands beside it. */
const addressIn = (member: Schema, value: unknown): unknown =>
  isFields(value) && typeof value.url === "string" && isText(member) && isAddress(member) ? value.url : value;

/** Of a value that no option takes as it is, the first reading that one takes. */
function readUnion(options: readonly Schema[], value: unknown, place: string, reading: Coercion): unknown {
  const accepting = options.find((option) => accepts(option, value));
  if (accepting !== undefined) return recordAddress(accepting, value, place, reading);
  for (const option of options) {
    const after = read(option, value, place, reading);
    if (after !== value && accepts(option, after)) return after;
  }
  return value;
}

/** A number as JSON writes it. */
const NUMBER = /^[+-]?\d+(\.\d+)?(e[+-]?\d{1,3})?$/i;

function coerceNumber(value: unknown): unknown {
  if (typeof value !== "string" || !NUMBER.test(value.trim())) return value;
  const number = Number(value);
  return Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : value;
}

const TRUE = ["true", "yes", "on", "1"];
const FALSE = ["false", "no", "off", "0"];

/** A truth value however tools, tables and checkboxes write it; anything else as it is. */
export function coerceBoolean(value: unknown): unknown {
  if (typeof value !== "string" && typeof value !== "number") return value;
  const word = String(value).trim().toLowerCase();
  return TRUE.includes(word) ? true : FALSE.includes(word) ? false : value;
}
