/**
 * Reads MP4 and QuickTime files. Boxes are walked from the first to the last; the index (`moov`) and the headers of
 * fragments (`moof`) are read into memory, other boxes are skipped. Source: ISO/IEC 14496-12, sections 4.2 and 8.
 *
 * The index and the media that it refers to decide; bytes after the last box do not matter. A fragmented recording
 * plays up to its end. If it has more fragments than are walked, its last fragment or a table of fragments gives the
 * duration.
 *
 * Files are untrusted: every length is checked against the bytes that exist, every box counts against the budget, and
 * no loop is longer than the bytes it reads.
 */

import { SECOND_MS } from "../time.ts";
import type { MediaMetadata } from "./metadata.ts";
import { MediaError, type MediaSource, textAt } from "./source.ts";

/** A box's type and the range of its content, without the header. */
export type Box = { readonly type: string; readonly start: number; readonly end: number };

/** Bytes of the longest header: size, type, 64-bit size. */
export const BOX_HEAD_BYTES = 16;

const isTypeByte = (byte: number): boolean => (byte >= 0x20 && byte <= 0x7e) || byte === 0xa9;

/**
 * The box at `at` of a view that begins at `base` of its file; offsets are counted from the file's start. Size 0 means
 * "to the end", size 1 "see the 64-bit size". Null when no box begins there, or its header is truncated. The box may
 * end after `end`.
 */
export function boxAt(view: DataView, at: number, base: number, end: number): Box | null {
  if (end - base - at < 8 || view.byteLength - at < 8) return null;
  let type = "";
  for (let offset = at + 4; offset < at + 8; offset += 1) {
    const byte = view.getUint8(offset);
    if (!isTypeByte(byte)) return null;
    type += String.fromCharCode(byte);
  }
  const short = view.getUint32(at);
  if (short === 1 && view.byteLength - at < 16) return null;
  const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short === 0 ? end - base - at : short;
  const head = short === 1 ? 16 : 8;
  return size < head ? null : { type, start: base + at + head, end: base + at + size };
}

/** The consecutive boxes in a part of a view; what follows the last valid one is ignored. */
export function boxesIn(view: DataView, { start, end }: Box, count: () => void): Box[] {
  const boxes: Box[] = [];
  for (let at = start; ; ) {
    const box = boxAt(view, at, 0, end);
    if (box === null || box.end > end) return boxes;
    count();
    boxes.push(box);
    at = box.end;
  }
}

/** The first box of a type; throws when there is none. */
export function requireBox(boxes: readonly Box[], type: string): Box {
  const box = boxes.find((candidate) => candidate.type === type);
  if (box === undefined) throw new MediaError("broken", `no ${type}`);
  return box;
}

/** Throws unless the box has at least this many bytes of content. */
export function requireBytes(box: Box, bytes: number): void {
  if (box.end - box.start < bytes) throw new MediaError("broken", `${box.type} is too short for its fields`);
}

/** A full box's version; its fields follow after four bytes. */
export function versionOf(view: DataView, box: Box): number {
  requireBytes(box, 4);
  return view.getUint8(box.start);
}

/** A full box's flags. */
export const flagsOf = (view: DataView, box: Box): number => view.getUint32(box.start) & 0xff_ffff;

/** What a fragment (`moof`) adds to a track: its samples and their time range. Source: ISO/IEC 14496-12, section 8.8. */
export type Mp4Fragment = {
  readonly track: number;
  readonly samples: number;
  /** Its start in the track, in ticks; null when it continues the previous one. */
  readonly start: number | null;
  /** Total duration of its samples. */
  readonly ticks: number;
};

/** tfhd: the track, and the default duration of a sample; null when only the index gives it. */
function defaults(view: DataView, tfhd: Box): { track: number; duration: number | null } {
  requireBytes(tfhd, 8);
  const flags = flagsOf(view, tfhd);
  const track = view.getUint32(tfhd.start + 4);
  if ((flags & 0x08) === 0) return { track, duration: null };
  const at = 8 + ((flags & 0x01) === 0 ? 0 : 8) + ((flags & 0x02) === 0 ? 0 : 4);
  requireBytes(tfhd, at + 4);
  return { track, duration: view.getUint32(tfhd.start + at) };
}

/** tfdt: the start of the fragment. */
function startOf(view: DataView, tfdt: Box | undefined): number | null {
  if (tfdt === undefined) return null;
  const isLong = versionOf(view, tfdt) === 1;
  requireBytes(tfdt, isLong ? 12 : 8);
  return isLong ? Number(view.getBigUint64(tfdt.start + 4)) : view.getUint32(tfdt.start + 4);
}

/** trun: the number of samples and their total duration. Fields that occupy no bytes are not looped over. */
function run(view: DataView, trun: Box, duration: number): { samples: number; ticks: number } {
  requireBytes(trun, 8);
  const flags = flagsOf(view, trun);
  const samples = view.getUint32(trun.start + 4);
  const first = 8 + ((flags & 0x01) === 0 ? 0 : 4) + ((flags & 0x04) === 0 ? 0 : 4);
  const width = [0x100, 0x200, 0x400, 0x800].reduce((sum, flag) => sum + ((flags & flag) === 0 ? 0 : 4), 0);
  requireBytes(trun, first + width * samples);
  if ((flags & 0x100) === 0) return { samples, ticks: samples * duration };
  let ticks = 0;
  for (let at = trun.start + first, left = samples; left > 0; left -= 1, at += width) ticks += view.getUint32(at);
  return { samples, ticks };
}

/**
 * Reads the content of a `moof` box; `lengths` are the tracks' default durations of a sample. Throws MediaError. Cost:
 * linear in the bytes of the view.
 */
export function readFragment(view: DataView, lengths: ReadonlyMap<number, number>, count: () => void): Mp4Fragment[] {
  const moof: Box = { type: "moof", start: 0, end: view.byteLength };
  return boxesIn(view, moof, count)
    .filter(({ type }) => type === "traf")
    .flatMap((traf) => {
      const boxes = boxesIn(view, traf, count);
      const tfhd = boxes.find(({ type }) => type === "tfhd");
      if (tfhd === undefined) return [];
      const { track, duration } = defaults(view, tfhd);
      const runs = boxes
        .filter(({ type }) => type === "trun")
        .map((trun) => run(view, trun, duration ?? lengths.get(track) ?? 0));
      const samples = runs.reduce((sum, one) => sum + one.samples, 0);
      const ticks = runs.reduce((sum, one) => sum + one.ticks, 0);
      return [
        {
          track,
          samples,
          start: startOf(
            view,
            boxes.find(({ type }) => type === "tfdt"),
          ),
          ticks,
        },
      ];
    });
}

/** sidx: the duration of a part of the file, and its bytes, counted from the end of the index. */
export function readSegmentIndex(view: DataView): { readonly seconds: number; readonly bytes: number } | null {
  if (view.byteLength < 24) return null;
  const isLong = view.getUint8(0) === 1;
  const at = isLong ? 20 : 12;
  if (view.byteLength < at + 12) return null;
  const timescale = view.getUint32(8);
  const first = isLong ? Number(view.getBigUint64(at)) : view.getUint32(at + 4);
  const list = at + (isLong ? 8 : 8);
  const entries = view.getUint16(list + 2);
  if (timescale === 0 || view.byteLength < list + 4 + 12 * entries) return null;
  let [ticks, bytes] = [0, first];
  for (let entry = list + 4, left = entries; left > 0; left -= 1, entry += 12) {
    if (view.getUint32(entry) >= 0x8000_0000) return null; // an index of indexes
    bytes += view.getUint32(entry);
    ticks += view.getUint32(entry + 4);
  }
  return { seconds: ticks / timescale, bytes };
}

/** mfra: offset of the last fragment that a player can start with; null when it has none. */
export function lastRandomAccess(view: DataView, mfra: Box, count: () => void): number | null {
  let last: number | null = null;
  for (const tfra of boxesIn(view, mfra, count)) {
    if (tfra.type !== "tfra" || tfra.end - tfra.start < 16) continue;
    const isLong = versionOf(view, tfra) === 1;
    const lengths = view.getUint32(tfra.start + 8);
    const entries = view.getUint32(tfra.start + 12);
    const width = (isLong ? 16 : 8) + [4, 2, 0].reduce((sum, shift) => sum + ((lengths >> shift) & 0x03) + 1, 0);
    const at = tfra.start + 16 + (entries - 1) * width;
    if (entries === 0 || at + width > tfra.end) continue;
    const offset = isLong ? Number(view.getBigUint64(at + 8)) : view.getUint32(at + 4);
    last = Math.max(last ?? 0, offset);
  }
  return last;
}

/** What the index (`moov`) of a file says: its tracks, their durations and samples. Nothing is decoded. */
export type Mp4Track = {
  readonly id: number;
  readonly kind: "video" | "audio";
  /** False for a track that players ignore, such as chapter images. */
  readonly isEnabled: boolean;
  /** The codec's usual name (`h264`, `aac`), else the sample entry's four characters. */
  readonly codec: string;
  /** Displayed pixels, after rotation; 0 without an image. */
  readonly width: number;
  readonly height: number;
  /** Ticks per second, and the track's duration in ticks; 0 when it is in fragments. */
  readonly timescale: number;
  readonly duration: number;
  /** Ticks at the track's start that its edit list hides. */
  readonly skipped: number;
  /** Duration that its edit list shows, in the movie's ticks; 0 without one. */
  readonly shown: number;
  /** Samples in the index, and the range of the last chunk. */
  readonly samples: number;
  readonly lastChunk: number;
  readonly lastEnd: number;
};

export type Mp4Index = {
  readonly tracks: readonly Mp4Track[];
  /** The movie's stated duration; 0 when absent. */
  readonly durationMs: number;
  /** The same for a fragmented movie. */
  readonly fragmentedMs: number;
  /** The samples are in fragments after the index. */
  readonly fragmented: boolean;
  /** The default duration of a track's samples in fragments. */
  readonly sampleLengths: ReadonlyMap<number, number>;
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

/** mvhd and mdhd: ticks per second and the duration in ticks; version 1 has 64-bit times. */
function times(view: DataView, box: Box): { timescale: number; duration: number } {
  const isLong = versionOf(view, box) === 1;
  requireBytes(box, isLong ? 32 : 20);
  const timescale = view.getUint32(box.start + (isLong ? 20 : 12));
  const duration = isLong ? Number(view.getBigUint64(box.start + 24)) : view.getUint32(box.start + 16);
  // All bits set means unknown.
  const isKnown = isLong ? duration < 2 ** 63 : duration !== 0xffff_ffff;
  return { timescale, duration: isKnown ? duration : 0 };
}

type Head = { id: number; isEnabled: boolean; width: number; height: number; isTurned: boolean };

/** tkhd: the id, and at its end a matrix and the size as 16.16 numbers. */
function head(view: DataView, tkhd: Box): Head {
  const isLong = versionOf(view, tkhd) === 1;
  requireBytes(tkhd, isLong ? 96 : 84);
  const matrix = tkhd.start + (isLong ? 52 : 40);
  const isTurned = view.getInt32(matrix) === 0 && view.getInt32(matrix + 4) !== 0;
  const size = matrix + 36;
  const rounded = (at: number): number => Math.round(view.getUint32(at) / 0x10000);
  return {
    id: view.getUint32(tkhd.start + (isLong ? 20 : 12)),
    isEnabled: (flagsOf(view, tkhd) & 1) === 1,
    width: rounded(size),
    height: rounded(size + 4),
    isTurned,
  };
}

/** stsz or stz2: the number of samples, and the total bytes of the last ones. */
function sizes(view: DataView, stbl: readonly Box[], last: number): { samples: number; lastBytes: number } {
  const box = stbl.find(({ type }) => type === "stsz");
  if (box === undefined) return compactSizes(view, stbl);
  requireBytes(box, 12);
  const [common, samples] = [view.getUint32(box.start + 4), view.getUint32(box.start + 8)];
  if (common !== 0) return { samples, lastBytes: common * Math.min(last, samples) };
  requireBytes(box, 12 + 4 * samples);
  let lastBytes = 0;
  for (let left = Math.min(last, samples); left > 0; left -= 1)
    lastBytes += view.getUint32(box.start + 12 + 4 * (samples - left));
  return { samples, lastBytes };
}

/** stz2 has fields of 4, 8 or 16 bits: such samples are too small to count their bytes. */
function compactSizes(view: DataView, stbl: readonly Box[]): { samples: number; lastBytes: number } {
  const box = stbl.find(({ type }) => type === "stz2");
  if (box === undefined) return { samples: 0, lastBytes: 0 };
  requireBytes(box, 12);
  const samples = view.getUint32(box.start + 8);
  requireBytes(box, 12 + Math.ceil((samples * view.getUint8(box.start + 7)) / 8));
  return { samples, lastBytes: 0 };
}

/**
 * stco with 32-bit or co64 with 64-bit offsets: where the last chunk begins (0 without chunks), and whether it is the
 * last one listed.
 */
function lastChunk(view: DataView, stbl: readonly Box[]): { offset: number; isListedLast: boolean } {
  const long = stbl.find(({ type }) => type === "co64");
  const box = long ?? stbl.find(({ type }) => type === "stco");
  if (box === undefined) return { offset: 0, isListedLast: false };
  requireBytes(box, 8);
  const width = long === undefined ? 4 : 8;
  const count = view.getUint32(box.start + 4);
  requireBytes(box, 8 + width * count);
  let [offset, isListedLast] = [0, false];
  for (let at = box.start + 8, left = count; left > 0; left -= 1, at += width) {
    const begins = width === 8 ? Number(view.getBigUint64(at)) : view.getUint32(at);
    isListedLast = begins >= offset;
    offset = Math.max(offset, begins);
  }
  return { offset, isListedLast };
}

/** stsc: the number of samples in the last chunk. */
function samplesOfLast(view: DataView, stbl: readonly Box[]): number {
  const box = stbl.find(({ type }) => type === "stsc");
  if (box === undefined) return 0;
  requireBytes(box, 8);
  const entries = view.getUint32(box.start + 4);
  if (entries === 0) return 0;
  requireBytes(box, 8 + 12 * entries);
  return view.getUint32(box.start + 8 + 12 * (entries - 1) + 4);
}

/** stts: the total duration of all samples, for a track that does not state it elsewhere. */
function lengthOfSamples(view: DataView, stbl: readonly Box[]): number {
  const box = stbl.find(({ type }) => type === "stts");
  if (box === undefined) return 0;
  requireBytes(box, 8);
  const entries = view.getUint32(box.start + 4);
  requireBytes(box, 8 + 8 * entries);
  let ticks = 0;
  for (let at = box.start + 8, left = entries; left > 0; left -= 1, at += 8)
    ticks += view.getUint32(at) * view.getUint32(at + 4);
  return ticks;
}

type Entry = { codec: string; width: number; height: number; aspect: number };

/** stsd: the first entry's type, and for video the coded size and the pixel aspect ratio. */
function entry(view: DataView, stsd: Box, kind: Mp4Track["kind"], count: () => void): Entry {
  requireBytes(stsd, 16);
  const name = textAt(view, stsd.start + 12, 4).replaceAll(/[^\x20-\x7e]/g, "?");
  const codec = (Object.hasOwn(CODECS, name) ? CODECS[name] : undefined) ?? name.trim();
  if (kind !== "video" || stsd.end - stsd.start < 44) return { codec, width: 0, height: 0, aspect: 1 };
  const end = Math.min(stsd.end, stsd.start + 8 + view.getUint32(stsd.start + 8));
  const pasp = boxesIn(view, { type: name, start: stsd.start + 94, end }, count).find(({ type }) => type === "pasp");
  const [across, down] =
    pasp === undefined || pasp.end - pasp.start < 8
      ? [1, 1]
      : [view.getUint32(pasp.start), view.getUint32(pasp.start + 4)];
  const aspect = across > 0 && down > 0 ? across / down : 1;
  return { codec, width: view.getUint16(stsd.start + 40), height: view.getUint16(stsd.start + 42), aspect };
}

/** elst: the displayed duration in the movie's ticks, and the hidden start in the track's own. */
function edits(view: DataView, elst: Box | undefined): { shown: number; skipped: number } {
  if (elst === undefined) return { shown: 0, skipped: 0 };
  const isLong = versionOf(view, elst) === 1;
  requireBytes(elst, 8);
  const entries = view.getUint32(elst.start + 4);
  const width = isLong ? 20 : 12;
  requireBytes(elst, 8 + width * entries);
  let [shown, skipped] = [0, -1];
  for (let at = elst.start + 8, left = entries; left > 0; left -= 1, at += width) {
    shown += isLong ? Number(view.getBigUint64(at)) : view.getUint32(at);
    const from = isLong ? Number(view.getBigInt64(at + 8)) : view.getInt32(at + 4);
    if (skipped < 0 && from >= 0) skipped = from; // a negative one is an empty edit
  }
  return { shown, skipped: Math.max(0, skipped) };
}

/** A video or audio track; null for another kind. */
function trackOf(view: DataView, trak: Box, count: () => void): Mp4Track | null {
  const boxes = boxesIn(view, trak, count);
  const mdia = boxesIn(view, requireBox(boxes, "mdia"), count);
  const hdlr = requireBox(mdia, "hdlr");
  requireBytes(hdlr, 12);
  const handler = textAt(view, hdlr.start + 8, 4);
  const kind = Object.hasOwn(KINDS, handler) ? KINDS[handler] : undefined;
  if (kind === undefined) return null;
  const trackHead = head(view, requireBox(boxes, "tkhd"));
  const stbl = boxesIn(view, requireBox(boxesIn(view, requireBox(mdia, "minf"), count), "stbl"), count);
  const coded = entry(view, requireBox(stbl, "stsd"), kind, count);
  const edts = boxes.find(({ type }) => type === "edts");
  const elst = edts && boxesIn(view, edts, count).find(({ type }) => type === "elst");
  const { offset, isListedLast } = lastChunk(view, stbl);
  const { samples, lastBytes } = sizes(view, stbl, samplesOfLast(view, stbl));
  const { timescale, duration } = times(view, requireBox(mdia, "mdhd"));
  return {
    id: trackHead.id,
    kind,
    isEnabled: trackHead.isEnabled,
    codec: coded.codec,
    ...sizeShown(trackHead, coded),
    timescale,
    duration: duration || lengthOfSamples(view, stbl),
    ...edits(view, elst),
    samples,
    lastChunk: offset,
    lastEnd: offset + (isListedLast ? lastBytes : 0),
  };
}

/**
 * The displayed size is the track's own; if that equals the coded size, pixels may not be square. A quarter turn swaps
 * the sides.
 */
function sizeShown(trackHead: Head, coded: Entry): { width: number; height: number } {
  const isCoded =
    trackHead.width === 0 ||
    trackHead.height === 0 ||
    (trackHead.width === coded.width && trackHead.height === coded.height);
  const width = isCoded ? Math.round(coded.width * coded.aspect) : trackHead.width;
  const height = isCoded ? coded.height : trackHead.height;
  return trackHead.isTurned ? { width: height, height: width } : { width, height };
}

export const ticksToMs = (ticks: number, timescale: number): number =>
  timescale === 0 ? 0 : Math.round((ticks / timescale) * SECOND_MS);

/**
 * Reads the content of a `moov` box, which must be in the view as a whole. An inconsistent track is left out, unless
 * no other one is left. Throws MediaError. Cost: linear in the bytes of the view.
 */
export function readIndex(view: DataView, count: () => void): Mp4Index {
  const boxes = boxesIn(view, { type: "moov", start: 0, end: view.byteLength }, count);
  if (boxes.some(({ type }) => type === "cmov")) throw new MediaError("over_budget", "a compressed index");
  const movie = times(view, requireBox(boxes, "mvhd"));
  const mvex = boxes.find(({ type }) => type === "mvex");
  const extended = mvex === undefined ? [] : boxesIn(view, mvex, count);
  const mehd = extended.find(({ type }) => type === "mehd");
  const trex = extended.filter(({ type, start, end }) => type === "trex" && end - start >= 16);
  const tracks = readTracks(view, boxes, count);
  const shown = tracks.map((track) =>
    track.shown > 0 ? ticksToMs(track.shown, movie.timescale) : ticksToMs(track.duration, track.timescale),
  );
  return {
    tracks,
    durationMs: ticksToMs(movie.duration, movie.timescale) || Math.max(0, ...shown),
    fragmentedMs: mehd === undefined ? 0 : ticksToMs(extent(view, mehd), movie.timescale),
    fragmented: mvex !== undefined,
    sampleLengths: new Map(trex.map(({ start }) => [view.getUint32(start + 4), view.getUint32(start + 12)])),
  };
}

function readTracks(view: DataView, boxes: readonly Box[], count: () => void): Mp4Track[] {
  const tracks: Mp4Track[] = [];
  let fault: MediaError | null = null;
  for (const trak of boxes) {
    if (trak.type !== "trak") continue;
    try {
      const track = trackOf(view, trak, count);
      if (track !== null) tracks.push(track);
    } catch (error) {
      if (!(error instanceof MediaError) || error.fault === "over_budget") throw error;
      fault ??= error;
    }
  }
  if (tracks.length === 0 && fault !== null) throw fault;
  return tracks;
}

/** mehd: the duration of a fragmented movie, in the movie's ticks. */
function extent(view: DataView, mehd: Box): number {
  const isLong = versionOf(view, mehd) === 1;
  requireBytes(mehd, isLong ? 12 : 8);
  return isLong ? Number(view.getBigUint64(mehd.start + 4)) : view.getUint32(mehd.start + 4);
}

/** The main video track: the largest one that players show; null without one. */
export function mainVideo({ tracks }: Mp4Index): Mp4Track | null {
  const shown = tracks.some(({ isEnabled }) => isEnabled) ? tracks.filter(({ isEnabled }) => isEnabled) : tracks;
  const area = ({ width, height }: Mp4Track): number => width * height;
  return shown
    .filter(({ kind }) => kind === "video")
    .reduce<Mp4Track | null>((best, track) => (best === null || area(track) > area(best) ? track : best), null);
}

/** Throws unless the file contains the last chunk of every track to its end. */
export function checkChunksInFile({ tracks }: Mp4Index, fileBytes: number): void {
  for (const { lastChunk, lastEnd } of tracks)
    if (lastChunk >= fileBytes || lastEnd > fileBytes)
      throw new MediaError("cut", `a chunk from ${lastChunk} to ${lastEnd} of ${fileBytes}`);
}

/** `ftyp` since 2001; older QuickTime files begin with any of the others. */
export const isMp4 = (head: DataView): boolean => /^(ftyp|moov|mdat|wide|free|skip|pnot)$/.test(textAt(head, 4, 4));

/** The part of the budget that is reserved for the end of a recording with many fragments. */
const RESERVED = { reads: 50, bytes: 24 * 1024 * 1024, parts: 3_000 };
/** Bytes at a file's end that are searched for its last fragments, the smaller range first. */
const TAIL_BYTES = [1024 * 1024, 8 * 1024 * 1024];

/** The seen part of a fragmented track, in ticks. */
type Span = { samples: number; start: number; end: number };

type Walk = {
  brand: string;
  index: Mp4Index | null;
  spans: Map<number, Span>;
  /** The duration from a table of all fragments; null without one. */
  tableMs: number | null;
  /** False when the last box is truncated. */
  isWhole: boolean;
};

/** Reads a file whose first box begins at `start`. Throws MediaError. */
export async function readMp4(source: MediaSource, start = 0): Promise<MediaMetadata> {
  const walk: Walk = { brand: "mov", index: null, spans: new Map(), tableMs: null, isWhole: true };
  const end = await walkBoxes(source, start, walk, RESERVED);
  const { index } = walk;
  if (index === null) throw end.isReached ? new MediaError("cut", "no moov in the file") : tooMany();
  const isComplete = end.isReached || !index.fragmented;
  if (!isComplete && walk.tableMs === null) await walkTail(source, walk);
  if (!index.fragmented) checkChunksInFile(index, source.sizeBytes);
  else if (!walk.isWhole && !hasSamples(walk, index)) throw new MediaError("cut", "no fragment is complete");
  return {
    container: walk.brand,
    ...propertiesOf(walk, index, isComplete),
    isWhole: walk.isWhole || !index.fragmented,
  };
}

const hasSamples = ({ spans }: Walk, { tracks }: Mp4Index): boolean =>
  tracks.some(({ id, samples }) => samples > 0 || (spans.get(id)?.samples ?? 0) > 0);

const tooMany = (): MediaError => new MediaError("over_budget", "too many boxes");

/** Walks from an offset to the file's end, or until only `kept` of the budget is left. */
async function walkBoxes(
  source: MediaSource,
  start: number,
  walk: Walk,
  kept: { readonly reads: number; readonly bytes: number; readonly parts: number },
): Promise<{ isReached: boolean }> {
  const { sizeBytes } = source;
  for (let at = start; at < sizeBytes; ) {
    const left = source.left();
    const isShort = left.reads <= kept.reads || left.bytes <= kept.bytes || left.parts <= kept.parts;
    if (isShort && walk.index?.fragmented) return { isReached: false };
    const box = boxAt(await source.read(at, at + BOX_HEAD_BYTES), 0, at, sizeBytes);
    if (box === null) break; // bytes after the last box
    source.count();
    const isCut = box.end > sizeBytes;
    if (isCut && /^(moov|moof|mdat)$/.test(box.type)) walk.isWhole = false;
    await take(source, box, walk, isCut);
    at = box.end;
  }
  return { isReached: true };
}

async function take(source: MediaSource, box: Box, walk: Walk, isCut: boolean): Promise<void> {
  switch (box.type) {
    case "ftyp":
      walk.brand = textAt(await source.read(box.start, box.start + 4), 0, 4) === "qt  " ? "mov" : "mp4";
      return;
    case "moov":
      if (isCut) throw new MediaError("cut", "the index is cut off");
      walk.index ??= readIndex(await source.read(box.start, box.end), source.count);
      return;
    case "sidx":
      if (!isCut && walk.tableMs === null) walk.tableMs = await tableOf(source, box);
      return;
    case "moof":
      if (!isCut) addFragments(walk, await source.read(box.start, box.end), source.count);
  }
}

/** The duration from a segment index before all fragments that covers them all; null when it covers a part. */
async function tableOf(source: MediaSource, { start, end }: Box): Promise<number | null> {
  const table = readSegmentIndex(await source.read(start, end));
  const isAll =
    table !== null && end + table.bytes > source.sizeBytes - 64 * 1024 && end + table.bytes <= source.sizeBytes;
  return isAll ? Math.round(table.seconds * SECOND_MS) : null;
}

function addFragments({ index, spans }: Walk, view: DataView, count: () => void): void {
  if (index === null) return;
  for (const { track, samples, start, ticks } of readFragment(view, index.sampleLengths, count)) {
    const before = spans.get(track);
    const own = index.tracks.find(({ id }) => id === track);
    const inIndex = own !== undefined && own.samples > 0 ? own.duration : 0;
    const from = start ?? before?.end ?? inIndex;
    const end = Math.max(before?.end ?? inIndex, from + ticks);
    const first = before?.start ?? (inIndex > 0 ? 0 : from);
    spans.set(track, { samples: (before?.samples ?? 0) + samples, start: Math.min(first, from), end });
  }
}

/**
 * Finds the last fragments: by the table at the file's end, or by their headers. Without either the duration is
 * unknown.
 */
async function walkTail(source: MediaSource, walk: Walk): Promise<void> {
  const before = new Map([...walk.spans].map(([track, { end }]) => [track, end]));
  let isReached = false;
  try {
    const at = (await lastByTable(source)) ?? (await lastByHeads(source));
    if (at !== null) ({ isReached } = await walkBoxes(source, at, walk, { reads: 0, bytes: 0, parts: 0 }));
  } catch (error) {
    if (!(error instanceof MediaError) || error.fault !== "over_budget") throw error;
  }
  const isFound = [...walk.spans].some(([track, { end }]) => end > (before.get(track) ?? 0));
  if (!isReached || !isFound) walk.spans.clear();
}

async function lastByTable(source: MediaSource): Promise<number | null> {
  const { sizeBytes } = source;
  const mfro = await source.read(Math.max(0, sizeBytes - 16), sizeBytes);
  if (mfro.byteLength < 16 || textAt(mfro, 4, 4) !== "mfro") return null;
  const size = mfro.getUint32(12);
  if (size < 24 || size > Math.min(sizeBytes, TAIL_BYTES[1] ?? 0)) return null;
  const view = await source.read(sizeBytes - size, sizeBytes);
  const mfra = boxAt(view, 0, 0, size);
  return mfra?.type === "mfra"
    ? lastRandomAccess(view, { ...mfra, end: Math.min(mfra.end, size) }, source.count)
    : null;
}

const MOOF = [0x6d, 0x6f, 0x6f, 0x66] as const;

/** The first fragment header in the file's last bytes from which consecutive boxes reach the end. */
async function lastByHeads(source: MediaSource): Promise<number | null> {
  for (const bytes of TAIL_BYTES) {
    const base = Math.max(0, source.sizeBytes - bytes);
    const view = await source.read(base, source.sizeBytes);
    const held = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let at = held.indexOf(MOOF[0], 4); at >= 0; ) {
      let next = at + 1;
      if (MOOF.every((byte, i) => held[at + i] === byte)) {
        const reached = chainFrom(view, at - 4, source.count);
        if (reached >= view.byteLength) return base + at - 4;
        next = Math.max(next, reached + 4); // the bytes already walked contain no other chain
      }
      at = held.indexOf(MOOF[0], next);
    }
  }
  return null;
}

/** Follows consecutive boxes from an offset and returns the end; the last one may exceed the view. */
function chainFrom(view: DataView, from: number, count: () => void): number {
  let at = from;
  for (;;) {
    const box = boxAt(view, at, 0, Number.MAX_SAFE_INTEGER);
    if (box === null || box.end > 2 ** 52) return at;
    count();
    at = box.end;
    if (at >= view.byteLength) return at;
  }
}

function propertiesOf(walk: Walk, index: Mp4Index, isComplete: boolean): Omit<MediaMetadata, "container" | "isWhole"> {
  const video = mainVideo(index);
  const track = video ?? index.tracks.find(({ kind }) => kind === "audio") ?? null;
  const samples = (track?.samples ?? 0) + (walk.spans.get(track?.id ?? -1)?.samples ?? 0);
  const durationMs = index.fragmented ? lengthOfFragments(walk, index) : index.durationMs;
  return {
    durationMs: durationMs === 0 ? null : durationMs,
    width: video?.width || null,
    height: video?.height || null,
    codec: track?.codec ?? null,
    videoSamples: video === null ? 0 : isComplete ? samples : null,
  };
}

/** The duration of a fragmented movie: of its longest track, else from a table of fragments or the index. */
function lengthOfFragments({ spans, tableMs }: Walk, index: Mp4Index): number {
  const shown = ({ id, timescale, skipped }: Mp4Track): number => {
    const span = spans.get(id);
    return span === undefined
      ? 0
      : ticksToMs(Math.max(0, span.end - span.start - (span.start === 0 ? skipped : 0)), timescale);
  };
  const walked = Math.max(0, ...index.tracks.map(shown));
  // The movie's own duration may cover only the samples in the index.
  const own = index.tracks.some(({ samples }) => samples > 0) ? 0 : index.durationMs;
  return Math.max(tableMs ?? 0, walked) || index.fragmentedMs || own;
}
