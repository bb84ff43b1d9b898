import { describe, expect, it } from "vitest";
import { json, TOKEN } from "./support/upstream.ts";
import { failure } from "./support/verbs.ts";

describe("failures, one row for each response of upstream", () => {
  it.each([
    [
      "readState",
      200,
      { code: 1001, message: "token expired", data: null },
      { reason: "token_rejected", at: "state", status: 200, code: 1001, message: "token expired" },
    ],
    [
      "readCredits",
      401,
      { code: 1001, message: "token expired" },
      { reason: "token_rejected", at: "credits", status: 401 },
    ],
    ["readCredits", 401, {}, { reason: "token_rejected", code: null, message: "HTTP 401" }],
    ["openTurn", 401, { code: 1010 }, { reason: "token_rejected", at: "run_sse" }],
    ["openTurn", 200, { code: "1011" }, { reason: "token_rejected", code: 1011 }],
    [
      "issueToken",
      400,
      { detail: "X-Client-Id missing" },
      { reason: "client_id_rejected", message: "X-Client-Id missing" },
    ],
    [
      "readState",
      200,
      { code: 1002, msg: "session not found" },
      { reason: "session_lost", message: "session not found" },
    ],
    ["openTurn", 404, { detail: "Session not found" }, { reason: "session_lost", at: "run_sse", status: 404 }],
    ["openTurn", 404, { error: "Session not found: 55" }, { reason: "session_lost" }],
    ["openTurn", 200, { code: 2001, message: "no credits" }, { reason: "no_credits", at: "run_sse", status: 200 }],
    ["openTurn", 402, { code: 2001 }, { reason: "no_credits", status: 402 }],
    ["uploadByUrl", 200, { code: 4001, message: "unsupported" }, { reason: "unsupported_media", at: "upload" }],
    ["uploadByUrl", 415, {}, { reason: "unsupported_media" }],
    ["uploadByUrl", 400, { code: 4002 }, { reason: "file_too_large" }],
    ["uploadByUrl", 413, "<html><h1>Too large</h1></html>", { reason: "file_too_large", message: "Too large" }],
    ["submitRender", 402, { detail: "upgrade" }, { reason: "plan_required", at: "render_submit" }],
    ["submitRender", 200, { code: 402, message: "upgrade" }, { reason: "plan_required", code: 402 }],
    ["submitRender", 200, { success: false, error: "bad draft" }, { reason: "rejected", message: "bad draft" }],
    ["submitRender", 200, { error: "bad draft" }, { reason: "rejected" }],
    ["submitRender", 404, { detail: "Session not found" }, { reason: "session_lost" }],
    ["issueToken", 429, {}, { reason: "token_rationed", retryAfterMs: null }],
    ["readState", 429, {}, { reason: "rate_limited", retryAfterMs: null }],
    ["readRender", 404, { error: "no such job" }, { reason: "not_found", at: "render_poll" }],
    ["downloadRender", 404, {}, { reason: "not_found", at: "render_download" }],
    ["fetchResult", 404, "gone", { reason: "not_found", at: "result" }],
    ["fetchResult", 410, "", { reason: "not_found" }],
    ["fetchResult", 401, "", { reason: "rejected" }],
    ["openTurn", 503, "busy", { reason: "unavailable", sent: "maybe", status: 503, message: "busy" }],
    ["readState", 408, {}, { reason: "unavailable" }],
    [
      "openTurn",
      422,
      { detail: [{ loc: ["body"], msg: "field required", type: "missing" }] },
      { reason: "rejected", message: "field required" },
    ],
    ["createSession", 404, {}, { reason: "rejected" }],
    ["createSession", 200, { code: 9999, message: "what" }, { reason: "rejected", code: 9999 }],
    ["readState", 302, "", { reason: "rejected", status: 302 }],
    ["readState", 200, "<html>hi</html>", { reason: "malformed" }],
    ["readState", 200, "", { reason: "malformed", message: "an empty answer" }],
    ["readState", 200, "[1]", { reason: "malformed" }],
    ["readRender", 200, { code: 0, data: {} }, { reason: "malformed" }],
    ["openTurn", 200, { code: 0, data: {} }, { reason: "malformed" }],
    ["createSession", 200, { code: 0, data: { task_id: "t" } }, { reason: "malformed" }],
    ["readCredits", 200, { code: 0, data: { available: "many" } }, { reason: "malformed" }],
    ["issueToken", 200, { code: 0, data: {} }, { reason: "malformed" }],
    ["claimLink", 200, { code: 0, data: { claim_token: TOKEN } }, { reason: "malformed" }],
  ])("%s: %i %j", async (verb, status, body, expected) => {
    expect(await failure(verb, json(body, status))).toMatchObject(expected);
  });

  it("have Retry-After from seconds, from a date relative to the response's own, or none", async () => {
    const wait = async (headers: Record<string, string>): Promise<unknown> =>
      failure("readState", json({}, 429, headers));
    expect(await wait({ "retry-after": "30" })).toMatchObject({ retryAfterMs: 30_000 });
    const date = "Sat, 21 Nov 2026 10:00:00 GMT";
    expect(await wait({ "retry-after": "Sat, 21 Nov 2026 10:01:00 GMT", date })).toMatchObject({
      retryAfterMs: 60_000,
    });
    expect(await wait({ "retry-after": "Sat, 21 Nov 2026 09:00:00 GMT", date })).toMatchObject({ retryAfterMs: 0 });
    expect(await wait({ "retry-after": "soon", date })).toMatchObject({ retryAfterMs: null });
  });

  it("contain no token", async () => {
    const shown = JSON.stringify(
      await failure("readState", json({ code: 1001, message: `bad ${TOKEN}, was "Bearer abc.def"` })),
    );
    expect(shown).not.toContain(TOKEN);
    expect(shown).not.toContain("abc.def");
  });
});
