import { describe, expect, it } from "vitest";
import { scaledTimings } from "../../src/core/timings.ts";

describe("timings", () => {
  it("are divided by the scale, each of a list too", () => {
    const [real, scaled] = [scaledTimings(1), scaledTimings(60)];
    expect(scaled.renderTimeout).toBe(real.renderTimeout / 60);
    expect(scaled.deliveries).toEqual(real.deliveries.map((wait) => Math.round(wait / 60)));
    expect(scaledTimings(1e9).renderPolls).toEqual([1, 1, 1, 1]);
  });

  it("give a receiver seconds to answer, and its report longer, whatever the scale", () => {
    for (const scale of [1, 4, 20, 60, 1e9]) {
      const { deliveryTimeout, deliveryLease } = scaledTimings(scale);
      expect(deliveryTimeout).toBeGreaterThanOrEqual(3_000);
      expect(deliveryLease).toBeGreaterThanOrEqual(2 * deliveryTimeout);
    }
    expect(scaledTimings(1)).toMatchObject({ deliveryTimeout: 15_000, deliveryLease: 45_000 });
  });

  it("give a sender and a reader seconds to continue, whatever the scale", () => {
    for (const scale of [1, 4, 20, 60, 1e9]) {
      const { streamLeave, copyIdle, uploadBodyIdle, importIdle } = scaledTimings(scale);
      for (const wait of [streamLeave, copyIdle, uploadBodyIdle, importIdle])
        expect(wait).toBeGreaterThanOrEqual(3_000);
    }
    expect(scaledTimings(1)).toMatchObject({ streamLeave: 15_000, copyIdle: 30_000, uploadBodyIdle: 60_000 });
  });
});
