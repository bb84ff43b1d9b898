/** Which track is which, before and after: by kind and by what is on it, then by its place among its kind. */
import { alignWindow, aroundWindow, freeOf, type Pair, windowOf } from "./timeline-diff-align.ts";
import { type Lane, type Piece, sameKind, sameLane } from "./timeline-diff-piece.ts";

/** Pieces of a track that are looked at to recognise it. Chosen: enough to tell tracks apart, and 200 × 200 tracks stay cheap. */
const SIGNATURE_PIECES = 32;

/** What two tracks may share of a piece: its words, its times, all of it. The same words outweigh any number of equal times. */
const WORDS = 0;
const TIMES = 1;
const WHOLE = 2;
const WEIGHTS = [1_000, 2, 1] as const;

/** Features of a track's pieces and how often it has each. A number stands for a text; modulo 3 it tells the class. */
type Signature = ReadonlyMap<number, number>;
type Signed = { readonly lane: Lane; readonly signature: Signature };

/** Signs lanes with numbers that are the same for the same text, for one diff. */
function newSigner(): (lane: Lane) => Signed {
  const numbers = new Map<string, number>();
  const numberOf = (feature: 0 | 1 | 2, text: string): number => {
    const key = `${feature} ${text}`;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const number = numbers.size * 3 + feature;
    numbers.set(key, number);
    return number;
  };
  const featuresOf = ({ words, startMs, durationMs, volume, text }: Piece): readonly number[] => [
    numberOf(WORDS, words),
    numberOf(TIMES, `${startMs} ${durationMs}`),
    numberOf(WHOLE, `${startMs} ${durationMs} ${volume} ${text === null} ${words}`),
  ];
  return (lane) => {
    const signature = new Map<number, number>();
    for (const feature of lane.pieces.slice(0, SIGNATURE_PIECES).flatMap(featuresOf))
      signature.set(feature, (signature.get(feature) ?? 0) + 1);
    return { lane, signature };
  };
}

/** How alike two tracks are: 0 for two kinds, 1 for a kind with nothing in common. */
function likeness(before: Signed, after: Signed): number {
  if (!sameKind(before.lane, after.lane)) return 0;
  let sum = 1;
  for (const [feature, count] of before.signature)
    sum += Math.min(count, after.signature.get(feature) ?? 0) * (WEIGHTS[feature % 3] ?? 0);
  return sum;
}

/** Tracks left over that share the words of a piece, the most alike first. */
function pairAcross(before: readonly Signed[], after: readonly Signed[], inOrder: readonly Pair[]): readonly Pair[] {
  const free = freeOf(inOrder, { before: before.length, after: after.length });
  const candidates = free.before.flatMap((b) =>
    free.after.map((a) => {
      const [one, two] = [before[b], after[a]];
      return { b, a, weight: one === undefined || two === undefined ? 0 : likeness(one, two) };
    }),
  );
  const pairs = new Map<number, Pair>();
  const taken = new Set<number>();
  const best = candidates.filter(({ weight }) => weight > WEIGHTS[WORDS]);
  for (const { b, a } of best.sort((x, y) => y.weight - x.weight || x.b - y.b || x.a - y.a)) {
    if (pairs.has(b) || taken.has(a)) continue;
    pairs.set(b, [b, a]);
    taken.add(a);
  }
  return [...pairs.values()];
}

/**
 * The tracks that are the same one before and after; a kind is never paired with another.
 *
 * `kept`: in order, so that among equal tracks each keeps its place; a track with nothing in common with one of its kind is paired too, its
 * content was replaced. `moved`: across that order, the fewest that explain it; the words of a piece must speak for them.
 * Cost: at most 96 look-ups for each track before and each track after.
 */
export function pairTracks(
  before: readonly Lane[],
  after: readonly Lane[],
): { readonly kept: readonly Pair[]; readonly moved: readonly Pair[] } {
  const sign = newSigner();
  const [left, right] = [before.map(sign), after.map(sign)];
  const window = windowOf(left, right, (b, a) => sameLane(b.lane, a.lane));
  const kept = aroundWindow(window, alignWindow(window, likeness));
  return { kept, moved: pairAcross(left, right, kept) };
}
