import { describe, expect, it } from "vitest";
import { openDeadline } from "../../src/nemo/http.ts";
import { DEFAULT_TIMEOUTS } from "../../src/nemo/limits.ts";
import { openTurnStream } from "../../src/nemo/stream.ts";
import type { TurnEvent } from "../../src/nemo/translate.ts";
import { adk, data, text } from "./support/records.ts";
import { batchesOf, SESSION, sse, TOKEN, turnOf, upstream } from "./support/upstream.ts";

const CLOSED: TurnEvent = { type: "ended", clean: true, why: "closed" };
const utf8 = new TextEncoder();

describe("the end of a stream", () => {
  /** A stream that repeats `chunk` for ever; `pulled` counts the bytes taken from it. */
  function endless(chunk: Uint8Array): { response: Response; pulled: () => number; cancelled: () => boolean } {
    let bytes = 0;
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        bytes += chunk.byteLength;
        controller.enqueue(chunk);
      },
      cancel() {
        cancelled = true;
      },
    });
    return {
      response: new Response(body, { headers: { "content-type": "text/event-stream" } }),
      pulled: () => bytes,
      cancelled: () => cancelled,
    };
  }
  const MIB = 1_048_576;
  const TOO_BIG: TurnEvent = { type: "ended", clean: false, why: "too_big" };

  it("is forced at the record limit by an endless line", async () => {
    const source = endless(utf8.encode(`data: ${"x".repeat(65_530)}`));
    expect(await turnOf(source.response)).toEqual([TOO_BIG]);
    expect(source.pulled()).toBeLessThan(8.3 * MIB);
    expect(source.cancelled()).toBe(true);
  });

  it("is forced by a 50 MB line, in chunks and as one", async () => {
    const line = new Uint8Array(50_000_000).fill(120);
    line.set(utf8.encode("data: "));
    expect(await turnOf(sse([line]))).toEqual([TOO_BIG]);
    expect(await turnOf(sse([utf8.encode("data: a\n"), line]))).toEqual([{ type: "heartbeat" }, TOO_BIG]);
  });

  it("is forced at the stream limit, however small its records, valid or not", async () => {
    for (const part of [": heartbeat\n\n", "no field of any kind ", "\n"]) {
      const source = endless(utf8.encode(part.repeat(Math.ceil(MIB / part.length))));
      const events = await turnOf(source.response);
      expect(events.at(-1)).toEqual(TOO_BIG);
      expect(source.pulled()).toBeLessThan(67 * MIB);
    }
  });

  it("is forced by an endless JSON body in place of a stream", async () => {
    expect(await turnOf(endless(utf8.encode(`{"a":"${"x".repeat(9_000)}`)).response)).toEqual([TOO_BIG]);
  });

  it("depends on the limits that are passed in", async () => {
    const deadline = openDeadline();
    const options = { response: sse([data("a"), data("b")]), deadline, timeouts: DEFAULT_TIMEOUTS, maxBytes: 10 };
    expect((await batchesOf(openTurnStream(options))).flat()).toEqual([{ type: "heartbeat" }, TOO_BIG]);
  });

  const silent = (): Response =>
    new Response(
      new ReadableStream({ start: (controller) => controller.enqueue(utf8.encode(data(adk([text("a")])))) }),
      { headers: { "content-type": "text/event-stream" } },
    );

  it("comes after the idle timeout of a silent stream, and after the total timeout of any", async () => {
    expect(await turnOf(silent(), { turnIdleMs: 100 })).toMatchObject([
      { text: "a" },
      { type: "ended", clean: false, why: "idle" },
    ]);
    expect(await turnOf(silent(), { turnTotalMs: 200 })).toMatchObject([
      { text: "a" },
      { type: "ended", clean: false, why: "too_long" },
    ]);
  });

  it("does not count the consumer's own time as silence", async () => {
    const { nemo } = upstream([sse([data("a"), data("b")])], { turnIdleMs: 100 });
    const opened = await nemo.openTurn(TOKEN, { sessionId: SESSION, text: "x" });
    const events: TurnEvent[] = [];
    if (opened.ok) {
      for await (const batch of opened.value.events) {
        events.push(...batch);
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
    }
    expect(events.at(-1)).toEqual(CLOSED);
  });

  it("can be requested from outside, by a method and by a signal", async () => {
    const controller = new AbortController();
    const { nemo } = upstream([silent, silent]);
    const first = await nemo.openTurn(TOKEN, { sessionId: SESSION, text: "x", signal: controller.signal });
    const second = await nemo.openTurn(TOKEN, { sessionId: SESSION, text: "x" });
    if (!first.ok || !second.ok) throw new Error("not opened");
    const both = Promise.all([batchesOf(first.value), batchesOf(second.value)]);
    controller.abort();
    second.value.cancel();
    for (const batches of await both)
      expect(batches.flat().at(-1)).toEqual({ type: "ended", clean: false, why: "cancelled" });
  });

  it("closes upstream's connection when the consumer stops reading", async () => {
    const source = endless(utf8.encode(data(adk([text("a")]))));
    const opened = await upstream([source.response]).nemo.openTurn(TOKEN, { sessionId: SESSION, text: "x" });
    if (!opened.ok) throw new Error("not opened");
    for await (const batch of opened.value.events) if (batch.length > 0) break;
    await Promise.resolve();
    expect(source.cancelled()).toBe(true);
  });
});
