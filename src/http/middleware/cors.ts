/** Cross-origin rules of `/v1`, share links and the document: open to every page, since preflights carry no credential and no cookie exists. */
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
];
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/** How long a browser may remember a preflight, in seconds. Chosen: a day; the rules are the same for all. */
const REMEMBERED_SECONDS = 86_400;

const preflight = cors({ origin: "*", allowMethods: METHODS, exposeHeaders: EXPOSED, maxAge: REMEMBERED_SECONDS });
const exposed = EXPOSED.join(",");

/** Hono's own answers preflights. For every other request it would begin an empty answer, and the real one be copied over it. */
export const openCors: MiddlewareHandler = async (c, next) => {
  if (c.req.method === "OPTIONS") return preflight(c, next);
  await next();
  c.res.headers.set("Access-Control-Allow-Origin", "*");
  c.res.headers.set("Access-Control-Expose-Headers", exposed);
};
