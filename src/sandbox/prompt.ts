/** Reads from a prompt what it asks for, by patterns. Every prompt is accepted: what matches no pattern becomes the subject. */
import { MINUTE_MS, SECOND_MS } from "../core/time.ts";

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

/* The words that are recognised, English and Chinese: a small set, enough for a timeline that fits the prompt. */

const MUSIC = /\b(music|bgm|soundtrack|song|beats?|melody)\b|音乐|配乐|歌曲|bgm/i;
const TITLE = /\b(titles?|headline|text overlay|heading)\b|标题|片头|文字/i;
const CAPTION = /\b(captions?|subtitles?)\b|字幕/i;
const TRANSITION = /\b(transitions?|cross-?fade|dissolve|fade|wipe)\b|转场|淡入|淡出|过渡/i;
const EFFECT =
  /\b(effects?|filter|vintage|black (?:and|&) white|cinematic look|glow|blur|warmer|colou?r grade)\b|滤镜|特效|黑白|复古|模糊/i;
const CLIP = /\b(clip|shot|scene|segment)s?\b|片段|镜头|场景/i;
const REMOVE =
  /\b(remove|delete|drop|strip|mute|get rid of|without|no more|cut (?:out )?the (?:last|first))\b|去掉|删除|移除|删掉|不要|静音|去除/i;
const KEEP = /\b(keep|leave|just)\b.{0,20}\b(raw|original|clip|video)\b|保留原|只保留|只要原/i;
const GENERATE =
  /\b(generate|create|make|produce|film|shoot|render me)\b[^.!?]*\b(video|clip|film|movie|footage|scene|shot|ad|animation|trailer|teaser|reel|short)\b|(生成|制作|做|创建|拍)[^。!?]*(视频|短片|片子|广告|镜头|动画|影片|片段|预告片)/i;
const GREETING = /^\s*(hi|hello|hey|thanks?|thank you|good (morning|evening)|你好|您好|谢谢|嗨)[\s!.,!。,]*$/i;
const QUESTION =
  /^\s*(what|how|why|who|when|which|where|can you tell|do you|is there|are there|explain|什么|怎么|为什么|谁|哪)|[??]\s*$/i;
const WORK =
  /\b(add|put|make|generate|create|trim|cut|remove|delete|change|set|replace|use|turn|speed|slow|lower|raise|merge|combine|split|move|crop|shorten|please)\b|加|添加|生成|制作|剪|删|去掉|换|改|设|调|合并|拼接|做|把/i;

/** The music's volume, 0 to 1, for words without a percentage. */
const LOUDNESS: readonly (readonly [RegExp, number])[] = [
  [/\b(lower|quieter|softer|turn down)\b|小一点|降低|调低|小声/i, 0.2],
  [/\b(raise|louder|turn up)\b|大一点|提高|调高|大声/i, 0.7],
];
const RETITLE = /\b(change|replace|rename|set)\b|改|换/i;

/** Genres of music, and the names of their tracks. */
const GENRES: readonly (readonly [RegExp, string])[] = [
  [/lo-?fi/i, "Lo-fi"],
  [/jazz|爵士/i, "Jazz"],
  [/piano|钢琴/i, "Piano"],
  [/acoustic|guitar|吉他|民谣/i, "Acoustic"],
  [/electro|techno|edm|synth|电子/i, "Electronic"],
  [/hip.?hop|rap|说唱|嘻哈/i, "Hip hop"],
  [/cinematic|epic|orchestra|史诗|交响/i, "Cinematic"],
  [/ambient|calm|relax|soft|轻音乐|舒缓|安静/i, "Ambient"],
  [/rock|摇滚/i, "Rock"],
  [/upbeat|happy|energetic|lively|欢快|活泼|动感/i, "Upbeat"],
];

const TRANSITIONS: readonly (readonly [RegExp, string])[] = [
  [/dissolve|叠化|溶解/i, "dissolve"],
  [/wipe|擦除/i, "wipe"],
  [/fade|淡/i, "fade"],
];

const EFFECTS: readonly (readonly [RegExp, string])[] = [
  [/black (?:and|&) white|黑白/i, "black and white"],
  [/vintage|复古/i, "vintage"],
  [/blur|模糊/i, "blur"],
  [/glow/i, "glow"],
  [/warm|colou?r/i, "colour grade"],
];

/** Frame sizes in pixels, by aspect ratio. */
export const FRAME_SIZES: readonly (readonly [RegExp, readonly [number, number]])[] = [
  [/9\s*[:x:×]\s*16|\b(vertical|portrait|tiktok|reels?|shorts)\b|竖屏|竖版|抖音/i, [1080, 1920]],
  [/1\s*[::]\s*1\b|\bsquare\b|方形|正方/i, [1080, 1080]],
  [/4\s*[::]\s*5\b/i, [1080, 1350]],
  [/3\s*[::]\s*4\b/i, [1080, 1440]],
  [/4\s*[::]\s*3\b/i, [1440, 1080]],
  [/21\s*[::]\s*9\b/i, [2520, 1080]],
  [/16\s*[:x:×]\s*9|\b(landscape|widescreen|horizontal|youtube)\b|横屏|横版/i, [1920, 1080]],
];

/** Numbers in words, as people write lengths. */
const NUMBERS: Readonly<Record<string, number>> = {
  five: 5,
  ten: 10,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  sixty: 60,
  五: 5,
  十: 10,
  十五: 15,
  二十: 20,
  三十: 30,
  六十: 60,
  一: 1,
  两: 2,
  半: 0.5,
};

/** The value of the first entry whose pattern matches the text. */
const firstOf = <T>(table: readonly (readonly [RegExp, T])[], text: string): T | null =>
  table.find(([pattern]) => pattern.test(text))?.[1] ?? null;

/* The rest of the patterns: quotes, clauses, numbers, the subject. */

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
  const count = NUMBERS[amount.toLowerCase()] ?? Number(amount);
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
  if (KEEP.test(clause)) return ["extras"];
  if (!REMOVE.test(clause)) return [];
  const parts: readonly (readonly [PromptPart, RegExp])[] = [
    ["music", MUSIC],
    ["captions", CAPTION],
    ["titles", TITLE],
    ["transitions", TRANSITION],
    ["effects", EFFECT],
    ["clip", CLIP],
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
  const musicClause = has(MUSIC) ?? wanted.find((clause) => firstOf(GENRES, clause) === "Lo-fi");
  const titles = wanted.flatMap((clause) =>
    [...clause.matchAll(/\uE000(\d+)\uE001/g)].map((mark) => quotes[Number(mark[1])] ?? ""),
  );
  const percent = PERCENT.exec(masked)?.[1];
  const loudness = musicClause === undefined ? null : firstOf(LOUDNESS, musicClause);
  const plain = masked.replace(/\uE000(\d+)\uE001/g, "");
  const generates = GENERATE.test(plain);
  const talks = GREETING.test(plain) || (QUESTION.test(plain) && !WORK.test(plain));
  return {
    language,
    asks: talks || plain.trim() + quotes.join("") === "" ? "talk" : "work",
    generates,
    subject: subjectOf(plain, language) || quotes[0] || "clip",
    durationMs: lengthOf(masked),
    shape: firstOf(FRAME_SIZES, masked),
    titles: titles.filter((title) => title.trim() !== ""),
    music:
      musicClause === undefined
        ? null
        : (firstOf(GENRES, musicClause) ?? firstOf(GENRES, masked) ?? "Background music"),
    volume: percent === undefined ? loudness : Math.min(1, Number(percent) / 100),
    captions: has(CAPTION) !== undefined,
    transition: has(TRANSITION) === undefined ? null : (firstOf(TRANSITIONS, masked) ?? "fade"),
    effect: has(EFFECT) === undefined ? null : (firstOf(EFFECTS, masked) ?? "filter"),
    speed:
      Number(TIMES.exec(masked)?.[1] ?? "") ||
      (/speed up|faster|加速/i.test(masked) ? 2 : /slow(er| down| motion)|慢动作|减速/i.test(masked) ? 0.5 : null),
    removes,
    retitles: titles.length > 0 && RETITLE.test(plain),
  };
}
