/** Does to a timeline what a reading asks for, and says what was done: one rule per wish, in order. Pure. */
import { longNumber, type RandomBytes } from "./random.ts";
import type { Part, Reading } from "./reading.ts";
import { type Clip, clipsMs, fitClips, fitRest, lengthMs, type Timeline } from "./timeline.ts";

/** What was done, for talk.ts to put into words. */
export type Change =
  | { readonly kind: "files"; readonly count: number }
  | { readonly kind: "duration" | "speed" | "volume"; readonly value: number }
  | { readonly kind: "shape"; readonly width: number; readonly height: number }
  | { readonly kind: "title" | "music" | "transition" | "effect"; readonly name: string }
  | { readonly kind: "captions" }
  | { readonly kind: "removed"; readonly part: Part };

export type Edited = { readonly timeline: Timeline; readonly changes: readonly Change[] };

/** A wish of a reading, done; null when the reading has no such wish. */
type Rule = (timeline: Timeline, reading: Reading, random: RandomBytes) => Edited | null;

const TITLE_MS = 3_000;
const DEFAULT_VOLUME = 0.35;
/** Longest timeline the agent makes, milliseconds. */
const LONGEST_MS = 600_000;

const eachClip = (timeline: Timeline, change: (clip: Clip) => Clip): Timeline => ({
  ...timeline,
  clips: timeline.clips.map(change),
});

function without(timeline: Timeline, part: Part): Timeline {
  switch (part) {
    case "music":
      return { ...timeline, music: [] };
    case "titles":
      return { ...timeline, titles: [] };
    case "captions":
      return { ...timeline, captions: [] };
    case "transitions":
      return eachClip(timeline, (clip) => ({ ...clip, transition: null }));
    case "effects":
      return eachClip(timeline, (clip) => ({ ...clip, effect: null }));
    case "clip":
      return timeline.clips.length > 1 ? fitRest({ ...timeline, clips: timeline.clips.slice(0, -1) }) : timeline;
    case "extras": {
      const bare = eachClip(timeline, (clip) => ({ ...clip, transition: null, effect: null }));
      return { ...bare, music: [], titles: [], captions: [] };
    }
  }
}

const removing: Rule = (timeline, { removes }) =>
  removes.length === 0
    ? null
    : { timeline: removes.reduce(without, timeline), changes: removes.map((part) => ({ kind: "removed", part })) };

const shaping: Rule = (timeline, { shape }) => {
  if (shape === null) return null;
  const [width, height] = shape;
  return { timeline: { ...timeline, width, height }, changes: [{ kind: "shape", width, height }] };
};

const pacing: Rule = (timeline, { speed }) => {
  if (speed === null) return null;
  const paced = eachClip(timeline, (clip) => {
    return { ...clip, speed, durationMs: Math.max(100, Math.round(clip.durationMs / speed)) };
  });
  return { timeline: fitRest(paced), changes: [{ kind: "speed", value: speed }] };
};

/** A length beside a title is the title's ("a title 'Hi' for 3 seconds"), where it is shorter than the whole. */
const isTitleLength = (timeline: Timeline, { titles, durationMs }: Reading): boolean =>
  titles.length > 0 && durationMs !== null && durationMs < lengthMs(timeline);

const trimming: Rule = (timeline, reading) => {
  const { durationMs } = reading;
  if (durationMs === null || isTitleLength(timeline, reading)) return null;
  const value = Math.min(durationMs, LONGEST_MS);
  return { timeline: fitClips(timeline, value), changes: [{ kind: "duration", value }] };
};

const scoring: Rule = (timeline, { music, volume }, random) => {
  if (music !== null && (timeline.music.length === 0 || volume === null)) {
    const durationMs = lengthMs(timeline) || TITLE_MS;
    const track = { id: longNumber(random), label: music, durationMs, volume: volume ?? DEFAULT_VOLUME };
    return { timeline: { ...timeline, music: [track] }, changes: [{ kind: "music", name: music }] };
  }
  if (volume === null || timeline.music.length === 0) return null;
  const tracks = timeline.music.map((track) => ({ ...track, volume }));
  return { timeline: { ...timeline, music: tracks }, changes: [{ kind: "volume", value: volume }] };
};

const titling: Rule = (timeline, reading, random) => {
  const { titles, durationMs, retitles } = reading;
  if (titles.length === 0) return null;
  const kept = retitles ? [] : timeline.titles.filter((title) => !titles.includes(title.text));
  const length = isTitleLength(timeline, reading) && durationMs !== null ? durationMs : TITLE_MS;
  const added = titles.map((text) => ({ id: longNumber(random), text, startMs: 0, durationMs: length }));
  const changes = titles.map((name) => ({ kind: "title" as const, name }));
  return { timeline: fitRest({ ...timeline, titles: [...kept, ...added] }), changes };
};

/** A line of captions for every clip. */
const captioning: Rule = (timeline, { captions }, random) => {
  if (!captions) return null;
  let startMs = 0;
  const lines = timeline.clips.map((clip) => {
    const line = { id: longNumber(random), text: clip.label, startMs, durationMs: clip.durationMs };
    startMs += clip.durationMs;
    return line;
  });
  return { timeline: { ...timeline, captions: lines }, changes: [{ kind: "captions" }] };
};

const joining: Rule = (timeline, { transition }) =>
  transition === null
    ? null
    : {
        timeline: eachClip(timeline, (clip) => ({ ...clip, transition })),
        changes: [{ kind: "transition", name: transition }],
      };

const dressing = (timeline: Timeline, effect: string): Edited => ({
  timeline: eachClip(timeline, (clip) => ({ ...clip, effect })),
  changes: [{ kind: "effect", name: effect }],
});

const colouring: Rule = (timeline, { effect }) => (effect === null ? null : dressing(timeline, effect));

const RULES: readonly Rule[] = [removing, shaping, pacing, trimming, scoring, titling, captioning, joining, colouring];

/** Every wish that a rule knows, done to a timeline; no changes where none does. */
export function applyWishes(before: Timeline, reading: Reading, random: RandomBytes): Edited {
  return RULES.reduce<Edited>(
    (edited, rule) => {
      const next = rule(edited.timeline, reading, random);
      return next === null ? edited : { timeline: next.timeline, changes: [...edited.changes, ...next.changes] };
    },
    { timeline: before, changes: [] },
  );
}

/** The wishes, or, where none is known, the prompt's own words as an effect: an edit always changes something. */
export function applyEdit(before: Timeline, reading: Reading, random: RandomBytes): Edited {
  const edited = applyWishes(before, reading, random);
  return edited.changes.length > 0 || clipsMs(before) === 0 ? edited : dressing(before, reading.subject);
}
