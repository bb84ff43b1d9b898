/**
 * Scripts of turns without faults (text only, an edit, a generation in two stages, missing credits), and the changes of the
 * timeline that a prompt causes. Pure; times are unscaled.
 */

import type { RandomBytes } from "../core/ids.ts";
import { longNumber } from "./context.ts";
import type { Switches } from "./faults.ts";
import type { PromptPart, Reading } from "./prompt.ts";
import type { GeneratedMedia, MediaFile } from "./store.ts";
import {
  clipsMs,
  type DraftClip,
  type DraftTimeline,
  emptyTimeline,
  encodeDraft,
  fitClips,
  fitRest,
  lengthMs,
  newClip,
  timelineOfFiles,
} from "./timeline.ts";
import type { ScriptedEnd, StateChange, Timed, TurnFrame, TurnScript } from "./turn.ts";

/** Source: nemo-api reference section 4.3 (b). */
const GENERATE_TOOL = "generate_video_with_seedance";
const EDIT_TOOL = "edit_multitrack";

export type CallId = () => string;

const frame = (at: number, what: TurnFrame): Timed<{ readonly frame: TurnFrame }> => ({ at, frame: what });
const text = (at: number, words: string): Timed<{ readonly frame: TurnFrame }> =>
  frame(at, { kind: "text", text: words, mark: "whole" });
const close = (at: number): ScriptedEnd => ({ at, how: "close" });

export const talkScript = (totalMs: number, words: string): TurnScript => ({
  frames: [text(totalMs * 0.9, words)],
  changes: [],
  charges: [],
  end: close(totalMs),
});

/** Text that costs credits: a recipe. */
export const paidTalkScript = (totalMs: number, words: string, amount: number): TurnScript => ({
  ...talkScript(totalMs, words),
  charges: [
    { at: 0, kind: "freeze", amount },
    { at: totalMs * 0.9, kind: "consume", amount },
  ],
});

/** One record reports missing credits. */
export const noCreditsScript = (totalMs: number, form: Switches["no_credits_inline"]): TurnScript => ({
  frames: [frame(totalMs / 2, { kind: "no_credits", form })],
  changes: [],
  charges: [],
  end: close(totalMs),
});

export type EditPlan = {
  readonly totalMs: number;
  readonly amount: number;
  readonly change: StateChange | null;
  readonly prompt: string;
  readonly words: string | null;
};

/** Call, response, text. Without `words` the edit ends without text; without a change the tool changed nothing. */
export function editScript(plan: EditPlan, callId: CallId): TurnScript {
  const id = callId();
  const { totalMs, amount, change } = plan;
  const changeAt = totalMs * 0.7;
  return {
    frames: [
      frame(totalMs * 0.2, { kind: "call", callId: id, name: EDIT_TOOL, args: { instruction: plan.prompt } }),
      frame(changeAt, { kind: "response", callId: id, name: EDIT_TOOL, change }),
      ...(plan.words === null ? [] : [text(totalMs * 0.95, plan.words)]),
    ],
    changes: change === null ? [] : [{ at: changeAt, change }],
    charges: [
      { at: 0, kind: "freeze", amount },
      { at: changeAt, kind: "consume", amount },
    ],
    end: close(totalMs),
  };
}

export type GenerationPlan = {
  readonly totalMs: number;
  readonly amount: number;
  readonly prompt: string;
  readonly one: StateChange;
  readonly two: StateChange;
  readonly wordsOne: string;
  readonly wordsTwo: string;
};

/** Call, response, text, twice: the clip first, then music, title and effects. Charged once, with the clip. */
export function generationScript(plan: GenerationPlan, callId: CallId): TurnScript {
  const [first, second] = [callId(), callId()];
  const { totalMs, amount, one, two } = plan;
  const oneAt = totalMs * 0.5;
  const twoAt = totalMs * 0.85;
  return {
    frames: [
      frame(totalMs * 0.05, { kind: "call", callId: first, name: GENERATE_TOOL, args: { prompt: plan.prompt } }),
      frame(oneAt, { kind: "response", callId: first, name: GENERATE_TOOL, change: one }),
      text(totalMs * 0.55, plan.wordsOne),
      frame(totalMs * 0.6, { kind: "call", callId: second, name: EDIT_TOOL, args: {} }),
      frame(twoAt, { kind: "response", callId: second, name: EDIT_TOOL, change: two }),
      text(totalMs * 0.95, plan.wordsTwo),
    ],
    changes: [
      { at: oneAt, change: one },
      { at: twoAt, change: two },
    ],
    charges: [
      { at: 0, kind: "freeze", amount },
      { at: oneAt, kind: "consume", amount },
    ],
    end: close(totalMs),
  };
}

/** The most heartbeats of one turn, so that the record of a long turn stays small. */
const MOST_HEARTBEATS = 1_000;

/** The script with a heartbeat every `everyMs` until its end. */
export function withHeartbeats(script: TurnScript, everyMs: number): TurnScript {
  const count = Math.min(MOST_HEARTBEATS, Math.ceil(script.end.at / everyMs) - 1);
  const beats = Array.from({ length: Math.max(0, count) }, (_, at) => frame((at + 1) * everyMs, { kind: "heartbeat" }));
  return { ...script, frames: [...script.frames, ...beats].sort((a, b) => a.at - b.at) };
}

/** The script with every time divided by `scale`, in whole milliseconds. */
export function scaleScript(script: TurnScript, scale: number): TurnScript {
  const scaled = <T extends { readonly at: number }>(step: T): T => ({ ...step, at: Math.round(step.at / scale) });
  return {
    frames: script.frames.map(scaled),
    changes: script.changes.map(scaled),
    charges: script.charges.map(scaled),
    end: scaled(script.end),
  };
}

/* Applies a prompt's requests to a timeline and lists what changed: one rule per request, in order. */

/** What changed; agent.ts describes it in its text. */
export type Change =
  | { readonly kind: "files"; readonly count: number }
  | { readonly kind: "duration" | "speed" | "volume"; readonly value: number }
  | { readonly kind: "shape"; readonly width: number; readonly height: number }
  | { readonly kind: "title" | "music" | "transition" | "effect"; readonly name: string }
  | { readonly kind: "captions" }
  | { readonly kind: "removed"; readonly part: PromptPart };

export type Edited = { readonly timeline: DraftTimeline; readonly changes: readonly Change[] };

/** Applies one request; null if the prompt does not make it. */
type Rule = (timeline: DraftTimeline, reading: Reading, random: RandomBytes) => Edited | null;

const TITLE_MS = 3_000;
const DEFAULT_VOLUME = 0.35;
/** Longest timeline the agent makes, milliseconds. */
const LONGEST_MS = 600_000;

const eachClip = (timeline: DraftTimeline, change: (clip: DraftClip) => DraftClip): DraftTimeline => ({
  ...timeline,
  clips: timeline.clips.map(change),
});

function without(timeline: DraftTimeline, part: PromptPart): DraftTimeline {
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

const removeParts: Rule = (timeline, { removes }) =>
  removes.length === 0
    ? null
    : { timeline: removes.reduce(without, timeline), changes: removes.map((part) => ({ kind: "removed", part })) };

const setFrame: Rule = (timeline, { shape }) => {
  if (shape === null) return null;
  const [width, height] = shape;
  return { timeline: { ...timeline, width, height }, changes: [{ kind: "shape", width, height }] };
};

const setSpeed: Rule = (timeline, { speed }) => {
  if (speed === null) return null;
  const paced = eachClip(timeline, (clip) => {
    return { ...clip, speed, durationMs: Math.max(100, Math.round(clip.durationMs / speed)) };
  });
  return { timeline: fitRest(paced), changes: [{ kind: "speed", value: speed }] };
};

/** A duration next to a title belongs to the title ("a title 'Hi' for 3 seconds") if it is shorter than the timeline. */
const isTitleLength = (timeline: DraftTimeline, { titles, durationMs }: Reading): boolean =>
  titles.length > 0 && durationMs !== null && durationMs < lengthMs(timeline);

const setLength: Rule = (timeline, reading) => {
  const { durationMs } = reading;
  if (durationMs === null || isTitleLength(timeline, reading)) return null;
  const value = Math.min(durationMs, LONGEST_MS);
  return { timeline: fitClips(timeline, value), changes: [{ kind: "duration", value }] };
};

const setMusic: Rule = (timeline, { music, volume }, random) => {
  if (music !== null && (timeline.music.length === 0 || volume === null)) {
    const durationMs = lengthMs(timeline) || TITLE_MS;
    const track = { id: longNumber(random), label: music, durationMs, volume: volume ?? DEFAULT_VOLUME };
    return { timeline: { ...timeline, music: [track] }, changes: [{ kind: "music", name: music }] };
  }
  if (volume === null || timeline.music.length === 0) return null;
  const tracks = timeline.music.map((track) => ({ ...track, volume }));
  return { timeline: { ...timeline, music: tracks }, changes: [{ kind: "volume", value: volume }] };
};

const addTitles: Rule = (timeline, reading, random) => {
  const { titles, durationMs, retitles } = reading;
  if (titles.length === 0) return null;
  const others = retitles ? [] : timeline.titles.filter((title) => !titles.includes(title.text));
  const length = isTitleLength(timeline, reading) && durationMs !== null ? durationMs : TITLE_MS;
  const added = titles.map((text) => ({ id: longNumber(random), text, startMs: 0, durationMs: length }));
  const changes = titles.map((name) => ({ kind: "title" as const, name }));
  return { timeline: fitRest({ ...timeline, titles: [...others, ...added] }), changes };
};

/** One caption for every clip. */
const addCaptions: Rule = (timeline, { captions }, random) => {
  if (!captions) return null;
  let startMs = 0;
  const lines = timeline.clips.map((clip) => {
    const line = { id: longNumber(random), text: clip.label, startMs, durationMs: clip.durationMs };
    startMs += clip.durationMs;
    return line;
  });
  return { timeline: { ...timeline, captions: lines }, changes: [{ kind: "captions" }] };
};

const addTransitions: Rule = (timeline, { transition }) =>
  transition === null
    ? null
    : {
        timeline: eachClip(timeline, (clip) => ({ ...clip, transition })),
        changes: [{ kind: "transition", name: transition }],
      };

const withEffect = (timeline: DraftTimeline, effect: string): Edited => ({
  timeline: eachClip(timeline, (clip) => ({ ...clip, effect })),
  changes: [{ kind: "effect", name: effect }],
});

const addEffect: Rule = (timeline, { effect }) => (effect === null ? null : withEffect(timeline, effect));

const RULES: readonly Rule[] = [
  removeParts,
  setFrame,
  setSpeed,
  setLength,
  setMusic,
  addTitles,
  addCaptions,
  addTransitions,
  addEffect,
];

/** Applies all rules; no changes if none matches. */
export function applyRules(before: DraftTimeline, reading: Reading, random: RandomBytes): Edited {
  return RULES.reduce<Edited>(
    (edited, rule) => {
      const next = rule(edited.timeline, reading, random);
      return next === null ? edited : { timeline: next.timeline, changes: [...edited.changes, ...next.changes] };
    },
    { timeline: before, changes: [] },
  );
}

/** Applies all rules. If none matches, the prompt's subject becomes an effect, so an edit always changes something. */
export function applyEdit(before: DraftTimeline, reading: Reading, random: RandomBytes): Edited {
  const edited = applyRules(before, reading, random);
  return edited.changes.length > 0 || clipsMs(before) === 0 ? edited : withEffect(before, reading.subject);
}

/* The timeline after a prompt: the two stages of a generation, or one edit. */

export type Scene = {
  readonly taskName: string;
  readonly timeline: DraftTimeline | null;
  readonly media: readonly MediaFile[];
  readonly reading: Reading;
  readonly prompt: string;
  readonly keys: Switches["draft_keys"];
  readonly random: RandomBytes;
};

const DEFAULT_CLIP_MS = 10_000;
const LONGEST_CLIP_MS = 600_000;
const TITLE_CHARS = 40;
/** Does not resolve: sources in a draft are names, not files. */
const MEDIA_HOST = "https://media.sandbox.invalid";

const changeOf = (scene: Scene, timeline: DraftTimeline, generated: readonly GeneratedMedia[] = []): StateChange => ({
  timeline,
  draftText: encodeDraft(timeline, longNumber(scene.random), scene.keys),
  generated,
});

const headline = (subject: string): string => {
  const line = Array.from(subject).slice(0, TITLE_CHARS).join("");
  return line.charAt(0).toUpperCase() + line.slice(1);
};

/** The prompt for stage two: it adds music and a title, unless there are some or the prompt excludes them. */
function extras(reading: Reading, raw: DraftTimeline): Reading {
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

/** Stage one is only the clip; stage two adds music, a title, and what else the prompt names. */
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
  const { timeline } = applyRules(raw, extras(reading, raw), random);
  return { one: changeOf(scene, raw, [media]), two: changeOf(scene, timeline) };
}

/** Files to add to the timeline: all of them at first, later those that the prompt names. */
function filesWanted(scene: Scene): readonly MediaFile[] {
  if (scene.timeline === null) return scene.media;
  const used = new Set(scene.timeline.clips.map((clip) => clip.src));
  const fresh = scene.media.filter((file) => !used.has(file.cdn_url) && file.file_type !== "audio");
  const meansAll = /\bupload|\bmy (clip|video|photo|file)|上传|素材/i.test(scene.prompt);
  return fresh.filter((file) => meansAll || scene.prompt.includes(file.filename));
}

/** One edit: adds files first, then applies the prompt's requests. An empty timeline gets an empty clip first. */
export function edit(scene: Scene): { readonly change: StateChange; readonly changes: readonly Change[] } {
  const { reading, random } = scene;
  const files = filesWanted(scene);
  const ofFiles = timelineOfFiles(scene.taskName, files, random);
  const joined =
    scene.timeline === null ? ofFiles : { ...scene.timeline, clips: [...scene.timeline.clips, ...ofFiles.clips] };
  const isBlank = joined.clips.length === 0 && joined.music.length === 0;
  const blank = newClip(random, reading.subject, `${MEDIA_HOST}/blank.mp4`, reading.durationMs ?? DEFAULT_CLIP_MS);
  const before = fitRest(isBlank ? { ...joined, clips: [blank] } : joined);
  if (files.length === 0) {
    const { timeline, changes } = applyEdit(before, reading, random);
    return { change: changeOf(scene, timeline), changes };
  }
  const { timeline, changes } = applyRules(before, reading, random);
  return { change: changeOf(scene, timeline), changes: [{ kind: "files", count: files.length }, ...changes] };
}
