/** Serves stored files from R2: ranges, conditional requests, and headers that prevent a file from running. */
import { problemOf } from "../core/errors.ts";
import type { StoredFile } from "../core/rpc/user.ts";
import { type ByteRange, openStored } from "../store/files.ts";
import { ApiError, apiError } from "./problem.ts";

/* Entity tags (RFC 9110 section 13). */

/** True if `If-None-Match` contains this tag, `"…"`, or is `*`. Uses weak comparison, as the RFC requires. */
export function matchesEtag(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}

/* The `Range` header (RFC 9110 section 14): a single byte range, or the whole file. */

const RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * The range to send of a file of `sizeBytes`. `whole`: no header, several ranges, another unit or a malformed header, which a
 * server may ignore. `unsatisfiable`: the range is outside the file.
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
 * The file (200), a part of it (206), or not modified (304). HEAD reads no bytes.
 * Throws 416 for a range outside the file and 410 for a file that was deleted from the store.
 */
export async function serveFile(bucket: R2Bucket, request: Request, file: StoredFile): Promise<Response> {
  const stored = await openStored(bucket, file.key);
  if (stored === null) throw fileGone();
  const { sizeBytes, httpEtag } = stored;
  const headers = headersOf(file, httpEtag);
  if (matchesEtag(request.headers.get("If-None-Match"), httpEtag)) return new Response(null, { status: 304, headers });
  const range = readRange(rangeHeaderOf(request, httpEtag), sizeBytes);
  if (range === "unsatisfiable") throw outOfRange(sizeBytes);
  const status = range === "whole" ? 200 : 206;
  headers.set("Content-Length", String(range === "whole" ? sizeBytes : range.length));
  if (range !== "whole")
    headers.set("Content-Range", `bytes ${range.offset}-${range.offset + range.length - 1}/${sizeBytes}`);
  if (request.method === "HEAD") return new Response(null, { status, headers });
  const body = await stored.read(range === "whole" ? undefined : range);
  if (body === null) throw fileGone();
  return new Response(body, { status, headers });
}

/** The `Range` header; null if `If-Range` names another version of the file. */
function rangeHeaderOf(request: Request, httpEtag: string): string | null {
  const ifRange = request.headers.get("If-Range");
  return ifRange === null || ifRange === httpEtag ? request.headers.get("Range") : null;
}

/** Types that a browser displays itself and that cannot contain scripts. */
const INLINE_TYPES = /^(video|audio|image)\/(?!svg)/;
/** The policy for the browser's player page: the file and inline styles, no scripts. */
const PLAYER_POLICY = "sandbox; default-src 'none'; media-src *; img-src *; style-src 'unsafe-inline'";

/** Lets any web page read and embed the file of a link. `isInline`: displayed instead of downloaded. */
export function shareable(answer: Response, isInline: boolean): Response {
  const { headers } = answer;
  headers.set("Cross-Origin-Resource-Policy", "cross-origin");
  if (!isInline || !INLINE_TYPES.test(headers.get("Content-Type") ?? "")) return answer;
  headers.set("Content-Disposition", (headers.get("Content-Disposition") ?? "").replace(/^attachment/, "inline"));
  headers.set("Content-Security-Policy", PLAYER_POLICY);
  return answer;
}

/** The headers forbid scripts, sniffing, shared caching and referrers. */
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
/** RFC 8187: also encodes the characters that encodeURIComponent leaves but the RFC does not allow. */
const encodeName = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const fileGone = () => apiError("file_gone", "The file has expired and was deleted; create it again.");
const outOfRange = (size: number) =>
  new ApiError(problemOf("range_not_satisfiable", `The file has ${size} bytes.`), {
    "Content-Range": `bytes */${size}`,
  });
