/**
 * What a stored media file is: how long, how large, which codec, and whether it is whole. Nothing is decoded, and the file is
 * never held: its format's reader (`core/media`) asks for source of it, in bounds that a file made to hurt meets too.
 */
import { MEDIA_HEAD_BYTES, MEDIA_PARTS } from "../core/limits.ts";
import { readMatroska } from "../core/media/matroska.ts";
import { boundedSource, MediaError, type MediaSource } from "../core/media/source.ts";
import type { MediaFacts, NoFacts } from "../core/media.ts";
import { checkRoom, type Mp4Index, mainVideo, readIndex, ticksToMs } from "../core/mp4.ts";
import { BOX_HEAD_BYTES, type Box, boxAt } from "../core/mp4-box.ts";
import { type Mp4Fragment, readFragment } from "../core/mp4-fragment.ts";
import { err, ok, type Result } from "../core/result.ts";
import { readHead } from "./media-head.ts";
import { openStored } from "./stored.ts";

/** Looks into a stored file. Throws only what R2 throws. */
export async function inspectMedia(bucket: R2Bucket, key: string): Promise<Result<MediaFacts, NoFacts>> {
  const source = await openMedia(bucket, key);
  if (source === null) return err({ reason: "gone" });
  try {
    return ok(await inspect(source));
  } catch (error) {
    if (error instanceof MediaError) return err({ reason: error.fault });
    throw error;
  }
}

/** The version of a stored file that lies there now, as its reader sees it; null when none does. */
async function openMedia(bucket: R2Bucket, key: string): Promise<MediaSource | null> {
  const stored = await openStored(bucket, key);
  if (stored === null) return null;
  return boundedSource(stored.sizeBytes, async (start, end) => {
    const body = await stored.read({ offset: start, length: end - start });
    if (body === null) throw new MediaError("over_budget", "the file was replaced");
    return new Uint8Array(await new Response(body).arrayBuffer());
  });
}

async function inspect(source: MediaSource): Promise<MediaFacts> {
  const start = await source.read(0, BOX_HEAD_BYTES);
  if (isMp4(start)) return inspectMp4(source);
  if (start.byteLength >= 4 && start.getUint32(0) === 0x1a45dfa3) return readMatroska(source);
  const facts = await readHead(await source.read(0, MEDIA_HEAD_BYTES));
  if (facts === null) throw new MediaError("unknown", "of no format that is looked into");
  return facts;
}

/** `ftyp` since 2001; before that QuickTime files began with what came first. */
const isMp4 = (start: DataView): boolean =>
  start.byteLength >= 8 && /^(ftyp|moov|mdat|wide|free|skip|pnot)$/.test(fourAt(start, 4));

const fourAt = (view: DataView, at: number): string =>
  String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, 4));

/** The boxes of a file from its first to its last byte: a file that was cut has none that ends with it. */
async function inspectMp4(source: MediaSource): Promise<MediaFacts> {
  const { sizeBytes } = source;
  const fragments: Mp4Fragment[] = [];
  let index: Mp4Index | null = null;
  let brand = "mov";
  let room = 0;
  for (let at = 0; at < sizeBytes; ) {
    source.count();
    const box = boxAt(await source.read(at, at + BOX_HEAD_BYTES), 0, at, sizeBytes);
    if (box.type === "mdat") room += box.end - box.start;
    if (box.type === "ftyp") brand = fourAt(await content(source, box, 4), 0) === "qt  " ? "mov" : "mp4";
    if (box.type === "moov" && index === null) index = readIndex(await content(source, box, 0));
    if (box.type === "moof") fragments.push(...readFragment(await content(source, box, 0)));
    if (fragments.length > MEDIA_PARTS) throw new MediaError("over_budget", "too many fragments");
    at = box.end;
  }
  if (index === null) throw new MediaError("cut", "no moov in the file");
  checkRoom(index, sizeBytes, room);
  return { container: brand, ...factsOf(index, fragments) };
}

/** A box's content, of which at least so many bytes are needed. */
async function content(source: MediaSource, { type, start, end }: Box, atLeast: number): Promise<DataView> {
  if (end - start < atLeast) throw new MediaError("broken", `${type} has no room for what it says`);
  return source.read(start, end);
}

function factsOf(index: Mp4Index, fragments: readonly Mp4Fragment[]): Omit<MediaFacts, "container"> {
  const video = mainVideo(index);
  const track = video ?? index.tracks.find(({ kind }) => kind === "audio") ?? null;
  const own = fragments.filter((fragment) => fragment.track === track?.id);
  const samples = own.reduce((sum, fragment) => sum + fragment.samples, track?.samples ?? 0);
  const ticks = own.reduce((last, { end }) => Math.max(last, end), track?.duration ?? 0);
  const durationMs = Math.max(index.durationMs, ticksToMs(ticks, track?.timescale ?? 0));
  return {
    durationMs: durationMs === 0 ? null : durationMs,
    width: video?.width || null,
    height: video?.height || null,
    codec: track?.codec ?? null,
    videoSamples: video === null ? 0 : samples,
    isWhole: true,
  };
}
