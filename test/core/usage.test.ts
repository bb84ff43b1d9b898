/** What an event adds to the usage, and which period may be requested. */
import { describe, expect, it } from "vitest";
import { countsOf, periodOf } from "../../src/core/usage/usage.ts";

const NOW = Date.parse("2026-11-21T23:30:00.000Z");
const spent = (amount: number | null, basis: string) => JSON.stringify({ credits: { amount, basis } });

describe("a usage record", () => {
  it("of a turn's end counts its credits separately by evidence", () => {
    expect(countsOf("turn.completed", spent(40, "measured"))).toEqual({ turns_completed: 1, credits_measured: 40 });
    expect(countsOf("turn.failed", spent(5, "estimated"))).toEqual({ turns_failed: 1, credits_estimated: 5 });
    expect(countsOf("turn.unknown", spent(null, "unknown"))).toEqual({ turns_unknown: 1, credits_unknown_turns: 1 });
  });

  it("without credits or size is counted", () => {
    expect(countsOf("turn.completed", "{}")).toEqual({ turns_completed: 1, credits_unknown_turns: 1 });
    expect(countsOf("upload.completed", "{}")).toEqual({ upload_bytes: 0 });
    expect(countsOf("render.completed", '{"reused_from":7}')).toEqual({ renders_completed: 1, render_bytes: 0 });
  });

  it("of a render counts the bytes of its file", () => {
    const data = '{"reused_from":null,"file":{"size_bytes":9500000}}';
    expect(countsOf("render.completed", data)).toEqual({ renders_completed: 1, render_bytes: 9_500_000 });
  });

  it("of a video, or of a render that reuses a file, is not counted: its parts are", () => {
    expect(countsOf("render.completed", '{"reused_from":"rnd_1"}')).toBeNull();
    expect(countsOf("video.completed", spent(40, "measured"))).toBeNull();
    expect(countsOf("asset.ready", '{"size_bytes":5}')).toBeNull();
  });
});

describe("the period", () => {
  it("is the last 30 days up to today in UTC by default", () => {
    expect(periodOf({}, NOW)).toEqual({ ok: true, value: { from: "2026-10-23", to: "2026-11-21" } });
    expect(periodOf({ to: "2026-03-01" }, NOW)).toEqual({ ok: true, value: { from: "2026-01-31", to: "2026-03-01" } });
  });

  it("has at most 92 days, anywhere in the 400 that are stored", () => {
    expect(periodOf({ from: "2026-08-22" }, NOW).ok).toBe(true);
    expect(periodOf({ from: "2026-08-21" }, NOW)).toMatchObject({ ok: false, error: { code: "invalid_request" } });
    expect(periodOf({ from: "2025-10-17", to: "2025-10-17" }, NOW).ok).toBe(true);
    expect(periodOf({ from: "2025-10-16", to: "2025-10-17" }, NOW).ok).toBe(false);
    expect(periodOf({ from: "2026-11-21", to: "2026-11-20" }, NOW).ok).toBe(false);
  });
});
