import { describe, expect, it } from "vitest";
import { retryAfterMs } from "../../src/core/errors.ts";

const NOW = Date.parse("2026-11-21T10:00:00Z");

describe("Retry-After", () => {
  it.each([
    ["120", 120_000],
    [" 0 ", 0],
    ["Sat, 21 Nov 2026 10:01:00 GMT", 60_000],
    ["Sat, 21 Nov 2026 09:00:00 GMT", 0],
    ["999999999", 86_400_000],
    ["Sat, 21 Nov 2099 10:00:00 GMT", 86_400_000],
  ])("%s is %s ms", (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms);
  });

  it.each([null, "", "soon", "-5 minutes"])("%s is ignored", (header) => {
    expect(retryAfterMs(header, NOW)).toBeNull();
  });
});
