import fc from "fast-check";
import { expect, it } from "vitest";
import { type Pair, splitByOrder } from "../../../src/core/timeline/diff.ts";

/** The length of a longest rising subsequence, the plain way. */
function longest(values: readonly number[]): number {
  const lengths: number[] = [];
  for (const value of values)
    lengths.push(1 + Math.max(0, ...lengths.filter((_, earlier) => (values[earlier] ?? value) < value)));
  return Math.max(0, ...lengths);
}

it("property: keeps the longest ordered sequence of pairs", () => {
  const shuffled = fc.uniqueArray(fc.nat(50), { maxLength: 20 });
  fc.assert(
    fc.property(shuffled, (values) => {
      const pairs = values.map((after, before): Pair => [before, after]);
      const { kept, moved } = splitByOrder(pairs.toReversed());
      expect(kept).toHaveLength(longest(values));
      expect(kept.every(([, after], at) => at === 0 || (kept[at - 1]?.[1] ?? after) < after)).toBe(true);
      expect([...kept, ...moved].sort(([x], [y]) => x - y)).toEqual(pairs);
    }),
  );
});
