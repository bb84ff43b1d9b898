import { describe, expect, it } from "vitest";
import { scaledTimings } from "../../../src/core/timings.ts";
import { isAccepted, nextAttempt } from "../../../src/core/webhooks/delivery.ts";

const timings = scaledTimings(1);
const outcome = (status: number | null) => ({ status, answer: "", error: null, retryAfterMs: null, tookMs: 1 });

describe("a delivery", () => {
  it("is tried ten times over about 76 hours", () => {
    let at = 0;
    let attempts = 1;
    for (let attempt = 1; ; attempt++) {
      const next = nextAttempt(attempt, null, at, 0, timings);
      if (next === null) break;
      at = next;
      attempts++;
    }
    expect(attempts).toBe(10);
    expect(at / 3_600_000).toBeCloseTo(75.58, 1);
  });

  it("is shortened by jitter by at most a tenth, and never lengthened", () => {
    expect(nextAttempt(2, null, 0, 0, timings)).toBe(300_000);
    expect(nextAttempt(2, null, 0, 0.999, timings)).toBeGreaterThanOrEqual(270_000);
    expect(nextAttempt(2, null, 0, 0.999, timings)).toBeLessThan(300_000);
  });

  it("waits as long as the receiver asks for, never shorter than the schedule", () => {
    expect(nextAttempt(1, 60_000, 0, 0, timings)).toBe(60_000);
    expect(nextAttempt(2, 1_000, 0, 0, timings)).toBe(300_000);
  });

  it("counts as delivered only with a 2xx", () => {
    expect([200, 204, 299].every((status) => isAccepted(outcome(status)))).toBe(true);
    expect([null, 199, 301, 404, 410, 500].some((status) => isAccepted(outcome(status)))).toBe(false);
  });
});
