/** Two lists laid side by side: the heaviest pairing that keeps both orders, a longest common subsequence whose matches may be better or worse. */

/** Positions, counted from 0, in the list before and in the list after. */
export type Pair = readonly [before: number, after: number];

/** Two lists and what is left of them between an equal head and an equal tail: `[head, beforeEnd)` and `[head, afterEnd)`. */
export type Window<T> = {
  readonly before: readonly T[];
  readonly after: readonly T[];
  readonly head: number;
  readonly beforeEnd: number;
  readonly afterEnd: number;
};

export function windowOf<T>(
  before: readonly T[],
  after: readonly T[],
  isSame: (before: T, after: T) => boolean,
): Window<T> {
  const same = (b: number, a: number): boolean => {
    const [one, two] = [before[b], after[a]];
    return one !== undefined && two !== undefined && isSame(one, two);
  };
  let [head, beforeEnd, afterEnd] = [0, before.length, after.length];
  while (head < beforeEnd && head < afterEnd && same(head, head)) head += 1;
  while (beforeEnd > head && afterEnd > head && same(beforeEnd - 1, afterEnd - 1)) {
    beforeEnd -= 1;
    afterEnd -= 1;
  }
  return { before, after, head, beforeEnd, afterEnd };
}

/** How many comparisons `alignWindow` makes. */
export const cellsOf = ({ head, beforeEnd, afterEnd }: Window<unknown>): number =>
  (beforeEnd - head) * (afterEnd - head);

const PAIR = 0;
const SKIP_BEFORE = 1;
const SKIP_AFTER = 2;

/** For each cell, row by row, the first step of the heaviest pairing of what begins there. Filled from the end. */
function stepsOf<T>(before: readonly T[], after: readonly T[], weight: (before: T, after: T) => number): Uint8Array {
  const steps = new Uint8Array(before.length * after.length);
  let below = new Float64Array(after.length + 1);
  let here = new Float64Array(after.length + 1);
  for (const [row, one] of [...before.entries()].reverse()) {
    let right = 0;
    for (let column = after.length - 1; column >= 0; column -= 1) {
      const two = after[column];
      const own = two === undefined ? 0 : weight(one, two);
      const paired = own > 0 ? own + (below[column + 1] ?? 0) : -1;
      const skipped = below[column] ?? 0;
      const best = Math.max(paired, skipped, right);
      steps[row * after.length + column] = paired === best ? PAIR : skipped === best ? SKIP_BEFORE : SKIP_AFTER;
      here[column] = best;
      right = best;
    }
    [below, here] = [here, below];
  }
  return steps;
}

/**
 * The pairs inside a window whose weights add up to the most, in order. Weight 0: these two may not be paired. Weights are whole numbers.
 *
 * Of equally heavy pairings the one that pairs earliest is chosen, so that equal lists give equal answers.
 * Time and bytes: one comparison and one byte per cell of the window; the caller bounds it.
 */
export function alignWindow<T>(window: Window<T>, weight: (before: T, after: T) => number): readonly Pair[] {
  const { head } = window;
  const before = window.before.slice(head, window.beforeEnd);
  const after = window.after.slice(head, window.afterEnd);
  const steps = stepsOf(before, after, weight);
  const pairs: Pair[] = [];
  for (let row = 0, column = 0; row < before.length && column < after.length; ) {
    const step = steps[row * after.length + column];
    if (step === PAIR) pairs.push([row + head, column + head]);
    if (step !== SKIP_AFTER) row += 1;
    if (step !== SKIP_BEFORE) column += 1;
  }
  return pairs;
}

/** The pairs of the whole lists: what is equal at both ends as it stands, around those found inside the window. */
export function aroundWindow(window: Window<unknown>, inside: readonly Pair[]): readonly Pair[] {
  const heads = Array.from({ length: window.head }, (_, at): Pair => [at, at]);
  const tails = Array.from(
    { length: window.before.length - window.beforeEnd },
    (_, at): Pair => [window.beforeEnd + at, window.afterEnd + at],
  );
  return [...heads, ...inside, ...tails];
}

/** The positions that no pair has, in order. */
export function freeOf(
  pairs: readonly Pair[],
  counts: { readonly before: number; readonly after: number },
): { readonly before: readonly number[]; readonly after: readonly number[] } {
  const usedBefore = new Set(pairs.map(([b]) => b));
  const usedAfter = new Set(pairs.map(([, a]) => a));
  const rest = (count: number, used: ReadonlySet<number>): readonly number[] =>
    Array.from({ length: count }, (_, at) => at).filter((at) => !used.has(at));
  return { before: rest(counts.before, usedBefore), after: rest(counts.after, usedAfter) };
}
