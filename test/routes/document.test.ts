import { describe, expect, it } from "vitest";
import { FORMATS } from "../../src/core/media/sniff.ts";
import { pageSchema } from "../../src/core/wire/common.ts";
import { EVENT_TYPES } from "../../src/core/wire/event.ts";
import { key, SCOPES } from "../../src/core/wire/key.ts";
import { gatewayStatus } from "../../src/core/wire/status.ts";
import { auditEntry, tenant } from "../../src/core/wire/tenant.ts";
import { adminRoutes } from "../../src/routes/admin.ts";
import { adminHeaders, call, jsonOf, makeMember, ORIGIN } from "../support/gateway.ts";

type Operation = {
  operationId: string;
  tags: string[];
  "x-scope": string;
  "x-credentials"?: "key" | "key_or_user_token";
  security: object[];
  responses: Record<string, object>;
  requestBody?: { required: boolean };
};
type Document = {
  openapi: string;
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  webhooks: Record<string, object>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
};

const read = async (): Promise<Document> => jsonOf(await call("/openapi.json"));

describe("the document", () => {
  it("is sent again only after a change, to a client that sends its tag", async () => {
    const first = await call("/openapi.json");
    const etag = first.headers.get("ETag") ?? "";
    expect(etag).toMatch(/^"[0-9a-z]{26}"$/);
    expect((await first.text()).length).toBeGreaterThan(100_000);
    const again = await call("/openapi.json", { headers: { "If-None-Match": `W/${etag}` } });
    expect([again.status, again.headers.get("ETag"), await again.text()]).toEqual([304, etag, ""]);
    expect((await call("/openapi.json", { headers: { "If-None-Match": '"other"' } })).status).toBe(200);
  });

  it("is OpenAPI 3.1, with the server it was requested from", async () => {
    const document = await read();
    expect(document.openapi).toBe("3.1.0");
    expect(document.servers).toEqual([{ url: ORIGIN }]);
    expect(Object.keys(document.components.securitySchemes).toSorted()).toEqual([
      "api_key",
      "basic",
      "bearer",
      "user_token",
    ]);
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(["Project", "Turn", "Render", "Problem", "Event"]),
    );
  });

  it("says for every route who may call it, and never names /admin", async () => {
    const { paths } = await read();
    expect(Object.keys(paths)).toContain("/v1/turns/{id}/events");
    expect(JSON.stringify(paths)).not.toContain("/admin");
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        const rules = [...SCOPES, "any", "public", "read_or_ticket", "read_or_upload", "chat_or_upload_or_render"];
        expect(rules, `${method} ${path}`).toContain(operation["x-scope"]);
        const credentials = operation["x-credentials"] ?? "public";
        expect(operation.security.length, `${method} ${path}`).toBe(
          { public: 0, key: 3, key_or_user_token: 4 }[credentials],
        );
        expect(credentials === "public", `${method} ${path}`).toBe(operation["x-scope"] === "public");
        expect(operation.responses, `${method} ${path}`).toHaveProperty("4XX");
      }
    }
  });

  it("names every operation once, as collection.action", async () => {
    const { paths } = await read();
    const names = Object.values(paths).flatMap((operations) => Object.values(operations).map((one) => one.operationId));
    expect(names.filter((name) => !/^[a-z_]+(\.[a-z_]+)+$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("puts every operation into one of its sections, which are in the order of the document", async () => {
    const { paths, tags } = await read();
    const used = Object.values(paths).flatMap((operations) => Object.values(operations).flatMap((one) => one.tags));
    expect([...new Set(used)]).toEqual(tags.map(({ name }) => name));
  });

  it("names every schema that it uses twice", async () => {
    const { paths, components, webhooks } = await read();
    const uses = new Map<string, string[]>();
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== "object" || value === null) return;
      const schema = value as { properties?: unknown; enum?: unknown[] };
      const isNamed = /^schemas\/\w+$/.test(path);
      if (!isNamed && (typeof schema.properties === "object" || (schema.enum?.length ?? 0) > 1)) {
        const same = JSON.stringify(value, (key, part) =>
          ["description", "example", "default"].includes(key) && typeof part !== "object" ? undefined : part,
        );
        uses.set(same, [...(uses.get(same) ?? []), path]);
      }
      for (const [key, part] of Object.entries(value)) if (key !== "example") visit(part, `${path}/${key}`);
    };
    visit(paths, "paths");
    visit(components.schemas, "schemas");
    visit(webhooks, "webhooks");
    expect([...uses.values()].filter((where) => where.length > 1)).toEqual([]);
  });

  it("has every event as a webhook, nested and flat", async () => {
    const { webhooks } = await read();
    expect(Object.keys(webhooks)).toEqual(EVENT_TYPES.flatMap((type) => [type, `${type}.flat`]));
  });

  it("says of a stream which events it has", async () => {
    const { paths } = await read();
    for (const [path, name] of [
      ["/v1/turns/{id}/events", "TurnEvent"],
      ["/v1/videos/{id}/events", "VideoEvent"],
    ] as const)
      expect(paths[path]?.get?.responses["200"]).toMatchObject({
        content: { "text/event-stream": { "x-sse-events": { $ref: `#/components/schemas/${name}` } } },
      });
  });

  it("does not describe the implementation of a route", async () => {
    const { paths } = await read();
    const shown = Object.values(paths).flatMap((operations) => Object.values(operations).flatMap(Object.keys));
    const known = [
      "operationId",
      "tags",
      "summary",
      "description",
      "parameters",
      "requestBody",
      "responses",
      "security",
      "x-scope",
      "x-credentials",
      "x-codeSamples",
    ];
    expect([...new Set(shown)].filter((key) => !known.includes(key))).toEqual([]);
  });

  it("says that a form of files is answered with a list, and everything else with one upload", async () => {
    const { paths } = await read();
    const made = paths["/v1/uploads"]?.post?.responses["201"] as {
      content: Record<string, { schema: { anyOf: unknown[] } }>;
    };
    expect(made.content["application/json"]?.schema.anyOf).toEqual([
      { $ref: "#/components/schemas/Upload" },
      { $ref: "#/components/schemas/UploadList" },
    ]);
  });

  it("says that a link may lead to a file of every format", async () => {
    const { paths } = await read();
    for (const status of ["200", "206"]) {
      const served = paths["/f/{token}"]?.get?.responses[status] as { content?: object };
      expect(Object.keys(served.content ?? {})).toEqual(FORMATS.map(({ mime }) => mime));
    }
  });

  it("marks a body as required only when it has required fields", async () => {
    const { paths } = await read();
    expect(paths["/v1/projects"]?.post?.requestBody?.required).toBe(false);
    expect(paths["/v1/projects/{id}/turns"]?.post?.requestBody?.required).toBe(true);
  });

  it("has an error response for every route that needs a key", async () => {
    const { paths } = await read();
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        if (operation["x-scope"] === "public") continue;
        const response = await call(path.replace("{id}", "x"), { method: method.toUpperCase() });
        expect(response.status, `${method} ${path}`).toBe(401);
      }
    }
  });
});

describe("the operator's document", () => {
  const readAdmin = async (): Promise<Document> => jsonOf(await call("/admin/openapi.json", { headers: adminHeaders }));

  it("is served to the operator alone", async () => {
    expect((await call("/admin/openapi.json")).status).toBe(401);
    expect((await readAdmin()).servers).toEqual([{ url: ORIGIN }]);
  });

  it("has every route of the operator and no other", async () => {
    const { paths } = await readAdmin();
    const described = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = adminRoutes()
      .routes.filter(({ method, path }) => method !== "ALL" && path !== "/openapi.json")
      .map(({ method, path }) => `${method} /admin${path.replace(/:(\w+)/g, "{$1}")}`);
    expect(described.toSorted()).toEqual([...new Set(served)].toSorted());
  });

  it("describes what the routes answer", async () => {
    const admin = (path: string): Promise<unknown> =>
      call(path, { headers: adminHeaders }).then((answer) => jsonOf(answer));
    const { tenant: made } = await makeMember(null);
    gatewayStatus.parse(await admin("/admin/status"));
    tenant.parse(await admin(`/admin/tenants/${made.id}`));
    pageSchema(key).parse(await admin(`/admin/tenants/${made.id}/keys`));
    pageSchema(auditEntry).parse(await admin(`/admin/tenants/${made.id}/audit_log`));
  });
});
