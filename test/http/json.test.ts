import { describe, expect, it } from "vitest";
import { jsonFault } from "../../src/http/request-body.ts";

describe("jsonFault", () => {
  it.each([
    '{"a":1}',
    "[]",
    '"text"',
    "{}",
    ' {"a":{"a":1},"b":[{"a":1},{"a":2}]} ',
    '{"__proto__":1}',
    '{"a":":","b":"{"}',
  ])("accepts %s", (text) => {
    expect(jsonFault(text)).toBeNull();
  });

  it.each([
    ['{"a":1,"a":2}', '"a" is duplicated'],
    ['{"a":1,"\\u0061":2}', '"a" is duplicated'],
    ['{"x":{"a":1,"b":{},"a":2}}', '"a" is duplicated'],
    ['{"__proto__":1,"__proto__":2}', '"__proto__" is duplicated'],
    ['{"a":}', "position 5 (line 1, column 6)"],
    ['{"a":1,}', "position 7"],
    ['{\n "a": tru }', "line 2, column 7"],
    ['{"a":1} // why', "position 8"],
    ["", "position 0"],
    ["{'a':1}", "position 1"],
    ['{"a":"\u0001"}', "not valid JSON"],
    ['{"a":1', "position 6"],
    ["nul", "position 0"],
    ["{}{}", "position 2"],
  ])("rejects %s", (text, words) => {
    expect(jsonFault(text)).toMatchObject({ code: "malformed_json", detail: expect.stringContaining(words) });
  });

  it.each([
    ['{"a":1', "a closing } is missing at position 6 (line 1, column 7)"],
    ["[1,2", "a closing ] is missing"],
    ['{"a":1,}', "a comma before the closing }"],
    ["[1,]", "a comma before the closing ]"],
    ["{'a':1}", "an unknown literal"],
    ["{'a':1,'b':None}", "an unknown literal"],
    ["{a:1,b:2}", "an unknown literal"],
    ["{“a”:1}", "a typographic quote"],
    ['{"a" 1}', "a colon is missing"],
    ['{"a":1 "b":2}', "a comma is missing"],
    ['{"a":}', "a value is missing"],
    ['{\n "a": tru }', "an unknown literal"],
    ['{"a":"x', "without its closing quote"],
    ['{"a":"\\x"}', "an invalid escape sequence"],
    ['{"a":"x\ny"}', "a string without its closing quote"],
    ['{"a":1} // why', "a comment"],
    ["{}{}", "unexpected text after the end"],
  ])("describes %s, with line and column", (text, words) => {
    const detail = jsonFault(text)?.detail ?? "";
    expect(detail).toContain(words);
    expect(detail).toMatch(/\(line \d+, column \d+\)/);
    expect(detail).not.toMatch(/[a-z][A-Z]/);
  });

  it("accepts 32 levels and rejects 33", () => {
    expect(jsonFault("[".repeat(32) + "]".repeat(32))).toBeNull();
    expect(jsonFault("[".repeat(33) + "]".repeat(33))?.detail).toContain("more than 32");
  });

  it("rejects a quarter of a million open brackets without a stack overflow", () => {
    expect(jsonFault("[".repeat(250_000))?.code).toBe("malformed_json");
    expect(jsonFault('{"a":'.repeat(50_000))?.code).toBe("malformed_json");
  });

  it("never repeats more than the start of a key", () => {
    const key = "k".repeat(5_000);
    expect(jsonFault(`{"${key}":1,"${key}":2}`)?.detail.length).toBeLessThan(200);
  });
});
