import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { json, SESSION, sse, TOKEN, turnOf, upstream } from "./support/upstream.ts";
import { failure, VERBS } from "./support/verbs.ts";

describe("missing responses", () => {
  const never = (): Promise<Response> => new Promise<Response>(() => undefined);
  const lost = (): Response => {
    throw new TypeError("Network connection lost.");
  };

  it("report that a lost request may have left", async () => {
    for (const verb of Object.keys(VERBS))
      expect(await failure(verb, lost)).toMatchObject({
        reason: "unavailable",
        sent: "maybe",
        status: null,
        message: "Network connection lost.",
      });
  });

  it("end every call after its timeout", async () => {
    const soon = { jsonMs: 5, turnHeadersMs: 5, uploadMs: 5, fileHeadersMs: 5 };
    for (const call of Object.values(VERBS)) {
      expect(await call(upstream([never], soon).nemo)).toMatchObject({
        ok: false,
        error: { reason: "unavailable", sent: "maybe", message: "timeout" },
      });
    }
  });

  it("end a response that stalls or breaks in the middle", async () => {
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

  it("do not occur under a signal that has fired, or for a value that no header can hold: nothing is sent", async () => {
    const { nemo, asked } = upstream([]);
    expect(await nemo.openTurn(TOKEN, { sessionId: SESSION, text: "x", signal: AbortSignal.abort() })).toMatchObject({
      error: { reason: "unavailable", sent: "no" },
    });
    expect(await nemo.openTurn("bad\ntoken", { sessionId: SESSION, text: "x" })).toMatchObject({
      error: { reason: "rejected", message: "the request could not be built" },
    });
    expect(await nemo.issueToken("x".repeat(65))).toMatchObject({ error: { reason: "client_id_rejected" } });
    expect(asked).toEqual([]);
  });

  it("leave no timer running behind a response", async () => {
    vi.useFakeTimers();
    try {
      for (const [verb, call] of Object.entries(VERBS)) {
        await call(upstream([json({ code: 1001 })]).nemo);
        expect([verb, vi.getTimerCount()]).toEqual([verb, 0]);
      }
      await turnOf(sse(["data: x\n\n"]));
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("never make a message leave twice", async () => {
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

describe("responses that do not end", () => {
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

  it("are rejected at the limit for a 400 MB state, and unread if the length is announced", async () => {
    const source = huge(400_000_000);
    expect(await failure("readState", source.response)).toMatchObject({
      reason: "malformed",
      message: "an answer above 8388608 bytes",
    });
    expect(source.pulled()).toBeLessThan(11_000_000);
    const announced = huge(400_000_000, { "content-length": "400000000" });
    expect(await failure("readState", announced.response)).toMatchObject({ reason: "malformed" });
    expect(announced.pulled()).toBeLessThan(3_000_000);
  });

  it("are classified by their status if it is an error", async () => {
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

  it("property: any body with any status is a result or a failure, never a throw", async () => {
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
