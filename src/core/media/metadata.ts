/** What a media file is, by the reader of its format. Every reader is bounded by the source that it reads from. */
import { DAY_MS } from "../time.ts";
import { offsetsAfterTags, readAudio } from "./audio-frames.ts";
import { readGif, readJpeg, readPng, readWebp, type Size } from "./images.ts";
import { readMatroska } from "./matroska.ts";
import { isMp4, readMp4 } from "./mp4.ts";
import { isWav, readAvi, readWav } from "./riff.ts";
import { type MediaFault, type MediaSource, textAt } from "./source.ts";

/** A side that is longer is no picture's that anybody shows. */
const SIDE_PIXELS = 1_000_000;

/** A longer one is a number in a damaged head, and no length. */
const LENGTH_MS = 366 * DAY_MS;

/** Reads a file by its first bytes. Throws MediaError. */
export async function inspectFile(source: MediaSource): Promise<MediaMetadata> {
  const facts = await read(source);
  const { width, height, durationMs } = facts;
  const isSize = width !== null && height !== null && isSide(width) && isSide(height);
  const isLength = durationMs !== null && durationMs > 0 && durationMs <= LENGTH_MS;
  return {
    ...facts,
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
  // Some programs put a tag in front of a movie or of plain sound too.
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

/* What a media file is known to be, whoever looked. */

export type MediaMetadata = {
  /** `mp4`, `mov`, `webm`, `matroska`, `mp3`, `wave`, `adts`, `avi`. */
  readonly container: string;
  /** null where the file does not tell. */
  readonly durationMs: number | null;
  /** Pixels as shown; null for what shows none. */
  readonly width: number | null;
  readonly height: number | null;
  /** Of the video where there is one, else of the sound: `h264`, `aac`. */
  readonly codec: string | null;
  /** Pictures in the main video track; 0 for a file without one, null where the file does not tell. */
  readonly videoSamples: number | null;
  /** False where the file ends before its end: what is there plays, and is not all. */
  readonly isWhole: boolean;
};

/** Why nothing can be said. `gone`: no such file. The others: what its format's reader says. */
export type NoMetadata = { readonly reason: "gone" | MediaFault };
