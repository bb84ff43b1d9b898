/** The comparison of the gateway with a peer of the same run. */
import { describe, expect, it } from "vitest";
import { comparison, notMeasured, ratioOf } from "../../bench/lib/comparison.ts";

const quiet = [{ lost: 0, faults: {}, noisePercent: 0 }];
const ratio = (name: string, value: number) => ({ name, value });

describe("the comparison with a peer", () => {
  it("divides within each round and takes the median", () => {
    expect(ratioOf([10, 30, 2], [20, 10, 1], (one) => one)).toBe(2);
    expect(ratioOf([10], [], (one) => one)).toBeNaN();
  });

  it("is in words: ahead, behind, or in which figures", () => {
    expect(comparison([ratio("p50", 0.5), ratio("CPU", 0.9)], quiet, quiet)).toBe("ahead");
    expect(comparison([ratio("p50", 1.5), ratio("CPU", 1.1)], quiet, quiet)).toBe("behind");
    expect(comparison([ratio("p50", 0.5), ratio("CPU", 1.1)], quiet, quiet)).toBe("ahead in p50, behind in CPU");
  });

  it("counts more as ahead where more is better", () => {
    expect(comparison([{ name: "deliveries/s", value: 1.4, isMoreBetter: true }], quiet, quiet)).toBe("ahead");
  });

  it("is invalid if a side lost events or was disturbed, and names the side", () => {
    const lossy = [{ lost: 3, noisePercent: 0 }];
    expect(comparison([ratio("p50", 0.5)], quiet, lossy)).toBe("invalid: peer: 3 events missing");
    expect(comparison([ratio("p50", 0.5)], lossy, quiet)).toBe("invalid: gateway: 3 events missing");
    expect(comparison([ratio("p50", 0.5)], quiet, [])).toBe("invalid: peer: not measured");
  });

  it("has a line for each peer that is not measured", () => {
    const there = { name: "agents", missing: null };
    expect(notMeasured([there])).toEqual([]);
    expect(notMeasured([there, { name: "bullmq", missing: "redis-server is not installed" }])).toEqual([
      "- bullmq: not measured: redis-server is not installed",
    ]);
  });
});
