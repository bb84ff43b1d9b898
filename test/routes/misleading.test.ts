/** Problems that must lead to the right next step: what was wrong, under the name it was sent by, and what is right. */
import { describe, expect, it } from "vitest";
import { FAULT_NAMES } from "../../src/core/sandbox-faults.ts";
import { call, jsonOf, makeKey, makeMember, readProblem, send } from "../support/gateway.ts";

describe("a credential", () => {
  it("is accepted from Basic's password too, and a problem names the wrong part and both challenges", async () => {
    const { key } = await makeMember(null);
    const basic = { Authorization: `Basic ${btoa(`user:${key.secret}`)}` };
    expect((await call("/v1/me", { headers: basic })).status).toBe(200);
    const rows = [
      [`Token ${key.secret}`, "The scheme `Token`"],
      [key.secret, "without a scheme"],
      [`Bearer ${key.secret.slice(0, -2)}`, "incomplete or mistyped"],
      ["Bearer sk-proj-123", "start with `ngw_test_`"],
    ] as const;
    for (const [Authorization, words] of rows) {
      const problem = await call("/v1/me", { headers: { Authorization } });
      const challenges = problem.headers.get("WWW-Authenticate") ?? "";
      expect([challenges.includes("Bearer realm"), challenges.includes("Basic realm")]).toEqual([true, true]);
      const { code, detail } = await readProblem(problem);
      expect([code, detail]).toEqual(["unauthenticated", expect.stringContaining(words)]);
      expect(detail).not.toContain(key.secret.slice(10, 30));
    }
  });
});

describe("a path that no route has", () => {
  it.each([
    ["/v1/video", "GET /v1/videos"],
    ["/videos", "POST /v1/videos"],
    ["/v1/vidoes/vid_1", "GET /v1/videos/{id}"],
    ["/v1/webhook-endpoints", "POST /v1/webhook_endpoints"],
    ["/api/v1/upload", "POST /v1/uploads"],
    ["/v2/projects", "POST /v1/projects"],
  ])("%s gets a list of the nearest routes", async (path, near) => {
    const { status, detail, hint } = await readProblem(await call(path));
    expect([status, detail]).toEqual([404, expect.stringContaining(near)]);
    expect(hint).toMatch(/^(GET|POST) \/v1\//);
  });

  it.each(["/wp-login.php", `/${"x".repeat(5_000)}`, "/v1/"])("%s gets no list", async (path) => {
    expect(await readProblem(await call(path))).toMatchObject({ detail: "No route has this path.", hint: "GET /docs" });
  });
});

describe("a field", () => {
  it("is named as it was sent: a variable, a label, one of several files", async () => {
    const { headers } = await makeMember();
    const generator = {
      name: "mail",
      prompt: "a clip about {{subject}}",
      variables: [{ name: "subject", type: "choice", choices: ["a"] }],
    };
    const { slug } = await jsonOf<{ slug: string }>(await send("POST", "/v1/generators", generator, headers), 201);
    const path = `/v1/generators/${slug}/videos`;
    const fieldsOf = async (body: unknown): Promise<string[]> => {
      const { detail, errors = [] } = await readProblem(await send("POST", path, body, headers));
      for (const { field } of errors) expect(detail).toContain(field);
      return errors.map(({ field }) => field);
    };
    expect(await fieldsOf({ var_subject: "b" })).toEqual(["/var_subject"]);
    expect(await fieldsOf({ variables: { subject: "b" } })).toEqual(["/variables/subject"]);
    expect(await fieldsOf({ metadata_a: "x" })).toEqual(["/var_subject"]);
    expect(await fieldsOf({ var_subject: "a", metadata_a: { b: 1 } })).toEqual(["/metadata_a"]);
    expect(await fieldsOf({ var_subject: "a", asset_urls: "https://nemo.org/a.mp4\nnothing" })).toEqual([
      "/asset_urls/1",
    ]);
    const form = new URLSearchParams({ metadata_a: "x" });
    const rejected = await readProblem(await call(path, { method: "POST", headers, body: form }));
    expect(rejected.errors?.map(({ field }) => field)).toEqual(["/var_subject"]);
  });
});

describe("a #fault: word that the sandbox does not know", () => {
  it("is rejected in test mode in every field with a prompt, with the list of all words", async () => {
    const { headers, tenant } = await makeMember();
    const { id } = await jsonOf<{ id: string }>(await send("POST", "/v1/projects", {}, headers), 201);
    const word = "a clip #fault:drp";
    const rows = [
      [`/v1/projects/${id}/turns`, { prompt: word }, "/prompt"],
      ["/v1/videos", { prompt: word, dry_run: true }, "/prompt"],
      ["/v1/videos", { prompt: "a clip", on_question: "answer: #fault:nope" }, "/on_question"],
      ["/v1/batches", { items: [{ prompt: "a" }, { prompt: word }] }, "/items/1/prompt"],
      ["/v1/generators/quote-cards/videos", { var_quote: word }, "/var_quote"],
      ["/v1/generators/make", { description: word }, "/description"],
    ] as const;
    for (const [path, body, field] of rows) {
      const problem = await readProblem(await send("POST", path, body, headers));
      expect([path, problem.code, problem.errors?.[0]?.field]).toEqual([path, "invalid_request", field]);
      for (const name of FAULT_NAMES) expect(problem.detail).toContain(name);
    }
    const labelled = { prompt: "a clip #fault:drop@3s", metadata: { note: "#fault:mine" }, dry_run: true };
    expect((await send("POST", "/v1/videos", labelled, headers)).status).toBe(200);
    const live = await makeKey(tenant.id, { mode: "live" });
    const asLive = { Authorization: `Bearer ${live.secret}` };
    expect((await send("POST", "/v1/videos", { prompt: word, dry_run: true }, asLive)).status).toBe(200);
  });
});
