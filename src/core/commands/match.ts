/**
 * Recognises commands. The gateway answers a command itself; every other message goes to the agent, and so does every
 * doubtful one: sending a command to the agent costs a turn, but treating an instruction as a command loses it.
 *
 *   text → normalise → clauses → exactly one that is not politeness → a command of the grammar, or chat
 */
import { type Either, GRAMMAR, type GrammarNode, nodesIn, normaliseMessage, parseGrammar } from "./grammar.ts";

/*
 * The matcher computes the positions where a node can end when it starts at a given one. Each entry is matched once
 * per position, so the work is bounded by the number of words times the size of the grammar.
 */

const ENTRIES = parseGrammar(GRAMMAR);
const NOTHING: Either = { kind: "either", ways: [] };

const entry = (name: string): GrammarNode => ENTRIES.get(name) ?? NOTHING;

/**
 * The tokens of a text: Chinese characters one by one, other words by spaces; `#` for a number of one or two digits.
 */
export const wordsOf = (text: string): string[] =>
  (text.match(/\p{Script=Han}|[^\s\p{Script=Han}]+/gu) ?? []).map((word) => (/^\d\d?$/.test(word) ? "#" : word));

/** The words that a node can start with, and whether it can match nothing. */
type FirstWords = { readonly words: ReadonlySet<string>; readonly canBeEmpty: boolean };

const beginnings = new Map<GrammarNode, FirstWords>();

function firstWordsOf(part: GrammarNode): FirstWords {
  const known = beginnings.get(part);
  if (known !== undefined) return known;
  const found = computeFirstWords(part);
  beginnings.set(part, found);
  return found;
}

function computeFirstWords(part: GrammarNode): FirstWords {
  switch (part.kind) {
    case "word":
      return { words: new Set([part.word]), canBeEmpty: false };
    case "entry":
      return firstWordsOf(entry(part.name));
    case "either":
      return together(part.ways.map(firstWordsOf), (all) => all.some(({ canBeEmpty }) => canBeEmpty));
    case "row": {
      const all = part.parts.map(firstWordsOf);
      const needed = all.findIndex(({ canBeEmpty }) => !canBeEmpty);
      return together(needed < 0 ? all : all.slice(0, needed + 1), () => needed < 0);
    }
    case "maybe":
    case "any":
      return { words: firstWordsOf(part.part).words, canBeEmpty: true };
  }
}

const together = (all: readonly FirstWords[], canBeEmpty: (all: readonly FirstWords[]) => boolean): FirstWords => ({
  words: new Set(all.flatMap(({ words }) => [...words])),
  canBeEmpty: canBeEmpty(all),
});

/** Index of alternatives by their first word, so that most of the grammar is skipped. */
const waysByWord = new Map<Either, Map<string, readonly GrammarNode[]>>();

function waysOf(part: Either, word: string): readonly GrammarNode[] {
  const byWord = waysByWord.get(part) ?? new Map<string, readonly GrammarNode[]>();
  waysByWord.set(part, byWord);
  const known = byWord.get(word);
  if (known !== undefined) return known;
  const found = part.ways.filter((way) => mayBegin(way, word));
  if (firstWordsOf(part).words.has(word)) byWord.set(word, found); // only words of the grammar are cached
  return found;
}

function mayBegin(part: GrammarNode, word: string): boolean {
  const { words, canBeEmpty } = firstWordsOf(part);
  return canBeEmpty || words.has(word);
}

/** One message's words, and the memoised matches. */
class Matcher {
  readonly #words: readonly string[];
  readonly #known = new Map<string, readonly number[]>();

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  /** The positions where the node can end when it starts at `start`. */
  after(part: GrammarNode, start: number): readonly number[] {
    const word = this.#words[start] ?? "";
    if (!mayBegin(part, word)) return [];
    switch (part.kind) {
      case "word":
        return [start + 1];
      case "entry":
        return this.#afterEntry(part.name, start);
      case "either":
        return merged(waysOf(part, word).map((way) => this.after(way, start)));
      case "row":
        return part.parts.reduce<readonly number[]>((starts, next) => this.#afterEach(next, starts), [start]);
      case "maybe":
        return merged([[start], this.after(part.part, start)]);
      case "any":
        return this.#afterAny(part.part, start);
    }
  }

  #afterEach(part: GrammarNode, starts: readonly number[]): readonly number[] {
    return merged(starts.map((start) => this.after(part, start)));
  }

  #afterAny(part: GrammarNode, start: number): readonly number[] {
    const reached = new Set([start]);
    for (let fresh: readonly number[] = [start]; fresh.length > 0; ) {
      fresh = this.#afterEach(part, fresh).filter((state) => !reached.has(state));
      for (const state of fresh) reached.add(state);
    }
    return [...reached];
  }

  #afterEntry(name: string, start: number): readonly number[] {
    const key = `${name} ${start}`;
    const known = this.#known.get(key) ?? this.after(entry(name), start);
    this.#known.set(key, known);
    return known;
  }
}

/** Without duplicates. */
const merged = (states: readonly (readonly number[])[]): readonly number[] =>
  states.length === 1 && states[0] ? states[0] : [...new Set(states.flat())];

/** Whether the entry matches all of the words. */
export const matchesEntry = (name: string, words: readonly string[]): boolean =>
  new Matcher(words).after({ kind: "entry", name }, 0).includes(words.length);

/** Names that entries use but none defines; empty for a valid grammar. For tests. */
export const undefinedNames = (): string[] =>
  [...ENTRIES.values()]
    .flatMap(nodesIn)
    .flatMap((part) => (part.kind === "entry" && !ENTRIES.has(part.name) ? [part.name] : []));

export const COMMANDS = ["export", "credits", "state", "upload"] as const;
export type Command = (typeof COMMANDS)[number];
export type MessageKind = Command | "chat";

/** In UTF-16 units, without surrounding blanks. Chosen: politeness in both languages fits, a paragraph does not. */
const LONGEST = 200;

/** Ends of clauses. A dash counts only between blanks. */
const CLAUSE = /[\n\r.!?。,，、;；~～…]+|\s[-–—]+(?=\s)|[–—]+/u;
/** Characters other than letters, digits and inner apostrophes and hyphens mean a quotation, typed text or code. */
const PLAIN = /^(?:[\p{L}\p{N}\s]|(?<=\p{L})['-](?=\p{L}))*$/u;

function classifyClause(words: readonly string[]): MessageKind | "nothing" {
  return (
    COMMANDS.find((command) => matchesEntry(command, words)) ?? (matchesEntry("POLITENESS", words) ? "nothing" : "chat")
  );
}

/**
 * The command that the entire message is; `chat` for everything else, including the empty message. Quotes, colons,
 * links and a second clause all make it chat.
 */
export function classifyMessage(message: string): MessageKind {
  const trimmed = message.trim();
  if (trimmed.length > LONGEST) return "chat";
  const clauses = normaliseMessage(trimmed).split(CLAUSE);
  if (!clauses.every((clause) => PLAIN.test(clause))) return "chat";
  const kinds = clauses
    .map(wordsOf)
    .map(classifyClause)
    .filter((intent) => intent !== "nothing");
  return kinds.length === 1 ? (kinds[0] ?? "chat") : "chat";
}
