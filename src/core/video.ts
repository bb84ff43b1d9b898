/**
 * What a video is and which step comes next. Decides only; the user's object commits and performs.
 *
 *   project → assets → turn → timeline → render → file → done
 *
 * A step is done when what it made is written in the record: it is never begun again after that. Each thing is made under
 * a key of the step's own, so a crash between making it and writing it down finds it again.
 */

import { classifyMessage } from "./commands/match.ts";
import { type Charged, type Problem, problemOf } from "./errors.ts";
import type { AssetId, BatchId, KeyId, ProjectId, RenderId, TurnId, UploadId, VideoId } from "./ids.ts";
import type { RenderOutput } from "./render.ts";
import type { EpochMs } from "./time.ts";
import type { PromptSource } from "./user-view.ts";
import type { AttributionWire } from "./wire/attribution.ts";

/* What the turns of a video cost together. */

export type Cost = {
  /** Null before its first turn has ended. */
  readonly charged: Charged | null;
  /** Credits; null where nothing has ended, or where those of one turn are not known. */
  readonly spent: number | null;
};

/** The cost so far and of one more turn. What was not charged cost nothing; what is not known of one is not known of the sum. */
export function withCost(before: Cost, turn: { readonly charged: Charged; readonly spent: number | null }): Cost {
  const known = before.charged === null ? 0 : before.spent;
  const added = turn.charged === "no" ? 0 : turn.spent;
  return {
    charged: worse(before.charged, turn.charged),
    spent: known === null || added === null ? null : known + added,
  };
}

const RANK: readonly (Charged | null)[] = [null, "no", "unknown", "yes"];
const worse = (a: Charged | null, b: Charged): Charged => (RANK.indexOf(a) > RANK.indexOf(b) ? (a ?? b) : b);

/* What a video is made of: files that are here or on their way, and those that are fetched from an address. */

/** Where a file comes from: the asset, and the upload that becomes it where there is one. */
export type VideoSource = {
  readonly asset: AssetId;
  readonly upload: UploadId | null;
  /** The upload is an import: its address, sealed, until it was begun. */
  readonly import?: { readonly address: string | null };
};

/** The same as a caller names it: a file that is here, or the address of one. */
export type NamedSource = VideoSource | { readonly url: string };

/** A source whose import was not begun. */
export const isImportPending = (source: VideoSource): boolean => (source.import?.address ?? null) !== null;

/** Sources of which nothing more is fetched from an address. */
export const withoutAddresses = (sources: readonly VideoSource[]): VideoSource[] =>
  sources.map((source) => (source.import === undefined ? source : { ...source, import: { address: null } }));

/** Counts from here. */
export const FIRST_ROUND = 1;

/** In the order in which they are gone through. */
export const VIDEO_STAGES = ["project", "assets", "turn", "timeline", "render", "file", "done"] as const;
export type VideoStage = (typeof VIDEO_STAGES)[number];

/** What to do when the agent asks back. */
export type OnQuestion = "fail" | "wait" | { readonly answer: string };

export type Video = {
  readonly id: VideoId;
  /** What the current turn says. */
  readonly prompt: string;
  readonly sources: readonly VideoSource[];
  readonly language: string | null;
  readonly output: RenderOutput;
  readonly metadata: Readonly<Record<string, string>>;
  /** Where its ends are told beside the tenant's endpoints; never shown. */
  readonly callback: string | null;
  readonly onQuestion: OnQuestion;
  /** The ready answer was given; a second question is the caller's. */
  readonly answered: boolean;
  readonly generator: { readonly id: string; readonly slug: string; readonly version: number } | null;
  readonly attribution: AttributionWire | null;
  /** The API key that ordered it; missing: not known. */
  readonly key?: KeyId | null;
  /** Formats that its generator takes; null for all. */
  readonly accepts: readonly string[] | null;
  readonly batch: BatchId | null;
  readonly expectedMs: number;
  readonly createdAt: EpochMs;
  readonly status: "queued" | "processing" | "needs_input" | "completed" | "failed" | "cancelled";
  readonly stage: VideoStage;
  readonly project: ProjectId | null;
  /** The project was made for it, and goes with it. */
  readonly ownsProject: boolean;
  /** Counts its messages; names the key of the current turn and of its render. */
  readonly round: number;
  /** When the current round began; missing: with the video. */
  readonly roundAt?: EpochMs | null;
  /** The current turn, and those before it. */
  readonly turn: TurnId | null;
  readonly turns: readonly TurnId[];
  /** The current render, and the last one that left a file. */
  readonly render: RenderId | null;
  readonly file: RenderId | null;
  /** The renders before the current one. */
  readonly renders: readonly RenderId[];
  /** What the agent said last. */
  readonly message: string | null;
  readonly charged: Charged | null;
  readonly spent: number | null;
  /** The last turn whose cost is in `charged` and `spent`. */
  readonly counted?: TurnId | null;
  readonly error: Problem | null;
  readonly endedAt: EpochMs | null;
};

/** What a caller orders, checked and with its generator's prompt filled in. */
export type VideoRequest = Pick<
  Video,
  | "prompt"
  | "sources"
  | "project"
  | "language"
  | "output"
  | "metadata"
  | "callback"
  | "onQuestion"
  | "generator"
  | "attribution"
  | "accepts"
  | "expectedMs"
>;

/** A turn that has ended, as far as a video needs it. */
export type EndedTurn = {
  readonly status: "completed" | "failed" | "unknown";
  readonly charged: Charged;
  /** Credits; null where they could not be measured. */
  readonly spent: number | null;
  readonly error: Problem | null;
  /** Whether it changed the timeline. */
  readonly changed: boolean;
  readonly text: string | null;
};

/** A render that has ended. */
export type EndedRender = { readonly status: "completed" | "failed"; readonly error: Problem | null };

/** What the shell knows of the things that the video is made of; null where it is not made or has not ended. */
export type VideoInputs = {
  /** Sources that are no assets yet, and the refusal of one that will never be. */
  readonly waiting: number;
  readonly problem: Problem | null;
  readonly turn: EndedTurn | null;
  /** Whether the project has something to export; asked for in the stage `timeline` alone. */
  readonly exportable: boolean;
  readonly render: EndedRender | null;
};

/** What to do now. `wait`: something that was begun tells us when it ends. */
export type Step =
  | { readonly do: "import" | "make_project" | "attach" | "start_turn" | "start_render" | "wait" }
  | { readonly do: "save"; readonly video: Video };

/** One rule of each stage, top to bottom: what it waits for, what it does, and what it leads to. */
export function nextStep(video: Video, seen: VideoInputs, now: EpochMs): Step {
  const { stage, project, turn, render } = video;
  switch (stage) {
    case "project":
      return project === null ? { do: "make_project" } : go(video, "assets");
    case "assets":
      if (video.sources.some(isImportPending)) return { do: "import" };
      if (seen.problem !== null) return { do: "save", video: toFailed(video, seen.problem, now) };
      return { do: seen.waiting > 0 ? "wait" : "attach" };
    case "turn":
      if (turn === null) return isExportCommand(video) ? go(video, "render") : { do: "start_turn" };
      return seen.turn === null ? { do: "wait" } : { do: "save", video: afterTurn(video, seen.turn, now) };
    case "timeline":
      if (seen.turn === null) return { do: "wait" };
      return { do: "save", video: afterTimeline(video, seen.turn, seen.exportable, now) };
    case "render":
      if (render === null) return { do: "start_render" };
      return seen.render === null ? { do: "wait" } : { do: "save", video: afterRender(video, seen.render, now) };
    case "file":
    case "done":
      return { do: "wait" };
  }
}

const go = (video: Video, stage: VideoStage): Step => ({
  do: "save",
  video: { ...video, status: "processing", stage },
});

/** Nothing but "export", where an earlier message may have left something to export: that needs no further one. */
const isExportCommand = ({ prompt, ownsProject, turns }: Video): boolean =>
  (!ownsProject || turns.length > 0) && classifyMessage(prompt) === "export";

/** Every source is attached: the turn can speak of them. */
export const toTurn = (video: Video): Video => ({ ...video, stage: "turn" });

/** A turn that did not work ends the video with what it was charged. */
function afterTurn(video: Video, ended: EndedTurn, now: EpochMs): Video {
  const updated = withTurn(video, ended);
  if (ended.status === "completed") return { ...updated, stage: "timeline" };
  return toFailed(updated, ended.error ?? noTrace(ended), now);
}

/** The video with what its turn said and cost. */
export const withTurn = (video: Video, ended: EndedTurn): Video => ({
  ...video,
  ...withCost(video, ended),
  counted: video.turn,
  message: ended.text ?? video.message,
});

/** A question ends its text with a question mark; what a person is asked for stands at the end. */
const isQuestion = (text: string | null): boolean => /[?？]["'”’」)\]）\s]*$/u.test(text ?? "");

/**
 * What the agent left decides: a changed timeline is exported, whatever was said. Nothing to export, or nothing done and
 * something asked, is for the caller to say, who may have said it in advance.
 */
function afterTimeline(video: Video, ended: EndedTurn, exportable: boolean, now: EpochMs): Video {
  if (exportable && (ended.changed || !isQuestion(ended.text))) return { ...video, stage: "render" };
  if (typeof video.onQuestion === "object" && !video.answered)
    return { ...nextRound(video, video.onQuestion.answer, now), answered: true };
  if (video.onQuestion === "fail")
    return toFailed(video, problemOf("needs_input", "The agent needs more from you; its words are in `message`."), now);
  return { ...video, status: "needs_input", endedAt: now };
}

function afterRender(video: Video, ended: EndedRender, now: EpochMs): Video {
  if (ended.status === "failed")
    return toFailed(video, ended.error ?? problemOf("render_failed", "The export failed; start another one."), now);
  return { ...video, status: "completed", stage: "done", file: video.render, endedAt: now };
}

/** A step's refusal ends it. The next call is one of the video: who made it need not know of its project or turn. */
export const toFailed = (video: Video, error: Problem, now: EpochMs): Video => ({
  ...video,
  status: "failed",
  error: { ...error, hint: nextCall(video, error) },
  endedAt: now,
});

function nextCall({ id, stage }: Video, { code, hint }: Problem): string {
  if (stage === "project" || stage === "assets") return hint ?? "POST /v1/videos";
  if (code === "session_lost") return "POST /v1/videos";
  return `POST /v1/videos/${id}/turns${stage === "render" ? ' {"prompt": "export"}' : ""}`;
}

/** The next message of the same video, in the same project; its end is told anew. What came before its first turn is done first. */
export const nextRound = (video: Video, prompt: string, now: EpochMs): Video => ({
  ...video,
  prompt,
  status: "processing",
  stage: video.stage === "project" || video.stage === "assets" ? video.stage : "turn",
  round: video.round + 1,
  roundAt: now,
  turns: video.turn === null ? video.turns : [...video.turns, video.turn],
  renders: video.render === null ? video.renders : [...video.renders, video.render],
  turn: null,
  render: null,
  error: null,
  endedAt: null,
});

/** Who wrote the current turn's prompt: a generator the first one, a caller every later one. */
export const promptSourceOf = ({ generator, round }: Video): PromptSource =>
  generator !== null && round === FIRST_ROUND ? "generator" : "caller";

/** The names of the steps that make a round's turn and its render. */
export const turnStep = ({ round }: Video): string => `turn ${round}`;
export const renderStep = ({ round }: Video): string => `render ${round}`;

/** When its current round began. */
export const roundStartedAt = ({ roundAt, createdAt }: Video): EpochMs => roundAt ?? createdAt;

/** Whether nothing more happens unless the caller says so. */
export const isOver = ({ endedAt }: Video): boolean => endedAt !== null;

const noTrace = ({ charged }: EndedTurn): Problem =>
  problemOf("turn_failed", "Nemo left no trace of the message; read the turn for what is known.", { charged });

/* What callers do to a video: order it, cancel it, go on with it. */

/** An order as it comes in: what its addresses become is not settled. */
export type NamedVideoRequest = Omit<VideoRequest, "sources"> & { readonly sources: readonly NamedSource[] };

export const newVideoOf = (order: VideoRequest, id: VideoId, createdAt: EpochMs, batch: BatchId | null): Video => ({
  ...order,
  id,
  createdAt,
  batch,
  ownsProject: order.project === null,
  answered: false,
  status: "queued",
  stage: "project",
  round: FIRST_ROUND,
  roundAt: createdAt,
  turn: null,
  turns: [],
  render: null,
  file: null,
  renders: [],
  message: null,
  charged: null,
  spent: null,
  counted: null,
  error: null,
  endedAt: null,
});

/** Stopped by its caller. `made`: what its steps had made, whether the video says so or not. */
export const toCancelled = (
  video: Video,
  made: { readonly turn: TurnId | null; readonly render: RenderId | null },
  now: EpochMs,
): Video => ({
  ...video,
  ...made,
  status: "cancelled",
  error: problemOf("cancelled", "The video was cancelled; what Nemo had begun may still be charged."),
  endedAt: now,
});

/** Whether it can go on with another message. */
export const canContinue = (video: Video): boolean => isOver(video) && video.status !== "cancelled";

/** The turn whose cost a cancelled video does not know yet: it ends without being followed. */
export const awaitsCost = ({ status, turn, counted = null }: Video): boolean =>
  status === "cancelled" && turn !== null && turn !== counted;

/** A cancelled video whose turn has ended after all, and says what it cost; the same where there is nothing to learn. */
export const withLateCost = (video: Video, ended: EndedTurn | null): Video =>
  ended === null || !awaitsCost(video) ? video : withTurn(video, ended);

/* How far a video is, in one number. */

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
