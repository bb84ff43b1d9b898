/** Lays uploaded files out as a timeline. */
import { longNumber, type RandomBytes } from "./random.ts";
import type { MediaFile } from "./records.ts";
import { type Clip, clipsMs, emptyTimeline, type Timeline } from "./timeline.ts";

/** How long a still picture is shown. */
const STILL_MS = 3_000;
const SHORTEST_MS = 500;

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
  file.file_type === "image" ? STILL_MS : Math.max(SHORTEST_MS, Math.round(file.duration * 1_000));

/** Videos and images one after the other, the first sound below. The first picture's frame is the timeline's. */
export function layOut(name: string, media: readonly MediaFile[], random: RandomBytes): Timeline {
  const pictures = media.filter((file) => file.file_type !== "audio");
  const sound = media.find((file) => file.file_type === "audio");
  const first = pictures[0];
  const timeline: Timeline = {
    ...emptyTimeline(name),
    ...(first === undefined ? {} : { width: first.width, height: first.height }),
    clips: pictures.map((file) => newClip(random, file.filename, file.cdn_url, fileMs(file))),
  };
  if (sound === undefined) return timeline;
  const durationMs = clipsMs(timeline) || fileMs(sound);
  return { ...timeline, music: [{ id: longNumber(random), label: sound.filename, durationMs, volume: 1 }] };
}
