/**
 * What a message asks for. A command is answered by the gateway; all else is for the agent, and so is all doubt: sending
 * a command to the agent costs a turn, taking an instruction for a command loses it.
 *
 *   text → one spelling → clauses → exactly one that is not politeness → a command of the grammar, or chat
 */
import { type Either, GRAMMAR, type Part, partsIn, readGrammar, spellingOf } from "./grammar.ts";

/*
 * Matches words against the grammar: at which places a part can end, begun at one place. Each entry is tried once at each
 * place, so the work is bounded by the words times the grammar, whatever the message.
 */

const ENTRIES = readGrammar(GRAMMAR);
const NOTHING: Either = { kind: "either", ways: [] };

const entry = (name: string): Part => ENTRIES.get(name) ?? NOTHING;

/** Words as the grammar has them: Chinese signs one by one, all else by spaces; `#` for a number of one or two digits. */
export const wordsOf = (text: string): string[] =>
  (text.match(/\p{Script=Han}|[^\s\p{Script=Han}]+/gu) ?? []).map((word) => (/^\d\d?$/.test(word) ? "#" : word));

/** The words that a part can begin with, and whether it can be nothing at all. */
type Beginning = { readonly words: ReadonlySet<string>; readonly mayBeNothing: boolean };

const beginnings = new Map<Part, Beginning>();

function beginningOf(part: Part): Beginning {
  const known = beginnings.get(part);
  if (known !== undefined) return known;
  const found = findBeginning(part);
  beginnings.set(part, found);
  return found;
}

function findBeginning(part: Part): Beginning {
  switch (part.kind) {
    case "word":
      return { words: new Set([part.word]), mayBeNothing: false };
    case "entry":
      return beginningOf(entry(part.name));
    case "either":
      return together(part.ways.map(beginningOf), (all) => all.some(({ mayBeNothing }) => mayBeNothing));
    case "row": {
      const all = part.parts.map(beginningOf);
      const needed = all.findIndex(({ mayBeNothing }) => !mayBeNothing);
      return together(needed < 0 ? all : all.slice(0, needed + 1), () => needed < 0);
    }
    case "maybe":
    case "any":
      return { words: beginningOf(part.part).words, mayBeNothing: true };
  }
}

const together = (all: readonly Beginning[], mayBeNothing: (all: readonly Beginning[]) => boolean): Beginning => ({
  words: new Set(all.flatMap(({ words }) => [...words])),
  mayBeNothing: mayBeNothing(all),
});

/** Per place with a choice, the ways by the word met there: nearly all of the grammar is passed over unread. */
const waysByWord = new Map<Either, Map<string, readonly Part[]>>();

function waysOf(part: Either, word: string): readonly Part[] {
  const byWord = waysByWord.get(part) ?? new Map<string, readonly Part[]>();
  waysByWord.set(part, byWord);
  const known = byWord.get(word);
  if (known !== undefined) return known;
  const found = part.ways.filter((way) => mayBegin(way, word));
  if (beginningOf(part).words.has(word)) byWord.set(word, found); // only words of the grammar are remembered
  return found;
}

function mayBegin(part: Part, word: string): boolean {
  const { words, mayBeNothing } = beginningOf(part);
  return mayBeNothing || words.has(word);
}

/** One message's words, and what is known about them. */
class Reading {
  readonly #words: readonly string[];
  readonly #known = new Map<string, readonly number[]>();

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  /** Where the part can end, begun at `start`. */
  after(part: Part, start: number): readonly number[] {
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

  #afterEach(part: Part, starts: readonly number[]): readonly number[] {
    return merged(starts.map((start) => this.after(part, start)));
  }

  #afterAny(part: Part, start: number): readonly number[] {
    const reached = new Set([start]);
    for (let fresh: readonly number[] = [start]; fresh.length > 0; ) {
      fresh = this.#afterEach(part, fresh).filter((place) => !reached.has(place));
      for (const place of fresh) reached.add(place);
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

/** Each place once. */
const merged = (places: readonly (readonly number[])[]): readonly number[] =>
  places.length === 1 && places[0] ? places[0] : [...new Set(places.flat())];

/** True when the entry matches all of the words. */
export const isAll = (name: string, words: readonly string[]): boolean =>
  new Reading(words).after({ kind: "entry", name }, 0).includes(words.length);

/** The names that entries use and nobody defines: slips of the pen, none in a sound grammar. */
export const undefinedNames = (): string[] =>
  [...ENTRIES.values()]
    .flatMap(partsIn)
    .flatMap((part) => (part.kind === "entry" && !ENTRIES.has(part.name) ? [part.name] : []));

export const COMMANDS = ["export", "credits", "state", "upload"] as const;
export type Command = (typeof COMMANDS)[number];
export type Intent = Command | "chat";

/** In UTF-16 units, outer space left out. Chosen: politeness in both languages fits, a paragraph does not. */
const LONGEST = 200;

/** Ends of clauses. A dash counts where it stands alone. */
const CLAUSE = /[\n\r.!?。,，、;；~～…]+|\s[-–—]+(?=\s)|[–—]+/u;
/** Anything else than letters, digits and inner apostrophes and hyphens is quoting, typing or code. */
const PLAIN = /^(?:[\p{L}\p{N}\s]|(?<=\p{L})['-](?=\p{L}))*$/u;

function intentOfClause(words: readonly string[]): Intent | "nothing" {
  return COMMANDS.find((command) => isAll(command, words)) ?? (isAll("POLITENESS", words) ? "nothing" : "chat");
}

/**
 * The command that the message is, entirely; `chat` for everything else, the empty message too.
 *
 * Quotes, colons, links and a second clause all make it chat.
 */
export function intentOf(message: string): Intent {
  const trimmed = message.trim();
  if (trimmed.length > LONGEST) return "chat";
  const clauses = spellingOf(trimmed).split(CLAUSE);
  if (!clauses.every((clause) => PLAIN.test(clause))) return "chat";
  const said = clauses
    .map(wordsOf)
    .map(intentOfClause)
    .filter((intent) => intent !== "nothing");
  return said.length === 1 ? (said[0] ?? "chat") : "chat";
}
