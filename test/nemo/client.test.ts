import { describe, expect, it } from "vitest";
import { json, SESSION, sse, TOKEN, upstream } from "./support/upstream.ts";

describe("every request", () => {
  it("names its source three times, and its token, at the documented address", async () => {
    const { nemo, asked } = upstream(Array.from({ length: 10 }, () => json({ code: 0, data: {} })));
    await nemo.claimLink(TOKEN, { taskId: "task_1", sessionId: SESSION });
    await nemo.createSession(TOKEN, { name: "My film", language: "en" });
    await nemo.openTurn(TOKEN, { sessionId: SESSION, text: "add music" });
    await nemo.readState(TOKEN, SESSION);
    await nemo.uploadByUrl(TOKEN, SESSION, ["https://files.example/a.mp4"]);
    await nemo.readCredits(TOKEN);
    await nemo.submitRender(TOKEN, { renderId: "render_1", sessionId: SESSION, draftText: '{"d":1.0}' });
    await nemo.readRender(TOKEN, "render_1");
    await nemo.cancelRender(TOKEN, "render_1");
    await nemo.downloadRender(TOKEN, "render_1");
    expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([
      ["POST", "/api/auth/claim-token", `{"task_id":"task_1","session_id":"${SESSION}"}`],
      ["POST", "/api/tasks/me/with-session/nemo_agent", '{"task_name":"My film","language":"en"}'],
      [
        "POST",
        "/run_sse",
        `{"app_name":"nemo_agent","user_id":"me","session_id":"${SESSION}","new_message":{"parts":[{"text":"add music"}]}}`,
      ],
      ["GET", `/api/state/nemo_agent/me/${SESSION}/latest`, ""],
      [
        "POST",
        `/api/upload-video/nemo_agent/me/${SESSION}`,
        '{"urls":["https://files.example/a.mp4"],"source_type":"url"}',
      ],
      ["GET", "/api/credits/balance/simple", ""],
      [
        "POST",
        "/api/render/proxy/lambda",
        `{"id":"render_1","sessionId":"${SESSION}","draft":{"d":1.0},"output":{"format":"mp4","quality":"high"}}`,
      ],
      ["GET", "/api/render/proxy/lambda/render_1", ""],
      ["POST", "/api/render/proxy/lambda/render_1/cancel", ""],
      ["GET", "/api/render/proxy/render_1/download", ""],
    ]);
    for (const { headers, body, redirect } of asked) {
      expect(redirect).toBe("manual"); // a followed redirect would carry the token along
      expect(["x-skill-source", "x-skill-version", "x-skill-platform"].map((name) => headers.get(name))).toEqual([
        "nemo-gateway",
        "1.0",
        "unknown",
      ]);
      expect(headers.get("authorization")).toBe(`Bearer ${TOKEN}`);
      expect(headers.get("content-type")).toBe(body === "" ? null : "application/json");
    }
    expect(asked[2]?.headers.get("accept")).toBe("text/event-stream");
  });

  it("has a client id in place of a token, without a body", async () => {
    const { nemo, asked } = upstream([json({ code: 0, data: { token: TOKEN } })]);
    await nemo.issueToken("0f3c9a");
    expect(asked[0]).toMatchObject({ method: "POST", path: "/api/auth/anonymous-token", body: "" });
    expect(asked[0]?.headers.get("x-client-id")).toBe("0f3c9a");
    expect(asked[0]?.headers.get("authorization")).toBeNull();
  });

  it("encodes an id in a URL", async () => {
    const { nemo, asked } = upstream([json({}), json({})]);
    await nemo.readRender(TOKEN, "../../auth?x=1");
    await nemo.readState(TOKEN, "a/b");
    expect(asked.map(({ path }) => path)).toEqual([
      "/api/render/proxy/lambda/..%2F..%2Fauth%3Fx%3D1",
      "/api/state/nemo_agent/me/a%2Fb/latest",
    ]);
  });
});

describe("a turn", () => {
  it("is opened by a stream of any media type but JSON", async () => {
    expect((await upstream([sse([])]).nemo.openTurn(TOKEN, { sessionId: SESSION, text: "x" })).ok).toBe(true);
    expect(
      (await upstream([new Response("data: x\n\n")]).nemo.openTurn(TOKEN, { sessionId: SESSION, text: "x" })).ok,
    ).toBe(true);
  });
});
