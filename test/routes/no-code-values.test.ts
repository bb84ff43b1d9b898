/**
 * Every route that takes JSON, asked as tools without types ask: null and empty text in every optional field, numbers, truth
 * values, lists and objects as text, labels that are numbers. A new route or field is covered without a line here.
 */
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { createApp } from "../../src/app.ts";
import { coerceBody } from "../../src/core/requests/body-values.ts";
import { newKey, rotation } from "../../src/core/wire/key.ts";
import { newTenant, tenantChange } from "../../src/core/wire/tenant.ts";
import { parseJsonBody } from "../../src/http/request-body.ts";
import { type ApiDocument, bodySchemaOf, pathOf, type Route, requestOf, routesOf } from "../support/document.ts";
import { call, jsonOf, type Member, makeMember } from "../support/gateway.ts";
import { createResources } from "../support/resources.ts";

type Def = z.core.$ZodTypes["_zod"]["def"];
type Kind = Def["type"];

/** The body schemas of all public routes, and of the operator's, which are in no document. */
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

const defOf = (schema: z.ZodType): Def => schema._zod.def as Def; // a closed union of the library's own
const inner = (schema: z.ZodType): z.ZodType => {
  const def = defOf(schema);
  if ("innerType" in def) return inner(def.innerType as z.ZodType);
  return def.type === "pipe" ? inner(def.in as z.ZodType) : schema;
};

/** The example that a schema, or the one it wraps, has. */
function exampleOf(schema: z.ZodType): unknown {
  const def = defOf(schema);
  const own = schema.meta()?.example ?? undefined;
  if (own !== undefined) return own;
  return "innerType" in def ? exampleOf(def.innerType as z.ZodType) : undefined;
}

/** A value that the schema takes, as a program would send it; undefined where none is known. */
function sample(schema: z.ZodType): unknown {
  const example = exampleOf(schema);
  if (schema.safeParse(example).success && example !== undefined) return example;
  const def = defOf(inner(schema));
  const tries: unknown[] = [];
  if (def.type === "boolean") tries.push(true);
  if (def.type === "number") tries.push(1, 60, 3600);
  if (def.type === "enum") tries.push(Object.values(def.entries)[0]);
  if (def.type === "literal") tries.push(def.values[0]);
  if (def.type === "string") tries.push("a", "en", "https://app.example");
  if (def.type === "union") tries.push(...def.options.map((option) => sample(option as z.ZodType)));
  if (def.type === "array") tries.push([sample(def.element as z.ZodType)]);
  if (def.type === "record") tries.push({ a: sample(def.valueType as z.ZodType) });
  if (def.type === "object")
    tries.push(
      Object.fromEntries(
        Object.entries(def.shape)
          .map(([name, field]) => [name, sample(field as z.ZodType)])
          .filter(([, value]) => value !== undefined),
      ),
    );
  return tries.find((value) => value !== undefined && schema.safeParse(value).success);
}

/** The same value in every way a tool without types may write it. */
function written(schema: z.ZodType, value: unknown): unknown[] {
  const def = defOf(inner(schema));
  const ways: Partial<Record<Kind, () => unknown[]>> = {
    boolean: () => [String(value), value === true ? "Yes" : "No", ` ${value} `, Number(value), String(Number(value))],
    number: () => [String(value), ` ${value} `, `${value}\n`],
    enum: () => [` ${value}`],
    record: () => [JSON.stringify(value), { ...(value as object), none: null }],
    object: () => [JSON.stringify(value)],
    array: () => {
      const list = value as unknown[];
      const isText = list.every((one) => typeof one === "string");
      return [
        JSON.stringify(list),
        [null, "", ...list],
        JSON.stringify(["", ...list, null]),
        ...(isText
          ? [
              list.join("\n"),
              `${list.join("\r\n")}\r\n`,
              ...(list.some((one) => String(one).includes(",")) ? [] : [list.join(", ")]),
            ]
          : []),
      ];
    },
  };
  return ways[def.type]?.() ?? [];
}

const isLabel = (schema: z.ZodType): boolean => {
  const def = defOf(inner(schema));
  return def.type === "record" && defOf(inner(def.valueType as z.ZodType)).type === "string";
};

describe("the field values of every body", () => {
  it("are tested for every route with a body", () => {
    expect(schemas.size).toBeGreaterThan(15);
  });

  it.each([...schemas])("%s", (_, schema) => {
    const object = inner(schema);
    const fields = object instanceof z.ZodObject ? Object.entries(object.shape as Record<string, z.ZodType>) : [];
    expect(fields.length).toBeGreaterThan(0);
    const good: Record<string, unknown> = {};
    for (const [name, field] of fields) {
      const value = sample(field);
      expect(value, `${name}: no value is known that it takes; give it an example`).toBeDefined();
      good[name] = value;
    }
    const seen = (body: unknown) => {
      const parsed = schema.safeParse(coerceBody(schema, body, parseJsonBody).body);
      return parsed.success ? parsed.data : parsed.error.issues;
    };
    const whole = schema.safeParse(good);
    expect(whole.error?.issues ?? []).toEqual([]);
    for (const [name, field] of fields) {
      for (const value of written(field, good[name]))
        expect(seen({ ...good, [name]: value }), `${name}: ${JSON.stringify(value)}`).toEqual(whole.data);
      if (isLabel(field))
        expect(seen({ ...good, [name]: { a: 7, b: true } })).toEqual(
          expect.objectContaining({ [name]: { a: "7", b: "true" } }),
        );
      if (!field.safeParse(undefined).success) continue;
      const { [name]: _, ...without } = good;
      for (const blank of [null, "", "  "]) {
        if (field.safeParse(blank).success) continue; // it is a value of this field: null or empty text clears it
        expect(seen({ ...good, [name]: blank }), `${name}: ${JSON.stringify(blank)}`).toEqual(seen(without));
      }
    }
  });
});

describe("every POST and PATCH of the document", () => {
  let owner: Member;
  let document: ApiDocument;
  let resources: Map<string, string>;
  const USER = "ada";
  const headers = () => ({ ...owner.headers, "X-User-Id": USER });

  beforeAll(async () => {
    owner = await makeMember(null);
    document = await jsonOf<ApiDocument>(await call("/openapi.json"));
    resources = await createResources((path, init = {}) =>
      call(path, { ...init, headers: { ...headers(), ...(init.headers as Record<string, string>) } }),
    );
  });

  const asked = async (route: Route, more: Record<string, unknown>) => {
    const request = requestOf(route, document, resources);
    const body = JSON.stringify({ ...(JSON.parse(request.body ?? "{}") as object), ...more });
    const response = await call(pathOf(route, resources, USER), {
      method: route.method.toUpperCase(),
      headers: { ...headers(), ...request.headers, "Content-Type": "application/json" },
      body,
    });
    const { code = "", detail = "" } = (await response.json()) as { code?: string; detail?: string };
    return `${route.name}: ${code} ${detail}`;
  };

  it("accepts null as the whole body for one that is not sent", async () => {
    const routes = routesOf(document).filter(
      (route) => ["post", "patch"].includes(route.method) && bodySchemaOf(route, document) !== undefined,
    );
    for (const route of routes) {
      const said = async (body: string): Promise<string> => {
        const response = await call(pathOf(route, resources, USER), {
          method: route.method.toUpperCase(),
          headers: {
            ...headers(),
            ...requestOf(route, document, resources).headers,
            "Content-Type": "application/json",
          },
          body,
        });
        const { detail = "" } = (await response.json()) as { detail?: string };
        return `${route.name}: ${response.status} ${detail}`;
      };
      expect(await said("null")).toBe(await said(""));
    }
  });

  it("accepts null and empty text for a field that is not sent", async () => {
    const routes = routesOf(document).filter(
      (route) => ["post", "patch"].includes(route.method) && bodySchemaOf(route, document) !== undefined,
    );
    expect(routes.length).toBeGreaterThan(15);
    const problem: string[] = [];
    for (const route of routes) {
      const { required = [], properties = {} } = bodySchemaOf(route, document) ?? {};
      const given = Object.keys(JSON.parse(requestOf(route, document, resources).body ?? "{}") as object);
      const optional = Object.keys(properties).filter((name) => !required.includes(name) && !given.includes(name));
      for (const blank of [null, ""]) {
        const said = await asked(route, Object.fromEntries(optional.map((name) => [name, blank])));
        if (/invalid_request|malformed_json|unsupported/.test(said)) problem.push(`${JSON.stringify(blank)} ${said}`);
      }
    }
    expect(problem).toEqual([]);
  });
});
