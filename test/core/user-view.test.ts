/** What a user token is shown of data, of whatever shape. */
import { describe, expect, it } from "vitest";
import { capProblem } from "../../src/core/usage/usage.ts";
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

  it("a turn does not say by which key it was requested", () => {
    const turn = sampleEvent("turn.completed", "test").data;
    expect(turn.key_id).toMatch(/^key_/);
    expect(forUser(turn)).toEqual({ ...turn, key_id: null });
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

describe("the problem of a reached cap", () => {
  it("shows a user its own numbers, and not those of the whole account", () => {
    const numbers = { cap: "hard", limit: 10, used: 12 } as const;
    const ofUser = capProblem({ scope: "user", ...numbers }, 0);
    const ofTenant = capProblem({ scope: "tenant", ...numbers }, 0);
    expect(forUser(ofUser).members).toMatchObject({ cap: { limit: 10, used: 12 } });
    expect(forUser(ofTenant).members).toMatchObject({ cap: { scope: "tenant", limit: null, used: null } });
    expect(ofTenant.members).toMatchObject({ cap: { limit: 10, used: 12 } });
  });
});
