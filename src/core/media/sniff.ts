/**
 * Detects which of the 13 accepted formats a file has, from its first bytes. Its name and declared type are ignored.
 *
 * The table is our own, so that a format that is not listed is rejected, and nothing is unpacked or searched to find
 * out what it might be. A test compares it with a library that knows many formats.
 */

import { findFrame, tagLengths } from "./audio-frames.ts";
import { elementAt, elementsIn } from "./matroska.ts";

/** The media that Nemo accepts: the 13 formats of its own list. */
export type MediaKind = "video" | "image" | "audio";

export type MediaFormat = {
  /** The file extension in lower case, without the dot. */
  readonly ext: string;
  readonly kind: MediaKind;
  /** The media type under which the file is stored and served. */
  readonly mime: string;
};

/** Source: nemo-api reference section 6, in its order. */
export const FORMATS: readonly MediaFormat[] = [
  { ext: "mp4", kind: "video", mime: "video/mp4" },
  { ext: "mov", kind: "video", mime: "video/quicktime" },
  { ext: "avi", kind: "video", mime: "video/x-msvideo" },
  { ext: "webm", kind: "video", mime: "video/webm" },
  { ext: "mkv", kind: "video", mime: "video/x-matroska" },
  { ext: "jpg", kind: "image", mime: "image/jpeg" },
  { ext: "png", kind: "image", mime: "image/png" },
  { ext: "gif", kind: "image", mime: "image/gif" },
  { ext: "webp", kind: "image", mime: "image/webp" },
  { ext: "mp3", kind: "audio", mime: "audio/mpeg" },
  { ext: "wav", kind: "audio", mime: "audio/wav" },
  { ext: "m4a", kind: "audio", mime: "audio/mp4" },
  { ext: "aac", kind: "audio", mime: "audio/aac" },
];

/** The format for a file name's extension in any case, with `jpeg` as `jpg`; null for none of the 13. */
export function formatOfName(name: string): MediaFormat | null {
  const dot = name.lastIndexOf(".");
  if (dot < 0) return null;
  const ext = name.slice(dot + 1).toLowerCase();
  const wanted = ext === "jpeg" ? "jpg" : ext;
  return FORMATS.find((format) => format.ext === wanted) ?? null;
}

/** Other extensions of media files: of the same formats, of formats that a sender may have converted, and of none. */
const OTHER_ENDINGS = new Set(
  `3g2 3ga 3gp 3gpp aif aiff amr apng asf avif bin bmp bw64 dat divx f4a f4b f4v flac flv gifv heic heics heif heifs hif jfif
  jif jpe jpg_large jps m1v m2ts m2v m4b m4p m4r m4v mka mk3d mp1 mp2 mp4a mp4v mpa mpe mpeg mpg mpga mpo mts oga ogg ogm ogv
  opus pjp pjpeg qt qta rf64 svg temp tif tiff tmp ts vob wave weba wma wmv x-m4v xvid`.split(/\s+/),
);

/** A file name's media extension with its dot; empty when it has none. */
export function mediaExtensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  if (dot < 0) return "";
  const isKnown = formatOfName(name) !== null || OTHER_ENDINGS.has(name.slice(dot + 1).toLowerCase());
  return isKnown ? name.slice(dot) : "";
}

/** The list for messages: `mp4, mov, … aac`. */
export const formatList: string = FORMATS.map((format) => format.ext).join(", ");

type Ext = "mp4" | "mov" | "avi" | "webm" | "mkv" | "jpg" | "png" | "gif" | "webp" | "mp3" | "wav" | "m4a" | "aac";

/**
 * The format of a file that begins with these bytes; null for none of the 13. 4,100 bytes are enough; a short file may
 * have fewer.
 */
export function formatOfBytes(head: Uint8Array): MediaFormat | null {
  const ext = extOf(head);
  return FORMATS.find((format) => format.ext === ext) ?? null;
}

/** The common name of a format that is none of the 13, as far as its first bytes show; else null. */
export function otherFormatName(head: Uint8Array): string | null {
  if (text(head, 4, 4) === "ftyp") {
    const brand = text(head, 8, 4);
    if (/^(he[iv][cmsx]|mif[12]|msf1)$/.test(brand)) return "HEIC";
    return /^avi[fs]$/.test(brand) ? "AVIF" : null;
  }
  const start = text(head, 0, 8);
  return OTHERS.find(([beginning]) => start.startsWith(beginning))?.[1] ?? null;
}

/**
 * Files that could be mistaken for one of the 13 because of frames inside them. Source: each format's own
 * specification.
 */
const OTHERS: readonly (readonly [string, string])[] = [
  ["OggS", "Ogg"],
  ["fLaC", "FLAC"],
  ["FLV\x01", "Flash video"],
  ["\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"],
  ["\0\0\x01\xba", "an MPEG program stream"],
  ["\0\0\x01\xb3", "an MPEG video stream"],
  ["II*\0", "TIFF"],
  ["MM\0*", "TIFF"],
  ["FORM", "AIFF"],
  ["caff", "Core Audio"],
  ["#!AMR", "AMR"],
  ["%PDF-", "PDF"],
  ["PK\x03\x04", "ZIP"],
  ["\x7fELF", "a program"],
];

function extOf(head: Uint8Array): Ext | null {
  if (starts(head, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "png";
  if (starts(head, 0xff, 0xd8, 0xff)) return "jpg";
  if (/^GIF8[79]a/.test(text(head, 0, 6))) return "gif";
  if (text(head, 0, 4) === "RIFF") return RIFF[text(head, 8, 4)] ?? null;
  if (/^(RF64|BW64)$/.test(text(head, 0, 4))) return isWave(head) ? "wav" : null;
  if (starts(head, 0x1a, 0x45, 0xdf, 0xa3)) return ofDocType(head);
  if (text(head, 4, 4) === "ftyp") return ofBrands(head);
  // QuickTime before 2001 has no brand and begins with any of these boxes.
  if (/^(moov|mdat|wide|free|skip|pnot)$/.test(text(head, 4, 4))) return "mov";
  return ofSound(head);
}

/** RF64 and BW64 are WAV over 4 GB, or from a recorder that reserves space for that. */
const isWave = (head: Uint8Array): boolean =>
  /^(RIFF|RF64|BW64)$/.test(text(head, 0, 4)) && text(head, 8, 4) === "WAVE";

const RIFF: Readonly<Record<string, Ext>> = { "AVI ": "avi", WAVE: "wav", WEBP: "webp" };

const SOUND_BRANDS = /^(M4A |M4B |M4P |F4A |F4B )$/;
/** Source: the registered brands at mp4ra.org that mean "an MP4 movie", by their families. */
const MOVIE_BRANDS =
  /^(iso[2-9a-c]|isom|mp4[12]|avc1|hvc1|hev1|dash|cmf[2cs]|msdh|M4V |M4VH|M4VP|MSNV|mmp4|f4v |F4V |3g[p2].|NDS[CHSMP]|XAVC)$/;

/** Image formats that consist of boxes. */
const PICTURE_BRANDS = /^(he[iv][cmsx]|mif[12]|msf1|avi[fs]|jp[2xm] |crx |jxl )$/;

/** `ftyp`: the major brand first. An unknown brand is a movie if a compatible brand says so. */
function ofBrands(head: Uint8Array): Ext | null {
  const major = text(head, 8, 4);
  if (major === "qt  ") return "mov";
  if (SOUND_BRANDS.test(major)) return "m4a";
  if (MOVIE_BRANDS.test(major)) return "mp4";
  if (PICTURE_BRANDS.test(major)) return null;
  const end = Math.min(head.length, numberAt(head, 0, 4));
  for (let at = 16; at + 4 <= end; at += 4) if (MOVIE_BRANDS.test(text(head, at, 4))) return "mp4";
  return null;
}

/** EBML: Matroska and WebM differ in the document type. Source: RFC 8794, section 11.2. */
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

/**
 * Audio frames, after tags or not. A tag may be longer than the available bytes, or state a wrong length: then frames
 * are searched in the available bytes, and if only zeros or nothing follow, the inspection of the whole file decides.
 */
function ofSound(head: Uint8Array): Ext | null {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let [at, farthest] = [0, 0];
  for (let lengths = tagLengths(view, at); lengths.length > 0; lengths = tagLengths(view, at)) {
    farthest = Math.max(farthest, at + (lengths[1] ?? 0));
    at += lengths[0] ?? 0;
  }
  if (at > 0 && at >= head.length) return head.length > 10 ? "mp3" : null; // the tag is longer than the available bytes
  const rest = head.subarray(at);
  if (at > 0 && text(rest, 4, 4) === "ftyp") return ofBrands(rest);
  if (at > 0 && isWave(rest)) return "wav";
  if (otherFormatName(rest) !== null) return null;
  const found = findFrame(view, at, head.length);
  if (found !== null) return found.frame.format === "mp3" ? "mp3" : "aac";
  const isOpen = at > 0 && (farthest >= head.length || rest.every((byte) => byte === 0));
  return isOpen ? "mp3" : null;
}

const starts = (head: Uint8Array, ...bytes: readonly number[]): boolean => bytes.every((byte, at) => head[at] === byte);

const text = (head: Uint8Array, at: number, count: number): string =>
  String.fromCharCode(...head.subarray(at, at + Math.min(count, 32)));

/** A big-endian number; bytes beyond the end are zero. */
function numberAt(head: Uint8Array, at: number, bytes: number): number {
  let number = 0;
  for (let position = at; position < at + bytes; position += 1) number = number * 256 + (head[position] ?? 0);
  return number;
}
