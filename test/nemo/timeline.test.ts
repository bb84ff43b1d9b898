import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EMPTY_TIMELINE, isExportable, summaryLine } from "../../src/core/timeline/timeline.ts";
import { readTimeline } from "../../src/nemo/timeline.ts";

/** The sample of nemo-api reference section 12; undocumented keys in one possible spelling. */
const SAMPLE = JSON.stringify({
  t: [
    { tt: 0, sg: [{ d: 10000, m: { title: "city timelapse" }, start: 0, src: "https://cdn.example/a.mp4" }] },
    { tt: 1, sg: [{ d: 10000, m: { title: "Lo-fi" }, vol: 0.35 }] },
    { tt: 7, sg: [{ d: 3000, m: { title: "Urban Dreams" } }] },
  ],
  d: 10000,
  m: { title: "project", width: 1920, height: 1080 },
});

describe("readTimeline", () => {
  it("converts the documented sample to the documented line", () => {
    const timeline = readTimeline(SAMPLE);
    expect(summaryLine(timeline)).toBe(
      'Timeline (3 tracks): 1. Video: city timelapse (0-10s) 2. BGM: Lo-fi (0-10s, 35%) 3. Title: "Urban Dreams" (0-3s)',
    );
    expect(timeline).toMatchObject({ durationMs: 10000, title: "project", width: 1920, height: 1080 });
    expect(isExportable(timeline)).toBe(true);
  });

  it("computes starts if a track has none, and not if it has some", () => {
    const starts = (sg: unknown[]): unknown[] =>
      readTimeline(JSON.stringify({ t: [{ tt: 0, sg }] })).tracks[0]?.segments.map((s) => s.startMs) ?? [];
    expect(starts([{ d: 1000 }, { d: 500 }, {}, { d: 1 }])).toEqual([0, 1000, 1500, null]);
    expect(starts([{ d: 1000, start_ms: 200 }, { d: 500 }])).toEqual([200, null]);
  });

  it("reads volumes as fractions and as percentages", () => {
    const volume = (segment: unknown): unknown =>
      readTimeline(JSON.stringify({ t: [{ tt: 1, sg: [segment] }] })).tracks[0]?.segments[0]?.volume;
    expect([
      volume({ vol: 0.35 }),
      volume({ volume: 35 }),
      volume({ m: { volume: "0.5" } }),
      volume({ v: 250 }),
      volume({}),
    ]).toEqual([0.35, 0.35, 0.5, 1, null]);
  });

  it("keeps unknown kinds, and uses a file's name if nothing else names it", () => {
    const timeline = readTimeline(
      '{"t":[{"tt":42,"sg":[{"d":2500,"src":"/mnt/userdata/clip%20a.mp4?x=1"}]},{"sg":[]},null,5]}',
    );
    expect(timeline.tracks.map(({ kind, rawKind }) => [kind, rawKind])).toEqual([
      ["other", 42],
      ["other", null],
    ]);
    expect(summaryLine(timeline)).toBe("Timeline (2 tracks): 1. Track: clip%20a.mp4 (0-2.5s) 2. Track: empty");
  });

  it("reads a draft that is a JSON string", () => {
    expect(readTimeline(JSON.stringify(SAMPLE)).tracks).toHaveLength(3);
  });

  it("is empty for a missing or invalid draft", () => {
    for (const text of [null, "", "{}", "[]", "7", "{broken", '"text"'])
      expect(readTimeline(text)).toEqual(EMPTY_TIMELINE);
    expect(summaryLine(EMPTY_TIMELINE)).toBe("Timeline (0 tracks)");
    expect(isExportable(readTimeline('{"t":[{"tt":0,"sg":[]}]}'))).toBe(false);
  });

  it("property: reads any JSON without a throw, and within its bounds", () => {
    const draft = fc.record({
      t: fc.oneof(
        fc.array(fc.record({ tt: fc.jsonValue(), sg: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()) })),
        fc.jsonValue(),
      ),
      d: fc.jsonValue(),
      m: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.oneof(draft, fc.jsonValue()), (value) => {
        const timeline = readTimeline(JSON.stringify(value));
        expect(summaryLine(timeline)).toMatch(/^Timeline \(\d+ tracks?\)/);
        for (const { volume, startMs } of timeline.tracks.flatMap((track) => track.segments)) {
          expect(volume === null || (volume >= 0 && volume <= 1)).toBe(true);
          expect(startMs === null || startMs >= 0).toBe(true);
        }
      }),
    );
  });
});

describe("summaryLine", () => {
  it("counts further segments and cuts long labels", () => {
    const timeline = readTimeline(
      JSON.stringify({ t: [{ tt: 0, sg: [{ d: 1000, m: { title: "x".repeat(80) } }, { d: 2000 }] }] }),
    );
    expect(summaryLine(timeline)).toBe(`Timeline (1 track): 1. Video: ${"x".repeat(59)}… +1 more (0-3s)`);
  });

  it("counts the tracks after the twentieth", () => {
    expect(
      summaryLine(readTimeline(JSON.stringify({ t: Array.from({ length: 25 }, () => ({ tt: 0, sg: [] })) }))),
    ).toMatch(/^Timeline \(25 tracks\): .* and 5 more$/);
  });
});
