/**
 * Splits a text into sentences, independently of how the text arrives. A sentence ends at `.`, `!`, `?`, their Chinese
 * forms, `…` or a line's end, never inside quotes or code; the white space before it belongs to it.
 */

export type Sentence = {
  readonly gap: string;
  readonly text: string;
  /** Code between fences, or text longer than any instruction: passed through unchanged. */
  readonly verbatim: boolean;
};

/** A sentence is cut at this length, in UTF-16 units. Chosen: some 150 words, far more than any GUI instruction. */
export const LONGEST_SENTENCE = 1_000;

const FENCE = "```";
const CLOSES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["“", "”"],
  ["「", "」"],
  ["『", "』"],
  ["《", "》"],
  ["`", "`"],
]);
const ENDS = ".!?。！？…";
const WIDE_END = /[。！？…]/;
/** What may follow the marks that end a sentence and still belongs to it. */
const CLOSERS = "’)）]】}*_";
const GAP = /\s*/y;
/** "1." of a list, or a version number: its dot ends no sentence. */
const NUMBERED = /(?:^|\s)\d{1,2}$/;

const isSpace = (sign: string): boolean => /\s/.test(sign);

/**
 * Splits a text that arrives in chunks; splitting it into chunks in any way gives the same sentences. Each character is
 * looked at once, however small the chunks are: what is known of the sentence that is arriving is kept.
 */
export class SentenceSplitter {
  #isFenced = false;
  /** The white space before the sentence that is arriving. */
  #gap = "";
  /** That sentence so far: at most `LONGEST_SENTENCE` characters. In code, what may be the start of its closing fence. */
  #arriving = "";
  /** How many of its characters were read. */
  #at = 0;
  /** The mark that closes the quote that is open in it; empty for none. */
  #close = "";
  /** Where the marks began that end it, if it ends; null when the last character read is not one of them. */
  #endMarksAt: number | null = null;

  /** Adds a chunk and returns the sentences that are complete; with `isLast` the text ends, and all of them are. */
  split(chunk: string, isLast: boolean): Sentence[] {
    const sentences: Sentence[] = [];
    let text = this.#arriving + chunk;
    const take = (end: number, verbatim: boolean): void => {
      sentences.push({ gap: this.#gap, text: text.slice(0, end), verbatim });
      text = text.slice(end);
      this.#gap = "";
      this.#at = 0;
      this.#close = "";
      this.#endMarksAt = null;
    };
    while (text !== "") {
      if (this.#isFenced) {
        const { end, closed } = endOfCode(text, isLast);
        if (end > 0) take(end, true);
        this.#isFenced = !closed;
        if (closed) continue;
        break;
      }
      if (this.#at === 0) {
        GAP.lastIndex = 0;
        const gap = GAP.exec(text)?.[0] ?? "";
        this.#gap += gap;
        text = text.slice(gap.length);
        if (text === "") break;
      }
      if (text.startsWith(FENCE)) {
        take(FENCE.length, true);
        this.#isFenced = true;
        continue;
      }
      const end = this.#endOf(text, isLast);
      if (end === null) break;
      take(end, end >= LONGEST_SENTENCE - 1);
    }
    if (isLast && this.#gap !== "") take(0, false);
    this.#arriving = text;
    return sentences;
  }

  /** The end of the sentence that begins the text; null when it has not arrived. Continues where it stopped before. */
  #endOf(text: string, isLast: boolean): number | null {
    for (; this.#at < text.length; this.#at++) {
      const at = this.#at;
      if (at >= LONGEST_SENTENCE) return /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) ? at - 1 : at;
      const sign = text.charAt(at);
      if (this.#endMarksAt !== null) {
        if (CLOSERS.includes(sign) || (ENDS.includes(sign) && ENDS.includes(text.charAt(at - 1)))) continue;
        if (this.#isEnd(text, this.#endMarksAt, at)) return at;
        this.#endMarksAt = null;
      }
      if (sign === "\n") return at;
      if (sign === "`" && text.startsWith(FENCE, at)) return at;
      if (sign === "`" && !isLast && FENCE.startsWith(text.slice(at, at + FENCE.length))) return null; // perhaps a fence
      if (this.#close !== "") {
        if (sign !== this.#close) continue;
        if (sign !== "`" && ENDS.includes(text.charAt(at - 1))) {
          if (at + 1 === text.length) return isLast ? at + 1 : null;
          if (isBoundary(text.charAt(at + 1))) return at + 1;
        }
        this.#close = "";
        continue;
      }
      const opened = CLOSES.get(sign);
      if (opened !== undefined && !(sign === '"' && at > 0 && /\d/.test(text.charAt(at - 1)))) this.#close = opened;
      else if (ENDS.includes(sign)) this.#endMarksAt = at;
    }
    return isLast ? text.length : null;
  }

  /** Whether the marks from `from` to `after` end the sentence. */
  #isEnd(text: string, from: number, after: number): boolean {
    const marks = text.slice(from, after);
    if (!WIDE_END.test(marks) && !isBoundary(text.charAt(after))) return false;
    return marks !== "." || !NUMBERED.test(text.slice(Math.max(0, from - 3), from));
  }
}

/** Whether a sentence may end before this character, which follows its end mark. */
const isBoundary = (next: string): boolean => isSpace(next) || next > "\u007f";

/** What one sentence may end with and the next one must be apart from. */
const NARROW_END = /[.!?’)）\]】}*_]$/;

/** Whether a sentence stays one of its own when this text stands before it, with nothing between. */
export const isApart = (before: string, sentence: string): boolean =>
  !NARROW_END.test(before) || isBoundary(sentence.charAt(0));

/** How far code can be passed through: to the end of its fence, or to where a fence may be starting. */
function endOfCode(text: string, isLast: boolean): { end: number; closed: boolean } {
  const close = text.indexOf(FENCE);
  if (close >= 0) return { end: close + FENCE.length, closed: true };
  return { end: isLast ? text.length : Math.max(0, text.length - FENCE.length + 1), closed: false };
}
