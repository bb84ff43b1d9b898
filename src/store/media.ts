/**
 * What a stored media file is: how long, how large, which codec, and whether it is whole. Nothing is decoded, and the file is
 * never held: its index is read by ranges, in bounds that a file made to hurt meets too.
 *
 * MP4 and QuickTime files are read by our own eyes, because the answer decides whether a render is announced, and because a
 * general reader expands what a few hostile bytes promise. Of the other formats the first bytes are asked.
 */
import { MEDIA_BOXES, MEDIA_HEAD_BYTES, MEDIA_INDEX_BYTES, MEDIA_READS } from "../core/limits.ts";
import type { MediaFacts, MediaFault } from "../core/media.ts";
import { checkRoom, type Mp4Index, mainVideo, readIndex, ticksToMs } from "../core/mp4.ts";
import { BOX_HEAD_BYTES, type Box, boxAt, Mp4Error } from "../core/mp4-box.ts";
import { type Mp4Fragment, readFragment } from "../core/mp4-fragment.ts";
import { err, ok, type Result } from "../core/result.ts";
import { readHead } from "./media-head.ts";
import { OverBudget, openRanges, type Ranges } from "./ranges.ts";

/** Looks into a stored file. At most 16 MiB in memory and 200 reads; throws only what R2 throws. */
export async function inspectMedia(bucket: R2Bucket, key: string): Promise<Result<MediaFacts, MediaFault>> {
  const ranges = await openRanges(bucket, key, { reads: MEDIA_READS, bytes: MEDIA_INDEX_BYTES });
  if (ranges === null) return err({ reason: "gone" });
  try {
    const start = await ranges.read(0, BOX_HEAD_BYTES);
    if (isMp4(start)) return ok(await inspectMp4(ranges));
    const facts = await readHead(await ranges.read(0, MEDIA_HEAD_BYTES));
    return facts === null ? err({ reason: "unknown" }) : ok(facts);
  } catch (error) {
    if (error instanceof Mp4Error) return err({ reason: error.fault });
    if (error instanceof OverBudget) return err({ reason: "over_budget" });
    throw error;
  }
}

/** `ftyp` since 2001; before that QuickTime files began with what came first. */
const isMp4 = (start: DataView): boolean =>
  start.byteLength >= 8 && /^(ftyp|moov|mdat|wide|free|skip|pnot)$/.test(fourAt(start, 4));

const fourAt = (view: DataView, at: number): string =>
  String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at, 4));

/** The boxes of a file from its first to its last byte: a file that was cut has none that ends with it. */
async function inspectMp4(ranges: Ranges): Promise<MediaFacts> {
  const { sizeBytes } = ranges;
  const fragments: Mp4Fragment[] = [];
  let index: Mp4Index | null = null;
  let brand = "mov";
  let room = 0;
  for (let at = 0, boxes = 0; at < sizeBytes; boxes += 1) {
    if (Math.max(boxes, fragments.length) > MEDIA_BOXES) throw new OverBudget(`more than ${MEDIA_BOXES} boxes`);
    const box = boxAt(await ranges.read(at, at + BOX_HEAD_BYTES), 0, at, sizeBytes);
    if (box.type === "mdat") room += box.end - box.start;
    if (box.type === "ftyp") brand = fourAt(await content(ranges, box, 4), 0) === "qt  " ? "mov" : "mp4";
    if (box.type === "moov" && index === null) index = readIndex(await content(ranges, box, 0));
    if (box.type === "moof") fragments.push(...readFragment(await content(ranges, box, 0)));
    at = box.end;
  }
  if (index === null) throw new Mp4Error("cut", "no moov in the file");
  checkRoom(index, sizeBytes, room);
  return { container: brand, ...factsOf(index, fragments) };
}

/** A box's content, of which at least so many bytes are needed. */
async function content(ranges: Ranges, { type, start, end }: Box, atLeast: number): Promise<DataView> {
  if (end - start < atLeast) throw new Mp4Error("broken", `${type} has no room for what it says`);
  return ranges.read(start, end);
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
  };
}
