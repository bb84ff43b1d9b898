/** What the sandbox makes of prompts: none is rejected, and the result is recognisable. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededBytes } from "../../src/sandbox/context.ts";
import { type Reading, readPrompt } from "../../src/sandbox/prompt.ts";
import type { MediaFile } from "../../src/sandbox/store.ts";
import { encodeDraft, timelineOfFiles } from "../../src/sandbox/timeline.ts";
import { applyEdit } from "../../src/sandbox/turn.ts";
import { Caller, type Json, wordsOf } from "./caller.ts";

const file = (filename: string, file_type: MediaFile["file_type"], duration: number): MediaFile => ({
  filename,
  file_type,
  cdn_url: `https://media.example/${filename}`,
  duration,
  width: 1080,
  height: 1920,
  fps: 30,
  hash: "0",
});

const CASES: readonly (readonly [string, Partial<Reading>])[] = [
  [
    "Make a 15 second video of a city timelapse at night with lo-fi music",
    { generates: true, subject: "city timelapse at night", durationMs: 15_000, music: "Lo-fi" },
  ],
  [
    'create a 9:16 product ad for our new coffee machine, 30 seconds, upbeat music, title "Wake up"',
    { shape: [1080, 1920], durationMs: 30_000, music: "Upbeat", titles: ["Wake up"] },
  ],
  [
    "生成一个10秒的海边日落视频,竖屏,加上轻音乐和标题“夏日”",
    {
      language: "zh",
      generates: true,
      subject: "海边日落",
      durationMs: 10_000,
      shape: [1080, 1920],
      music: "Ambient",
      titles: ["夏日"],
    },
  ],
  ["制作一段竖屏美食探店视频,时长半分钟", { subject: "美食探店", durationMs: 30_000, generates: true }],
  ["add lo-fi music at 35%", { music: "Lo-fi", volume: 0.35, generates: false }],
  ["把音乐音量调到20%", { volume: 0.2 }],
  ["Remove the music and add a title 'Urban Dreams'", { removes: ["music"], titles: ["Urban Dreams"], music: null }],
  ["把背景音乐去掉,加字幕", { removes: ["music"], captions: true, music: null }],
  ["trim to 8s and speed it up 2x", { durationMs: 8_000, speed: 2 }],
  ["keep only the raw clip", { removes: ["extras"] }],
  ["剪到5秒,并添加转场", { durationMs: 5_000, transition: "fade" }],
  ["make it black and white", { effect: "black and white" }],
  ["Generate another scene: a dog running on the beach", { generates: true, subject: "dog running on beach" }],
  [
    "A cinematic drone shot of mountains\nDuration: 12 seconds\nAspect ratio: 16:9",
    { subject: "mountains", durationMs: 12_000, shape: [1920, 1080] },
  ],
  [
    "Make a 1 minute travel video about Kyoto for TikTok without music",
    { subject: "Kyoto", durationMs: 60_000, removes: ["music"], music: null },
  ],
  ['Change the title to "Hello"', { titles: ["Hello"], retitles: true }],
  ["What can you do?", { asks: "talk" }],
  ["你好!", { asks: "talk" }],
  ["can you make a video of rain?", { asks: "work", generates: true }],
  ["", { asks: "talk" }],
];

describe("a prompt", () => {
  test.each(CASES)("%s", (prompt, expected) => {
    expect(readPrompt(prompt)).toMatchObject(expected);
  });

  test("of any text has a subject of at most 60 characters and changes a timeline that has a clip", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer(), (prompt, seed) => {
        const reading = readPrompt(prompt);
        expect(Array.from(reading.subject).length).toBeLessThanOrEqual(60);
        const random = seededBytes(String(seed));
        const before = timelineOfFiles("p", [file("a.mp4", "video", 7)], random);
        const { timeline, changes } = applyEdit(before, reading, random);
        expect(changes.length).toBeGreaterThan(0);
        expect(JSON.parse(encodeDraft(timeline, "1", "long")).t[0].sg.length).toBeGreaterThan(0);
      }),
    );
  });

  test("refers to the uploaded files", () => {
    const timeline = timelineOfFiles(
      "p",
      [file("a.mp4", "video", 7.5), file("b.jpg", "image", 0), file("c.mp3", "audio", 60)],
      seededBytes("s"),
    );
    expect(timeline.clips.map((clip) => [clip.label, clip.durationMs])).toEqual([
      ["a.mp4", 7_500],
      ["b.jpg", 3_000],
    ]);
    expect(timeline.music).toMatchObject([{ label: "c.mp3", durationMs: 10_500 }]);
    expect([timeline.width, timeline.height]).toEqual([1080, 1920]);
  });
});

describe("a conversation", () => {
  test("follows its prompts, in both languages", async () => {
    const caller = await Caller.signedIn({ silent_edits: 0 });
    const session = await caller.session();
    const draft = async (): Promise<Json> => (await caller.state(session)).body.data.state.draft;
    const kinds = async () =>
      (await draft()).t.map((track: Json) => [track.tt, track.sg.map((segment: Json) => segment.m.title)]);
    await caller.turn(
      session,
      'make a 20 second vertical video of a city timelapse with jazz music and the title "Urban Dreams"',
    );
    expect(await kinds()).toEqual([
      [0, ["city timelapse"]],
      [1, ["Jazz"]],
      [7, ["Urban Dreams"]],
    ]);
    expect((await draft()).m).toEqual({ title: "project", width: 1080, height: 1920 });
    await caller.turn(session, "把音乐换成钢琴,音量20%");
    await caller.turn(session, "lower the music to 10%");
    expect((await draft()).t[1].sg[0]).toMatchObject({ vol: 0.1 });
    await caller.turn(session, "generate another clip of a sunrise, 5 seconds");
    expect((await draft()).d).toBe(25_000);
    await caller.turn(session, "cut the last clip, remove the title and add captions");
    expect(await kinds()).toEqual([
      [0, ["city timelapse"]],
      [1, [expect.any(String)]],
      [7, ["city timelapse"]],
    ]);
    const words = wordsOf(await caller.turn(session, "how long is my video?"));
    expect(words[0]).toContain("20 seconds long");
    await caller.turn(session, "keep only the raw clip");
    expect(await kinds()).toEqual([[0, ["city timelapse"]]]);
  });

  test("is the same for the same seed", async () => {
    const play = async (): Promise<string[]> => {
      const caller = await Caller.signedIn({}, "same");
      const session = await caller.session();
      const texts = [];
      for (const prompt of ["make a cat video", "add captions", "speed it up"])
        texts.push((await caller.turn(session, prompt)).text);
      return [...texts, (await caller.state(session)).draft];
    };
    expect(await play()).toEqual(await play());
  });
});
