/** One sentence of upstream's text: its instructions for a GUI become actions, the rest of it stays. */
import type { ActionName } from "./action.ts";
import { actionIn, type Clause, clausesOf, isOffer, kindOf, LONGEST_CLAUSE, shadowOf } from "./gui-talk-clause.ts";
import { CONTENT, type Kind, LEADS_ONLY, READY, STANDS_ALONE } from "./gui-talk-words.ts";

export type Translated = { readonly text: string; readonly actions: readonly ActionName[] };

const TERMINATOR = /[.!?。！？…]*[’)）\]】}*_]*$/;
const QUESTION =
  /^[\s*_]*(?:would|do|does|is|are|should|shall|can|could|what|how|which|want)\b|吗|要不要|是否|什么|怎么/i;

/** Each clause's kind. What follows a colon is said by somebody ("the sign reads: …"), unless its head only led to it. */
function kindsOf(clauses: readonly Clause[], text: string): (Kind | null)[] {
  const kinds = clauses.map((clause) => kindOf(clause.text));
  const said = clauses.findIndex(({ from }, index) => {
    const head = text.slice(0, from);
    return kinds[index] !== null && /[:：]\s*$/.test(head.slice(-4)) && headOf(head) !== "";
  });
  return said < 0 ? kinds : kinds.map((kind, index) => (index < said ? kind : null));
}

/** What stays of a sentence before its first instruction; empty when it only led there. */
function headOf(head: string): string {
  if (head.length <= LONGEST_CLAUSE && LEADS_ONLY.test(head)) return "";
  return head.replace(/(?:[\s,，;；:：、—–-]|[\s,，](?:and|or|then|so|but|并|或))+$/i, "").replace(/\.$/, "");
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

const standsAlone = (clause: Clause, text: string): boolean =>
  STANDS_ALONE.test(clause.text) || /[;；]\s*$/.test(text.slice(Math.max(0, clause.from - 4), clause.from));

function translateClauses(text: string): Translated {
  const clauses = clausesOf(shadowOf(text));
  const kinds = kindsOf(clauses, text);
  // A question offers nothing yet: "shall I add captions or export the video?"
  const isAsked = /[?？]/.test(TERMINATOR.exec(text)?.[0] ?? "");
  const offers = (isAsked ? [] : clauses).filter((clause) => isOffer(clause.text)).map((): ActionName => "render");
  const first = kinds.findIndex((kind) => kind !== null);
  if (first < 0) return { text, actions: offers };
  const next = clauses.findIndex(
    (clause, index) => index > first && kinds[index] === null && standsAlone(clause, text),
  );
  const removed = clauses.slice(first, next < 0 ? undefined : next);
  const actions = removed.flatMap((clause, index): ActionName[] => {
    const kind = kinds[first + index] ?? null;
    if (kind !== null) return [actionIn(kind, clause.text)];
    return isOffer(clause.text) ? ["render"] : [];
  });
  const head = headOf(text.slice(0, clauses[first]?.from ?? 0));
  const tailFrom = next < 0 ? undefined : clauses[next]?.from;
  if (tailFrom === undefined) {
    const end = TERMINATOR.exec(text)?.[0] ?? "";
    const isOdd = (text.split("**").length - 1) % 2 === 1;
    if (head === "") return { text: isOdd ? "**" : "", actions };
    return { text: closed(head + endOf(head, end.replaceAll("*", ""))), actions };
  }
  const tail = translateClauses(text.slice(tailFrom).replace(/^[\s*_]*(?:but|and|or|however,?)\s+/i, ""));
  const joined = head === "" ? tail.text.replace(/^[a-z]/, (sign) => sign.toUpperCase()) : joinOf(head, tail.text);
  return { text: joined, actions: [...actions, ...tail.actions] };
}

const joinOf = (head: string, tail: string): string =>
  tail === "" ? head : `${head}${/\p{Script=Han}$/u.test(head) ? "，" : ", "}${tail}`;

/** A sentence without its instructions for a GUI, empty when it has nothing else; byte for byte the same when it has none. */
export function translateSentence(text: string): Translated {
  if (CONTENT.test(text)) return { text, actions: [] };
  const shorter = withoutPlaces(text);
  const asides = withoutAsides(shorter);
  const rest = translateClauses(asides.text);
  const seen: ActionName[] = shorter === text ? [] : ["timeline"];
  return { text: rest.text, actions: [...seen, ...asides.actions, ...rest.actions] };
}
