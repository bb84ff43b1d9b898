/** Schemas of tools for the MCP library: the JSON Schema that clients read, from the zod schemas of the REST routes. */
import type { StandardSchemaWithJSON } from "@modelcontextprotocol/server";
import * as z from "zod";

type Json = Record<string, unknown>;

/**
 * The schema as the library takes it. Its `validate` accepts everything: arguments are validated in `call.ts`, with the same
 * conversions and errors as a request body, and results are typed.
 */
export function shownSchema(schema: z.ZodObject): StandardSchemaWithJSON<unknown, Json> {
  let shown: Json | null = null;
  const json = (): Json => {
    shown ??= inlined(schema);
    return shown;
  };
  return {
    "~standard": {
      version: 1,
      vendor: "nemo-gateway",
      validate: (value: unknown) => ({ value: value as Json }), // the validators of call.ts check it
      jsonSchema: { input: json, output: json },
    },
  };
}

/** The JSON Schema of the values before conversion, without references: many clients resolve none. */
function inlined(schema: z.ZodObject): Json {
  const { $defs = {}, $schema: _, ...root } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Json;
  const inline = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inline);
    if (typeof value !== "object" || value === null) return value;
    const { $ref, id: _id, example, ...rest } = value as Json;
    const name = typeof $ref === "string" ? $ref.slice("#/$defs/".length) : null;
    const target = name === null ? {} : (inline(($defs as Json)[name]) as Json);
    const own = Object.entries(rest).map(([key, one]) => [key, key === "properties" ? properties(one) : inline(one)]);
    return brief({ ...target, ...Object.fromEntries(own), ...(example === undefined ? {} : { examples: [example] }) });
  };
  const properties = (value: unknown): Json =>
    Object.fromEntries(Object.entries(value as Json).map(([name, one]) => [name, inline(one)]));
  return inline(root) as Json;
}

/** Without what only repeats: the pattern of a named format, and the bounds of every safe integer. */
function brief({ pattern, minimum, maximum, ...rest }: Json): Json {
  return {
    ...rest,
    ...(pattern === undefined || rest.format !== undefined ? {} : { pattern }),
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
  };
}
