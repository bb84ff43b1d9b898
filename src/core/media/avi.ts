/** How long an AVI file is and how large its picture. Sources: Microsoft's "AVI RIFF File Reference", and OpenDML 1.02. */
import type { MediaFacts } from "../media.ts";
import { SECOND_MS } from "../time.ts";
import { after, type Chunk, chunksIn, chunksOf } from "./riff.ts";
import { MediaError, type MediaSource, textAt } from "./source.ts";

type Stream = {
  kind: string;
  codec: string;
  /** Units of the stream, and how many a second has. */
  length: number;
  rate: number;
  width: number;
  height: number;
};

/** Reads a file that begins with `RIFF` and is `AVI `. Throws MediaError. */
export async function readAvi(source: MediaSource): Promise<MediaFacts> {
  const header = await findHeader(source);
  const { frames, streams } = readHeader(header, source);
  const video = streams.find(({ kind }) => kind === "vids");
  const main = video ?? streams.find(({ kind }) => kind === "auds");
  if (main === undefined) throw new MediaError("broken", "no stream in the file");
  const isWhole = await reachesItsEnd(source);
  // The header of a recording in several parts counts the first one; its own table counts them all.
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
      stream = { ...stream, ...readPicture(view, chunk) };
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

/** A picture whose height is negative is stored from the top. */
function readPicture(view: DataView, { start }: Chunk): Pick<Stream, "width" | "height" | "codec"> {
  const compression = textAt(view, start + 16, 4);
  return {
    width: Math.abs(view.getInt32(start + 4, true)),
    height: Math.abs(view.getInt32(start + 8, true)),
    codec: codecName(compression),
  };
}

/** The shape of the whole picture: two numbers, the second one first. */
function readAspect(view: DataView, { start }: Chunk): number {
  const [down, across] = [view.getUint16(start + 20, true), view.getUint16(start + 22, true)];
  return across === 0 || down === 0 ? 0 : across / down;
}

const CODECS: Readonly<Record<string, string>> = {
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
  return (Object.hasOwn(CODECS, name) ? CODECS[name] : undefined) ?? (name || "raw");
}

/** Whether every part of the file is there to its end. A recording over a gigabyte has several, one behind the other. */
async function reachesItsEnd(source: MediaSource): Promise<boolean> {
  for await (const chunk of chunksOf(source, 0, source.sizeBytes)) {
    if (chunk.id !== "RIFF") return true; // what stands behind the last part does not matter
    if (after(chunk) - (chunk.size % 2) > source.sizeBytes) return false;
  }
  return true;
}
