/** Builds small files of every format, with only what a reader needs. */
import { box, join, u32 } from "./bytes.ts";

const utf8 = new TextEncoder();
const zeros = (count: number): Uint8Array => new Uint8Array(count);
export const u16 = (...values: readonly number[]): Uint8Array =>
  join(...values.map((value) => new Uint8Array([value >> 8, value & 0xff])));
const words = (...values: readonly number[]): Uint8Array => join(...values.map(u32));

/** A number in this many bytes, little-endian. */
export function little(value: number, bytes: number): Uint8Array {
  const out = new Uint8Array(bytes);
  let left = value;
  for (let at = 0; at < bytes; at += 1) {
    out[at] = left % 256;
    left = Math.floor(left / 256);
  }
  return out;
}

// ---- MP4

export type Movie = {
  readonly brand?: string;
  readonly width?: number;
  readonly height?: number;
  /** The size of the coded picture, and of its pixels, if they differ. */
  readonly coded?: readonly [number, number];
  readonly aspect?: readonly [number, number];
  /** The nine numbers of its matrix. */
  readonly matrix?: readonly number[];
  readonly handler?: string;
  /** In milliseconds: the movie, the track, and its edit list (length and start). */
  readonly movieMs?: number;
  readonly trackMs?: number;
  readonly edits?: readonly (readonly [number, number])[];
  /** Additional boxes of the track and of the index. */
  readonly inTrack?: readonly Uint8Array[];
  readonly inIndex?: readonly Uint8Array[];
  readonly flags?: number;
  readonly id?: number;
};

const STRAIGHT = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];

export function trak(movie: Movie, chunkAt: number): Uint8Array {
  const { width = 320, height = 240, matrix = STRAIGHT, handler = "vide", trackMs = 1_000, edits = [] } = movie;
  const [codedWidth, codedHeight] = movie.coded ?? [width, height];
  const pasp = movie.aspect === undefined ? zeros(0) : box("pasp", words(...movie.aspect));
  const avc1 = box("avc1", zeros(24), u16(codedWidth, codedHeight), zeros(50), pasp);
  const sizes = movie.id === undefined ? box("stsz", words(0, 16, 1)) : box("stsz", words(0, 0, 0));
  const stbl = box(
    "stbl",
    box("stsd", words(0, 1), avc1),
    box("stts", words(0, 1, 1, trackMs)),
    box("stsc", words(0, 1, 1, 1, 1)),
    sizes,
    movie.id === undefined ? box("stco", words(0, 1, chunkAt)) : box("stco", words(0, 0)),
  );
  const elst = box("elst", words(0, edits.length), ...edits.map(([length, from]) => words(length, from, 0x10000)));
  return box(
    "trak",
    box(
      "tkhd",
      words(movie.flags ?? 7, 0, 0, movie.id ?? 1, 0, trackMs),
      zeros(16),
      words(...matrix),
      words(width * 0x10000, height * 0x10000),
    ),
    edits.length > 0 ? box("edts", elst) : zeros(0),
    box(
      "mdia",
      box("mdhd", words(0, 0, 0, 1_000, trackMs, 0)),
      box("hdlr", words(0, 0), utf8.encode(handler), zeros(13)),
      box("minf", stbl),
    ),
    ...(movie.inTrack ?? []),
  );
}

export const moov = (movieMs: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  box("moov", box("mvhd", words(0, 0, 0, 1_000, movieMs), zeros(80)), ...parts);

/** A complete movie of one sample that is not a video frame. */
export function movie(what: Movie = {}): Uint8Array<ArrayBuffer> {
  const ftyp = box("ftyp", utf8.encode(what.brand ?? "isom"), u32(512), utf8.encode(what.brand ?? "isom"));
  const index = (at: number) => moov(what.movieMs ?? what.trackMs ?? 1_000, trak(what, at), ...(what.inIndex ?? []));
  const at = ftyp.length + index(0).length + 8;
  return join(ftyp, index(at), box("mdat", zeros(16)));
}

/** The start of a fragmented recording: one track, 1,000 ticks per second. */
export const recordingHead = (inIndex: readonly Uint8Array[] = []): Uint8Array<ArrayBuffer> =>
  join(
    box("ftyp", utf8.encode("isom"), u32(512)),
    moov(0, trak({ id: 1, trackMs: 0 }, 0), box("mvex", box("trex", words(0, 1, 1, 40, 0, 0))), ...inIndex),
  );

/** A fragment with this many samples of 40 ms and this many bytes of media. */
export const fragment = (start: number, samples: number, mediaBytes: number): Uint8Array<ArrayBuffer> =>
  join(
    box(
      "moof",
      box("mfhd", words(0, 1)),
      box("traf", box("tfhd", words(0, 1)), box("tfdt", words(0, start)), box("trun", words(0, samples))),
    ),
    box("mdat", zeros(mediaBytes)),
  );

// ---- RIFF

export const chunk = (id: string, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const body = join(...parts);
  return join(utf8.encode(id), little(body.length, 4), body, zeros(body.length % 2));
};

export const riff = (kind: string, ...chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  chunk("RIFF", utf8.encode(kind), ...chunks);

/** `fmt `: by default two channels of 16 bits at 8,000 Hz. */
export const waveFormat = (tag = 1, rate = 8_000, byteRate = 32_000, block = 4, bits = 16): Uint8Array =>
  chunk("fmt ", little(tag, 2), little(2, 2), little(rate, 4), little(byteRate, 4), little(block, 2), little(bits, 2));

export const avi = (frames: number, ...more: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const strh = chunk(
    "strh",
    utf8.encode("vidsMJPG"),
    zeros(12),
    little(1, 4),
    little(25, 4),
    zeros(4),
    little(frames, 4),
    zeros(12),
  );
  const strf = chunk(
    "strf",
    little(40, 4),
    little(320, 4),
    little(-240 + 2 ** 32, 4),
    little(1, 2),
    little(24, 2),
    utf8.encode("MJPG"),
    zeros(20),
  );
  const strl = chunk("LIST", utf8.encode("strl"), strh, strf, ...more);
  const avih = chunk("avih", little(40_000, 4), zeros(12), little(frames, 4), zeros(36));
  return riff("AVI ", chunk("LIST", utf8.encode("hdrl"), avih, strl), chunk("LIST", utf8.encode("movi"), zeros(64)));
};

// ---- sound

const KBITS = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160];

/** Frames of 128 kbit/s at 44.1 kHz, mono: 417 bytes, 26 ms each. */
export const mp3Frame = (kbits = 9): Uint8Array<ArrayBuffer> => {
  const frame = new Uint8Array(Math.floor((144 * (KBITS[kbits] ?? 128) * 1_000) / 44_100));
  frame.set([0xff, 0xfb, kbits * 16, 0xc4]);
  return frame;
};
export const mp3 = (frames: number): Uint8Array<ArrayBuffer> =>
  join(...Array.from({ length: frames }, () => mp3Frame()));

/** A first frame that states how many frames and bytes follow. */
export const xingFrame = (frames: number, bytes: number): Uint8Array<ArrayBuffer> => {
  const frame = mp3Frame();
  frame.set(join(utf8.encode("Xing"), words(3, frames, bytes)), 4 + 17);
  return frame;
};
export const vbriFrame = (frames: number, bytes: number): Uint8Array<ArrayBuffer> => {
  const frame = mp3Frame();
  frame.set(join(utf8.encode("VBRI"), u16(1, 0, 0), words(bytes, frames)), 36);
  return frame;
};

/** Frames of 64 bytes at 44.1 kHz: 23 ms each. */
export const adts = (frames: number): Uint8Array<ArrayBuffer> => {
  const frame = new Uint8Array(64);
  frame.set([0xff, 0xf1, 0x50, 0x80, 64 >> 3, ((64 & 7) << 5) | 0x1f, 0xfc]);
  return join(...Array.from({ length: frames }, () => frame));
};

const syncsafe = (size: number): Uint8Array =>
  new Uint8Array([(size >> 21) & 0x7f, (size >> 14) & 0x7f, (size >> 7) & 0x7f, size & 0x7f]);
export const id3 = (content: Uint8Array, size = syncsafe(content.length)): Uint8Array<ArrayBuffer> =>
  join(utf8.encode("ID3"), new Uint8Array([3, 0, 0]), size, content);
/** A tag whose length is written as a plain number. */
export const plainId3 = (content: Uint8Array): Uint8Array<ArrayBuffer> => id3(content, u32(content.length));

// ---- pictures

/** TIFF bytes with an orientation. */
export const tiff = (orientation: number): Uint8Array =>
  join(
    utf8.encode("II*\0"),
    little(8, 4),
    little(1, 2),
    little(0x0112, 2),
    little(3, 2),
    little(1, 4),
    little(orientation, 4),
    little(0, 4),
  );

export const segment = (marker: number, content: Uint8Array): Uint8Array =>
  join(new Uint8Array([0xff, marker]), u16(content.length + 2), content);
export const exifSegment = (orientation: number): Uint8Array =>
  segment(0xe1, join(utf8.encode("Exif\0\0"), tiff(orientation)));

/** A JPEG of 96 by 64, up to its size. */
export const jpeg = (...before: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  join(
    new Uint8Array([0xff, 0xd8]),
    ...before,
    segment(0xc0, join(new Uint8Array([8]), u16(64, 96), new Uint8Array([3]))),
    new Uint8Array([0xff, 0xda, 0, 2]),
  );

export const pngChunk = (type: string, content: Uint8Array): Uint8Array =>
  join(u32(content.length), utf8.encode(type), content, zeros(4));
/** A PNG of 96 by 64, up to its first picture bytes. */
export const png = (...chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  join(
    new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk("IHDR", join(words(96, 64), zeros(5))),
    ...chunks,
    pngChunk("IDAT", zeros(9)),
    pngChunk("IEND", zeros(0)),
  );

/** An extended WebP of 96 by 64. */
export const webp = (flags: number, ...chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  riff("WEBP", chunk("VP8X", little(flags, 4), little(95, 3), little(63, 3)), ...chunks);
