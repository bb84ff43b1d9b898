/**
 * Upstream talks to a person in front of its GUI: click this, open that panel. Here its instructions leave the text and
 * become calls of this gateway; what it says about the video stays as it is.
 */
import { type Action, type ActionName, actionOf } from "./action.ts";
import { type Translated, translateSentence } from "./gui-talk-sentence.ts";
import { type Sentence, splitSentences } from "./gui-talk-split.ts";

export type GuiTalk = { readonly text: string; readonly actions: readonly Action[] };

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
  const again = translateGuiTalk(once.text.replace(/^[\s.!?。！？…’)）\]】}]+/, ""));
  return { text: again.text, actions: [...once.actions, ...again.actions.map(({ action }) => action)] };
}

/**
 * A text that arrives in pieces. A piece may end anywhere, so what is not known to be a whole sentence is held back: at
 * most LONGEST_SENTENCE signs, the white space before them, and inside a code fence two signs. `end` gives what is left.
 * All pieces together give the text and the actions that `translateGuiTalk` gives, however the text was cut.
 */
export class GuiTalkStream {
  #held = "";
  #fenced = false;
  #gap = "";
  #isBegun = false;
  #isDropped = false;
  #isGlued = false;
  readonly #suggested = new Set<ActionName>();

  /** Takes the next piece; answers what can be said by now. Each action is suggested once per text. */
  push(piece: string): GuiTalk {
    return this.#read(piece, false);
  }

  /** The text is over: everything held back, translated. */
  end(): GuiTalk {
    const last = this.#read("", true);
    const tail = this.#isDropped ? "" : this.#gap;
    this.#gap = "";
    return { text: last.text + tail, actions: last.actions };
  }

  #read(piece: string, isLast: boolean): GuiTalk {
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
export function translateGuiTalk(text: string): GuiTalk {
  const stream = new GuiTalkStream();
  const begun = stream.push(text);
  const ended = stream.end();
  return { text: begun.text + ended.text, actions: [...begun.actions, ...ended.actions] };
}
