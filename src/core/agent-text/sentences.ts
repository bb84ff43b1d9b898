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

export type Split = {
  readonly sentences: readonly Sentence[];
  /** Text that may not be complete. */
  readonly rest: string;
  /** The rest is inside a code fence. */
  readonly fenced: boolean;
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
const END = /[.!?。！？…]+[’)）\]】}*_]*/y;
const WIDE_END = /[。！？…]/;
const GAP = /\s*/y;
/** "1." of a list, or a version number: its dot ends no sentence. */
const NUMBERED = /(?:^|\s)\d{1,2}$/;

const isSpace = (sign: string): boolean => /\s/.test(sign);

/** Whether the character before `after` ends a sentence; null when more text is needed to decide. */
function boundary(text: string, after: number, isWide: boolean, isLast: boolean): boolean | null {
  const next = text.charAt(after);
  if (next === "") return isLast ? true : null;
  return isWide || isSpace(next) || next > "\u007f";
}

/** The end of the sentence that begins at `start`; null when it has not arrived. */
function endOf(text: string, start: number, isLast: boolean): number | null {
  let close = "";
  for (let at = start; at < text.length; at++) {
    if (at - start >= LONGEST_SENTENCE) return /[\uD800-\uDBFF]/.test(text.charAt(at - 1)) ? at - 1 : at;
    const sign = text.charAt(at);
    if (sign === "\n") return at;
    if (sign === "`" && text.startsWith(FENCE, at)) return at;
    if (close !== "") {
      if (sign !== close) continue;
      close = "";
      if (sign === "`" || !ENDS.includes(text.charAt(at - 1))) continue;
      const ends = boundary(text, at + 1, false, isLast);
      if (ends === null) return null;
      if (ends) return at + 1;
      continue;
    }
    const opened = CLOSES.get(sign);
    if (opened !== undefined && !(sign === '"' && /\d/.test(text.charAt(at - 1)))) {
      close = opened;
      continue;
    }
    if (!ENDS.includes(sign)) continue;
    END.lastIndex = at;
    const run = END.exec(text)?.[0] ?? sign;
    const ends = boundary(text, at + run.length, WIDE_END.test(run), isLast);
    if (ends === null) return null;
    const isNumber = run === "." && NUMBERED.test(text.slice(Math.max(start, at - 3), at));
    if (ends && !isNumber) return at + run.length;
    at += run.length - 1;
  }
  return isLast ? text.length : null;
}

/**
 * How far code that begins at `start` can be passed through: to the end of its fence, or to where a fence may be
 * starting.
 */
function endOfCode(text: string, start: number, isLast: boolean): { end: number; closed: boolean } {
  const close = text.indexOf(FENCE, start);
  if (close >= 0) return { end: close + FENCE.length, closed: true };
  return { end: isLast ? text.length : Math.max(start, text.length - FENCE.length + 1), closed: false };
}

/**
 * The complete sentences at the front of `text`, and the rest. `isLast` makes everything complete. Splitting a text
 * into chunks in any way gives the same sentences. Linear in the text's length.
 */
export function splitSentences(text: string, fenced: boolean, isLast: boolean): Split {
  const sentences: Sentence[] = [];
  let at = 0;
  let inCode = fenced;
  while (at < text.length) {
    if (inCode) {
      const { end, closed } = endOfCode(text, at, isLast);
      if (end > at) sentences.push({ gap: "", text: text.slice(at, end), verbatim: true });
      at = end;
      inCode = !closed;
      if (!closed) break;
      continue;
    }
    GAP.lastIndex = at;
    const gap = GAP.exec(text)?.[0] ?? "";
    const start = at + gap.length;
    if (text.startsWith(FENCE, start)) {
      sentences.push({ gap, text: FENCE, verbatim: true });
      at = start + FENCE.length;
      inCode = true;
      continue;
    }
    const end = endOf(text, start, isLast);
    if (end === null || (end === start && !isLast)) break;
    const verbatim = end - start >= LONGEST_SENTENCE - 1;
    sentences.push({ gap, text: text.slice(start, end), verbatim });
    at = end;
  }
  return { sentences, rest: text.slice(at), fenced: inCode };
}
