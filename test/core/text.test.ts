import { describe, expect, it } from "vitest";
import { cut, cutStart, wholeJson } from "../../src/core/text.ts";

describe("JSON text with half a surrogate pair", () => {
  it.each([
    [String.raw`"a\ud83d"`, "a\ufffd"],
    [String.raw`"\ude00b"`, "\ufffdb"],
    [String.raw`"\ud83d\ude00"`, "😀"],
    [String.raw`"\uD83D\uDE00\uD83D"`, "😀\ufffd"],
    [String.raw`"\ud83d\ud83d\ude00"`, "\ufffd😀"],
    [String.raw`"\\ud83d"`, String.raw`\ud83d`],
    [String.raw`"\\\ud83d"`, "\\\ufffd"],
    ['"a\ud83d"', "a\ufffd"],
    [String.raw`{"\ud83d":1}`, { "\ufffd": 1 }],
  ])("is repaired: row %$", (json, value) => {
    expect(JSON.parse(wholeJson(json))).toEqual(value);
  });
});

describe("a text that is cut", () => {
  it.each([
    ["ab", 2, "ab"],
    ["abc", 2, "ab"],
    ["a😀b", 2, "a"],
    ["a😀b", 3, "a😀"],
    ["😀", 1, ""],
    ["a\ud83d", 5, "a\ufffd"],
  ])("row %$", (text, chars, kept) => {
    expect(cut(text, chars)).toBe(kept);
  });
  it.each([
    ["abc", 2, "bc"],
    ["a😀b", 2, "b"],
    ["a😀b", 3, "😀b"],
    ["\ude00a", 5, "\ufffda"],
  ])("from its end: row %$", (text, chars, kept) => {
    expect(cutStart(text, chars)).toBe(kept);
  });
});
