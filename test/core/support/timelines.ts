/** Timelines in few words, and arbitrary ones. */
import fc from "fast-check";
import type { Segment, Timeline, Track } from "../../../src/core/timeline/timeline.ts";

export const clip = (label: string, startMs: number | null, durationMs: number | null): Segment => ({
  label,
  startMs,
  durationMs,
  volume: null,
  text: null,
});

export const song = (label: string, startMs: number, durationMs: number, volume: number | null): Segment => ({
  ...clip(label, startMs, durationMs),
  volume,
});

export const title = (text: string, startMs: number, durationMs: number): Segment => ({
  ...clip(text, startMs, durationMs),
  text,
});

export const video = (...segments: Segment[]): Track => ({ kind: "video", rawKind: 0, segments });
export const audio = (...segments: Segment[]): Track => ({ kind: "audio", rawKind: 1, segments });
export const titles = (...segments: Segment[]): Track => ({ kind: "text", rawKind: 7, segments });
export const other = (rawKind: number, ...segments: Segment[]): Track => ({ kind: "other", rawKind, segments });

/** As long as its last clip. */
export function timeline(...tracks: Track[]): Timeline {
  const ends = tracks.flatMap(({ segments }) =>
    segments.flatMap(({ startMs, durationMs }) => (durationMs === null ? [] : [(startMs ?? 0) + durationMs])),
  );
  return {
    tracks,
    durationMs: ends.reduce<number | null>((longest, end) => Math.max(longest ?? 0, end), null),
    title: null,
    width: null,
    height: null,
  };
}

const few = fc.constantFrom("a", "b", "Waves", "", "海");
const wild = fc.oneof(few, fc.string({ unit: "binary" }));
const ms = fc.oneof(fc.constantFrom(0, 1_000, 2_000, 3_000), fc.double(), fc.integer());
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null });

const anySegment: fc.Arbitrary<Segment> = fc.record({
  label: wild,
  startMs: maybe(ms),
  durationMs: maybe(ms),
  volume: maybe(fc.oneof(fc.constantFrom(0.2, 0.5, 1), fc.double())),
  text: maybe(wild),
});

const anyTrack: fc.Arbitrary<Track> = fc.record({
  kind: fc.constantFrom("video", "audio", "text", "other"),
  rawKind: maybe(fc.constantFrom(0, 1, 7, 42)),
  segments: fc.array(anySegment, { maxLength: 8 }),
});

/** Any timeline that the type admits, its numbers as odd as numbers get. */
export const anyTimeline: fc.Arbitrary<Timeline> = fc.record({
  tracks: fc.array(anyTrack, { maxLength: 6 }),
  durationMs: maybe(ms),
  title: maybe(wild),
  width: maybe(ms),
  height: maybe(ms),
});

const plainSegment: fc.Arbitrary<Segment> = fc.record({
  label: few,
  startMs: maybe(fc.constantFrom(0, 1_000, 2_000, 3_000)),
  durationMs: maybe(fc.constantFrom(1_000, 2_000)),
  volume: maybe(fc.constantFrom(0.2, 0.5)),
  text: maybe(few),
});

/** Small timelines over few values, so that clips are often equal. */
export const plainTimeline: fc.Arbitrary<Timeline> = fc.record({
  tracks: fc.array(
    fc.record({
      kind: fc.constantFrom("video", "text"),
      rawKind: fc.constant(null),
      segments: fc.array(plainSegment, { maxLength: 5 }),
    }),
    { maxLength: 3 },
  ),
  durationMs: maybe(fc.constantFrom(0, 10_000)),
  title: fc.constant(null),
  width: fc.constant(null),
  height: fc.constant(null),
});
