/** Encodings of bytes as text, and hashes, for ids, keys and links. */

/** Crockford's base32 in lower case: sortable, without `i l o u`, safe in URLs and file names, easy to read aloud. */
export const BASE32 = "0123456789abcdefghjkmnpqrstvwxyz";
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * Big-endian base32 of `bytes`, most significant bit first; a remainder of fewer than 5 bits is padded with zeros on
 * the right.
 */
export function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32.charAt((held >>> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + BASE32.charAt((held << (5 - bits)) & 31) : text;
}

/** A non-negative integer below 2^53 as exactly `width` base32 characters; larger numbers sort after smaller ones. */
export function base32Number(value: number, width: number): string {
  let text = "";
  let rest = value;
  for (let at = 0; at < width; at++) {
    text = BASE32.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}

/** Big-endian base62 of `bytes`, padded with zeros to `width` characters. 32 bytes fit in 43. */
export function base62(bytes: Uint8Array, width: number): string {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  let text = "";
  for (; value > 0n; value /= 62n) text = BASE62.charAt(Number(value % 62n)) + text;
  return text.padStart(width, "0");
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hexadecimal, two characters a byte. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Base64url without padding (RFC 4648 section 5). */
export function base64url(bytes: Uint8Array): string {
  return base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Base64 with padding (RFC 4648 section 4). */
export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The bytes of base64 or base64url text, padded or not; null when it is neither. */
export function fromBase64(text: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

/** CRC-32 (IEEE 802.3, reflected) of `bytes`. Detects typing errors; gives no security. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const utf8 = new TextEncoder();

/** Length of a text in UTF-8 bytes. */
export const utf8Bytes = (text: string): number => utf8.encode(text).byteLength;

/** SHA-256 of text in UTF-8, or of bytes. */
export async function sha256(input: string | Uint8Array): Promise<Uint8Array> {
  const bytes = typeof input === "string" ? utf8.encode(input) : input;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
