/** A timeline in the sandbox's own words. drafts.ts spells it the way Nemo does. Durations in milliseconds. */

export type Clip = {
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

export type Timeline = {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly clips: readonly Clip[];
  readonly music: readonly Music[];
  readonly titles: readonly Title[];
  readonly captions: readonly Title[];
};

export const emptyTimeline = (name: string): Timeline => ({
  name,
  width: 1920,
  height: 1080,
  clips: [],
  music: [],
  titles: [],
  captions: [],
});

/** The clips one after the other. */
export const clipsMs = (timeline: Timeline): number => timeline.clips.reduce((sum, clip) => sum + clip.durationMs, 0);

/** Where the last thing ends. */
export const lengthMs = (timeline: Timeline): number =>
  Math.max(
    clipsMs(timeline),
    ...timeline.titles.map((title) => title.startMs + title.durationMs),
    ...timeline.music.map((music) => music.durationMs),
    0,
  );

/** The same timeline with its clips filling `ms`: later ones are cut, the last one is stretched. */
export function fitClips(timeline: Timeline, ms: number): Timeline {
  let left = ms;
  const clips: Clip[] = [];
  for (const clip of timeline.clips) {
    if (left <= 0) break;
    clips.push({ ...clip, durationMs: Math.min(clip.durationMs, left) });
    left -= clip.durationMs;
  }
  const last = clips.at(-1);
  if (left > 0 && last !== undefined) clips[clips.length - 1] = { ...last, durationMs: last.durationMs + left };
  return fitRest({ ...timeline, clips });
}

/** Music, titles and captions brought within the clips' length. */
export function fitRest(timeline: Timeline): Timeline {
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
