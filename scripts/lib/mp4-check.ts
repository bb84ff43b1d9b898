/**
 * Checks that a file is an MP4 with a video in it, without decoding: boxes, duration, a video track, samples inside the file.
 *
 * Source: ISO/IEC 14496-12, "boxes" (4.2), mvhd (8.2.2), hdlr (8.4.3), stsz (8.7.3), stco and co64 (8.7.5). Fragmented
 * files are rejected: their samples are elsewhere, and no render is fragmented.
 */

export type Mp4 = {
  readonly durationMs: number;
  /** Pixels, as the track header says. */
  readonly width: number;
  readonly height: number;
  /** Frames in the video track. */
  readonly samples: number;
  readonly sizeBytes: number;
};

/** Why this is not an MP4. */
export class NotMp4Error extends Error {
  override readonly name = "NotMp4Error";
}

/** A box: its type and the position of its content, without the header. */
type Box = { readonly type: string; readonly start: number; readonly end: number };

/** The boxes from `start` to `end`. Each must end inside; size 0 means "to the end", size 1 "see the 64-bit size". */
function boxesIn(view: DataView, start: number, end: number): Box[] {
  const boxes: Box[] = [];
  for (let at = start; at < end; ) {
    if (end - at < 8) throw new NotMp4Error(`${end - at} bytes at ${at} are no box`);
    const type = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at + 4, 4));
    const short = view.getUint32(at);
    if (short === 1 && end - at < 16) throw new NotMp4Error(`box ${type} at ${at} is cut off`);
    const size = short === 1 ? Number(view.getBigUint64(at + 8)) : short === 0 ? end - at : short;
    const header = short === 1 ? 16 : 8;
    if (size < header || at + size > end)
      throw new NotMp4Error(`box ${type} at ${at} says ${size} bytes, ${end - at} are there`);
    boxes.push({ type, start: at + header, end: at + size });
    at += size;
  }
  return boxes;
}

function one(boxes: readonly Box[], type: string, where: string): Box {
  const found = boxes.find((box) => box.type === type);
  if (!found) throw new NotMp4Error(`no ${type} in ${where}`);
  return found;
}

/** Finds a box by its path of nested boxes. */
function inside(view: DataView, from: Box, ...path: readonly string[]): Box {
  return path.reduce((box, type) => one(boxesIn(view, box.start, box.end), type, box.type), from);
}

/** mvhd, version 0 with 32-bit and version 1 with 64-bit times. */
function durationMs(view: DataView, mvhd: Box): number {
  const isLong = view.getUint8(mvhd.start) === 1;
  const timescale = view.getUint32(mvhd.start + (isLong ? 20 : 12));
  const duration = isLong ? Number(view.getBigUint64(mvhd.start + 24)) : view.getUint32(mvhd.start + 16);
  if (timescale === 0 || duration === 0) throw new NotMp4Error("the duration is 0");
  return (duration / timescale) * 1000;
}

const isVideo = (view: DataView, trak: Box): boolean =>
  view.getUint32(inside(view, trak, "mdia", "hdlr").start + 8) === 0x76696465; // "vide"

/** tkhd ends in width and height as 16.16 numbers. */
function dimensions(view: DataView, tkhd: Box): { width: number; height: number } {
  return { width: view.getUint32(tkhd.end - 8) >>> 16, height: view.getUint32(tkhd.end - 4) >>> 16 };
}

/** stsz: the number of samples and their bytes together. */
function samplesOf(view: DataView, stsz: Box): { count: number; bytes: number } {
  const [common, count] = [view.getUint32(stsz.start + 4), view.getUint32(stsz.start + 8)];
  if (count === 0) throw new NotMp4Error("the video track has no samples");
  if (common !== 0) return { count, bytes: common * count };
  if (stsz.start + 12 + 4 * count > stsz.end) throw new NotMp4Error(`stsz has no room for ${count} samples`);
  let bytes = 0;
  for (let sample = 0; sample < count; sample += 1) bytes += view.getUint32(stsz.start + 12 + 4 * sample);
  return { count, bytes };
}

/** The chunks' offsets from the file's start: 32-bit in stco, 64-bit in co64. */
function chunkOffsets(view: DataView, stbl: Box): number[] {
  const boxes = boxesIn(view, stbl.start, stbl.end);
  const box = boxes.find(({ type }) => type === "co64") ?? one(boxes, "stco", "stbl");
  const width = box.type === "co64" ? 8 : 4;
  const count = view.getUint32(box.start + 4);
  if (box.start + 8 + width * count > box.end) throw new NotMp4Error(`${box.type} has no room for ${count} chunks`);
  const at = (chunk: number): number => box.start + 8 + width * chunk;
  return Array.from({ length: count }, (_, chunk) =>
    width === 8 ? Number(view.getBigUint64(at(chunk))) : view.getUint32(at(chunk)),
  );
}

/** Checks that samples lie inside mdat boxes and have at most their size. */
function checkOffsets(offsets: readonly number[], sampleBytes: number, mdats: readonly Box[]): void {
  const stray = offsets.find((offset) => !mdats.some((mdat) => offset >= mdat.start && offset < mdat.end));
  if (offsets.length === 0 || stray !== undefined) throw new NotMp4Error(`a chunk at ${stray} lies in no mdat`);
  const room = mdats.reduce((sum, mdat) => sum + mdat.end - mdat.start, 0);
  if (sampleBytes > room) throw new NotMp4Error(`the samples have ${sampleBytes} bytes, mdat has ${room}`);
}

/** The properties of the file; throws a NotMp4Error that says what is wrong with it. */
export function checkMp4(bytes: Uint8Array): Mp4 {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const top = boxesIn(view, 0, bytes.byteLength);
  if (top[0]?.type !== "ftyp") throw new NotMp4Error("it does not begin with ftyp");
  const moov = one(top, "moov", "the file");
  const tracks = boxesIn(view, moov.start, moov.end).filter((box) => box.type === "trak");
  const video = tracks.find((track) => isVideo(view, track));
  if (!video) throw new NotMp4Error(`no video among ${tracks.length} tracks`);
  const stbl = inside(view, video, "mdia", "minf", "stbl");
  const samples = samplesOf(view, inside(view, stbl, "stsz"));
  one(top, "mdat", "the file");
  checkOffsets(
    chunkOffsets(view, stbl),
    samples.bytes,
    top.filter((box) => box.type === "mdat"),
  );
  return {
    durationMs: durationMs(view, inside(view, moov, "mvhd")),
    ...dimensions(view, inside(view, video, "tkhd")),
    samples: samples.count,
    sizeBytes: bytes.byteLength,
  };
}
