/**
 * Patterns of GUI instructions in English and Chinese, and the choice of the caller's language.
 *
 * Each pattern matches at the beginning of a clause, after an introduction such as "you can" or "请", so that a
 * sentence about somebody else ("she clicks the shutter") does not match. `\uE000` masks a character inside quotes.
 * Gaps are bounded, so no pattern reads far. Source: nemo-api reference 8.2.
 */
export type InstructionKind = "click" | "open" | "drag" | "see" | "edit" | "account" | "export";

const UI =
  "(?:buttons?|icons?|tabs?|panels?|menus?|side ?bar|tool ?bar|settings|preferences|dashboard|editor|inspector|media library|media bin|properties|timeline|video player|player|preview (?:window|pane|area|player)|dialog|drop-?down|sliders?|workspace|account(?: page)?|billing(?: page)?)";
const LABEL =
  "(?:export|download|play|preview|save|share|render|upload|settings|generate|apply|import|media|billing|account|\uE000)";
const LEAD = `^(?:(?:and|or|then|so|but|also|now|next|first|finally|please|just|simply|easily|alternatively|otherwise|afterwards|later|either|to|try|let's|you can|you could|you may|you should|you'll|you will|you might|you need|you have|can|want|need|would you like|do you want|feel free|go ahead|don't forget|remember|be sure|make sure|always|directly|quickly|click (?=and drag)) )*`;
const THE = "(?:(?:on|the|that|this|your|a|an|any|each|our) )*";

const en = (body: string): RegExp => new RegExp(`${LEAD}(?:${body})`, "i");

const ZH_LEAD = `^(?:请|您|你|可以|可|也|还|能|现在|然后|接着|接下来|随后|再|或者|或|并且|并|直接|只需|只要|需要|想要|完成后|之后|最后|满意后|准备好后|就|同时|尝试|记得|别忘了|要|先|如需|若要|如果|想|随时)*`;
const ZH_UI =
  "(?:面板|时间线|时间轴|设置|菜单|侧栏|侧边栏|编辑器|标签页|选项卡|属性栏|属性面板|账户|账号|账单|后台|控制台|仪表盘|个人中心|素材库|预览窗口|工具栏|播放器)";
const zh = (body: string): RegExp => new RegExp(`${ZH_LEAD}(?:${body})`);

/** Patterns of one language. */
export type Language = {
  /** Words of which each pattern needs at least one: a text without them is not split into clauses. */
  readonly words: RegExp;
  /** Tried in this order; the first match decides. */
  readonly instructions: readonly (readonly [InstructionKind, RegExp])[];
  /** An offer of an export without the GUI: it is true for API callers too, so it stays and suggests the call. */
  readonly offer: RegExp;
};

const ENGLISH: readonly (readonly [InstructionKind, RegExp])[] = [
  [
    "drag",
    en(`drag(?:[- ](?:and|&|n)[- ]drop)? (?:the|it|them|any|your|a|an|this|that|these|each|clips?|files?|to)\\b`),
  ],
  [
    "drag",
    en(`drop (?:the|it|them|any|your|a|files?|clips?)\\b.{0,50}\\b(?:here|files?|(?:in|on)(?:to)? (?:the|your) ${UI})`),
  ],
  ["click", en(`(?:(?:double|right|left)[- ]?)?click (?:(?:on|the|that|any|it|here|your|each)\\b|${LABEL})`)],
  ["click", en(`(?:tap|press|hit|push) ${THE}(?:(?:.{0,40}\\b)?${UI}\\b|${LABEL}(?![a-z]))`)],
  [
    "click",
    en(
      `use (?:the|your)\\b.{0,50}\\b(?:button|icon|tab|panel|menu|sidebar|toolbar|inspector|sliders?|handles|editor)\\b`,
    ),
  ],
  [
    "click",
    en(
      `(?:.{0,8}\\b)?(?:the|your) ${LABEL} (?:button|icon|menu|tab|panel) (?:is|are|can|will|lets|should|at|in|on)\\b`,
    ),
  ],
  ["open", en(`open(?: up)? (?!on\\b|with\\b)(?:.{0,50}\\b)?(?:${UI}|${LABEL} (?:window|screen))\\b`)],
  [
    "open",
    en(
      `(?:go|head|navigate|switch|jump|scroll|return|log in|sign in|visit)\\b(?: (?:back|over))?(?: (?:in)?to)? (?:.{0,40}\\b)?${UI}\\b`,
    ),
  ],
  [
    "account",
    en(
      `(?:check|see|view|visit|review|manage|update) (?:your|the) (?:.{0,20}\\b)?(?:account|billing|balance|subscription|settings|dashboard)\\b`,
    ),
  ],
  [
    "account",
    en(
      `(?:check|see|view|find|review|manage|update)\\b.{0,40}\\b(?:in|on|from|under) (?:the|your) (?:.{0,20}\\b)?(?:account|billing|settings|dashboard)\\b`,
    ),
  ],
  [
    "see",
    en(
      `(?:preview|play|watch|view|see|check|find|look at|review|scrub|inspect|listen to|take a look at|have a look at)\\b.{0,80}\\b(?:in|on|from|using|via|inside|through) (?:the |your )?(?:.{0,20}\\b)?(?:timeline|player|preview|editor|viewer|panel|workspace)\\b`,
    ),
  ],
  [
    "see",
    en(
      `(?:preview (?:it|now|the (?:video|result|changes|edits?|timeline)|your (?:video|changes|edits?))|(?:check|see|view|look at|review|inspect) (?:the|your) timeline)\\b`,
    ),
  ],
  [
    "edit",
    en(
      `(?:adjust|change|edit|tweak|modify|fine-tune|customi[sz]e|move|resize|trim|select|choose|pick|rearrange|reorder|set|control|manage|update|rename|swap|lower|raise|toggle|enable|upload|import|export|download|save|share|do)\\b.{0,80}\\b(?:(?:in|on|from|under|via|using|through|with) (?:the|your) (?:.{0,30}\\b)?${UI}|by (?:clicking|tapping|pressing|dragging|opening|using the))\\b`,
    ),
  ],
];

const CHINESE: readonly (readonly [InstructionKind, RegExp])[] = [
  ["drag", zh(`拖拽|拖动|拖放|拖入|拖到|拖至|(?:将|把|从).{0,20}(?:拖|托)(?:拽|动|放|入|到|至|进)`)],
  [
    "click",
    zh(
      `(?:点击|点按|单击|双击|轻点|点选|点一下|点开|右键|按下|按一下)(?!率|量|音|声).{0,24}?(?:按钮|按键|图标|选项|轨道|导出|下载|播放|预览|上传|保存|分享|此处|这里|查看|[右左][上下侧]|上方|下方|链接|\uE000|${ZH_UI})`,
    ),
  ],
  ["click", zh(`使用.{0,12}(?:按钮|滑块|${ZH_UI})`)],
  ["open", zh(`(?:打开|展开|调出|前往|进入|切换到|转到|跳转到|回到|到|去).{0,14}?(?:导出窗口|${ZH_UI})`)],
  ["account", zh(`(?:查看|检查|管理|确认).{0,6}(?:账户|账号|账单|订阅|余额)`)],
  [
    "edit",
    zh(
      `(?:在|从|通过|于|用).{0,10}${ZH_UI}.{0,12}?(?:调整|修改|编辑|导出|下载|充值|上传|管理|更改|选择|微调|删除)(?!了|好)`,
    ),
  ],
  ["see", zh(`(?:在|从|到|通过|于|用).{0,10}${ZH_UI}.{0,10}?(?:预览|查看|播放|观看|看到|找到|检查|浏览)(?!了|好)`)],
  ["see", zh(`(?:预览|查看)(?:一下)?(?:视频|效果|时间线|时间轴|成片|结果|它)?(?:效果|内容)?[ 。！!]*$`)],
];

/** Tried in this order. */
export const LANGUAGES: readonly Language[] = [
  {
    // Marks of emphasis may stand between two words, and an underscore is part of a word for \b.
    words:
      /click|drag|drop|press|push|tap(?:ping)?(?![a-z])|(?<![a-z])hit(?![a-z])|export|download|render|button|icon|(?<![a-z])tabs?(?![a-z])|panel|menu|(?:side|tool)[\s*_]*bar|settings|preferences|dashboard|editor|inspector|media|properties|timeline|player|preview|viewer|dialog|slider|handles|workspace|window|screen|account|billing|balance|subscription|opening|using/i,
    instructions: ENGLISH,
    offer: en(`(?:export|download|render) (?:it|the|your|this|now|when)\\b`),
  },
  {
    words:
      /[拖托点击按]|右键|滑块|面板|时间线|时间轴|设置|菜单|侧栏|侧边栏|编辑器|标签页|选项卡|属性栏|账户|账号|账单|后台|控制台|仪表盘|个人中心|素材库|预览|查看|工具栏|播放器|导出|下载|订阅|余额/,
    instructions: CHINESE,
    offer: zh(`(?:导出|下载)(?:视频|成片|了|它|吧|即可)*[ 。！!]*$`),
  },
];

/** "ready to preview in the timeline": the statement stays, the location is removed. */
export const READY =
  /\b(?<=ready|available) (?:for you )?(?:to (?:preview|view|watch|play|review|see|check)|for (?:preview|review|viewing|playback))(?: it)? (?:in|on) (?:the|your) (?:timeline|player|editor|preview window)\b/i;

/** Words for a scene, a title or spoken text: what follows is content of the video. */
export const CONTENT =
  /^[\s*_>#•-]*(?:\d{1,2}[.)、][\s*_]*)?(?:(?:scene|shot|clip|title|text|captions?|subtitles?|voice-?over|vo|narrat(?:ion|or)|script|cta|call to action|frame|overlay|dialogue|lyrics?|bgm|video|audio)\b[^:：]{0,20}[:：]|(?:场景|镜头|画面|标题|字幕|旁白|文案|台词|脚本|片段|配音|文字|歌词|背景音乐)[^:：]{0,8}[:：])/i;
/** A Chinese clause with this ending is a thing in a video, not an instruction. */
export const CONTENT_END =
  /(?:的|了)\S{0,2}(?:镜头|画面|片段|场景|特写|动作|声音|音效|动画|瞬间|特效|手|人|女孩|男孩|女人|男人)[\s。！!*_]*$/;

/** Addresses the reader, so that such an ending is the object of an instruction: "请点击左侧的片段". */
export const ADDRESSED = /^(?:请|您|你|可以)|您可以|你可以/;

/** Text that only introduces an instruction and is removed with it. */
export const LEADS_ONLY =
  /^[\s*_>#•-]*(?:\d{1,2}[.)、]?[\s*_]*)?(?:(?:(?:if|when|whenever|once|after|as soon as|before) (?:you\b|everything|ready|it's|that's|happy|satisfied|done|finished)(?!.*\b(?:i|i've|we)\b).*|(?:in order )?to (?!date)(?!.*\b(?:i|i've|we)\b).*|from here|next(?: steps?)?|tips?|note|what's next|now|finally|then|also|first|otherwise|alternatively|great|perfect|okay|ok|all set|done|you can|simply|just)|(?:如果|如需|若要|若需|若|想要|要|当).*|.{0,6}(?:满意|完成|准备好|确认)(?:后|了|之后|的话|时)?|接下来|下一步|提示|最后|然后|现在|好的|之后)?[\s,，;；:：、—–*_-]*$/i;

/** A later clause with a statement of its own. */
export const STANDS_ALONE =
  /^[\s*_]*(?:(?:but|however|though|although|note|meanwhile|(?:and |or )?let me know)\b|(?:and )?i(?:'ve\b| (?!will\b|can\b|would\b|could\b))|但|不过|另外|此外|注意|我|.*已|.*了[。！!]?$)/i;

/** The languages in which the gateway answers callers. Choosing one never fails: unreadable hints are skipped. */
export type AnswerLanguage = "en" | "zh";

/** The hints, strongest first; null when absent. */
export type LanguageHints = {
  /** A language tag in the request. */
  readonly explicit: string | null;
  /** The tag of the user's last request that had one. */
  readonly last: string | null;
  /** The Accept-Language header as sent. */
  readonly acceptLanguage: string | null;
  readonly prompt: string;
};

/** Characters of Accept-Language that are read. Chosen: browsers send below 200. */
const HEADER_CHARS = 1_000;
/** Characters of a tag. Source: RFC 5646, section 4.4.1 asks for 35; private parts can be longer. */
const TAG_CHARS = 64;
/**
 * Number of Japanese or Korean letters from which a text with Han characters is not Chinese. Chosen: one の is common
 * in Chinese names.
 */
const FOREIGN_LETTERS = 2;

const TAG = /^([a-z]{2,8})(?:[-_][a-z0-9]{1,8})*$/;
/** A quotation does not extend over another opening mark, so that a text of opening marks alone is read once. */
const QUOTED = /"[^"]*"|“[^“”]*”|「[^「」]*」|《[^《》]*》/g;
const HAN = /\p{Script=Han}/u;
const FOREIGN = /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

/** The language of a tag without its region and script, in lower case; null for an invalid tag. */
function primaryOf(tag: string): string | null {
  const trimmed = tag.trim().toLowerCase();
  return trimmed.length > TAG_CHARS ? null : (TAG.exec(trimmed)?.[1] ?? null);
}

/** The language for a tag that a caller chose: English for every language other than ours. Null for an invalid tag. */
function fromTag(tag: string | null): AnswerLanguage | null {
  const primary = tag === null ? null : primaryOf(tag);
  if (primary === null) return null;
  return primary === "zh" ? "zh" : "en";
}

/** One range of the header with its weight, 1 by default; null for another language and for an invalid weight. */
function rangeOf(part: string): { readonly language: AnswerLanguage; readonly weight: number } | null {
  const [tag = "", ...parameters] = part.split(";");
  const primary = primaryOf(tag);
  if (primary !== "en" && primary !== "zh") return null;
  const stated = parameters
    .map((parameter) => /^\s*q\s*=\s*(.*?)\s*$/i.exec(parameter)?.[1])
    .find((q) => q !== undefined);
  const weight = stated === undefined ? 1 : Number(stated === "" ? Number.NaN : stated);
  return weight > 0 && weight <= 1 ? { language: primary, weight } : null;
}

/** The supported language with the highest weight in the header, the first of equals; null when it names neither. */
function fromHeader(header: string | null): AnswerLanguage | null {
  const ranges = (header ?? "").slice(0, HEADER_CHARS).split(",").map(rangeOf);
  const liked = ranges.filter((range) => range !== null).sort((a, b) => b.weight - a.weight);
  return liked[0]?.language ?? null;
}

/**
 * Chinese when the prompt has Han characters outside quotes, which contain a video's words; a text that is all in
 * quotes counts as it is.
 */
function fromScript(prompt: string): AnswerLanguage {
  const spoken = prompt.replace(QUOTED, "").trim();
  const text = spoken === "" ? prompt : spoken;
  return HAN.test(text) && (text.match(FOREIGN)?.length ?? 0) < FOREIGN_LETTERS ? "zh" : "en";
}

/** The explicit tag, then the user's last one, then Accept-Language, then the script of the prompt; else English. */
export const chooseLanguage = ({ explicit, last, acceptLanguage, prompt }: LanguageHints): AnswerLanguage =>
  fromTag(explicit) ?? fromTag(last) ?? fromHeader(acceptLanguage) ?? fromScript(prompt);
