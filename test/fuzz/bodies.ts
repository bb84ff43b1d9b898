/** The reader of every route that takes JSON, as its declaration says: a new route is among them without a line here. */
import * as z from "zod";
import { createApp } from "../../src/app.ts";
import { recipeFaults } from "../../src/core/generators/recipe.ts";
import { coerceBody } from "../../src/core/requests/body-values.ts";
import { unknownFaults } from "../../src/core/sandbox-faults.ts";
import { checkOwnAddresses } from "../../src/core/ssrf.ts";
import { wholeJson } from "../../src/core/text.ts";
import { unflatten } from "../../src/core/webhooks/flat-body.ts";
import { newKey, rotation } from "../../src/core/wire/key.ts";
import { newTenant, tenantChange } from "../../src/core/wire/tenant.ts";
import { jsonFault, parseJsonBody } from "../../src/http/request-body.ts";
import type { FuzzTarget } from "./target.ts";

type Def = z.core.$ZodTypes["_zod"]["def"];
const defOf = (schema: z.ZodType): Def => schema._zod.def as Def; // a closed union of the library's own
const inner = (schema: z.ZodType): z.ZodType => {
  const def = defOf(schema);
  if ("innerType" in def) return inner(def.innerType as z.ZodType);
  return def.type === "pipe" ? inner(def.in as z.ZodType) : schema;
};

/** The operator's routes stand in no document. */
const schemas = new Map<string, z.ZodType>([
  ["post /admin/tenants", newTenant],
  ["patch /admin/tenants/{id}", tenantChange],
  ["post /admin/tenants/{id}/keys", newKey],
  ["post /admin/keys/{id}/rotate", rotation],
]);
for (const one of createApp().openAPIRegistry.definitions) {
  if (one.type !== "route") continue;
  const media = one.route.request?.body?.content["application/json"];
  const schema = media !== undefined && "schema" in media ? media.schema : undefined;
  if (schema instanceof z.ZodType) schemas.set(`${one.route.method} ${one.route.path}`, schema);
}

/** As http/body.ts reads a body for a schema, nested or flat. */
function read(schema: z.ZodType, text: string, isFlat: boolean): void {
  if (jsonFault(text) !== null) return;
  const sent: unknown = JSON.parse(wholeJson(text));
  const given = isFlat ? unflatten(sent, parseJsonBody) : { body: sent };
  const { body, addresses } = coerceBody(schema, given.body, parseJsonBody);
  unknownFaults(body);
  checkOwnAddresses(addresses, ["api.example.org"]);
  const parsed = schema.safeParse(body);
  if (parsed.success && hasRecipe(parsed.data)) recipeFaults(parsed.data as Parameters<typeof recipeFaults>[0]);
}

const hasRecipe = (data: unknown): boolean =>
  typeof data === "object" && data !== null && "prompt" in data && "variables" in data && Array.isArray(data.variables);

const readers = [...schemas.values()];

/** The fields of a schema, each blank: what mutations begin with. */
function fieldsOf(schema: z.ZodType): Record<string, unknown> {
  const object = inner(schema);
  return object instanceof z.ZodObject ? Object.fromEntries(Object.keys(object.shape).map((name) => [name, "1"])) : {};
}

/** An input's first byte says which route reads it; its second, whether as flat fields. */
const routeBodies: FuzzTarget = {
  name: "route-bodies",
  seeds: readers.flatMap((schema, index) =>
    [0, 1].map((flat) => Uint8Array.of(index, flat, ...new TextEncoder().encode(JSON.stringify(fieldsOf(schema))))),
  ),
  run: (bytes) => {
    const schema = readers[(bytes[0] ?? 0) % readers.length];
    if (schema !== undefined) read(schema, new TextDecoder().decode(bytes.subarray(2)), (bytes[1] ?? 0) % 2 === 1);
  },
};

export const targets: readonly FuzzTarget[] = [routeBodies];
