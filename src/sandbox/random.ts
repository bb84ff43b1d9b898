/** Two kinds of chance: bytes handed in, for ids that must differ, and a hash of a seed, for choices that must repeat. */

/** `count` random bytes. */
export type RandomBytes = (count: number) => Uint8Array;

export const cryptoBytes: RandomBytes = (count) => crypto.getRandomValues(new Uint8Array(count));

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** `length` URL-safe base64 characters. */
export const idText = (random: RandomBytes, length: number): string =>
  Array.from(random(length), (byte) => ALPHABET[byte & 63]).join("");

export const hexText = (random: RandomBytes, bytes: number): string =>
  Array.from(random(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** A 19-digit odd number as text: above 2^53, and odd so that a trip through a double always changes it. */
export function longNumber(random: RandomBytes): string {
  const bytes = Array.from(random(19));
  const digits = bytes.map((byte, at) => (at === 0 ? 1 + (byte % 8) : byte % 10));
  digits[18] = 1 + 2 * ((bytes[18] ?? 0) % 5);
  return digits.join("");
}

/** FNV-1a, 32 bits: enough to spread choices, not for anything secret. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  // A last mix: neighbouring seeds ("…:1", "…:2") differ in all bits, not only the low ones.
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A number in [0, 1) that the seed alone decides. */
export const chance = (seed: string): number => hash32(seed) / 0x1_0000_0000;

/** Random bytes that the seed alone decides, for ids inside a script. */
export function seededBytes(seed: string): RandomBytes {
  let drawn = 0;
  return (count) => Uint8Array.from({ length: count }, () => hash32(`${seed}/${drawn++}`) >>> 24);
}
