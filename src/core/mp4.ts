/**
 * What an MP4 or QuickTime file's index (`moov`) says: its tracks, how long they are, and which samples they have.
 * Nothing is decoded. Source: ISO/IEC 14496-12, section 8.
 */
import { MediaError } from "./media/source.ts";
import { type Box, boxesIn, demand, find, need, versionOf } from "./mp4-box.ts";
import { SECOND_MS } from "./time.ts";

export type Mp4Track = {
  readonly id: number;
  readonly kind: "video" | "audio" | "other";
  /** The codec's usual name (`h264`, `aac`), else the sample entry's four characters. */
  readonly codec: string;
  /** Pixels as shown, turned where the track says so; 0 for what shows none. */
  readonly width: number;
  readonly height: number;
  /** Ticks a second, and the track's length in them; 0 where fragments tell. */
  readonly timescale: number;
  readonly duration: number;
  /** Samples in the index, their bytes together, and where the last chunk begins. */
  readonly samples: number;
  readonly bytes: number;
  readonly lastChunk: number;
};

export type Mp4Index = {
  readonly tracks: readonly Mp4Track[];
  readonly durationMs: number;
  /** The samples are in fragments after the index. */
  readonly fragmented: boolean;
};

const CODECS: Readonly<Record<string, string>> = {
  avc1: "h264",
  avc3: "h264",
  hvc1: "h265",
  hev1: "h265",
  vp08: "vp8",
  vp09: "vp9",
  av01: "av1",
  mp4v: "mpeg4",
  mp4a: "aac",
  Opus: "opus",
};

const KINDS: Readonly<Record<string, Mp4Track["kind"]>> = { vide: "video", soun: "audio" };

/** Four characters; control characters are not shown to anybody. */
const fourAt = (view: DataView, at: number): string =>
  String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, 4)).replaceAll(/[^\x20-\x7e]/g, "?");

/** mvhd and mdhd: ticks a second and the length in them; version 1 has 64-bit times. */
function times(view: DataView, box: Box): { timescale: number; duration: number } {
  const isLong = versionOf(view, box) === 1;
  demand(box, isLong ? 32 : 20);
  const timescale = view.getUint32(box.start + (isLong ? 20 : 12));
  const duration = isLong ? Number(view.getBigUint64(box.start + 24)) : view.getUint32(box.start + 16);
  // All bits set: not known.
  const isKnown = isLong ? duration < 2 ** 63 : duration !== 0xffff_ffff;
  return { timescale, duration: isKnown ? duration : 0 };
}

/** tkhd: the id, and at its end a matrix and the size as 16.16 numbers. A quarter turn swaps the sides. */
function head(view: DataView, tkhd: Box): { id: number; width: number; height: number } {
  const isLong = versionOf(view, tkhd) === 1;
  demand(tkhd, isLong ? 96 : 84);
  const matrix = tkhd.end - 44;
  const isTurned = view.getInt32(matrix) === 0 && view.getInt32(matrix + 4) !== 0;
  const [across, down] = [view.getUint32(tkhd.end - 8) >>> 16, view.getUint32(tkhd.end - 4) >>> 16];
  const id = view.getUint32(tkhd.start + (isLong ? 20 : 12));
  return { id, width: isTurned ? down : across, height: isTurned ? across : down };
}

/** stsz or stz2: the number of samples and their bytes together. */
function sizes(view: DataView, stbl: Box): { samples: number; bytes: number } {
  const box = find(view, stbl, "stsz");
  if (box === null) return compactSizes(view, stbl);
  demand(box, 12);
  const [common, samples] = [view.getUint32(box.start + 4), view.getUint32(box.start + 8)];
  if (common !== 0) return { samples, bytes: common * samples };
  demand(box, 12 + 4 * samples);
  let bytes = 0;
  for (let at = box.start + 12, left = samples; left > 0; left -= 1, at += 4) bytes += view.getUint32(at);
  return { samples, bytes };
}

/** stz2 has fields of 4, 8 or 16 bits: small samples, whose bytes are not worth counting. */
function compactSizes(view: DataView, stbl: Box): { samples: number; bytes: number } {
  const box = find(view, stbl, "stz2");
  if (box === null) return { samples: 0, bytes: 0 };
  demand(box, 12);
  const samples = view.getUint32(box.start + 8);
  demand(box, 12 + Math.ceil((samples * view.getUint8(box.start + 7)) / 8));
  return { samples, bytes: 0 };
}

/** Where the last chunk begins, by stco with 32-bit or co64 with 64-bit places; 0 without chunks. */
function lastChunk(view: DataView, stbl: Box): number {
  const long = find(view, stbl, "co64");
  const box = long ?? find(view, stbl, "stco");
  if (box === null) return 0;
  demand(box, 8);
  const width = long === null ? 4 : 8;
  const count = view.getUint32(box.start + 4);
  demand(box, 8 + width * count);
  let last = 0;
  for (let at = box.start + 8, left = count; left > 0; left -= 1, at += width)
    last = Math.max(last, width === 8 ? Number(view.getBigUint64(at)) : view.getUint32(at));
  return last;
}

/** stsd: the first entry's type, and for pictures the size that the coded ones have. */
function entry(view: DataView, stbl: Box, kind: Mp4Track["kind"]): { codec: string; width: number; height: number } {
  const stsd = need(view, stbl, "stsd");
  demand(stsd, 16);
  const name = fourAt(view, stsd.start + 12);
  const codec = (Object.hasOwn(CODECS, name) ? CODECS[name] : undefined) ?? name.trim();
  if (kind !== "video" || stsd.end - stsd.start < 44) return { codec, width: 0, height: 0 };
  return { codec, width: view.getUint16(stsd.start + 40), height: view.getUint16(stsd.start + 42) };
}

function trackOf(view: DataView, trak: Box): Mp4Track {
  const { id, width, height } = head(view, need(view, trak, "tkhd"));
  const hdlr = need(view, trak, "mdia", "hdlr");
  demand(hdlr, 12);
  const handler = fourAt(view, hdlr.start + 8);
  const kind = (Object.hasOwn(KINDS, handler) ? KINDS[handler] : undefined) ?? "other";
  const stbl = need(view, trak, "mdia", "minf", "stbl");
  const coded = entry(view, stbl, kind);
  return {
    id,
    kind,
    codec: coded.codec,
    width: width || coded.width,
    height: height || coded.height,
    ...times(view, need(view, trak, "mdia", "mdhd")),
    ...sizes(view, stbl),
    lastChunk: lastChunk(view, stbl),
  };
}

export const ticksToMs = (ticks: number, timescale: number): number =>
  timescale === 0 ? 0 : Math.round((ticks / timescale) * SECOND_MS);

/**
 * Reads the content of a `moov` box, which the view holds from its first byte to its last.
 * Throws MediaError. Costs no more than the bytes of the view.
 */
export function readIndex(view: DataView): Mp4Index {
  const moov: Box = { type: "moov", start: 0, end: view.byteLength };
  const boxes = boxesIn(view, 0, view.byteLength);
  const tracks = boxes.filter(({ type }) => type === "trak").map((trak) => trackOf(view, trak));
  const movie = times(view, need(view, moov, "mvhd"));
  const mehd = find(view, moov, "mvex", "mehd");
  const told = mehd === null ? 0 : extent(view, mehd);
  return {
    tracks,
    durationMs: ticksToMs(movie.duration || told, movie.timescale),
    fragmented: boxes.some(({ type }) => type === "mvex"),
  };
}

/** mehd: the length of a fragmented movie, in the movie's ticks. */
function extent(view: DataView, mehd: Box): number {
  const isLong = versionOf(view, mehd) === 1;
  demand(mehd, isLong ? 12 : 8);
  return isLong ? Number(view.getBigUint64(mehd.start + 4)) : view.getUint32(mehd.start + 4);
}

/** The picture a person would see: the largest video track; null without one. */
export const mainVideo = ({ tracks }: Mp4Index): Mp4Track | null =>
  tracks
    .filter(({ kind }) => kind === "video")
    .sort((a, b) => b.width * b.height - a.width * a.height)
    .at(0) ?? null;

/** Throws unless the file that the index belongs to can hold what it says. `room`: bytes of all `mdat` boxes together. */
export function checkRoom({ tracks }: Mp4Index, fileBytes: number, room: number): void {
  const bytes = tracks.reduce((sum, track) => sum + track.bytes, 0);
  const last = Math.max(0, ...tracks.map((track) => track.lastChunk));
  if (last >= fileBytes) throw new MediaError("cut", `a chunk begins at ${last} of ${fileBytes}`);
  if (bytes > room) throw new MediaError("cut", `the samples have ${bytes} bytes, there are ${room}`);
}
