/**
 * How long a WAV file is, RF64 and BW64 included. Sources: Microsoft's "Multimedia Data Standards Update" of 1994, EBU Tech 3306,
 * ITU-R BS.2088.
 *
 * Recorders write the head before they know how long the sound becomes, and streams never learn it: what the data chunk says
 * is believed as far as there are bytes for it.
 */
import type { MediaFacts } from "../media.ts";
import { SECOND_MS } from "../time.ts";
import { type Chunk, chunksOf } from "./riff.ts";
import { MediaError, type MediaSource, textAt } from "./source.ts";

/** Both sizes of a head that does not know them, or leaves them to a `ds64` chunk. */
const NOT_KNOWN = 0xffff_ffff;

type Format = { tag: number; rate: number; byteRate: number; blockBytes: number; bits: number };
type Sizes = { readonly riff: number; readonly data: number; readonly samples: number };

export const isWav = (head: DataView): boolean =>
  /^(RIFF|RF64|BW64)$/.test(textAt(head, 0, 4)) && textAt(head, 8, 4) === "WAVE";

/** Reads a file in which `RIFF`, `RF64` or `BW64` stands at `from` and is `WAVE`. Throws MediaError. */
export async function readWav(source: MediaSource, from: number): Promise<MediaFacts> {
  let format: Format | null = null;
  let large: Sizes | null = null;
  let samples = 0;
  let data: Chunk | null = null;
  for await (const chunk of chunksOf(source, from + 12, source.sizeBytes)) {
    if (chunk.id === "ds64") large = await readLarge(source, chunk);
    if (chunk.id === "fmt ") format = await readFormat(source, chunk);
    if (chunk.id === "fact" && chunk.size >= 4) samples = await readFact(source, chunk);
    if (chunk.id !== "data") continue;
    data = chunk;
    break; // what follows may be the rest of a sound whose size is not known
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

/** Bytes of the sound that are there, and whether they are all. */
async function dataSize(
  source: MediaSource,
  from: number,
  { start, size }: Chunk,
  large: Sizes | null,
): Promise<{ size: number; isWhole: boolean }> {
  const there = Math.max(0, source.sizeBytes - start);
  const said = size === NOT_KNOWN && large !== null ? large.data : size;
  // A writer that never came back to its head leaves all bits set, or none: then the sound goes on to the end.
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
  const at = (place: number): number => Number(view.getBigUint64(place, true));
  return { riff: at(0), data: at(8), samples: at(16) };
}

async function readFact(source: MediaSource, chunk: Chunk): Promise<number> {
  const view = await source.read(chunk.start, chunk.start + 4);
  return view.byteLength < 4 ? 0 : view.getUint32(0, true);
}

async function readFormat(source: MediaSource, chunk: Chunk): Promise<Format | null> {
  const view = await source.read(chunk.start, chunk.start + Math.min(chunk.size, 40));
  if (view.byteLength < 14) return null;
  const tag = view.getUint16(0, true);
  return {
    // The extended form tells the true one in its first two bytes of an id.
    tag: tag === 0xfffe && view.byteLength >= 26 ? view.getUint16(24, true) : tag,
    rate: view.getUint32(4, true),
    byteRate: view.getUint32(8, true),
    blockBytes: view.getUint16(12, true),
    bits: view.byteLength >= 16 ? view.getUint16(14, true) : 8,
  };
}

/** Formats in which every sample has the same number of bytes: PCM, floating point, A-law, µ-law. */
const PLAIN = new Set([1, 3, 6, 7]);

/** Seconds; 0 where they are not told. A format that packs its samples says how many there are, or how many bytes a second has. */
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

const CODECS: Readonly<Record<number, string>> = { 6: "alaw", 7: "ulaw", 17: "adpcm-ima", 85: "mp3", 255: "aac" };

function codecOf({ tag, bits }: Format): string {
  if (tag === 1) return bits === 8 ? "pcm-u8" : `pcm-s${bits}`;
  return tag === 3 ? `pcm-f${bits}` : (CODECS[tag] ?? `wave-${tag}`);
}
