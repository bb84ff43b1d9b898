/** Structured fields as RFC 9651 reads them. */
import { describe, expect, it } from "vitest";
import { booleanIn, countIn, dictionaryIn, itemIn } from "../../src/core/requests/header-fields.ts";

describe("an item of a structured field", () => {
  it.each([
    ["5", 5],
    [" 5 ", 5],
    ["-3", -3],
    ["1.5", 1.5],
    ["?1", true],
    ["?0;a;b=2", false],
    ["token;q=0.5", "token"],
    ['"a \\"b\\""', 'a "b"'],
    ["999999999999999", 999_999_999_999_999],
  ])("%s is parsed", (field, value) => {
    expect(itemIn(field)).toBe(value);
  });

  it.each([
    "",
    "5,6",
    "5;",
    "5;A=1",
    "5 x",
    "?2",
    "?",
    "true ",
    "1000000000000000",
    "1.",
    "1.2345",
    '"a',
    '"é"',
    "\t5",
    ":a b:",
    "(1 2)",
  ])("%j is rejected", (field) => {
    expect(itemIn(field) === null || typeof itemIn(field) === "string").toBe(true);
    expect(countIn(field)).toBeNull();
    expect(booleanIn(field)).toBeNull();
  });

  it("is an integer if it is whole and not below 0", () => {
    expect([countIn("0"), countIn("5;x"), countIn("-1"), countIn("1.5"), countIn("?1"), countIn(null)]).toEqual([
      0,
      5,
      null,
      null,
      null,
      null,
    ]);
  });
});

describe("a dictionary", () => {
  it("has members; the last of duplicate names counts", () => {
    const found = dictionaryIn("sha-256=:AAAA:;x=1, md5=:AQ==:,\tflag, sha-256=:AQID:");
    expect([...(found ?? [])]).toEqual([
      ["sha-256", new Uint8Array([1, 2, 3])],
      ["md5", new Uint8Array([1])],
      ["flag", true],
    ]);
  });

  it.each(["a=1,", "a=1 b=2", "A=1", "a=", "a=:*:", ",a=1", "a=(1 2)"])("%j is rejected", (field) => {
    expect(dictionaryIn(field)).toBeNull();
  });

  it("is empty if the field is absent or empty", () => {
    expect([dictionaryIn(null)?.size, dictionaryIn("")?.size]).toEqual([0, 0]);
  });
});
