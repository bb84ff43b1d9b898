/** JSON bodies: read under a byte cap, checked as text, then left for the validators of the route. */
import type { MiddlewareHandler } from "hono";
import * as z from "zod";
import { readValues } from "../core/body-values.ts";
import { invalidFields } from "../core/errors.ts";
import { type Unflattened, unflatten } from "../core/flat-fields.ts";
import { DROPPED_BODY_BYTES, JSON_BODY_BYTES } from "../core/limits.ts";
import { refuseOwn } from "../core/target.ts";
import { wholeJson } from "../core/text.ts";
import { ApiError, apiError } from "./api-error.ts";
import type { AppEnv, Ctx } from "./context.ts";
import { refuseInvalid } from "./invalid.ts";
import { jsonFault } from "./json.ts";
import { tooLarge } from "./size.ts";

const JSON_TYPE = /^application\/([\w.-]+\+)?json$/i;

/** Reads the body once. An empty one counts as `{}`, whatever its type, so that all-optional bodies may be left out. */
export const readJson: MiddlewareHandler<AppEnv> = async (c, next) => {
  const text = wholeJson(decode(await readCapped(c.req.raw.body, JSON_BODY_BYTES)));
  if (text !== "") {
    const type = c.req.header("Content-Type")?.split(";")[0]?.trim() ?? "";
    if (!JSON_TYPE.test(type)) throw apiError("unsupported_content_type", "Send the body as application/json.");
    const fault = jsonFault(text);
    if (fault !== null) throw new ApiError(fault);
  }
  c.set("bodyText", text);
  // The validators read the body from this cache, which holds promises. Without a content type they take `{}`, expecting no text.
  Object.assign(c.req.bodyCache, { text: Promise.resolve(text === "" && c.req.header("Content-Type") ? "{}" : text) });
  await next();
};

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
  const own = addresses.length === 0 ? null : refuseOwn(addresses, hostsOf(c));
  if (own !== null) throw new ApiError(own);
  refuseCallback(c, body);
  return body;
}

/** A user token may not say where messages go that its tenant's secret signs. Asked of every body that is read, whatever its route. */
function refuseCallback(c: Ctx, body: unknown): void {
  const isUser = c.var.caller !== undefined && c.var.caller.pass !== null;
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
export const refuseBody: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.var.bodyText !== "") refuseInvalid({ target: "json", ...nothing.safeParse(JSON.parse(c.var.bodyText)) });
  await next();
};

/** The fields of a body as a web page's form sends it, without files. */
export async function readUrlFields(c: Ctx): Promise<[string, string][]> {
  return [...new URLSearchParams(decode(await readCapped(c.req.raw.body, JSON_BODY_BYTES)))];
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw apiError("malformed_json", "The body is not valid UTF-8.");
  }
}

/**
 * The whole body, of at most `maxBytes`, whatever length was announced. Of a larger one some more is read and dropped: a sender
 * that listens only when everything is sent would find its connection reset in place of the refusal.
 */
async function readCapped(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size <= maxBytes) chunks.push(chunk);
    if (size > maxBytes + DROPPED_BODY_BYTES) break;
  }
  if (size > maxBytes) throw tooLarge(maxBytes);
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
