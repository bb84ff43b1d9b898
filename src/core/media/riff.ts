/**
 * RIFF files: chunks of four characters, a size, content, and a padding byte after odd sizes. Reads WAV and AVI; WebP
 * uses the chunks.
 */

import { SECOND_MS } from "../time.ts";
import type { MediaMetadata } from "./metadata.ts";
import { MediaError, type MediaSource, textAt } from "./source.ts";

export type Chunk = { readonly id: string; readonly start: number; readonly size: number };

/** The chunk at an offset; null when the view ends before its header does. */
export const chunkIn = (view: DataView, at: number): Chunk | null =>
  at + 8 > view.byteLength ? null : { id: textAt(view, at, 4), start: at + 8, size: view.getUint32(at + 4, true) };

/** Where the next chunk begins. */
export const after = ({ start, size }: Chunk): number => start + size + (size % 2);

/** The chunks of a part of the file in order. Each step advances by at least a header. */
export async function* chunksOf(source: MediaSource, start: number, end: number): AsyncGenerator<Chunk> {
  for (let at = start; at + 8 <= end; ) {
    const head = chunkIn(await source.read(at, at + 8), 0);
    if (head === null) return;
    source.count();
    const chunk = { ...head, start: at + 8 };
    yield chunk;
    at = after(chunk);
  }
}

/** The chunks of a part of a view in order; one that exceeds the end is cut there. */
export function* chunksIn(view: DataView, start: number, end: number, count: () => void): Generator<Chunk> {
  for (let at = start; at + 8 <= end; ) {
    const chunk = chunkIn(view, at);
    if (chunk === null) return;
    count();
    yield { ...chunk, size: Math.min(chunk.size, end - chunk.start) };
    at = after(chunk);
  }
}

/*
 * WAV files, including RF64 and BW64. Recorders write the header before they know the duration, and streams never
 * learn it, so the data chunk's size is used up to the bytes that exist. Sources: Microsoft's "Multimedia Data
 * Standards Update" of 1994, EBU Tech 3306, ITU-R BS.2088.
 */

/** Both sizes in a header that does not know them, or has them in a `ds64` chunk. */
const NOT_KNOWN = 0xffff_ffff;

type Format = { tag: number; rate: number; byteRate: number; blockBytes: number; bits: number };
type Sizes = { readonly riff: number; readonly data: number; readonly samples: number };

export const isWav = (head: DataView): boolean =>
  /^(RIFF|RF64|BW64)$/.test(textAt(head, 0, 4)) && textAt(head, 8, 4) === "WAVE";

/** Reads a file with `RIFF`, `RF64` or `BW64` at `from`, of type `WAVE`. Throws MediaError. */
export async function readWav(source: MediaSource, from: number): Promise<MediaMetadata> {
  let format: Format | null = null;
  let large: Sizes | null = null;
  let samples = 0;
  let data: Chunk | null = null;
  for await (const chunk of chunksOf(source, from + 12, source.sizeBytes)) {
    if (chunk.id === "ds64") large = await readLarge(source, chunk);
    if (chunk.id === "fmt ") format = await readFormat(source, chunk);
    if (chunk.id === "fact" && chunk.size >= 4) samples = await readFactChunk(source, chunk);
    if (chunk.id !== "data") continue;
    data = chunk;
    break; // what follows may be the rest of audio data of unknown size
  }
  if (format === null || data === null) throw new MediaError("broken", "no sound in the file");
  const { size, isWhole } = await dataSize(source, from, data, large);
  const seconds = lengthOf(
    format,
    size,
    isWhole && large !== null && samples === NOT_KNOWN ? large.samples : samples,
    isWhole,
  );
  const ms = Math.round(seconds * SECOND_MS);
  const sound = { width: null, height: null, codec: codecOf(format), videoSamples: 0, isWhole };
  return { container: "wave", durationMs: ms > 0 && Number.isSafeInteger(ms) ? ms : null, ...sound };
}

/** The bytes of audio data that exist, and whether they are all. */
async function dataSize(
  source: MediaSource,
  from: number,
  { start, size }: Chunk,
  large: Sizes | null,
): Promise<{ size: number; isWhole: boolean }> {
  const there = Math.max(0, source.sizeBytes - start);
  const said = size === NOT_KNOWN && large !== null ? large.data : size;
  // A writer that did not complete its header leaves all bits set, or none: then the audio data ends with the file.
  const riff = (await source.read(from + 4, from + 8)).getUint32(0, true);
  const isEmpty = said === 0 && riff !== 0 && riff !== NOT_KNOWN && from + riff + 8 <= start;
  if (isEmpty) return { size: 0, isWhole: true };
  if (said === NOT_KNOWN || said === 0) return { size: there, isWhole: true };
  return { size: Math.min(said, there), isWhole: said <= there };
}

/** `ds64`: the sizes that do not fit into 32 bits. */
async function readLarge(source: MediaSource, chunk: Chunk): Promise<Sizes | null> {
  if (chunk.size < 24) return null;
  const view = await source.read(chunk.start, chunk.start + 24);
  if (view.byteLength < 24) return null;
  const at = (offset: number): number => Number(view.getBigUint64(offset, true));
  return { riff: at(0), data: at(8), samples: at(16) };
}

async function readFactChunk(source: MediaSource, chunk: Chunk): Promise<number> {
  const view = await source.read(chunk.start, chunk.start + 4);
  return view.byteLength < 4 ? 0 : view.getUint32(0, true);
}

async function readFormat(source: MediaSource, chunk: Chunk): Promise<Format | null> {
  const view = await source.read(chunk.start, chunk.start + Math.min(chunk.size, 40));
  if (view.byteLength < 14) return null;
  const tag = view.getUint16(0, true);
  return {
    // The extended form has the actual format in the first two bytes of an id.
    tag: tag === 0xfffe && view.byteLength >= 26 ? view.getUint16(24, true) : tag,
    rate: view.getUint32(4, true),
    byteRate: view.getUint32(8, true),
    blockBytes: view.getUint16(12, true),
    bits: view.byteLength >= 16 ? view.getUint16(14, true) : 8,
  };
}

/** Formats in which every sample has the same number of bytes: PCM, floating point, A-law, µ-law. */
const PLAIN = new Set([1, 3, 6, 7]);

/** Duration in seconds; 0 when unknown. Compressed formats state the number of samples, or the bytes per second. */
function lengthOf(
  { tag, rate, byteRate, blockBytes }: Format,
  size: number,
  samples: number,
  isWhole: boolean,
): number {
  if (PLAIN.has(tag)) return rate > 0 && blockBytes > 0 ? Math.floor(size / blockBytes) / rate : 0;
  if (isWhole && samples > 0 && samples !== NOT_KNOWN && rate > 0) return samples / rate;
  return byteRate > 0 ? size / byteRate : 0;
}

const WAV_CODECS: Readonly<Record<number, string>> = { 6: "alaw", 7: "ulaw", 17: "adpcm-ima", 85: "mp3", 255: "aac" };

function codecOf({ tag, bits }: Format): string {
  if (tag === 1) return bits === 8 ? "pcm-u8" : `pcm-s${bits}`;
  return tag === 3 ? `pcm-f${bits}` : (WAV_CODECS[tag] ?? `wave-${tag}`);
}

/* AVI: duration and image size. Sources: Microsoft's "AVI RIFF File Reference", and OpenDML 1.02. */

type Stream = {
  kind: string;
  codec: string;
  /** Units of the stream, and how many there are per second. */
  length: number;
  rate: number;
  width: number;
  height: number;
};

/** Reads a file that begins with `RIFF`, of type `AVI `. Throws MediaError. */
export async function readAvi(source: MediaSource): Promise<MediaMetadata> {
  const header = await findHeader(source);
  const { frames, streams } = readHeader(header, source);
  const video = streams.find(({ kind }) => kind === "vids");
  const main = video ?? streams.find(({ kind }) => kind === "auds");
  if (main === undefined) throw new MediaError("broken", "no stream in the file");
  const isWhole = await hasAllParts(source);
  // The header of a recording in several parts counts the first one; its OpenDML table counts them all.
  const length = Math.max(main.length, main === video ? frames : 0);
  const ms = main.rate > 0 ? Math.round((length / main.rate) * SECOND_MS) : 0;
  return {
    container: "avi",
    durationMs: isWhole && ms > 0 && Number.isSafeInteger(ms) ? ms : null,
    width: video?.width || null,
    height: video?.height || null,
    codec: main.codec,
    videoSamples: video === undefined ? 0 : length || null,
    isWhole,
  };
}

/** The content of the `hdrl` list. */
async function findHeader(source: MediaSource): Promise<DataView> {
  for await (const { id, start, size } of chunksOf(source, 12, source.sizeBytes)) {
    if (id !== "LIST" || size < 4) continue;
    const type = textAt(await source.read(start, start + 4), 0, 4);
    if (type === "hdrl") return source.read(start + 4, start + size);
    if (type === "movi") break;
  }
  throw new MediaError("broken", "no header in the file");
}

function readHeader(view: DataView, source: MediaSource): { frames: number; streams: Stream[] } {
  const streams: Stream[] = [];
  let frames = 0;
  for (const chunk of chunksIn(view, 0, view.byteLength, source.count)) {
    if (chunk.id !== "LIST" || chunk.size < 4) continue;
    const type = textAt(view, chunk.start, 4);
    const inside = { start: chunk.start + 4, end: chunk.start + chunk.size };
    if (type === "strl") streams.push(readStream(view, inside, source));
    if (type !== "odml") continue;
    for (const table of chunksIn(view, inside.start, inside.end, source.count))
      if (table.id === "dmlh" && table.size >= 4) frames = view.getUint32(table.start, true);
  }
  return { frames, streams };
}

function readStream(view: DataView, { start, end }: { start: number; end: number }, source: MediaSource): Stream {
  let stream: Stream = { kind: "", codec: "", length: 0, rate: 0, width: 0, height: 0 };
  let aspect = 0;
  for (const chunk of chunksIn(view, start, end, source.count)) {
    if (chunk.id === "strh" && chunk.size >= 36) stream = { ...stream, ...readHead(view, chunk) };
    if (chunk.id === "strf" && stream.kind === "vids" && chunk.size >= 20)
      stream = { ...stream, ...readSnapshot(view, chunk) };
    if (chunk.id === "vprp" && chunk.size >= 24) aspect = readAspect(view, chunk);
  }
  return aspect === 0 ? stream : { ...stream, width: Math.round(stream.height * aspect) };
}

function readHead(view: DataView, { start }: Chunk): Pick<Stream, "kind" | "rate" | "length" | "codec"> {
  const [scale, rate] = [view.getUint32(start + 20, true), view.getUint32(start + 24, true)];
  return {
    kind: textAt(view, start, 4),
    codec: codecName(textAt(view, start + 4, 4)),
    rate: scale === 0 ? 0 : rate / scale,
    length: view.getUint32(start + 32, true),
  };
}

/** A negative height means that rows are stored from the top. */
function readSnapshot(view: DataView, { start }: Chunk): Pick<Stream, "width" | "height" | "codec"> {
  const compression = textAt(view, start + 16, 4);
  return {
    width: Math.abs(view.getInt32(start + 4, true)),
    height: Math.abs(view.getInt32(start + 8, true)),
    codec: codecName(compression),
  };
}

/** The display aspect ratio: two numbers, the second one first. */
function readAspect(view: DataView, { start }: Chunk): number {
  const [down, across] = [view.getUint16(start + 20, true), view.getUint16(start + 22, true)];
  return across === 0 || down === 0 ? 0 : across / down;
}

const AVI_CODECS: Readonly<Record<string, string>> = {
  h264: "h264",
  avc1: "h264",
  xvid: "mpeg4",
  divx: "mpeg4",
  fmp4: "mpeg4",
};

function codecName(four: string): string {
  const name = four
    .replaceAll(/[^\x20-\x7e]/g, "")
    .trim()
    .toLowerCase();
  return (Object.hasOwn(AVI_CODECS, name) ? AVI_CODECS[name] : undefined) ?? (name || "raw");
}

/** Whether every part of the file is complete. A recording over a gigabyte has several, one after the other. */
async function hasAllParts(source: MediaSource): Promise<boolean> {
  for await (const chunk of chunksOf(source, 0, source.sizeBytes)) {
    if (chunk.id !== "RIFF") return true; // what follows the last part does not matter
    if (after(chunk) - (chunk.size % 2) > source.sizeBytes) return false;
  }
  return true;
}
