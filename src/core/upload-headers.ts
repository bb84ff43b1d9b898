/** What the dialects of uploads share in their headers, and how one is told from another. */
import { fromBase64 } from "./encode.ts";
import { type Refusal, refusal } from "./errors.ts";
import { parameterText, readParameters } from "./header-parameters.ts";
import { MAX_REQUEST_BYTES, UPLOAD_BYTES } from "./limits.ts";
import { booleanIn, countIn } from "./structured-fields.ts";

export type HeaderReader = { readonly get: (name: string) => string | null };

export type Dialect = "tus" | "ietf" | "form" | "json";

/** Versions of the draft that are spoken here, the newest first. */
export const INTEROP_VERSIONS: readonly string[] = ["9", "8"];

/** Content that is never a file: JSON, or text that a client calls so where its caller says nothing. */
const NO_FILE = /^(text\/|application\/(?:[\w.-]+\+)?json$|application\/x-www-form-urlencoded$)/;

/**
 * How a creation speaks, by its content before its headers: Apple's upload tasks add the draft's headers, of whatever version
 * they know, to every request of an app. tus wins over the draft, since its clients name it themselves.
 */
export function dialectOfCreation(headers: HeaderReader): Dialect {
  const type = mediaTypeOf(headers);
  if (headers.get("Tus-Resumable") !== null) return "tus";
  if (type === "multipart/form-data") return "form";
  return NO_FILE.test(type) || !offersDraft(headers) ? "json" : "ietf";
}

/** Whether the draft's own header is there, in a version that is spoken here. Without a version it is the final protocol's. */
const offersDraft = (headers: HeaderReader): boolean =>
  booleanIn(headers.get("Upload-Complete")) !== null &&
  (headers.get("Upload-Draft-Interop-Version") === null || interopVersion(headers) !== null);

/** The version of the draft that a request names, where it is spoken here; else null. */
export function interopVersion(headers: HeaderReader): string | null {
  const version = String(countIn(headers.get("Upload-Draft-Interop-Version")));
  return INTEROP_VERSIONS.find((one) => one === version) ?? null;
}

/** The media type without its parameters, in lower case; empty when none was sent. */
export const mediaTypeOf = (headers: HeaderReader): string =>
  contentTypeOf(headers).split(";", 1)[0]?.trim().toLowerCase() ?? "";

/** Begins another content type behind a comma; a comma in a boundary has no type behind it. */
const NEXT_TYPE = /,\s{0,8}(?=[\w.+-]{1,80}\/[\w.+*-]{1,80}\s{0,8}(?:[;,]|$))/;

/** Content-Type. Sent twice, by a caller and by a library below it, it is joined by commas: the last one counts, as in browsers. */
export const contentTypeOf = (headers: HeaderReader): string =>
  (headers.get("Content-Type") ?? "").split(NEXT_TYPE).at(-1) ?? "";

/** A count of bytes as both protocols write it; null when there is none or it is none. */
export const bytesIn = (text: string | null): number | null =>
  text !== null && /^\d{1,15}$/.test(text.trim()) ? Number(text) : null;

/** Bytes that the body announces; null when it does not. */
export const contentBytesOf = (headers: HeaderReader): number | null => bytesIn(headers.get("Content-Length"));

/** Bytes in base64; null for anything else. */
export const base64Bytes = (text: string): Uint8Array | null => fromBase64(text);

/** The file name of a Content-Disposition; the extended form counts first. Null when it has none. */
export const dispositionName = (header: string | null): string | null =>
  parameterText(readParameters(header ?? ""), "filename") ?? null;

/** The limits in the draft's words, beside `max-age` where an upload exists. */
export const uploadLimit = (maxAgeSeconds: number | null = null): string =>
  [`max-size=${UPLOAD_BYTES}`, `max-append-size=${MAX_REQUEST_BYTES}`]
    .concat(maxAgeSeconds === null ? [] : [`max-age=${maxAgeSeconds}`])
    .join(", ");

/** The refusal of a header, which it names. */
export const badHeader = (name: string, message: string): Refusal =>
  refusal("invalid_header", `${name} ${message}.`, { errors: [{ field: `header:${name}`, message }] });
