/** Whatever upstream shows, a turn ends in time, and its verdict says no more than was seen. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scaledTimings } from "../../src/core/timings.ts";
import {
  afterSnapshot,
  firstPollAt,
  giveUpAt,
  isChanged,
  NEW_TURN,
  type OpenTurn,
  type Settled,
  type Snapshot,
  type StreamEnd,
  type Turn,
  toSending,
  toSettling,
  toStreaming,
} from "../../src/core/turn.ts";

const timings = scaledTimings(1);
const SENT = 1_000_000;

const snapshot = fc.record({
  fingerprint: fc.constantFrom("a", "b", "c"),
  summary: fc.constant(""),
  timeline: fc.constant(null),
  available: fc.option(fc.integer({ min: 0, max: 500 }), { nil: null }),
  frozen: fc.option(fc.constantFrom(0, 0, 100), { nil: null }),
});
const stream = fc.record({
  end: fc.constantFrom<StreamEnd>("closed", "error", "cut", "lost", "cancelled"),
  hasFinalText: fc.boolean(),
  openTools: fc.nat({ max: 2 }),
  closed: fc.constant(false),
});
const script = fc.record({
  before: snapshot,
  stream,
  streamMs: fc.nat({ max: 15 * 60_000 }),
  readings: fc.array(snapshot, { minLength: 1, maxLength: 8 }),
  shared: fc.boolean(),
});

/** Polls as the object does, the last snapshot for ever, until the turn is settled. */
function settle(
  turn: Turn,
  readings: readonly Omit<Snapshot, "at">[],
  shared: boolean,
  from: number,
): { end: Settled & { do: "end" }; at: number; reads: number } {
  let now = firstPollAt(turn, from, timings);
  let current = turn;
  for (let reads = 1; reads <= 100; reads++) {
    const seen = readings[Math.min(reads, readings.length) - 1];
    if (seen === undefined) break;
    const settled = afterSnapshot(current, { ...seen, at: now }, shared, now, timings);
    if (settled.do === "end") return { end: settled, at: now, reads };
    expect(settled.at).toBeGreaterThan(now);
    current = settled.turn;
    now = settled.at;
  }
  throw new Error("a turn without an end");
}

describe("settling, for any sequence of upstream states", () => {
  it("ends in time and reports nothing that was not observed", () => {
    fc.assert(
      fc.property(script, ({ before, stream: end, streamMs, readings, shared }) => {
        const base: OpenTurn = {
          id: "trn_1",
          project: "prj_1",
          prompt: "x",
          intent: "chat",
          act: "suggest",
          language: null,
          answerLanguage: "en",
          metadata: {},
          callback: null,
          onSessionLoss: "fail",
          source: "caller",
          attribution: null,
          key: null,
          createdAt: SENT,
          ...NEW_TURN,
        };
        const turn = toSettling(toStreaming(toSending(base, { ...before, at: SENT }, SENT)), end, null);
        const over = settle(turn, readings, shared, SENT + streamMs);
        const { status, charged } = over.end.verdict;
        const changed = isChanged(turn, over.end.snapshot);
        const finished = end.end === "closed" && end.hasFinalText && end.openTools === 0;
        expect(over.at).toBeLessThanOrEqual(Math.max(giveUpAt(turn, timings), SENT + streamMs + timings.settleFirst));
        if (status === "completed") expect(changed || finished).toBe(true);
        if (status === "failed") {
          expect(changed || shared).toBe(false);
          expect(over.end.snapshot.available).not.toBeNull();
          expect(charged).toBe("no");
        }
        if (charged === "yes") expect(over.end.snapshot.available ?? 0).toBeLessThan(before.available ?? 0);
        if (charged === "no") expect(shared).toBe(false);
        if (!finished && over.reads === 1) expect(over.at).toBeGreaterThanOrEqual(giveUpAt(turn, timings));
      }),
      { numRuns: 2_000 },
    );
  });
});
