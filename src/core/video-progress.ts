/** How far a video is, in one number. */
import type { Video, VideoStage } from "./video.ts";

/** How far each stage reaches, in percent. */
const REACH: Readonly<Record<VideoStage, readonly [number, number]>> = {
  project: [0, 2],
  assets: [2, 10],
  turn: [10, 60],
  timeline: [60, 62],
  render: [62, 99],
  file: [99, 99],
  done: [100, 100],
};

/** Progress in percent: a stage's share by how far it is, 0 to 1. It never reaches 100 before the file is there. */
export function progressOf({ stage }: Video, share: number): number {
  const [from, to] = REACH[stage];
  return Math.floor(from + (to - from) * Math.min(1, Math.max(0, share)));
}
