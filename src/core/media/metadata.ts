/** Reads the metadata of a media file with the parser of its format. The source limits what a parser reads. */
import { DAY_MS } from "../time.ts";
import { offsetsAfterTags, readAudio } from "./audio-frames.ts";
import { readGif, readJpeg, readPng, readWebp, type Size } from "./images.ts";
import { readMatroska } from "./matroska.ts";
import { isMp4, readMp4 } from "./mp4.ts";
import { isWav, readAvi, readWav } from "./riff.ts";
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
