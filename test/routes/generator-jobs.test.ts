/** Generators from a description, over HTTP. */
import { describe, expect, it } from "vitest";
import type { GeneratorJobWire } from "../../src/core/wire/generator.ts";
import type { VideoWire } from "../../src/core/wire/video.ts";
import { call, jsonOf, makeKey, makeMember, readProblem, send } from "../support/gateway.ts";
import { until } from "../support/objects.ts";

const DESCRIPTION = "create a generator that turns product photos into promo videos with music and captions";
const MAKE = "/v1/generators/make";

describe("POST /v1/generators/make", () => {
  it("creates a generator that every key of the tenant can use", async () => {
    const { headers, tenant } = await makeMember(null);
    const idempotency = { ...headers, "Idempotency-Key": "one" };
    const posted = await send("POST", MAKE, { description: "quote cards" }, idempotency);
    const first = await jsonOf<GeneratorJobWire>(posted, 202);
    expect(posted.headers.get("Location")).toBe(new URL(first.status_url).pathname);
    expect(first).toMatchObject({ status: "running", generator_id: null, charged: null });
    const again = await jsonOf<GeneratorJobWire>(
      await send("POST", MAKE, { description: "quote cards" }, idempotency),
      202,
    );
    expect(again.id).toBe(first.id);
    const made = await until(async () => {
      const read = await jsonOf<GeneratorJobWire>(await call(new URL(first.status_url).pathname, { headers }));
      return read.status === "running" ? null : read;
    });
    expect(made).toMatchObject({ status: "completed", slug: "quote-card", made_by: "agent", charged: "yes" });
    const other = await makeKey(tenant.id);
    const plan = await send(
      "POST",
      `/v1/generators/${made.slug}/videos`,
      { variables: { quote: "go", seconds: 3 }, dry_run: true },
      { Authorization: `Bearer ${other.secret}` },
    );
    expect(await jsonOf<VideoWire>(plan)).toMatchObject({
      prompt: 'generate a 3-second video with the title "go" and calm music',
      generator: { id: made.generator_id },
    });
  });

  it.each([
    [{}, "/description"],
    [{ description: " " }, "/description"],
    [{ description: "x".repeat(2_001) }, "/description"],
    [{ description: DESCRIPTION, slug: "No Slug" }, "/slug"],
    [{ description: DESCRIPTION, language: "english please" }, "/language"],
    [{ description: DESCRIPTION, prompt: "x" }, "/prompt"],
  ])("is rejected with the invalid field: %j", async (body, field) => {
    const { headers } = await makeMember(null);
    const problem = await readProblem(await send("POST", MAKE, body, headers));
    expect(problem.status).toBe(422);
    expect(problem.errors?.map((error) => error.field)).toContain(field);
  });

  it("is rejected before any cost if the slug is taken", async () => {
    const { headers } = await makeMember(null);
    const body = { description: DESCRIPTION, slug: "generator-online" };
    expect(await readProblem(await send("POST", MAKE, body, headers))).toMatchObject({ code: "slug_taken" });
  });
});
