/**
 * Reads Matroska and WebM files: duration, tracks, image size. Sources: RFC 9559; RFC 8794, sections 4 to 6 (EBML).
 *
 * `Info` and `Tracks` are read into memory; other elements are skipped by their size. Every step advances by at least
 * an element's header and counts against the budget, so reading any file ends.
 */
import type { MediaMetadata } from "./metadata.ts";
import { MediaError, type MediaSource, textAt } from "./source.ts";

/** An element; offsets are counted from the view's start. Null size: unknown. */
export type Element = { readonly id: number; readonly start: number; readonly size: number | null };

/** Bytes of the longest header: an id of four bytes and a size of eight. */
export const ELEMENT_HEAD_BYTES = 12;

/** The number of bytes of a variable-length number, from its leading zeros; 9 for a zero byte, which is invalid. */
const lengthOf = (first: number): number => Math.clz32(first) - 23;

/** The element at `at`; null when there is none, or its header is truncated. It has at least two bytes. */
export function elementAt(view: DataView, at: number): Element | null {
  if (at + 2 > view.byteLength) return null;
  const idBytes = lengthOf(view.getUint8(at));
  if (idBytes > 4 || at + idBytes + 1 > view.byteLength) return null;
  let id = 0;
  for (let i = 0; i < idBytes; i += 1) id = id * 256 + view.getUint8(at + i);
  const sizeAt = at + idBytes;
  const first = view.getUint8(sizeAt);
  const sizeBytes = lengthOf(first);
  if (sizeBytes > 8 || sizeAt + sizeBytes > view.byteLength) return null;
  const mask = 0xff >> sizeBytes;
  let size = first & mask;
  let isUnknown = size === mask;
  for (let i = 1; i < sizeBytes; i += 1) {
    const byte = view.getUint8(sizeAt + i);
    isUnknown &&= byte === 0xff;
    size = size * 256 + byte;
  }
  return { id, start: sizeAt + sizeBytes, size: isUnknown ? null : size };
}

/**
 * The elements of a part of a view in order. One that exceeds the end is cut there; what follows a broken one is left
 * out.
 */
export function* elementsIn(
  view: DataView,
  start: number,
  end: number,
  count: () => void,
): Generator<Element & { readonly end: number }> {
  for (let at = start; at < end; ) {
    const element = elementAt(view, at);
    if (element === null || element.start > end) return;
    count();
    const last = Math.min(element.size === null ? end : element.start + element.size, end);
    yield { ...element, end: last };
    at = last;
  }
}

/** An unsigned number of up to eight bytes. */
export function uintOf(view: DataView, { start, end }: { readonly start: number; readonly end: number }): number {
  let number = 0;
  for (let at = start; at < Math.min(end, start + 8); at += 1) number = number * 256 + view.getUint8(at);
  return number;
}

/** A number of four or eight bytes; null for another size. */
export function floatOf(
  view: DataView,
  { start, end }: { readonly start: number; readonly end: number },
): number | null {
  if (end - start === 4) return view.getFloat32(start);
  return end - start === 8 ? view.getFloat64(start) : null;
}

const EBML = 0x1a45dfa3;
const DOC_TYPE = 0x4282;
const SEGMENT = 0x18538067;
const SEEK_HEAD = 0x114d9b74;
const INFO = 0x1549a966;
const TRACKS = 0x1654ae6b;
const CLUSTER = 0x1f43b675;
const TOP = new Set([SEEK_HEAD, INFO, TRACKS, CLUSTER, 0x1c53bb6b, 0x1254c367, 0x1941a469, 0x1043a770]);

/** Bytes read of an element with an unknown size where a size is required. */
const OPEN_BYTES = 64 * 1024;

const CODECS: Readonly<Record<string, string>> = {
  "V_MPEG4/ISO/AVC": "h264",
  "V_MPEGH/ISO/HEVC": "h265",
  "V_MPEG4/ISO/ASP": "mpeg4",
  V_AV1: "av1",
  V_VP8: "vp8",
  V_VP9: "vp9",
  A_AAC: "aac",
  A_FLAC: "flac",
  A_OPUS: "opus",
  A_VORBIS: "vorbis",
  "A_MPEG/L3": "mp3",
};

type Track = { readonly type: number; readonly codec: string; readonly width: number; readonly height: number };
type Position = { readonly id: number; readonly start: number; readonly end: number };
/** The two elements that are needed; null until found. */
type Found = { info: DataView | null; tracks: DataView | null };

/** Reads a file that begins with an EBML header. Throws MediaError. */
export async function readMatroska(source: MediaSource): Promise<MediaMetadata> {
  const container = await docType(source);
  const segment = await findSegment(source);
  const found: Found = { info: null, tracks: null };
  const isSeen = await walk(source, segment, found);
  const tracks = found.tracks === null ? [] : readTracks(found.tracks, source);
  if (isSeen && tracks.length === 0) throw new MediaError("broken", "no track in the file");
  const isCut = segment.end !== Number.POSITIVE_INFINITY && segment.end > source.sizeBytes;
  const video = largest(tracks);
  const audio = tracks.find(({ type }) => type === 2);
  return {
    container,
    // A truncated file plays up to its end, but its header gives the full duration.
    durationMs: found.info === null || isCut ? null : readDuration(found.info, source),
    width: video?.width || null,
    height: video?.height || null,
    codec: (video ?? audio)?.codec ?? null,
    videoSamples: found.tracks !== null && video === null ? 0 : null,
    isWhole: !isCut,
  };
}

/** The main video track: the largest one. */
const largest = (tracks: readonly Track[]): Track | null =>
  tracks
    .filter(({ type }) => type === 1)
    .reduce<Track | null>(
      (best, track) => (best === null || track.width * track.height > best.width * best.height ? track : best),
      null,
    );

/** The element at an offset of the file. Null when there is none. */
async function topAt(source: MediaSource, at: number): Promise<(Position & { readonly isOpen: boolean }) | null> {
  const view = await source.read(at, at + ELEMENT_HEAD_BYTES);
  const element: Element | null = elementAt(view, 0);
  if (element === null) return null;
  source.count();
  const start = at + element.start;
  const isOpen = element.size === null;
  return {
    id: element.id,
    start,
    end: element.size === null ? Number.POSITIVE_INFINITY : start + element.size,
    isOpen,
  };
}

/** Reads the content of an element into memory. */
async function content(source: MediaSource, { start, end }: Position): Promise<DataView> {
  return source.read(start, end === Number.POSITIVE_INFINITY ? start + OPEN_BYTES : end);
}

async function docType(source: MediaSource): Promise<string> {
  const head = await topAt(source, 0);
  if (head?.id !== EBML) throw new MediaError("unknown", "no EBML head");
  const view = await content(source, head);
  for (const element of elementsIn(view, 0, view.byteLength, source.count))
    if (element.id === DOC_TYPE)
      return textAt(view, element.start, Math.min(element.end - element.start, 16)).replace(/\0+$/, "");
  throw new MediaError("unknown", "an EBML file of no type");
}

async function findSegment(source: MediaSource): Promise<Position> {
  let at = (await topAt(source, 0))?.end ?? 0;
  while (at < source.sizeBytes) {
    const element = await topAt(source, at);
    if (element === null) break;
    if (element.id === SEGMENT) return element;
    at = element.end;
  }
  throw new MediaError("broken", "no segment in the file");
}

/** Skips through a segment until both elements are found. False where part of it was not read. */
async function walk(source: MediaSource, segment: Position, found: Found): Promise<boolean> {
  const seeks: number[] = [];
  const end = Math.min(segment.end, source.sizeBytes);
  for (let at = segment.start; at < end && !isDone(found); ) {
    const element = await topAt(source, at);
    if (element === null) return true; // nothing after this can be parsed
    // The segment's index gives the offsets of the other elements, so clusters need not be read.
    if (element.id === CLUSTER && seeks.length > 0) {
      await follow(source, seeks.splice(0), found);
      if (isDone(found)) return true;
    }
    if (element.id === SEEK_HEAD) seeks.push(...(await readSeeks(source, element, segment.start)));
    else await take(source, element, found);
    if (element.isOpen && element.id !== CLUSTER) return found.tracks !== null;
    // The children of a cluster of unknown size are skipped one by one.
    at = element.isOpen ? element.start : element.end;
  }
  return true;
}

const isDone = ({ info, tracks }: Found): boolean => info !== null && tracks !== null;

async function take(source: MediaSource, element: Position, found: Found): Promise<void> {
  if (element.id === INFO) found.info ??= await content(source, element);
  if (element.id === TRACKS) found.tracks ??= await content(source, element);
}

async function follow(source: MediaSource, positions: readonly number[], found: Found): Promise<void> {
  for (const at of positions) {
    if (isDone(found) || at >= source.sizeBytes) continue;
    const element = await topAt(source, at);
    if (element !== null) await take(source, element, found);
  }
}

/** The offsets of the two elements, as far as the segment's index has them. */
async function readSeeks(source: MediaSource, head: Position, segmentStart: number): Promise<number[]> {
  const view = await content(source, head);
  const positions: number[] = [];
  for (const seek of elementsIn(view, 0, view.byteLength, source.count)) {
    if (seek.id !== 0x4dbb) continue;
    let [id, position] = [0, -1];
    for (const field of elementsIn(view, seek.start, seek.end, source.count)) {
      if (field.id === 0x53ab) id = uintOf(view, field);
      if (field.id === 0x53ac) position = uintOf(view, field);
    }
    if ((id === INFO || id === TRACKS) && position >= 0) positions.push(segmentStart + position);
  }
  return positions;
}

/** `Info`: a duration in ticks of a number of nanoseconds. */
function readDuration(view: DataView, source: MediaSource): number | null {
  let scale = 1_000_000;
  let ticks: number | null = null;
  for (const element of elementsIn(view, 0, view.byteLength, source.count)) {
    if (TOP.has(element.id)) break; // an element of unknown size ends where a top-level element begins
    if (element.id === 0x2ad7b1) scale = uintOf(view, element) || scale;
    if (element.id === 0x4489) ticks = floatOf(view, element);
  }
  const ms = ticks === null ? Number.NaN : Math.round((ticks * scale) / 1_000_000);
  return ms > 0 && Number.isSafeInteger(ms) ? ms : null;
}

function readTracks(view: DataView, source: MediaSource): Track[] {
  const tracks: Track[] = [];
  for (const entry of elementsIn(view, 0, view.byteLength, source.count)) {
    if (TOP.has(entry.id)) break;
    if (entry.id !== 0xae) continue;
    let [type, codec] = [0, ""];
    let size = { width: 0, height: 0 };
    for (const field of elementsIn(view, entry.start, entry.end, source.count)) {
      if (field.id === 0x83) type = uintOf(view, field);
      if (field.id === 0x86) codec = textAt(view, field.start, Math.min(field.end - field.start, 40));
      if (field.id === 0xe0) size = readVideo(view, field, source);
    }
    tracks.push({ type, codec: codecName(codec), ...size });
  }
  return tracks;
}

function codecName(id: string): string {
  const clean = id.replaceAll(/[^\x20-\x7e]/g, "");
  const known = Object.hasOwn(CODECS, clean) ? CODECS[clean] : undefined;
  return known ?? (clean.startsWith("A_AAC") ? "aac" : clean.replace(/^[A-Z]_/, "").toLowerCase());
}

/** `Video`: the displayed size, after cropping, aspect ratio and rotation. */
function readVideo(view: DataView, video: Position, source: MediaSource): { width: number; height: number } {
  const values = new Map<number, number>();
  let roll = 0;
  for (const field of elementsIn(view, video.start, video.end, source.count)) {
    values.set(field.id, uintOf(view, field));
    if (field.id === 0x7670) roll = readRoll(view, field, source);
  }
  const value = (id: number): number => values.get(id) ?? 0;
  const across = Math.max(0, value(0xb0) - value(0x54cc) - value(0x54dd));
  const down = Math.max(0, value(0xba) - value(0x54aa) - value(0x54bb));
  const shown = shape(across, down, value(0x54b0) || across, value(0x54ba) || down, value(0x54b2));
  return Math.abs(roll) === 90 ? { width: shown.height, height: shown.width } : shown;
}

/**
 * The displayed size: in pixels (unit 0) if one side stays the same; otherwise the display size gives only the aspect
 * ratio (unit 3, and pairs like 16 and 9).
 */
function shape(
  across: number,
  down: number,
  wide: number,
  high: number,
  unit: number,
): { width: number; height: number } {
  const isSize = unit === 0 && (wide === across || high === down);
  if (isSize || across === 0 || down === 0) return { width: isSize ? wide : 0, height: isSize ? high : 0 };
  if (unit > 3) return { width: across, height: down };
  return { width: Math.round((down * wide) / high), height: down };
}

/** `Projection` of a flat video: its rotation. */
function readRoll(view: DataView, projection: Position, source: MediaSource): number {
  let [type, roll] = [0, 0];
  for (const field of elementsIn(view, projection.start, projection.end, source.count)) {
    if (field.id === 0x7671) type = uintOf(view, field);
    if (field.id === 0x7675) roll = floatOf(view, field) ?? 0;
  }
  return type === 0 ? Math.round(roll) : 0;
}
