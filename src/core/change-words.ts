/** The words of a line about changes, in each language we speak. Data and the smallest of grammars. */
import type { SpeechLanguage } from "./speech-language.ts";
import type { TrackKind } from "./timeline.ts";

export type ChangeWords = {
  /** Between words, between facts, between changes, after the last one, from before to after. */
  readonly space: string;
  readonly comma: string;
  readonly semicolon: string;
  readonly stop: string;
  readonly arrow: string;
  readonly quoted: (text: string) => string;
  readonly bracketed: (facts: string) => string;

  readonly added: string;
  readonly removed: string;
  readonly moved: string;
  readonly shortened: string;
  readonly extended: string;
  /** A length of which only one side is known; `thing` is what has it. */
  readonly retimed: (thing: string) => string;
  readonly volume: string;
  readonly length: string;
  readonly text: string;
  readonly unknown: string;
  readonly noText: string;

  readonly tracks: Record<TrackKind, string>;
  readonly segments: Record<TrackKind, string>;
  /** A track without anything on it; `name` is its kind's. */
  readonly trackOf: (name: string) => string;
  readonly empty: string;

  readonly seconds: (value: string) => string;
  readonly since: (seconds: string) => string;
  readonly lasting: (seconds: string) => string;
  /** How many segments a track has besides the one that is named; at least 1. */
  readonly others: (count: number) => string;
  readonly place: (position: number) => string;
  readonly track: (number: number) => string;

  readonly nothing: string;
  readonly more: (count: number) => string;
  readonly all: (count: number) => string;
};

const changes = (count: number): string => (count === 1 ? "change" : "changes");

const EN: ChangeWords = {
  space: " ",
  comma: ", ",
  semicolon: "; ",
  stop: ".",
  arrow: " → ",
  quoted: (text) => `"${text}"`,
  bracketed: (facts) => ` (${facts})`,

  added: "added",
  removed: "removed",
  moved: "moved",
  shortened: "shortened",
  extended: "extended",
  retimed: (thing) => `changed the length of ${thing}`,
  volume: "volume",
  length: "length",
  text: "text",
  unknown: "unknown",
  noText: "none",

  tracks: { video: "video", audio: "BGM", text: "title", other: "track" },
  segments: { video: "clip", audio: "BGM", text: "title", other: "item" },
  trackOf: (name) => (name === "track" ? name : `${name} track`),
  empty: "empty",

  seconds: (value) => `${value}s`,
  since: (seconds) => `from ${seconds}`,
  lasting: (seconds) => `${seconds} long`,
  others: (count) => ` +${count} more`,
  place: (position) => `place ${position}`,
  track: (number) => `track ${number}`,

  nothing: "No change in tracks, clips, titles, volume or length.",
  more: (count) => `${count} more ${changes(count)}`,
  all: (count) => `${count} ${changes(count)}`,
};

const ZH: ChangeWords = {
  space: "",
  comma: "，",
  semicolon: "；",
  stop: "。",
  arrow: "→",
  quoted: (text) => `“${text}”`,
  bracketed: (facts) => `（${facts}）`,

  added: "添加",
  removed: "移除",
  moved: "移动",
  shortened: "缩短",
  extended: "延长",
  retimed: (thing) => `调整${thing}的时长`,
  volume: "音量",
  length: "总时长",
  text: "文字",
  unknown: "未知",
  noText: "无",

  tracks: { video: "视频", audio: "背景音乐", text: "标题", other: "轨道" },
  segments: { video: "片段", audio: "背景音乐", text: "标题", other: "元素" },
  trackOf: (name) => (name === "轨道" ? name : `${name}轨道`),
  empty: "空",

  seconds: (value) => `${value}秒`,
  since: (seconds) => `${seconds}起`,
  lasting: (seconds) => `长${seconds}`,
  others: (count) => `等${count + 1}段`,
  place: (position) => `第${position}位`,
  track: (number) => `轨道${number}`,

  nothing: "轨道、片段、文字、音量和时长均无变化。",
  more: (count) => `另有${count}处更改`,
  all: (count) => `共${count}处更改`,
};

export const CHANGE_WORDS: Record<SpeechLanguage, ChangeWords> = { en: EN, zh: ZH };
