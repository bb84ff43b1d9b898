import { describe, expect, it } from "vitest";
import { createCalls, createTranslator, type TurnEvent } from "../../src/nemo/translate.ts";
import { adk, call, response, text } from "./support/records.ts";

/** The events of these records, in one stream. */
const translate = (...records: readonly unknown[]): TurnEvent[] => {
  const translator = createTranslator();
  return records.flatMap((record) =>
    translator({ event: null, data: typeof record === "string" ? record : JSON.stringify(record) }),
  );
};
const said = (words: string, partial = false, author: string | null = "nemo_agent"): TurnEvent => ({
  type: "text",
  text: words,
  partial,
  author,
});
const failureOf = (record: unknown): unknown => {
  const found = translate(record).find((event) => event.type === "failed");
  return found === undefined ? null : [found.failure.reason, found.failure.code, found.failure.message];
};

describe("a hostile stream", () => {
  it("with deeply nested data is opened a few levels deep, without a throw", () => {
    const nested = (depth: number, inner: string): string => `${'{"data":'.repeat(depth)}${inner}${"}".repeat(depth)}`;
    const words = '{"type":"text","content":"hi"}';
    expect(translate(nested(3, words))).toEqual([said("hi", false, null)]);
    expect(translate(nested(2_000, words))).toEqual([]);
    expect(translate(nested(200_000, words)).map(({ type }) => type)).not.toContain("text");
  });

  it("with endless calls finds a call that ends by its name, the oldest first, however many are open", () => {
    const calls = createCalls();
    for (let n = 0; n < 300_000; n++) calls.start(n % 2 === 0 ? "even" : "odd", null);
    const [first, second] = [calls.finish("odd", null), calls.finish("odd", null)];
    const [one, other] = [first, second].map((id) => Number(id.split("#")[1]));
    expect(other).toBe((one ?? 0) + 2);
    for (let n = 0; n < 300_000; n++) calls.finish("even", calls.start("even", null));
    expect(calls.finish("unknown", null)).toMatch(/^unknown#/);
    calls.start("a", "x");
    calls.start("b", "x"); // the same id under another name
    expect([calls.finish("b", null), calls.finish("a", null)]).toEqual(["x", expect.stringMatching(/^a#/)]);
  });
});

describe("the translator of ADK events", () => {
  it("translates a generation: call, response with state, text", () => {
    const draft = { actions: { stateDelta: { generated_media: [{}], draft: { t: [] } } } };
    expect(
      translate(
        adk([call("adk-1", "generate_video_with_seedance")]),
        adk([response("adk-1", "generate_video_with_seedance")], draft),
        adk([text("Ready.")]),
      ),
    ).toEqual([
      { type: "tool_started", name: "generate_video_with_seedance", callId: "adk-1" },
      { type: "tool_finished", name: "generate_video_with_seedance", callId: "adk-1", ok: true },
      { type: "state_hint" },
      said("Ready."),
    ]);
  });

  it("reads outer keys and parts in snake_case", () => {
    const early = {
      id: "a",
      author: "nemo_agent",
      invocation_id: "e-1",
      content: { parts: [{ function_call: { id: "c", name: "edit" } }, { text: "Hi" }] },
      actions: { state_delta: { "user:draft": {} } },
    };
    expect(translate(early)).toEqual([
      said("Hi"),
      { type: "tool_started", name: "edit", callId: "c" },
      { type: "state_hint" },
    ]);
    expect(failureOf({ id: "b", error_code: "SAFETY", error_message: "blocked" })).toEqual([
      "agent_failed",
      null,
      "SAFETY: blocked",
    ]);
  });

  it("joins the visible text of an event and drops thoughts, media and unknown parts", () => {
    const parts: unknown[] = [
      text("Your "),
      { text: "hmm", thought: true },
      { inlineData: { data: "AA" } },
      { executableCode: { code: "1" } },
      null,
      7,
      text("clip."),
    ];
    expect(translate(adk(parts))).toEqual([said("Your clip.")]);
  });

  it("returns deltas and then the whole text, including equal deltas with one id", () => {
    const delta = (words: string): unknown => adk([text(words)], { partial: true, id: "same" });
    expect(translate(delta("ha"), delta("ha"), adk([text("haha")]))).toEqual([
      said("ha", true),
      said("ha", true),
      said("haha"),
    ]);
  });

  it("names a sub-agent, and drops the user's own text", () => {
    expect(translate(adk([text("Music added.")], { author: "music_agent", branch: "nemo_agent.music_agent" }))).toEqual(
      [said("Music added.", false, "music_agent")],
    );
    expect(translate(adk([text("add music")], { author: "user" }))).toEqual([]);
  });

  it("keeps two events with one id, and drops an exact duplicate", () => {
    const first = adk([text("one")], { id: "x" });
    const second = adk([], { id: "x", actions: { stateDelta: { draft: {} }, artifactDelta: { a: 1 } } });
    expect(translate(first, second, first)).toEqual([said("one"), { type: "state_hint" }]);
  });

  it("returns nothing for an event with only actions, or with temporary state", () => {
    expect(
      translate(
        adk([]),
        adk([], { content: undefined, actions: { stateDelta: { "temp:draft": 1, other: 2 }, transferToAgent: "x" } }),
      ),
    ).toEqual([]);
  });

  it("reports a model's error, with the text before it, but not a normal end", () => {
    expect(translate(adk([text("Half a")], { errorCode: "MAX_TOKENS" }))).toMatchObject([
      said("Half a"),
      { type: "failed", failure: { reason: "agent_failed", message: "MAX_TOKENS" } },
    ]);
    expect(translate(adk([], { content: undefined, errorCode: "STOP" }))).toEqual([]);
  });

  it("reports a tool's success only if the response states it", () => {
    const ok = (answer: unknown): unknown =>
      translate(adk([response("c", "t", answer)])).map((event) => event.type === "tool_finished" && event.ok)[0];
    expect(
      [
        { status: "success" },
        { status: "failed" },
        { error: "x" },
        { success: true },
        { result: "?" },
        null,
        { status: "pending" },
      ].map(ok),
    ).toEqual([true, false, false, true, null, null, null]);
  });
});

describe("the translator of typed records", () => {
  it("returns text, calls and responses, and pairs them if they have no id", () => {
    const records = [
      { type: "tool_call", name: "edit", args: {} },
      { type: "tool_call", name: "edit", args: {} },
      { type: "tool_result", name: "edit", result: {} },
      { type: "text", content: "done" },
    ];
    expect(translate(...records)).toEqual([
      { type: "tool_started", name: "edit", callId: "edit#1" },
      { type: "tool_started", name: "edit", callId: "edit#2" },
      { type: "tool_finished", name: "edit", callId: "edit#1", ok: null },
      said("done", false, null),
    ]);
  });

  it("keeps two equal texts, because typed records have no ids", () => {
    expect(translate({ type: "text", content: "ok" }, { type: "text", content: "ok" })).toHaveLength(2);
  });

  it("reports an error, and ignores unknown types", () => {
    expect(failureOf({ type: "error", code: 2001, message: "no credits" })).toEqual(["no_credits", 2001, "no credits"]);
    expect(translate({ type: "thinking", content: "…" }, { type: "done" }, { type: "pong" })).toEqual([]);
  });
});

describe("errors in a stream", () => {
  it.each([
    [{ error: "model overloaded" }, ["agent_failed", null, "model overloaded"]],
    ['{"error":"he said "no""}', ["agent_failed", null, 'he said "no"']],
    ['{"error": "the session\'s "x\\" is stale"}', ["agent_failed", null, 'the session\'s "x\\" is stale']],
    [{ error: "Session not found: 55" }, ["session_lost", null, "Session not found: 55"]],
    [{ code: 2001, message: "insufficient credits", data: null }, ["no_credits", 2001, "insufficient credits"]],
    [{ error: { code: 1001, message: "token expired" } }, ["token_rejected", 1001, "token expired"]],
    [{ error: "Insufficient credits, please top up" }, ["no_credits", null, "Insufficient credits, please top up"]],
    [{ error: "2001: top up" }, ["no_credits", 2001, "2001: top up"]],
    [{ error: "积分不足" }, ["no_credits", null, "积分不足"]],
    // The model provider's own errors are not about our token or our rate.
    [{ error: { code: 429, message: "RESOURCE_EXHAUSTED" } }, ["agent_failed", 429, "RESOURCE_EXHAUSTED"]],
    [{ error: { code: 401, message: "bad key" } }, ["agent_failed", 401, "bad key"]],
    [{ error: true }, ["agent_failed", null, "an error without a message"]],
  ])("are read from %j", (record, expected) => {
    expect(failureOf(record)).toEqual(expected);
  });

  it("are read from an `error` event with plain text", () => {
    expect(createTranslator()({ event: "error", data: "boom" })).toMatchObject([
      { type: "failed", failure: { reason: "agent_failed", message: "boom" } },
    ]);
  });

  it("contain no token and have a limited length", () => {
    const [, , message] = failureOf({
      error: `token nmv_usr_abc-DEF_123 with Bearer abc.def is bad ${"x".repeat(5000)}`,
    }) as [string, null, string];
    expect(message).not.toMatch(/abc/);
    expect(message.length).toBe(500);
  });
});

describe("records without content", () => {
  it.each(["", "heartbeat", "ping", "[DONE]", "{}", '{"type":"heartbeat"}', "null", "7", "[]"])(
    "are heartbeats: %j",
    (record) => {
      expect(translate(record)).toEqual([]);
    },
  );

  it("are reported if they cannot be read", () => {
    expect(translate('{"content":{"parts":[{"text":"hal')).toEqual([{ type: "unreadable", chars: 33 }]);
    expect(translate("w".repeat(100))).toEqual([{ type: "unreadable", chars: 100 }]);
  });
});
