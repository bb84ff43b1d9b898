import { describe, expect, it } from "vitest";
import { diffTimelines, type TimelineChange } from "../../../src/core/timeline/diff.ts";
import type { Timeline, TrackKind } from "../../../src/core/timeline/timeline.ts";
import { audio, clip, other, song, timeline, title, titles, video } from "../support/timelines.ts";

const on = (trackKind: TrackKind, trackNumber: number, label: string) => ({ trackKind, trackNumber, label });
const span = (startMs: number | null, durationMs: number | null) => ({ startMs, durationMs });
const properties = (
  startMs: number | null,
  durationMs: number | null,
  volume: number | null,
  text: string | null = null,
) => ({
  startMs,
  durationMs,
  volume,
  text,
});
const length = (before: number | null, after: number | null): TimelineChange => ({
  kind: "duration_changed",
  before,
  after,
});

const cafe = video(clip("a", 0, 5_000), clip("b", 5_000, 3_000), clip("c", 8_000, 2_000));
const lofi = audio(song("Lo-fi", 0, 10_000, 0.35));
const waves = titles(title("Waves", 0, 3_000));

/** What is done, the timeline before and after, and every change that is reported. */
const TABLE: readonly (readonly [string, Timeline, Timeline, readonly TimelineChange[]])[] = [
  ["nothing done", timeline(cafe, lofi), timeline(cafe, lofi), []],
  ["nothing done to nothing", timeline(), timeline(), []],
  [
    "the first track",
    timeline(),
    timeline(video(clip("city", 0, 10_000))),
    [
      {
        kind: "track_added",
        ...on("video", 1, "city"),
        before: null,
        after: { ...properties(0, 10_000, null), segments: 1 },
      },
      length(null, 10_000),
    ],
  ],
  [
    "music added",
    timeline(cafe),
    timeline(cafe, lofi),
    [
      {
        kind: "track_added",
        ...on("audio", 2, "Lo-fi"),
        before: null,
        after: { ...properties(0, 10_000, 0.35), segments: 1 },
      },
    ],
  ],
  [
    "a track added in front",
    timeline(cafe, lofi),
    timeline(waves, cafe, lofi),
    [
      {
        kind: "track_added",
        ...on("text", 1, "Waves"),
        before: null,
        after: { ...properties(0, 3_000, null, "Waves"), segments: 1 },
      },
    ],
  ],
  [
    "a track removed from the front",
    timeline(waves, cafe, lofi),
    timeline(cafe, lofi),
    [
      {
        kind: "track_removed",
        ...on("text", 1, "Waves"),
        before: { ...properties(0, 3_000, null, "Waves"), segments: 1 },
        after: null,
      },
    ],
  ],
  [
    "an empty track added",
    timeline(cafe),
    timeline(cafe, audio()),
    [
      {
        kind: "track_added",
        ...on("audio", 2, ""),
        before: null,
        after: { ...properties(null, null, null), segments: 0 },
      },
    ],
  ],
  [
    "tracks in another order",
    timeline(cafe, lofi, waves),
    timeline(waves, cafe, lofi),
    [{ kind: "track_moved", ...on("text", 1, "Waves"), before: 3, after: 1 }],
  ],
  [
    "two tracks of one kind swapped, and one of them made louder",
    timeline(audio(song("Lo-fi", 0, 9_000, 0.3)), audio(song("Rain", 0, 9_000, 0.6))),
    timeline(audio(song("Rain", 0, 9_000, 0.8)), audio(song("Lo-fi", 0, 9_000, 0.3))),
    [
      { kind: "track_moved", ...on("audio", 1, "Rain"), before: 2, after: 1 },
      { kind: "volume_changed", ...on("audio", 1, "Rain"), before: 0.6, after: 0.8 },
    ],
  ],
  [
    "a clip inserted at the front: the others follow",
    timeline(cafe),
    timeline(video(clip("new", 0, 4_000), clip("a", 4_000, 5_000), clip("b", 9_000, 3_000), clip("c", 12_000, 2_000))),
    [
      length(10_000, 14_000),
      { kind: "segment_added", ...on("video", 1, "new"), before: null, after: properties(0, 4_000, null) },
    ],
  ],
  [
    "a clip inserted in the middle, over a gap that stays",
    timeline(video(clip("a", 0, 5_000), clip("b", 7_000, 3_000))),
    timeline(video(clip("a", 0, 5_000), clip("x", 5_000, 1_000), clip("b", 8_000, 3_000))),
    [
      length(10_000, 11_000),
      { kind: "segment_added", ...on("video", 1, "x"), before: null, after: properties(5_000, 1_000, null) },
    ],
  ],
  [
    "a clip appended",
    timeline(cafe),
    timeline(video(...cafe.segments, clip("d", 10_000, 1_000))),
    [
      length(10_000, 11_000),
      { kind: "segment_added", ...on("video", 1, "d"), before: null, after: properties(10_000, 1_000, null) },
    ],
  ],
  [
    "the first clip removed: the others close up",
    timeline(cafe),
    timeline(video(clip("b", 0, 3_000), clip("c", 3_000, 2_000))),
    [
      length(10_000, 5_000),
      { kind: "segment_removed", ...on("video", 1, "a"), before: properties(0, 5_000, null), after: null },
    ],
  ],
  [
    "the last clip of a track removed",
    timeline(cafe, lofi),
    timeline(cafe, audio()),
    [{ kind: "segment_removed", ...on("audio", 2, "Lo-fi"), before: properties(0, 10_000, 0.35), after: null }],
  ],
  [
    "a clip shortened: the others close up",
    timeline(cafe),
    timeline(video(clip("a", 0, 2_000), clip("b", 2_000, 3_000), clip("c", 5_000, 2_000))),
    [
      length(10_000, 7_000),
      { kind: "segment_trimmed", ...on("video", 1, "a"), before: span(0, 5_000), after: span(0, 2_000) },
    ],
  ],
  [
    "a clip trimmed from its front",
    timeline(video(clip("a", 2_000, 6_000))),
    timeline(video(clip("a", 4_000, 4_000))),
    [{ kind: "segment_trimmed", ...on("video", 1, "a"), before: span(2_000, 6_000), after: span(4_000, 4_000) }],
  ],
  [
    "a clip made longer",
    timeline(lofi),
    timeline(audio(song("Lo-fi", 0, 15_000, 0.35))),
    [
      length(10_000, 15_000),
      { kind: "segment_trimmed", ...on("audio", 1, "Lo-fi"), before: span(0, 10_000), after: span(0, 15_000) },
    ],
  ],
  [
    "a clip split",
    timeline(video(clip("a", 0, 10_000), clip("b", 10_000, 5_000))),
    timeline(video(clip("a", 0, 4_000), clip("a", 4_000, 6_000), clip("b", 10_000, 5_000))),
    [
      { kind: "segment_trimmed", ...on("video", 1, "a"), before: span(0, 10_000), after: span(0, 4_000) },
      { kind: "segment_added", ...on("video", 1, "a"), before: null, after: properties(4_000, 6_000, null) },
    ],
  ],
  [
    "the last clip moved to the front",
    timeline(cafe),
    timeline(video(clip("c", 0, 2_000), clip("a", 2_000, 5_000), clip("b", 7_000, 3_000))),
    [
      {
        kind: "segment_moved",
        ...on("video", 1, "c"),
        before: { startMs: 8_000, position: 3 },
        after: { startMs: 0, position: 1 },
      },
    ],
  ],
  [
    "the two halves of a split swapped: the first went behind the other",
    timeline(video(clip("a", 0, 4_000), clip("a", 4_000, 6_000))),
    timeline(video(clip("a", 0, 6_000), clip("a", 6_000, 4_000))),
    [
      {
        kind: "segment_moved",
        ...on("video", 1, "a"),
        before: { startMs: 0, position: 1 },
        after: { startMs: 6_000, position: 2 },
      },
    ],
  ],
  [
    "a title shown later",
    timeline(waves),
    timeline(titles(title("Waves", 4_000, 3_000))),
    [
      length(3_000, 7_000),
      {
        kind: "segment_moved",
        ...on("text", 1, "Waves"),
        before: { startMs: 0, position: 1 },
        after: { startMs: 4_000, position: 1 },
      },
    ],
  ],
  [
    "a title shown later and shorter",
    timeline(waves),
    timeline(titles(title("Waves", 4_000, 1_000))),
    [
      length(3_000, 5_000),
      {
        kind: "segment_moved",
        ...on("text", 1, "Waves"),
        before: { startMs: 0, position: 1 },
        after: { startMs: 4_000, position: 1 },
      },
      { kind: "segment_trimmed", ...on("text", 1, "Waves"), before: span(0, 3_000), after: span(4_000, 1_000) },
    ],
  ],
  [
    "the words of a title",
    timeline(cafe, waves),
    timeline(cafe, titles(title("Sea", 0, 3_000))),
    [{ kind: "text_changed", ...on("text", 2, "Sea"), before: "Waves", after: "Sea" }],
  ],
  [
    "the words of a title that follows a longer one",
    timeline(titles(title("A", 0, 3_000), title("B", 3_000, 3_000))),
    timeline(titles(title("A", 0, 5_000), title("C", 5_000, 3_000))),
    [
      length(6_000, 8_000),
      { kind: "segment_trimmed", ...on("text", 1, "A"), before: span(0, 3_000), after: span(0, 5_000) },
      { kind: "text_changed", ...on("text", 1, "C"), before: "B", after: "C" },
    ],
  ],
  [
    "the words of one of two title tracks, the other removed",
    timeline(titles(title("A", 0, 3_000)), titles(title("B", 5_000, 3_000))),
    timeline(titles(title("C", 5_000, 3_000))),
    [
      {
        kind: "track_removed",
        ...on("text", 1, "A"),
        before: { ...properties(0, 3_000, null, "A"), segments: 1 },
        after: null,
      },
      { kind: "text_changed", ...on("text", 1, "C"), before: "B", after: "C" },
    ],
  ],
  [
    "another title at another time is not the same one",
    timeline(waves),
    timeline(titles(title("Subscribe", 20_000, 3_000))),
    [
      length(3_000, 23_000),
      { kind: "segment_removed", ...on("text", 1, "Waves"), before: properties(0, 3_000, null, "Waves"), after: null },
      {
        kind: "segment_added",
        ...on("text", 1, "Subscribe"),
        before: null,
        after: properties(20_000, 3_000, null, "Subscribe"),
      },
    ],
  ],
  [
    "the first of two equal titles removed",
    timeline(titles(title("Waves", 0, 3_000), title("Waves", 5_000, 3_000))),
    timeline(titles(title("Waves", 5_000, 3_000))),
    [{ kind: "segment_removed", ...on("text", 1, "Waves"), before: properties(0, 3_000, null, "Waves"), after: null }],
  ],
  [
    "the second of two equal titles reworded",
    timeline(titles(title("Waves", 0, 3_000), title("Waves", 5_000, 3_000))),
    timeline(titles(title("Waves", 0, 3_000), title("Sea", 5_000, 3_000))),
    [{ kind: "text_changed", ...on("text", 1, "Sea"), before: "Waves", after: "Sea" }],
  ],
  [
    "a clip replaced at its position",
    timeline(cafe),
    timeline(video(clip("a", 0, 5_000), clip("z", 5_000, 3_000), clip("c", 8_000, 2_000))),
    [
      { kind: "segment_removed", ...on("video", 1, "b"), before: properties(5_000, 3_000, null), after: null },
      { kind: "segment_added", ...on("video", 1, "z"), before: null, after: properties(5_000, 3_000, null) },
    ],
  ],
  [
    "the music replaced",
    timeline(cafe, lofi),
    timeline(cafe, audio(song("Jazz", 0, 10_000, 0.35))),
    [
      { kind: "segment_removed", ...on("audio", 2, "Lo-fi"), before: properties(0, 10_000, 0.35), after: null },
      { kind: "segment_added", ...on("audio", 2, "Jazz"), before: null, after: properties(0, 10_000, 0.35) },
    ],
  ],
  [
    "the volume",
    timeline(cafe, lofi),
    timeline(cafe, audio(song("Lo-fi", 0, 10_000, 0.5))),
    [{ kind: "volume_changed", ...on("audio", 2, "Lo-fi"), before: 0.35, after: 0.5 }],
  ],
  [
    "the volume of one among equal clips",
    timeline(audio(song("x", 0, 2_000, 0.5), song("x", 2_000, 2_000, 0.5), song("x", 4_000, 2_000, 0.5))),
    timeline(audio(song("x", 0, 2_000, 0.5), song("x", 2_000, 2_000, 0.2), song("x", 4_000, 2_000, 0.5))),
    [{ kind: "volume_changed", ...on("audio", 1, "x"), before: 0.5, after: 0.2 }],
  ],
  [
    "the volume of one among equal tracks",
    timeline(audio(song("x", 0, 2_000, 0.5)), audio(song("x", 0, 2_000, 0.5)), audio(song("x", 0, 2_000, 0.5))),
    timeline(audio(song("x", 0, 2_000, 0.5)), audio(song("x", 0, 2_000, 0.2)), audio(song("x", 0, 2_000, 0.5))),
    [{ kind: "volume_changed", ...on("audio", 2, "x"), before: 0.5, after: 0.2 }],
  ],
  [
    "a volume given for the first time",
    timeline(audio(song("x", 0, 2_000, null))),
    timeline(audio(song("x", 0, 2_000, 0.2))),
    [{ kind: "volume_changed", ...on("audio", 1, "x"), before: null, after: 0.2 }],
  ],
  [
    "a duration given for the first time, and the start that follows from it",
    timeline(video(clip("a", 0, null), clip("b", null, 2_000))),
    timeline(video(clip("a", 0, 3_000), clip("b", 3_000, 2_000))),
    [
      length(2_000, 5_000),
      { kind: "segment_trimmed", ...on("video", 1, "a"), before: span(0, null), after: span(0, 3_000) },
    ],
  ],
  [
    "clips of unknown times in another order",
    timeline(video(clip("a", null, null), clip("b", null, null), clip("c", null, null))),
    timeline(video(clip("c", null, null), clip("a", null, null), clip("b", null, null))),
    [
      {
        kind: "segment_moved",
        ...on("video", 1, "c"),
        before: { startMs: null, position: 3 },
        after: { startMs: null, position: 1 },
      },
    ],
  ],
  [
    "the same clips at the same times, written in another order",
    timeline(titles(title("A", 0, 3_000), title("B", 5_000, 3_000))),
    timeline(titles(title("B", 5_000, 3_000), title("A", 0, 3_000))),
    [],
  ],
  [
    "a track of an unknown kind is not one of another unknown kind",
    timeline(other(42, clip("glow", 0, 1_000))),
    timeline(other(43, clip("glow", 0, 1_000))),
    [
      {
        kind: "track_removed",
        ...on("other", 1, "glow"),
        before: { ...properties(0, 1_000, null), segments: 1 },
        after: null,
      },
      {
        kind: "track_added",
        ...on("other", 1, "glow"),
        before: null,
        after: { ...properties(0, 1_000, null), segments: 1 },
      },
    ],
  ],
  ["the length alone", { ...timeline(cafe), durationMs: null }, timeline(cafe), [length(null, 10_000)]],
  [
    "differences below a millisecond and a thousandth of loudness",
    timeline(audio(song("x", 0, 2_000.2, 0.35))),
    timeline(audio(song("x", 0.3, 2_000, 0.350_000_1))),
    [],
  ],
];

describe("diffTimelines", () => {
  it.each(TABLE)("describes: %s", (_what, before, after, changes) => {
    expect(diffTimelines(before, after)).toEqual({ changes, more: [] });
  });
});
