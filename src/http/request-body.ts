/** JSON bodies: read with size and time limits, checked as text, then passed to the route's validators; and `Prefer: wait`. */
import type { MiddlewareHandler } from "hono";
import { createScanner, type JSONScanner, type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import * as z from "zod";
import { invalidFields, type Problem, problemOf } from "../core/errors.ts";
import { DROPPED_BODY_BYTES, JSON_BODY_BYTES, JSON_DEPTH, PREFER_WAIT_MAX_SECONDS } from "../core/limits.ts";
import { formatOfBytes } from "../core/media/sniff.ts";
import { coerceBody } from "../core/requests/body-values.ts";
import { compressionIn } from "../core/requests/header-fields.ts";
import { unknownFaults } from "../core/sandbox-faults.ts";
import { checkOwnAddresses } from "../core/ssrf.ts";
import { wholeJson } from "../core/text.ts";
import { SECOND_MS } from "../core/time.ts";
import { mediaTypeOf } from "../core/uploads/resumable.ts";
import { type Unflattened, unflatten } from "../core/webhooks/flat-body.ts";
import { Broken, openStream } from "../store/chunks.ts";
import type { AppEnv, Ctx } from "./context.ts";
import { tooLarge } from "./middleware/limits.ts";
import { ApiError, apiError, checkInvalid } from "./problem.ts";

/*
 * Checks JSON text before it is parsed: nesting, duplicate keys, syntax.
 *
 * Duplicate keys are rejected, because two parsers may read different values. The scan is a loop, so deep nesting cannot
 * overflow the stack; only text of bounded depth reaches the recursive parser that locates a syntax error.
 */

/** The problem of a JSON text; null if it is valid. Empty text is invalid. */
export function jsonFault(text: string): Problem | null {
  return nestingFault(text) ?? syntaxFault(text);
}

function nestingFault(text: string): Problem | null {
  const scanner = createScanner(text, true);
  const open: Set<string>[] = [];
  let last: string | null = null;
  scanner.scan();
  // A token is identified by its first character, which is empty at the end.
  for (let mark = markOf(text, scanner); mark !== ""; mark = nextMark(text, scanner)) {
    if (mark === "{" || mark === "[") open.push(new Set());
    if (mark === "}" || mark === "]") open.pop();
    if (open.length > JSON_DEPTH)
      return problemOf("malformed_json", `The body is nested more than ${JSON_DEPTH} levels deep.`);
    if (mark === '"') last = scanner.getTokenValue();
    if (mark !== ":") continue;
    // A key without double quotes is reported by `syntaxFault`, with its position.
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

/** The number of characters of a key that an error repeats. */
const SHOWN_CHARS = 60;

const duplicate = (key: string, offset: number): Problem =>
  problemOf(
    "malformed_json",
    `The key ${JSON.stringify(key.slice(0, SHOWN_CHARS))} is duplicated in one object, before position ${offset}.`,
  );

function syntaxFault(text: string): Problem | null {
  try {
    JSON.parse(text);
    return null;
  } catch {
    const errors: ParseError[] = [];
    parse(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
    return problemOf("malformed_json", `The body is not valid JSON: ${describeError(text, errors[0])}.`);
  }
}

/** `a value is missing at position 12 (line 1, column 13)`. The engine's own message would repeat the body. */
function describeError(text: string, error: ParseError | undefined): string {
  if (error === undefined) return "it cannot be parsed";
  const before = text.slice(0, error.offset);
  const line = before.split("\n").length;
  return `${messageOf(text, error)} at position ${error.offset} (line ${line}, column ${error.offset - before.lastIndexOf("\n")})`;
}

/** Descriptions of the parser's errors. */
const MESSAGES: Readonly<Record<string, string>> = {
  InvalidSymbol: "an unknown literal (strings need double quotes)",
  InvalidNumberFormat: "an invalid number",
  PropertyNameExpected: "a field name in double quotes is missing",
  ValueExpected: "a value is missing",
  ColonExpected: "a colon is missing",
  CommaExpected: "a comma is missing",
  CloseBraceExpected: "a closing } is missing",
  CloseBracketExpected: "a closing ] is missing",
  EndOfFileExpected: "unexpected text after the end",
  InvalidCommentToken: "a comment, which JSON does not allow,",
  UnexpectedEndOfComment: "a comment, which JSON does not allow,",
  UnexpectedEndOfString: "a string without its closing quote",
  UnexpectedEndOfNumber: "an incomplete number",
  InvalidUnicode: "a \\u escape without four hexadecimal digits",
  InvalidEscapeCharacter: "an invalid escape sequence",
  InvalidCharacter: "a control character in a string (write a line break as \\n)",
};

const CURLY_QUOTES = /[\u2018-\u201f\u00ab\u00bb]/;

function messageOf(text: string, { error, offset }: ParseError): string {
  if (CURLY_QUOTES.test(text.charAt(offset))) return "a typographic quote instead of a straight one";
  const closing = text.charAt(offset);
  const isAfterComma = /[}\]]/.test(closing) && text.slice(0, offset).trimEnd().endsWith(",");
  if (isAfterComma) return `a comma before the closing ${closing}`;
  return MESSAGES[printParseErrorCode(error)] ?? "a syntax error";
}

const JSON_TYPE = /^application\/([\w.-]+\+)?json$/;

/**
 * Reads the body once. An empty body and `null` count as `{}`, with any content type, so that all-optional bodies may be
 * omitted. `alternatives`: what else the route accepts, for the error of another body.
 */
export function jsonReader(alternatives: string): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const text = await jsonText(c, alternatives);
    c.set("bodyText", text);
    const type = mediaTypeOf(c.req.raw.headers);
    // The validators ignore bodies of another type.
    if (text !== "" && !JSON_TYPE.test(type)) setJsonType(c);
    // The validators read the body from this cache of promises. Without a content type they use `{}`.
    Object.assign(c.req.bodyCache, { text: Promise.resolve(text === "" && type !== "" ? "{}" : text) });
    await next();
  };
}

/** The reader of routes that accept only JSON. */
export const readJson = jsonReader("");

/** The value of a JSON body, for routes that have no validators; undefined if there was no body. */
export async function jsonValue(c: Ctx): Promise<unknown> {
  await readJson(c, async () => undefined);
  const text = c.get("bodyText");
  return text === "" ? undefined : JSON.parse(text);
}

function setJsonType(c: Ctx): void {
  const { url, method, headers } = c.req.raw;
  const renamed = new Headers(headers);
  renamed.set("Content-Type", "application/json");
  c.req.raw = new Request(url, { method, headers: renamed });
}

/** The body as JSON text; empty for no body. Its content decides, not its content type. */
async function jsonText(c: Ctx, alternatives: string): Promise<string> {
  checkCompressed(c);
  const type = mediaTypeOf(c.req.raw.headers);
  const isNamed = JSON_TYPE.test(type);
  const bytes = await readCapped(c, JSON_BODY_BYTES, (first) => {
    const binary = describeBinary(first);
    if (binary !== null) throw notJson(type, `The body ${binary}. ${alternatives}`);
    if (!isNamed && !isJsonLike(first)) throw notJson(type, alternatives);
  });
  const text = decoded(bytes);
  if (text === null && bytes.some(isControl)) throw notJson(type, `The body is not text. ${alternatives}`);
  if (text === null) throw notUtf8();
  const fault = text === "" ? null : jsonFault(text);
  if (fault !== null) throw isNamed ? new ApiError(fault) : notJson(type, `${alternatives} ${fault.detail}`);
  // Some HTTP libraries send `null` for a missing body.
  return text.trim() === "null" ? "" : wholeJson(text);
}

/** The text if it is a JSON object or array, with any content type; else null. */
export const plainJson = (text: string): string | null =>
  /^\s*[{[]/.test(text) && jsonFault(text) === null ? wholeJson(text) : null;

/** True for bytes that start an object or array, after a byte order mark and whitespace; also for whitespace only. */
const isJsonLike = (first: Uint8Array): boolean => {
  const start = first.findIndex((byte) => ![0xef, 0xbb, 0xbf, 0x20, 0x09, 0x0a, 0x0d].includes(byte));
  return start < 0 || first[start] === 0x7b || first[start] === 0x5b;
};

/** True for a control character other than tab and line breaks. */
const isControl = (byte: number): boolean => byte < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d].includes(byte);

/** A description of bytes that cannot be JSON; null if they may be. */
function describeBinary(first: Uint8Array): string | null {
  const [a, b, c, d] = first;
  if (a === 0x1f && b === 0x8b) return "is compressed (gzip)";
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return "is compressed (zstd)";
  const isWide = (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || (b === 0 && d === 0);
  const format = isJsonLike(first) ? null : formatOfBytes(first);
  if (format !== null) return `is a file (${format.ext})`;
  return isWide ? "is encoded in UTF-16 or UTF-32; use UTF-8" : null;
}

function notJson(type: string, more: string): ApiError {
  const sent = type === "" ? "No Content-Type was sent" : `Content-Type ${type.slice(0, 80)} was sent`;
  const errors = [{ field: "header:Content-Type", message: "must be application/json, with a JSON body" }];
  return apiError("unsupported_content_type", `${sent}; application/json is required. ${more}`.trim(), { errors });
}

/** Rejects compressed bodies. None is decompressed, so that a small request cannot expand to a large one. */
export function checkCompressed(c: Ctx): void {
  const compression = compressionIn(c.req.header("Content-Encoding") ?? null);
  if (compression === null) return;
  throw apiError(
    "unsupported_content_type",
    `The body is compressed (Content-Encoding: ${compression}); send it uncompressed, without that header.`,
    { errors: [{ field: "header:Content-Encoding", message: "must not name a compression" }] },
  );
}

/**
 * Converts the body's values to the types of the route's schema, for tools that send only strings; with `flat`, also nests a
 * flat body. Runs after `readJson`.
 */
export const readValuesOf =
  (schema: z.ZodType, flat = false): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    if (c.var.bodyText === "") return next();
    const sent: unknown = JSON.parse(c.var.bodyText);
    const body = valuesIn(c, schema, flat ? unflatten(sent, parseJsonBody) : { body: sent });
    if (body !== sent) Object.assign(c.req.bodyCache, { text: Promise.resolve(JSON.stringify(body)) });
    return next();
  };

/** The body for the schema's validator. Sets `sentAt`, which maps field paths back to the body as sent. */
export function valuesIn(c: Ctx, schema: z.ZodType, given: Pick<Unflattened, "body"> & Partial<Unflattened>): unknown {
  const { body, addresses, faults, sentAt } = coerceBody(schema, given.body, parseJsonBody);
  c.set("sentAt", (field) => given.sentAt?.(sentAt(field)) ?? sentAt(field));
  if (faults.length > 0) throw new ApiError(invalidFields(faults));
  if (c.get("caller")?.mode === "test") {
    const unknown = unknownFaults(body);
    if (unknown.length > 0) throw new ApiError(invalidFields(unknown));
  }
  const own = addresses.length === 0 ? null : checkOwnAddresses(addresses, hostsOf(c));
  if (own !== null) throw new ApiError(own);
  checkCallback(c, body);
  return body;
}

/** Rejects `callback_url` with a user token: callbacks are signed with the tenant's secret. Checked on every body. */
function checkCallback(c: Ctx, body: unknown): void {
  const isUser = c.var.caller !== undefined && c.var.caller.grant !== null;
  if (!isUser || typeof body !== "object" || body === null || !Object.hasOwn(body, CALLBACK)) return;
  const errors = [{ field: `/${CALLBACK}`, message: "must not be sent with a user token" }];
  const detail = `A request with a user token cannot have a ${CALLBACK}: callbacks are signed with the account's secret. Leave it out, or send the request from your server with an API key.`;
  throw apiError("key_required", detail, { errors });
}
const CALLBACK = "callback_url";

/** The host names of the gateway, from the request and the configuration. */
const hostsOf = (c: Ctx): string[] =>
  [c.req.url, c.var.origin].filter((url) => URL.canParse(url)).map((url) => new URL(url).hostname);

/** The value of a JSON text inside the body, with the same checks as the body; undefined if it is invalid. */
export const parseJsonBody = (text: string): unknown => (jsonFault(text) === null ? JSON.parse(text) : undefined);

const nothing = z.strictObject({});

/** Rejects a body with fields on a route that takes none. Runs after `readJson`. */
export const checkNoBody: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.var.bodyText !== "") checkInvalid({ target: "json", ...nothing.safeParse(JSON.parse(c.var.bodyText)) });
  await next();
};

/** The text of a urlencoded form. */
export async function readFormText(c: Ctx): Promise<string> {
  checkCompressed(c);
  const text = decoded(await readCapped(c, JSON_BODY_BYTES));
  if (text === null) throw notUtf8();
  return text;
}

/** The bytes as text; null if they are not UTF-8. */
function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return null;
  }
}

const notUtf8 = (): ApiError => apiError("malformed_json", "The body is not valid UTF-8; encode it in UTF-8.");

/** A signal that never aborts: reading a body ends only by its timeouts. */
export const NEVER = new AbortController().signal;

/**
 * The whole body, of at most `maxBytes`, whatever its declared length. `check` may throw for its first bytes. After an error,
 * up to DROPPED_BODY_BYTES more are read and dropped: a client that reads only after it has sent everything would otherwise
 * see a connection reset instead of the error.
 */
async function readCapped(
  c: Ctx,
  maxBytes: number,
  check: (first: Uint8Array) => void = () => undefined,
): Promise<Uint8Array> {
  const { body } = c.req.raw;
  if (body === null) return new Uint8Array();
  const { bodyIdle, bodyTotal } = c.var.config.timings;
  const reader = openStream(body, { idleMs: bodyIdle, signal: NEVER }, Date.now() + bodyTotal);
  const chunks: Uint8Array[] = [];
  let size = 0;
  let problem: ApiError | null = null;
  try {
    for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
      if (size === 0) problem = errorOf(() => check(chunk));
      size += chunk.byteLength;
      if (size <= maxBytes && problem === null) chunks.push(chunk);
      if (size > maxBytes + DROPPED_BODY_BYTES) break;
    }
  } catch (error) {
    throw problem ?? toBodyError(error);
  } finally {
    reader.cancel();
  }
  if (problem !== null) throw problem;
  if (size > maxBytes) throw tooLarge(maxBytes);
  return joined(chunks, size);
}

/** The ApiError that a check throws; null if it throws none. */
function errorOf(check: () => void): ApiError | null {
  try {
    check();
    return null;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** The error for a body that could not be read to its end: the connection failed or was too slow. Other errors pass. */
export function toBodyError(error: unknown): unknown {
  if (!(error instanceof Broken)) return error;
  if (error.reason === "stalled" || error.reason === "late")
    return apiError("body_timeout", "The body was sent too slowly; send the whole request again.");
  return apiError(
    "malformed_json",
    "The connection ended before the whole body was received; send the whole request again.",
  );
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

/* `Prefer: wait=N` (RFC 7240): how long the response may wait for the end. */

/** `?wait=N`, for tools that cannot set headers. */
export const waitQuery = z.strictObject({
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .meta({
      description: `Same as \`Prefer: wait=N\`: seconds to wait for the end, at most ${PREFER_WAIT_MAX_SECONDS}. Larger values count as ${PREFER_WAIT_MAX_SECONDS}.`,
    }),
});

const queryWait = (c: Ctx): number => {
  const sent = waitQuery.shape.wait.safeParse(c.req.query("wait"));
  if (sent.success) return sent.data ?? 0;
  const errors = [{ field: "query:wait", message: "must be an integer number of seconds" }];
  throw new ApiError(invalidFields(errors));
};

/** The wait requested by the header or the query, with the response headers that confirm it; null if none is requested. */
export function waitOf(c: Ctx): { readonly ms: number; readonly headers: Record<string, string> } | null {
  const inQuery = queryWait(c);
  const seconds = preferredWait(c.req.header("Prefer")) ?? Math.min(inQuery, PREFER_WAIT_MAX_SECONDS);
  return seconds < 1 ? null : { ms: seconds * SECOND_MS, headers: { "Preference-Applied": `wait=${seconds}` } };
}

/** The header's wait in seconds, at most 60; null if there is none. A malformed value is ignored, as the RFC requires. */
export function preferredWait(prefer: string | undefined): number | null {
  const seconds = Number(/(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(prefer ?? "")?.[1] ?? 0);
  return seconds < 1 ? null : Math.min(seconds, PREFER_WAIT_MAX_SECONDS);
}
