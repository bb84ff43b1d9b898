/**
 * What an MP4 or QuickTime file says of itself. Its boxes are walked from the first to the last; the index (`moov`) and the heads
 * of fragments (`moof`) are held and read, everything else is stepped over.
 *
 * What decides is the index and the media that it names: bytes behind the last box do not matter. A recording in fragments plays
 * as far as it goes. One with more of them than are walked tells its length by its last one, or by a table of them.
 */

import type { MediaFacts } from "../media.ts";
import { SECOND_MS } from "../time.ts";
import { BOX_HEAD_BYTES, type Box, boxAt } from "./mp4-box.ts";
import { lastRandomAccess, readFragment, readSegmentIndex } from "./mp4-fragment.ts";
import { checkReach, type Mp4Index, type Mp4Track, mainVideo, readIndex, ticksToMs } from "./mp4-index.ts";
import { MediaError, type MediaSource, textAt } from "./source.ts";

/** `ftyp` since 2001; before that QuickTime files began with what came first. */
export const isMp4 = (head: DataView): boolean => /^(ftyp|moov|mdat|wide|free|skip|pnot)$/.test(textAt(head, 4, 4));

/** What of the budget is kept for the end of a recording with many fragments. */
const KEPT = { reads: 50, bytes: 24 * 1024 * 1024, parts: 3_000 };
/** Bytes at a file's end in which its last fragments are looked for, the few first. */
const TAIL_BYTES = [1024 * 1024, 8 * 1024 * 1024];

/** What was seen of a track in fragments, in ticks. */
type Span = { samples: number; start: number; end: number };

type Walk = {
  brand: string;
  index: Mp4Index | null;
  spans: Map<number, Span>;
  /** The length by a table of all fragments; null without one. */
  tableMs: number | null;
  /** False where the last box is not all there. */
  isWhole: boolean;
};

/** Reads a file whose first box begins at `start`. Throws MediaError. */
export async function readMp4(source: MediaSource, start = 0): Promise<MediaFacts> {
  const walk: Walk = { brand: "mov", index: null, spans: new Map(), tableMs: null, isWhole: true };
  const end = await walkBoxes(source, start, walk, KEPT);
  const { index } = walk;
  if (index === null) throw end.isReached ? new MediaError("cut", "no moov in the file") : tooMany();
  const isComplete = end.isReached || !index.fragmented;
  if (!isComplete && walk.tableMs === null) await walkTail(source, walk);
  if (!index.fragmented) checkReach(index, source.sizeBytes);
  else if (!walk.isWhole && !hasSamples(walk, index)) throw new MediaError("cut", "no fragment is all there");
  return { container: walk.brand, ...factsOf(walk, index, isComplete), isWhole: walk.isWhole || !index.fragmented };
}

const hasSamples = ({ spans }: Walk, { tracks }: Mp4Index): boolean =>
  tracks.some(({ id, samples }) => samples > 0 || (spans.get(id)?.samples ?? 0) > 0);

const tooMany = (): MediaError => new MediaError("over_budget", "too many boxes");

/** Walks from a place to the file's end, or until no more than `kept` of the budget is left. */
async function walkBoxes(
  source: MediaSource,
  start: number,
  walk: Walk,
  kept: { readonly reads: number; readonly bytes: number; readonly parts: number },
): Promise<{ isReached: boolean }> {
  const { sizeBytes } = source;
  for (let at = start; at < sizeBytes; ) {
    const left = source.left();
    const isShort = left.reads <= kept.reads || left.bytes <= kept.bytes || left.parts <= kept.parts;
    if (isShort && walk.index?.fragmented) return { isReached: false };
    const box = boxAt(await source.read(at, at + BOX_HEAD_BYTES), 0, at, sizeBytes);
    if (box === null) break; // bytes behind the last box
    source.count();
    const isCut = box.end > sizeBytes;
    if (isCut && /^(moov|moof|mdat)$/.test(box.type)) walk.isWhole = false;
    await take(source, box, walk, isCut);
    at = box.end;
  }
  return { isReached: true };
}

async function take(source: MediaSource, box: Box, walk: Walk, isCut: boolean): Promise<void> {
  switch (box.type) {
    case "ftyp":
      walk.brand = textAt(await source.read(box.start, box.start + 4), 0, 4) === "qt  " ? "mov" : "mp4";
      return;
    case "moov":
      if (isCut) throw new MediaError("cut", "the index is cut off");
      walk.index ??= readIndex(await source.read(box.start, box.end), source.count);
      return;
    case "sidx":
      if (!isCut && walk.tableMs === null) walk.tableMs = await tableOf(source, box);
      return;
    case "moof":
      if (!isCut) addFragments(walk, await source.read(box.start, box.end), source.count);
  }
}

/** The length by a segment index that stands before all fragments and names them all; null where it names a part. */
async function tableOf(source: MediaSource, { start, end }: Box): Promise<number | null> {
  const table = readSegmentIndex(await source.read(start, end));
  const isAll =
    table !== null && end + table.bytes > source.sizeBytes - 64 * 1024 && end + table.bytes <= source.sizeBytes;
  return isAll ? Math.round(table.seconds * SECOND_MS) : null;
}

function addFragments({ index, spans }: Walk, view: DataView, count: () => void): void {
  if (index === null) return;
  for (const { track, samples, start, ticks } of readFragment(view, index.sampleLengths, count)) {
    const before = spans.get(track);
    const own = index.tracks.find(({ id }) => id === track);
    const inIndex = own !== undefined && own.samples > 0 ? own.duration : 0;
    const from = start ?? before?.end ?? inIndex;
    const end = Math.max(before?.end ?? inIndex, from + ticks);
    const first = before?.start ?? (inIndex > 0 ? 0 : from);
    spans.set(track, { samples: (before?.samples ?? 0) + samples, start: Math.min(first, from), end });
  }
}

/** Looks for the last fragments: by the table at the file's end, or by their own heads. Without either the length is not told. */
async function walkTail(source: MediaSource, walk: Walk): Promise<void> {
  const before = new Map([...walk.spans].map(([track, { end }]) => [track, end]));
  let isReached = false;
  try {
    const at = (await lastByTable(source)) ?? (await lastByHeads(source));
    if (at !== null) ({ isReached } = await walkBoxes(source, at, walk, { reads: 0, bytes: 0, parts: 0 }));
  } catch (error) {
    if (!(error instanceof MediaError) || error.fault !== "over_budget") throw error;
  }
  const isFound = [...walk.spans].some(([track, { end }]) => end > (before.get(track) ?? 0));
  if (!isReached || !isFound) walk.spans.clear();
}

async function lastByTable(source: MediaSource): Promise<number | null> {
  const { sizeBytes } = source;
  const mfro = await source.read(Math.max(0, sizeBytes - 16), sizeBytes);
  if (mfro.byteLength < 16 || textAt(mfro, 4, 4) !== "mfro") return null;
  const size = mfro.getUint32(12);
  if (size < 24 || size > Math.min(sizeBytes, TAIL_BYTES[1] ?? 0)) return null;
  const view = await source.read(sizeBytes - size, sizeBytes);
  const mfra = boxAt(view, 0, 0, size);
  return mfra?.type === "mfra"
    ? lastRandomAccess(view, { ...mfra, end: Math.min(mfra.end, size) }, source.count)
    : null;
}

const MOOF = [0x6d, 0x6f, 0x6f, 0x66] as const;

/** The first head of a fragment in the file's last bytes from which boxes lead to the end. */
async function lastByHeads(source: MediaSource): Promise<number | null> {
  for (const bytes of TAIL_BYTES) {
    const base = Math.max(0, source.sizeBytes - bytes);
    const view = await source.read(base, source.sizeBytes);
    const held = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let at = held.indexOf(MOOF[0], 4); at >= 0; ) {
      let next = at + 1;
      if (MOOF.every((byte, i) => held[at + i] === byte)) {
        const reached = chainFrom(view, at - 4, source.count);
        if (reached >= view.byteLength) return base + at - 4;
        next = Math.max(next, reached + 4); // what was walked holds no other chain
      }
      at = held.indexOf(MOOF[0], next);
    }
  }
  return null;
}

/** Where boxes lead from a place; a last one may go beyond the view. */
function chainFrom(view: DataView, from: number, count: () => void): number {
  let at = from;
  for (;;) {
    const box = boxAt(view, at, 0, Number.MAX_SAFE_INTEGER);
    if (box === null || box.end > 2 ** 52) return at;
    count();
    at = box.end;
    if (at >= view.byteLength) return at;
  }
}

function factsOf(walk: Walk, index: Mp4Index, isComplete: boolean): Omit<MediaFacts, "container" | "isWhole"> {
  const video = mainVideo(index);
  const track = video ?? index.tracks.find(({ kind }) => kind === "audio") ?? null;
  const samples = (track?.samples ?? 0) + (walk.spans.get(track?.id ?? -1)?.samples ?? 0);
  const durationMs = index.fragmented ? lengthOfFragments(walk, index) : index.durationMs;
  return {
    durationMs: durationMs === 0 ? null : durationMs,
    width: video?.width || null,
    height: video?.height || null,
    codec: track?.codec ?? null,
    videoSamples: video === null ? 0 : isComplete ? samples : null,
  };
}

/** How long a movie in fragments is: as its longest track goes, else as a table of fragments or the index says. */
function lengthOfFragments({ spans, tableMs }: Walk, index: Mp4Index): number {
  const shown = ({ id, timescale, skipped }: Mp4Track): number => {
    const span = spans.get(id);
    return span === undefined
      ? 0
      : ticksToMs(Math.max(0, span.end - span.start - (span.start === 0 ? skipped : 0)), timescale);
  };
  const walked = Math.max(0, ...index.tracks.map(shown));
  // The movie's own length may be that of what stands in the index alone.
  const own = index.tracks.some(({ samples }) => samples > 0) ? 0 : index.durationMs;
  return Math.max(tableMs ?? 0, walked) || index.fragmentedMs || own;
}
