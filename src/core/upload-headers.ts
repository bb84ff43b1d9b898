/** What the dialects of uploads share in their headers, and how one is told from another. */
import { fromBase64 } from "./encode.ts";
import { type Refusal, refusal } from "./errors.ts";
import { FORMATS, formatOfName } from "./formats.ts";
import { FILENAME_CHARS, MAX_REQUEST_BYTES, UPLOAD_BYTES } from "./limits.ts";
import { cut, cutStart } from "./text.ts";

export type HeaderReader = { readonly get: (name: string) => string | null };

export type Dialect = "tus" | "ietf" | "form" | "json";

/** How a request speaks. tus wins over the draft: it names itself. */
export function dialectOf(headers: HeaderReader): Dialect {
  if (headers.get("Tus-Resumable") !== null) return "tus";
  if (headers.get("Upload-Complete") !== null || headers.get("Upload-Draft-Interop-Version") !== null) return "ietf";
  return mediaTypeOf(headers) === "multipart/form-data" ? "form" : "json";
}

/** The media type without its parameters, in lower case; empty when none was sent. */
export const mediaTypeOf = (headers: HeaderReader): string =>
  (headers.get("Content-Type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

/** A count of bytes as both protocols write it; null when there is none or it is none. */
export const bytesIn = (text: string | null): number | null =>
  text !== null && /^\d{1,15}$/.test(text.trim()) ? Number(text) : null;

/** Bytes that the body announces; null when it does not. */
export const contentBytesOf = (headers: HeaderReader): number | null => bytesIn(headers.get("Content-Length"));

/** Bytes in base64; null for anything else. */
export const base64Bytes = (text: string): Uint8Array | null => fromBase64(text);

/**
 * A name under which a file may be kept: what stands after the last slash, without control characters, cut to its limit.
 * Where it has none of the 13 endings the declared type gives it one.
 */
export function fileNameFor(name: string | null, type: string | null): string {
  const last = (name ?? "").split(/[/\\]/).at(-1) ?? "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out here
  const clean = last.replaceAll(/[\u0000-\u001f\u007f]/g, "").trim();
  const wanted = type?.split(";", 1)[0]?.trim().toLowerCase();
  const format = FORMATS.find(({ mime }) => mime === wanted);
  const base = clean || "upload";
  if (formatOfName(base) !== null || format === undefined) return cutStart(base, FILENAME_CHARS);
  return `${cut(base, FILENAME_CHARS - format.ext.length - 1)}.${format.ext}`;
}

/** The file name of a Content-Disposition; the extended form wins. Null when it has none. */
export function dispositionName(header: string | null): string | null {
  const extended = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(header ?? "")?.[1];
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended);
    } catch {
      // not what RFC 8187 allows: the plain form is read
    }
  }
  const [, quoted, token] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(header ?? "") ?? [];
  return quoted?.replaceAll(/\\(.)/g, "$1") ?? token ?? null;
}

/** The limits in the draft's words, beside `max-age` where an upload exists. */
export const uploadLimit = (maxAgeSeconds: number | null = null): string =>
  [`max-size=${UPLOAD_BYTES}`, `max-append-size=${MAX_REQUEST_BYTES}`]
    .concat(maxAgeSeconds === null ? [] : [`max-age=${maxAgeSeconds}`])
    .join(", ");

/** The refusal of a header, which it names. */
export const badHeader = (name: string, message: string): Refusal =>
  refusal("invalid_header", `${name} ${message}.`, { errors: [{ field: `header:${name}`, message }] });
