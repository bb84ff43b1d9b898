/** The OpenAPI 3.1 document, generated from the route definitions. */

import type { RouteConfig } from "@hono/zod-openapi";
import * as z from "zod";
import { base32, sha256 } from "../core/encoding.ts";
import { hookBody } from "../core/webhooks/flat-body.ts";
import { sampleEvent } from "../core/webhooks/samples.ts";
import { webhookBodies } from "../core/webhooks/schemas.ts";
import { codeSamplesOf } from "./code-samples.ts";
import type { Api, Ctx } from "./context.ts";
import { SHARED } from "./define-route.ts";
import { EXAMPLES } from "./examples.ts";
import { matchesEtag } from "./files.ts";

const INFO = {
  title: "nemo-gateway",
  version: "1",
  description:
    "A REST gateway to the NemoVideo API. It creates videos from prompts, keeps projects, uploads and renders, and reports results by polling, event streams and webhooks.\n\n`x-scope` is the scope that a route requires: `any` accepts every valid key, `a_or_b` requires one of the scopes. `x-credentials` says whether a route also accepts user tokens. Errors are `application/problem+json` (RFC 9457). Every response has a `Request-Id` header. Lists return `data`, `has_more` and `next_cursor`; pass `next_cursor` as `?after=` for the next page. Times are RFC 3339 in UTC; durations and sizes have their unit in the name.",
  contact: { name: "The operator of this gateway" },
  license: { name: "MIT", identifier: "MIT" },
};

/** The ways to send an API key, and user tokens. Basic is for no-code tools. */
const SCHEMES = {
  bearer: { type: "http", scheme: "bearer", description: "An API key." },
  api_key: { type: "apiKey", in: "header", name: "X-Api-Key", description: "An API key." },
  basic: {
    type: "http",
    scheme: "basic",
    description: "An API key as the user name or the password. The other part is ignored.",
  },
  user_token: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A short-lived user token, created with `POST /v1/users/{id}/tokens`.",
  },
} as const;

/** The sections of the document, the most used first. */
const TAGS = [
  { name: "Videos", description: "A video is created from a prompt in one call." },
  {
    name: "Projects and turns",
    description: "A project has one conversation and one timeline. A turn is one prompt to its agent, and the result.",
  },
  {
    name: "Uploads and assets",
    description:
      "Uploads receive files: whole, in chunks, by a form or by import. A completed upload becomes an asset, which projects can use.",
  },
  { name: "Renders", description: "A render exports the timeline of a project to a file." },
  { name: "Generators", description: "Generators are saved prompt templates with variables." },
  { name: "Batches", description: "A batch creates many videos in one call." },
  {
    name: "Webhooks and events",
    description:
      "Events are sent to webhook endpoints, to REST hooks of automation tools (Zapier, Make, n8n) and to the `callback_url` of a request. Everything that is sent can also be listed.",
  },
  { name: "Users", description: "Your end users and their short-lived tokens." },
  { name: "Keys", description: "API keys and the audit log." },
  { name: "Account", description: "The current credential, its Nemo token, its credits and its usage." },
  { name: "Gateway", description: "The health of the gateway." },
];

/** The operator's document, which is served to the operator alone. */
const ADMIN = {
  info: {
    ...INFO,
    title: "nemo-gateway: operator routes",
    description:
      "Routes of the operator, with `Authorization: Bearer <ADMIN_TOKEN>`. They send no CORS headers. Errors are `application/problem+json` (RFC 9457).",
  },
  tags: [
    { name: "Tenants", description: "A tenant is an account of the gateway, with its quotas and its audit log." },
    { name: "Keys", description: "API keys of any tenant, mode and scope." },
    { name: "Usage", description: "What all tenants used." },
    { name: "Status", description: "What is late, and what failed." },
  ],
  securitySchemes: { admin: { type: "http", scheme: "bearer", description: "The operator's token." } },
};

/** The headers of every webhook. Source: Standard Webhooks specification. */
const WEBHOOK_HEADERS = z.object({
  "webhook-id": z.string().meta({ description: "The event's id: the same for every attempt." }),
  "webhook-timestamp": z.string().meta({ description: "When this attempt was signed, in seconds since 1970." }),
  "webhook-signature": z.string().meta({
    description:
      "Signatures of `id.timestamp.body`, separated by spaces: `v1,…` by the secret, `v1a,…` by the key pair.",
  }),
});

const webhook = (operationId: string, summary: string, schema: z.ZodType, example: unknown): DocumentedRoute => ({
  method: "post",
  path: "",
  operationId,
  tags: ["Webhooks and events"],
  summary,
  description: "Any 2xx status within 15 seconds counts as delivered; everything else is retried for about three days.",
  security: [],
  request: { headers: WEBHOOK_HEADERS, body: { content: { "application/json": { schema, example } } } },
  responses: {
    "2XX": { description: "The event was received." },
    410: { description: "Send no more: the endpoint is disabled, the hook deleted." },
  },
});

/** What the gateway sends: every event as endpoints and callbacks receive it, and as hooks do (`.flat`). */
const webhooksOf = (): Record<string, DocumentedRoute> =>
  Object.fromEntries(
    webhookBodies().flatMap(({ type, nested, flat }) => {
      const sample = sampleEvent(type, "live");
      return [
        [type, webhook(`webhook.${type}`, `${type}, nested`, nested, { ...sample, endpoint: null })],
        [`${type}.flat`, webhook(`hook.${type}`, `${type}, flat`, flat, hookBody(sample))],
      ];
    }),
  );

/** The document of the public API. */
export const documentOf = (app: Api): object => {
  const head = {
    info: INFO,
    tags: TAGS,
    securitySchemes: SCHEMES,
    ...SHARED,
    examples: EXAMPLES,
    samples: codeSamplesOf,
    webhooks: webhooksOf(),
  };
  return buildDocument(routesOf(app), head);
};

/** The document of the operator's routes. */
export const adminDocumentOf = (routes: readonly DocumentedRoute[]): object =>
  buildDocument(routes, {
    ...ADMIN,
    responses: SHARED.responses,
    parameters: { IdempotencyKey: SHARED.parameters.IdempotencyKey },
  });

type EncodedDocument = {
  readonly origin: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the bytes: a client that has them gets 304 in their place. */
  readonly etag: string;
};

/** Serves a document. It is built and encoded once for the server's address, which an isolate's requests share. */
export function serveDocument(build: () => object): (c: Ctx) => Promise<Response> {
  let json: string | undefined;
  const encodeFor = async (origin: string): Promise<EncodedDocument> => {
    json ??= JSON.stringify(build());
    const text = `{"servers":${JSON.stringify([{ url: origin }])},${json.slice(1)}`;
    const bytes = new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>; // an encoder's own buffer
    return { origin, bytes, etag: `"${base32(await sha256(bytes)).slice(0, 26)}"` };
  };
  let last: EncodedDocument | null = null;
  return async (c) => {
    const origin = c.get("origin");
    const served = last?.origin === origin ? last : await encodeFor(origin);
    last = served;
    const headers = { ETag: served.etag, "Cache-Control": "no-cache" };
    if (matchesEtag(c.req.header("If-None-Match") ?? null, served.etag)) return c.body(null, 304, headers);
    return c.body(served.bytes, 200, { ...headers, "Content-Type": "application/json" });
  };
}

/** The documented routes, in the order of the document. */
const routesOf = (app: Api): DocumentedRoute[] =>
  app.openAPIRegistry.definitions.flatMap((one) => (one.type === "route" ? [one.route] : []));

/*
 * The builder of a document from route definitions. Schemas are converted by Zod itself: those with an id become
 * components, so that a nullable component stays a reference and every client generator sees one name for one thing.
 */

type Json = { [key: string]: unknown };
/** What a route declares, as the builder reads it. */
type Content = Record<string, { readonly schema?: unknown } & Json>;
type Declared = {
  readonly content?: Content;
  readonly headers?: unknown;
} & Json;

/** A definition that the document describes. `path` has its parameters in braces. */
export type DocumentedRoute = RouteConfig & { readonly operationId?: string };

export type DocumentHead = {
  readonly info: Json;
  readonly tags: readonly Json[];
  readonly securitySchemes: Json;
  readonly parameters: Json;
  readonly responses: Json;
  /** What was sent to operations and what they answered, by operationId. */
  readonly examples?: Readonly<Record<string, Example>>;
  /** Code samples of an operation, for its recorded body. */
  readonly samples?: (route: DocumentedRoute, body: unknown) => readonly object[];
  /** Operations of events that the gateway sends, by their name. */
  readonly webhooks?: Readonly<Record<string, DocumentedRoute>>;
};

export type Example = { readonly request?: unknown; readonly status: number; readonly response: unknown };

const isSchema = (value: unknown): value is z.ZodType => value instanceof z.ZodType;

/** The document without `servers`, which depends on the request. */
function buildDocument(routes: readonly DocumentedRoute[], head: DocumentHead): Json {
  const schemas = new Schemas();
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route, schemas, head) };
  }
  const webhooks = Object.entries(head.webhooks ?? {}).map(([name, route]) => [
    name,
    { [route.method]: operationOf(route, schemas) },
  ]);
  const { info, tags, securitySchemes, parameters, responses } = head;
  const described = {
    openapi: "3.1.0",
    info,
    tags,
    paths,
    ...(webhooks.length === 0 ? {} : { webhooks: Object.fromEntries(webhooks) }),
    components: {
      securitySchemes,
      parameters,
      responses: mapValues(responses, (response) => responseOf(response as Declared, schemas)),
    },
  };
  return schemas.fill(described);
}

function operationOf(
  route: DocumentedRoute,
  schemas: Schemas,
  { examples = {}, samples }: Pick<DocumentHead, "examples" | "samples"> = {},
): Json {
  const example = examples[route.operationId ?? ""];
  const { method: _m, path: _p, request = {}, responses, middleware: _mw, hide: _h, parameters, ...rest } = route;
  const all = [
    ...(parameters ?? []),
    ...parametersOf(request.params, "path", schemas),
    ...parametersOf(request.query, "query", schemas),
    ...parametersOf(request.headers, "header", schemas),
  ];
  return {
    ...rest,
    ...(all.length === 0 ? {} : { parameters: all }),
    ...(request.body === undefined ? {} : { requestBody: bodyOf(request.body, schemas, example?.request) }),
    responses: Object.fromEntries(
      Object.entries(responses).map(([status, response]) => {
        const body = Number(status) === example?.status ? example.response : undefined;
        return [status, responseOf(response as Declared, schemas, body)];
      }),
    ),
    ...(samples === undefined ? {} : { "x-codeSamples": samples(route, example?.request) }),
  };
}

function parametersOf(declared: unknown, location: "path" | "query" | "header", schemas: Schemas): Json[] {
  if (!(declared instanceof z.ZodObject)) return [];
  return Object.entries(declared.shape).map(([name, schema]) => ({
    name,
    in: location,
    required: location === "path" || !schema.safeParse(undefined).success,
    ...describedAs(schema),
    schema: schemas.add(schema),
  }));
}

/** The description of a parameter, which its schema does not repeat. */
function describedAs(schema: unknown): Json {
  const description = isSchema(schema) ? schema.meta()?.description : undefined;
  return description === undefined ? {} : { description };
}

/** A JSON body without required fields is optional. Definitions require it, because their validators always run. */
function bodyOf(body: object, schemas: Schemas, example: unknown): Json {
  const declared: Declared = { ...body };
  const json = declared.content?.["application/json"]?.schema;
  const isOptional = isSchema(json) && json.safeParse({}).success;
  return { ...declared, required: !isOptional, content: contentOf(declared.content ?? {}, schemas, example) };
}

function responseOf(response: Declared, schemas: Schemas, example?: unknown): Json {
  const { content, headers, ...rest } = response;
  const shape = headers instanceof z.ZodObject ? headers.shape : {};
  const named = mapValues(shape, (schema) => ({ ...describedAs(schema), schema: schemas.add(schema as z.ZodType) }));
  return {
    ...rest,
    ...(Object.keys(named).length === 0 ? {} : { headers: named }),
    ...(content === undefined ? {} : { content: contentOf(content, schemas, example) }),
  };
}

/** The media types with their schemas converted, and the example in that of JSON. */
function contentOf(content: Content, schemas: Schemas, example: unknown): Json {
  const converted = mapValues(content, (media) =>
    mapValues(media, (value) => (isSchema(value) ? schemas.add(value) : value)),
  ) as Record<string, Json>; // media types are objects
  const json = converted["application/json"];
  if (json === undefined || example === undefined) return converted;
  return { ...converted, "application/json": { ...json, example } };
}

const mapValues = <T>(values: Readonly<Record<string, T>>, change: (value: T) => unknown): Json =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));

/** Converts all schemas of a document in one call, so that each named one is converted once. */
class Schemas {
  readonly #found: z.ZodType[] = [];

  /** A placeholder for the schema, which `fill` replaces. */
  add(schema: z.ZodType): Json {
    const at = this.#found.indexOf(schema);
    return { $schema: at === -1 ? this.#found.push(schema) - 1 : at };
  }

  /** The document with every placeholder replaced, and the named schemas under `components`. */
  fill(document: Json & { components: Json }): Json {
    const shape = Object.fromEntries(this.#found.map((schema, at) => [String(at), schema]));
    // An object of required members: an optional schema must not become "not required".
    const made = convert(z.object(shape));
    const inline = made.properties ?? {};
    const replaced = replace(document, (at) => inline[at] ?? {}) as typeof document;
    const named = Object.entries(made.$defs ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const schemas = Object.fromEntries(named.map(([name, { id: _, ...schema }]) => [name, schema]));
    return pointed({ ...replaced, components: { ...replaced.components, schemas } });
  }
}

type Converted = { properties?: Record<string, Json>; $defs?: Record<string, Json> };

/** JSON Schema of what may be sent; a response has the same fields. Transformed strings are described as they are sent. */
function convert(schema: z.ZodType): Converted {
  const made: unknown = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      // The pattern of a timestamp says nothing that its format does not.
      if (zodSchema._zod.def.type === "string" && jsonSchema.format !== undefined) delete jsonSchema.pattern;
      // Zod states the range of safe integers for every integer, which says nothing about the field.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return made as Converted; // the shape of every JSON Schema of an object
}

function replace(value: unknown, schemaAt: (at: number) => Json): unknown {
  if (Array.isArray(value)) return value.map((item) => replace(item, schemaAt));
  if (typeof value !== "object" || value === null) return value;
  const { $schema: at } = value as Json;
  if (typeof at === "number") return schemaAt(at);
  return mapValues(value as Json, (item) => replace(item, schemaAt));
}

/** References of Zod point into `$defs` of their own document. */
const pointed = (document: Json): Json =>
  JSON.parse(JSON.stringify(document).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
