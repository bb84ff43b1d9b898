import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Nemo, Outcome } from "../../src/nemo/client.ts";
import { json, SESSION, TOKEN, upstream } from "./support/upstream.ts";

/** Every verb that upstream answers with JSON, as a call with harmless arguments. */
const VERBS: Record<string, (nemo: Nemo) => Outcome<unknown>> = {
  mintToken: (nemo) => nemo.mintToken("client-1"),
  claimLink: (nemo) => nemo.claimLink(TOKEN, { taskId: "task_1", sessionId: SESSION }),
  createSession: (nemo) => nemo.createSession(TOKEN, { name: "p" }),
  openTurn: (nemo) => nemo.openTurn(TOKEN, { sessionId: SESSION, text: "hi" }),
  readState: (nemo) => nemo.readState(TOKEN, SESSION),
  uploadByUrl: (nemo) => nemo.uploadByUrl(TOKEN, SESSION, ["https://files.example/a.mp4"]),
  readCredits: (nemo) => nemo.readCredits(TOKEN),
  submitRender: (nemo) => nemo.submitRender(TOKEN, { renderId: "render_1", sessionId: SESSION, draftText: "{}" }),
  readRender: (nemo) => nemo.readRender(TOKEN, "render_1"),
  cancelRender: (nemo) => nemo.cancelRender(TOKEN, "render_1"),
  downloadRender: (nemo) => nemo.downloadRender(TOKEN, "render_1"),
  fetchResult: (nemo) => nemo.fetchResult("https://cdn.example/o.mp4"),
};

async function failure(verb: string, answer: Response | (() => Response)): Promise<unknown> {
  const call = VERBS[verb];
  if (call === undefined) throw new Error(verb);
  const outcome = await call(upstream([answer]).nemo);
  return outcome.ok ? null : outcome.error;
}

describe("failures, one row each of what upstream can say", () => {
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
      "mintToken",
      400,
      { detail: "X-Client-Id missing" },
      { reason: "client_id_refused", message: "X-Client-Id missing" },
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
    ["submitRender", 200, { success: false, error: "bad draft" }, { reason: "refused", message: "bad draft" }],
    ["submitRender", 200, { error: "bad draft" }, { reason: "refused" }],
    ["submitRender", 404, { detail: "Session not found" }, { reason: "session_lost" }],
    ["mintToken", 429, {}, { reason: "token_rationed", retryAfterMs: null }],
    ["readState", 429, {}, { reason: "rate_limited", retryAfterMs: null }],
    ["readRender", 404, { error: "no such job" }, { reason: "not_found", at: "render_poll" }],
    ["downloadRender", 404, {}, { reason: "not_found", at: "render_download" }],
    ["fetchResult", 404, "gone", { reason: "not_found", at: "result" }],
    ["fetchResult", 410, "", { reason: "not_found" }],
    ["fetchResult", 401, "", { reason: "refused" }],
    ["openTurn", 503, "busy", { reason: "unavailable", sent: "maybe", status: 503, message: "busy" }],
    ["readState", 408, {}, { reason: "unavailable" }],
    [
      "openTurn",
      422,
      { detail: [{ loc: ["body"], msg: "field required", type: "missing" }] },
      { reason: "refused", message: "field required" },
    ],
    ["createSession", 404, {}, { reason: "refused" }],
    ["createSession", 200, { code: 9999, message: "what" }, { reason: "refused", code: 9999 }],
    ["readState", 302, "", { reason: "refused", status: 302 }],
    ["readState", 200, "<html>hi</html>", { reason: "garbled" }],
    ["readState", 200, "", { reason: "garbled", message: "an empty answer" }],
    ["readState", 200, "[1]", { reason: "garbled" }],
    ["readRender", 200, { code: 0, data: {} }, { reason: "garbled" }],
    ["openTurn", 200, { code: 0, data: {} }, { reason: "garbled" }],
    ["createSession", 200, { code: 0, data: { task_id: "t" } }, { reason: "garbled" }],
    ["readCredits", 200, { code: 0, data: { available: "many" } }, { reason: "garbled" }],
    ["mintToken", 200, { code: 0, data: {} }, { reason: "garbled" }],
    ["claimLink", 200, { code: 0, data: { claim_token: TOKEN } }, { reason: "garbled" }],
  ])("%s: %i %j", async (verb, status, body, expected) => {
    expect(await failure(verb, json(body, status))).toMatchObject(expected);
  });

  it("reads Retry-After as seconds, as a date against the answer's own, and not at all", async () => {
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

  it("keeps no token in a failure", async () => {
    const shown = JSON.stringify(
      await failure("readState", json({ code: 1001, message: `bad ${TOKEN}, was "Bearer abc.def"` })),
    );
    expect(shown).not.toContain(TOKEN);
    expect(shown).not.toContain("abc.def");
  });
});

describe("answers that do not come", () => {
  const never = (): Promise<Response> => new Promise<Response>(() => undefined);
  const lost = (): Response => {
    throw new TypeError("Network connection lost.");
  };

  it("says that a lost request may have left", async () => {
    for (const verb of Object.keys(VERBS))
      expect(await failure(verb, lost)).toMatchObject({
        reason: "unavailable",
        sent: "maybe",
        status: null,
        message: "Network connection lost.",
      });
  });

  it("gives every call up after its time", async () => {
    const soon = { jsonMs: 5, turnHeadersMs: 5, uploadMs: 5, fileHeadersMs: 5 };
    for (const call of Object.values(VERBS)) {
      expect(await call(upstream([never], soon).nemo)).toMatchObject({
        ok: false,
        error: { reason: "unavailable", sent: "maybe", message: "timeout" },
      });
    }
  });

  it("gives an answer up that stalls or breaks in its middle", async () => {
    const stalled = new Response(
      new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("{")) }),
    );
    expect(await upstream([stalled], { jsonMs: 5 }).nemo.readCredits(TOKEN)).toMatchObject({
      error: { reason: "unavailable", status: 200 },
    });
    const torn = new Response(new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) }));
    expect(await failure("readCredits", torn)).toMatchObject({
      reason: "unavailable",
      message: "the answer broke off: reset",
    });
  });

  it("sends nothing under a signal that has fired, and nothing that no header can hold", async () => {
    const { nemo, asked } = upstream([]);
    expect(await nemo.openTurn(TOKEN, { sessionId: SESSION, text: "x", signal: AbortSignal.abort() })).toMatchObject({
      error: { reason: "unavailable", sent: "no" },
    });
    expect(await nemo.openTurn("bad\ntoken", { sessionId: SESSION, text: "x" })).toMatchObject({
      error: { reason: "refused", message: "the request could not be built" },
    });
    expect(await nemo.mintToken("x".repeat(65))).toMatchObject({ error: { reason: "client_id_refused" } });
    expect(asked).toEqual([]);
  });

  it("never sends a message twice, whatever comes back", async () => {
    for (const answer of [
      json({}, 500),
      json({}, 429),
      json({ code: 1001 }),
      json({ code: 1002 }),
      lost,
      (): Response => new Response(null, { status: 307, headers: { location: "https://nemo.example/run_sse" } }),
    ]) {
      const { nemo, asked } = upstream([answer, json({ code: 0 })]);
      expect((await nemo.openTurn(TOKEN, { sessionId: SESSION, text: "x" })).ok).toBe(false);
      expect(asked).toHaveLength(1);
    }
  });
});

describe("answers that do not end", () => {
  /** `total` bytes of one endless JSON string, announced or not; `pulled` counts what was taken. */
  function huge(
    total: number,
    headers: Record<string, string> = {},
    status = 200,
  ): { response: Response; pulled: () => number } {
    let bytes = 0;
    const chunk = new Uint8Array(1_000_000).fill(32);
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        bytes += chunk.byteLength;
        if (bytes > total) controller.close();
        else controller.enqueue(chunk);
      },
    });
    return { response: new Response(body, { status, headers }), pulled: () => bytes };
  }

  it("refuses a 400 MB state at the cap, and unread where its length is announced", async () => {
    const source = huge(400_000_000);
    expect(await failure("readState", source.response)).toMatchObject({
      reason: "garbled",
      message: "an answer above 8388608 bytes",
    });
    expect(source.pulled()).toBeLessThan(11_000_000);
    const announced = huge(400_000_000, { "content-length": "400000000" });
    expect(await failure("readState", announced.response)).toMatchObject({ reason: "garbled" });
    expect(announced.pulled()).toBeLessThan(3_000_000);
  });

  it("judges an endless error by its status", async () => {
    const source = huge(400_000_000, {}, 503);
    expect(await failure("readState", source.response)).toMatchObject({ reason: "unavailable", status: 503 });
    expect(source.pulled()).toBeLessThan(3_000_000);
  });

  it("property: one balance in every envelope, among any other keys", async () => {
    const amount = fc.nat(1_000_000);
    const extra = fc.dictionary(fc.constantFrom("request_id", "trace", "draft", "t"), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(
        amount,
        amount,
        extra,
        fc.constantFrom("code", "success", "bare", "data"),
        async (available, frozen, more, kind) => {
          const data = { ...more, available, frozen };
          const envelopes = {
            code: { ...more, code: 0, data },
            success: { success: true, data, ...more },
            bare: { ...data, code: 0 },
            data: { data },
          };
          const outcome = await upstream([json(envelopes[kind])]).nemo.readCredits(TOKEN);
          expect(outcome).toEqual({ ok: true, value: { available, frozen, total: available + frozen } });
        },
      ),
    );
  });

  it("property: any body under any status is an answer or a failure, never a throw", async () => {
    const code = fc.constantFrom(0, 1001, 1002, 2001, 4001, 402, 500, "1001", null, {});
    const envelope = fc.record(
      {
        code,
        success: fc.jsonValue(),
        data: fc.jsonValue(),
        error: fc.jsonValue(),
        message: fc.jsonValue(),
        detail: fc.jsonValue(),
        status: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const body = fc.oneof(
      envelope.map((value) => JSON.stringify(value)),
      fc.json(),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(VERBS)),
        fc.constantFrom(200, 201, 302, 400, 401, 402, 404, 422, 429, 500),
        body,
        async (verb, status, text) => {
          const outcome = await VERBS[verb]?.(upstream([json(text, status), json(text, status)]).nemo);
          if (outcome?.ok === false) expect(outcome.error.message.length).toBeLessThanOrEqual(500);
          if (outcome?.ok === true) expect(status).toBeLessThan(300);
        },
      ),
      { numRuns: 400 },
    );
  });
});
