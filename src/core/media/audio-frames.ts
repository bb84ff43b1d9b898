/**
 * MP3 and ADTS files: frames of audio one after another without an index, and the tags around them.
 *
 * Sync words are short, so a frame counts only if others follow it. The duration comes from the first frame, or from
 * the size when the bit rate is constant, else from counting frames. Sources: ISO/IEC 11172-3 and 13818-3 (layer III),
 * 13818-7 section 6.2 (ADTS).
 */
import { MEDIA_FRAMES, MEDIA_READ_BYTES } from "../limits.ts";
import { SECOND_MS } from "../time.ts";
import type { MediaMetadata } from "./metadata.ts";
import { MediaError, type MediaSource, textAt } from "./source.ts";

export type AudioFrame = {
  readonly format: "mp3" | "adts";
  readonly bytes: number;
  readonly samples: number;
  readonly rate: number;
  /** Bits a second; 0 for ADTS, which does not state it. */
  readonly bitRate: number;
  /** The header bits that are equal in all frames of a file. */
  readonly kind: number;
};

/** kbit/s by the header's index: MPEG-1, then MPEG-2 and 2.5. */
const KBITS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES_1 = [44_100, 48_000, 32_000];
const RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/** Parses the frame header at an offset; null when there is none. */
export function frameAt(view: DataView, at: number): AudioFrame | null {
  if (at + 4 > view.byteLength || view.getUint8(at) !== 0xff) return null;
  const second = view.getUint8(at + 1);
  if ((second & 0xe6) === 0xe2) return layer3(view, at, second);
  return (second & 0xf6) === 0xf0 ? adts(view, at, second) : null;
}

function layer3(view: DataView, at: number, second: number): AudioFrame | null {
  const third = view.getUint8(at + 2);
  const version = (second >> 3) & 0x03; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const kbits = (version === 3 ? KBITS_1 : KBITS_2)[third >> 4] ?? 0;
  const rate = (RATES_1[(third >> 2) & 0x03] ?? 0) / (version === 3 ? 1 : version === 2 ? 2 : 4);
  if (version === 1 || kbits === 0 || rate === 0) return null;
  const samples = version === 3 ? 1_152 : 576;
  const bytes = Math.floor(((samples / 8) * kbits * 1_000) / rate) + ((third >> 1) & 0x01);
  return { format: "mp3", bytes, samples, rate, bitRate: kbits * 1_000, kind: (second & 0xfe) * 256 + (third & 0x0c) };
}

function adts(view: DataView, at: number, second: number): AudioFrame | null {
  if (at + 7 > view.byteLength) return null;
  const rate = RATES[(view.getUint8(at + 2) >> 2) & 0x0f] ?? 0;
  const bytes = ((view.getUint8(at + 3) & 0x03) << 11) | (view.getUint8(at + 4) << 3) | (view.getUint8(at + 5) >> 5);
  if (rate === 0 || bytes < 7) return null;
  const samples = 1_024 * ((view.getUint8(at + 6) & 0x03) + 1);
  return {
    format: "adts",
    bytes,
    samples,
    rate,
    bitRate: 0,
    kind: (second & 0xf8) * 256 + (view.getUint8(at + 2) & 0x3c),
  };
}

/** Frames that must follow one another before bytes count as audio. Chosen: three in a row do not happen by chance. */
const CHAIN = 3;
/** Maximum bytes of the longest chain. */
const CHAIN_BYTES = CHAIN * 8_192;

/**
 * The first offset from `from` to `to` at which a chain of frames begins; null when there is none. A chain that is cut
 * off by the view's end or followed by a tag counts from two frames, and at `from` itself from one.
 */
export function findFrame(
  view: DataView,
  from: number,
  to: number,
): { readonly at: number; readonly frame: AudioFrame } | null {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  for (let at = from; at < to; at += 1) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at >= to) return null;
    const frame = frameAt(view, at);
    if (frame !== null && isChain(view, at, frame, at === from ? 1 : 2)) return { at, frame };
  }
  return null;
}

function isChain(view: DataView, at: number, first: AudioFrame, least: number): boolean {
  let next = at + first.bytes;
  for (let frames = 1; frames < CHAIN; frames += 1) {
    if (next + 7 > view.byteLength || isTag(view, next)) return frames >= least;
    const frame = frameAt(view, next);
    if (frame === null || frame.kind !== first.kind) return false;
    next += frame.bytes;
  }
  return true;
}

const isTag = (view: DataView, at: number): boolean => /^(TAG|APE|LYR|ID3)/.test(textAt(view, at, 3));

/** Maximum bytes between the tags and the first frame, and between all frames together. */
const GAP_BYTES = 64 * 1024;

/** The file's first frame at or after one of these offsets; null when there is none. */
export async function firstFrame(
  source: MediaSource,
  positions: readonly number[],
): Promise<{ at: number; frame: AudioFrame } | null> {
  for (const position of positions) {
    const view = await source.read(position, position + GAP_BYTES + CHAIN_BYTES);
    const found = findFrame(view, 0, Math.min(view.byteLength, GAP_BYTES));
    if (found !== null) return { at: position + found.at, frame: found.frame };
  }
  return null;
}

/** Bytes read at once while frames are counted. */
const BLOCK_BYTES = 1024 * 1024;

/**
 * Duration in seconds of the frames between two offsets, counted one by one. Null when they are too many, or too many
 * other bytes lie between them.
 */
export async function countFrames(source: MediaSource, from: number, to: number): Promise<number | null> {
  const samples = new Map<number, number>();
  let [at, gap, frames] = [from, 0, 0];
  while (at < to) {
    const view = await source.read(at, Math.min(at + BLOCK_BYTES, to));
    const isLast = at + view.byteLength >= to;
    const end = isLast ? view.byteLength : view.byteLength - CHAIN_BYTES;
    let position = 0;
    while (position < end) {
      const frame = frameAt(view, position);
      if (frame === null || frames > MEDIA_FRAMES) {
        const found = frame === null ? findFrame(view, position, Math.min(end, position + GAP_BYTES - gap)) : null;
        const next = found?.at ?? end;
        gap += next - position;
        if (gap >= GAP_BYTES || frames > MEDIA_FRAMES) return null;
        position = next;
        continue;
      }
      // A truncated last frame is not played.
      if (isLast && position + frame.bytes > view.byteLength) break;
      frames += 1;
      samples.set(frame.rate, (samples.get(frame.rate) ?? 0) + frame.samples);
      position += frame.bytes;
    }
    if (isLast) break;
    at += Math.max(position, 1);
  }
  let seconds = 0;
  for (const [rate, count] of samples) seconds += count / rate;
  return seconds;
}

/** The bit rate if every frame at a dozen offsets has the same one; null when they differ. Throws MediaError. */
export async function constantRate(
  source: MediaSource,
  from: number,
  to: number,
  first: AudioFrame,
): Promise<number | null> {
  const positions = 12;
  for (let nth = 0; nth < positions; nth += 1) {
    const at = Math.floor(from + ((to - from) * nth) / positions);
    const view = await source.read(at, Math.min(at + BLOCK_BYTES / 16, to));
    const found = findFrame(view, 0, view.byteLength - CHAIN_BYTES);
    if (found === null) return null;
    for (let position = found.at; position < view.byteLength; ) {
      const frame = frameAt(view, position);
      if (frame === null) break;
      if (frame.bitRate !== first.bitRate || frame.rate !== first.rate) return null;
      position += frame.bytes;
    }
  }
  if (first.bitRate === 0) throw new MediaError("over_budget", "a sound that does not state its rate");
  return first.bitRate;
}

/**
 * Tags before the audio: ID3v2 in front, ID3v1 and APE at the end. Chosen: tools that add a tag without checking leave
 * two or three. Sources: id3.org (2.4.0 structure), the APEv2 specification.
 */
const TAGS = 16;

/** The possible lengths of the tag at an offset, the likelier one first; none when no tag begins there. */
export function tagLengths(view: DataView, at: number): number[] {
  if (at + 10 > view.byteLength || textAt(view, at, 3) !== "ID3" || view.getUint8(at + 3) === 0xff) return [];
  const [a, b, c, d] = [6, 7, 8, 9].map((position) => view.getUint8(at + position)) as [number, number, number, number];
  const around = (view.getUint8(at + 5) & 0x10) === 0 ? 10 : 20; // with a footer
  const plain = around + view.getUint32(at + 6); // as some programs write it, although only seven bits of each byte count
  if ((a | b | c | d) > 0x7f) return [plain];
  const proper = around + ((a << 21) | (b << 14) | (c << 7) | d);
  return proper === plain ? [proper] : [proper, plain];
}

/** Offsets at which the audio may begin after its tags, the likeliest first. Without a tag, the file's start. */
export async function offsetsAfterTags(source: MediaSource): Promise<number[]> {
  let at = 0;
  const others: number[] = [];
  for (let tags = 0; tags < TAGS; tags += 1) {
    const [proper, plain] = tagLengths(await source.read(at, at + 10), 0);
    if (proper === undefined) break;
    if (plain !== undefined) others.push(at + plain);
    at += proper;
  }
  return [at, ...others].filter((position) => position < source.sizeBytes);
}

/** The end of the audio, before the tags at the end. */
export async function endBeforeTags(source: MediaSource, start: number): Promise<number> {
  let end = source.sizeBytes;
  const last = await source.read(Math.max(start, end - 128), end);
  if (last.byteLength === 128 && textAt(last, 0, 3) === "TAG") end -= 128;
  const foot = await source.read(Math.max(start, end - 32), end);
  if (foot.byteLength === 32 && textAt(foot, 0, 8) === "APETAGEX") {
    const hasHead = (foot.getUint32(20, true) & 0x8000_0000) !== 0;
    end -= foot.getUint32(12, true) + (hasHead ? 32 : 0);
  }
  return Math.max(start, end);
}

/** Audio up to this size is counted frame by frame: a few reads, and always exact. */
const COUNTED_BYTES = 8 * 1024 * 1024;
/** The same where nothing else gives the duration; the rest of the budget is for the rest of the inspection. */
const COUNTED_MOST_BYTES = MEDIA_READ_BYTES - 16 * 1024 * 1024;
/** Bytes by which a file may exceed the size in its first frame: tags and padding. */
const SLACK_BYTES = 64 * 1024;

/** Reads a file of MP3 or ADTS frames, with tags around them. Throws MediaError. */
export async function readAudio(source: MediaSource): Promise<MediaMetadata> {
  const first = await firstFrame(source, await offsetsAfterTags(source));
  if (first === null) throw new MediaError("unknown", "no sound");
  const { at, frame } = first;
  const end = await endBeforeTags(source, at);
  const info =
    frame.format === "mp3" ? infoFrameOf(await source.read(at, Math.min(at + frame.bytes, end)), frame) : null;
  const start = info === null ? at : at + frame.bytes;
  const seconds = fitsFile(info, end - at)
    ? (info.frames * frame.samples) / frame.rate
    : await measure(source, start, end, frame);
  const ms = seconds === null ? 0 : Math.round(seconds * SECOND_MS);
  return {
    container: frame.format,
    durationMs: ms > 0 ? ms : null,
    width: null,
    height: null,
    codec: frame.format === "mp3" ? "mp3" : "aac",
    videoSamples: 0,
    isWhole: true, // a truncated file still plays
  };
}

/** Duration in seconds of the frames between two offsets; null when it could only be guessed. */
async function measure(source: MediaSource, start: number, end: number, frame: AudioFrame): Promise<number | null> {
  const bytes = end - start;
  if (bytes <= COUNTED_BYTES) return countFrames(source, start, end);
  if (frame.format === "mp3") {
    const rate = await constantRate(source, start, end, frame);
    if (rate !== null) return (bytes * 8) / rate;
  }
  return bytes <= COUNTED_MOST_BYTES ? countFrames(source, start, end) : null;
}

type InfoFrame = { readonly frames: number; readonly bytes: number };

/** Whether the numbers fit the file: a truncated file has fewer bytes, two files in one have more. */
function fitsFile(info: InfoFrame | null, bytes: number): info is InfoFrame {
  if (info === null || info.frames === 0) return false;
  return info.bytes === 0 || (bytes >= info.bytes - SLACK_BYTES / 16 && bytes <= info.bytes + SLACK_BYTES);
}

/**
 * Parses the first frame of most MP3 files, which has no audio and states how many frames and bytes follow. Null when
 * it is an ordinary frame.
 */
function infoFrameOf(view: DataView, { kind }: AudioFrame): InfoFrame | null {
  const isMono = view.byteLength > 3 && view.getUint8(3) >> 6 === 3;
  const isFirst = ((kind >> 11) & 0x03) === 3; // MPEG-1
  const at = 4 + (isFirst ? (isMono ? 17 : 32) : isMono ? 9 : 17);
  if (/^(Xing|Info)$/.test(textAt(view, at, 4)) && at + 16 <= view.byteLength) {
    const flags = view.getUint32(at + 4);
    const frames = (flags & 1) === 0 ? 0 : view.getUint32(at + 8);
    const bytesAt = at + 8 + (flags & 1) * 4;
    return { frames, bytes: (flags & 2) === 0 ? 0 : view.getUint32(bytesAt) };
  }
  if (textAt(view, 36, 4) === "VBRI" && view.byteLength >= 54)
    return { frames: view.getUint32(50), bytes: view.getUint32(46) };
  return null;
}
