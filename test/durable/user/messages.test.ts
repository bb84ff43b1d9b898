import { describe, expect, it } from "vitest";
import { MESSAGE_CHARS } from "../../../src/core/limits.ts";
import type { TurnEventWire } from "../../../src/core/wire/turn.ts";
import { StreamTranslator } from "../../../src/durable/user/turns/messages.ts";
import type { TurnEvent } from "../../../src/nemo/translate.ts";

const PROJECT = "prj_of_this_test" as const;
const chunk = (text: string): TurnEvent => ({ type: "text", text, partial: true, author: null });
const whole = (text: string): TurnEvent => ({ type: "text", text, partial: false, author: null });

/** The messages of these reads, each as its texts. */
function textsOf(...reads: readonly (readonly TurnEvent[])[]): string[][] {
  const translator = new StreamTranslator(PROJECT, 0);
  return reads.map((events) =>
    translator.translate(events, 0).flatMap((event: TurnEventWire) => (event.type === "message" ? event.text : [])),
  );
}

describe("the text of a stream", () => {
  it("is one event for each read, however many chunks arrived together", () => {
    const chunks = ["The sea. ", "The sky. ", "The wind. ", "The"].map(chunk);
    expect(textsOf(chunks)).toEqual([["The sea. The sky. The wind."]]);
    expect(textsOf(...chunks.map((one) => [one]))).toEqual([["The sea."], [" The sky."], [" The wind."], []]);
  });

  it("keeps chunks of different messages, and complete messages, apart", () => {
    const read = [chunk("One. "), chunk("Two. "), whole("One. Two."), chunk("Three. "), chunk("Four. ")];
    expect(textsOf(read)).toEqual([["One. Two.", "One. Two.", "Three. Four."]]);
  });

  it("is not joined beyond what fits into a row", () => {
    const long = `${"a".repeat(MESSAGE_CHARS - 10)}. `;
    const [texts = []] = textsOf([chunk(long), chunk(long)]);
    expect(texts.length).toBeGreaterThan(1);
    for (const text of texts) expect(text.length).toBeLessThanOrEqual(MESSAGE_CHARS);
    expect(texts.join("")).toBe((long + long).trimEnd());
  });
});
