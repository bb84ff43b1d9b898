/** What every answer about an upload carries: how far it is, until when, and what this gateway can do. */
import type { MiddlewareHandler } from "hono";
import type { ErrorCode, Problem } from "../core/errors.ts";
import { UPLOAD_BYTES } from "../core/limits.ts";
import type { Result } from "../core/result.ts";
import type { UploadState } from "../core/rpc/upload.ts";
import { booleanText, ietfProblem, PARTIAL_CONTENT } from "../core/uploads/ietf.ts";
import {
  checkVersion,
  type Dialect,
  interopVersion,
  TUS_CHECKSUMS,
  TUS_CONTENT,
  TUS_EXTENSIONS,
  TUS_VERSION,
  uploadLimit,
} from "../core/uploads/tus.ts";
import type { AppEnv } from "./context.ts";
import { ApiError } from "./problem.ts";

/** Told to whoever asks with OPTIONS, and to whoever speaks another version. */
const CAPABILITIES: Readonly<Record<string, string>> = {
  "Tus-Resumable": TUS_VERSION,
  // OPTIONS: the answer MUST name the versions. A 412 MUST too.
  "Tus-Version": TUS_VERSION,
  "Tus-Extension": TUS_EXTENSIONS,
  "Tus-Max-Size": String(UPLOAD_BYTES),
  // Checksum: the algorithms MUST be named here.
  "Tus-Checksum-Algorithm": TUS_CHECKSUMS,
  // The draft: an OPTIONS answer MUST have Accept-Patch with this media type in full.
  "Accept-Patch": `${PARTIAL_CONTENT}, ${TUS_CONTENT}`,
  "Upload-Limit": uploadLimit(),
};

/** Stands around all routes of uploads, and around their preflights. */
export const uploadHeaders: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const { headers } = c.req.raw;
  const set = (name: string, value: string): void => c.res.headers.set(name, value);
  if (c.req.method === "OPTIONS") for (const [name, value] of Object.entries(CAPABILITIES)) set(name, value);
  // Tus-Resumable MUST be in every answer to a request of the protocol.
  if (headers.has("Tus-Resumable")) set("Tus-Resumable", TUS_VERSION);
  const version = interopVersion(headers);
  if (version !== null) set("Upload-Draft-Interop-Version", version);
  // A 413 because of upload limits MUST name them.
  if (c.res.status === 413) set("Upload-Limit", uploadLimit());
};

/** Refuses a version of tus that is not ours before anything else is read. A version of the draft that is not ours is plain HTTP. */
export const uploadVersion: MiddlewareHandler<AppEnv> = async (c, next) => {
  const problem = checkVersion(c.req.raw.headers);
  if (problem !== null) throw new ApiError(problem, { "Tus-Version": TUS_VERSION });
  await next();
};

/** An upload's state in the headers of both protocols. */
export function stateHeaders({ upload, uploadMetadata, isComplete, concat }: UploadState): Record<string, string> {
  const expires = new Date(upload.expires_at);
  const isOpen = upload.status === "open" && !isComplete;
  const maxAge = isOpen ? Math.max(0, Math.floor((expires.getTime() - Date.now()) / 1_000)) : null;
  return {
    // HEAD MUST always say the offset, and the length where it is known; else, for tus, Upload-Defer-Length: 1.
    "Upload-Offset": String(upload.offset_bytes),
    ...(upload.size_bytes === null ? { "Upload-Defer-Length": "1" } : { "Upload-Length": String(upload.size_bytes) }),
    "Upload-Complete": booleanText(isComplete),
    "Upload-Limit": uploadLimit(maxAge),
    // An answer about an upload that will expire MUST say when.
    ...(isOpen ? { "Upload-Expires": expires.toUTCString() } : {}),
    // Metadata that came with the creation MUST be shown as it came.
    ...(uploadMetadata === null ? {} : { "Upload-Metadata": uploadMetadata }),
    // HEAD of a partial or final upload MUST show the value that its creation brought.
    ...(concat ? { "Upload-Concat": concat } : {}),
    // An answer to HEAD MUST NOT be cached.
    "Cache-Control": "no-store",
  };
}

/** Verdicts on the file itself: no byte more is wanted, and the draft's sender must not try to resume. */
const VERDICTS: readonly ErrorCode[] = ["unsupported_media", "empty_file"];

/** A success's value. Throws a refusal in the words of its dialect, with the offset where that is what was wrong. */
export function unwrapUpload<T>(result: Result<T, Problem>, dialect: Dialect): T {
  if (result.ok) return result.value;
  const { code, members } = result.error;
  const expected = members?.["expected-offset"];
  // A 409 because of the offset MUST name the right one, and MUST say that the upload is not complete.
  const headers: Record<string, string> = expected === undefined ? {} : { "Upload-Offset": String(expected) };
  if (dialect !== "ietf") throw new ApiError(result.error, headers);
  throw new ApiError(ietfProblem(result.error), {
    ...headers,
    "Upload-Complete": booleanText(VERDICTS.includes(code)),
  });
}
