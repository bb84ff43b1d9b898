import { describe, expect, it } from "vitest";
import { DAY_MS } from "../../../src/core/time.ts";
import { scaledTimings } from "../../../src/core/timings.ts";
import { afterAttempt, type FailureRun } from "../../../src/core/webhooks/delivery.ts";

const timings = scaledTimings(1);
const outcome = (status: number | null) => ({ status, answer: "", error: null, retryAfterMs: null, tookMs: 1 });
const failing = (attempts: number, several: boolean): FailureRun => ({ since: 0, attempts, event: "evt_a", several });
const judge = (was: FailureRun | null, status: number | null, now: number, event: "evt_a" | "evt_b" = "evt_a") =>
  afterAttempt(was, outcome(status), event, now, timings);

describe("an endpoint's health", () => {
  it("counts failures since the first one, and whether several events failed", () => {
    const first = judge(null, 500, 7);
    expect(first).toEqual({ failures: { since: 7, attempts: 1, event: "evt_a", several: false }, disable: null });
    expect(judge(first.failures, null, 9).failures).toEqual({ since: 7, attempts: 2, event: "evt_a", several: false });
    expect(judge(first.failures, 302, 9, "evt_b").failures).toMatchObject({ attempts: 2, several: true });
  });

  it("is reset by one success", () => {
    expect(judge(failing(400, true), 204, 30 * DAY_MS)).toEqual({ failures: null, disable: null });
  });

  it("disables after failures of five days, ten attempts and two events: not one of these less", () => {
    expect(judge(failing(9, true), 500, 5 * DAY_MS).disable).toBe("failing");
    expect(judge(failing(9, true), 500, 5 * DAY_MS - 1).disable).toBeNull();
    expect(judge(failing(8, true), 500, 5 * DAY_MS).disable).toBeNull();
    expect(judge(failing(9, false), 500, 5 * DAY_MS).disable).toBeNull();
    expect(judge(failing(9, false), 500, 5 * DAY_MS, "evt_b").disable).toBe("failing");
  });

  it("disables at once with 410", () => {
    expect(judge(null, 410, 0).disable).toBe("gone");
  });
});
