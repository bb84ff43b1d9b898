/** Does to a timeline what a reading asks for, and says what was done. Pure; ids come from bytes handed in. */
import { longNumber, type RandomBytes } from "./random.ts";
import type { Part, Reading } from "./reading.ts";
import type { MediaFile } from "./records.ts";
import { type Clip, clipsMs, emptyTimeline, fitClips, fitRest, lengthMs, type Timeline } from "./timeline.ts";

/** What was done, for talk.ts to put into words. */
export type Change =
  | { readonly kind: "files"; readonly count: number }
  | { readonly kind: "duration" | "speed" | "volume"; readonly value: number }
  | { readonly kind: "shape"; readonly width: number; readonly height: number }
  | { readonly kind: "title" | "music" | "transition" | "effect" | "file"; readonly name: string }
  | { readonly kind: "captions" }
  | { readonly kind: "removed"; readonly part: Part };

export type Edited = { readonly timeline: Timeline; readonly changes: readonly Change[] };

const TITLE_MS = 3_000;
const DEFAULT_VOLUME = 0.35;
/** Longest clip and timeline the agent makes, milliseconds. */
const LONGEST_MS = 600_000;

export const newClip = (random: RandomBytes, label: string, src: string, durationMs: number): Clip => ({
  id: longNumber(random),
  label,
  src,
  durationMs,
  speed: 1,
  transition: null,
  effect: null,
});

const fileMs = (file: MediaFile): number =>
  file.file_type === "image" ? 3_000 : Math.max(500, Math.round(file.duration * 1_000));

/** A timeline of what was uploaded: videos and images one after the other, the first sound below. */
export function assemble(name: string, media: readonly MediaFile[], random: RandomBytes): Timeline {
  const pictures = media.filter((file) => file.file_type !== "audio");
  const sound = media.find((file) => file.file_type === "audio");
  const first = pictures[0];
  const timeline: Timeline = {
    ...emptyTimeline(name),
    ...(first === undefined || first.width === 0 ? {} : { width: first.width, height: first.height }),
    clips: pictures.map((file) => newClip(random, file.filename, file.cdn_url, fileMs(file))),
  };
  if (sound === undefined) return timeline;
  const durationMs = clipsMs(timeline) || fileMs(sound);
  return { ...timeline, music: [{ id: longNumber(random), label: sound.filename, durationMs, volume: 1 }] };
}

function remove(timeline: Timeline, part: Part): Timeline {
  const bare = (clip: Clip): Clip => ({ ...clip, transition: null, effect: null });
  switch (part) {
    case "music":
      return { ...timeline, music: [] };
    case "titles":
      return { ...timeline, titles: [] };
    case "captions":
      return { ...timeline, captions: [] };
    case "transitions":
      return { ...timeline, clips: timeline.clips.map((clip) => ({ ...clip, transition: null })) };
    case "effects":
      return { ...timeline, clips: timeline.clips.map((clip) => ({ ...clip, effect: null })) };
    case "clip":
      return timeline.clips.length > 1 ? fitRest({ ...timeline, clips: timeline.clips.slice(0, -1) }) : timeline;
    case "extras":
      return { ...timeline, clips: timeline.clips.map(bare), music: [], titles: [], captions: [] };
  }
}

/** Applies a reading to a timeline that has something in it. Something always changes: an edit with no known word adds an effect. */
export function applyEdit(before: Timeline, reading: Reading, random: RandomBytes): Edited {
  const changes: Change[] = [];
  let timeline = before;
  const set = (next: Timeline, change: Change): void => {
    timeline = next;
    changes.push(change);
  };
  for (const part of reading.removes) set(remove(timeline, part), { kind: "removed", part });
  const { durationMs, shape, speed, transition, effect, volume } = reading;
  if (shape !== null)
    set({ ...timeline, width: shape[0], height: shape[1] }, { kind: "shape", width: shape[0], height: shape[1] });
  if (speed !== null) {
    const clips = timeline.clips.map((clip) => ({
      ...clip,
      speed,
      durationMs: Math.max(100, Math.round(clip.durationMs / speed)),
    }));
    set(fitRest({ ...timeline, clips }), { kind: "speed", value: speed });
  }
  // A length beside a title is the title's ("a title 'Hi' for 3 seconds"); otherwise it is the whole timeline's.
  const titleMs =
    reading.titles.length > 0 && durationMs !== null && durationMs < lengthMs(timeline) ? durationMs : null;
  if (durationMs !== null && titleMs === null)
    set(fitClips(timeline, Math.min(durationMs, LONGEST_MS)), { kind: "duration", value: durationMs });
  if (reading.music !== null && (timeline.music.length === 0 || volume === null)) {
    const music = {
      id: longNumber(random),
      label: reading.music,
      durationMs: lengthMs(timeline) || 10_000,
      volume: volume ?? DEFAULT_VOLUME,
    };
    set({ ...timeline, music: [music] }, { kind: "music", name: reading.music });
  } else if (volume !== null) {
    set(
      { ...timeline, music: timeline.music.map((music) => ({ ...music, volume })) },
      { kind: "volume", value: volume },
    );
  }
  for (const text of reading.titles) {
    const wanted = { id: longNumber(random), text, startMs: 0, durationMs: titleMs ?? TITLE_MS };
    set(fitRest({ ...timeline, titles: [...timeline.titles.filter((title) => title.text !== text), wanted] }), {
      kind: "title",
      name: text,
    });
  }
  if (reading.captions) set({ ...timeline, captions: captionsFor(timeline, random) }, { kind: "captions" });
  if (transition !== null) {
    set(
      { ...timeline, clips: timeline.clips.map((clip) => ({ ...clip, transition })) },
      { kind: "transition", name: transition },
    );
  }
  const look = effect ?? (changes.length === 0 ? reading.subject : null);
  if (look !== null)
    set(
      { ...timeline, clips: timeline.clips.map((clip) => ({ ...clip, effect: look })) },
      { kind: "effect", name: look },
    );
  return { timeline, changes };
}

/** A line of captions for every clip. */
const captionsFor = (timeline: Timeline, random: RandomBytes): Timeline["captions"] => {
  let startMs = 0;
  return timeline.clips.map((clip) => {
    const caption = { id: longNumber(random), text: clip.label, startMs, durationMs: clip.durationMs };
    startMs += clip.durationMs;
    return caption;
  });
};
