/** Of pairs that were found without regard to order: the most that keep it, and the few that do not. */
import type { Pair } from "./timeline-diff-align.ts";

/** The first place among `tops` whose number is not below `value`; `tops` rise. */
function placeFor(tops: readonly number[], value: number): number {
  let [low, high] = [0, tops.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tops[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A longest rising subsequence of the positions after is kept, everything else has moved.
 * No position may be in two pairs. Cost: O(pairs × log pairs).
 */
export function splitByOrder(pairs: readonly Pair[]): {
  readonly kept: readonly Pair[];
  readonly moved: readonly Pair[];
} {
  const sorted = pairs.toSorted(([x], [y]) => x - y);
  const tops: number[] = [];
  const ranks = sorted.map(([, after]) => {
    const rank = placeFor(tops, after);
    tops[rank] = after;
    return rank;
  });
  const kept = new Set<Pair>();
  let wanted = tops.length - 1;
  let limit = Number.POSITIVE_INFINITY;
  for (const [at, pair] of [...sorted.entries()].reverse()) {
    if (ranks[at] !== wanted || pair[1] >= limit) continue;
    kept.add(pair);
    wanted -= 1;
    limit = pair[1];
  }
  return { kept: sorted.filter((pair) => kept.has(pair)), moved: sorted.filter((pair) => !kept.has(pair)) };
}
