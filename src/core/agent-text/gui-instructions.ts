/**
 * Replaces upstream's GUI instructions. Upstream addresses a person in front of its GUI ("click Export"); callers of
 * the API cannot do that. Instructions are removed from the text and become API calls; sentences about the video stay
 * as they are.
 */
import { type Action, type ActionName, actionOf } from "../turn.ts";
import { isApart, type Sentence, SentenceSplitter } from "./sentences.ts";
import {
  ADDRESSED,
  CONTENT,
  CONTENT_END,
  type InstructionKind,
  LANGUAGES,
  type Language,
  LEADS_ONLY,
  READY,
  STANDS_ALONE,
} from "./vocabulary.ts";

/** In UTF-16 units. Chosen: it limits what each pattern reads. */
export const LONGEST_CLAUSE = 300;

/**
 * Matches the beginning of each clause: a mark with what follows it, or a conjunction. "drag and drop" is one clause.
 */
const CLAUSES = /[,，;；:：、]\s*|\.\s+|\s[—–-]+\s|——|\s(?=(?:and|or|then|but|so)\s(?!drop\b|drag\b|hold\b))/gi;
const QUOTED =
  /"[^"]*"|“[^”]{0,400}”|「[^」]{0,400}」|『[^』]{0,400}』|《[^》]{0,400}》|`[^`]*`|(?<![\p{L}\p{N}])'[^']{1,80}'(?![\p{L}\p{N}])/gu;
/** A quoted button label means the action of that button. */
const LABELS =
  /^(?:export|download|play|preview|save|share|render|upload|settings|billing|account|导出|下载|播放|预览|上传|设置|保存)$/i;

/** The sentence character by character, with quoted text masked. */
export const maskQuotes = (text: string): string =>
  /["“「『《`']/.test(text)
    ? text.replace(QUOTED, (quoted) => {
        const inner = quoted.slice(1, -1);
        return LABELS.test(inner) ? ` ${inner} ` : "\uE000".repeat(quoted.length);
      })
    : text;

/** A clause of a masked sentence, classified once. */
export type Clause = {
  readonly from: number;
  readonly text: string;
  readonly kind: InstructionKind | null;
  readonly isOffer: boolean;
};

const languagesOf = (text: string): readonly Language[] => LANGUAGES.filter(({ words }) => words.test(text));

/** Whether a text contains any word that an instruction or an offer needs. */
export const hasWords = (text: string): boolean => LANGUAGES.some(({ words }) => words.test(text));

export function clauseOf(from: number, text: string): Clause {
  const plain = plainOf(text);
  if (plain === null) return { from, text, kind: null, isOffer: false };
  const languages = languagesOf(plain);
  return { from, text, kind: kindIn(plain, languages), isOffer: languages.some(({ offer }) => offer.test(plain)) };
}

export function clausesOf(shadow: string): Clause[] {
  const clauses: Clause[] = [];
  let from = 0;
  CLAUSES.lastIndex = 0;
  for (let found = CLAUSES.exec(shadow); found !== null; found = CLAUSES.exec(shadow)) {
    clauses.push(clauseOf(from, shadow.slice(from, CLAUSES.lastIndex)));
    from = CLAUSES.lastIndex;
  }
  clauses.push(clauseOf(from, shadow.slice(from)));
  return clauses;
}

/**
 * A clause as the patterns expect it: without emphasis and list markers. Null when it is too long to be an
 * instruction.
 */
function plainOf(clause: string): string | null {
  if (clause.length > LONGEST_CLAUSE) return null;
  return clause
    .replace(/[\s*_]+/g, " ")
    .replace(/^[ >#(（•–—-]+/, "")
    .replace(/^\d{1,2}[.)、] ?/, "");
}

function kindIn(plain: string, languages: readonly Language[]): InstructionKind | null {
  if (CONTENT_END.test(plain) && !ADDRESSED.test(plain)) return null;
  for (const { instructions } of languages) {
    const met = instructions.find(([, pattern]) => pattern.test(plain));
    if (met !== undefined) return met[0];
  }
  return null;
}

export function instructionKindOf(clause: string): InstructionKind | null {
  const plain = plainOf(clause);
  return plain === null ? null : kindIn(plain, languagesOf(plain));
}

/** The call that does what a clause asks a person to do. */
export function actionIn(kind: InstructionKind, clause: string): ActionName {
  if (kind === "account") return "credits";
  if (kind === "see") return /account|billing|balance|账户|账号|账单|余额/i.test(clause) ? "credits" : "timeline";
  if (kind === "drag") return /files?\b|upload|media|footage|文件|上传|素材/i.test(clause) ? "upload" : "turn";
  if (/export|download|render|导出|下载|保存|\bsave\b|\bshare\b|分享/i.test(clause)) return "render";
  if (/upload|import|上传|导入|素材库|media (?:library|bin)/i.test(clause)) return "upload";
  if (
    /account|billing|settings|dashboard|subscription|账户|账号|账单|设置|后台|控制台|仪表盘|个人中心|充值|订阅/i.test(
      clause,
    )
  ) {
    return "credits";
  }
  if (kind === "edit") return "turn";
  if (kind === "open" || /play|preview|timeline|播放|预览|时间线|时间轴/i.test(clause)) return "timeline";
  return "turn";
}

/** A translated sentence: its remaining text and the actions of its instructions. */
export type Translated = { readonly text: string; readonly actions: readonly ActionName[] };

const ENDS = ".!?。！？…";
const CLOSERS = "’)）\\]】}*_";
const QUESTION =
  /^[\s*_]*(?:would|do|does|is|are|should|shall|can|could|what|how|which|want)\b|吗|要不要|是否|什么|怎么/i;
/** What joins the text before an instruction to it: one mark or word, at the end. */
const JOINT = /(?:[\s,，;；:：、—–-]|[\s,，](?:and|or|then|so|but|并|或))$/i;
const LONGEST_JOINT = 5;

/**
 * The marks that end a sentence, with closing quotes and brackets. Scanned from the end, since a run of them may be
 * long.
 */
function terminatorOf(text: string): string {
  let at = text.length;
  while (at > 0 && CLOSERS.includes(text.charAt(at - 1))) at--;
  while (at > 0 && ENDS.includes(text.charAt(at - 1))) at--;
  return text.slice(at);
}

/** What remains of the text before the first instruction; empty when it only introduced it. */
function headOf(head: string): string {
  if (head === "") return "";
  if (head.length <= LONGEST_CLAUSE && LEADS_ONLY.test(head)) return "";
  let end = head.length;
  for (;;) {
    const joint = JOINT.exec(head.slice(Math.max(0, end - LONGEST_JOINT), end));
    if (joint === null) return head.slice(0, end).replace(/\.$/, "");
    end -= joint[0].length;
  }
}

const endOf = (head: string, end: string): string =>
  /[?？]/.test(end) && !QUESTION.test(head) ? end.replace(/\?+/, ".").replace(/？+/, "。") : end;

/** Closes emphasis that is open where the text is cut. */
const closed = (text: string): string => ((text.split("**").length - 1) % 2 === 1 ? `${text}**` : text);

function withoutSlots(text: string): string {
  const found = READY.exec(maskQuotes(text));
  if (found === null) return text;
  return withoutSlots(text.slice(0, found.index) + text.slice(found.index + found[0].length));
}

function withoutAsides(text: string): Translated {
  if (!/[(（]/.test(text)) return { text, actions: [] };
  const actions: ActionName[] = [];
  const kept = text.replace(/\s?[(（]([^()（）]{1,200})[)）]/g, (aside: string, inner: string, at: number) => {
    const shadow = maskQuotes(inner);
    const kind = instructionKindOf(shadow);
    if (kind === null || at === 0) return aside;
    actions.push(actionIn(kind, shadow));
    return "";
  });
  return { text: kept, actions };
}

/** A sentence split into clauses once, however many parts of it are translated. */
type Cut = {
  readonly text: string;
  readonly clauses: Clause[];
  /** Indexes of instructions after a colon: text after such a colon is a quotation ("the sign reads: …"). */
  readonly behindColon: readonly number[];
  readonly end: string;
};

const beforeOf = (text: string, { from }: Clause): string => text.slice(Math.max(0, from - 4), from);

function cut(text: string): Cut {
  const clauses = clausesOf(maskQuotes(text));
  const behindColon = clauses.flatMap((clause, index) =>
    clause.kind !== null && /[:：]\s*$/.test(beforeOf(text, clause)) ? [index] : [],
  );
  return { text, clauses, behindColon, end: terminatorOf(text) };
}

const standsAlone = (text: string, clause: Clause): boolean =>
  STANDS_ALONE.test(clause.text) || /[;；]\s*$/.test(beforeOf(text, clause));

/** The first clause at or after `start` that matches; the number of clauses when none does. */
function indexFrom(
  clauses: readonly Clause[],
  start: number,
  isSo: (clause: Clause, index: number) => boolean,
): number {
  for (let index = start; index < clauses.length; index++) {
    const clause = clauses[index];
    if (clause !== undefined && isSo(clause, index)) return index;
  }
  return clauses.length;
}

/** Index of the clause where quoted speech begins, unless the text before it only introduced it. */
function quotationStart({ text, clauses, behindColon }: Cut, part: Part): number {
  const quotation = behindColon.find(
    (index) => index > part.clause && headOf(text.slice(part.from, clauses[index]?.from)) !== "",
  );
  return quotation ?? clauses.length;
}

/** The remainder of a sentence: an offset in its text, and the clause that contains it. */
type Part = { readonly from: number; readonly clause: number };

/** The part that begins with a clause, without the conjunction that joined it to removed text. */
function partFrom({ text, clauses }: Cut, clause: number): Part {
  const start = clauses[clause]?.from ?? text.length;
  const joint = /^[\s*_]*(?:but|and|or|however,?)\s+/i.exec(text.slice(start));
  const from = start + (joint?.[0].length ?? 0);
  const index = indexFrom(clauses, clause + 1, (other) => other.from > from) - 1;
  const joined = clauses[index];
  // Without the conjunction it may be an instruction after all: "but 点击导出".
  if (joined !== undefined && joint !== null)
    clauses[index] = clauseOf(from, joined.text.slice(Math.max(0, from - joined.from)));
  return { from, clause: index };
}

function translatePart(whole: Cut, part: Part): Translated {
  const { text, clauses, end } = whole;
  const quotation = quotationStart(whole, part);
  const isInstruction = (clause: Clause, index: number): boolean => clause.kind !== null && index < quotation;
  const first = indexFrom(clauses, part.clause, isInstruction);
  if (first === clauses.length) {
    // A question does not offer anything yet: "shall I add captions or export the video?"
    const offers = /[?？]/.test(end) ? [] : clauses.slice(part.clause).filter(({ isOffer }) => isOffer);
    return { text: text.slice(part.from), actions: offers.map(() => "render") };
  }
  const next = indexFrom(
    clauses,
    first + 1,
    (clause, index) => !isInstruction(clause, index) && standsAlone(text, clause),
  );
  const removed = clauses.slice(first, next);
  const actions = removed.flatMap((clause, index): ActionName[] => {
    if (clause.kind !== null && first + index < quotation) return [actionIn(clause.kind, clause.text)];
    return clause.isOffer ? ["render"] : [];
  });
  const head = headOf(text.slice(part.from, Math.max(part.from, clauses[first]?.from ?? 0)));
  if (next === clauses.length) {
    const isOdd = (text.slice(part.from).split("**").length - 1) % 2 === 1;
    if (head === "") return { text: isOdd ? "**" : "", actions };
    return { text: closed(head + endOf(head, end.replaceAll("*", ""))), actions };
  }
  const tail = translatePart(whole, partFrom(whole, next));
  const joined = head === "" ? tail.text.replace(/^[a-z]/, (sign) => sign.toUpperCase()) : joinOf(head, tail.text);
  return { text: joined, actions: [...actions, ...tail.actions] };
}

function translateClauses(text: string): Translated {
  const whole = cut(text);
  if (whole.clauses.every(({ kind, isOffer }) => kind === null && !isOffer)) return { text, actions: [] };
  return translatePart(whole, { from: 0, clause: 0 });
}

const joinOf = (head: string, tail: string): string =>
  tail === "" ? head : `${head}${/\p{Script=Han}$/u.test(head) ? "，" : ", "}${tail}`;

/** A sentence without its GUI instructions; empty when it has nothing else, identical when it has none. */
export function translateSentence(text: string): Translated {
  if (!hasWords(text) || CONTENT.test(text)) return { text, actions: [] };
  const shorter = withoutSlots(text);
  const asides = withoutAsides(shorter);
  const rest = translateClauses(asides.text);
  const seen: ActionName[] = shorter === text ? [] : ["timeline"];
  return { text: rest.text, actions: [...seen, ...asides.actions, ...rest.actions] };
}

type TranslatedText = { readonly text: string; readonly actions: readonly Action[] };

/** White space between sentences. Its lines are counted once, because it is compared with many others. */
type Gap = { readonly text: string; readonly lines: number };

const NO_GAP: Gap = { text: "", lines: 1 };
const gapOf = (text: string): Gap => ({ text, lines: text.split("\n").length });

/** The wider of the two gaps around a removed sentence. */
const widerOf = (one: Gap, other: Gap): Gap =>
  one.lines > other.lines || (one.lines === other.lines && one.text.length > other.text.length) ? one : other;

/** Translates a sentence until nothing changes, because a removed part may have held the opening quote. */
function settled(sentence: string): Translated {
  const once = translateSentence(sentence);
  if (once.text === sentence || once.text === "" || once.text === "**") return once;
  // Backticks that meet because of a removal would turn all later text into code.
  if (once.text.includes("```")) return { text: sentence, actions: [] };
  // Remaining end marks alone would attach to the previous sentence.
  const again = translateGuiInstructions(once.text.replace(/^[\s.!?。！？…’)）\]】}]+/, ""));
  return { text: again.text, actions: [...once.actions, ...again.actions.map(({ action }) => action)] };
}

/**
 * Translates a text that arrives in chunks. A chunk may end anywhere, so text that may not be a whole sentence yet is
 * held back: at most LONGEST_SENTENCE characters, the white space before them, and two characters inside a code fence.
 * The last chunk returns the rest. The result does not depend on how the text was split, and the work is linear in its length.
 */
export class GuiInstructionStream {
  readonly #splitter = new SentenceSplitter();
  #gap = NO_GAP;
  #isBegun = false;
  #isDropped = false;
  #isGlued = false;
  /** The last character returned. */
  #last = "";
  readonly #suggested = new Set<ActionName>();

  /**
   * Adds a chunk and returns what is complete; with `isLast` the text ends, and everything held back is returned. Each
   * action is suggested once per text.
   */
  push(chunk: string, isLast = false): TranslatedText {
    const actions: Action[] = [];
    const sentences = this.#splitter.split(chunk, isLast);
    const text = sentences.map((sentence) => this.#say(sentence, actions)).join("");
    if (!isLast) return { text, actions };
    const tail = this.#isDropped ? "" : this.#gap.text;
    this.#gap = NO_GAP;
    return { text: text + tail, actions };
  }

  #say(sentence: Sentence, actions: Action[]): string {
    const { text, actions: names } = sentence.verbatim ? { text: sentence.text, actions: [] } : settled(sentence.text);
    for (const name of names) {
      if (!this.#suggested.has(name)) actions.push(actionOf(name));
      this.#suggested.add(name);
    }
    // Emphasis around several sentences keeps its marks on the word they belong to.
    const isClosing = text === "**" && sentence.text !== text && sentence.text.endsWith(text);
    const isTight = isClosing || this.#isGlued;
    const gap = isTight ? NO_GAP : widerOf(this.#gap, gapOf(sentence.gap));
    this.#isGlued = text === "**" && sentence.text !== text && !isClosing;
    if (text === "") {
      this.#isDropped ||= sentence.text !== "";
      this.#gap = gap;
      return "";
    }
    this.#gap = NO_GAP;
    const isFirst = !this.#isBegun && this.#isDropped;
    this.#isBegun = true;
    this.#isDropped = false;
    // Without its beginning a sentence may no longer be apart from the one before: "如果.点击导出，ok" would be "如果.Ok".
    const isMerged = !isTight && gap.text === "" && text !== sentence.text && !isApart(this.#last, text);
    this.#last = text.slice(-1);
    return (isFirst ? "" : isMerged ? " " : gap.text) + text;
  }
}

/**
 * The text without GUI instructions, and the calls that do what they asked for, each once and in order.
 *
 * The result is never longer than the text, does not change when translated again, and is empty when the text was only
 * instructions. Sentences without instructions are identical. Linear in the text's length.
 */
export const translateGuiInstructions = (text: string): TranslatedText => new GuiInstructionStream().push(text, true);
