/** What a user token is shown of data, of whatever shape. */
import { describe, expect, it } from "vitest";
import { eventForUser, forUser } from "../../src/core/user-view.ts";
import { sampleEvent } from "../../src/core/webhooks/samples.ts";

const generated = { id: "trn_1", prompt: "the recipe", prompt_source: "generator", text: "Done." };

describe("for a user token", () => {
  it("a generator's prompt is null in every field, and nothing else changes", () => {
    const seen = { ...generated, prompt: null };
    expect(forUser(generated)).toEqual(seen);
    expect(forUser({ ok: true, value: { data: [generated, { ...generated, prompt_source: "caller" }] } })).toEqual({
      ok: true,
      value: { data: [seen, { ...generated, prompt_source: "caller" }] },
    });
    expect(generated.prompt).toBe("the recipe");
  });

  it("the turn of a generator job has no text", () => {
    const generatorJob = { ...generated, prompt_source: "generator_job" };
    expect(forUser(generatorJob)).toEqual({ ...generatorJob, prompt: null, text: null });
  });

  it("labels and streams are unchanged", () => {
    const metadata = { prompt_source: "generator", prompt: "mine" };
    expect(forUser({ ...generated, metadata }).metadata).toEqual(metadata);
    const body = new ReadableStream();
    expect(forUser({ kind: "stream", body }).body).toBe(body);
    expect(forUser(null)).toBeNull();
  });

  it("an event does not contain its tenant", () => {
    const event = sampleEvent("video.completed", "test");
    expect(eventForUser({ ...event, cursor: 9_000 }, 3)).toEqual({ ...event, tenant: null, cursor: 3 });
  });
});
