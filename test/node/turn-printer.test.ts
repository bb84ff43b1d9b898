/** The agent's words in a terminal: shown, never obeyed. */
import { expect, it } from "vitest";
import { printable } from "../../scripts/lib/turn-printer.ts";

it.each([
  ["a colour", "a \u001b[31mred\u001b[0m word", "a red word"],
  ["another title of the window", "\u001b]0;owned\u0007done", "done"],
  ["a cursor that goes back", "good\r\u001b[2Kevil\b\b", "goodevil"],
  ["a control of one sign", "a\u009b31mb", "ab"],
  ["a half of a sequence", "\u001b[3", ""],
  ["text that runs backwards", "a\u202egpj.exe\u202c\u2066b\u2069", "agpj.exeb"],
  ["lines, tabs and other scripts", "one\ntwo\tthree 影片 🎬", "one\ntwo\tthree 影片 🎬"],
])("removes %s", (_, given, shown) => {
  expect(printable(given)).toBe(shown);
});
