/** Reads the notation that the grammar of commands is written in. */

/** What one place of the grammar takes. */
export type Part =
  | { readonly kind: "word"; readonly word: string }
  | { readonly kind: "entry"; readonly name: string }
  | Either
  | { readonly kind: "row"; readonly parts: readonly Part[] }
  | { readonly kind: "maybe"; readonly part: Part }
  | { readonly kind: "any"; readonly part: Part };
export type Either = { readonly kind: "either"; readonly ways: readonly Part[] };

const SIGNS = /[()|?*]|[A-Z_]+|\p{Script=Han}|[^\s()|?*\p{Script=Han}]+/gu;

/** The entries by name: each is `NAME = …`, ended by `;` or by a line that is not indented. Throws at a slip of the pen. */
export function readGrammar(text: string): ReadonlyMap<string, Part> {
  const entries = text.split(/;|\n(?! )/).filter((source) => source.trim() !== "");
  return new Map(
    entries.map((source) => {
      const [name = "", body] = source.split(" = ");
      if (body === undefined) throw new Error(`an entry without a name: ${source}`);
      return [name.trim(), new Reader(body).read()];
    }),
  );
}

class Reader {
  readonly #source: string;
  readonly #signs: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#source = source;
    this.#signs = source.match(SIGNS) ?? [];
  }

  read(): Part {
    const whole = this.#either();
    if (this.#at < this.#signs.length) throw new Error(`a place is closed twice: ${this.#source}`);
    return whole;
  }

  #either(): Part {
    const ways = [this.#row()];
    while (this.#take("|")) ways.push(this.#row());
    return eitherOf(ways);
  }

  #row(): Part {
    const parts: Part[] = [];
    for (let sign = this.#signs[this.#at]; sign !== undefined && sign !== "|" && sign !== ")"; ) {
      parts.push(this.#repeated(this.#one()));
      sign = this.#signs[this.#at];
    }
    return parts.length === 1 && parts[0] ? parts[0] : { kind: "row", parts };
  }

  #one(): Part {
    if (!this.#take("(")) return wordOrName(this.#signs[this.#at++] ?? "");
    const inner = this.#either();
    if (!this.#take(")")) throw new Error(`a place is left open: ${this.#source}`);
    return inner;
  }

  #repeated(part: Part): Part {
    if (this.#take("?")) return { kind: "maybe", part };
    return this.#take("*") ? { kind: "any", part } : part;
  }

  #take(sign: string): boolean {
    const isNext = this.#signs[this.#at] === sign;
    if (isNext) this.#at += 1;
    return isNext;
  }
}

const eitherOf = (ways: readonly Part[]): Part => (ways.length === 1 && ways[0] ? ways[0] : { kind: "either", ways });

/** A name, or a word that may end in s. */
function wordOrName(sign: string): Part {
  if (/^[A-Z_]+$/.test(sign)) return { kind: "entry", name: sign };
  const words = sign.endsWith("/s") ? [sign.slice(0, -2), sign.replace("/", "")] : [sign];
  return eitherOf(words.map((word): Part => ({ kind: "word", word })));
}

/** The part and all that is in it. */
export function partsIn(part: Part): Part[] {
  const inner =
    part.kind === "either" ? part.ways : part.kind === "row" ? part.parts : "part" in part ? [part.part] : [];
  return [part, ...inner.flatMap(partsIn)];
}
