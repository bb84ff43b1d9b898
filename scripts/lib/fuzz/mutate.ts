/** Seeded mutations of bytes: the same seed, name and index always give the same input. */

/** A small generator of pseudo-random 32-bit numbers (mulberry32). */
export type Random = () => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** The seed of one input (FNV-1a over the text). */
export function seedOf(seed: number, name: string, index: number): number {
  let hash = 0x811c9dc5;
  for (const char of `${seed}/${name}/${index}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

export const below = (random: Random, bound: number): number => (bound <= 0 ? 0 : random() % bound);

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[below(random, items.length)];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}

/** Usual size of an input, and the size of one input in `LARGE_ONE_IN`, which shows work that is not linear. */
const USUAL_BYTES = 64 * 1024;
const LARGE_BYTES = 256 * 1024;
const LARGE_ONE_IN = 200;

const BYTES = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x0a, 0x0d, 0x20, 0x22, 0x25, 0x2c, 0x3a, 0x3b, 0x3d, 0x5b, 0x5c, 0x7b];
const NUMBERS = [0, 1, 2, 3, 7, 8, 16, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const TEXTS = [
  "\r\n",
  "\n\n",
  '"',
  "\\",
  "%00",
  "%",
  "../",
  "\u0000",
  "\ud83d",
  "é",
  "😀",
  "{",
  "[",
  "null",
  "1e999",
  "-0",
  "__proto__",
];

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array, limit: number) => Uint8Array;

const join = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

const flipBit: Mutation = (bytes, random) => {
  const at = below(random, bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
  return bytes;
};

const setByte: Mutation = (bytes, random) => {
  bytes[below(random, bytes.length)] = pick(random, BYTES);
  return bytes;
};

/** Overwrites 1 to 8 bytes with a boundary value, in either byte order: they may be a size or a count. */
const setNumber: Mutation = (bytes, random) => {
  const width = pick(random, [1, 2, 4, 8]);
  if (bytes.length < width) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = below(random, bytes.length - width + 1);
  const value = pick(random, NUMBERS);
  const isLittle = below(random, 2) === 0;
  if (width === 1) view.setUint8(at, value & 0xff);
  if (width === 2) view.setUint16(at, value & 0xffff, isLittle);
  if (width === 4) view.setUint32(at, value, isLittle);
  if (width === 8) view.setBigUint64(at, BigInt(value) << BigInt(pick(random, [0, 8, 24, 32])), isLittle);
  return bytes;
};

const cutAway: Mutation = (bytes, random) => {
  const from = below(random, bytes.length);
  return join(bytes.subarray(0, from), bytes.subarray(from + 1 + below(random, 64)));
};

const truncate: Mutation = (bytes, random) => bytes.slice(0, below(random, bytes.length));

const insertText: Mutation = (bytes, random) => {
  const at = below(random, bytes.length + 1);
  return join(bytes.subarray(0, at), new TextEncoder().encode(pick(random, TEXTS)), bytes.subarray(at));
};

const insertBytes: Mutation = (bytes, random) => {
  const at = below(random, bytes.length + 1);
  const more = Uint8Array.from({ length: 1 + below(random, 16) }, () => random() & 0xff);
  return join(bytes.subarray(0, at), more, bytes.subarray(at));
};

/** Repeats a slice many times: element counts, nesting, quadratic work. */
const repeatSlice: Mutation = (bytes, random, _other, limit) => {
  const from = below(random, bytes.length);
  const part = bytes.slice(from, from + 1 + below(random, 128));
  const room = Math.max(0, limit - bytes.length);
  const times = Math.min(Math.floor(room / part.length), pick(random, [1, 2, 8, 64, 1_000, 100_000]));
  return join(bytes.subarray(0, from), ...Array.from({ length: times }, () => part), bytes.subarray(from));
};

const swapSlices: Mutation = (bytes, random) => {
  const [first = 0, second = 0, third = 0] = [0, 0, 0].map(() => below(random, bytes.length + 1)).sort((a, b) => a - b);
  return join(
    bytes.subarray(0, first),
    bytes.subarray(second, third),
    bytes.subarray(first, second),
    bytes.subarray(third),
  );
};

const splice: Mutation = (bytes, random, other) =>
  join(bytes.subarray(0, below(random, bytes.length + 1)), other.subarray(below(random, other.length + 1)));

const zeros: Mutation = (bytes, random) => {
  const from = below(random, bytes.length);
  return bytes.fill(0, from, from + 1 + below(random, 256));
};

const MUTATIONS: readonly Mutation[] = [
  ...[flipBit, setByte, setNumber, setNumber, cutAway, truncate, insertText, insertBytes],
  ...[repeatSlice, swapSlices, splice, zeros],
];

/** Mutations of one input. Chosen: one finds most faults, a few together find the rest. */
const MOST_MUTATIONS = 6;

/** An input made from the seeds by one to six mutations; the first inputs are the seeds themselves. */
export function mutated(seeds: readonly Uint8Array[], seed: number, name: string, index: number): Uint8Array {
  const untouched = seeds[index];
  if (untouched !== undefined) return untouched.slice();
  const random = randomFrom(seedOf(seed, name, index));
  const limit = below(random, LARGE_ONE_IN) === 0 ? LARGE_BYTES : USUAL_BYTES;
  let bytes: Uint8Array = pick(random, seeds).slice();
  for (let left = 1 + below(random, MOST_MUTATIONS); left > 0; left--) {
    const mutation = bytes.length === 0 ? insertBytes : pick(random, MUTATIONS);
    bytes = mutation(bytes, random, pick(random, seeds), limit);
  }
  return bytes.length > limit ? bytes.slice(0, limit) : bytes;
}
