/** A stored file as an answer: the only place that serves bytes from R2. Ranges, validators, and headers that keep it inert. */
import { refusal } from "../core/errors.ts";
import type { StoredFile } from "../core/ports.ts";
import { ApiError, apiError } from "./api-error.ts";
import { isKnown } from "./etag.ts";
import { type ByteRange, readRange } from "./range.ts";

/**
 * The file, part of it (206), or word that the caller has it (304). HEAD reads no bytes.
 * Refuses a range outside the file with 416, and a file that is no longer in the store with 410.
 */
export async function serveFile(bucket: R2Bucket, request: Request, file: StoredFile): Promise<Response> {
  const stored = await bucket.head(file.key);
  if (stored === null) throw gone();
  const headers = headersOf(file, stored);
  if (isKnown(request.headers.get("If-None-Match"), stored.httpEtag))
    return new Response(null, { status: 304, headers });
  const range = readRange(rangeHeaderOf(request, stored), stored.size);
  if (range === "unsatisfiable") throw outside(stored.size);
  const status = range === "whole" ? 200 : 206;
  headers.set("Content-Length", String(range === "whole" ? stored.size : range.length));
  if (range !== "whole")
    headers.set("Content-Range", `bytes ${range.offset}-${range.offset + range.length - 1}/${stored.size}`);
  if (request.method === "HEAD") return new Response(null, { status, headers });
  return new Response(await readBody(bucket, stored, range), { status, headers });
}

async function readBody(bucket: R2Bucket, stored: R2Object, range: ByteRange | "whole"): Promise<ReadableStream> {
  // The range was measured on this version of the object; another one must not be cut by it.
  const onlyIf = { etagMatches: stored.etag };
  const found = await bucket.get(stored.key, range === "whole" ? { onlyIf } : { onlyIf, range });
  if (found === null || !("body" in found)) throw gone();
  return found.body;
}

/** With `If-Range` a range is honoured only for the very version it names. */
function rangeHeaderOf(request: Request, stored: R2Object): string | null {
  const ifRange = request.headers.get("If-Range");
  return ifRange === null || ifRange === stored.httpEtag ? request.headers.get("Range") : null;
}

/** Nothing in a file may run, be sniffed, be cached by others, or tell where it was opened from. */
const headersOf = (file: StoredFile, stored: R2Object): Headers =>
  new Headers({
    "Content-Type": file.contentType,
    "Content-Disposition": `attachment; filename="${asciiName(file.filename)}"; filename*=UTF-8''${encodeName(file.filename)}`,
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
    "Accept-Ranges": "bytes",
    ETag: stored.httpEtag,
  });

const asciiName = (name: string): string => name.replaceAll(/[^\x20-\x7e]|["\\%]/g, "_");
/** RFC 8187: what encodeURIComponent leaves but the RFC does not allow is encoded too. */
const encodeName = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const gone = () => apiError("file_gone", "The file was removed from the store when its time was over; make it again.");
const outside = (size: number) =>
  new ApiError(refusal("range_not_satisfiable", `The file has ${size} bytes.`), { "Content-Range": `bytes */${size}` });
