/**
 * A turn is a script: all its frames, changes and charges with their times, fixed when it starts. State, balance and stream are
 * computed from scripts and the current time, so work continues through disconnects and restarts.
 */

import type { RandomBytes } from "../core/ids.ts";
import type { EpochMs } from "../core/time.ts";
import { hash32, longNumber, openTurns, type Sandbox } from "./context.ts";
import type { Switches } from "./faults.ts";
import type { PromptPart, Reading } from "./prompt.ts";
import type { GeneratedMedia, MediaFile, SessionRecord, UserRecord } from "./store.ts";
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

/** A value with its time: milliseconds after the turn's start. */
export type Timed<T> = { readonly at: number } & T;

/** The state after a change. */
export type StateChange = {
  readonly timeline: DraftTimeline;
  readonly draftText: string;
  readonly generated: readonly GeneratedMedia[];
};

/** The content of one record of the stream. chat.ts encodes it. */
export type TurnFrame =
  | {
      readonly kind: "call";
      readonly callId: string;
      readonly name: string;
      readonly args: Readonly<Record<string, unknown>>;
      readonly words?: string;
    }
  /** `twice`: the same event id in two records. */
  | {
      readonly kind: "response";
      readonly callId: string;
      readonly name: string;
      readonly change: StateChange | null;
      readonly twice?: boolean;
    }
  | {
      readonly kind: "text";
      readonly text: string;
      readonly mark: "whole" | "partial" | "thought";
      readonly author?: string;
    }
  | { readonly kind: "actions" }
  | { readonly kind: "heartbeat" }
  | { readonly kind: "error"; readonly message: string; readonly malformed: boolean }
  | { readonly kind: "error_code"; readonly code: string; readonly message: string }
  | { readonly kind: "no_credits"; readonly form: Switches["no_credits_inline"] };

export type Charge = { readonly kind: "freeze" | "consume" | "release"; readonly amount: number };

/** `torn`: the last record is half written when the connection breaks. */
export type ScriptedEnd = Timed<{ readonly how: "close" | "cut" | "torn" }>;

/** What a turn does, without its identity. */
export type TurnScript = {
  readonly frames: readonly Timed<{ readonly frame: TurnFrame }>[];
  readonly changes: readonly Timed<{ readonly change: StateChange }>[];
  readonly charges: readonly Timed<Charge>[];
  readonly end: ScriptedEnd;
};

/** How frames become bytes. */
export type StreamFormat = Pick<
  Switches,
  "wire" | "adk_case" | "adk_time" | "heartbeat" | "newline" | "chunking" | "state_delta"
>;

export type TurnKind = "talk" | "question" | "edit" | "generation" | "recipe" | "no_credits";

export type SandboxTurn = TurnScript & {
  readonly id: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly seed: string;
  readonly prompt: string;
  readonly kind: TurnKind;
  readonly startedAt: EpochMs;
  readonly wire: StreamFormat;
  /** The delay until state shows a change. */
  readonly lagMs: number;
  /** When a disconnect cancelled the turn, if `on_disconnect` says so. */
  readonly cancelledAt: EpochMs | null;
};

/** A turn's entry in the request log. */
export type TurnNote = {
  readonly turn_id: string;
  readonly session_id: string;
  readonly prompt: string;
  readonly at: EpochMs;
  readonly kind: TurnKind;
  readonly charged: number;
  readonly faults: readonly string[];
  readonly unknown_faults: readonly string[];
};

/** The time after which a turn changes nothing more, neither in its stream nor in state. */
export const overAt = (turn: SandboxTurn): EpochMs =>
  turn.startedAt +
  turn.lagMs +
  Math.max(turn.end.at, 0, ...turn.changes.map(({ at }) => at), ...turn.charges.map(({ at }) => at));

/* The state at a given time, computed from scripts. */

export type View = {
  readonly timeline: DraftTimeline | null;
  readonly draftText: string | null;
  readonly generated: readonly GeneratedMedia[];
};

export type SandboxBalance = { readonly available: number; readonly frozen: number; readonly total: number };

/** Whether a step of a turn has happened. A step after a cancellation never happens. */
const hasHappened = (turn: SandboxTurn, at: number, now: EpochMs): boolean => {
  const moment = turn.startedAt + at;
  return moment <= now && (turn.cancelledAt === null || moment <= turn.cancelledAt);
};

const changesBy = (turn: SandboxTurn, now: EpochMs): readonly Timed<{ readonly change: StateChange }>[] =>
  turn.changes.filter(({ at }) => hasHappened(turn, at, now - turn.lagMs));

const inSession = (open: readonly SandboxTurn[], sessionId: string): readonly SandboxTurn[] =>
  open.filter((turn) => turn.sessionId === sessionId);

/** A session's timeline and media at a given time. `open` may contain turns of other sessions. */
export function viewAt(session: SessionRecord, open: readonly SandboxTurn[], now: EpochMs): View {
  let view: View = { timeline: session.timeline, draftText: session.draftText, generated: session.generated };
  for (const turn of inSession(open, session.sessionId)) {
    for (const { change } of changesBy(turn, now)) {
      view = {
        timeline: change.timeline,
        draftText: change.draftText,
        generated: [...view.generated, ...change.generated],
      };
    }
  }
  return view;
}

/** Credits that a turn has consumed and frozen at a given time. */
export function creditsSpent(turn: SandboxTurn, now: EpochMs): { readonly consumed: number; readonly frozen: number } {
  let consumed = 0;
  let frozen = 0;
  for (const { at, kind, amount } of turn.charges) {
    if (!hasHappened(turn, at, now)) continue;
    if (kind === "freeze") frozen += amount;
    else frozen -= amount;
    if (kind === "consume") consumed += amount;
  }
  const cancelled = turn.cancelledAt !== null && turn.cancelledAt <= now;
  return { consumed, frozen: cancelled ? 0 : frozen };
}

/** Section 7.1: `total = available + frozen`. */
export function balanceAt(user: UserRecord, open: readonly SandboxTurn[], now: EpochMs): SandboxBalance {
  const spent = open.map((turn) => creditsSpent(turn, now));
  const consumed = spent.reduce((sum, turn) => sum + turn.consumed, user.consumed);
  const frozen = spent.reduce((sum, turn) => sum + turn.frozen, 0);
  const available = Math.max(0, user.granted - consumed - frozen);
  return { available, frozen, total: available + frozen };
}

/** Whether a session has a turn whose stream is open or whose changes are not complete. */
export const isBusy = (open: readonly SandboxTurn[], sessionId: string, now: EpochMs): boolean =>
  inSession(open, sessionId).some((turn) => {
    const over = turn.startedAt + Math.max(turn.end.at, ...turn.changes.map(({ at }) => at));
    return now < (turn.cancelledAt ?? over);
  });

/** Hashes of earlier drafts per session; enough for a draft that was read minutes ago. */
const PAST_DRAFTS = 50;

export const draftHash = (text: string): string => `${text.length}.${hash32(text)}`;

/** The session with a finished turn's changes. */
export function commitTurn(session: SessionRecord, turn: SandboxTurn): SessionRecord {
  const view = viewAt(session, [turn], Number.POSITIVE_INFINITY);
  const marks = changesBy(turn, Number.POSITIVE_INFINITY).map(({ change }) => draftHash(change.draftText));
  return { ...session, ...view, pastDrafts: [...session.pastDrafts, ...marks].slice(-PAST_DRAFTS) };
}

/** Commits finished turns to their sessions and users, so that there is little to compute. Called before a new turn. */
export function commitFinishedTurns(sandbox: Sandbox, userId: string): void {
  const { store, clock } = sandbox;
  const pending = new Set<string>();
  for (const turn of openTurns(sandbox, userId)) {
    // In order, because a later turn's draft replaces an earlier one's.
    if (overAt(turn) > clock.now()) pending.add(turn.sessionId);
    if (pending.has(turn.sessionId)) continue;
    const session = store.read("session", turn.sessionId);
    const user = store.read("user", userId);
    const note = store.read("turn", turn.id);
    const { consumed } = creditsSpent(turn, Number.POSITIVE_INFINITY);
    if (session !== null) store.write("session", session.sessionId, commitTurn(session, turn), userId);
    if (user !== null) store.write("user", userId, { ...user, consumed: user.consumed + consumed });
    if (note !== null) store.write("turn", turn.id, { ...note, charged: consumed }, userId);
    store.remove("open", turn.id);
  }
}

/*
 * Scripts of turns without faults (text only, an edit, a generation in two stages, missing credits), and the changes of the
 * timeline that a prompt causes. Pure; times are unscaled.
 */

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
