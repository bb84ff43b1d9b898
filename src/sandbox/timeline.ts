/** The sandbox's timeline, its encoding as a Nemo draft, and the timeline of uploaded files. Durations in milliseconds. */
import type { RandomBytes } from "../core/ids.ts";
import { encodeJson, longNumber, RawJson } from "./context.ts";
import type { Switches } from "./faults.ts";
import type { MediaFile } from "./store.ts";

export type DraftClip = {
  readonly id: string;
  readonly label: string;
  readonly src: string;
  readonly durationMs: number;
  readonly speed: number;
  /** Name of the transition into this clip. */
  readonly transition: string | null;
  readonly effect: string | null;
};

export type Music = {
  readonly id: string;
  readonly label: string;
  readonly durationMs: number;
  readonly volume: number;
};

export type Title = {
  readonly id: string;
  readonly text: string;
  readonly startMs: number;
  readonly durationMs: number;
};

export type DraftTimeline = {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly clips: readonly DraftClip[];
  readonly music: readonly Music[];
  readonly titles: readonly Title[];
  readonly captions: readonly Title[];
};

export const emptyTimeline = (name: string): DraftTimeline => ({
  name,
  width: 1920,
  height: 1080,
  clips: [],
  music: [],
  titles: [],
  captions: [],
});

/** The length of all clips, which play one after the other. */
export const clipsMs = (timeline: DraftTimeline): number =>
  timeline.clips.reduce((sum, clip) => sum + clip.durationMs, 0);

/** The end of the last element. */
export const lengthMs = (timeline: DraftTimeline): number =>
  Math.max(
    clipsMs(timeline),
    ...timeline.titles.map((title) => title.startMs + title.durationMs),
    ...timeline.music.map((music) => music.durationMs),
    0,
  );

/** The timeline with clips of `ms` in all: later ones are cut off, the last one is extended. */
export function fitClips(timeline: DraftTimeline, ms: number): DraftTimeline {
  let left = ms;
  const clips: DraftClip[] = [];
  for (const clip of timeline.clips) {
    if (left <= 0) break;
    clips.push({ ...clip, durationMs: Math.min(clip.durationMs, left) });
    left -= clip.durationMs;
  }
  const last = clips.at(-1);
  if (left > 0 && last !== undefined) clips[clips.length - 1] = { ...last, durationMs: last.durationMs + left };
  return fitRest({ ...timeline, clips });
}

/** Limits music, titles and captions to the clips' length. */
export function fitRest(timeline: DraftTimeline): DraftTimeline {
  const end = clipsMs(timeline);
  if (end === 0) return timeline;
  const within = (title: Title): Title => {
    const startMs = Math.min(title.startMs, Math.max(0, end - 1_000));
    return { ...title, startMs, durationMs: Math.min(title.durationMs, end - startMs) };
  };
  return {
    ...timeline,
    music: timeline.music.map((music) => ({ ...music, durationMs: end })),
    titles: timeline.titles.map(within),
    captions: timeline.captions.filter((caption) => caption.startMs < end).map(within),
  };
}

/*
 * A timeline as draft text. It contains on purpose what `JSON.parse` and `JSON.stringify` would change: a 19-digit number,
 * `1.0`, `1e21`, keys "10" before "2", an escaped surrogate pair and a duplicate key. `t tt sg d m` are Nemo's own names
 * (nemo-api reference section 5); all others are invented, and `draft_keys` chooses between two sets of them.
 */

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

/** A whole number keeps its `.0`, as a Python server writes floats. */
const float = (value: number): RawJson => new RawJson(Number.isInteger(value) ? `${value}.0` : String(value));

/** Values that a JSON parser changes. The clapper board is written as two escaped surrogates. */
const LOSSY_VALUES = new RawJson(
  '{"10":"b","2":"a","scale":1.0,"far":1e21,"mark":"\\ud83c\\udfac","layer":1,"layer":2}',
);

const titleSegments = (titles: readonly Title[], names: Names): unknown[] =>
  titles.map((title) => ({
    id: new RawJson(title.id),
    [names.start]: title.startMs,
    d: title.durationMs,
    m: { title: title.text },
    [names.text]: title.text,
  }));

function tracks(timeline: DraftTimeline, names: Names): unknown[] {
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

/** A timeline as draft text; the same timeline gives the same bytes. `id` is a 19-digit number. */
export function encodeDraft(timeline: DraftTimeline, id: string, keys: Switches["draft_keys"]): string {
  return encodeJson({
    id: new RawJson(id),
    t: tracks(timeline, NAMES[keys]),
    d: lengthMs(timeline),
    m: { title: timeline.name, width: timeline.width, height: timeline.height },
    ext: LOSSY_VALUES,
  });
}

/** The draft in state before the first edit. */
export const EMPTY_DRAFTS: Record<Switches["empty_draft"], string> = { null: "null", object: "{}", tracks: '{"t":[]}' };

/* The timeline of uploaded files. */

/** How long a still picture is shown. */
const STILL_MS = 3_000;
const SHORTEST_MS = 500;

export const newClip = (random: RandomBytes, label: string, src: string, durationMs: number): DraftClip => ({
  id: longNumber(random),
  label,
  src,
  durationMs,
  speed: 1,
  transition: null,
  effect: null,
});

const fileMs = (file: MediaFile): number =>
  file.file_type === "image" ? STILL_MS : Math.max(SHORTEST_MS, Math.round(file.duration * 1_000));

/** Videos and images one after the other, the first audio file as music. The first visual sets the frame size. */
export function timelineOfFiles(name: string, media: readonly MediaFile[], random: RandomBytes): DraftTimeline {
  const visuals = media.filter((file) => file.file_type !== "audio");
  const sound = media.find((file) => file.file_type === "audio");
  const first = visuals[0];
  const timeline: DraftTimeline = {
    ...emptyTimeline(name),
    ...(first === undefined ? {} : { width: first.width, height: first.height }),
    clips: visuals.map((file) => newClip(random, file.filename, file.cdn_url, fileMs(file))),
  };
  if (sound === undefined) return timeline;
  const durationMs = clipsMs(timeline) || fileMs(sound);
  return { ...timeline, music: [{ id: longNumber(random), label: sound.filename, durationMs, volume: 1 }] };
}
