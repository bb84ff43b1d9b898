import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changeLine, LINE_CHARS } from "../../../src/core/timeline/describe.ts";
import { diffTimelines } from "../../../src/core/timeline/diff.ts";
import type { Timeline } from "../../../src/core/timeline/timeline.ts";
import { anyTimeline, audio, clip, other, song, timeline, title, titles, video } from "../support/timelines.ts";

const cafe = video(clip("cafe", 0, 10_000));
const lofi = audio(song("Lo-fi", 0, 10_000, 0.35));
const waves = titles(title("Waves", 0, 3_000));
const long = "很长的名字".repeat(20);

const LINES: readonly (readonly [string, Timeline, Timeline, string, string])[] = [
  [
    "nothing",
    timeline(cafe),
    timeline(cafe),
    "No change in tracks, clips, titles, volume or length.",
    "轨道、片段、文字、音量和时长均无变化。",
  ],
  [
    "music and a title",
    timeline(cafe, waves),
    timeline(cafe, titles(title("Sea", 0, 3_000)), lofi),
    'Added BGM "Lo-fi" (0-10s, 35%); title "Waves" → "Sea".',
    "添加背景音乐“Lo-fi”（0-10秒，35%）；标题“Waves”→“Sea”。",
  ],
  [
    "the first video, of several clips",
    timeline(),
    timeline(video(clip("a", 0, 2_500), clip("b", 2_500, 2_500), clip("c", 5_000, 4_967))),
    'Added video "a" +2 more (0-9.967s); length unknown → 9.967s.',
    "添加视频“a”等3段（0-9.967秒）；总时长未知→9.967秒。",
  ],
  ["an empty track", timeline(cafe, audio()), timeline(cafe), "Removed BGM track (empty).", "移除背景音乐轨道（空）。"],
  [
    "a track elsewhere",
    timeline(cafe, lofi, waves),
    timeline(waves, cafe, lofi),
    'Moved title "Waves" (track 3 → track 1).',
    "移动标题“Waves”（轨道3→轨道1）。",
  ],
  [
    "a shorter clip",
    timeline(cafe),
    timeline(video(clip("cafe", 0, 6_000))),
    'Length 10s → 6s; shortened clip "cafe" (0-10s → 0-6s).',
    "总时长10秒→6秒；缩短片段“cafe”（0-10秒→0-6秒）。",
  ],
  [
    "longer music",
    { ...timeline(lofi), durationMs: null },
    { ...timeline(audio(song("Lo-fi", 0, 12_000, 0.35))), durationMs: null },
    'Extended BGM "Lo-fi" (0-10s → 0-12s).',
    "延长背景音乐“Lo-fi”（0-10秒→0-12秒）。",
  ],
  [
    "a length that was not known",
    { ...timeline(other(9, clip("", null, null))), durationMs: null },
    { ...timeline(other(9, clip("", null, 2_000))), durationMs: null },
    "Changed the length of item (unknown → 2s long).",
    "调整元素的时长（未知→长2秒）。",
  ],
  [
    "a title shown later",
    { ...timeline(waves), durationMs: null },
    { ...timeline(titles(title("Waves", 4_000, 3_000))), durationMs: null },
    'Moved title "Waves" (0s → 4s).',
    "移动标题“Waves”（0秒→4秒）。",
  ],
  [
    "an order without times",
    timeline(video(clip("a", null, null), clip("b", null, null), clip("c", null, null))),
    timeline(video(clip("c", null, null), clip("a", null, null), clip("b", null, null))),
    'Moved clip "c" (place 3 → place 1).',
    "移动片段“c”（第3位→第1位）。",
  ],
  [
    "a volume",
    timeline(audio(song("Lo-fi", 0, 10_000, 0.35)), audio(song("", 0, 10_000, null))),
    timeline(audio(song("Lo-fi", 0, 10_000, 0.125)), audio(song("", 0, 10_000, 1))),
    'BGM "Lo-fi" volume 35% → 12.5%; BGM volume unknown → 100%.',
    "背景音乐“Lo-fi”音量35%→12.5%；背景音乐音量未知→100%。",
  ],
  [
    "words on a clip",
    timeline(video({ ...clip("cafe", 0, 10_000), text: "cafe" })),
    timeline(cafe),
    'Clip "cafe" text "cafe" → none.',
    "片段“cafe”文字“cafe”→无。",
  ],
  [
    "a clip replaced by one without an end",
    { ...timeline(cafe), durationMs: null },
    { ...timeline(video(clip("b\n\u202eeach", 4_000, null))), durationMs: null },
    'Removed clip "cafe" (0-10s); added clip "b each" (from 4s).',
    "移除片段“cafe”（0-10秒）；添加片段“b each”（4秒起）。",
  ],
  [
    "more than a line names",
    timeline(),
    { ...timeline(waves, lofi, lofi, lofi, lofi, lofi), durationMs: null },
    'Added title "Waves" (0-3s); added BGM "Lo-fi" (0-10s, 35%); added BGM "Lo-fi" (0-10s, 35%); added BGM "Lo-fi" (0-10s, 35%); 2 more changes.',
    "添加标题“Waves”（0-3秒）；添加背景音乐“Lo-fi”（0-10秒，35%）；添加背景音乐“Lo-fi”（0-10秒，35%）；添加背景音乐“Lo-fi”（0-10秒，35%）；另有2处更改。",
  ],
  [
    "names that are cut",
    timeline(titles(title(long, 0, 3_000))),
    timeline(titles(title(`新${long}`, 0, 3_000))),
    `Title "${"很长的名字".repeat(20).slice(0, 39)}…" → "新${"很长的名字".repeat(20).slice(0, 38)}…".`,
    `标题“${"很长的名字".repeat(20).slice(0, 39)}…”→“新${"很长的名字".repeat(20).slice(0, 38)}…”。`,
  ],
];

describe("changeLine", () => {
  it.each(LINES)("describes in both languages: %s", (_what, before, after, en, zh) => {
    const diff = diffTimelines(before, after);
    expect(changeLine(diff, "en")).toBe(en);
    expect(changeLine(diff, "zh")).toBe(zh);
  });

  it("says one more change in the singular", () => {
    const names = ["a", "b", "c", "d", "e"];
    const diff = diffTimelines(timeline(), {
      ...timeline(...names.map((name) => video(clip(name, 0, 1_000)))),
      durationMs: null,
    });
    expect(changeLine(diff, "en")).toMatch(/"d" \(0-1s\); 1 more change\.$/);
  });

  it("gives their number if none is listed", () => {
    const more = [
      { kind: "segment_added", count: 1_200 },
      { kind: "segment_moved", count: 34 },
    ] as const;
    expect(changeLine({ changes: [], more }, "en")).toBe("1234 changes.");
    expect(changeLine({ changes: [], more }, "zh")).toBe("共1234处更改。");
    expect(changeLine({ changes: [], more: [{ kind: "segment_added", count: 1 }] }, "en")).toBe("1 change.");
  });

  it("property: is one line of at most 300 characters for any two timelines", () => {
    fc.assert(
      fc.property(
        anyTimeline,
        anyTimeline,
        fc.constantFrom("en" as const, "zh" as const),
        (before, after, language) => {
          const line = changeLine(diffTimelines(before, after), language);
          expect(line.length).toBeLessThanOrEqual(LINE_CHARS);
          expect(line).toMatch(language === "en" ? /^[A-Z0-9].*\.$/u : /^.+。$/u);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a line must not have
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
          expect(line.isWellFormed()).toBe(true);
        },
      ),
    );
  });

  it("keeps the longest names within the line", () => {
    const wide = "🎬".repeat(200);
    const titled = (text: string) => ({
      ...clip(`${wide}${text}`, 1e11 + 1, 1e11 + 1),
      text: `${wide}${text}`,
      volume: 0.333,
    });
    const before = timeline(...Array.from({ length: 9 }, () => video({ ...titled("a"), label: wide })));
    const after = timeline(...Array.from({ length: 9 }, () => video({ ...titled("b"), label: wide })));
    const line = changeLine(diffTimelines(before, after), "en");
    expect(line.length).toBeLessThanOrEqual(LINE_CHARS);
    expect(line).toMatch(/; 8 more changes\.$/);
  });
});
