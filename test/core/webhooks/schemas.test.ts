import { describe, expect, it } from "vitest";
import { hookBody } from "../../../src/core/webhooks/flat-body.ts";
import { sampleEvent } from "../../../src/core/webhooks/samples.ts";
import { webhookBodies } from "../../../src/core/webhooks/schemas.ts";

const bodies = webhookBodies();

describe("the schemas of webhook bodies", () => {
  it.each(bodies)("$type fits its nested body", ({ type, nested }) => {
    const parsed = nested.safeParse({ ...sampleEvent(type, "live"), endpoint: null });
    expect(parsed.error?.issues ?? []).toEqual([]);
  });

  it.each(bodies)("$type fits its flat body, which has no other keys than labels", ({ type, flat }) => {
    const body = hookBody(sampleEvent(type, "live"));
    expect(flat.safeParse(body).error?.issues ?? []).toEqual([]);
    const keys = Object.keys(body).filter((key) => !key.startsWith("metadata_"));
    expect(Object.keys(flat.shape)).toEqual(keys);
  });
});
