import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TurnEvent } from "../../src/nemo/translate.ts";
import { adk, call, data, response, text } from "./support/records.ts";
import { batchesOf, SESSION, sse, TOKEN, turnOf, upstream } from "./support/upstream.ts";

const CLOSED: TurnEvent = { type: "ended", clean: true, why: "closed" };
const utf8 = new TextEncoder();

/** Every heartbeat of nemo-api reference section 4.3. */
const HEARTBEATS = [
  ": heartbeat\n\n",
  "event: heartbeat\n\n",
  "event: heartbeat\ndata:\n\n",
  "data:\n\n",
  "data: heartbeat\n\n",
  'data: {"type":"heartbeat"}\n\n',
  "data: {}\n\n",
];

const RECORDS = [
  adk([call("c1", "edit_multitrack")]),
  adk([response("c1", "edit_multitrack")], { actions: { state_delta: { draft: {} } } }),
  adk([text("Готово 🎬 完成 é")], { partial: true }),
  adk([text("Line one\nline two")]),
  { type: "text", content: "typed" },
  { error: "model overloaded" },
  '{"error":"he said "no""}',
  adk([], { errorCode: "SAFETY", errorMessage: "blocked" }),
  adk([]),
];

/** `bytes` cut at these positions. */
function chop(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const positions = [...new Set(cuts.map((cut) => cut % (bytes.byteLength + 1)))].sort((a, b) => a - b);
  return [0, ...positions].map((from, at) => bytes.slice(from, positions[at] ?? bytes.byteLength));
}
const withoutHeartbeats = (events: readonly TurnEvent[]): TurnEvent[] =>
  events.filter((event) => event.type !== "heartbeat");

describe("a turn's stream", () => {
  it.each(HEARTBEATS)("reports %j as a heartbeat", async (heartbeat) => {
    expect(await turnOf(sse([heartbeat]))).toEqual([{ type: "heartbeat" }, CLOSED]);
  });

  it("returns the events of one read as one batch", async () => {
    const { nemo } = upstream([
      sse([data(adk([text("a")])) + data(adk([text("b")])), ": heartbeat\n\n", data(adk([text("c")]))]),
    ]);
    const opened = await nemo.openTurn(TOKEN, { sessionId: SESSION, text: "x" });
    const batches = opened.ok ? await batchesOf(opened.value) : [];
    expect(batches.map((batch) => batch.length)).toEqual([2, 1, 1, 1]);
  });

  it("has its last record without a blank line", async () => {
    expect(await turnOf(sse(['data: {"type":"text","content":"end"}']))).toMatchObject([
      { type: "text", text: "end" },
      CLOSED,
    ]);
    expect(withoutHeartbeats(await turnOf(sse(['data: {"type":"text","content":"end"}\n'])))).toMatchObject([
      { type: "text", text: "end" },
      CLOSED,
    ]);
  });

  it("does not end with half a record, and keeps the events before it", async () => {
    expect(await turnOf(sse([data(adk([text("a")])), 'data: {"content":{"parts":[{"te']))).toMatchObject([
      { text: "a" },
      { type: "ended", clean: false, why: "cut" },
    ]);
  });

  it("keeps the events before the connection broke", async () => {
    expect(await turnOf(sse([data(adk([text("a")])), "data: {"], "error"))).toMatchObject([
      { text: "a" },
      { type: "ended", clean: false, why: "cut" },
    ]);
  });

  it("ends cleanly without text, for edits without text", async () => {
    expect(await turnOf(sse([]))).toEqual([CLOSED]);
    expect(await turnOf(new Response(null, { headers: { "content-type": "text/event-stream" } }))).toEqual([CLOSED]);
  });

  it("may be JSON with a stream's media type", async () => {
    const body = sse(['\n{"code":2001,', '"message":"no credits"}']);
    expect(await turnOf(body)).toMatchObject([
      { type: "heartbeat" },
      { type: "failed", failure: { reason: "no_credits", code: 2001, status: 200 } },
      CLOSED,
    ]);
    expect(await turnOf(sse(['{"code":0}']))).toMatchObject([
      { type: "failed", failure: { reason: "malformed" } },
      CLOSED,
    ]);
  });

  it("property: the same events for any chunking, line ending and mix of heartbeats", async () => {
    const chunk = fc.oneof(
      fc.constantFrom(...RECORDS).map((record) => ({ record })),
      fc.constantFrom(...HEARTBEATS).map((beat) => ({ beat })),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(chunk, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        fc.constantFrom("\n", "\r\n", "\r"),
        async (parts, cuts, newline) => {
          const wire = parts.map((each) => ("record" in each ? data(each.record) : each.beat)).join("");
          const records = parts.flatMap((each) => ("record" in each ? [each.record] : []));
          const expected = await turnOf(sse(records.map(data)));
          expect(withoutHeartbeats(await turnOf(sse(chop(utf8.encode(wire.replaceAll("\n", newline)), cuts))))).toEqual(
            withoutHeartbeats(expected),
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it("property: any bytes end once, at the end, without a throw", async () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .constantFrom(
          "data: ",
          "\n\n",
          "data: {",
          '"}\n',
          "event: error\n",
          ":\r",
          "data\n",
          "id: 1\n",
          "retry: x\n",
          "\ufeff",
          '{"a":',
        )
        .map((part) => utf8.encode(part)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(noise, { maxLength: 20 }),
        fc.constantFrom("close" as const, "error" as const),
        async (chunks, end) => {
          const events = await turnOf(sse(chunks, end));
          expect(events.filter((event) => event.type === "ended")).toHaveLength(1);
          expect(events.at(-1)?.type).toBe("ended");
          if (end === "error") expect(events.at(-1)).toMatchObject({ clean: false });
        },
      ),
      { numRuns: 300 },
    );
  });
});
