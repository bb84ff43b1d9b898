/** What a fragment (`moof`) adds to a track: how many samples, until when. Source: ISO/IEC 14496-12, section 8.8. */
import { type Box, boxesIn, demand, find, versionOf } from "./mp4-box.ts";

export type Mp4Fragment = {
  readonly track: number;
  readonly samples: number;
  /** Where the fragment's samples end, in the track's ticks from its start; 0 where the fragment does not tell. */
  readonly end: number;
};

const flagsOf = (view: DataView, box: Box): number => view.getUint32(box.start) & 0xff_ffff;

/** tfhd: which track, and how long a sample is that does not say so; 0 where only the index tells. */
function defaults(view: DataView, tfhd: Box): { track: number; duration: number } {
  demand(tfhd, 8);
  const flags = flagsOf(view, tfhd);
  const track = view.getUint32(tfhd.start + 4);
  if ((flags & 0x08) === 0) return { track, duration: 0 };
  const at = 8 + ((flags & 0x01) === 0 ? 0 : 8) + ((flags & 0x02) === 0 ? 0 : 4);
  demand(tfhd, at + 4);
  return { track, duration: view.getUint32(tfhd.start + at) };
}

/** tfdt: when the fragment begins. */
function startOf(view: DataView, traf: Box): number {
  const tfdt = find(view, traf, "tfdt");
  if (tfdt === null) return 0;
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

/** Reads the content of a `moof` box. Throws MediaError. Costs no more than the bytes of the view. */
export function readFragment(view: DataView): Mp4Fragment[] {
  return boxesIn(view, 0, view.byteLength)
    .filter(({ type }) => type === "traf")
    .flatMap((traf) => {
      const tfhd = find(view, traf, "tfhd");
      if (tfhd === null) return [];
      const { track, duration } = defaults(view, tfhd);
      const runs = boxesIn(view, traf.start, traf.end)
        .filter(({ type }) => type === "trun")
        .map((trun) => run(view, trun, duration));
      const samples = runs.reduce((sum, one) => sum + one.samples, 0);
      const ticks = runs.reduce((sum, one) => sum + one.ticks, 0);
      return [{ track, samples, end: ticks === 0 ? 0 : startOf(view, traf) + ticks }];
    });
}
