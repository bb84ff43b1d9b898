import { describe, expect, it } from "vitest";
import { rateLimitHeaders, refuseWant } from "../../src/core/quota.ts";
import { HOUR_MS } from "../../src/core/time.ts";

const NOON = Date.UTC(2026, 10, 21, 12);
const want = (quota: "concurrent_turns" | "renders_per_day" | "bytes_per_day", amount = 1) => ({
  quota,
  ref: "r",
  amount,
});

describe("a want", () => {
  it("fits up to the limit itself, and a limit of 0 lets nothing through", () => {
    expect(refuseWant(want("renders_per_day"), 10, 9, NOON)).toBeNull();
    expect(refuseWant(want("renders_per_day"), 10, 10, NOON)?.code).toBe("quota_exceeded");
    expect(refuseWant(want("bytes_per_day", 11), 10, 0, NOON)?.code).toBe("quota_exceeded");
    expect(refuseWant(want("concurrent_turns"), 0, 0, NOON)?.code).toBe("concurrency_limited");
  });

  it("is refused with what is left and when the day ends", () => {
    const refused = refuseWant(want("bytes_per_day", 5), 10, 7, NOON);
    expect(refused).toMatchObject({ charged: "no", retryAfterSeconds: (12 * HOUR_MS) / 1000 });
    expect(refused?.limit && rateLimitHeaders(refused.limit)).toEqual({
      "RateLimit-Policy": '"bytes_per_day";q=10;w=86400',
      RateLimit: '"bytes_per_day";r=3;t=43200',
    });
  });

  it("of a place has no window", () => {
    const refused = refuseWant(want("concurrent_turns"), 2, 2, NOON);
    expect(refused?.limit && rateLimitHeaders(refused.limit)).toEqual({
      "RateLimit-Policy": '"concurrent_turns";q=2',
      RateLimit: '"concurrent_turns";r=0',
    });
  });
});
