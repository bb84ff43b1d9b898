/** Describes a timeline diff in one line for people: the kind of change, the name, the time, and before → after. */
import type { AnswerLanguage } from "../agent-text/vocabulary.ts";
import { SECOND_MS } from "../time.ts";
import type { SegmentProperties, Spot, TimelineChange, TimelineDiff, TimeSpan, TrackProperties } from "./diff.ts";
import type { TrackKind } from "./timeline.ts";

/** The vocabulary of such a line in one language. */
export type ChangeWords = {
  /** Separators: between words, properties and changes, at the end, and from before to after. */
  readonly space: string;
  readonly comma: string;
  readonly semicolon: string;
  readonly stop: string;
  readonly arrow: string;
  readonly quoted: (text: string) => string;
  readonly bracketed: (properties: string) => string;

  readonly added: string;
  readonly removed: string;
  readonly moved: string;
  readonly shortened: string;
  readonly extended: string;
  /** A duration of which only one side is known; `thing` is what has it. */
  readonly retimed: (nounValue: string) => string;
  readonly volume: string;
  readonly length: string;
  readonly text: string;
  readonly unknown: string;
  readonly noText: string;

  readonly tracks: Record<TrackKind, string>;
  readonly segments: Record<TrackKind, string>;
  /** A track with nothing on it; `name` is its kind's. */
  readonly trackOf: (name: string) => string;
  readonly empty: string;

  readonly seconds: (value: string) => string;
  readonly since: (seconds: string) => string;
  readonly lasting: (seconds: string) => string;
  /** The number of a track's segments besides the named one; at least 1. */
  readonly others: (count: number) => string;
  readonly positionValue: (position: number) => string;
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
  bracketed: (properties) => ` (${properties})`,

  added: "added",
  removed: "removed",
  moved: "moved",
  shortened: "shortened",
  extended: "extended",
  retimed: (nounValue) => `changed the length of ${nounValue}`,
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
  positionValue: (position) => `place ${position}`,
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
  bracketed: (properties) => `（${properties}）`,

  added: "添加",
  removed: "移除",
  moved: "移动",
  shortened: "缩短",
  extended: "延长",
  retimed: (nounValue) => `调整${nounValue}的时长`,
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
  positionValue: (position) => `第${position}位`,
  track: (number) => `轨道${number}`,

  nothing: "轨道、片段、文字、音量和时长均无变化。",
  more: (count) => `另有${count}处更改`,
  all: (count) => `共${count}处更改`,
};

export const CHANGE_WORDS: Record<AnswerLanguage, ChangeWords> = { en: EN, zh: ZH };

/** Maximum UTF-16 units of a line. Chosen: what a chat message shows without folding. */
export const LINE_CHARS = 300;
/** Changes that a line names; the others are counted. Chosen: the diff itself is the full list. */
const NAMED_CHANGES = 4;
/**
 * Characters of a name or a text. Chosen: the longest change, three names of characters that count twice, still fits
 * the line.
 */
const NAME_CHARS = 40;

/** Line breaks and direction controls: a name must not affect the line around it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
const CONTROL_CHARS = /[\s\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

function short(text: string): string {
  const chars = Array.from(text.toWellFormed().replace(CONTROL_CHARS, " ").trim());
  return chars.length > NAME_CHARS ? `${chars.slice(0, NAME_CHARS - 1).join("")}…` : chars.join("");
}

/** A kind with its name: `clip "a"`, or `clip` without a name. */
function nounValue(noun: string, name: string, words: ChangeWords): string {
  const label = short(name);
  return label === "" ? noun : `${noun}${words.space}${words.quoted(label)}`;
}

const inSeconds = (ms: number): string => String(ms / SECOND_MS);
const percent = (volume: number): string => `${Math.round(volume * 1_000) / 10}%`;

function spanText({ startMs, durationMs }: TimeSpan, words: ChangeWords): string | null {
  if (startMs === null) return durationMs === null ? null : words.lasting(words.seconds(inSeconds(durationMs)));
  if (durationMs === null) return words.since(words.seconds(inSeconds(startMs)));
  return words.seconds(`${inSeconds(startMs)}-${inSeconds(startMs + durationMs)}`);
}

/** Time and volume in brackets; "" when unknown. */
function propertiesText(properties: SegmentProperties, words: ChangeWords): string {
  const known = [spanText(properties, words), properties.volume === null ? null : percent(properties.volume)];
  const description = known.filter((property) => property !== null).join(words.comma);
  return description === "" ? "" : words.bracketed(description);
}

function trackText(noun: string, label: string, properties: TrackProperties, words: ChangeWords): string {
  if (properties.segments === 0) return `${words.trackOf(noun)}${words.bracketed(words.empty)}`;
  const others = properties.segments > 1 ? words.others(properties.segments - 1) : "";
  return `${nounValue(noun, properties.text ?? label, words)}${others}${propertiesText(properties, words)}`;
}

function trimmedText(
  { before, after }: { before: TimeSpan; after: TimeSpan },
  what: string,
  words: ChangeWords,
): string {
  const spans = [before, after].map((span) => spanText(span, words) ?? words.unknown).join(words.arrow);
  if (before.durationMs === null || after.durationMs === null) return `${words.retimed(what)}${words.bracketed(spans)}`;
  const verb = after.durationMs < before.durationMs ? words.shortened : words.extended;
  return `${verb}${words.space}${what}${words.bracketed(spans)}`;
}

const timeText = (ms: number | null, words: ChangeWords): string =>
  ms === null ? words.unknown : words.seconds(inSeconds(ms));

/** By time, or by position where the times do not differ. */
function spotsText({ before, after }: { before: Spot; after: Spot }, words: ChangeWords): string {
  const isTimed = before.startMs !== after.startMs;
  const spots = [before, after].map(({ startMs, position }) =>
    isTimed ? timeText(startMs, words) : words.positionValue(position),
  );
  return spots.join(words.arrow);
}

function changeText(change: TimelineChange, words: ChangeWords): string {
  const { space, arrow } = words;
  const pair = <T>(both: { before: T; after: T }, show: (value: T) => string): string =>
    `${show(both.before)}${arrow}${show(both.after)}`;
  const shown = (text: string | null): string => (text === null ? words.noText : words.quoted(short(text)));

  if (change.kind === "duration_changed") return `${words.length}${space}${pair(change, (ms) => timeText(ms, words))}`;
  const track = words.tracks[change.trackKind];
  const segment = words.segments[change.trackKind];
  const what = nounValue(segment, change.label, words);
  switch (change.kind) {
    case "track_added":
      return `${words.added}${space}${trackText(track, change.label, change.after, words)}`;
    case "track_removed":
      return `${words.removed}${space}${trackText(track, change.label, change.before, words)}`;
    case "track_moved":
      return `${words.moved}${space}${nounValue(track, change.label, words)}${words.bracketed(pair(change, words.track))}`;
    case "segment_added":
      return `${words.added}${space}${nounValue(segment, change.after.text ?? change.label, words)}${propertiesText(change.after, words)}`;
    case "segment_removed":
      return `${words.removed}${space}${nounValue(segment, change.before.text ?? change.label, words)}${propertiesText(change.before, words)}`;
    case "segment_trimmed":
      return trimmedText(change, what, words);
    case "segment_moved":
      return `${words.moved}${space}${what}${words.bracketed(spotsText(change, words))}`;
    case "text_changed":
      return change.trackKind === "text"
        ? `${segment}${space}${pair(change, shown)}`
        : `${what}${space}${words.text}${space}${pair(change, shown)}`;
    case "volume_changed":
      return `${what}${space}${words.volume}${space}${pair(change, (volume) => (volume === null ? words.unknown : percent(volume)))}`;
  }
}

const capitalised = (line: string): string => `${line.charAt(0).toUpperCase()}${line.slice(1)}`;

/**
 * For example `Added BGM "Lo-fi" (0-10s, 35%); title "Waves" → "Sea"; 2 more changes.`
 *
 * Names the first changes, at most four and as many as fit 300 characters; the others are counted. Names and texts are
 * cut at 40 characters and cannot break the line. An empty diff says so, but only about what a diff compares.
 */
export function changeLine(diff: TimelineDiff, language: AnswerLanguage): string {
  const words = CHANGE_WORDS[language];
  const total = diff.more.reduce((sum, { count }) => sum + count, diff.changes.length);
  if (total === 0) return words.nothing;
  const texts = diff.changes.slice(0, NAMED_CHANGES).map((change) => changeText(change, words));
  for (let named = texts.length; named > 0; named -= 1) {
    const rest = total - named;
    const parts = [...texts.slice(0, named), ...(rest === 0 ? [] : [words.more(rest)])];
    const line = capitalised(`${parts.join(words.semicolon)}${words.stop}`);
    if (line.length <= LINE_CHARS) return line;
  }
  return `${words.all(total)}${words.stop}`;
}
