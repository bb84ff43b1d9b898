/** The OpenAPI 3.1 document, made from the route declarations: what is not declared is not in it. */
import type { Api, Ctx } from "./context.ts";

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
