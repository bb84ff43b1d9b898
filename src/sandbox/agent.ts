/**
 * The sandbox's agent: plans a turn from a prompt. It chooses the kind of turn, its texts and its script, applies the faults
 * that the prompt names, and fixes the result when the turn starts. Pure; times are unscaled until the end.
 */
import { describedIn } from "../core/generators/recipe.ts";
import { type EpochMs, MINUTE_MS, SECOND_MS } from "../core/time.ts";
import { chance, hexText, seededBytes } from "./context.ts";
import { type FaultName, type Faults, type PromptWords, readWords, type Switches } from "./faults.ts";
import { type PromptPart, type Reading, readPrompt } from "./prompt.ts";
import type { SessionRecord } from "./store.ts";
import { type DraftTimeline, lengthMs } from "./timeline.ts";
import {
  type CallId,
  type Change,
  edit,
  editScript,
  generate,
  generationScript,
  noCreditsScript,
  paidTalkScript,
  type SandboxTurn,
  type Scene,
  type ScriptedEnd,
  type StreamFormat,
  scaleScript,
  type Timed,
  type TurnFrame,
  type TurnKind,
  type TurnScript,
  talkScript,
  type View,
  withHeartbeats,
} from "./turn.ts";

/* Answers to a prompt that asks for a generator's recipe, chosen by its description. Four are malformed on purpose. */

type Answer = { readonly asks: RegExp; readonly says: string };

const fenced = (recipe: unknown): string => `\`\`\`json\n${JSON.stringify(recipe, null, 2)}\n\`\`\``;
const secondsParameter = (preset: number) => ({ name: "seconds", type: "number", default: preset, min: 1, max: 60 });
const text = (name: string, description: string) => ({ name, type: "text", description });

const ANSWERS: readonly Answer[] = [
  {
    asks: /product photos?/i,
    says: `Here is your generator. Click Save in the panel on the right to keep it.\n\n${fenced({
      name: "Product photos to promo",
      description: "Turns product photos into a promo video with music and captions.",
      prompt: "turn these product photos of {{product}} into a {{seconds}}-second promo video with music and captions",
      variables: [text("product", "What is sold."), secondsParameter(15)],
      needs_file: true,
      greeting: "Send your product photos.",
      try_saying: ["make a promo of my mug"],
      tips: ["Three to six photos work best. Click Export when it is done."],
    })}`,
  },
  {
    asks: /recipe|cooking/i,
    says: fenced({
      name: "Cooking short",
      prompt: "make a vertical {{seconds}}-second cooking video of {{dish}} with upbeat music",
      variables: [text("dish", "What is cooked."), secondsParameter(30)],
    }),
  },
  {
    asks: /real estate|listing/i,
    says: `Sure!\n${fenced({
      name: "Listing tour",
      prompt: "make a {{seconds}}-second tour of {{address}}, captions {{captions}}",
      variables: [
        text("address", "Of the house."),
        secondsParameter(45),
        { name: "captions", type: "boolean", default: true },
      ],
      accepts: ["jpg", "png", "mp4"],
    })}`,
  },
  {
    asks: /quote/i,
    says: fenced({
      name: "Quote card",
      prompt: 'generate a {{seconds}}-second video with the title "{{quote}}" and {{mood}} music',
      variables: [
        text("quote", "The words."),
        secondsParameter(8),
        { name: "mood", type: "choice", choices: ["calm", "upbeat"], default: "calm" },
      ],
    }),
  },
  {
    asks: /podcast/i,
    says: fenced({
      name: "Podcast teaser",
      prompt: "make a square {{seconds}}-second teaser of this podcast about {{topic}} with captions",
      variables: [text("topic", "What it is about."), secondsParameter(30)],
      needs_file: true,
    }),
  },
  {
    asks: /\bevent|invitation/i,
    says: fenced({
      name: "Event invitation",
      prompt: "generate a {{seconds}}-second invitation to {{event}} on {{day}}",
      variables: [text("event", "Its name."), text("day", "When it is."), secondsParameter(12)],
    }),
  },
  // A fence without a language, and another one before it.
  {
    asks: /travel/i,
    says: `An example request:\n\`\`\`\na week in Lisbon\n\`\`\`\nThe recipe:\n\`\`\`\n{"name": "Travel diary", "prompt": "make a video diary of {{trip}}", "variables": [{"name": "trip", "type": "text"}]}\n\`\`\``,
  },
  // No fence at all.
  {
    asks: /news/i,
    says: 'The recipe is {"name": "News brief", "prompt": "make a 20-second news video about {{headline}}", "variables": [{"name": "headline", "type": "text"}]} and that is all.',
  },
  { asks: /poem/i, says: "I can make that generator for you! Which kind of poems do you have in mind?" },
  {
    asks: /weather/i,
    says: '```json\n{"name": "Weather report", "prompt": "make a video about the weather in {{ci\n```',
  },
  {
    asks: /birthday/i,
    says: fenced({ name: "Birthday", prompt: "make a birthday video for {{name}} who turns {{age}}", variables: [] }),
  },
  {
    asks: /fitness|workout/i,
    says: fenced({
      name: "Workout",
      prompt: "make a workout video, level {{level}}",
      variables: [{ name: "level", type: "slider", default: 3 }],
    }),
  },
];

/** The agent's answer to a request for a generator with this description. */
export function recipeText(description: string): string {
  const known = ANSWERS.find(({ asks }) => asks.test(description));
  if (known !== undefined) return known.says;
  return fenced({
    name: description.slice(0, 60).trim() || "Generator",
    prompt: "make a {{seconds}}-second video about {{topic}}",
    variables: [secondsParameter(20), text("topic", "What the video is about.")],
  });
}

/* The agent's texts in English and Chinese. Like the real agent's, they mention buttons and panels of Nemo's own interface. */

type Language = Reading["language"];

const seconds = (ms: number): string => String(Math.round(ms / 100) / 10);
const percent = (value: number): string => `${Math.round(value * 100)}%`;

const PARTS: Record<PromptPart, readonly [string, string]> = {
  music: ["the music", "背景音乐"],
  titles: ["the titles", "标题"],
  captions: ["the captions", "字幕"],
  transitions: ["the transitions", "转场"],
  effects: ["the effects", "特效"],
  clip: ["the last clip", "最后一个片段"],
  extras: ["music, titles and effects", "音乐、标题和特效"],
};

function changeText(change: Change, language: Language): string {
  const zh = language === "zh";
  switch (change.kind) {
    case "files":
      return zh
        ? `把 ${change.count} 个素材放入时间线`
        : `placed ${change.count} uploaded file${change.count === 1 ? "" : "s"} on the timeline`;
    case "duration":
      return zh ? `时长调整为 ${seconds(change.value)} 秒` : `set the length to ${seconds(change.value)} seconds`;
    case "speed":
      return zh ? `速度调整为 ${change.value} 倍` : `changed the speed to ${change.value}x`;
    case "volume":
      return zh ? `音乐音量调整为 ${percent(change.value)}` : `set the music to ${percent(change.value)}`;
    case "shape":
      return zh ? `画面改为 ${change.width}×${change.height}` : `changed the frame to ${change.width}x${change.height}`;
    case "title":
      return zh ? `添加标题“${change.name}”` : `added the title "${change.name}"`;
    case "music":
      return zh ? `添加背景音乐“${change.name}”` : `added ${change.name} music`;
    case "transition":
      return zh ? `添加转场 ${change.name}` : `added ${change.name} transitions`;
    case "effect":
      return zh ? `应用效果“${change.name}”` : `applied "${change.name}"`;
    case "captions":
      return zh ? "添加字幕" : "added captions";
    case "removed":
      return zh ? `移除${PARTS[change.part][1]}` : `removed ${PARTS[change.part][0]}`;
  }
}

export function editText(changes: readonly Change[], language: Language): string {
  const parts = changes.map((change) => changeText(change, language));
  return language === "zh"
    ? `已完成:${parts.join(",")}。您可以在时间线中预览,或点击导出按钮。`
    : `Done: ${parts.join(", ")}. Preview it in the timeline or click Export.`;
}

export function stageOneText(timeline: DraftTimeline, language: Language): string {
  const label = timeline.clips.at(-1)?.label ?? timeline.name;
  const length = seconds(timeline.clips.at(-1)?.durationMs ?? lengthMs(timeline));
  return language === "zh"
    ? `视频片段“${label}”已生成(${length} 秒)。接下来我会添加音乐、标题和效果。`
    : `Your ${length}-second clip "${label}" is ready. I will now add music, a title and effects.`;
}

export function stageTwoText(timeline: DraftTimeline, language: Language): string {
  const music = timeline.music[0];
  const title = timeline.titles[0]?.text ?? timeline.name;
  return language === "zh"
    ? `已添加背景音乐“${music?.label ?? ""}”(${percent(music?.volume ?? 0)})和标题“${title}”。点击播放按钮在时间线中预览,或打开右侧面板调整,完成后点击导出。`
    : `I added ${music?.label ?? "no"} music at ${percent(music?.volume ?? 0)} and the title "${title}". Preview it in the timeline, open the panel on the right to adjust it, or click Export.`;
}

export function talkText(timeline: DraftTimeline | null, language: Language): string {
  if (timeline === null) {
    return language === "zh"
      ? "您好!告诉我您想要什么样的视频,例如“生成一个10秒的海边日落视频”,或上传素材让我剪辑。"
      : 'Tell me what video you would like, for example "make a 10 second video of a sunset", or upload clips for me to edit.';
  }
  const length = seconds(lengthMs(timeline));
  return language === "zh"
    ? `当前项目“${timeline.name}”有 ${timeline.clips.length} 个片段,共 ${length} 秒。打开时间线面板可以查看所有轨道。`
    : `Your project "${timeline.name}" has ${timeline.clips.length} clip${timeline.clips.length === 1 ? "" : "s"} and is ${length} seconds long. Open the timeline panel to see every track.`;
}

export const questionText = (language: Language): string =>
  language === "zh"
    ? "您想要竖屏(9:16)还是横屏(16:9)?视频大概多长?"
    : "Should it be vertical (9:16) or landscape (16:9), and how long would you like it to be?";

export const noCreditsText = (language: Language): string =>
  language === "zh"
    ? "积分不足,无法完成此操作。请在设置中查看账户余额。"
    : "You do not have enough credits for this. Check your account in the settings.";

/** The real agent sometimes sends this after a successful turn. */
export const NOISE_TEXT = "I encountered a temporary issue while processing your request. Please try again.";

/** What the agent decides from: the session's state, the prompt, and the switches. */
export type Brief = {
  readonly scene: Scene;
  readonly words: PromptWords;
  readonly switches: Switches;
  /** The turn's seed. */
  readonly seed: string;
};

/** The kind of a turn. Greetings and questions are `talk`; without anything to edit a turn is a generation. */
export function turnKindOf({ scene, words }: Brief): TurnKind {
  const { faults } = words;
  const isEmpty = scene.timeline === null && scene.media.length === 0;
  if (faults.question) return "question";
  if (faults.text_only) return "talk";
  if (faults.generation || faults.two_stage_after_cut) return "generation";
  if (faults.edit) return "edit";
  if (describedIn(words.rest) !== null) return "recipe";
  if (scene.reading.asks === "talk") return "talk";
  if (scene.timeline === null) return isEmpty ? "generation" : "edit";
  return scene.reading.generates ? "generation" : "edit";
}

/** Credits that a turn of this kind costs. */
export function priceOf(kind: TurnKind, switches: Switches): number {
  if (kind === "generation") return switches.generation_credits;
  return kind === "edit" || kind === "recipe" ? switches.edit_credits : 0;
}

/** By default about three edits in ten end without text, but never a project's first edit or one whose prompt forbids it. */
function isSilent({ scene, words, switches, seed }: Brief): boolean {
  if (words.faults.silent_edit) return true;
  if (words.faults.talkative || scene.timeline === null) return false;
  return chance(`${seed}/silent`) < switches.silent_edits;
}

/** The script of a turn that lacks credits. The form `body` has none: a JSON answer replaces the stream. */
export function incompleteScript(brief: Brief, form: "inline" | "text"): TurnScript {
  const totalMs = brief.switches.text_ms;
  if (form === "inline") return noCreditsScript(totalMs, brief.switches.no_credits_inline);
  return talkScript(totalMs, noCreditsText(brief.scene.reading.language));
}

export function plainScript(brief: Brief, kind: TurnKind): TurnScript {
  const { scene, words, switches } = brief;
  const { language } = scene.reading;
  const lasting = (ms: number): number => Math.min(words.slowMs ?? ms, switches.longest_ms);
  const amount = priceOf(kind, switches);
  const callId: CallId = () => `adk-${hexText(scene.random, 8)}`;
  switch (kind) {
    case "talk":
    case "no_credits":
      return talkScript(lasting(switches.text_ms), talkText(scene.timeline, language));
    case "question":
      return talkScript(lasting(switches.text_ms), questionText(language));
    case "recipe":
      return paidTalkScript(lasting(switches.text_ms), recipeText(describedIn(words.rest) ?? ""), amount);
    case "edit": {
      const { change, changes } = edit(scene);
      const said = isSilent(brief) ? null : editText(changes, language);
      const landing = words.faults.no_change ? null : change;
      const plan = { totalMs: lasting(switches.edit_ms), amount, prompt: words.rest, change: landing, words: said };
      return editScript(plan, callId);
    }
    case "generation": {
      const { one, two } = generate(scene);
      const said = { wordsOne: stageOneText(one.timeline, language), wordsTwo: stageTwoText(two.timeline, language) };
      const plan = { totalMs: lasting(switches.generation_ms), amount, prompt: words.rest, one, two, ...said };
      return generationScript(plan, callId);
    }
  }
}

/* Faults applied to a plain script. */

type Step = Timed<{ readonly frame: TurnFrame }>;

export const STALE_MESSAGE =
  "The last_update_time provided in the session object is earlier than the update_time in the storage_session. Please check if it is a stale session.";

const has = (faults: Faults, name: FaultName): boolean => faults[name] !== undefined;

/** A moment between the first tool call and its response: work has begun and nothing has changed yet. */
function midCall(script: TurnScript): number {
  const call = script.frames.find(({ frame }) => frame.kind === "call");
  const answer = script.frames.find(({ frame }) => frame.kind === "response");
  return call === undefined || answer === undefined ? script.end.at / 2 : (call.at + answer.at) / 2;
}

const cutAt = (script: TurnScript, at: number, how: ScriptedEnd["how"]): TurnScript => ({
  ...script,
  frames: script.frames.filter((step) => step.at <= at),
  end: { at: Math.min(at, script.end.at), how },
});

/** The script without its changes; frozen credits are released at `at`. */
const withoutResult = (script: TurnScript, at: number): TurnScript => {
  const frozen = script.charges.filter(({ kind }) => kind === "freeze");
  return {
    ...script,
    changes: [],
    charges: [...frozen, ...frozen.map(({ amount }) => ({ at, kind: "release" as const, amount }))],
  };
};

function endInError(script: TurnScript, message: string, malformed: boolean): TurnScript {
  const at = midCall(script);
  const cut = cutAt(script, at, "close");
  return { ...cut, frames: [...cut.frames, { at, frame: { kind: "error", message, malformed } }] };
}

const withoutFrames = (script: TurnScript, at: number): TurnScript => ({
  ...script,
  frames: [],
  end: { at, how: "close" },
});

const isWhole = (step: Step): boolean => step.frame.kind === "text" && step.frame.mark === "whole";

/** Sends each whole text as partial texts first. */
export function withPartials(script: TurnScript): TurnScript {
  const frames = script.frames.flatMap((step): Step[] => {
    if (step.frame.kind !== "text" || step.frame.mark !== "whole") return [step];
    const { text } = step.frame;
    const chars = Array.from(text);
    const size = Math.ceil(chars.length / 4);
    const deltas = [0, 1, 2, 3]
      .map((part) => chars.slice(part * size, (part + 1) * size).join(""))
      .filter((delta) => delta !== "");
    return [
      ...deltas.map(
        (delta, part): Step => ({ at: step.at - (4 - part), frame: { kind: "text", text: delta, mark: "partial" } }),
      ),
      step,
    ];
  });
  return { ...script, frames };
}

/** Faults that change single frames of a stream that runs to its end. */
function applyFrameFaults(script: TurnScript, faults: Faults): TurnScript {
  let frames = [...script.frames];
  const first = frames[0]?.at ?? 0;
  const end = script.end.at;
  const add = (at: number, frame: TurnFrame): void => void frames.push({ at, frame });
  if (has(faults, "silent_edit")) frames = frames.filter((step) => !isWhole(step));
  if (has(faults, "thought"))
    add(first, { kind: "text", text: "The user wants a video; I should plan the tracks first.", mark: "thought" });
  if (has(faults, "subagent"))
    add(first, { kind: "text", text: "Handing over to the editor.", mark: "whole", author: "video_editor_agent" });
  if (has(faults, "action_only")) add(first, { kind: "actions" });
  if (has(faults, "error_code"))
    add(end, { kind: "error_code", code: "MAX_TOKENS", message: "The model stopped before it was done" });
  if (has(faults, "noise")) add(end, { kind: "text", text: NOISE_TEXT, mark: "whole" });
  if (has(faults, "multi_part"))
    frames = frames.map((step) =>
      step.frame.kind === "call" ? { ...step, frame: { ...step.frame, words: "On it." } } : step,
    );
  if (has(faults, "duplicate_id"))
    frames = frames.map((step) =>
      step.frame.kind === "response" ? { ...step, frame: { ...step.frame, twice: true } } : step,
    );
  const faulty = { ...script, frames: frames.sort((a, b) => a.at - b.at) };
  return has(faults, "partial") ? withPartials(faulty) : faulty;
}

/** Applies all faults: those of single frames first, the one that ends the stream last. */
export function applyFaults(plain: TurnScript, faults: Faults): TurnScript {
  const script = applyFrameFaults(plain, faults);
  const silence = faults.heartbeats_only ?? faults.silent_stream;
  if (silence !== undefined) {
    const at = silence.atMs ?? 10 * MINUTE_MS;
    const silent = withoutFrames(script, at);
    return has(faults, "heartbeats_only") ? withoutResult(silent, at) : silent;
  }
  if (has(faults, "stale")) return { ...endInError(script, STALE_MESSAGE, false), changes: [] };
  if (has(faults, "malformed_error"))
    return withoutResult(endInError(script, 'model "nemo" overloaded', true), midCall(script));
  if (has(faults, "error_midstream"))
    return withoutResult(endInError(script, "model overloaded", false), midCall(script));
  if (has(faults, "error_after_work")) {
    const frames = script.frames.filter((step) => !isWhole(step));
    return {
      ...script,
      frames: [
        ...frames,
        { at: script.end.at, frame: { kind: "error", message: "upstream connection reset", malformed: false } },
      ],
    };
  }
  const drop = faults.drop ?? faults.two_stage_after_cut;
  if (drop !== undefined) return cutAt(script, drop.atMs ?? midCall(script), "cut");
  if (faults.close_early !== undefined) return cutAt(script, faults.close_early.atMs ?? midCall(script), "close");
  if (has(faults, "cut_in_record")) {
    const answer = script.frames.find(({ frame }) => frame.kind === "response" || frame.kind === "text");
    return cutAt(script, answer?.at ?? script.end.at, "torn");
  }
  return script;
}

/** The delay with which state shows a change, if a fault sets one. */
export const lagOf = (faults: Faults): number | null =>
  faults.state_late === undefined ? null : (faults.state_late.atMs ?? 10 * SECOND_MS);

/* Planning a turn. */

export type PlanInput = {
  readonly id: string;
  readonly session: SessionRecord;
  /** The session's timeline when the turn starts. */
  readonly view: View;
  readonly prompt: string;
  /** The request asked for partial texts. */
  readonly streaming: boolean;
  readonly available: number;
  /** Another turn of the session is running. */
  readonly busy: boolean;
  readonly switches: Switches;
  /** The sandbox's seed. */
  readonly seed: string;
  readonly scale: number;
  readonly now: EpochMs;
};

/** `turn` is null when credits are missing and a JSON body reports it. */
export type Plan = { readonly turn: SandboxTurn | null; readonly words: PromptWords };

/** How this turn reports missing credits; null when there are enough. */
function noCreditsFormOf(
  faults: Faults,
  price: number,
  { available, switches }: PlanInput,
): Switches["no_credits_form"] | null {
  if (faults.no_credits) return "body";
  if (faults.no_credits_inline) return "inline";
  if (faults.no_credits_text) return "text";
  // A turn that costs nothing still needs one available credit.
  return available < Math.max(1, price) ? switches.no_credits_form : null;
}

function chunkingOf(faults: Faults, usual: Switches["chunking"]): Switches["chunking"] {
  if (faults.split_bytes) return "bytes";
  if (faults.random_chunks) return "random";
  return faults.merged ? "merged" : usual;
}

function wireOf(switches: Switches, faults: Faults): StreamFormat {
  const { adk_time, heartbeat, state_delta } = switches;
  return {
    wire: faults.typed ? "typed" : switches.wire,
    adk_case: faults.snake ? "snake" : switches.adk_case,
    newline: faults.crlf ? "crlf" : switches.newline,
    chunking: chunkingOf(faults, switches.chunking),
    adk_time,
    heartbeat,
    state_delta,
  };
}

function briefOf({ session, view, prompt, switches, seed }: PlanInput): Brief {
  const words = readWords(prompt);
  const turnSeed = `${seed}/${session.ordinal}/${session.turns}`;
  const scene = {
    taskName: session.taskName,
    timeline: view.timeline,
    media: session.media,
    reading: readPrompt(words.rest),
    prompt: words.rest,
    keys: switches.draft_keys,
    random: seededBytes(turnSeed),
  };
  return { scene, words, switches, seed: turnSeed };
}

export function planTurn(input: PlanInput): Plan {
  const { session, switches, scale } = input;
  const brief = briefOf(input);
  const { words, seed } = brief;
  const { faults } = words;
  const wanted = turnKindOf(brief);
  const noCredits = noCreditsFormOf(faults, priceOf(wanted, switches), input);
  if (noCredits === "body") return { turn: null, words };

  const isStale = input.busy && switches.concurrent_turn === "stale";
  const plain = noCredits === null ? plainScript(brief, wanted) : incompleteScript(brief, noCredits);
  const faulty = applyFaults(plain, isStale ? { ...faults, stale: { atMs: null } } : faults);
  const streamed = input.streaming && !faults.partial ? withPartials(faulty) : faulty;
  const turn: SandboxTurn = {
    ...scaleScript(withHeartbeats(streamed, switches.heartbeat_every_ms), scale),
    id: input.id,
    userId: session.userId,
    sessionId: session.sessionId,
    seed,
    prompt: input.prompt,
    kind: noCredits === null ? wanted : "no_credits",
    startedAt: input.now,
    wire: wireOf(switches, faults),
    lagMs: Math.round((lagOf(faults) ?? switches.state_delay_ms) / scale),
    cancelledAt: null,
  };
  return { turn, words };
}
