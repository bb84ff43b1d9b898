/**
 * State machine of a video. Pure: the user's object commits the state and performs the steps.
 *
 *   project → assets → turn → timeline → render → file → done
 *
 * A step is complete when the record names what it created, and is never started again after that. Every step creates
 * under its own idempotency key, so after a crash in between the retry finds what exists.
 */

import { classifyMessage } from "./commands.ts";
import { type Charged, type Problem, problemOf } from "./errors.ts";
import type { AssetId, BatchId, KeyId, ProjectId, RenderId, TurnId, UploadId, VideoId } from "./ids.ts";
import type { RenderOutput } from "./render.ts";
import type { EpochMs } from "./time.ts";
import type { PromptSource } from "./user-view.ts";
import type { AttributionWire } from "./wire/common.ts";

export type Cost = {
  /** Null before its first turn has ended. */
  readonly charged: Charged | null;
  /** Credits; null when no turn has ended, or when those of one turn are unknown. */
  readonly spent: number | null;
};

/**
 * The cost including one more turn. A turn that was not charged cost nothing; an unknown amount makes the sum unknown.
 */
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

/** A source file: the asset, and the upload that becomes it where there is one. */
export type VideoSource = {
  readonly asset: AssetId;
  readonly upload: UploadId | null;
  /** Set when the upload is an import: its encrypted URL until the import has started. */
  readonly import?: { readonly address: string | null };
};

/** A source as the request names it: an existing file, or a URL. */
export type NamedSource = VideoSource | { readonly url: string };

/** Whether the source's import has not started. */
export const isImportPending = (source: VideoSource): boolean => (source.import?.address ?? null) !== null;

/** The sources without the URLs of imports. */
export const withoutAddresses = (sources: readonly VideoSource[]): VideoSource[] =>
  sources.map((source) => (source.import === undefined ? source : { ...source, import: { address: null } }));

/** The number of the first round. */
export const FIRST_ROUND = 1;

/** In order. */
export const VIDEO_STAGES = ["project", "assets", "turn", "timeline", "render", "file", "done"] as const;
export type VideoStage = (typeof VIDEO_STAGES)[number];

/** What to do when the agent asks a question. */
export type OnQuestion = "fail" | "wait" | { readonly answer: string };

export type Video = {
  readonly id: VideoId;
  /** The prompt of the current turn. */
  readonly prompt: string;
  readonly sources: readonly VideoSource[];
  readonly language: string | null;
  readonly output: RenderOutput;
  readonly metadata: Readonly<Record<string, string>>;
  /** URL that receives its end events beside the tenant's endpoints; never shown. */
  readonly callback: string | null;
  readonly onQuestion: OnQuestion;
  /** The prepared answer was used; a second question goes to the caller. */
  readonly answered: boolean;
  readonly generator: { readonly id: string; readonly slug: string; readonly version: number } | null;
  readonly attribution: AttributionWire | null;
  /** The API key that created it; null when unknown. */
  readonly key: KeyId | null;
  /** Formats that its generator accepts; null for all. */
  readonly accepts: readonly string[] | null;
  readonly batch: BatchId | null;
  readonly expectedMs: number;
  readonly createdAt: EpochMs;
  readonly status: "queued" | "processing" | "needs_input" | "completed" | "failed" | "cancelled";
  readonly stage: VideoStage;
  readonly project: ProjectId | null;
  /** The project was created for it and is deleted with it. */
  readonly ownsProject: boolean;
  /** Number of its messages; part of the idempotency keys of the current turn and render. */
  readonly round: number;
  /** When the current round started. */
  readonly roundAt: EpochMs;
  /** The current turn, and the earlier ones. */
  readonly turn: TurnId | null;
  readonly turns: readonly TurnId[];
  /** The current render, and the last one that has a file. */
  readonly render: RenderId | null;
  readonly file: RenderId | null;
  /** The renders before the current one. */
  readonly renders: readonly RenderId[];
  /** The agent's last text. */
  readonly message: string | null;
  readonly charged: Charged | null;
  readonly spent: number | null;
  /** The last turn whose cost is in `charged` and `spent`. */
  readonly countedTurn: TurnId | null;
  readonly error: Problem | null;
  readonly endedAt: EpochMs | null;
};

/** A caller's request, validated and with its generator's prompt filled in. */
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

/** The result of a turn, as far as a video needs it. */
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

/** The result of a render. */
export type EndedRender = { readonly status: "completed" | "failed"; readonly error: Problem | null };

/** The state of what the video consists of; null where it does not exist or has not ended. */
export type VideoInputs = {
  /** Sources that are not assets yet, and the problem of one that will never be. */
  readonly waiting: number;
  readonly problem: Problem | null;
  readonly turn: EndedTurn | null;
  /** Whether the project has something to export; only known in the stage `timeline`. */
  readonly exportable: boolean;
  readonly render: EndedRender | null;
};

/** The next action. `wait`: the end of a started operation triggers the next step. */
export type Step =
  | { readonly do: "import" | "make_project" | "attach" | "start_turn" | "start_render" | "wait" }
  | { readonly do: "save"; readonly video: Video };

/** The transition of each stage. */
export function nextVideoStep(video: Video, seen: VideoInputs, now: EpochMs): Step {
  const { stage, project, turn, render } = video;
  switch (stage) {
    case "project":
      return project === null ? { do: "make_project" } : go(video, "assets");
    case "assets":
      if (video.sources.some(isImportPending)) return { do: "import" };
      if (seen.problem !== null) return { do: "save", video: failedVideo(video, seen.problem, now) };
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

/**
 * Whether the prompt is only an export command and an earlier message may have left something to export: then no turn
 * is needed.
 */
const isExportCommand = ({ prompt, ownsProject, turns }: Video): boolean =>
  (!ownsProject || turns.length > 0) && classifyMessage(prompt) === "export";

/** The state after every source is attached to the project. */
export const toTurn = (video: Video): Video => ({ ...video, stage: "turn" });

/** A failed turn ends the video with what it was charged. */
function afterTurn(video: Video, ended: EndedTurn, now: EpochMs): Video {
  const updated = withTurn(video, ended);
  if (ended.status === "completed") return { ...updated, stage: "timeline" };
  return failedVideo(updated, ended.error ?? noTrace(ended), now);
}

/** The video with its turn's text and cost. */
export const withTurn = (video: Video, ended: EndedTurn): Video => ({
  ...video,
  ...withCost(video, ended),
  countedTurn: video.turn,
  message: ended.text ?? video.message,
});

/** Whether a text ends with a question: agents put what they need from a person at the end. */
const isQuestion = (text: string | null): boolean => /[?？]["'”’」)\]）\s]*$/u.test(text ?? "");

/**
 * A changed timeline is exported, whatever the text says. When there is nothing to export, or the timeline did not
 * change and the text asks a question, the caller's `onQuestion` decides.
 */
function afterTimeline(video: Video, ended: EndedTurn, exportable: boolean, now: EpochMs): Video {
  if (exportable && (ended.changed || !isQuestion(ended.text))) return { ...video, stage: "render" };
  if (typeof video.onQuestion === "object" && !video.answered)
    return { ...nextRound(video, video.onQuestion.answer, now), answered: true };
  if (video.onQuestion === "fail")
    return failedVideo(
      video,
      problemOf("needs_input", "The agent needs more information; read `message` and send the answer."),
      now,
    );
  return { ...video, status: "needs_input", endedAt: now };
}

function afterRender(video: Video, ended: EndedRender, now: EpochMs): Video {
  if (ended.status === "failed")
    return failedVideo(video, ended.error ?? problemOf("render_failed", "The export failed; start another one."), now);
  return { ...video, status: "completed", stage: "done", file: video.render, endedAt: now };
}

/**
 * Ends the video with a step's problem. The hint is a call for the video, because its caller need not know its project
 * or turn.
 */
export const failedVideo = (video: Video, error: Problem, now: EpochMs): Video => ({
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

/**
 * Starts the next round with another message in the same project. Stages before the first turn are completed first.
 * `callback`: the address for the ends from now on; null to keep the one it has.
 */
export const nextRound = (video: Video, prompt: string, now: EpochMs, callback: string | null = null): Video => ({
  ...video,
  prompt,
  callback: callback ?? video.callback,
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

/** Names of the steps that create a round's turn and render, for their idempotency keys. */
export const turnStep = ({ round }: Video): string => `turn ${round}`;
export const renderStep = ({ round }: Video): string => `render ${round}`;

/** When its current round started. */
export const roundStartedAt = ({ roundAt }: Video): EpochMs => roundAt;

/** Whether nothing more happens unless the caller continues it. */
export const isVideoOver = ({ endedAt }: Video): boolean => endedAt !== null;

const noTrace = ({ charged }: EndedTurn): Problem =>
  problemOf(
    "turn_failed",
    "Nemo has no trace of the message; read the turn for what is known, then send it again if needed.",
    { charged },
  );

/** A request whose URLs have not become imports yet. */
export type NamedVideoRequest = Omit<VideoRequest, "sources"> & { readonly sources: readonly NamedSource[] };

export const newVideoOf = (
  order: VideoRequest & Pick<Video, "key">,
  id: VideoId,
  createdAt: EpochMs,
  batch: BatchId | null,
): Video => ({
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
  countedTurn: null,
  error: null,
  endedAt: null,
});

/** Cancels a video. `made`: what its steps have created, including what the record does not name yet. */
export const cancelledVideo = (
  video: Video,
  made: { readonly turn: TurnId | null; readonly render: RenderId | null },
  now: EpochMs,
): Video => ({
  ...video,
  ...made,
  status: "cancelled",
  error: problemOf("cancelled", "The video was cancelled; work that Nemo had started may still be charged."),
  endedAt: now,
});

/** Whether another message may continue it. */
export const canContinue = (video: Video): boolean => isVideoOver(video) && video.status !== "cancelled";

/** Whether a cancelled video still waits for the cost of its turn, which ends without being streamed. */
export const awaitsCost = ({ status, turn, countedTurn }: Video): boolean =>
  status === "cancelled" && turn !== null && turn !== countedTurn;

/** Adds the cost of a cancelled video's turn once the turn has ended; unchanged if there is nothing to add. */
export const withLateCost = (video: Video, ended: EndedTurn | null): Video =>
  ended === null || !awaitsCost(video) ? video : withTurn(video, ended);

/** Progress range of each stage, in percent. */
const REACH: Readonly<Record<VideoStage, readonly [number, number]>> = {
  project: [0, 2],
  assets: [2, 10],
  turn: [10, 60],
  timeline: [60, 62],
  render: [62, 99],
  file: [99, 99],
  done: [100, 100],
};

/** Progress in percent; `share` is the progress within the stage, 0 to 1. It is 100 only when the file exists. */
export function progressOf({ stage }: Video, share: number): number {
  const [from, to] = REACH[stage];
  return Math.floor(from + (to - from) * Math.min(1, Math.max(0, share)));
}
