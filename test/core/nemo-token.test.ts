import { describe, expect, it } from "vitest";
import { mayRenew, mayUse, nextIssueAt, showToken, warningAt } from "../../src/core/nemo-token.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/core/time.ts";
import { scaledTimings } from "../../src/core/timings.ts";

const NOW = Date.UTC(2026, 10, 21);
const timings = scaledTimings(1);
const sound = { expiresAt: null, rejectedAt: null };

describe("a token's status", () => {
  it.each([
    ["one without a known end", sound, "ready", true],
    ["one that ends in two days", { ...sound, expiresAt: NOW + 2 * DAY_MS }, "ready", true],
    ["one that ends in a day", { ...sound, expiresAt: NOW + DAY_MS }, "expiring", true],
    ["one that has ended", { ...sound, expiresAt: NOW }, "rejected", false],
    ["one rejected just now", { ...sound, rejectedAt: NOW - MINUTE_MS }, "rejected", false],
    [
      "one rejected ten minutes ago, which is tried again",
      { ...sound, rejectedAt: NOW - 10 * MINUTE_MS },
      "rejected",
      true,
    ],
  ] as const)("of %s", (_what, token, state, usable) => {
    expect(showToken("user", token, NOW).state).toBe(state);
    expect(mayUse(token, NOW, timings)).toBe(usable);
  });

  it("is announced about a day before its end, if it has one", () => {
    expect(warningAt({ ...sound, expiresAt: NOW })).toBe(NOW - DAY_MS);
    expect(warningAt(sound)).toBeNull();
  });
});

describe("the next anonymous token", () => {
  it("is requested when upstream says, else a week after the last one, else in an hour", () => {
    expect(nextIssueAt(NOW, 5_000, NOW)).toBe(NOW + 5_000);
    expect(nextIssueAt(NOW, null, NOW - 3 * DAY_MS)).toBe(NOW + 4 * DAY_MS);
    expect(nextIssueAt(NOW, null, null)).toBe(NOW + HOUR_MS);
    expect(nextIssueAt(NOW, null, NOW - 8 * DAY_MS)).toBe(NOW + HOUR_MS);
  });

  it("is requested soon, and then at growing intervals, if upstream gives none just after the week", () => {
    const issued = NOW - 7 * DAY_MS;
    expect(nextIssueAt(NOW - 1, null, issued)).toBe(NOW - 1 + MINUTE_MS);
    expect(nextIssueAt(NOW + MINUTE_MS, null, issued)).toBe(NOW + 2 * MINUTE_MS);
    expect(nextIssueAt(NOW + 10 * MINUTE_MS, null, issued)).toBe(NOW + 20 * MINUTE_MS);
  });
});

describe("a good token that ends soon", () => {
  it("is renewed before it expires only if upstream may issue another by then", () => {
    const end = NOW + MINUTE_MS;
    expect(mayRenew({ expiresAt: end, issuedAt: end - 7 * DAY_MS }, NOW)).toBe(false);
    expect(mayRenew({ expiresAt: end, issuedAt: null }, NOW)).toBe(false);
    expect(mayRenew({ expiresAt: end, issuedAt: end - 8 * DAY_MS }, NOW)).toBe(true);
    expect(mayRenew({ expiresAt: end + 1, issuedAt: end - 8 * DAY_MS }, NOW)).toBe(false);
    expect(mayRenew({ expiresAt: null, issuedAt: 0 }, NOW)).toBe(false);
  });
});
