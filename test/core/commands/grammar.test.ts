import { describe, expect, it } from "vitest";
import { parseGrammar } from "../../../src/core/commands.ts";

const word = (text: string) => ({ kind: "word", word: text });

describe("the notation of the grammar", () => {
  it("has alternatives, groups, repetitions, names and plurals", () => {
    expect(parseGrammar("A = b? (c|D)*\n  |e/s\nD = 导出?").get("A")).toEqual({
      kind: "either",
      ways: [
        {
          kind: "row",
          parts: [
            { kind: "maybe", part: word("b") },
            { kind: "any", part: { kind: "either", ways: [word("c"), { kind: "entry", name: "D" }] } },
          ],
        },
        { kind: "either", ways: [word("e"), word("es")] },
      ],
    });
  });

  it("matches Chinese character by character, and a repeated character counts once", () => {
    const parts = [word("导"), { kind: "maybe", part: word("出") }];
    expect(parseGrammar("A = 导出?").get("A")).toEqual({ kind: "row", parts });
  });

  it.each(["A = (b", "A = b)", "b|c", "A = b\nA = c"])(
    "rejects a syntax error or a second entry of a name: %s",
    (source) => {
      expect(() => parseGrammar(source)).toThrow();
    },
  );
});
