/**
 * Defines a public route: its request, responses and access rule.
 *
 * The access rule becomes both the middleware that enforces it and `x-scope` in the OpenAPI document, so the two cannot
 * differ. Headers, error responses and body parsing that all routes share are added here.
 */
import { createRoute, type RouteConfig } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import * as z from "zod";
import { invalidFields, problemOf } from "../core/errors.ts";
import { type ListedKind, type OwnedPrefix, ownedIdPattern, type PlainPrefix, plainIdPattern } from "../core/ids.ts";
import { IDEMPOTENCY_KEY_CHARS, PREFER_WAIT_MAX_SECONDS, USER_CHARS } from "../core/limits.ts";
import type { Metered } from "../core/usage/quota.ts";
import { owned, pageQuery, plain, problemBody } from "../core/wire/common.ts";
import type { Api, AppEnv, Ctx } from "./context.ts";
import { PROBLEM_EXAMPLE } from "./examples.ts";
import { type Access, access, type Credentials, type Flow } from "./middleware/auth.ts";
import { ApiError, apiError, onError, unwrap } from "./problem.ts";
import { checkNoBody, jsonReader, readValuesOf, waitQuery } from "./request-body.ts";

type RouteDefinition = RouteConfig & {
  readonly access: Access;
  /** Default: API keys only. */
  readonly credentials?: Credentials;
  /** Also accepts a flat body, for tools that cannot send nested JSON. */
  readonly flat?: boolean;
  /** How its requests are counted by the rate limiter. */
  readonly flow?: Flow;
  /** What the route accepts besides JSON; part of the error for any other body. */
  readonly alternatives?: string;
  readonly summary: string;
  /** The operation's stable name, `collection.action`: generated clients and the SDK name their methods by it. */
  readonly operationId: string;
};

const header = (name: string, description: string, maxLength: number) =>
  ({ name, in: "header", required: false, description, schema: { type: "string", minLength: 1, maxLength } }) as const;

const USER = header(
  "X-User-Id",
  "Your own id of the end user. Required to create resources for a user, and to list what belongs to one user.",
  USER_CHARS,
);
const IDEMPOTENCY = header(
  "Idempotency-Key",
  "Makes the request safe to retry: within 24 hours, a repeated request with the same key returns the resource of the first one instead of creating another. The same key with a different request fails with `idempotency_mismatch`.",
  IDEMPOTENCY_KEY_CHARS,
);
const PREFER = header(
  "Prefer",
  `\`wait=N\`: wait up to N seconds for the end, at most ${PREFER_WAIT_MAX_SECONDS} (RFC 7240).`,
  200,
);
const PROBLEM = {
  description: "An error (RFC 9457).",
  content: { "application/problem+json": { schema: problemBody, example: PROBLEM_EXAMPLE } },
};

/** Parameters and responses that many operations share: components of the document. */
export const SHARED = {
  parameters: { UserId: USER, IdempotencyKey: IDEMPOTENCY, Prefer: PREFER },
  responses: { Problem: PROBLEM },
} as const;
export const sharedParameter = (name: keyof typeof SHARED.parameters) => ({ $ref: `#/components/parameters/${name}` });
/** Every operation may answer with a problem. */
export const problemResponses = {
  "4XX": { $ref: "#/components/responses/Problem" },
  "5XX": { $ref: "#/components/responses/Problem" },
} as const;
const SECURITY = {
  key: [{ bearer: [] }, { api_key: [] }, { basic: [] }],
  key_or_user_token: [{ bearer: [] }, { api_key: [] }, { basic: [] }, { user_token: [] }],
};

/** A route with its middleware: the access rule first, then the size-limited body, then the validators. */
export function defineRoute<const D extends RouteDefinition>(
  given: D,
): Omit<D, "access" | "credentials" | "flat" | "flow" | "alternatives"> {
  // Only additions common to all routes are made, so the handler is typed by its own declaration.
  return complete(given) as unknown as Omit<D, "access" | "credentials" | "flat" | "flow" | "alternatives">;
}

function complete({
  access: rule,
  credentials = "key",
  flat = false,
  flow = "usual",
  alternatives = "",
  ...given
}: RouteDefinition): RouteConfig {
  const isPublic = rule === "public";
  const headers = [
    ...(isPublic ? [] : [sharedParameter("UserId")]),
    ...(given.method === "post" && !isPublic ? [sharedParameter("IdempotencyKey")] : []),
    ...(given.request?.query === waitQuery ? [sharedParameter("Prefer")] : []),
  ];
  const content = given.request?.body?.content;
  const media = content?.["application/json"];
  const json = media !== undefined && "schema" in media ? media.schema : undefined;
  const bodyRules = [
    ...(json === undefined ? [] : [jsonReader(alternatives)]),
    ...(json instanceof z.ZodType ? [readValuesOf(json, flat)] : []),
    ...(content === undefined && given.method === "post" ? [jsonReader(alternatives), checkNoBody] : []),
  ];
  return createRoute({
    ...given,
    "x-scope": rule,
    ...(isPublic ? {} : { "x-credentials": credentials }),
    security: isPublic ? [] : SECURITY[credentials],
    parameters: headers,
    responses: { ...given.responses, ...problemResponses },
    middleware: [
      access(rule, credentials, flow),
      ...(isPublic || given.request?.query !== undefined ? [] : [checkWait]),
      ...bodyRules,
    ],
  });
}

/**
 * Rejects `?wait=` on routes without long polling: a caller that expects to wait would poll without a pause. Routes that
 * declare a query reject unknown parameters themselves.
 */
const checkWait: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.query("wait") === undefined) return next();
  const message = "is not supported here; only turns and videos support it";
  throw new ApiError(invalidFields([{ field: "query:wait", message }]));
};

/** Documents HEAD for a GET route. The router sends every HEAD to its GET handler. */
export const documentHead = (app: Api, route: RouteConfig): void =>
  documentRoute(app, { ...route, method: "head", operationId: `${route.operationId}_head` });

/** Adds a route to the OpenAPI document, without its middleware. */
export function documentRoute(app: Api, { middleware: _, hide: _hide, ...route }: RouteConfig): void {
  app.openAPIRegistry.registerPath(route);
}

/** Documents that a route also accepts its flat fields as a form, with or without files. Define the route with `hide`. */
export function documentForms(app: Api, route: RouteConfig): void {
  const content = {
    ...route.request?.body?.content,
    "multipart/form-data": { schema: formFiles },
    "application/x-www-form-urlencoded": { schema: formFields },
  };
  documentRoute(app, { ...route, request: { ...route.request, body: { required: true, content } } });
}

const formFields = z.record(z.string(), z.string()).meta({
  id: "FormFields",
  description: "The flat fields of the JSON body, as text.",
});

/** A form with files, and the flat fields of the JSON body beside them. */
export const formFiles = z
  .looseObject({ file: z.array(z.string().meta({ format: "binary" })).optional() })
  .meta({ id: "FormFiles" });

/** An event stream. `x-sse-events` is the schema of each frame's `data:` as JSON; OpenAPI 3.1 has no word for it. */
export const eventStream = (events: z.ZodType) => ({
  "text/event-stream": {
    schema: z.string().meta({ description: "Frames with `id:` (the cursor), `event:` (the type) and `data:` (JSON)." }),
    "x-sse-events": events,
  },
});

/** A JSON response. */
export const jsonResponse = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

/** A JSON body. Validators see a missing body as `{}`; the document says whether it is required. */
export const jsonBody = <S extends z.ZodType>(schema: S) => ({
  required: true as const,
  content: { "application/json": { schema } },
});

/** The path's `{id}` of a resource whose id ends with its owner's hash. */
export const ownedParams = <P extends OwnedPrefix>(prefix: P) => z.object({ id: owned(prefix) });

/** The query of a list of such resources. The cursor is the last id. */
export const ownedPage = (prefix: OwnedPrefix) => pageQuery(ownedIdPattern(prefix));

/**
 * The query of a list that an API key can also read for all users of its tenant. The cursor is the last id of a user's
 * list, or the position and the mark of the tenant's (`src/services/lists.ts`).
 */
export const listPage = (prefix: ListedKind) =>
  pageQuery(new RegExp(`${ownedIdPattern(prefix).source}|^\\d{1,15}-[0-9a-z]{10}$`));

/** The query of a list of a tenant's resources. The cursor is the last id. */
export const plainPage = (prefix: PlainPrefix) => pageQuery(plainIdPattern(prefix));

/** The path's `{id}` of a tenant's resource. */
export const plainParams = <P extends PlainPrefix | "evt">(prefix: P) => z.object({ id: plain(prefix) });

/* Remaining quotas, for the `RateLimit` headers of responses. */

/** Sets the `RateLimit` headers for the quotas of a result. A later result for the same quota replaces the earlier one. */
export function noteLimits(c: Ctx, { limits = [] }: Metered<unknown>): void {
  const before = c.var.limits.filter(({ name }) => !limits.some((limit) => limit.name === name));
  c.set("limits", [...before, ...limits]);
}

/** `unwrap`, after recording the result's limits. */
export function unwrapMetered<T>(c: Ctx, answer: Metered<T>): T {
  noteLimits(c, answer);
  return unwrap(answer);
}

/* Requests without a route: an unknown path, or a known path with another method. */

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** The app's `notFound` handler: 405 with `Allow` if the path exists, else 404 with similar routes. */
export const missingOf =
  (app: Api) =>
  (c: Ctx): Response => {
    const allowed = METHODS.filter((method) => answers(app, method, c.req.path));
    if (allowed.length === 0) {
      const near = nearest(app, c.req.path);
      const detail =
        near.length === 0 ? "No route has this path." : `No route has this path. Similar routes: ${near.join(", ")}.`;
      return onError(apiError("not_found", detail, { hint: near[0] ?? "GET /docs" }), c);
    }
    const allow = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
    const wrong = problemOf(
      "method_not_allowed",
      `${c.req.method} is not supported here; this path supports ${allow}.`,
    );
    return onError(new ApiError(wrong, { Allow: allow }), c);
  };

/** Similar routes named in a 404. */
const NEAR_ROUTES = 4;
/** The maximum edit distance between collection names: `video`, `vidoes`. */
const NEAR_LETTERS = 2;
const NAME_CHARS = 30;

/** The routes of the collection with the most similar name, those with a similar path length first. */
function nearest(app: Api, path: string): string[] {
  const steps = path.split("/", 8).filter((step) => step !== "" && !/^(v\d+|api)$/i.test(step));
  const name = (steps[0] ?? "").toLowerCase().replaceAll("-", "_").slice(0, NAME_CHARS);
  if (name === "") return [];
  const routes = app.openAPIRegistry.definitions.flatMap((one) => (one.type === "route" ? [one.route] : []));
  const distances = routes.map((route) => ({ route, far: distance(name, collectionOf(route.path)) }));
  const least = Math.min(NEAR_LETTERS + 1, ...distances.map(({ far }) => far));
  if (least > NEAR_LETTERS) return [];
  const found = distances.filter(({ far }) => far === least).map(({ route }) => route);
  const byLength = (one: string) => Math.abs(one.split("/").length - 2 - steps.length);
  const named = found
    .filter(({ method }) => method !== "head")
    .sort((a, b) => byLength(a.path) - byLength(b.path))
    .map((route) => `${route.method.toUpperCase()} ${route.path}`);
  return [...new Set(named)].slice(0, NEAR_ROUTES);
}

const collectionOf = (path: string): string => path.split("/").find((step) => step !== "" && step !== "v1") ?? "";

/** The Levenshtein distance between two short names. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [index, target] of [...other].entries())
      next.push(
        Math.min((row[index] ?? 0) + (letter === target ? 0 : 1), (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** True if a route of this method, not only middleware, matches the path. */
const answers = (app: Api, method: string, path: string): boolean =>
  app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
