/** Every reader of a file's format: what it is by its first bytes, and what the whole of it says. */
import { readFileSync } from "node:fs";
import { FIRST_BYTES } from "../../src/core/limits.ts";
import { inspectFile } from "../../src/core/media/metadata.ts";
import { formatOfBytes, otherFormatName } from "../../src/core/media/sniff.ts";
import { MediaError, sourceOf } from "../../src/core/media/source.ts";
import { box, join } from "../support/bytes.ts";
import {
  audioTrack,
  ebmlHead,
  element,
  info,
  segment as matroska,
  openElement,
  openSegment,
  pixels,
  tracks,
  videoTrack,
} from "../support/elements.ts";
import {
  adts,
  avi,
  chunk,
  exifSegment,
  fragment,
  id3,
  jpeg,
  little,
  movie,
  mp3,
  plainId3,
  png,
  pngChunk,
  recordingHead,
  riff,
  tiff,
  vbriFrame,
  waveFormat,
  webp,
  xingFrame,
} from "../support/movies.ts";
import type { FuzzTarget } from "./target.ts";

const sample = (name: string): Uint8Array => new Uint8Array(readFileSync(`test/media/${name}`));
/** A sample without most of its media: mutations then meet what a reader reads. */
const head = (name: string, bytes = 4_096): Uint8Array => sample(name).slice(0, bytes);
/** A movie whose index is behind its media, without most of them. */
function index(name: string): Uint8Array {
  const file = sample(name);
  const at = new TextDecoder("latin1").decode(file).indexOf("moov") - 4;
  return join(file.slice(0, 64), file.slice(at));
}

const zeros = (count: number): Uint8Array => new Uint8Array(count);
const wav = riff("WAVE", waveFormat(), chunk("fact", little(8, 4)), chunk("data", zeros(64)));
const rf64 = join(
  new TextEncoder().encode("RF64"),
  little(0xffff_ffff, 4),
  new TextEncoder().encode("WAVE"),
  chunk("ds64", little(200, 8), little(64, 8), little(16, 8), little(0, 4)),
  waveFormat(),
  new TextEncoder().encode("data"),
  little(0xffff_ffff, 4),
  zeros(64),
);
const recording = join(recordingHead(), ...[0, 1, 2, 3].map((n) => fragment(n * 80, 2, 30)));

const SEEDS: Readonly<Record<string, readonly Uint8Array[]>> = {
  mp4: [
    movie({ edits: [[500, 0]] }),
    movie({ matrix: [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000], aspect: [4, 3] }),
    recording,
    join(recording, box("mfra", box("tfra", new Uint8Array(24)), box("mfro", new Uint8Array(8)))),
    join(id3(zeros(20)), movie()),
    index("clip.mp4"),
    index("clip.mov"),
    index("tone.m4a"),
  ],
  matroska: [
    join(ebmlHead(), matroska(info(1_500), tracks(videoTrack(...pixels(64, 32)), audioTrack))),
    join(
      ebmlHead("matroska"),
      openSegment(
        element(0x114d9b74, element(0x4dbb, element(0x53ab, 0x1549a966), element(0x53ac, 80))),
        openElement(0x1f43b675, element(0xa3, zeros(9))),
        info(5),
        tracks(audioTrack),
      ),
    ),
    head("clip.webm"),
    head("clip.mkv"),
  ],
  riff: [
    wav,
    rf64,
    avi(50),
    webp(8, chunk("VP8 ", zeros(20)), chunk("EXIF", tiff(6))),
    head("clip.avi", 6_000),
    head("tone.wav"),
    sample("photo.webp"),
  ],
  sound: [
    mp3(20),
    join(id3(zeros(30)), plainId3(zeros(300)), xingFrame(20, 8_340), mp3(20)),
    join(vbriFrame(20, 8_340), mp3(20)),
    adts(30),
    sample("tone.mp3"),
    sample("tone.aac"),
  ],
  snapshot: [
    jpeg(exifSegment(6)),
    png(pngChunk("eXIf", tiff(8))),
    sample("photo.jpg"),
    head("photo.png"),
    sample("anim.gif"),
  ],
};

/** The file's properties; null if its reader rejects it. */
async function inspect(bytes: Uint8Array): Promise<unknown> {
  const file = new Uint8Array(bytes);
  formatOfBytes(file.subarray(0, FIRST_BYTES));
  otherFormatName(file.subarray(0, FIRST_BYTES));
  try {
    return await inspectFile(sourceOf(file));
  } catch (error) {
    if (error instanceof MediaError) return null;
    throw error;
  }
}

export const targets: readonly FuzzTarget[] = Object.entries(SEEDS).map(([name, seeds]) => ({
  name: `media-${name}`,
  seeds,
  run: inspect,
}));
