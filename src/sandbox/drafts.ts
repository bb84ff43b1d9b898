/**
 * A timeline as draft text. It holds on purpose what a trip through `JSON.parse` and back would change: a 19-digit number,
 * `1.0`, `1e21`, keys "10" before "2", an escaped surrogate pair and a duplicate key. `t tt sg d m` are Nemo's own names
 * (nemo-api reference section 5); all others are invented, and `draft_keys` chooses between two inventions.
 */
import { encodeJson, RawJson } from "./raw-json.ts";
import type { Switches } from "./switches.ts";
import { lengthMs, type Timeline, type Title } from "./timeline.ts";

type Names = {
  readonly start: string;
  readonly src: string;
  readonly volume: string;
  readonly text: string;
  readonly speed: string;
};

const NAMES: Record<Switches["draft_keys"], Names> = {
  long: { start: "start", src: "src", volume: "vol", text: "text", speed: "speed" },
  short: { start: "s", src: "u", volume: "v", text: "tx", speed: "sp" },
};

/** Nemo's numbers for the kinds of tracks. */
const VIDEO = 0;
const AUDIO = 1;
const TEXT = 7;

/** Whole numbers keep their `.0`, as a Python server writes its floats. */
const float = (value: number): RawJson => new RawJson(Number.isInteger(value) ? `${value}.0` : String(value));

/** What a parser loses, in one place a reader can look at. The clapper board is written as its two escaped halves. */
const ODDITIES = new RawJson('{"10":"b","2":"a","scale":1.0,"far":1e21,"mark":"\\ud83c\\udfac","layer":1,"layer":2}');

const titleSegments = (titles: readonly Title[], names: Names): unknown[] =>
  titles.map((title) => ({
    id: new RawJson(title.id),
    [names.start]: title.startMs,
    d: title.durationMs,
    m: { title: title.text },
    [names.text]: title.text,
  }));

function tracks(timeline: Timeline, names: Names): unknown[] {
  let start = 0;
  const video = timeline.clips.map((clip) => {
    const segment = {
      id: new RawJson(clip.id),
      [names.start]: start,
      d: clip.durationMs,
      m: { title: clip.label, width: timeline.width, height: timeline.height },
      [names.src]: clip.src,
      [names.speed]: float(clip.speed),
      ...(clip.transition === null ? {} : { transition: { name: clip.transition, d: 500 } }),
      ...(clip.effect === null ? {} : { effects: [{ name: clip.effect }] }),
    };
    start += clip.durationMs;
    return segment;
  });
  const audio = timeline.music.map((music) => ({
    id: new RawJson(music.id),
    [names.start]: 0,
    d: music.durationMs,
    m: { title: music.label },
    [names.volume]: float(music.volume),
  }));
  const all = [
    { tt: VIDEO, sg: video },
    { tt: AUDIO, sg: audio },
    { tt: TEXT, sg: titleSegments(timeline.titles, names) },
    { tt: TEXT, sg: titleSegments(timeline.captions, names), role: "captions" },
  ];
  return all.filter((track) => track.sg.length > 0);
}

/** The draft of a session, byte for byte the same for the same timeline. `id` is a 19-digit number. */
export function spellDraft(timeline: Timeline, id: string, keys: Switches["draft_keys"]): string {
  return encodeJson({
    id: new RawJson(id),
    t: tracks(timeline, NAMES[keys]),
    d: lengthMs(timeline),
    m: { title: timeline.name, width: timeline.width, height: timeline.height },
    ext: ODDITIES,
  });
}

/** What state shows before the first edit. */
export const EMPTY_DRAFTS: Record<Switches["empty_draft"], string> = { null: "null", object: "{}", tracks: '{"t":[]}' };
