/** A stored file as an answer: the only place that serves bytes from R2. Ranges, validators, and headers that keep it inert. */
import { problemOf } from "../core/errors.ts";
import type { StoredFile } from "../core/rpc/user.ts";
import { type ByteRange, openStored } from "../store/files.ts";
import { ApiError, apiError } from "./problem.ts";

/* Entity tags (RFC 9110 section 13). */

/** Whether `If-None-Match` names this tag, `"…"`, or is `*`. Weak and strong compare alike, as the RFC says for it. */
export function isKnown(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}

/* The `Range` header of one file (RFC 9110 section 14): one range of bytes, or the whole. */

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * What to send of a file of `sizeBytes`. `whole` for no header, several ranges, another unit or a malformed one, which a
 * server may ignore; `unsatisfiable` when the range lies outside the file.
 */
export function readRange(header: string | null, sizeBytes: number): ByteRange | "whole" | "unsatisfiable" {
  const match = RANGE.exec(header?.replaceAll(" ", "") ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return "whole";
  if (first === "") {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? "unsatisfiable" : { offset: sizeBytes - length, length };
  }
  const offset = Number(first);
  if (last !== "" && Number(last) < offset) return "whole";
  if (offset >= sizeBytes) return "unsatisfiable";
  const end = last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  return { offset, length: end - offset + 1 };
}

/**
 * The file, part of it (206), or word that the caller has it (304). HEAD reads no bytes.
 * Refuses a range outside the file with 416, and a file that is no longer in the store with 410.
 */
export async function serveFile(bucket: R2Bucket, request: Request, file: StoredFile): Promise<Response> {
  const stored = await openStored(bucket, file.key);
  if (stored === null) throw gone();
  const { sizeBytes, httpEtag } = stored;
  const headers = headersOf(file, httpEtag);
  if (isKnown(request.headers.get("If-None-Match"), httpEtag)) return new Response(null, { status: 304, headers });
  const range = readRange(rangeHeaderOf(request, httpEtag), sizeBytes);
  if (range === "unsatisfiable") throw outside(sizeBytes);
  const status = range === "whole" ? 200 : 206;
  headers.set("Content-Length", String(range === "whole" ? sizeBytes : range.length));
  if (range !== "whole")
    headers.set("Content-Range", `bytes ${range.offset}-${range.offset + range.length - 1}/${sizeBytes}`);
  if (request.method === "HEAD") return new Response(null, { status, headers });
  const body = await stored.read(range === "whole" ? undefined : range);
  if (body === null) throw gone();
  return new Response(body, { status, headers });
}

/** With `If-Range` a range is honoured only for the very version it names. */
function rangeHeaderOf(request: Request, httpEtag: string): string | null {
  const ifRange = request.headers.get("If-Range");
  return ifRange === null || ifRange === httpEtag ? request.headers.get("Range") : null;
}

/** Types that a browser plays or shows by itself, and that hold nothing that runs. */
const SHOWN = /^(video|audio|image)\/(?!svg)/;
/** What the page around a played file needs: the file, and the browser's own styles. Nothing runs. */
const PLAYER_POLICY = "sandbox; default-src 'none'; media-src *; img-src *; style-src 'unsafe-inline'";

/** A link's file for any web page: whoever holds the link may read and show it. `isInline`: played where it is opened. */
export function shareable(answer: Response, isInline: boolean): Response {
  const { headers } = answer;
  headers.set("Cross-Origin-Resource-Policy", "cross-origin");
  if (!isInline || !SHOWN.test(headers.get("Content-Type") ?? "")) return answer;
  headers.set("Content-Disposition", (headers.get("Content-Disposition") ?? "").replace(/^attachment/, "inline"));
  headers.set("Content-Security-Policy", PLAYER_POLICY);
  return answer;
}

/** Nothing in a file may run, be sniffed, be cached by others, or tell where it was opened from. */
const headersOf = (file: StoredFile, httpEtag: string): Headers =>
  new Headers({
    "Content-Type": file.contentType,
    "Content-Disposition": `attachment; filename="${asciiName(file.filename)}"; filename*=UTF-8''${encodeName(file.filename)}`,
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
    "Accept-Ranges": "bytes",
    ETag: httpEtag,
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
  new ApiError(problemOf("range_not_satisfiable", `The file has ${size} bytes.`), {
    "Content-Range": `bytes */${size}`,
  });
