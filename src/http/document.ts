/**
 * Builds an OpenAPI 3.1 document from route definitions. Schemas are converted by Zod itself: those with an id become
 * components, so that a nullable component stays a reference and every client generator sees one name for one thing.
 */
import type { RouteConfig } from "@hono/zod-openapi";
import * as z from "zod";

type Json = { [key: string]: unknown };
/** What a route declares, as this module reads it. */
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
export function buildDocument(routes: readonly DocumentedRoute[], head: DocumentHead): Json {
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
