/**
 * `/console`: the page and its files, which scripts/build-console.mjs builds. The page calls the public API like any other
 * client; only its session has routes of its own (`routes/console.ts`).
 */
import type { Context } from "hono";
import type { AppEnv, Ctx } from "./context.ts";
import { apiError } from "./problem.ts";

/**
 * Everything from the own origin; no inline script or style; and no text becomes HTML, because no Trusted Types policy can be
 * made. Files of users are played and shown from `/f/…` of this origin.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const PAGE_HEADERS = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": POLICY,
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
  "Cache-Control": "no-cache",
};

/** Names of built files: a hash is part of each, so that a browser may keep them for ever. */
const FILE = /^[a-z][a-z0-9-]*-[A-Z0-9]{8}\.(js|css|svg)$/;
const FOREVER = "public, max-age=31536000, immutable";

/** The page. It is the same for everyone and holds nothing of anyone. */
export async function consolePage(c: Ctx): Promise<Response> {
  const page = await asset(c, "index.html");
  return new Response(page.body, { headers: PAGE_HEADERS });
}

/** Serves one of the page's scripts, styles and images; other assets are not served. */
export async function consoleFile(c: Context<AppEnv, "/console/:file">): Promise<Response> {
  const name = c.req.param("file");
  if (!FILE.test(name)) throw noFile();
  const { body, headers } = await asset(c, name);
  return new Response(body, {
    headers: {
      "Content-Type": headers.get("Content-Type") ?? "application/octet-stream",
      "Cross-Origin-Resource-Policy": "same-origin",
      "Cache-Control": FOREVER,
    },
  });
}

async function asset({ env, req }: Ctx, name: string): Promise<Response> {
  const file = await env.ASSETS.fetch(new URL(`/console/${name}`, req.url));
  if (file.ok) return file;
  if (name !== "index.html") throw noFile();
  throw apiError("unavailable", "The files of the console are not deployed; run scripts/build-console.mjs.");
}

const noFile = () => apiError("not_found", "The console has no such file; reload the page.", { hint: "GET /console" });
