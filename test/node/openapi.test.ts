import { createConfig, lintFromString } from "@redocly/openapi-core";
import { describe, expect, it } from "vitest";
import { buildDocuments } from "../../scripts/lib/openapi.ts";

const documents = await buildDocuments("https://gateway.nemo-gateway.dev");

describe.each(Object.entries(documents))("the %s document", (_, document) => {
  it("has no fault that Redocly's recommended rules find", async () => {
    const config = await createConfig({ extends: ["recommended"] });
    const found = await lintFromString({ source: JSON.stringify(document), config });
    expect(found.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)).toEqual([]);
  });
});
