/**
 * Requests generated from the OpenAPI document: every route with a path and a body from its examples.
 *
 * Pure, so that tests inside workerd and tests over HTTP send the same requests.
 */

type Schema = {
  $ref?: string;
  example?: unknown;
  enum?: unknown[];
  type?: string | string[];
  pattern?: string;
  format?: string;
  maximum?: number;
};
type Body = Schema & { required?: string[]; properties?: Record<string, Schema> };
type Operation = {
  operationId: string;
  "x-scope": string;
  "x-credentials"?: "key" | "key_or_user_token";
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema?: Body }> };
  responses: Record<string, { content?: Record<string, unknown> }>;
};
export type ApiDocument = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Body> };
};
export type Route = { name: string; method: string; path: string; operation: Operation };
export type Headers = Record<string, string>;

/** Existing ids, by prefix, or by collection where a prefix is ambiguous. */
export type Resources = ReadonlyMap<string, string>;

/** Headers and bodies of requests that are not JSON. */
const SPECIAL: Record<string, { headers: Headers; body: string }> = {
  "patch /v1/uploads/{id}": {
    headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0", "Tus-Resumable": "1.0.0" },
    body: "a",
  },
  "put /v1/uploads/{id}/content": { headers: { "Content-Length": "6" }, body: "GIF89a" },
};
/** Bodies whose required examples depend on each other. */
const BODIES: Record<string, unknown> = {
  "post /v1/batches": { items: [{ prompt: "make a 1 second video" }] },
  "post /v1/generators": { name: "another", prompt: "make a clip" },
  "patch /v1/generators/{id}": { name: "renamed" },
};
const QUERIES: Record<string, string> = { "delete /v1/nemo_token": "?for=user" };

/** Every route of the document, public ones included. */
export const routesOf = (document: ApiDocument): Route[] =>
  Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      name: `${method} ${path}`,
      method,
      path,
      operation: { ...operation, parameters: parametersOf(operation, document) },
    })),
  );

/** The parameters that an operation declares itself; those of many operations are references, and headers. */
const parametersOf = ({ parameters = [] }: Operation, document: ApiDocument) =>
  parameters
    .filter(({ name }) => name !== undefined)
    .map((parameter) => ({ ...parameter, schema: resolved(parameter.schema, document) }));

/** The schema that a reference names, or the schema itself. */
const resolved = (schema: Body, { components }: ApiDocument): Body =>
  schema.$ref === undefined ? schema : (components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {});

/** The prefix of a path parameter's id. */
export function prefixOf({ operation }: Route, parameter: string): string {
  const example = operation.parameters?.find((one) => one.in === "path" && one.name === parameter)?.schema.example;
  return String(example).slice(0, 3);
}

/** The path with existing ids in place of its parameters. Throws if there is none. */
export function pathOf(route: Route, resources: Resources, user: string): string {
  const { name, path } = route;
  const filled = path.replace(/(\w+)\/\{(\w+)\}/g, (_, collection: string, parameter: string) => {
    if (collection === "users") return `users/${encodeURIComponent(user)}`;
    const prefix = prefixOf(route, parameter);
    // Hooks and endpoints share a prefix; generators can also be addressed by slug.
    const id = resources.get(collection) ?? resources.get(prefix);
    if (id === undefined) throw new Error(`${name}: nothing here for {${parameter}}, whose ids begin with ${prefix}`);
    return `${collection}/${id}`;
  });
  return filled + (QUERIES[name] ?? queryOf(route));
}

/** A route's required query parameters, with their examples or first enum values. */
function queryOf({ operation }: Route): string {
  const needed = (operation.parameters ?? []).filter((one) => one.in === "query" && one.required === true);
  const pairs = needed.map(({ name, schema }): [string, string] => [
    name,
    String(schema.example ?? schema.enum?.[0] ?? "x"),
  ]);
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
}

/** The schema of a route's JSON body; undefined if it has none. */
export function bodySchemaOf({ operation }: Route, document: ApiDocument): Body | undefined {
  const given = operation.requestBody?.content["application/json"]?.schema;
  return given && resolved(given, document);
}

/** A body from the schema's examples, with existing ids; null if the route reads no JSON. */
export function bodyOf(route: Route, document: ApiDocument, resources: Resources): string | null {
  if (BODIES[route.name] !== undefined) return JSON.stringify(BODIES[route.name]);
  const schema = bodySchemaOf(route, document);
  if (schema === undefined) return null;
  const entries = (schema.required ?? []).map((key): [string, unknown] => {
    const { example, enum: words, type } = resolved(schema.properties?.[key] ?? {}, document);
    const id =
      typeof example === "string" && /^[a-z]{3}_/.test(example) ? resources.get(example.slice(0, 3)) : undefined;
    return [key, id ?? example ?? words?.[0] ?? (type === "integer" ? 3 : "x")];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

/** A valid request of the route: its body, and its headers except the credential. */
export function requestOf(
  route: Route,
  document: ApiDocument,
  resources: Resources,
): { headers: Headers; body: string | null } {
  const special = SPECIAL[route.name];
  const body = special?.body ?? bodyOf(route, document, resources);
  const json: Headers = special === undefined && body !== null ? { "Content-Type": "application/json" } : {};
  return { headers: { ...json, ...special?.headers }, body };
}
