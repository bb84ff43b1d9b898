/** JSON bodies: read under a byte cap and a clock, checked as text, then left for the validators of the route. */
import type { MiddlewareHandler } from "hono";
import { createScanner, type JSONScanner, type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import * as z from "zod";
import { readValues } from "../core/body-values.ts";
import { invalidFields, type Problem, problemOf } from "../core/errors.ts";
import { compressionIn } from "../core/header-fields.ts";
import { DROPPED_BODY_BYTES, JSON_BODY_BYTES, JSON_DEPTH, PREFER_WAIT_MAX_SECONDS } from "../core/limits.ts";
import { formatOfBytes } from "../core/media/sniff.ts";
import { unknownFaults } from "../core/sandbox-faults.ts";
import { checkOwn } from "../core/ssrf.ts";
import { wholeJson } from "../core/text.ts";
import { SECOND_MS } from "../core/time.ts";
import { mediaTypeOf } from "../core/uploads/tus.ts";
import { type Unflattened, unflatten } from "../core/webhooks/flat-body.ts";
import { Broken, openFileParts } from "../store/chunks.ts";
import type { AppEnv, Ctx } from "./context.ts";
import { tooLarge } from "./middleware/limits.ts";
import { ApiError, apiError, checkInvalid } from "./problem.ts";

/*
 * JSON text checked before it is parsed: nesting, duplicate keys, syntax.
 *
 * A duplicate key is refused because two readers may each see another value. The scan is a loop, so no depth of nesting
 * can end the stack; only text of bounded depth reaches the recursive reader that names the place of a mistake.
 */

/** What is wrong with JSON text; null when nothing is. Empty text is not JSON. */
export function jsonFault(text: string): Problem | null {
  return nestingFault(text) ?? syntaxFault(text);
}

function nestingFault(text: string): Problem | null {
  const scanner = createScanner(text, true);
  const open: Set<string>[] = [];
  let last: string | null = null;
  scanner.scan();
  // A token is known by its first character; at the end there is none.
  for (let mark = markOf(text, scanner); mark !== ""; mark = nextMark(text, scanner)) {
    if (mark === "{" || mark === "[") open.push(new Set());
    if (mark === "}" || mark === "]") open.pop();
    if (open.length > JSON_DEPTH)
      return problemOf("malformed_json", `The body is nested deeper than ${JSON_DEPTH} levels.`);
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

const duplicate = (key: string, offset: number): Problem =>
  problemOf(
    "malformed_json",
    `The key ${JSON.stringify(key.slice(0, SHOWN_CHARS))} stands twice in one object, again before position ${offset}.`,
  );

function syntaxFault(text: string): Problem | null {
  try {
    JSON.parse(text);
    return null;
  } catch {
    const errors: ParseError[] = [];
    parse(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
    return problemOf("malformed_json", `The body is not valid JSON: ${slotOf(text, errors[0])}.`);
  }
}

/** `a value is missing at position 12 (line 1, column 13)`. The engine's own message would repeat the body. */
function slotOf(text: string, error: ParseError | undefined): string {
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

const JSON_TYPE = /^application\/([\w.-]+\+)?json$/;

/**
 * Reads the body once. An empty one and `null` count as `{}`, whatever its type, so that all-optional bodies may be left out. `ways` tells
 * who sends something else what the route takes besides.
 */
export function jsonReader(ways: string): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const text = await jsonText(c, ways);
    c.set("bodyText", text);
    const type = mediaTypeOf(c.req.raw.headers);
    // The validators read no body of another type.
    if (text !== "" && !JSON_TYPE.test(type)) callItJson(c);
    // They read the body from this cache, which holds promises. Without a content type they take `{}`, expecting no text.
    Object.assign(c.req.bodyCache, { text: Promise.resolve(text === "" && type !== "" ? "{}" : text) });
    await next();
  };
}

/** The same, for a route that takes JSON alone. */
export const readJson = jsonReader("");

function callItJson(c: Ctx): void {
  const { url, method, headers } = c.req.raw;
  const renamed = new Headers(headers);
  renamed.set("Content-Type", "application/json");
  c.req.raw = new Request(url, { method, headers: renamed });
}

/** The body as JSON text, or an empty text for none. What it is decides, not what its sender calls it. */
async function jsonText(c: Ctx, ways: string): Promise<string> {
  checkCompressed(c);
  const type = mediaTypeOf(c.req.raw.headers);
  const isNamed = JSON_TYPE.test(type);
  const bytes = await readCapped(c, JSON_BODY_BYTES, (first) => {
    const what = whatIs(first);
    if (what !== null) throw notJson(type, `The body ${what}. ${ways}`);
    if (!isNamed && !isJsonLike(first)) throw notJson(type, ways);
  });
  const text = decoded(bytes);
  if (text === null && bytes.some(isControl)) throw notJson(type, `The body is no text. ${ways}`);
  if (text === null) throw notUtf8();
  const fault = text === "" ? null : jsonFault(text);
  if (fault !== null) throw isNamed ? new ApiError(fault) : notJson(type, `${ways} ${fault.detail}`);
  // What libraries write for a body that their caller did not give.
  return text.trim() === "null" ? "" : wholeJson(text);
}

/** Text that is plainly JSON, whatever its sender calls it; null for any other. */
export const plainJson = (text: string): string | null =>
  /^\s*[{[]/.test(text) && jsonFault(text) === null ? wholeJson(text) : null;

/** An object or a list, behind a byte order mark and blanks. Blanks alone may still become one. */
const isJsonLike = (first: Uint8Array): boolean => {
  const start = first.findIndex((byte) => ![0xef, 0xbb, 0xbf, 0x20, 0x09, 0x0a, 0x0d].includes(byte));
  return start < 0 || first[start] === 0x7b || first[start] === 0x5b;
};

/** Text has no control characters but those of lines and columns. */
const isControl = (byte: number): boolean => byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d].includes(byte);

/** What bytes are that surely are no JSON; null where they may be some. */
function whatIs(first: Uint8Array): string | null {
  const [a, b, c, d] = first;
  if (a === 0x1f && b === 0x8b) return "is compressed (gzip)";
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return "is compressed (zstd)";
  const isWide = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || (b === 0 && d === 0);
  const format = isJsonLike(first) ? null : formatOfBytes(first);
  if (format !== null) return `is a file (${format.ext})`;
  return isWide ? "is text in UTF-16 or UTF-32: write it in UTF-8" : null;
}

function notJson(type: string, more: string): ApiError {
  const came = type === "" ? "No Content-Type came" : `Content-Type ${type.slice(0, 80)} came`;
  const errors = [{ field: "header:Content-Type", message: "must be application/json, and the body JSON" }];
  return apiError("unsupported_content_type", `${came}; application/json is wanted. ${more}`.trim(), { errors });
}

/** A body under a compression: nothing here undoes one, so that no small request becomes a large one. */
export function checkCompressed(c: Ctx): void {
  const compression = compressionIn(c.req.header("Content-Encoding") ?? null);
  if (compression === null) return;
  throw apiError(
    "unsupported_content_type",
    `The body came compressed (Content-Encoding: ${compression}); send it as it is, without that header.`,
    { errors: [{ field: "header:Content-Encoding", message: "must not name a compression" }] },
  );
}

/**
 * Reads the values of the body by the schema of its route, as tools without types send them, and with `flat` the body of a
 * tool that cannot nest. Runs after `readJson`.
 */
export const readValuesOf =
  (schema: z.ZodType, flat = false): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    if (c.var.bodyText === "") return next();
    const sent: unknown = JSON.parse(c.var.bodyText);
    const body = valuesIn(c, schema, flat ? unflatten(sent, parseJson) : { body: sent });
    if (body !== sent) Object.assign(c.req.bodyCache, { text: Promise.resolve(JSON.stringify(body)) });
    return next();
  };

/** The body as the schema's validator should see it. Remembers where each value of it came from. */
export function valuesIn(c: Ctx, schema: z.ZodType, given: Pick<Unflattened, "body"> & Partial<Unflattened>): unknown {
  const { body, addresses, faults, sentAt } = readValues(schema, given.body, parseJson);
  c.set("sentAt", (field) => given.sentAt?.(sentAt(field)) ?? sentAt(field));
  if (faults.length > 0) throw new ApiError(invalidFields(faults));
  if (c.get("caller")?.mode === "test") {
    const unknown = unknownFaults(body);
    if (unknown.length > 0) throw new ApiError(invalidFields(unknown));
  }
  const own = addresses.length === 0 ? null : checkOwn(addresses, hostsOf(c));
  if (own !== null) throw new ApiError(own);
  checkCallback(c, body);
  return body;
}

/** A user token may not say where messages go that its tenant's secret signs. Asked of every body that is read, whatever its route. */
function checkCallback(c: Ctx, body: unknown): void {
  const isUser = c.var.caller !== undefined && c.var.caller.grant !== null;
  if (!isUser || typeof body !== "object" || body === null || !Object.hasOwn(body, CALLBACK)) return;
  const errors = [{ field: `/${CALLBACK}`, message: "must not be sent with a user token" }];
  const detail = `A user token may not name a ${CALLBACK}: its messages carry the account's signature. Leave it out, or send the request from your server with an API key.`;
  throw apiError("key_required", detail, { errors });
}
const CALLBACK = "callback_url";

/** The names under which this request reached us. */
const hostsOf = (c: Ctx): string[] =>
  [c.req.url, c.var.origin].filter((url) => URL.canParse(url)).map((url) => new URL(url).hostname);

/** JSON that stands in a text of the body, under the same rules as the body; undefined for anything else. */
export const parseJson = (text: string): unknown => (jsonFault(text) === null ? JSON.parse(text) : undefined);

const nothing = z.strictObject({});

/** Refuses a body that says anything, on a route that takes none. Runs after `readJson`. */
export const checkBody: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.var.bodyText !== "") checkInvalid({ target: "json", ...nothing.safeParse(JSON.parse(c.var.bodyText)) });
  await next();
};

/** The text of a body that a web page's form sends without files. */
export async function readFormText(c: Ctx): Promise<string> {
  checkCompressed(c);
  const text = decoded(await readCapped(c, JSON_BODY_BYTES));
  if (text === null) throw notUtf8();
  return text;
}

/** The text of these bytes; null when they are not UTF-8. */
function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}

const notUtf8 = (): ApiError => apiError("malformed_json", "The body is not valid UTF-8; write its text in UTF-8.");

/** Nothing but its own clock ends the reading of a body. */
export const NEVER = new AbortController().signal;

/**
 * The whole body, of at most `maxBytes`, whatever length was announced. Of a larger one, and of one that `look` refuses by its
 * first bytes, some more is read and dropped: a sender that listens only when everything is sent would find its connection
 * reset in place of the refusal.
 */
async function readCapped(
  c: Ctx,
  maxBytes: number,
  look: (first: Uint8Array) => void = () => undefined,
): Promise<Uint8Array> {
  const { body } = c.req.raw;
  if (body === null) return new Uint8Array();
  const { bodyIdle, bodyTotal } = c.var.config.waits;
  const fileParts = openFileParts(body, { idleMs: bodyIdle, signal: NEVER }, Date.now() + bodyTotal);
  const chunks: Uint8Array[] = [];
  let size = 0;
  let problem: ApiError | null = null;
  try {
    for (let chunk = await fileParts.next(); chunk !== null; chunk = await fileParts.next()) {
      if (size === 0) problem = toProblem(() => look(chunk));
      size += chunk.byteLength;
      if (size <= maxBytes && problem === null) chunks.push(chunk);
      if (size > maxBytes + DROPPED_BODY_BYTES) break;
    }
  } catch (error) {
    throw problem ?? brokenBody(error);
  } finally {
    fileParts.cancel();
  }
  if (problem !== null) throw problem;
  if (size > maxBytes) throw tooLarge(maxBytes);
  return joined(chunks, size);
}

/** What a look refuses; null when it refuses nothing. */
function toProblem(look: () => void): ApiError | null {
  try {
    look();
    return null;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** Why a body was not read to its end. Its sender's connection broke off, or it was too slow: neither is a fault of ours. */
export function brokenBody(error: unknown): unknown {
  if (!(error instanceof Broken)) return error;
  if (error.reason === "stalled" || error.reason === "late")
    return apiError("body_timeout", "The body came too slowly; send the whole request again.");
  return apiError("malformed_json", "The body broke off before its end; send the whole request again.");
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/* `Prefer: wait=N` (RFC 7240): how long a caller would rather wait than come back. */

/** The same in the query, for tools that cannot set headers. */
export const waitQuery = z.strictObject({
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .meta({
      description: `As \`Prefer: wait=N\`: seconds to wait for the end, at most ${PREFER_WAIT_MAX_SECONDS}; more counts as that.`,
    }),
});

const queryWait = (c: Ctx): number => {
  const sent = waitQuery.shape.wait.safeParse(c.req.query("wait"));
  if (sent.success) return sent.data ?? 0;
  const errors = [{ field: "query:wait", message: "must be a whole number of seconds" }];
  throw new ApiError(invalidFields(errors));
};

/** How long this caller would rather wait, by the header or the query, and what the answer says of it; null: not at all. */
export function waitOf(c: Ctx): { readonly ms: number; readonly headers: Record<string, string> } | null {
  const inQuery = queryWait(c);
  const seconds = preferredWait(c.req.header("Prefer")) ?? Math.min(inQuery, PREFER_WAIT_MAX_SECONDS);
  return seconds < 1 ? null : { ms: seconds * SECOND_MS, headers: { "Preference-Applied": `wait=${seconds}` } };
}

/** The wait in seconds, at most 60; null when none is asked for. What cannot be read is ignored, as the RFC says. */
export function preferredWait(prefer: string | undefined): number | null {
  const seconds = Number(/(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(prefer ?? "")?.[1] ?? 0);
  return seconds < 1 ? null : Math.min(seconds, PREFER_WAIT_MAX_SECONDS);
}
