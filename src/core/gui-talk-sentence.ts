/** One sentence of upstream's text: its instructions for a GUI become actions, the rest of it stays. */
import type { ActionName } from "./action.ts";
import {
  actionIn,
  type Clause,
  clauseOf,
  clausesOf,
  hasWords,
  kindOf,
  LONGEST_CLAUSE,
  shadowOf,
} from "./gui-talk-clause.ts";
import { CONTENT, LEADS_ONLY, READY, STANDS_ALONE } from "./gui-talk-words.ts";

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

function withoutPlaces(text: string): string {
  const found = READY.exec(shadowOf(text));
  if (found === null) return text;
  return withoutPlaces(text.slice(0, found.index) + text.slice(found.index + found[0].length));
}

function withoutAsides(text: string): Translated {
  if (!/[(（]/.test(text)) return { text, actions: [] };
  const actions: ActionName[] = [];
  const kept = text.replace(/\s?[(（]([^()（）]{1,200})[)）]/g, (aside: string, inner: string, at: number) => {
    const shadow = shadowOf(inner);
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
  const clauses = clausesOf(shadowOf(text));
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
function saidFrom({ text, clauses, behindColon }: Cut, part: Part): number {
  const said = behindColon.find(
    (index) => index > part.clause && headOf(text.slice(part.from, clauses[index]?.from)) !== "",
  );
  return said ?? clauses.length;
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
  const said = saidFrom(whole, part);
  const isInstruction = (clause: Clause, index: number): boolean => clause.kind !== null && index < said;
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
    if (clause.kind !== null && first + index < said) return [actionIn(clause.kind, clause.text)];
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
  const shorter = withoutPlaces(text);
  const asides = withoutAsides(shorter);
  const rest = translateClauses(asides.text);
  const seen: ActionName[] = shorter === text ? [] : ["timeline"];
  return { text: rest.text, actions: [...seen, ...asides.actions, ...rest.actions] };
}
