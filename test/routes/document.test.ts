import { describe, expect, it } from "vitest";
import { FORMATS } from "../../src/core/media/sniff.ts";
import { SCOPES } from "../../src/core/wire/key.ts";
import { call, jsonOf, ORIGIN } from "../support/gateway.ts";

type Operation = {
  "x-scope": string;
  "x-credentials"?: "key" | "key_or_user_token";
  security: object[];
  responses: Record<string, object>;
  requestBody?: { required: boolean };
};
type Document = {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
};

const read = async (): Promise<Document> => jsonOf(await call("/openapi.json"));

describe("the document", () => {
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
        expect(operation.responses, `${method} ${path}`).toHaveProperty("default");
      }
    }
  });

  it("does not describe the implementation of a route", async () => {
    const { paths } = await read();
    const shown = Object.values(paths).flatMap((operations) => Object.values(operations).flatMap(Object.keys));
    const known = [
      "tags",
      "summary",
      "description",
      "parameters",
      "requestBody",
      "responses",
      "security",
      "x-scope",
      "x-credentials",
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
      expect.objectContaining({
        properties: { data: { type: "array", items: { $ref: "#/components/schemas/Upload" } } },
      }),
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

describe("the reference page", () => {
  it("loads from our own origin only", async () => {
    const page = await call("/docs");
    expect(page.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    const html = await page.text();
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) {
      expect(link).toMatch(/^\/docs\//);
      expect((await call(link)).status, link).toBe(200);
    }
  });

  it("serves no other file", async () => {
    expect((await call("/docs/swagger-ui.js")).status).toBe(404);
    expect((await call("/docs/..%2Fwrangler.toml")).status).toBe(404);
  });
});

describe("the front page", () => {
  it("names the API, its reference and its document", async () => {
    expect(await jsonOf(await call("/"))).toMatchObject({ docs: `${ORIGIN}/docs`, openapi: `${ORIGIN}/openapi.json` });
  });
});
