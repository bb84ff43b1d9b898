import { describe, expect, it } from "vitest";
import { inProcess } from "../contract/in-process.ts";
import { pairwise } from "../contract/pairs.ts";
import { type Run, runContract } from "../contract/suite.ts";
import { AXES } from "../contract/switches.ts";

const broken = ({ outcomes }: Run): unknown[] => outcomes.filter(({ outcome }) => outcome === "broken");

describe("the contract, against the sandbox in process", () => {
  it("holds with the sandbox's defaults, every step taken", async () => {
    const run = await runContract(inProcess({}));
    expect(broken(run)).toEqual([]);
    expect(run.outcomes.filter(({ outcome }) => outcome === "skipped")).toEqual([]);
  });

  it("holds in combinations of switches that hold every pair of values", async () => {
    const found = [];
    for (const combination of pairwise(AXES)) {
      const run = await runContract(inProcess(combination));
      if (broken(run).length > 0) found.push({ combination, broken: broken(run) });
    }
    expect(found).toEqual([]);
  }, 60_000);
});

describe("pairwise", () => {
  it("holds every pair, in far fewer combinations than the product", () => {
    const axes = { a: [1, 2, 3], b: ["x", "y"], c: [true, false], d: [0, 1, 2, 3] };
    const combinations = pairwise(axes);
    const together = new Set(
      combinations.flatMap((one) =>
        Object.entries(one).flatMap(([a, x]) => Object.entries(one).map(([b, y]) => `${a}${x}${b}${y}`)),
      ),
    );
    for (const [a, xs] of Object.entries(axes))
      for (const [b, ys] of Object.entries(axes))
        if (a !== b) for (const x of xs) for (const y of ys) expect(together.has(`${a}${x}${b}${y}`)).toBe(true);
    expect(combinations.length).toBeLessThan(20);
  });
});
