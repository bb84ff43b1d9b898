/** Few combinations that hold every pair: what one value does to another shows, without running the whole product. */

export type Axes = Readonly<Record<string, readonly unknown[]>>;

export type Combination = Readonly<Record<string, unknown>>;

type Pair = readonly [axisA: string, valueA: number, axisB: string, valueB: number];

const keyOf = ([axisA, valueA, axisB, valueB]: Pair): string => `${axisA}=${valueA}&${axisB}=${valueB}`;

function allPairs(axes: Axes): Map<string, Pair> {
  const names = Object.keys(axes);
  const pairs = new Map<string, Pair>();
  for (const [at, axisA] of names.entries()) {
    for (const axisB of names.slice(at + 1)) {
      for (const valueA of (axes[axisA] ?? []).keys()) {
        for (const valueB of (axes[axisB] ?? []).keys()) {
          const pair: Pair = [axisA, valueA, axisB, valueB];
          pairs.set(keyOf(pair), pair);
        }
      }
    }
  }
  return pairs;
}

/** The value of `axis` that adds most missing pairs to what is chosen already; the first of equals, after `turn` steps. */
function bestValue(
  axes: Axes,
  axis: string,
  chosen: ReadonlyMap<string, number>,
  missing: ReadonlyMap<string, Pair>,
  turn: number,
): number {
  const names = Object.keys(axes);
  const count = axes[axis]?.length ?? 1;
  let best = 0;
  let most = -1;
  for (let step = 0; step < count; step++) {
    const candidate = (step + turn) % count;
    let provided = 0;
    for (const [other, index] of chosen) {
      const isFirst = names.indexOf(axis) < names.indexOf(other);
      if (missing.has(keyOf(isFirst ? [axis, candidate, other, index] : [other, index, axis, candidate]))) provided++;
    }
    if (provided > most) {
      most = provided;
      best = candidate;
    }
  }
  return best;
}

/** Combinations in which every two values of different axes stand together at least once. Greedy: near the least possible number. */
export function pairwise(axes: Axes): readonly Combination[] {
  const missing = allPairs(axes);
  const combinations: Combination[] = [];
  while (missing.size > 0) {
    const [seed] = missing.values();
    if (seed === undefined) break;
    const chosen = new Map<string, number>([
      [seed[0], seed[1]],
      [seed[2], seed[3]],
    ]);
    for (const axis of Object.keys(axes)) {
      if (!chosen.has(axis)) chosen.set(axis, bestValue(axes, axis, chosen, missing, combinations.length));
    }
    for (const [key, [axisA, valueA, axisB, valueB]] of [...missing]) {
      if (chosen.get(axisA) === valueA && chosen.get(axisB) === valueB) missing.delete(key);
    }
    combinations.push(Object.fromEntries([...chosen].map(([axis, index]) => [axis, axes[axis]?.[index]])));
  }
  return combinations;
}
