/** The exporter of spans: bounded, and without any way to fail its caller. What a whole gateway sends is in conformance/traces.test.ts. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Env, readConfig, type TraceTarget } from "../../src/env.ts";
import { MOST_SPANS, Spans, spanOf, spansTo, traceJob } from "../../src/tracing.ts";
import { env } from "../support/objects.ts";

const TARGET: TraceTarget = { url: "https://otlp.example.com/v1/traces", headers: { "x-key": "k" }, isUsable: true };
const SPAN = { startedAt: 1_795_000_000_000, endedAt: 1_795_000_000_250, failed: false, fields: { work: "state" } };
const TURN = "trn_01m8m5k1fjpjddz0v9va1s55adg0yk14jscj";

let printed: { event: string }[];
beforeEach(() => {
  printed = [];
  vi.spyOn(console, "warn").mockImplementation((text: string) => void printed.push(JSON.parse(text)));
});
afterEach(() => vi.restoreAllMocks());

/** An exporter whose collector answers so; `sent` has the number of spans of each request. */
function exporter(answer: () => Promise<Response>, target = TARGET) {
  const sent: number[] = [];
  const fetched = async (_: string, init: RequestInit): Promise<Response> => {
    sent.push(JSON.parse(String(init.body)).resourceSpans[0].scopeSpans[0].spans.length);
    return answer();
  };
  return { spans: new Spans(target, { fetch: fetched, waitUntil: null }), sent };
}
const accepted = async () => new Response("{}");

describe("spans", () => {
  it("are sent in batches, and above the limit dropped and counted", async () => {
    const { spans, sent } = exporter(accepted);
    for (let nth = 0; nth < MOST_SPANS + 10; nth++) spans.add("upstream.call", SPAN);
    await spans.flush();
    expect(sent).toEqual([128, 128, 128, 128]);
    expect(printed).toEqual([{ event: "traces_not_sent", work: "traces", count: 10, code: "too_many" }]);
    spans.add("upstream.call", SPAN);
    await spans.flush();
    expect(sent).toHaveLength(5);
  });

  it.each([
    ["cannot be reached", async () => Promise.reject(new TypeError("no connection")), { code: "no_answer" }],
    ["rejects them", async () => new Response("no", { status: 429 }), { status: 429 }],
    ["redirects", async () => new Response(null, { status: 302, headers: { location: "/x" } }), { status: 302 }],
  ])("fail nothing when the collector %s: one line, and no second try", async (_, answer, says) => {
    const { spans, sent } = exporter(answer);
    spans.add("delivery", SPAN);
    await spans.flush();
    await spans.flush();
    expect(sent).toEqual([1]);
    expect(printed).toEqual([{ event: "traces_not_sent", work: "traces", count: 1, ...says }]);
  });

  it("fail nothing when the work that should send them is rejected", () => {
    const waitUntil = (work: Promise<unknown>): void => {
      void work;
      throw new Error("the invocation is over");
    };
    const spans = new Spans(TARGET, { fetch: accepted, waitUntil });
    expect(() => spans.add("turn", SPAN)).not.toThrow();
  });

  it("hold the fields of a log line and an id of a resource, and nothing else", () => {
    const strange = { work: "state", status: 200, prompt: "secret words", url: "https://example.com/f/x" };
    const held = (resource: string) => spanOf("upstream.call", { ...SPAN, resource, fields: strange }).attributes;
    expect(held(TURN)).toEqual([
      { key: "status", value: { intValue: "200" } },
      { key: "work", value: { stringValue: "state" } },
      { key: "resource", value: { stringValue: TURN } },
    ]);
    for (const other of ["credits_ada", "ada@example.com", `${TURN}x`, "ngw_test_0123456789012345678901234567890123"])
      expect(held(other)).toHaveLength(2);
  });

  it("of a turn are one trace under its own span, and a job's calls belong to its resource", () => {
    const own = spanOf("turn", { ...SPAN, resource: TURN });
    const inside = traceJob(TARGET, `${TURN}|ast_1`, () => spanOf("upstream.call", SPAN));
    expect(inside).toMatchObject({ traceId: own.traceId, parentSpanId: own.spanId });
    expect(own).not.toHaveProperty("parentSpanId");
    const alone = spanOf("upstream.call", SPAN);
    expect(alone.traceId).not.toBe(own.traceId);
    expect(alone).not.toHaveProperty("parentSpanId");
  });
});

describe("the setting", () => {
  const traces = (more: Partial<Env>) => readConfig({ ...env, ...more } as Env).traces;
  const OTEL_EXPORTER_OTLP_TRACES_ENDPOINT = TARGET.url;

  it("is off by default, and then there is no exporter", () => {
    expect(traces({})).toBeNull();
    expect(spansTo(null, null)).toBeNull();
    expect(traceJob(null, TURN, () => spanOf("upstream.call", SPAN))).not.toHaveProperty("parentSpanId");
  });

  it("has headers as OpenTelemetry writes them", () => {
    const OTEL_EXPORTER_OTLP_TRACES_HEADERS = "authorization=Basic%20abc%3D, x-team = video ,";
    expect(traces({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_HEADERS })).toEqual({
      url: TARGET.url,
      headers: { authorization: "Basic abc=", "x-team": "video" },
      isUsable: true,
    });
  });

  it.each([
    [
      "http in production",
      { ENVIRONMENT: "", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://otlp.example.com/v1/traces" },
    ],
    ["an address of no kind", { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "otlp.example.com" }],
    ["a malformed header", { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_HEADERS: "a b=%zz" }],
  ])("sends nothing for %s, and says so", async (_, more) => {
    const target = traces(more);
    expect(target?.isUsable).toBe(false);
    const { spans, sent } = exporter(accepted, target ?? TARGET);
    spans.add("turn", SPAN);
    await spans.flush();
    expect(sent).toEqual([]);
    expect(printed).toEqual([{ event: "traces_not_sent", work: "traces", count: 1, code: "bad_setting" }]);
  });
});
