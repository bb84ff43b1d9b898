/**
 * One declaration per public route: what it takes, what it answers, who may call it.
 *
 * The access rule is part of the declaration: it becomes the middleware that enforces it and `x-scope` in the document,
 * so the two cannot differ. The common refusals and headers are added here, so that a route file says only what is its own.
 */
import { createRoute, type RouteConfig } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import * as z from "zod";
import { invalidFields } from "../core/errors.ts";
import { type OwnedPrefix, ownedIdPattern, type PlainPrefix, plainIdPattern } from "../core/ids.ts";
import { IDEMPOTENCY_KEY_CHARS, USER_CHARS } from "../core/limits.ts";
import { owned, pageQuery, plain } from "../core/wire/common.ts";
import { problem } from "../core/wire/problem.ts";
import { ApiError } from "./api-error.ts";
import { type Access, access, type Credentials, type Flow } from "./auth.ts";
import { jsonReader, readValuesOf, refuseBody } from "./body.ts";
import type { Api, AppEnv } from "./context.ts";

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
const REPEAT = header(
  "Idempotency-Key",
  "A repeat with the same key within 24 h finds the first answer instead of doing it again.",
  IDEMPOTENCY_KEY_CHARS,
);
const PROBLEM = { description: "An error.", content: { "application/problem+json": { schema: problem } } };
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
  const headers = isPublic ? [] : given.method === "post" ? [USER, REPEAT] : [USER];
  const content = given.request?.body?.content;
  const media = content?.["application/json"];
  const json = media !== undefined && "schema" in media ? media.schema : undefined;
  const bodyRules = [
    ...(json === undefined ? [] : [jsonReader(ways)]),
    ...(json instanceof z.ZodType ? [readValuesOf(json, flat)] : []),
    ...(content === undefined && given.method === "post" ? [jsonReader(ways), refuseBody] : []),
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
      ...(isPublic || given.request?.query !== undefined ? [] : [refuseWait]),
      ...bodyRules,
    ],
  });
}

/**
 * `?wait=` where nobody would wait: a caller that believes to be waiting would ask again and again without a pause. A route
 * that declares its query refuses what is not in it by itself.
 */
const refuseWait: MiddlewareHandler<AppEnv> = async (c, next) => {
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
