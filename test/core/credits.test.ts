import { describe, expect, it } from "vitest";
import { creditsEvent } from "../../src/core/usage/usage.ts";

describe("a balance", () => {
  it.each([
    [500, 400, false, null],
    [150, 50, false, "credits.low"],
    [90, 40, false, null],
    [100, 0, false, "credits.exhausted"],
    [0, 0, false, null],
    [0, 0, true, "credits.exhausted"],
    [null, 50, false, null],
    [50, null, false, null],
    [50, 500, false, null],
  ] as const)("from %s to %s (a turn rejected: %s) sends %s", (was, is, problem, event) => {
    expect(creditsEvent(was, is, problem)).toBe(event);
  });
});
