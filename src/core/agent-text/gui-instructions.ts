/**
 * Upstream talks to a person in front of its GUI: click this, open that panel. Here its instructions leave the text and
 * become calls of this gateway; what it says about the video stays as it is.
 */
import { type Action, type ActionName, actionOf } from "../turn.ts";
import { type Sentence, splitSentences } from "./sentences.ts";
import {
  ADDRESSED,
  CONTENT,
  CONTENT_END,
  type Kind,
  LANGUAGES,
  type Language,
  LEADS_ONLY,
  READY,
  STANDS_ALONE,
} from "./vocabulary.ts";

/* A sentence's clauses, and what each tells a person to do. */

/** In UTF-16 units. Chosen: it bounds what each pattern reads. */
export const LONGEST_CLAUSE = 300;

/** Begins each clause: a mark with what follows it, or a word that joins. "drag and drop" is one. */
const CLAUSES = /[,，;；:：、]\s*|\.\s+|\s[—–-]+\s|——|\s(?=(?:and|or|then|but|so)\s(?!drop\b|drag\b|hold\b))/gi;
const QUOTED =
  /"[^"]*"|“[^”]{0,400}”|「[^」]{0,400}」|『[^』]{0,400}』|《[^》]{0,400}》|`[^`]*`|(?<![\p{L}\p{N}])'[^']{1,80}'(?![\p{L}\p{N}])/gu;
/** A quoted label of a button says what a click on it does. */
const LABELS =
  /^(?:export|download|play|preview|save|share|render|upload|settings|billing|account|导出|下载|播放|预览|上传|设置|保存)$/i;

/** The sentence sign by sign, with what is quoted made unreadable. */
export const maskQuotes = (text: string): string =>
  /["“「『《`']/.test(text)
    ? text.replace(QUOTED, (quoted) => {
        const inner = quoted.slice(1, -1);
        return LABELS.test(inner) ? ` ${inner} ` : "\uE000".repeat(quoted.length);
      })
    : text;

/** A piece of a sentence's shadow. Its kind, and whether it offers an export, are found once. */
export type Clause = {
  readonly from: number;
  readonly text: string;
  readonly kind: Kind | null;
  readonly isOffer: boolean;
};

const languagesOf = (text: string): readonly Language[] => LANGUAGES.filter(({ words }) => words.test(text));

/** False where a text cannot ask or offer anything, whatever its clauses are. */
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

/** A clause as the patterns read it: without emphasis and what marks a list. Null when it is too long to be instructions. */
function plainOf(clause: string): string | null {
  if (clause.length > LONGEST_CLAUSE) return null;
  return clause
    .replace(/[\s*_]+/g, " ")
    .replace(/^[ >#(（•–—-]+/, "")
    .replace(/^\d{1,2}[.)、] ?/, "");
}

function kindIn(plain: string, languages: readonly Language[]): Kind | null {
  if (CONTENT_END.test(plain) && !ADDRESSED.test(plain)) return null;
  for (const { instructions } of languages) {
    const met = instructions.find(([, pattern]) => pattern.test(plain));
    if (met !== undefined) return met[0];
  }
  return null;
}

export function kindOf(clause: string): Kind | null {
  const plain = plainOf(clause);
  return plain === null ? null : kindIn(plain, languagesOf(plain));
}

/** The call that does what a clause asks a person to do. */
export function actionIn(kind: Kind, clause: string): ActionName {
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

/* One sentence of upstream's text: its instructions for a GUI become actions, the rest of it stays. */

export type Translated = { readonly text: string; readonly actions: readonly ActionName[] };

const ENDS = ".!?。！？…";
const CLOSERS = "’)）\\]】}*_";
const QUESTION =
  /^[\s*_]*(?:would|do|does|is|are|should|shall|can|could|what|how|which|want)\b|吗|要不要|是否|什么|怎么/i;
/** What joins a head to the instruction behind it: one mark or word, at the end. */
const JOINT = /(?:[\s,，;；:：、—–-]|[\s,，](?:and|or|then|so|but|并|或))$/i;
const LONGEST_JOINT = 5;

/** The marks that end a sentence, and those that close behind them. Read from the end, since a run of them may be long. */
function terminatorOf(text: string): string {
  let at = text.length;
  while (at > 0 && CLOSERS.includes(text.charAt(at - 1))) at--;
  while (at > 0 && ENDS.includes(text.charAt(at - 1))) at--;
  return text.slice(at);
}

/** What stays of a sentence before its first instruction; empty when it only led there. */
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

/** Emphasis that was open where the text is cut is closed. */
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
    const kind = kindOf(shadow);
    if (kind === null || at === 0) return aside;
    actions.push(actionIn(kind, shadow));
    return "";
  });
  return { text: kept, actions };
}

/** A sentence cut into clauses once, however many parts of it are translated. */
type Cut = {
  readonly text: string;
  readonly clauses: Clause[];
  /** Instructions behind a colon: what follows one is said by somebody ("the sign reads: …"). */
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

/** The first clause at or behind `start` that is so; the number of clauses when none is. */
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

/** Where what is said by somebody begins, unless its head only led to it. */
function quotationStart({ text, clauses, behindColon }: Cut, part: Part): number {
  const quotation = behindColon.find(
    (index) => index > part.clause && headOf(text.slice(part.from, clauses[index]?.from)) !== "",
  );
  return quotation ?? clauses.length;
}

/** What is left of a sentence: from a place in its text, which lies in one of its clauses. */
type Part = { readonly from: number; readonly clause: number };

/** The part that begins with a clause, without the word that joined it to what is gone. */
function partFrom({ text, clauses }: Cut, clause: number): Part {
  const start = clauses[clause]?.from ?? text.length;
  const joint = /^[\s*_]*(?:but|and|or|however,?)\s+/i.exec(text.slice(start));
  const from = start + (joint?.[0].length ?? 0);
  const index = indexFrom(clauses, clause + 1, (other) => other.from > from) - 1;
  const joined = clauses[index];
  // Without that word it may be an instruction after all: "but 点击导出".
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
    // A question offers nothing yet: "shall I add captions or export the video?"
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

/** A sentence without its instructions for a GUI, empty when it has nothing else; byte for byte the same when it has none. */
export function translateSentence(text: string): Translated {
  if (!hasWords(text) || CONTENT.test(text)) return { text, actions: [] };
  const shorter = withoutSlots(text);
  const asides = withoutAsides(shorter);
  const rest = translateClauses(asides.text);
  const seen: ActionName[] = shorter === text ? [] : ["timeline"];
  return { text: rest.text, actions: [...seen, ...asides.actions, ...rest.actions] };
}

export type TranslatedText = { readonly text: string; readonly actions: readonly Action[] };

const lines = (gap: string): number => (gap.includes("\n") ? gap.split("\n").length : 1);

/** The wider of two gaps around a sentence that is gone. */
const widerOf = (one: string, other: string): string =>
  lines(one) > lines(other) || (lines(one) === lines(other) && one.length > other.length) ? one : other;

/** A sentence translated until nothing changes: what is cut may have held a quote open, and with it the sentence. */
function settled(sentence: string): Translated {
  const once = translateSentence(sentence);
  if (once.text === sentence || once.text === "" || once.text === "**") return once;
  // Marks that only the cut brought together would make code of all that follows.
  if (once.text.includes("```")) return { text: sentence, actions: [] };
  // An end of nothing would join the sentence before it.
  const again = translateGuiInstructions(once.text.replace(/^[\s.!?。！？…’)）\]】}]+/, ""));
  return { text: again.text, actions: [...once.actions, ...again.actions.map(({ action }) => action)] };
}

/**
 * A text that arrives in pieces. A piece may end anywhere, so what is not known to be a whole sentence is held back: at
 * most LONGEST_SENTENCE signs, the white space before them, and inside a code fence two signs. `end` gives what is left.
 * All pieces together give the text and the actions that `translateGuiInstructions` gives, however the text was cut.
 */
export class GuiInstructionStream {
  #held = "";
  #fenced = false;
  #gap = "";
  #isBegun = false;
  #isDropped = false;
  #isGlued = false;
  readonly #suggested = new Set<ActionName>();

  /** Takes the next piece; answers what can be said by now. Each action is suggested once per text. */
  push(piece: string): TranslatedText {
    return this.#read(piece, false);
  }

  /** The text is over: everything held back, translated. */
  end(): TranslatedText {
    const last = this.#read("", true);
    const tail = this.#isDropped ? "" : this.#gap;
    this.#gap = "";
    return { text: last.text + tail, actions: last.actions };
  }

  #read(piece: string, isLast: boolean): TranslatedText {
    const split = splitSentences(this.#held + piece, this.#fenced, isLast);
    this.#held = split.rest;
    this.#fenced = split.fenced;
    const actions: Action[] = [];
    const text = split.sentences.map((sentence) => this.#say(sentence, actions)).join("");
    return { text, actions };
  }

  #say(sentence: Sentence, actions: Action[]): string {
    const { text, actions: names } = sentence.verbatim ? { text: sentence.text, actions: [] } : settled(sentence.text);
    for (const name of names) {
      if (!this.#suggested.has(name)) actions.push(actionOf(name));
      this.#suggested.add(name);
    }
    // Emphasis around several sentences keeps its marks, on the word they belong to.
    const isClosing = text === "**" && sentence.text !== text && sentence.text.endsWith(text);
    const gap = isClosing || this.#isGlued ? "" : widerOf(this.#gap, sentence.gap);
    this.#isGlued = text === "**" && sentence.text !== text && !isClosing;
    if (text === "") {
      this.#isDropped ||= sentence.text !== "";
      this.#gap = gap;
      return "";
    }
    this.#gap = "";
    const isFirst = !this.#isBegun && this.#isDropped;
    this.#isBegun = true;
    this.#isDropped = false;
    return (isFirst ? "" : gap) + text;
  }
}

/**
 * The text without instructions for a GUI, and the calls that do what they asked for, each once, in the text's order.
 *
 * Never longer than the text; the same when translated again; empty when the text was nothing but instructions. Sentences
 * without any are byte for byte the same. Linear in the text.
 */
export function translateGuiInstructions(text: string): TranslatedText {
  const stream = new GuiInstructionStream();
  const begun = stream.push(text);
  const ended = stream.end();
  return { text: begun.text + ended.text, actions: [...begun.actions, ...ended.actions] };
}
