/** What a prompt makes of a session's timeline: the two stages of a generation, or one edit. Pure. */

import { spellDraft } from "./drafts.ts";
import { applyEdit, assemble, type Change, newClip } from "./edit.ts";
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

/** Stage one is the clip alone; stage two adds music, a title, and whatever else the prompt names. */
export function generate(scene: Scene): { readonly one: StateChange; readonly two: StateChange } {
  const { reading, random } = scene;
  const durationMs = Math.min(LONGEST_CLIP_MS, reading.durationMs ?? DEFAULT_CLIP_MS);
  const before = scene.timeline ?? emptyTimeline(scene.taskName);
  const id = longNumber(random);
  const media = {
    id,
    type: "video",
    prompt: reading.subject,
    url: `${MEDIA_HOST}/generated/${id}.mp4`,
    duration: durationMs / 1_000,
  };
  const clip = newClip(random, reading.subject, media.url, durationMs);
  const [width, height] = reading.shape ?? [before.width, before.height];
  const raw = fitRest({ ...before, width, height, clips: [...before.clips, clip] });
  const spare = reading.removes;
  const rawOnly = spare.includes("extras");
  const music = rawOnly || spare.includes("music") ? null : (reading.music ?? (raw.music.length > 0 ? null : "Lo-fi"));
  const named = reading.titles.length > 0 || raw.titles.length > 0 ? reading.titles : [headline(reading.subject)];
  const titles = rawOnly || spare.includes("titles") ? [] : named;
  const rest: Reading = { ...reading, durationMs: null, shape: null, removes: [], music, titles };
  const isBare = rawOnly && raw.music.length === 0;
  return {
    one: changeOf(scene, raw, [media]),
    two: changeOf(scene, isBare ? raw : applyEdit(raw, rest, random).timeline),
  };
}

/** Files that the prompt means and the timeline lacks: all of them at first, later those it names. */
function filesWanted(scene: Scene): readonly MediaFile[] {
  const used = new Set(scene.timeline?.clips.map((clip) => clip.src));
  const fresh = scene.media.filter((file) => !used.has(file.cdn_url) && file.file_type !== "audio");
  const all = scene.timeline === null || /\bupload|\bmy (clip|video|photo|file)|上传|素材/i.test(scene.prompt);
  return fresh.filter((file) => all || scene.prompt.includes(file.filename));
}

/** One edit: what was uploaded is laid out first, then the prompt's wishes are done. */
export function edit(scene: Scene): { readonly change: StateChange; readonly changes: readonly Change[] } {
  const { reading, random } = scene;
  const files = filesWanted(scene);
  const laid = assemble(scene.taskName, scene.timeline === null ? scene.media : files, random);
  let before = scene.timeline === null ? laid : { ...scene.timeline, clips: [...scene.timeline.clips, ...laid.clips] };
  if (before.clips.length === 0 && before.music.length === 0) {
    before = {
      ...before,
      clips: [newClip(random, reading.subject, `${MEDIA_HOST}/blank.mp4`, reading.durationMs ?? DEFAULT_CLIP_MS)],
    };
  }
  const placed: Change[] = files.length > 0 ? [{ kind: "files", count: files.length }] : [];
  const wantsMore =
    reading.removes.length > 0 ||
    applyEdit(before, reading, random).changes.some((change) => change.kind !== "effect" || reading.effect !== null);
  const edited =
    placed.length > 0 && !wantsMore ? { timeline: fitRest(before), changes: [] } : applyEdit(before, reading, random);
  return { change: changeOf(scene, edited.timeline), changes: [...placed, ...edited.changes] };
}
