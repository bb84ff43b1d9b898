/** Cross-origin rules of `/v1`: preflights are open, since they carry no credential and no cookie exists. */
import { cors } from "hono/cors";

const EXPOSED = [
  "Location",
  "Request-Id",
  "Retry-After",
  "ETag",
  "Content-Range",
  "Content-Disposition",
  "Preference-Applied",
  "RateLimit",
  "RateLimit-Policy",
  "Upload-Offset",
  "Upload-Length",
  "Upload-Defer-Length",
  "Upload-Expires",
  "Upload-Metadata",
  "Upload-Concat",
  "Upload-Complete",
  "Upload-Limit",
  "Upload-Draft-Interop-Version",
  "Tus-Resumable",
  "Tus-Version",
  "Tus-Extension",
  "Tus-Max-Size",
  "Tus-Checksum-Algorithm",
  "Accept-Patch",
];
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/** How long a browser may remember a preflight, in seconds. Chosen: a day; the rules are the same for all. */
const REMEMBERED_SECONDS = 86_400;

export const openCors = cors({
  origin: "*",
  allowMethods: METHODS,
  exposeHeaders: EXPOSED,
  maxAge: REMEMBERED_SECONDS,
});
