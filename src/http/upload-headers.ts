/** The upload headers of tus and the IETF draft: offset, expiry and capabilities. */
import type { MiddlewareHandler } from "hono";
import type { ErrorCode, Problem } from "../core/errors.ts";
import { UPLOAD_BYTES } from "../core/limits.ts";
import type { Result } from "../core/result.ts";
import type { UploadState } from "../core/rpc/upload.ts";
import {
  booleanText,
  checkVersion,
  type Dialect,
  ietfProblem,
  interopVersion,
  PARTIAL_CONTENT,
  TUS_CHECKSUMS,
  TUS_CONTENT,
  TUS_EXTENSIONS,
  TUS_VERSION,
  uploadLimit,
} from "../core/uploads/resumable.ts";
import type { AppEnv } from "./context.ts";
import { ApiError } from "./problem.ts";

/** The response headers of OPTIONS. */
const CAPABILITIES: Readonly<Record<string, string>> = {
  "Tus-Resumable": TUS_VERSION,
  // OPTIONS: the response MUST list the versions. A 412 MUST too.
  "Tus-Version": TUS_VERSION,
  "Tus-Extension": TUS_EXTENSIONS,
  "Tus-Max-Size": String(UPLOAD_BYTES),
  // Checksum: the algorithms MUST be listed here.
  "Tus-Checksum-Algorithm": TUS_CHECKSUMS,
  // The draft: the response to OPTIONS MUST have Accept-Patch with this full media type.
  "Accept-Patch": `${PARTIAL_CONTENT}, ${TUS_CONTENT}`,
  "Upload-Limit": uploadLimit(),
};

/** Middleware of all upload routes, including preflights. */
export const uploadHeaders: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const { headers } = c.req.raw;
  const set = (name: string, value: string): void => c.res.headers.set(name, value);
  if (c.req.method === "OPTIONS") for (const [name, value] of Object.entries(CAPABILITIES)) set(name, value);
  // Tus-Resumable MUST be in every response to a tus request.
  if (headers.has("Tus-Resumable")) set("Tus-Resumable", TUS_VERSION);
  const version = interopVersion(headers);
  if (version !== null) set("Upload-Draft-Interop-Version", version);
  // A 413 caused by upload limits MUST include them.
  if (c.res.status === 413) set("Upload-Limit", uploadLimit());
};

/** Rejects an unsupported tus version before the request is read. An unsupported draft version is treated as plain HTTP. */
export const uploadVersion: MiddlewareHandler<AppEnv> = async (c, next) => {
  const problem = checkVersion(c.req.raw.headers);
  if (problem !== null) throw new ApiError(problem, { "Tus-Version": TUS_VERSION });
  await next();
};

/** The headers with an upload's state, for both protocols. */
export function stateHeaders({ upload, uploadMetadata, isComplete, concat }: UploadState): Record<string, string> {
  const expires = new Date(upload.expires_at);
  const isOpen = upload.status === "open" && !isComplete;
  const maxAge = isOpen ? Math.max(0, Math.floor((expires.getTime() - Date.now()) / 1_000)) : null;
  return {
    // HEAD MUST always include the offset, and the length if it is known; else, for tus, Upload-Defer-Length: 1.
    "Upload-Offset": String(upload.offset_bytes),
    ...(upload.size_bytes === null ? { "Upload-Defer-Length": "1" } : { "Upload-Length": String(upload.size_bytes) }),
    "Upload-Complete": booleanText(isComplete),
    "Upload-Limit": uploadLimit(maxAge),
    // The response for an upload that will expire MUST include the time.
    ...(isOpen ? { "Upload-Expires": expires.toUTCString() } : {}),
    // Metadata of the creation MUST be returned unchanged.
    ...(uploadMetadata === null ? {} : { "Upload-Metadata": uploadMetadata }),
    // HEAD of a partial or final upload MUST include the value of its creation.
    ...(concat ? { "Upload-Concat": concat } : {}),
    // The response to HEAD MUST NOT be cached.
    "Cache-Control": "no-store",
  };
}

/** Errors of the file itself: no more bytes are accepted, and a draft client must not resume. */
const FINAL_CODES: readonly ErrorCode[] = ["unsupported_media", "empty_file"];

/** The value of a successful result. Throws a failed one in the protocol's format, with the current offset after a mismatch. */
export function unwrapUpload<T>(result: Result<T, Problem>, dialect: Dialect): T {
  if (result.ok) return result.value;
  const { code, members } = result.error;
  const expected = members?.["expected-offset"];
  // A 409 for a wrong offset MUST include the right one, and MUST say that the upload is not complete.
  const headers: Record<string, string> = expected === undefined ? {} : { "Upload-Offset": String(expected) };
  if (dialect !== "ietf") throw new ApiError(result.error, headers);
  throw new ApiError(ietfProblem(result.error), {
    ...headers,
    "Upload-Complete": booleanText(FINAL_CODES.includes(code)),
  });
}
