import { describe, expect, it } from "vitest";
import { contentTypeOf, isAnnounceable, warningsOf } from "../../src/core/render.ts";
import { err, ok } from "../../src/core/result.ts";

const properties = {
  container: "mp4",
  durationMs: 10_000,
  width: 1_280,
  height: 720,
  codec: "h264",
  videoSamples: 300,
  isWhole: true,
};
const wanted = { durationMs: 10_000, width: 1_280, height: 720 };

describe("a finished file", () => {
  it("is announced when it is a whole video of the format asked for", () => {
    expect(isAnnounceable(ok(properties), "mp4")).toBe(true);
    expect(isAnnounceable(ok({ ...properties, videoSamples: 0 }), "mp4")).toBe(false);
    expect(isAnnounceable(ok({ ...properties, container: "webm" }), "mp4")).toBe(false);
    expect(isAnnounceable(ok({ ...properties, isWhole: false }), "mp4")).toBe(false);
    expect(isAnnounceable(ok({ ...properties, container: "webm", videoSamples: null }), "webm")).toBe(true);
    for (const reason of ["gone", "unknown", "cut", "broken"] as const)
      expect(isAnnounceable(err({ reason }), "mp4"), reason).toBe(false);
  });

  it("is not rejected if it cannot be analysed", () => {
    expect(isAnnounceable(err({ reason: "over_budget" }), "mp4")).toBe(true);
    expect(warningsOf(err({ reason: "over_budget" }), wanted)).toMatchObject([{ code: "file_not_inspected" }]);
    expect(isAnnounceable(err({ reason: "unknown" }), "gif")).toBe(true);
    expect(contentTypeOf("gif")).toBe("application/octet-stream");
    expect(contentTypeOf("constructor")).toBe("application/octet-stream");
  });

  it("has a warning if it differs from its timeline", () => {
    expect(warningsOf(ok(properties), wanted)).toEqual([]);
    expect(warningsOf(ok(properties), { durationMs: null, width: null, height: null })).toEqual([]);
    expect(warningsOf(ok({ ...properties, durationMs: 10_900 }), wanted)).toEqual([]);
    expect(warningsOf(ok({ ...properties, durationMs: 8_000 }), wanted)).toMatchObject([{ code: "duration_differs" }]);
    expect(warningsOf(ok({ ...properties, width: 720, height: 1_280 }), wanted)).toMatchObject([
      { code: "dimensions_differ", detail: expect.stringContaining("720×1280") },
    ]);
  });
});
