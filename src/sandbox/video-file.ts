/** A render's file: an MP4 (ISO/IEC 14496-12) with its index first and one H.264 track, a prepared clip repeated. Nothing is encoded. */

import { SECOND_MS } from "../core/time.ts";
import {
  CLIP_1080X1080,
  CLIP_1080X1350,
  CLIP_1080X1440,
  CLIP_1080X1920,
  CLIP_1280X720,
  CLIP_1440X1080,
  CLIP_1920X1080,
  CLIP_2520X1080,
  FRAMES_PER_SECOND,
  type VideoClip,
} from "./clips.ts";
import type { RenderRecord } from "./store.ts";

/** Ticks of the track's timescale per frame and per second. */
const FRAME_TICKS = 1_000;
const SECOND_TICKS = FRAMES_PER_SECOND * FRAME_TICKS;

const utf8 = new TextEncoder();

type Bytes = readonly number[] | Uint8Array;

function join(parts: readonly Bytes[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

const u16 = (value: number): number[] => [(value >>> 8) & 255, value & 255];
const u32 = (value: number): number[] => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const zeros = (count: number): number[] => new Array<number>(count).fill(0);
const box = (type: string, ...parts: Bytes[]): Uint8Array => {
  const body = join(parts);
  return join([u32(body.length + 8), utf8.encode(type), body]);
};
/** A box with version 0 and flags. */
const full = (type: string, flags: number, ...parts: Bytes[]): Uint8Array => box(type, u32(flags), ...parts);

/** The unity matrix of `mvhd` and `tkhd`. */
const MATRIX = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000].flatMap(u32);

export type Movie = {
  readonly clip: VideoClip;
  readonly frames: number;
  /** `ftyp`, `moov` and the head of `mdat`; the samples follow it. */
  readonly head: Uint8Array;
  /** Bytes of the whole file. */
  readonly sizeBytes: number;
};

const sizesOf = (clip: VideoClip, frames: number): number[] =>
  Array.from({ length: frames }, (_, at) => clip.sampleSizes[at % clip.sampleSizes.length] ?? 0);

function sampleEntry(clip: VideoClip): Uint8Array {
  const name = zeros(32);
  return box(
    "avc1",
    [...zeros(6), ...u16(1), ...zeros(16), ...u16(clip.width), ...u16(clip.height)],
    // 72 dpi twice, one frame per sample, no compressor name, 24 bits of colour.
    [...u32(0x480000), ...u32(0x480000), ...u32(0), ...u16(1), ...name, ...u16(24), 0xff, 0xff],
    box("avcC", clip.decoderRecord),
  );
}

/** One chunk per second; the last one is shorter if the length is not a whole second. */
function sampleTable(clip: VideoClip, sizes: readonly number[], mediaStart: number): Uint8Array {
  const frames = sizes.length;
  const seconds = Math.ceil(frames / FRAMES_PER_SECOND);
  const lastChunk = frames - (seconds - 1) * FRAMES_PER_SECOND;
  const runs: number[][] = seconds > 1 ? [[1, FRAMES_PER_SECOND, 1]] : [];
  if (seconds === 1 || lastChunk !== FRAMES_PER_SECOND) runs.push([seconds, lastChunk, 1]);
  const offsets = Array.from({ length: seconds }, (_, at) => mediaStart + at * clip.samples.length);
  const keyframes = Array.from({ length: seconds }, (_, at) => at * FRAMES_PER_SECOND + 1);
  return box(
    "stbl",
    full("stsd", 0, u32(1), sampleEntry(clip)),
    full("stts", 0, u32(1), u32(frames), u32(FRAME_TICKS)),
    full("stss", 0, u32(keyframes.length), keyframes.flatMap(u32)),
    full("stsc", 0, u32(runs.length), runs.flat().flatMap(u32)),
    full("stsz", 0, u32(0), u32(frames), sizes.flatMap(u32)),
    full("stco", 0, u32(seconds), offsets.flatMap(u32)),
  );
}

function index(clip: VideoClip, sizes: readonly number[], mediaStart: number): Uint8Array {
  const ticks = sizes.length * FRAME_TICKS;
  const times = [...u32(0), ...u32(0)];
  const media = box(
    "minf",
    full("vmhd", 1, zeros(8)),
    box("dinf", full("dref", 0, u32(1), full("url ", 1))),
    sampleTable(clip, sizes, mediaStart),
  );
  // Language "und"; handler "vide".
  const mdia = box(
    "mdia",
    full("mdhd", 0, times, u32(SECOND_TICKS), u32(ticks), u16(0x55c4), u16(0)),
    full("hdlr", 0, u32(0), utf8.encode("vide"), zeros(12), utf8.encode("TEST\0")),
    media,
  );
  const trackHead = full(
    "tkhd",
    3,
    times,
    u32(1),
    u32(0),
    u32(ticks),
    zeros(16),
    MATRIX,
    u32(clip.width << 16),
    u32(clip.height << 16),
  );
  const movieHead = full(
    "mvhd",
    0,
    times,
    u32(SECOND_TICKS),
    u32(ticks),
    u32(0x10000),
    u16(0x100),
    zeros(10),
    MATRIX,
    zeros(24),
    u32(2),
  );
  return box("moov", movieHead, box("trak", trackHead, mdia));
}

/** A movie with only an audio track: half a second of silence. */
export function soundOnly(): Uint8Array<ArrayBuffer> {
  const times = [...u32(0), ...u32(0)];
  const sample = box("mp4a", [
    ...zeros(6),
    ...u16(1),
    ...zeros(8),
    ...u16(1),
    ...u16(16),
    ...zeros(4),
    ...u32(8_000 << 16),
  ]);
  const stbl = box(
    "stbl",
    full("stsd", 0, u32(1), sample),
    full("stts", 0, u32(1), u32(1), u32(4_000)),
    full("stsc", 0, u32(1), u32(1), u32(1), u32(1)),
    full("stsz", 0, u32(0), u32(1), u32(8)),
    full("stco", 0, u32(1), u32(40)),
  );
  const minf = box("minf", full("smhd", 0, zeros(4)), stbl);
  const hdlr = full("hdlr", 0, u32(0), utf8.encode("soun"), zeros(12), utf8.encode("TEST\0"));
  const mdia = box("mdia", full("mdhd", 0, times, u32(8_000), u32(4_000), u32(0)), hdlr, minf);
  const tkhd = full("tkhd", 3, times, u32(1), u32(0), u32(4_000), zeros(16), MATRIX, u32(0), u32(0));
  const mvhd = full("mvhd", 0, times, u32(8_000), u32(4_000), u32(0x10000), zeros(12), MATRIX, zeros(24), u32(2));
  const type = box("ftyp", utf8.encode("isom"), u32(512), utf8.encode("isomiso2avc1mp41"));
  return new Uint8Array(join([type, box("mdat", zeros(8)), box("moov", mvhd, box("trak", tkhd, mdia))]));
}

/** A movie of `frames` frames (at least one). */
export function movieOf(clip: VideoClip, frames: number): Movie {
  const sizes = sizesOf(clip, frames);
  const mediaBytes = sizes.reduce((sum, size) => sum + size, 0);
  const type = box("ftyp", utf8.encode("isom"), u32(512), utf8.encode("isomiso2avc1mp41"));
  // The index has the same size for any offsets, so it is built twice: to measure it, and with the right offsets.
  const mediaStart = type.length + index(clip, sizes, 0).length + 8;
  const head = join([type, index(clip, sizes, mediaStart), u32(mediaBytes + 8), utf8.encode("mdat")]);
  return { clip, frames, head, sizeBytes: head.length + mediaBytes };
}

/** The bytes from `start` to `end` (exclusive), in chunks of at most one second. */
export function* bytesOf(movie: Movie, start: number, end: number): Generator<Uint8Array> {
  const { head, clip } = movie;
  if (start < head.length) yield head.subarray(start, Math.min(end, head.length));
  let at = Math.max(start, head.length);
  while (at < end) {
    const within = (at - head.length) % clip.samples.length;
    const taken = Math.min(end - at, clip.samples.length - within);
    yield clip.samples.subarray(within, within + taken);
    at += taken;
  }
}

/* Clips for every size that a sandbox draft can have. */

export const CLIPS: readonly [VideoClip, ...VideoClip[]] = [
  CLIP_1920X1080,
  CLIP_1080X1920,
  CLIP_1280X720,
  CLIP_1080X1080,
  CLIP_1080X1350,
  CLIP_1080X1440,
  CLIP_1440X1080,
  CLIP_2520X1080,
];

/** A frame size in pixels. */
export type VideoFrame = { readonly width: number; readonly height: number };

/** The difference of two aspect ratios: 0 for the same. */
const shapeDistance = (a: VideoFrame, b: VideoFrame): number =>
  Math.abs(Math.log((a.width * b.height) / (a.height * b.width)));

/** The clip of exactly this size, else the one with the nearest aspect ratio; the first one for a frame without a size. */
export function clipFor(frame: VideoFrame): VideoClip {
  const exact = CLIPS.find(({ width, height }) => width === frame.width && height === frame.height);
  return (
    exact ??
    CLIPS.reduce((best, clip) => (shapeDistance(clip, frame) < shapeDistance(best, frame) ? clip : best), CLIPS[0])
  );
}

/** A clip of another size, for the fault `render_other_size`. */
export const otherClip = (clip: VideoClip): VideoClip => CLIPS.find((other) => other !== clip) ?? clip;

/* The finished file of a render, and its response with Range, HEAD and a known length. */

/** The longest file, which has far less than 10 MB. */
const LONGEST_MS = 60 * SECOND_MS;

type Shape = Pick<RenderRecord, "durationMs" | "width" | "height" | "faults">;

/** A movie with the draft's size, and its length to the nearest frame: at least one frame, at most a minute. */
const movie = ({ durationMs, width = 0, height = 0, faults }: Shape): Movie => {
  const clip = clipFor({ width, height });
  const frames = Math.max(1, Math.round((Math.min(durationMs, LONGEST_MS) * FRAMES_PER_SECOND) / SECOND_MS));
  return movieOf(faults.includes("render_other_size") ? otherClip(clip) : clip, frames);
};

export function fileOf(shape: Shape): { readonly durationSeconds: number; readonly sizeBytes: number } {
  const { frames, sizeBytes } = movie(shape);
  return { durationSeconds: frames / FRAMES_PER_SECOND, sizeBytes };
}

/** The requested first and last byte; `all` without a usable header, null if it cannot be satisfied. Only one range is supported. */
function rangeOf(header: string | undefined, size: number): { first: number; last: number } | "all" | null {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? "") ?? [];
  if (from === "" && to === "") return "all";
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  return first > last || first >= size ? null : { first, last };
}

/** A body of known length, so the response has a Content-Length. `breakAt`: the connection breaks after this byte. */
function body(source: Movie, first: number, end: number, breakAt: number | null): ReadableStream {
  const chunks = bytesOf(source, first, breakAt ?? end);
  const readable = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { value, done } = chunks.next();
      if (done !== true) controller.enqueue(value);
      else if (breakAt === null) controller.close();
      else controller.error(new Error("connection lost"));
    },
  });
  return readable.pipeThrough(new FixedLengthStream(end - first));
}

/** The first half of the file, sent as if it were the whole file. */
export function shortAnswer(render: RenderRecord): Response {
  const source = movie(render);
  const end = Math.floor(source.sizeBytes / 2);
  const headers = { "content-type": "video/mp4", "content-length": String(end) };
  return new Response(body(source, 0, end, null), { headers });
}

/** The response that a fault sends instead of the file; null if there is none. */
function faultyFile(render: RenderRecord): Response | null {
  const wants = (name: string): boolean => render.faults.includes(name);
  if (wants("render_short")) return shortAnswer(render);
  if (wants("render_page")) return new Response("<!doctype html><title>Bad gateway</title>", { headers: HTML });
  if (wants("render_sound")) return new Response(soundOnly(), { headers: { "content-type": "video/mp4" } });
  return null;
}

const HTML = { "content-type": "text/html" };

export function fileAnswer(render: RenderRecord, method: string, rangeHeader: string | undefined): Response {
  const instead = faultyFile(render);
  if (instead !== null) return instead;
  const source = movie(render);
  const size = source.sizeBytes;
  const headers = new Headers({
    "content-type": "video/mp4",
    "accept-ranges": "bytes",
    etag: `"${render.id}-${size}"`,
  });
  const range = rangeOf(rangeHeader, size);
  if (range === null) {
    headers.set("content-range", `bytes */${size}`);
    return new Response(null, { status: 416, headers });
  }
  const [first, end] = range === "all" ? [0, size] : [range.first, range.last + 1];
  if (range !== "all") headers.set("content-range", `bytes ${first}-${end - 1}/${size}`);
  headers.set("content-length", String(end - first));
  const status = range === "all" ? 200 : 206;
  if (method === "HEAD") return new Response(null, { status, headers });
  const breakAt = render.faults.includes("render_cut") ? first + Math.floor((end - first) / 2) : null;
  return new Response(body(source, first, end, breakAt), { status, headers });
}
