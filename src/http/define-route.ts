/**
 * One declaration per public route: what it takes, what it answers, who may call it.
 *
 * The access rule is part of the declaration: it becomes the middleware that enforces it and `x-scope` in the document,
 * so the two cannot differ. The common refusals and headers are added here, so that a route file says only what is its own.
 */
import { createRoute, type RouteConfig } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import * as z from "zod";
import { invalidFields, problemOf } from "../core/errors.ts";
import { type OwnedPrefix, ownedIdPattern, type PlainPrefix, plainIdPattern } from "../core/ids.ts";
import { IDEMPOTENCY_KEY_CHARS, USER_CHARS } from "../core/limits.ts";
import type { Metered } from "../core/quota.ts";
import { owned, pageQuery, plain } from "../core/wire/common.ts";
import { problemBody } from "../core/wire/problem.ts";
import type { Api, AppEnv, Ctx } from "./context.ts";
import { type Access, access, type Credentials, type Flow } from "./middleware/auth.ts";
import { ApiError, apiError, onError, unwrap } from "./problem.ts";
import { checkBody, jsonReader, readValuesOf } from "./request-body.ts";

type Declaration = RouteConfig & {
  readonly access: Access;
  /** API keys alone unless told. */
  readonly credentials?: Credentials;
  /** The body may come flat as well, from tools that cannot nest. */
  readonly flat?: boolean;
  /** How its callers are counted at the flood gate. */
  readonly flow?: Flow;
  /** What the route takes beside JSON: told to who sends something else. */
  readonly ways?: string;
  readonly summary: string;
};

const header = (name: string, description: string, maxLength: number) =>
  ({ name, in: "header", required: false, description, schema: { type: "string", minLength: 1, maxLength } }) as const;

const USER = header(
  "X-User-Id",
  "Your own name of the end user. Needed to create for a user, and to list.",
  USER_CHARS,
);
const IDEMPOTENCY = header(
  "Idempotency-Key",
  "A repeat with the same key within 24 h finds the first answer instead of doing it again.",
  IDEMPOTENCY_KEY_CHARS,
);
const PROBLEM = { description: "An error.", content: { "application/problem+json": { schema: problemBody } } };
const SECURITY = {
  key: [{ bearer: [] }, { api_key: [] }, { basic: [] }],
  key_or_user_token: [{ bearer: [] }, { api_key: [] }, { basic: [] }, { user_token: [] }],
};

/** A route, with its access rule as its first middleware and its body read under a cap before any validator. */
export function declare<const D extends Declaration>(
  given: D,
): Omit<D, "access" | "credentials" | "flat" | "flow" | "ways"> {
  // The additions hold for every route alike; a handler is checked against what its own declaration says.
  return complete(given) as unknown as Omit<D, "access" | "credentials" | "flat" | "flow" | "ways">;
}

function complete({
  access: rule,
  credentials = "key",
  flat = false,
  flow = "usual",
  ways = "",
  ...given
}: Declaration): RouteConfig {
  const isPublic = rule === "public";
  const headers = isPublic ? [] : given.method === "post" ? [USER, IDEMPOTENCY] : [USER];
  const content = given.request?.body?.content;
  const media = content?.["application/json"];
  const json = media !== undefined && "schema" in media ? media.schema : undefined;
  const bodyRules = [
    ...(json === undefined ? [] : [jsonReader(ways)]),
    ...(json instanceof z.ZodType ? [readValuesOf(json, flat)] : []),
    ...(content === undefined && given.method === "post" ? [jsonReader(ways), checkBody] : []),
  ];
  return createRoute({
    ...given,
    "x-scope": rule,
    ...(isPublic ? {} : { "x-credentials": credentials }),
    security: isPublic ? [] : SECURITY[credentials],
    parameters: headers,
    responses: { ...given.responses, default: PROBLEM },
    middleware: [
      access(rule, credentials, flow),
      ...(isPublic || given.request?.query !== undefined ? [] : [checkWait]),
      ...bodyRules,
    ],
  });
}

/**
 * `?wait=` where nobody would wait: a caller that believes to be waiting would ask again and again without a pause. A route
 * that declares its query refuses what is not in it by itself.
 */
const checkWait: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.query("wait") === undefined) return next();
  const message = "is not offered here; only turns and videos can be waited for";
  throw new ApiError(invalidFields([{ field: "query:wait", message }]));
};

/** Says in the document that a GET route answers HEAD too; the router hands every HEAD to its GET. */
export const alsoHead = (app: Api, route: RouteConfig): void => documentRoute(app, { ...route, method: "head" });

/** Puts a route into the document as it is shown there; what runs for it is no part of it. */
export function documentRoute(app: Api, { middleware: _, hide: _hide, ...route }: RouteConfig): void {
  app.openAPIRegistry.registerPath(route);
}

/** Says in the document that a route takes its flat fields as a form too, with files or without. Declare the route with `hide`. */
export function alsoForms(app: Api, route: RouteConfig): void {
  const fields = { type: "object", additionalProperties: { type: "string" } } as const;
  // generators of clients cannot read "all others are text" beside a field that is a list
  const multipart = { type: "object", additionalProperties: true } as const;
  const file = { type: "array", items: { type: "string", format: "binary" } } as const;
  const content = {
    ...route.request?.body?.content,
    "multipart/form-data": { schema: { ...multipart, properties: { file } } },
    "application/x-www-form-urlencoded": { schema: fields },
  };
  documentRoute(app, { ...route, request: { ...route.request, body: { required: true, content } } });
}

/** A JSON answer. */
export const answer = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

/**
 * A JSON body. Validators run on every body, so an absent one is met as `{}`; the document says whether it may be absent.
 */
export const body = <S extends z.ZodType>(schema: S) => ({
  required: true as const,
  content: { "application/json": { schema } },
});

/** The path's `{id}` of a thing that ends in its owner's hash. */
export const ownedParams = <P extends OwnedPrefix>(prefix: P) => z.object({ id: owned(prefix) });

/** The query of a list of things that end in their owner's hash: its cursor is the last one's id. */
export const ownedPage = (prefix: OwnedPrefix) => pageQuery(ownedIdPattern(prefix));

/** The query of a list of a tenant's own things: its cursor is the last one's id. */
export const plainPage = (prefix: PlainPrefix) => pageQuery(plainIdPattern(prefix));

/** The path's `{id}` of a tenant's own thing. */
export const plainParams = <P extends PlainPrefix | "evt">(prefix: P) => z.object({ id: plain(prefix) });

/* Answers to what takes from quotas say what is left of them. */

/** The answer will have `RateLimit` of each quota that was taken from, as it stands after the last taking. */
export function noteLimits(c: Ctx, { limits = [] }: Metered<unknown>): void {
  const before = c.var.limits.filter(({ name }) => !limits.some((limit) => limit.name === name));
  c.set("limits", [...before, ...limits]);
}

/** A success's value, as `unwrap` gives it, once its limits are noted. */
export function unwrapMetered<T>(c: Ctx, answer: Metered<T>): T {
  noteLimits(c, answer);
  return unwrap(answer);
}

/* What no route answers: an unknown path, or a known path with another method. */

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** The `notFound` of an app: 405 with `Allow` when the path exists, else 404. */
export const missingOf =
  (app: Api) =>
  (c: Ctx): Response => {
    const allowed = METHODS.filter((method) => answers(app, method, c.req.path));
    if (allowed.length === 0) {
      const near = nearest(app, c.req.path);
      const detail =
        near.length === 0 ? "No route has this path." : `No route has this path. Near it: ${near.join(", ")}.`;
      return onError(apiError("not_found", detail, { hint: near[0] ?? "GET /docs" }), c);
    }
    const allow = allowed.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
    const wrong = problemOf("method_not_allowed", `${c.req.method} is not offered here; this path answers ${allow}.`);
    return onError(new ApiError(wrong, { Allow: allow }), c);
  };

/** Routes that a refusal names. */
const NEAR_ROUTES = 4;
/** Letters in which the name of a collection may differ: `video`, `vidoes`. */
const NEAR_LETTERS = 2;
const NAME_CHARS = 30;

/** The routes that a mistaken path may have meant: of the collection whose name is nearest, those of like length first. */
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

/** Letters to change, add or leave out between two short names (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [index, wanted] of [...other].entries())
      next.push(
        Math.min((row[index] ?? 0) + (letter === wanted ? 0 : 1), (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** A route of this very method, not only middleware, matches the path. */
const answers = (app: Api, method: string, path: string): boolean =>
  app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
