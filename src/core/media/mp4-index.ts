/**
 * What an MP4 or QuickTime file's index (`moov`) says: its tracks, how long they are, and which samples they have.
 * Nothing is decoded. Source: ISO/IEC 14496-12, section 8.
 */
import { SECOND_MS } from "../time.ts";
import { type Box, boxesIn, demand, flagsOf, need, versionOf } from "./mp4-box.ts";
import { MediaError, textAt } from "./source.ts";

export type Mp4Track = {
  readonly id: number;
  readonly kind: "video" | "audio";
  /** False for a track that players leave out, like the pictures of chapters. */
  readonly isEnabled: boolean;
  /** The codec's usual name (`h264`, `aac`), else the sample entry's four characters. */
  readonly codec: string;
  /** Pixels as shown, turned where the track says so; 0 for what shows none. */
  readonly width: number;
  readonly height: number;
  /** Ticks a second, and the track's length in them; 0 where fragments tell. */
  readonly timescale: number;
  readonly duration: number;
  /** Ticks at the track's start that its edit list does not show. */
  readonly skipped: number;
  /** How long its edit list shows it, in the movie's ticks; 0 without one. */
  readonly shown: number;
  /** Samples in the index, and where the last chunk begins and ends. */
  readonly samples: number;
  readonly lastChunk: number;
  readonly lastEnd: number;
};

export type Mp4Index = {
  readonly tracks: readonly Mp4Track[];
  /** The movie's length as it says itself; 0 where it does not. */
  readonly durationMs: number;
  /** The same of a movie in fragments. */
  readonly fragmentedMs: number;
  /** The samples are in fragments after the index. */
  readonly fragmented: boolean;
  /** How long a sample of a track is in a fragment that does not say so. */
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

type Head = { id: number; isEnabled: boolean; width: number; height: number; isTurned: boolean };

/** tkhd: the id, and at its end a matrix and the size as 16.16 numbers. */
function head(view: DataView, tkhd: Box): Head {
  const isLong = versionOf(view, tkhd) === 1;
  demand(tkhd, isLong ? 96 : 84);
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

/** stsz or stz2: the number of samples, and the bytes of the last ones together. */
function sizes(view: DataView, stbl: readonly Box[], last: number): { samples: number; lastBytes: number } {
  const box = stbl.find(({ type }) => type === "stsz");
  if (box === undefined) return compactSizes(view, stbl);
  demand(box, 12);
  const [common, samples] = [view.getUint32(box.start + 4), view.getUint32(box.start + 8)];
  if (common !== 0) return { samples, lastBytes: common * Math.min(last, samples) };
  demand(box, 12 + 4 * samples);
  let lastBytes = 0;
  for (let left = Math.min(last, samples); left > 0; left -= 1)
    lastBytes += view.getUint32(box.start + 12 + 4 * (samples - left));
  return { samples, lastBytes };
}

/** stz2 has fields of 4, 8 or 16 bits: small samples, whose bytes are not worth counting. */
function compactSizes(view: DataView, stbl: readonly Box[]): { samples: number; lastBytes: number } {
  const box = stbl.find(({ type }) => type === "stz2");
  if (box === undefined) return { samples: 0, lastBytes: 0 };
  demand(box, 12);
  const samples = view.getUint32(box.start + 8);
  demand(box, 12 + Math.ceil((samples * view.getUint8(box.start + 7)) / 8));
  return { samples, lastBytes: 0 };
}

/** stco with 32-bit or co64 with 64-bit places: where the last chunk begins (0 without chunks), and whether it is the last listed. */
function lastChunk(view: DataView, stbl: readonly Box[]): { place: number; isListedLast: boolean } {
  const long = stbl.find(({ type }) => type === "co64");
  const box = long ?? stbl.find(({ type }) => type === "stco");
  if (box === undefined) return { place: 0, isListedLast: false };
  demand(box, 8);
  const width = long === undefined ? 4 : 8;
  const count = view.getUint32(box.start + 4);
  demand(box, 8 + width * count);
  let [place, isListedLast] = [0, false];
  for (let at = box.start + 8, left = count; left > 0; left -= 1, at += width) {
    const begins = width === 8 ? Number(view.getBigUint64(at)) : view.getUint32(at);
    isListedLast = begins >= place;
    place = Math.max(place, begins);
  }
  return { place, isListedLast };
}

/** stsc: how many samples the last chunk has. */
function samplesOfLast(view: DataView, stbl: readonly Box[]): number {
  const box = stbl.find(({ type }) => type === "stsc");
  if (box === undefined) return 0;
  demand(box, 8);
  const entries = view.getUint32(box.start + 4);
  if (entries === 0) return 0;
  demand(box, 8 + 12 * entries);
  return view.getUint32(box.start + 8 + 12 * (entries - 1) + 4);
}

/** stts: how long all samples are together, for a track that says so nowhere else. */
function lengthOfSamples(view: DataView, stbl: readonly Box[]): number {
  const box = stbl.find(({ type }) => type === "stts");
  if (box === undefined) return 0;
  demand(box, 8);
  const entries = view.getUint32(box.start + 4);
  demand(box, 8 + 8 * entries);
  let ticks = 0;
  for (let at = box.start + 8, left = entries; left > 0; left -= 1, at += 8)
    ticks += view.getUint32(at) * view.getUint32(at + 4);
  return ticks;
}

type Entry = { codec: string; width: number; height: number; aspect: number };

/** stsd: the first entry's type, and for pictures the size of the coded ones and the shape of a pixel. */
function entry(view: DataView, stsd: Box, kind: Mp4Track["kind"], count: () => void): Entry {
  demand(stsd, 16);
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

/** elst: how long the track is shown, in the movie's ticks, and how much of its start is left out, in its own. */
function edits(view: DataView, elst: Box | undefined): { shown: number; skipped: number } {
  if (elst === undefined) return { shown: 0, skipped: 0 };
  const isLong = versionOf(view, elst) === 1;
  demand(elst, 8);
  const entries = view.getUint32(elst.start + 4);
  const width = isLong ? 20 : 12;
  demand(elst, 8 + width * entries);
  let [shown, skipped] = [0, -1];
  for (let at = elst.start + 8, left = entries; left > 0; left -= 1, at += width) {
    shown += isLong ? Number(view.getBigUint64(at)) : view.getUint32(at);
    const from = isLong ? Number(view.getBigInt64(at + 8)) : view.getInt32(at + 4);
    if (skipped < 0 && from >= 0) skipped = from; // a negative one shows nothing for a while
  }
  return { shown, skipped: Math.max(0, skipped) };
}

/** A track of pictures or sound; null for another one. */
function trackOf(view: DataView, trak: Box, count: () => void): Mp4Track | null {
  const boxes = boxesIn(view, trak, count);
  const mdia = boxesIn(view, need(boxes, "mdia"), count);
  const hdlr = need(mdia, "hdlr");
  demand(hdlr, 12);
  const handler = textAt(view, hdlr.start + 8, 4);
  const kind = Object.hasOwn(KINDS, handler) ? KINDS[handler] : undefined;
  if (kind === undefined) return null;
  const told = head(view, need(boxes, "tkhd"));
  const stbl = boxesIn(view, need(boxesIn(view, need(mdia, "minf"), count), "stbl"), count);
  const coded = entry(view, need(stbl, "stsd"), kind, count);
  const edts = boxes.find(({ type }) => type === "edts");
  const elst = edts && boxesIn(view, edts, count).find(({ type }) => type === "elst");
  const { place, isListedLast } = lastChunk(view, stbl);
  const { samples, lastBytes } = sizes(view, stbl, samplesOfLast(view, stbl));
  const { timescale, duration } = times(view, need(mdia, "mdhd"));
  return {
    id: told.id,
    kind,
    isEnabled: told.isEnabled,
    codec: coded.codec,
    ...sizeShown(told, coded),
    timescale,
    duration: duration || lengthOfSamples(view, stbl),
    ...edits(view, elst),
    samples,
    lastChunk: place,
    lastEnd: place + (isListedLast ? lastBytes : 0),
  };
}

/** The track's own size is the one shown; where it is that of the coded picture, a pixel may not be square. A quarter turn swaps the sides. */
function sizeShown(told: Head, coded: Entry): { width: number; height: number } {
  const isCoded = told.width === 0 || told.height === 0 || (told.width === coded.width && told.height === coded.height);
  const width = isCoded ? Math.round(coded.width * coded.aspect) : told.width;
  const height = isCoded ? coded.height : told.height;
  return told.isTurned ? { width: height, height: width } : { width, height };
}

export const ticksToMs = (ticks: number, timescale: number): number =>
  timescale === 0 ? 0 : Math.round((ticks / timescale) * SECOND_MS);

/**
 * Reads the content of a `moov` box, which the view holds from its first byte to its last. A track that contradicts itself is
 * left out, unless no other one is left. Throws MediaError. Costs no more than the bytes of the view.
 */
export function readIndex(view: DataView, count: () => void): Mp4Index {
  const boxes = boxesIn(view, { type: "moov", start: 0, end: view.byteLength }, count);
  if (boxes.some(({ type }) => type === "cmov")) throw new MediaError("over_budget", "a compressed index");
  const movie = times(view, need(boxes, "mvhd"));
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

/** mehd: the length of a fragmented movie, in the movie's ticks. */
function extent(view: DataView, mehd: Box): number {
  const isLong = versionOf(view, mehd) === 1;
  demand(mehd, isLong ? 12 : 8);
  return isLong ? Number(view.getBigUint64(mehd.start + 4)) : view.getUint32(mehd.start + 4);
}

/** The picture a person would see: the largest video track that players show; null without one. */
export function mainVideo({ tracks }: Mp4Index): Mp4Track | null {
  const shown = tracks.some(({ isEnabled }) => isEnabled) ? tracks.filter(({ isEnabled }) => isEnabled) : tracks;
  const area = ({ width, height }: Mp4Track): number => width * height;
  return shown
    .filter(({ kind }) => kind === "video")
    .reduce<Mp4Track | null>((best, track) => (best === null || area(track) > area(best) ? track : best), null);
}

/** Throws unless the file that the index belongs to is as long as it says: the last chunk of every track is there to its end. */
export function checkReach({ tracks }: Mp4Index, fileBytes: number): void {
  for (const { lastChunk, lastEnd } of tracks)
    if (lastChunk >= fileBytes || lastEnd > fileBytes)
      throw new MediaError("cut", `a chunk from ${lastChunk} to ${lastEnd} of ${fileBytes}`);
}
