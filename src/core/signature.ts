/**
 * Which of the 13 formats a file is, by its first bytes. Its name and the type its sender declares have no say.
 *
 * A table of our own, because it knows nothing else: whatever is not on the list is refused, and nothing is unpacked or
 * searched to find out what it might be. A test holds it against a library that knows them all.
 */
import { FORMATS, type MediaFormat } from "./formats.ts";
import { elementAt, elementsIn } from "./media/ebml.ts";

type Ext = "mp4" | "mov" | "avi" | "webm" | "mkv" | "jpg" | "png" | "gif" | "webp" | "mp3" | "wav" | "m4a" | "aac";

/** The format of a file that begins with these bytes; null for none of the 13. 4,100 bytes are enough, fewer may be all there are. */
export function formatOfBytes(head: Uint8Array): MediaFormat | null {
  const ext = extOf(head);
  return FORMATS.find((format) => format.ext === ext) ?? null;
}

function extOf(head: Uint8Array): Ext | null {
  if (starts(head, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "png";
  if (starts(head, 0xff, 0xd8, 0xff)) return "jpg";
  if (/^GIF8[79]a/.test(text(head, 0, 6))) return "gif";
  if (text(head, 0, 4) === "RIFF") return RIFF[text(head, 8, 4)] ?? null;
  if (starts(head, 0x1a, 0x45, 0xdf, 0xa3)) return ofDocType(head);
  if (text(head, 4, 4) === "ftyp") return ofBrands(head);
  // QuickTime before 2001 has no brand and begins with whatever comes first.
  if (/^(moov|mdat|wide|free|skip|pnot)$/.test(text(head, 4, 4))) return "mov";
  return ofSound(head, afterTag(head));
}

const RIFF: Readonly<Record<string, Ext>> = { "AVI ": "avi", WAVE: "wav", WEBP: "webp" };

const SOUND_BRANDS = /^(M4A |M4B |M4P |F4A |F4B )$/;
/** Source: the registered brands at mp4ra.org that say "an MP4 movie", by their families. */
const MOVIE_BRANDS =
  /^(iso[2-9a-c]|isom|mp4[12]|avc1|hvc1|hev1|dash|cmf[2cs]|msdh|M4V |M4VH|M4VP|MSNV|mmp4|f4v |F4V |3g[p2].|NDS[CHSMP]|XAVC)$/;

/** `ftyp`: the file's own brand first. A brand of the vendor's own is a movie where it says that it can be read as one. */
function ofBrands(head: Uint8Array): Ext | null {
  const major = text(head, 8, 4);
  if (major === "qt  ") return "mov";
  if (SOUND_BRANDS.test(major)) return "m4a";
  if (MOVIE_BRANDS.test(major)) return "mp4";
  if (/^(he[iv][cmsx]|mif[12]|msf1|avi[fs]|jp[2xm] |crx |jxl )$/.test(major)) return null; // pictures
  const end = Math.min(head.length, numberAt(head, 0, 4));
  for (let at = 16; at + 4 <= end; at += 4) if (MOVIE_BRANDS.test(text(head, at, 4))) return "mp4";
  return null;
}

/** EBML: Matroska and WebM are told apart by the document's type. Source: RFC 8794, section 11.2. */
function ofDocType(head: Uint8Array): Ext | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const ebml = elementAt(view, 0);
  if (ebml === null) return null;
  const end = Math.min(head.length, ebml.start + (ebml.size ?? head.length));
  for (const element of elementsIn(view, ebml.start, end, () => undefined)) {
    if (element.id !== 0x4282) continue;
    const type = text(head, element.start, element.end - element.start).replace(/\0+$/, "");
    return type === "webm" ? "webm" : type === "matroska" ? "mkv" : null;
  }
  return null;
}

/** Where the sound begins behind an ID3 tag, which players put before MP3 and AAC alike. */
function afterTag(head: Uint8Array): number {
  if (text(head, 0, 3) !== "ID3") return 0;
  const [a = 0, b = 0, c = 0, d = 0] = head.subarray(6, 10);
  return 10 + ((a & 0x7f) << 21) + ((b & 0x7f) << 14) + ((c & 0x7f) << 7) + (d & 0x7f);
}

/** A frame's sync word is short: the next frame must stand where the first one ends, as far as that can be seen. */
function ofSound(head: Uint8Array, at: number): Ext | null {
  if (at > 0 && at + 4 > head.length) return head.length > 10 ? "mp3" : null; // the tag alone is longer than what there is
  for (const [ext, lengthAt] of [
    ["aac", adtsLength],
    ["mp3", mp3Length],
  ] as const) {
    const length = lengthAt(head, at);
    if (length === null) continue;
    const next = at + length;
    if (next + 4 > head.length || lengthAt(head, next) !== null) return ext;
  }
  return null;
}

/** Bytes of an ADTS frame; null where none begins. Source: ISO/IEC 13818-7, section 6.2. */
function adtsLength(head: Uint8Array, at: number): number | null {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = head.subarray(at, at + 6);
  const length = ((d & 0x03) << 11) | (e << 3) | (f >> 5);
  const isRate = ((c >> 2) & 0x0f) < 13;
  return a === 0xff && (b & 0xf6) === 0xf0 && isRate && length >= 7 ? length : null;
}

/** kbit/s by the header's index: MPEG-1, then MPEG-2 and 2.5. Source: ISO/IEC 11172-3 and 13818-3, layer III. */
const KBITS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES_1 = [44_100, 48_000, 32_000];

/** Bytes of an MPEG layer III frame; null where none begins. */
function mp3Length(head: Uint8Array, at: number): number | null {
  const [a = 0, b = 0, c = 0] = head.subarray(at, at + 3);
  const version = (b >> 3) & 0x03; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  if (a !== 0xff || (b & 0xe6) !== 0xe2 || version === 1) return null;
  const kbits = (version === 3 ? KBITS_1 : KBITS_2)[c >> 4] ?? 0;
  const rate = (RATES_1[(c >> 2) & 0x03] ?? 0) / (version === 3 ? 1 : version === 2 ? 2 : 4);
  if (kbits === 0 || rate === 0) return null;
  return Math.floor(((version === 3 ? 144_000 : 72_000) * kbits) / rate) + ((c >> 1) & 0x01);
}

const starts = (head: Uint8Array, ...bytes: readonly number[]): boolean => bytes.every((byte, at) => head[at] === byte);

const text = (head: Uint8Array, at: number, count: number): string =>
  String.fromCharCode(...head.subarray(at, at + Math.min(count, 32)));

/** A big-endian number; bytes beyond the end are zero. */
function numberAt(head: Uint8Array, at: number, bytes: number): number {
  let number = 0;
  for (let place = at; place < at + bytes; place += 1) number = number * 256 + (head[place] ?? 0);
  return number;
}
