/** How long an MP3 or ADTS file is: as its first frame says, as its size says where its rate is constant, else frame by frame. */
import { MEDIA_READ_BYTES } from "../limits.ts";
import type { MediaFacts } from "../media.ts";
import { SECOND_MS } from "../time.ts";
import { constantRate, countFrames, type Frame, firstFrame } from "./frames.ts";
import { endBeforeTags, placesBehindTags } from "./id3.ts";
import { MediaError, type MediaSource, textAt } from "./source.ts";

/** A sound up to this size is counted frame by frame: a few reads, and always right. */
const COUNTED_BYTES = 8 * 1024 * 1024;
/** And up to this size where nothing else tells: what is left of the budget serves the rest of the look. */
const COUNTED_MOST_BYTES = MEDIA_READ_BYTES - 16 * 1024 * 1024;
/** Bytes that a sound may have beside those that its first frame counted: tags and padding. */
const SLACK_BYTES = 64 * 1024;

/** Reads a file that is neither of another format: frames of sound, with tags around them. Throws MediaError. */
export async function readSound(source: MediaSource): Promise<MediaFacts> {
  const first = await firstFrame(source, await placesBehindTags(source));
  if (first === null) throw new MediaError("unknown", "no sound");
  const { at, frame } = first;
  const end = await endBeforeTags(source, at);
  const told = frame.format === "mp3" ? toldBy(await source.read(at, Math.min(at + frame.bytes, end)), frame) : null;
  const start = told === null ? at : at + frame.bytes;
  const seconds = isOf(told, end - at)
    ? (told.frames * frame.samples) / frame.rate
    : await measure(source, start, end, frame);
  const ms = seconds === null ? 0 : Math.round(seconds * SECOND_MS);
  return {
    container: frame.format,
    durationMs: ms > 0 ? ms : null,
    width: null,
    height: null,
    codec: frame.format === "mp3" ? "mp3" : "aac",
    videoSamples: 0,
    isWhole: true, // whatever is there of it is a sound
  };
}

/** Seconds of the frames between two places; null where they are not told without guessing. */
async function measure(source: MediaSource, start: number, end: number, frame: Frame): Promise<number | null> {
  const bytes = end - start;
  if (bytes <= COUNTED_BYTES) return countFrames(source, start, end);
  if (frame.format === "mp3") {
    const rate = await constantRate(source, start, end, frame);
    if (rate !== null) return (bytes * 8) / rate;
  }
  return bytes <= COUNTED_MOST_BYTES ? countFrames(source, start, end) : null;
}

type Told = { readonly frames: number; readonly bytes: number };

/** Whether these numbers are the file's: a cut file has fewer bytes than they say, two files in one have more. */
function isOf(told: Told | null, bytes: number): told is Told {
  if (told === null || told.frames === 0) return false;
  return told.bytes === 0 || (bytes >= told.bytes - SLACK_BYTES / 16 && bytes <= told.bytes + SLACK_BYTES);
}

/** The first frame of most MP3 files has no sound: it says how many frames and bytes follow. Null where it is a frame like others. */
function toldBy(view: DataView, { kind }: Frame): Told | null {
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
