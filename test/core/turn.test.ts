import { describe, expect, it } from "vitest";
import { scaledTimings } from "../../src/core/timings.ts";
import {
  afterRestart,
  afterSnapshot,
  evidenceOf,
  firstPollAt,
  giveUpAt,
  mayReplace,
  NEW_TURN,
  type OpenTurn,
  type Snapshot,
  spentBy,
  type Turn,
  toEnded,
  toReplaced,
  toSending,
  toSettling,
  toStreaming,
} from "../../src/core/turn.ts";

const timings = scaledTimings(1);
const SENT = 1_000_000;
const before: Snapshot = {
  fingerprint: "a",
  summary: "before",
  timeline: null,
  available: 500,
  frozen: 0,
  at: SENT - 10,
};
const poll = (over: Partial<Snapshot>): Snapshot => ({ ...before, summary: "after", at: SENT + 60_000, ...over });

const base: OpenTurn = {
  id: "trn_1",
  project: "prj_1",
  prompt: "hi",
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
  createdAt: SENT - 100,
  ...NEW_TURN,
};
const sent = toStreaming(toSending(base, before, SENT));
const closed: Turn["stream"] = { end: "closed", hasFinalText: true, openTools: 0, closed: true };

describe("a turn", () => {
  it("ends after one poll if upstream closed after a final text", () => {
    const turn = toSettling(sent, closed, null);
    const settled = afterSnapshot(turn, poll({ fingerprint: "b", available: 450 }), false, SENT + 60_000, timings);
    expect(settled).toMatchObject({ do: "end", verdict: { status: "completed", charged: "yes" } });
  });

  it.each([
    ["silent", { ...closed, hasFinalText: false }],
    ["a tool was still open", { ...closed, openTools: 1 }],
    ["the stream was cut", { ...closed, end: "cut" as const }],
    ["the instance was lost", { ...closed, end: "lost" as const }],
  ])("waits for two equal polls when %s", (_why, stream) => {
    const first = afterSnapshot(
      toSettling(sent, stream, null),
      poll({ fingerprint: "b" }),
      false,
      SENT + 60_000,
      timings,
    );
    expect(first).toMatchObject({ do: "wait", at: SENT + 60_000 + timings.settleApart });
    if (first.do !== "wait") return;
    const early = afterSnapshot(
      first.turn,
      poll({ fingerprint: "b", at: SENT + 70_000 }),
      false,
      SENT + 70_000,
      timings,
    );
    expect(early.do).toBe("wait");
    const later = afterSnapshot(
      first.turn,
      poll({ fingerprint: "b", at: SENT + 90_000 }),
      false,
      SENT + 90_000,
      timings,
    );
    expect(later).toMatchObject({ do: "end", verdict: { status: "completed" } });
  });

  it("does not take the first change as the end: a generation has two stages", () => {
    const turn = toSettling(sent, { ...closed, end: "cut" }, null);
    const first = afterSnapshot(turn, poll({ fingerprint: "b" }), false, SENT + 60_000, timings);
    if (first.do !== "wait") throw new Error("ended at the first change");
    const second = afterSnapshot(
      first.turn,
      poll({ fingerprint: "c", at: SENT + 100_000 }),
      false,
      SENT + 100_000,
      timings,
    );
    expect(second.do).toBe("wait");
  });

  it("keeps waiting while credits are frozen, unless the token is shared", () => {
    const turn = { ...toSettling(sent, { ...closed, end: "cut" }, null), after: poll({ fingerprint: "b" }) };
    const now = SENT + 120_000;
    const frozen = poll({ fingerprint: "b", frozen: 100, at: now });
    expect(afterSnapshot(turn, frozen, false, now, timings).do).toBe("wait");
    expect(afterSnapshot(turn, frozen, true, now, timings)).toMatchObject({
      do: "end",
      verdict: { charged: "unknown" },
    });
  });

  it("fails uncharged after 15 minutes only if nothing changed and the balance is its own and equal", () => {
    const turn = toSettling(sent, { ...closed, end: "cut" }, null);
    const now = giveUpAt(turn, timings);
    const same = poll({ fingerprint: "a", at: now });
    expect(afterSnapshot(turn, same, false, now, timings)).toMatchObject({
      do: "end",
      verdict: { status: "failed", charged: "no" },
    });
    expect(afterSnapshot(turn, same, true, now, timings)).toMatchObject({ do: "end", verdict: { status: "unknown" } });
    expect(afterSnapshot(turn, { ...same, available: null }, false, now, timings)).toMatchObject({
      do: "end",
      verdict: { status: "unknown", charged: "unknown" },
    });
    expect(afterSnapshot(turn, { ...same, available: 400 }, false, now, timings)).toMatchObject({
      do: "end",
      verdict: { status: "unknown", charged: "yes" },
    });
  });

  it("never waits beyond its give-up time", () => {
    const turn = toSettling(sent, { ...closed, end: "cut" }, null);
    const now = giveUpAt(turn, timings) - 5_000;
    const settled = afterSnapshot(turn, poll({ fingerprint: "a", at: now }), false, now, timings);
    expect(settled).toMatchObject({ do: "wait", at: giveUpAt(turn, timings) });
  });

  it("is reconciled after a restart, in exactly the two phases that may have sent", () => {
    expect(afterRestart(base)).toBeNull();
    expect(afterRestart(toSending(base, before, SENT))).toMatchObject({ phase: "settling", stream: { end: "lost" } });
    expect(afterRestart(sent)).toMatchObject({ phase: "settling", stream: { end: "lost" } });
    expect(afterRestart(toSettling(sent, closed, null))).toBeNull();
    expect(afterRestart(toEnded(sent, { status: "completed", charged: "yes" }, null, SENT + 1))).toBeNull();
  });

  it("is polled at once after a closed stream and later after a cut one", () => {
    expect(firstPollAt(toSettling(sent, closed, null), 5, timings)).toBe(5);
    expect(firstPollAt(toSettling(sent, { ...closed, end: "lost" }, null), 5, timings)).toBe(5 + timings.settleFirst);
  });

  it("reports the evidence of its end and its cost", () => {
    const turn = toSettling(sent, closed, null);
    const snapshot = poll({ fingerprint: "b", available: 400 });
    expect(evidenceOf(turn, snapshot, false)).toEqual({ stream: "closed", timeline: "changed", balance: "lower" });
    expect(evidenceOf(turn, null, false)).toEqual({ stream: "closed", timeline: "unread", balance: "unread" });
    expect(spentBy(turn, snapshot, false)).toEqual({ amount: 100, basis: "measured" });
    expect(spentBy(turn, snapshot, true)).toEqual({ amount: null, basis: "unknown" });
  });

  it("continues in a new session once, and only if no timeline is lost or the caller asked for it", () => {
    expect(mayReplace(base, false)).toBe(true);
    expect(mayReplace(base, true)).toBe(false);
    expect(mayReplace({ ...base, onSessionLoss: "restart" }, true)).toBe(true);
    const again = toReplaced(toSending(base, before, SENT));
    expect(again).toMatchObject({ phase: "queued", replaced: true, sentAt: null, before: null });
    expect(mayReplace({ ...again, onSessionLoss: "restart" }, false)).toBe(false);
  });

  it("has an error only if it did not complete", () => {
    const error = { code: "turn_failed", detail: "x" } as const;
    expect(toEnded(sent, { status: "completed", charged: "yes" }, error, 9).error).toBeNull();
    expect(toEnded(sent, { status: "failed", charged: "no" }, error, 9).error).toBe(error);
  });
});
