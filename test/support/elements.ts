/** Builds Matroska and WebM files from elements. */
import { join } from "./bytes.ts";

const utf8 = new TextEncoder();

/** A number in as many bytes as it needs, at least one. */
function numberBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; left > 0 || bytes.length === 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return new Uint8Array(bytes);
}

/** A size in eight bytes. */
const longSize = (size: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(size) + (1n << 56n));
  return bytes;
};

/** All bits set: an element of unknown size. */
const OPEN = new Uint8Array([0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

type Content = Uint8Array | number | string;
const bytesOf = (content: Content): Uint8Array =>
  typeof content === "number" ? numberBytes(content) : typeof content === "string" ? utf8.encode(content) : content;

export const element = (id: number, ...parts: readonly Content[]): Uint8Array<ArrayBuffer> => {
  const body = join(...parts.map(bytesOf));
  return join(numberBytes(id), longSize(body.length), body);
};

export const openElement = (id: number, ...parts: readonly Content[]): Uint8Array<ArrayBuffer> =>
  join(numberBytes(id), OPEN, ...parts.map(bytesOf));

/** An element whose header declares this many bytes, whatever follows. */
export const sizedElement = (id: number, size: number): Uint8Array<ArrayBuffer> =>
  join(numberBytes(id), longSize(size));

export const float64 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
};

export const ebmlHead = (docType = "webm"): Uint8Array => element(0x1a45dfa3, element(0x4282, docType));
/** `Info` with a length in milliseconds. */
export const info = (ms: number): Uint8Array =>
  element(0x1549a966, element(0x2ad7b1, 1_000_000), element(0x4489, float64(ms)));
/** A video track whose `Video` has these fields. */
export const videoTrack = (...fields: readonly Uint8Array[]): Uint8Array =>
  element(0xae, element(0x83, 1), element(0x86, "V_VP8"), element(0xe0, ...fields));
export const audioTrack = element(0xae, element(0x83, 2), element(0x86, "A_OPUS"));
export const tracks = (...entries: readonly Uint8Array[]): Uint8Array => element(0x1654ae6b, ...entries);
export const segment = (...parts: readonly Uint8Array[]): Uint8Array => element(0x18538067, ...parts);
export const openSegment = (...parts: readonly Uint8Array[]): Uint8Array => openElement(0x18538067, ...parts);
export const pixels = (width: number, height: number): Uint8Array[] => [element(0xb0, width), element(0xba, height)];
