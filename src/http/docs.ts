/**
 * The documentation: `/`, `/docs` and `/llms.txt`. Pages and their files are static assets that scripts/build-docs.ts builds; this
 * module chooses the format, writes the gateway's own address into the text, and sets the headers.
 */
import { accepts } from "hono/accepts";
import type { Api, Ctx } from "./context.ts";
import { matchesEtag } from "./files.ts";
import { apiError, onError } from "./problem.ts";

/** The origin that the built pages name. */
const EXAMPLE_ORIGIN = "https://gateway.example";

/** Files of the own origin only; no inline scripts or styles. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The explorer's page sets style attributes. */
const EXPLORER = "/docs/explorer";
const EXPLORER_POLICY = POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'");

/** Types of files in which the origin is replaced, by the end of their name. Others are served as they are. */
const TEXTS: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  txt: "text/plain; charset=utf-8",
};

/** The built file at this path, for the response to this request; null if there is none. */
async function readFile(c: Ctx, path: string, status: 200 | 404 = 200): Promise<Response | null> {
  const file = await c.env.ASSETS.fetch(new URL(path, c.req.url));
  if (!file.ok) {
    await file.body?.cancel();
    return null;
  }
  const type = TEXTS[path.slice(path.lastIndexOf(".") + 1)];
  const headers = new Headers({
    "Content-Type": type ?? file.headers.get("Content-Type") ?? "application/octet-stream",
    "Content-Security-Policy": c.req.path === EXPLORER ? EXPLORER_POLICY : POLICY,
    "Referrer-Policy": "no-referrer",
    "Cache-Control": status === 200 ? "no-cache" : "no-store",
  });
  const tag = file.headers.get("ETag")?.replace(/^W\/|"/g, "");
  const etag = type === undefined ? `"${tag}"` : `"${tag}-${c.var.origin}"`; // a text differs by the origin
  if (tag !== undefined && status === 200) {
    headers.set("ETag", etag);
    if (matchesEtag(c.req.header("If-None-Match") ?? null, etag)) {
      await file.body?.cancel();
      return new Response(null, { status: 304, headers });
    }
  }
  if (type === undefined) return new Response(file.body, { status, headers });
  return new Response((await file.text()).replaceAll(EXAMPLE_ORIGIN, c.var.origin), { status, headers });
}

/** A page as HTML, or as Markdown for a reader that prefers it. */
async function readPage(c: Ctx, path: string): Promise<Response | null> {
  const wanted = accepts(c, { header: "Accept", supports: ["text/html", "text/markdown"], default: "text/html" });
  const page = await readFile(c, `${path}${wanted === "text/html" ? ".html" : ".md"}`);
  page?.headers.set("Vary", "Accept");
  return page;
}

const prefersHtml = (c: Ctx): boolean =>
  accepts(c, { header: "Accept", supports: ["application/json", "text/html"], default: "application/json" }) ===
  "text/html";

/** What `/` answers to programs. */
const addressesOf = (origin: string) => ({
  name: "nemo-gateway",
  docs: `${origin}/docs`,
  openapi: `${origin}/openapi.json`,
  llms: `${origin}/llms.txt`,
  health: `${origin}/healthz`,
});

/** Paths of the API, whose callers are programs even if they accept HTML. */
const API_PATH = /^\/(?:v1|admin|f)(?:\/|$)/;

/** The app's `notFound` handler: a page for a browser outside of the API, otherwise the given handler's problem. */
export const pageOr =
  (missing: (c: Ctx) => Response) =>
  async (c: Ctx): Promise<Response> => {
    const isPage = (c.req.method === "GET" || c.req.method === "HEAD") && !API_PATH.test(c.req.path) && prefersHtml(c);
    return (isPage ? await readFile(c, "/404.html", 404) : null) ?? missing(c);
  };

const missingPage = pageOr((c) => onError(apiError("not_found", "No page has this path.", { hint: "GET /docs" }), c));

/** Lists of all pages, and all pages in one file, for programs that read text. */
const LISTS = ["/docs.md", "/llms.txt", "/llms-full.txt"];

export function mountDocs(app: Api): void {
  app.get("/", async (c) => {
    const page = prefersHtml(c) ? await readFile(c, "/index.html") : null;
    const answer = page ?? c.json(addressesOf(c.var.origin), 200, { "Cache-Control": "no-cache" });
    answer.headers.set("Vary", "Accept");
    return answer;
  });
  for (const path of LISTS) app.get(path, async (c) => (await readFile(c, path)) ?? missingPage(c));
  app.get("/docs", async (c) => {
    const page = await readPage(c, "/docs");
    if (page === null) throw apiError("unavailable", "The documentation is not deployed; run scripts/build-docs.ts.");
    return page;
  });
  app.get("/docs/*", async (c) => {
    const { path } = c.req;
    const name = path.slice(path.lastIndexOf("/") + 1);
    const found = name.includes(".") && !name.endsWith(".html") ? readFile(c, path) : readPage(c, path);
    return (await found) ?? missingPage(c);
  });
}
