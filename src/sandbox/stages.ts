/** What a prompt makes of a session's timeline: the two stages of a generation, or one edit. Pure. */
import { spellDraft } from "./drafts.ts";
import { applyEdit, applyWishes, type Change } from "./edit.ts";
import { layOut, newClip } from "./lay.ts";
import { longNumber, type RandomBytes } from "./random.ts";
import type { Reading } from "./reading.ts";
import type { GeneratedMedia, MediaFile } from "./records.ts";
import type { Switches } from "./switches.ts";
import { emptyTimeline, fitRest, type Timeline } from "./timeline.ts";
import type { StateChange } from "./turn.ts";

export type Scene = {
  readonly taskName: string;
  readonly timeline: Timeline | null;
  readonly media: readonly MediaFile[];
  readonly reading: Reading;
  readonly prompt: string;
  readonly keys: Switches["draft_keys"];
  readonly random: RandomBytes;
};

const DEFAULT_CLIP_MS = 10_000;
const LONGEST_CLIP_MS = 600_000;
const TITLE_CHARS = 40;
/** Nothing resolves it: the draft's sources are names, not files. */
const MEDIA_HOST = "https://media.sandbox.invalid";

const changeOf = (scene: Scene, timeline: Timeline, generated: readonly GeneratedMedia[] = []): StateChange => ({
  timeline,
  draftText: spellDraft(timeline, longNumber(scene.random), scene.keys),
  generated,
});

const headline = (subject: string): string => {
  const line = Array.from(subject).slice(0, TITLE_CHARS).join("");
  return line.charAt(0).toUpperCase() + line.slice(1);
};

/** The reading of stage two: music and a title come by themselves, unless there are some or the prompt wants none. */
function extras(reading: Reading, raw: Timeline): Reading {
  const { removes } = reading;
  const noMusic = removes.includes("music") || removes.includes("extras");
  const noTitles = removes.includes("titles") || removes.includes("extras");
  const titles = reading.titles.length > 0 || raw.titles.length > 0 ? reading.titles : [headline(reading.subject)];
  return {
    ...reading,
    durationMs: null,
    shape: null,
    removes: [],
    music: noMusic ? null : (reading.music ?? (raw.music.length > 0 ? null : "Lo-fi")),
    titles: noTitles ? [] : titles,
  };
}

/** Stage one is the clip alone; stage two adds music, a title, and whatever else the prompt names. */
export function generate(scene: Scene): { readonly one: StateChange; readonly two: StateChange } {
  const { reading, random } = scene;
  const durationMs = Math.min(LONGEST_CLIP_MS, reading.durationMs ?? DEFAULT_CLIP_MS);
  const before = scene.timeline ?? emptyTimeline(scene.taskName);
  const id = longNumber(random);
  const url = `${MEDIA_HOST}/generated/${id}.mp4`;
  const media = { id, type: "video", prompt: reading.subject, url, duration: durationMs / 1_000 };
  const clip = newClip(random, reading.subject, url, durationMs);
  const [width, height] = reading.shape ?? [before.width, before.height];
  const raw = fitRest({ ...before, width, height, clips: [...before.clips, clip] });
  const { timeline } = applyWishes(raw, extras(reading, raw), random);
  return { one: changeOf(scene, raw, [media]), two: changeOf(scene, timeline) };
}

/** Files that the prompt means and the timeline lacks: all of them at first, later those it names. */
function filesWanted(scene: Scene): readonly MediaFile[] {
  if (scene.timeline === null) return scene.media;
  const used = new Set(scene.timeline.clips.map((clip) => clip.src));
  const fresh = scene.media.filter((file) => !used.has(file.cdn_url) && file.file_type !== "audio");
  const meansAll = /\bupload|\bmy (clip|video|photo|file)|上传|素材/i.test(scene.prompt);
  return fresh.filter((file) => meansAll || scene.prompt.includes(file.filename));
}

/** One edit: files are laid out first, then the prompt's wishes are done. An edit of nothing begins with an empty clip. */
export function edit(scene: Scene): { readonly change: StateChange; readonly changes: readonly Change[] } {
  const { reading, random } = scene;
  const files = filesWanted(scene);
  const laid = layOut(scene.taskName, files, random);
  const joined =
    scene.timeline === null ? laid : { ...scene.timeline, clips: [...scene.timeline.clips, ...laid.clips] };
  const isBlank = joined.clips.length === 0 && joined.music.length === 0;
  const blank = newClip(random, reading.subject, `${MEDIA_HOST}/blank.mp4`, reading.durationMs ?? DEFAULT_CLIP_MS);
  const before = fitRest(isBlank ? { ...joined, clips: [blank] } : joined);
  if (files.length === 0) {
    const { timeline, changes } = applyEdit(before, reading, random);
    return { change: changeOf(scene, timeline), changes };
  }
  const { timeline, changes } = applyWishes(before, reading, random);
  return { change: changeOf(scene, timeline), changes: [{ kind: "files", count: files.length }, ...changes] };
}
