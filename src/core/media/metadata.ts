/**
 * Reads the metadata of a media file with the parser of its format; those of images are at the end. The source limits
 * what a parser reads.
 */
import { DAY_MS } from "../time.ts";
import { offsetsAfterTags, readAudio } from "./audio-frames.ts";
import { readMatroska } from "./matroska.ts";
import { isMp4, readMp4 } from "./mp4.ts";
import { type Chunk, chunksOf, isWav, readAvi, readWav } from "./riff.ts";
import { type MediaFault, type MediaSource, textAt } from "./source.ts";

/** A longer side is not a displayable image. */
const SIDE_PIXELS = 1_000_000;

/** A longer duration is a number in a damaged header. */
const LENGTH_MS = 366 * DAY_MS;

/** Chooses the parser by the file's first bytes. Throws MediaError. */
export async function inspectFile(source: MediaSource): Promise<MediaMetadata> {
  const properties = await read(source);
  const { width, height, durationMs } = properties;
  const isSize = width !== null && height !== null && isSide(width) && isSide(height);
  const isLength = durationMs !== null && durationMs > 0 && durationMs <= LENGTH_MS;
  return {
    ...properties,
    width: isSize ? width : null,
    height: isSize ? height : null,
    durationMs: isLength ? durationMs : null,
  };
}

const isSide = (pixels: number): boolean => pixels > 0 && pixels <= SIDE_PIXELS;

async function read(source: MediaSource): Promise<MediaMetadata> {
  const head = await source.read(0, 16);
  const start = textAt(head, 0, 4);
  if (start === "\x1aE\xdf\xa3") return readMatroska(source);
  if (start === "\x89PNG") return picture("png", await readPng(source));
  if (start.startsWith("\xff\xd8\xff")) return picture("jpg", await readJpeg(source));
  if (start === "GIF8") return picture("gif", await readGif(source));
  if (start === "RIFF" && textAt(head, 8, 4) === "AVI ") return readAvi(source);
  if (start === "RIFF" && textAt(head, 8, 4) === "WEBP") return picture("webp", await readWebp(source));
  // Some programs also put a tag in front of a movie or of uncompressed audio.
  const [behindTags = 0] = start.startsWith("ID3") ? await offsetsAfterTags(source) : [0];
  const behind = await source.read(behindTags, behindTags + 16);
  if (isWav(behind)) return readWav(source, behindTags);
  if (isMp4(behind)) return readMp4(source, behindTags);
  return readAudio(source);
}

const picture = (container: string, size: Size | null): MediaMetadata => ({
  container,
  durationMs: null,
  width: size?.width ?? null,
  height: size?.height ?? null,
  codec: null,
  videoSamples: 0,
  isWhole: true,
});

/** The metadata of a media file. */
export type MediaMetadata = {
  /** `mp4`, `mov`, `webm`, `matroska`, `mp3`, `wave`, `adts`, `avi`. */
  readonly container: string;
  /** Null when the file does not state it. */
  readonly durationMs: number | null;
  /** Displayed pixels; null without video or image. */
  readonly width: number | null;
  readonly height: number | null;
  /** Of the video if there is one, else of the audio: `h264`, `aac`. */
  readonly codec: string | null;
  /** Frames of the main video track; 0 without one, null when the file does not state it. */
  readonly videoSamples: number | null;
  /** False for a truncated file: what is there plays. */
  readonly isWhole: boolean;
};

/** Why there is no metadata. `gone`: the file does not exist. The others come from the format's parser. */
export type NoMetadata = { readonly reason: "gone" | MediaFault };

/* Displayed sizes of JPEG, PNG, GIF and WebP images. Source for JPEG: ITU-T T.81, annex B. */

/** The orientation, 1 to 8, of TIFF bytes at an offset; 1 when absent. Source: Exif 2.32, section 4.6 (TIFF). */
function orientationIn(view: DataView, at: number): number {
  if (at + 8 > view.byteLength) return 1;
  const order = view.getUint16(at);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const isLittle = order === 0x4949;
  const first = at + view.getUint32(at + 4, isLittle);
  if (first + 2 > view.byteLength) return 1;
  const count = view.getUint16(first, isLittle);
  for (let nth = 0, entry = first + 2; nth < count && entry + 12 <= view.byteLength; nth += 1, entry += 12) {
    if (view.getUint16(entry, isLittle) !== 0x0112) continue;
    const value = view.getUint16(entry + 8, isLittle);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

type Size = { readonly width: number; readonly height: number };

/** The displayed size: four of the eight orientations swap width and height. */
const turned = ({ width, height }: Size, orientation: number): Size =>
  orientation > 4 ? { width: height, height: width } : { width, height };

/** Bytes of padding between segments that are skipped. */
const GAP_BYTES = 4_096;

/** The size from the frame header, which follows segments with a length; null when there is none. */
async function readJpeg(source: MediaSource): Promise<Size | null> {
  let orientation = 1;
  for (let at = 2; at < source.sizeBytes; ) {
    source.count();
    const view = await source.read(at, at + GAP_BYTES);
    const marker = markerIn(view);
    if (marker === null) return null;
    const { code, start } = marker;
    const hasLength = code !== 0x01 && !(code >= 0xd0 && code <= 0xd8);
    if (code === 0xd9 || code === 0xda) return null; // the end, or the image data, came before the size
    if (hasLength && start + 2 > view.byteLength) return null;
    const length = hasLength ? view.getUint16(start) : 0;
    const isFrame = code >= 0xc0 && code <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(code);
    if (isFrame && start + 7 > view.byteLength) return null;
    if (isFrame) return turned({ width: view.getUint16(start + 5), height: view.getUint16(start + 3) }, orientation);
    if (code === 0xe1) orientation = await jpegOrientation(source, at + start + 2, length - 2, orientation);
    at += start + length;
  }
  return null;
}

/** The next marker: 0xff, any number of times, and a code. */
function markerIn(view: DataView): { readonly code: number; readonly start: number } | null {
  for (let at = 0; at + 1 < view.byteLength; at += 1) {
    const code = view.getUint8(at + 1);
    if (view.getUint8(at) === 0xff && code !== 0xff && code !== 0) return { code, start: at + 2 };
  }
  return null;
}

async function jpegOrientation(source: MediaSource, start: number, length: number, before: number): Promise<number> {
  if (length < 14 || textAt(await source.read(start, start + 6), 0, 6) !== "Exif\0\0") return before;
  return orientationIn(await source.read(start + 6, start + length), 0);
}

/** The size from the first chunks; null when they have none. Source: W3C PNG, third edition, sections 5 and 11. */
async function readPng(source: MediaSource): Promise<Size | null> {
  let size: Size | null = null;
  for (let at = 8; at < source.sizeBytes; ) {
    const head = await source.read(at, at + 8);
    if (head.byteLength < 8) break;
    source.count();
    const [length, type] = [head.getUint32(0), textAt(head, 4, 4)];
    if (type === "IDAT" || type === "IEND") break;
    const content = await source.read(at + 8, at + 8 + Math.min(length, 64 * 1024));
    if (type === "IHDR" && content.byteLength >= 8)
      size = { width: content.getUint32(0), height: content.getUint32(4) };
    if (type === "eXIf" && size !== null) return turned(size, orientationIn(content, 0));
    at += length + 12;
  }
  return size;
}

/** The size of the logical screen; null when the file ends before it. Source: GIF89a, section 18. */
async function readGif(source: MediaSource): Promise<Size | null> {
  const view = await source.read(0, 10);
  return view.byteLength < 10 ? null : { width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

/**
 * The size from the first chunk, of which there are three kinds: extended, lossless, lossy. Null when it has none.
 * Source: RFC 9649, section 2.
 */
async function readWebp(source: MediaSource): Promise<Size | null> {
  let size: Size | null = null;
  for await (const chunk of chunksOf(source, 12, source.sizeBytes)) {
    const view = await source.read(chunk.start, chunk.start + Math.min(chunk.size, 10));
    if (size === null) {
      size = sizeIn(chunk.id, view);
      const mayTurn = chunk.id === "VP8X" && view.byteLength > 0 && (view.getUint8(0) & 0x08) !== 0;
      if (size === null || !mayTurn) return size;
    }
    if (chunk.id === "EXIF") return turned(size, await webpOrientation(source, chunk));
  }
  return size;
}

function sizeIn(id: string, view: DataView): Size | null {
  if (view.byteLength < (id === "VP8L" ? 5 : 10)) return null;
  const low24 = (at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 0x10000;
  switch (id) {
    case "VP8X":
      return { width: low24(4) + 1, height: low24(7) + 1 };
    case "VP8L": {
      const bits = view.getUint32(1, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case "VP8 ":
      return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
    default:
      return null;
  }
}

/** Some writers keep the six characters that precede it in a JPEG. */
async function webpOrientation(source: MediaSource, { start, size }: Chunk): Promise<number> {
  const view = await source.read(start, start + Math.min(size, 64 * 1024));
  return orientationIn(view, textAt(view, 0, 6) === "Exif\0\0" ? 6 : 0);
}
