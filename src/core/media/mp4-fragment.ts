/** What a fragment (`moof`) adds to a track: how many samples, from when until when. Source: ISO/IEC 14496-12, section 8.8. */
import { type Box, boxesIn, demand, flagsOf, versionOf } from "./mp4-box.ts";

export type Mp4Fragment = {
  readonly track: number;
  readonly samples: number;
  /** Where it begins in the track, in ticks; null where it goes on from the one before. */
  readonly start: number | null;
  /** How long its samples are together. */
  readonly ticks: number;
};

/** tfhd: which track, and how long a sample is that does not say so; null where only the index tells. */
function defaults(view: DataView, tfhd: Box): { track: number; duration: number | null } {
  demand(tfhd, 8);
  const flags = flagsOf(view, tfhd);
  const track = view.getUint32(tfhd.start + 4);
  if ((flags & 0x08) === 0) return { track, duration: null };
  const at = 8 + ((flags & 0x01) === 0 ? 0 : 8) + ((flags & 0x02) === 0 ? 0 : 4);
  demand(tfhd, at + 4);
  return { track, duration: view.getUint32(tfhd.start + at) };
}

/** tfdt: when the fragment begins. */
function startOf(view: DataView, tfdt: Box | undefined): number | null {
  if (tfdt === undefined) return null;
  const isLong = versionOf(view, tfdt) === 1;
  demand(tfdt, isLong ? 12 : 8);
  return isLong ? Number(view.getBigUint64(tfdt.start + 4)) : view.getUint32(tfdt.start + 4);
}

/** trun: how many samples, and how long they are together. A field of a sample that stands in no byte is not looped over. */
function run(view: DataView, trun: Box, duration: number): { samples: number; ticks: number } {
  demand(trun, 8);
  const flags = flagsOf(view, trun);
  const samples = view.getUint32(trun.start + 4);
  const first = 8 + ((flags & 0x01) === 0 ? 0 : 4) + ((flags & 0x04) === 0 ? 0 : 4);
  const width = [0x100, 0x200, 0x400, 0x800].reduce((sum, flag) => sum + ((flags & flag) === 0 ? 0 : 4), 0);
  demand(trun, first + width * samples);
  if ((flags & 0x100) === 0) return { samples, ticks: samples * duration };
  let ticks = 0;
  for (let at = trun.start + first, left = samples; left > 0; left -= 1, at += width) ticks += view.getUint32(at);
  return { samples, ticks };
}

/**
 * Reads the content of a `moof` box; `lengths` are the tracks' usual lengths of a sample. Throws MediaError. Costs no more than
 * the bytes of the view.
 */
export function readFragment(view: DataView, lengths: ReadonlyMap<number, number>, count: () => void): Mp4Fragment[] {
  const moof: Box = { type: "moof", start: 0, end: view.byteLength };
  return boxesIn(view, moof, count)
    .filter(({ type }) => type === "traf")
    .flatMap((traf) => {
      const boxes = boxesIn(view, traf, count);
      const tfhd = boxes.find(({ type }) => type === "tfhd");
      if (tfhd === undefined) return [];
      const { track, duration } = defaults(view, tfhd);
      const runs = boxes
        .filter(({ type }) => type === "trun")
        .map((trun) => run(view, trun, duration ?? lengths.get(track) ?? 0));
      const samples = runs.reduce((sum, one) => sum + one.samples, 0);
      const ticks = runs.reduce((sum, one) => sum + one.ticks, 0);
      return [
        {
          track,
          samples,
          start: startOf(
            view,
            boxes.find(({ type }) => type === "tfdt"),
          ),
          ticks,
        },
      ];
    });
}

/** sidx: how long a part of the file is, and how many bytes of it from its own end on. */
export function readSegmentIndex(view: DataView): { readonly seconds: number; readonly bytes: number } | null {
  if (view.byteLength < 24) return null;
  const isLong = view.getUint8(0) === 1;
  const at = isLong ? 20 : 12;
  if (view.byteLength < at + 12) return null;
  const timescale = view.getUint32(8);
  const first = isLong ? Number(view.getBigUint64(at)) : view.getUint32(at + 4);
  const list = at + (isLong ? 8 : 8);
  const entries = view.getUint16(list + 2);
  if (timescale === 0 || view.byteLength < list + 4 + 12 * entries) return null;
  let [ticks, bytes] = [0, first];
  for (let entry = list + 4, left = entries; left > 0; left -= 1, entry += 12) {
    if (view.getUint32(entry) >= 0x8000_0000) return null; // an index of indexes
    bytes += view.getUint32(entry);
    ticks += view.getUint32(entry + 4);
  }
  return { seconds: ticks / timescale, bytes };
}

/** mfra: where the last fragment stands that a player may begin with; null where it does not tell. */
export function lastRandomAccess(view: DataView, mfra: Box, count: () => void): number | null {
  let last: number | null = null;
  for (const tfra of boxesIn(view, mfra, count)) {
    if (tfra.type !== "tfra" || tfra.end - tfra.start < 16) continue;
    const isLong = versionOf(view, tfra) === 1;
    const lengths = view.getUint32(tfra.start + 8);
    const entries = view.getUint32(tfra.start + 12);
    const width = (isLong ? 16 : 8) + [4, 2, 0].reduce((sum, shift) => sum + ((lengths >> shift) & 0x03) + 1, 0);
    const at = tfra.start + 16 + (entries - 1) * width;
    if (entries === 0 || at + width > tfra.end) continue;
    const place = isLong ? Number(view.getBigUint64(at + 8)) : view.getUint32(at + 4);
    last = Math.max(last ?? 0, place);
  }
  return last;
}
