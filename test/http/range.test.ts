import { describe, expect, it } from "vitest";
import { readRange } from "../../src/http/files.ts";

describe("readRange", () => {
  it.each([
    ["bytes=0-99", { offset: 0, length: 100 }],
    ["bytes=900-", { offset: 900, length: 100 }],
    ["bytes=-1", { offset: 999, length: 1 }],
    ["bytes=-5000", { offset: 0, length: 1_000 }],
    ["bytes=990-5000", { offset: 990, length: 10 }],
    ["bytes=999-999", { offset: 999, length: 1 }],
    ["bytes = 0 - 0", { offset: 0, length: 1 }],
  ])("reads %s of 1000 bytes", (header, range) => {
    expect(readRange(header, 1_000)).toEqual(range);
  });

  it.each([
    null,
    "",
    "bytes=",
    "bytes=-",
    "bytes=5-1",
    "bytes=0-1,4-5",
    "items=0-1",
    "bytes=a-b",
    "bytes=0-99999999999999999",
  ])("ignores %s", (header) => {
    expect(readRange(header, 1_000)).toBe("whole");
  });

  it.each(["bytes=1000-", "bytes=1000-2000", "bytes=-0"])("rejects %s of 1000 bytes", (header) => {
    expect(readRange(header, 1_000)).toBe("unsatisfiable");
  });

  it("rejects any range of an empty file", () => {
    expect(readRange("bytes=0-", 0)).toBe("unsatisfiable");
    expect(readRange("bytes=-1", 0)).toBe("unsatisfiable");
  });
});
