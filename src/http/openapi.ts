/** The OpenAPI 3.1 document, made from the route declarations: what is not declared is not in it. */

import type { Context } from "hono";
import { ERRORS } from "../core/errors.ts";
import type { Api, AppEnv, Ctx } from "./context.ts";
import { apiError } from "./problem.ts";

const INFO = {
  title: "nemo-gateway",
  version: "1",
  description:
    "A REST gateway in front of the NemoVideo API. `x-scope` says what a key needs for a route; `any` is any valid key, `a_or_b` is either; `x-credentials` says whether user tokens are taken too. Errors are `application/problem+json`; every answer has a `Request-Id`.",
  license: { name: "MIT", identifier: "MIT" },
};

/** The two ways to send a key of our own naming, the one that no-code tools know, and a user's own token. */
const SCHEMES = {
  bearer: { type: "http", scheme: "bearer", description: "An API key." },
  api_key: { type: "apiKey", in: "header", name: "X-Api-Key", description: "An API key." },
  basic: {
    type: "http",
    scheme: "basic",
    description: "An API key as the user name or as the password; the other part may be anything.",
  },
  user_token: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A user's short-lived token, made by POST /v1/users/{id}/tokens.",
  },
} as const;

type Document = ReturnType<Api["getOpenAPI31Document"]>;

/** The document of an app, made and written once; only the server's address, put in front, depends on the request. */
export function documentOf(app: Api): (c: Ctx) => Response {
  for (const [name, scheme] of Object.entries(SCHEMES))
    app.openAPIRegistry.registerComponent("securitySchemes", name, scheme);
  let written: string | undefined;
  return (c) => {
    written ??= JSON.stringify(tidied(app.getOpenAPI31Document({ openapi: "3.1.0", info: INFO })));
    const servers = JSON.stringify([{ url: c.var.origin }]);
    const headers = { "Content-Type": "application/json", "Cache-Control": "no-cache" };
    return c.body(`{"servers":${servers},${written.slice(1)}`, 200, headers);
  };
}

const isOperation = (value: unknown): value is { middleware?: unknown } => typeof value === "object" && value !== null;

/** Every declared body is `required` for its validator's sake; here a body without required fields may be left out. */
function tidied(document: Document): Document {
  for (const path of Object.values(document.paths ?? {})) {
    // What stands behind a route is no part of what it promises.
    for (const operation of Object.values(path)) if (isOperation(operation)) delete operation.middleware;
    const found = path.post?.requestBody;
    if (!found || !("content" in found)) continue;
    const schema = found.content["application/json"]?.schema;
    if (schema && "properties" in schema && !schema.required?.length) found.required = false;
  }
  return document;
}

/* `/docs`: the reference page and the list of errors. Everything comes from our own origin, and the policy allows nothing else. */

/** The page's own files, put beside the Worker by scripts/copy-docs.mjs. */
const FILES = ["swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"];

/** Scripts and requests of our own origin only. The page sets style attributes, and its icons are data: images. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>nemo-gateway reference</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#reference", deepLinking: true, validatorUrl: null, persistAuthorization: false });
`;

const headers = (type: string): Record<string, string> => ({
  "Content-Type": `${type}; charset=utf-8`,
  "Content-Security-Policy": POLICY,
  "Referrer-Policy": "no-referrer",
  "Cache-Control": "no-cache",
});

export const referencePage = (c: Ctx): Response => c.body(PAGE, 200, headers("text/html"));
export const referenceStart = (c: Ctx): Response => c.body(START, 200, headers("text/javascript"));

/** One of the page's files, by name; no other asset is reachable. */
export async function referenceFile(c: Context<AppEnv, "/docs/:file">): Promise<Response> {
  const name = c.req.param("file");
  if (!FILES.includes(name)) throw apiError("not_found", "No route has this path.", { hint: "GET /docs" });
  const file = await c.env.ASSETS.fetch(new URL(`/${name}`, c.req.url));
  if (!file.ok)
    throw apiError("unavailable", "The reference page's files are not deployed: run scripts/copy-docs.mjs.");
  return new Response(file.body, file);
}

/** Where a problem's `type` leads: every code, its status, and whether trying again can help. */
export function errorList(c: Ctx): Response {
  const rows = Object.entries(ERRORS).map(
    ([code, { status, title, retryable }]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${title}</td><td>${retryable ? "yes" : "no"}</td></tr>`,
  );
  const head = "<tr><th>code</th><th>status</th><th>title</th><th>worth trying again</th></tr>";
  const page = `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>nemo-gateway errors</title></head>\n<body><h1>Errors</h1><table>${head}\n${rows.join("\n")}\n</table></body></html>\n`;
  return c.body(page, 200, headers("text/html"));
}
