import { describe, expect, it } from "vitest";
import { QUIET_PERCENT } from "../../bench/lib/noise.ts";
import { flawsOf, verdict } from "../../bench/lib/validity.ts";

const clean = { faults: {}, lost: 0, strays: 0, noisePercent: QUIET_PERCENT };

describe("the result of a bench's goal", () => {
  it("is met or missed when nothing disturbed the measurements behind it", () => {
    expect([verdict(true, [clean, {}]), verdict(false, [clean])]).toEqual(["met", "missed"]);
    expect(verdict(true, [{ ...clean, noisePercent: Number.NaN }])).toBe("met"); // not known on other systems than Linux
  });

  it.each([
    [{ faults: { "HTTP 429": 340 } }, "invalid: 340 × HTTP 429"],
    [{ faults: 3 }, "invalid: 3 × faults"],
    [{ lost: 25_878 }, "invalid: 25878 events missing"],
    [{ strays: 1 }, "invalid: 1 events twice or out of order"],
    [{ noisePercent: 140 }, "invalid: others used up to 140 % of a core"],
  ])("is invalid after %j, whatever the figure", (flaw, says) => {
    expect(verdict(true, [clean, { ...clean, ...flaw }])).toBe(says);
    expect(verdict(false, [{ ...clean, ...flaw }, clean])).toBe(says);
  });

  it("names every flaw of all rounds, and that nothing was measured", () => {
    const rounds = [{ faults: { "HTTP 429": 2 }, lost: 1 }, { faults: { "HTTP 429": 3, "socket hang up": 1 } }];
    expect(flawsOf(rounds)).toEqual(["5 × HTTP 429", "1 × socket hang up", "1 events missing"]);
    expect(verdict(true, [])).toBe("invalid: not measured");
  });
});
