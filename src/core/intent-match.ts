/**
 * Matches words against the grammar: at which places an entry can end, begun at one place. Each entry is tried once at
 * each place, so the work is bounded by the words times the grammar, whatever the message.
 */
import { GRAMMAR } from "./intent-grammar.ts";
import { POLITENESS } from "./intent-politeness.ts";
import { WORDS } from "./intent-words.ts";

type Item = {
  /** A name of an entry, or words to be met as they are. */
  readonly options: readonly (string | readonly string[])[];
  readonly skips: boolean;
  readonly repeats: boolean;
};
type Alternative = readonly Item[];
export type EntryName = keyof typeof GRAMMAR | keyof typeof WORDS | keyof typeof POLITENESS;

/** Words as the grammar has them: Chinese signs one by one, all else by spaces. */
export const wordsOf = (text: string): string[] => text.match(/\p{Script=Han}|[^\s\p{Script=Han}]+/gu) ?? [];

function itemOf(source: string): Item {
  const last = source.at(-1);
  const skips = last === "?" || last === "*";
  const options = (skips ? source.slice(0, -1) : source)
    .split("|")
    .map((option) => (/^[A-Z_]+$/.test(option) ? option : wordsOf(option)));
  return { options, skips, repeats: last === "*" };
}

const alternativesOf = (source: string): Alternative[] =>
  source.split(",").map((alternative) => alternative.trim().split(/\s+/).map(itemOf));

const ENTRIES: ReadonlyMap<string, readonly Alternative[]> = new Map(
  Object.entries({ ...GRAMMAR, ...WORDS, ...POLITENESS }).map(([name, source]) => [name, alternativesOf(source)]),
);

/** The words that an alternative can begin with. */
function beginningsOf(alternative: Alternative): string[] {
  const needed = alternative.findIndex(({ skips }) => !skips);
  const heads = alternative.slice(0, needed < 0 ? alternative.length : needed + 1).flatMap(({ options }) => options);
  return heads.flatMap((option) =>
    typeof option === "string" ? (ENTRIES.get(option) ?? []).flatMap(beginningsOf) : option.slice(0, 1),
  );
}

/** Per entry, the alternatives by their first word: nearly all of the grammar is passed over unread. */
const BY_FIRST: ReadonlyMap<string, ReadonlyMap<string, readonly Alternative[]>> = new Map(
  [...ENTRIES].map(([name, alternatives]) => {
    const byFirst = new Map<string, Alternative[]>();
    for (const alternative of alternatives) {
      for (const word of new Set(beginningsOf(alternative))) {
        byFirst.set(word, [...(byFirst.get(word) ?? []), alternative]);
      }
    }
    return [name, byFirst];
  }),
);

/** One message's words, and what is known about them. */
class Reading {
  readonly #words: readonly string[];
  readonly #known = new Map<string, readonly number[]>();

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  #afterOption(option: string | readonly string[], start: number): readonly number[] {
    if (typeof option === "string") return this.afterEntry(option, start);
    const isMet = option.every((word, index) => this.#words[start + index] === word);
    return isMet ? [start + option.length] : [];
  }

  afterItem(item: Item, starts: readonly number[]): readonly number[] {
    const reached = new Set(item.skips ? starts : []);
    let fresh = starts;
    while (fresh.length > 0) {
      const next = fresh.flatMap((start) => item.options.flatMap((option) => this.#afterOption(option, start)));
      fresh = [...new Set(next)].filter((place) => !reached.has(place));
      for (const place of fresh) reached.add(place);
      if (!item.repeats) break;
    }
    return [...reached];
  }

  /** Where the entry can end, begun at `start`. */
  afterEntry(name: string, start: number): readonly number[] {
    const key = `${name} ${start}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const alternatives = BY_FIRST.get(name)?.get(this.#words[start] ?? "") ?? [];
    const ends = alternatives.flatMap((items) =>
      items.reduce<readonly number[]>((places, item) => this.afterItem(item, places), [start]),
    );
    const found = [...new Set(ends)];
    this.#known.set(key, found);
    return found;
  }
}

/** True when the entry matches all of the words, of which there is at least one. */
export const isAll = (name: EntryName, words: readonly string[]): boolean =>
  new Reading(words).afterEntry(name, 0).includes(words.length);

/** True when each word is politeness, and there may be none. */
export function isPolite(words: readonly string[]): boolean {
  const polite: Item = { options: ["ALONE"], skips: true, repeats: true };
  return new Reading(words).afterItem(polite, [0]).includes(words.length);
}

/** The names that entries use and nobody defines: slips of the pen, none in a sound grammar. */
export const undefinedNames = (): string[] =>
  [...ENTRIES.values()]
    .flat(2)
    .flatMap(({ options }) => options.filter((option): option is string => typeof option === "string"))
    .filter((name) => !ENTRIES.has(name));
