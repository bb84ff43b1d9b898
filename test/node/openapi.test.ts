import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect, it } from "vitest";
import { buildDocuments } from "../../scripts/lib/openapi.ts";

const documents = await buildDocuments("https://gateway.nemo-gateway.dev");

type Operation = {
  operationId: string;
  responses: Record<string, { content?: Record<string, { example?: unknown }> }>;
};
type Document = { paths: Record<string, Record<string, Operation>> };

describe("the examples of the public document", () => {
  it("are there for every operation that answers JSON", () => {
    const { paths } = documents.open as Document;
    const operations = Object.entries(paths).flatMap(([, methods]) => Object.entries(methods));
    const without = operations.flatMap(([method, { operationId, responses }]) => {
      const json = Object.entries(responses).flatMap(([status, { content }]) =>
        status < "300" && content?.["application/json"] ? [content["application/json"]] : [],
      );
      return method === "head" ||
        json.length === 0 ||
        "204" in responses ||
        json.some(({ example }) => example !== undefined)
        ? []
        : [operationId];
    });
    expect(without).toEqual([]);
  });
});

describe.each(Object.entries(documents))("the %s document", (_, document) => {
  it("has no fault that Redocly's recommended rules find", async () => {
    const config = await createConfig({ extends: ["recommended"] });
    const found = await lintFromString({ source: JSON.stringify(document), config });
    expect(found.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)).toEqual([]);
  });
});
