/** CORS for `/v1`, download links and the document: all origins, since there are no cookies and preflights carry no credential. */
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";

const EXPOSED = [
  "Location",
  "Request-Id",
  "Retry-After",
  "ETag",
  "Accept-Ranges",
  "Content-Length",
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
  "WWW-Authenticate",
];
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/** How long a browser may cache a preflight, in seconds. Chosen: a day; the rules are the same for all callers. */
const PREFLIGHT_SECONDS = 86_400;

const preflight = cors({ origin: "*", allowMethods: METHODS, exposeHeaders: EXPOSED, maxAge: PREFLIGHT_SECONDS });
const exposed = EXPOSED.join(",");

/** Hono's middleware handles preflights only. For other requests it would create a response that the real one is copied onto. */
export const openCors: MiddlewareHandler = async (c, next) => {
  if (c.req.method === "OPTIONS") return preflight(c, next);
  await next();
  c.res.headers.set("Access-Control-Allow-Origin", "*");
  c.res.headers.set("Access-Control-Expose-Headers", exposed);
};
