/** Reads from a prompt what it asks for, by patterns. Every prompt is accepted: what matches no pattern becomes the subject. */
import { MINUTE_MS, SECOND_MS } from "../core/time.ts";
import * as words from "./prompt-words.ts";

export type PromptPart = "music" | "titles" | "captions" | "transitions" | "effects" | "clip" | "extras";

export type Reading = {
  readonly language: "en" | "zh";
  /** `talk` needs no timeline: a greeting or a question. `work` is everything else. */
  readonly asks: "talk" | "work";
  /** Asks explicitly to generate a video. */
  readonly generates: boolean;
  /** What the video is about, at most 60 characters. */
  readonly subject: string;
  readonly durationMs: number | null;
  /** Pixels, width and height. */
  readonly shape: readonly [number, number] | null;
  readonly titles: readonly string[];
  readonly music: string | null;
  /** 0 to 1. */
  readonly volume: number | null;
  readonly captions: boolean;
  readonly transition: string | null;
  readonly effect: string | null;
  readonly speed: number | null;
  readonly removes: readonly PromptPart[];
  /** The titles replace the existing ones. */
  readonly retitles: boolean;
};

const QUOTED =
  /"([^"]{1,120})"|“([^”]{1,120})”|「([^」]{1,120})」|『([^』]{1,120})』|(?<![A-Za-z])'([^']{1,120})'(?![A-Za-z])/g;
const CLAUSES = /[,.;!?,。;!?、\n]+(?!\d)|\b(?:and then|then|and|but)\b|然后|并且|并|再/i;
const LENGTH =
  /(\d+(?:\.\d+)?|five|ten|fifteen|twenty|thirty|sixty|[一二三四五六十两半]{1,2})\s*-?\s*(seconds?|secs?|s\b|minutes?|mins?\b|秒|分钟)/i;
const PERCENT = /(\d{1,3})\s*[%%]/;
const TIMES = /(\d+(?:\.\d+)?)\s*(?:x\b|倍)/i;
const ABOUT: readonly RegExp[] = [/\b(?:of|about|showing|featuring)\s+(.+)$/i, /\bfor\s+(.+)$/i, /:\s*(.+)$/];
/** Words around a subject in Chinese: verb and counter before it, noun after it. */
const ZH_FRAME =
  /请|帮我|给我|生成|制作|创建|做|拍|一个|一段|一条|一部|关于|时长|(?:\d+|[一二三四五六十两半]+)\s*(?:秒钟?|分钟)的?|竖屏|横屏|方形|的?(?:短视频|视频|短片|片子|影片|动画)/g;
const EN_FRAME =
  /\b(?:please|can you|generate|create|make|produce|me|an?|the|video|clip|film|short|vertical|portrait|landscape|square|seconds?|secs?|long|\d+(?:\.\d+)?s?|\d+:\d+|in|duration|aspect ratio)\b:?/gi;

const SUBJECT_CHARS = 60;

function lengthOf(text: string): number | null {
  const [, amount = "", unit = ""] = LENGTH.exec(text) ?? [];
  const count = words.NUMBERS[amount.toLowerCase()] ?? Number(amount);
  if (amount === "" || !Number.isFinite(count) || count <= 0) return null;
  return Math.round(count * (/^(m|分)/i.test(unit) ? MINUTE_MS : SECOND_MS));
}

function subjectOf(text: string, language: Reading["language"]): string {
  const clauses = text
    .split(/[,.;,。;\n]|\bwith(?:out)?\b|\badd\b|\bfor (?=tiktok|youtube|instagram|reels|shorts)|加上|配上|配/i)
    .map((clause) => clause.trim());
  const clause = clauses.find((part) => part !== "") ?? "";
  const about =
    language === "en"
      ? (ABOUT.map((pattern) => pattern.exec(clause)?.[1]).find((found) => found !== undefined) ?? clause)
      : clause;
  const bare = about
    .replace(language === "zh" ? ZH_FRAME : EN_FRAME, " ")
    .replace(/^[\s的-]+|[\s的-]+$/g, "")
    .replace(/\s+/g, " ");
  return Array.from(bare || clause || text.trim())
    .slice(0, SUBJECT_CHARS)
    .join("")
    .trim();
}

function removedBy(clause: string): PromptPart[] {
  if (words.KEEP.test(clause)) return ["extras"];
  if (!words.REMOVE.test(clause)) return [];
  const parts: readonly (readonly [PromptPart, RegExp])[] = [
    ["music", words.MUSIC],
    ["captions", words.CAPTION],
    ["titles", words.TITLE],
    ["transitions", words.TRANSITION],
    ["effects", words.EFFECT],
    ["clip", words.CLIP],
  ];
  return parts.filter(([, pattern]) => pattern.test(clause)).map(([part]) => part);
}

/** Reads a prompt whose `#` words have been removed. */
export function readPrompt(prompt: string): Reading {
  const quotes: string[] = [];
  const masked = prompt
    .replace(/black and white/gi, "black & white")
    .replace(QUOTED, (_all, ...found: (string | undefined)[]) => {
      quotes.push(found.slice(0, 5).find((quote) => quote !== undefined) ?? "");
      return ` \uE000${quotes.length - 1}\uE001 `;
    });
  const language = /[\u3400-\u9fff]/.test(prompt) ? "zh" : "en";
  const clauses = masked
    .split(CLAUSES)
    .map((clause) => clause.trim())
    .filter((clause) => clause !== "");
  const removes = [...new Set(clauses.flatMap(removedBy))];
  const wanted = clauses.filter((clause) => removedBy(clause).length === 0);
  const has = (pattern: RegExp): string | undefined => wanted.find((clause) => pattern.test(clause));
  const musicClause = has(words.MUSIC) ?? wanted.find((clause) => words.firstOf(words.GENRES, clause) === "Lo-fi");
  const titles = wanted.flatMap((clause) =>
    [...clause.matchAll(/\uE000(\d+)\uE001/g)].map((mark) => quotes[Number(mark[1])] ?? ""),
  );
  const percent = PERCENT.exec(masked)?.[1];
  const loudness = musicClause === undefined ? null : words.firstOf(words.LOUDNESS, musicClause);
  const plain = masked.replace(/\uE000(\d+)\uE001/g, "");
  const generates = words.GENERATE.test(plain);
  const talks = words.GREETING.test(plain) || (words.QUESTION.test(plain) && !words.WORK.test(plain));
  return {
    language,
    asks: talks || plain.trim() + quotes.join("") === "" ? "talk" : "work",
    generates,
    subject: subjectOf(plain, language) || quotes[0] || "clip",
    durationMs: lengthOf(masked),
    shape: words.firstOf(words.FRAME_SIZES, masked),
    titles: titles.filter((title) => title.trim() !== ""),
    music:
      musicClause === undefined
        ? null
        : (words.firstOf(words.GENRES, musicClause) ?? words.firstOf(words.GENRES, masked) ?? "Background music"),
    volume: percent === undefined ? loudness : Math.min(1, Number(percent) / 100),
    captions: has(words.CAPTION) !== undefined,
    transition: has(words.TRANSITION) === undefined ? null : (words.firstOf(words.TRANSITIONS, masked) ?? "fade"),
    effect: has(words.EFFECT) === undefined ? null : (words.firstOf(words.EFFECTS, masked) ?? "filter"),
    speed:
      Number(TIMES.exec(masked)?.[1] ?? "") ||
      (/speed up|faster|加速/i.test(masked) ? 2 : /slow(er| down| motion)|慢动作|减速/i.test(masked) ? 0.5 : null),
    removes,
    retitles: titles.length > 0 && words.RETITLE.test(plain),
  };
}
