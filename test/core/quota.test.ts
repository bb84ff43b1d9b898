import { describe, expect, it } from "vitest";
import { HOUR_MS } from "../../src/core/time.ts";
import type { QuotaName } from "../../src/core/usage/quota.ts";
import { checkMore, rateLimitHeaders, shareOf } from "../../src/core/usage/quota.ts";

const NOON = Date.UTC(2026, 10, 21, 12);
/** The problem of an account that names no users, with `used` reserved. */
const rejectRequest = (quota: QuotaName, amount: number, limit: number, used: number) =>
  checkMore(quota, amount, limit, { all: used, own: null }, NOON);

describe("a reservation", () => {
  it("fits up to the limit itself, and a limit of 0 allows nothing", () => {
    expect(rejectRequest("renders_per_day", 1, 10, 9)).toBeNull();
    expect(rejectRequest("renders_per_day", 1, 10, 10)?.code).toBe("quota_exceeded");
    expect(rejectRequest("bytes_per_day", 11, 10, 0)?.code).toBe("quota_exceeded");
    expect(rejectRequest("concurrent_turns", 1, 0, 0)?.code).toBe("concurrency_limited");
  });

  it("is rejected with the remainder and the end of the day", () => {
    const problem = rejectRequest("bytes_per_day", 5, 10, 7);
    expect(problem).toMatchObject({ charged: "no", retryAfterSeconds: (12 * HOUR_MS) / 1000 });
    expect(problem?.limit && rateLimitHeaders(problem.limit)).toEqual({
      "RateLimit-Policy": '"bytes_per_day";q=10;w=86400',
      RateLimit: '"bytes_per_day";r=3;t=43200',
    });
  });

  it("of a slot has no window", () => {
    const problem = rejectRequest("concurrent_turns", 1, 2, 2);
    expect(problem?.limit && rateLimitHeaders(problem.limit)).toEqual({
      "RateLimit-Policy": '"concurrent_turns";q=2',
      RateLimit: '"concurrent_turns";r=0',
    });
  });
});

describe("a user's share", () => {
  const share = (limit: number, others: number, own = 0) => shareOf("bytes_per_day", limit, { all: others + own, own });

  it("is a third of the quota, or half of the remainder if that is less", () => {
    expect([share(90, 0), share(90, 0, 30), share(90, 30), share(90, 60), share(90, 80), share(90, 90)]).toEqual([
      30, 30, 30, 15, 5, 0,
    ]);
  });

  it("is the same for everybody while one user uses as much as possible", () => {
    for (const limit of [3, 10, 50, 100, 1_000, 50_000_000_000]) {
      const most = share(limit, 0);
      expect(share(limit, most), String(limit)).toBe(most);
    }
  });

  it("leaves room for the next user, however many have used their shares", () => {
    let inUse = 0;
    for (let user = 0; user < 20; user++) {
      const most = share(1_000_000, inUse);
      expect(most, `user ${user}`).toBeGreaterThan(0);
      inUse += most;
    }
    expect(inUse).toBeLessThan(1_000_000);
  });

  it("of a small quota is at least one while one is free", () => {
    expect([share(1, 0), share(1, 1), share(2, 1), share(0, 0)]).toEqual([1, 0, 1, 0]);
  });

  it("does not apply to requests without a user, nor to the day's new users", () => {
    expect(shareOf("renders_per_day", 90, { all: 80, own: null })).toBe(90);
    expect(shareOf("new_users_per_day", 90, { all: 80, own: 0 })).toBe(90);
  });

  it("that is exhausted is named in the problem", () => {
    const problem = checkMore("concurrent_turns", 1, 90, { all: 30, own: 30 }, NOON);
    expect(problem).toMatchObject({ code: "concurrency_limited", limit: { quota: 30, remaining: 0 } });
    expect(problem?.detail).toBe(
      "One user may have 30 of this account's 90 turns queued or running at once; send this one again when some have ended.",
    );
  });
});
