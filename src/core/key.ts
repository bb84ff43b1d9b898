/**
 * API keys: `ngw_live_` or `ngw_test_` + 43 base62 characters (32 random bytes) + 6 of checksum.
 *
 * The checksum lets a mistyped key be refused without a database read, and a secret scanner match one without a false
 * alarm. Only the SHA-256 of a key is stored: 256 random bits need no slow hash.
 */
import { base62, crc32, hex, sha256 } from "./encode.ts";
import type { Mode, RandomBytes } from "./ids.ts";

const KEY = /^ngw_(live|test)_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
const utf8 = new TextEncoder();

const checksum = (head: string): string => {
  const crc = crc32(utf8.encode(head));
  return base62(new Uint8Array([crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255]), 6);
};

/** A new key. It is shown once; keep its `keyHash`. */
export function mintKey(mode: Mode, random: RandomBytes): string {
  const head = `ngw_${mode}_${base62(random(32), 43)}`;
  return head + checksum(head);
}

/** The mode of a well-formed key; null when it is not one of ours or was mistyped. Proves nothing about who holds it. */
export function modeOfKey(text: string): Mode | null {
  const match = KEY.exec(text);
  if (!match) return null;
  const [, mode, random, sum] = match;
  return checksum(`ngw_${mode}_${random}`) === sum ? (mode as Mode) : null; // the pattern allows only the two
}

/** What is stored of a key: the SHA-256 of the whole text, in hexadecimal. */
export const keyHash = async (text: string): Promise<string> => hex(await sha256(text));

/** The first characters of a key, enough to recognise it in a list and useless to an attacker. */
export const keyHint = (text: string): string => text.slice(0, "ngw_test_".length + 4);
