/**
 * Requests made from the OpenAPI document alone: every route with a path and a body that its own examples give.
 *
 * Pure, so that tests inside workerd and tests from outside ask the same.
 */

type Schema = {
  example?: unknown;
  enum?: unknown[];
  type?: string | string[];
  pattern?: string;
  format?: string;
  maximum?: number;
};
type Body = { $ref?: string; required?: string[]; properties?: Record<string, Schema> };
type Operation = {
  "x-scope": string;
  "x-credentials"?: "key" | "key_or_user_token";
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema?: Body }> };
};
export type ApiDocument = {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Body> };
};
export type Route = { name: string; method: string; path: string; operation: Operation };
export type Headers = Record<string, string>;

/** What there is to reach: ids by their prefix, or by the collection where that says more. */
export type Things = ReadonlyMap<string, string>;

/** What requests that are not JSON need beside their path. */
const SPECIAL: Record<string, { headers: Headers; body: string }> = {
  "patch /v1/uploads/{id}": {
    headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0", "Tus-Resumable": "1.0.0" },
    body: "a",
  },
  "put /v1/uploads/{id}/content": { headers: { "Content-Length": "6" }, body: "GIF89a" },
};
/** Bodies whose required examples need each other. */
const BODIES: Record<string, unknown> = {
  "post /v1/batches": { items: [{ prompt: "make a 1 second video" }] },
  "post /v1/generators": { name: "another", prompt: "make a clip" },
  "patch /v1/generators/{id}": { name: "renamed" },
};
const QUERIES: Record<string, string> = { "delete /v1/nemo_token": "?for=user" };

/** Every route of the document, the public ones too. */
export const routesOf = (document: ApiDocument): Route[] =>
  Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ name: `${method} ${path}`, method, path, operation })),
  );

/** The prefix of the id that a path parameter stands for. */
export function prefixOf({ operation }: Route, parameter: string): string {
  const example = operation.parameters?.find((one) => one.in === "path" && one.name === parameter)?.schema.example;
  return String(example).slice(0, 3);
}

/** The path with what is really there in place of its parameters. Throws where there is nothing to put. */
export function pathOf(route: Route, things: Things, user: string): string {
  const { name, path } = route;
  const filled = path.replace(/(\w+)\/\{(\w+)\}/g, (_, collection: string, parameter: string) => {
    if (collection === "users") return `users/${encodeURIComponent(user)}`;
    const prefix = prefixOf(route, parameter);
    // Hooks and endpoints share a prefix; generators are found by slugs too.
    const id = things.get(collection) ?? things.get(prefix);
    if (id === undefined) throw new Error(`${name}: nothing here for {${parameter}}, whose ids begin with ${prefix}`);
    return `${collection}/${id}`;
  });
  return filled + (QUERIES[name] ?? queryOf(route));
}

/** What a route's query must have, with the examples or the first words that the document names. */
function queryOf({ operation }: Route): string {
  const needed = (operation.parameters ?? []).filter((one) => one.in === "query" && one.required === true);
  const pairs = needed.map(({ name, schema }): [string, string] => [
    name,
    String(schema.example ?? schema.enum?.[0] ?? "x"),
  ]);
  return pairs.length === 0 ? "" : `?${new URLSearchParams(pairs)}`;
}

/** The schema of a route's JSON body; undefined where it takes none. */
export function bodySchemaOf({ operation }: Route, document: ApiDocument): Body | undefined {
  const given = operation.requestBody?.content["application/json"]?.schema;
  return given?.$ref === undefined ? given : document.components.schemas[given.$ref.split("/").at(-1) ?? ""];
}

/** A body from the schema's own examples, with ids of what is really there; null where a route takes no JSON. */
export function bodyOf(route: Route, document: ApiDocument, things: Things): string | null {
  if (BODIES[route.name] !== undefined) return JSON.stringify(BODIES[route.name]);
  const schema = bodySchemaOf(route, document);
  if (schema === undefined) return null;
  const entries = (schema.required ?? []).map((key): [string, unknown] => {
    const { example, enum: words, type } = schema.properties?.[key] ?? {};
    const id = typeof example === "string" && /^[a-z]{3}_/.test(example) ? things.get(example.slice(0, 3)) : undefined;
    return [key, id ?? example ?? words?.[0] ?? (type === "integer" ? 3 : "x")];
  });
  return JSON.stringify(Object.fromEntries(entries));
}

/** A request that the route would take: its headers beside the credential's, and its body. */
export function requestOf(
  route: Route,
  document: ApiDocument,
  things: Things,
): { headers: Headers; body: string | null } {
  const special = SPECIAL[route.name];
  const body = special?.body ?? bodyOf(route, document, things);
  const json: Headers = special === undefined && body !== null ? { "Content-Type": "application/json" } : {};
  return { headers: { ...json, ...special?.headers }, body };
}
