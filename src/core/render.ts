/**
 * State machine of a render. Pure: the user's object commits the state and performs the steps.
 *
 *   queued → submitting → polling → copying → completed
 *     ↑          │            │         │
 *     └─ retry ──┴────────────┴─────────┴────→ failed
 *
 * `submitting` is committed with upstream's id before the request is sent; after a crash that id is polled. A job that
 * upstream fails or never received is submitted once more under a new id. A render that timed out is shown as failed
 * but still polled (`timedOutAt`): a late file completes it after all.
 */
import { type Problem, problemOf } from "./errors.ts";
import type { KeyId, ProjectId, RenderId } from "./ids.ts";
import type { MediaMetadata, NoMetadata } from "./media/metadata.ts";
import type { Result } from "./result.ts";
import { type EpochMs, SECOND_MS } from "./time.ts";
import type { Timings } from "./timings.ts";
import type { AttributionWire } from "./wire/common.ts";

export type RenderOutput = { readonly format: string; readonly quality: string };

/** The only attested output. Source: nemo-api reference section 7.2. */
export const ATTESTED_OUTPUT: RenderOutput = { format: "mp4", quality: "high" };
export const isAttested = ({ format, quality }: RenderOutput): boolean =>
  format === ATTESTED_OUTPUT.format && quality === ATTESTED_OUTPUT.quality;

/** An earlier upstream job of the same render, and how it ended. */
export type Attempt = {
  readonly upstreamId: string;
  readonly submittedAt: EpochMs | null;
  readonly endedAt: EpochMs;
  readonly detail: string;
};

export type Render = {
  readonly id: RenderId;
  readonly project: ProjectId;
  readonly metadata: Readonly<Record<string, string>>;
  /** URL that receives its end events beside the tenant's endpoints; never shown. */
  readonly callback: string | null;
  /** The attribution of the generator it is made for; null: its tenant's. */
  readonly attribution: AttributionWire | null;
  /** The API key that requested it; null when unknown. */
  readonly key: KeyId | null;
  readonly output: RenderOutput;
  readonly createdAt: EpochMs;
  readonly phase: "queued" | "submitting" | "polling" | "copying" | "completed" | "failed";
  /** Our own random id: upstream names its result file after it. */
  readonly upstreamId: string;
  readonly submittedAt: EpochMs | null;
  /** What upstream has shown of the job: nothing, that it accepted it, or that it knows it. */
  readonly known: "no" | "accepted" | "seen";
  /** The last poll said that upstream is working on it. */
  readonly working: boolean;
  /** Number of polls, which selects the next delay. */
  readonly polls: number;
  /** 0 to 100. */
  readonly progress: number;
  /** Upstream's URL of the result. Never shown. */
  readonly resultUrl: string | null;
  /**
   * The timeline it renders: its fingerprint, and the expected properties of the file; null until it was read for the
   * submit.
   */
  readonly timeline: ({ readonly fingerprint: string } & ExpectedFile) | null;
  readonly file: RenderFile | null;
  /** The render whose file this one reuses because nothing had changed. */
  readonly reusedFrom: RenderId | null;
  readonly warnings: readonly RenderWarning[];
  readonly attempts: readonly Attempt[];
  readonly error: Problem | null;
  /** When it was shown as failed because of a timeout; it is still polled. */
  readonly timedOutAt: EpochMs | null;
  /** It was cancelled while upstream may have the job, and upstream was not informed yet. */
  readonly cancelScheduled: boolean;
  readonly nextAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
};

export const newRenderOf = (
  given: Pick<
    Render,
    "id" | "project" | "metadata" | "callback" | "attribution" | "key" | "output" | "createdAt" | "upstreamId"
  >,
): Render => ({
  ...given,
  phase: "queued",
  submittedAt: null,
  known: "no",
  working: false,
  polls: 0,
  progress: 0,
  resultUrl: null,
  timeline: null,
  file: null,
  reusedFrom: null,
  warnings: [],
  attempts: [],
  error: null,
  timedOutAt: null,
  cancelScheduled: false,
  nextAt: given.createdAt,
  endedAt: null,
});

/** A render that reuses the file of another one with the same timeline and output, until its own expiry. */
export const reuseOf = (render: Render, other: Render & { readonly file: RenderFile }, expiresAt: EpochMs): Render => ({
  ...render,
  phase: "completed",
  progress: 100,
  timeline: other.timeline,
  file: { ...other.file, expiresAt },
  reusedFrom: other.reusedFrom ?? other.id,
  warnings: other.warnings,
  nextAt: null,
  endedAt: render.createdAt,
});

/** The state to commit before the job is submitted. */
export const toSubmitting = (render: Render, timeline: Render["timeline"], now: EpochMs): Render => ({
  ...render,
  phase: "submitting",
  timeline,
  submittedAt: now,
});

/** The state after a submit that upstream accepted or may have accepted: poll the job by its id. */
export const toPolling = (render: Render, known: "no" | "accepted", now: EpochMs, timings: Timings): Render => ({
  ...render,
  phase: "polling",
  known,
  nextAt: now + pollDelay(0, timings),
});

/** The delay after `polls` polls: 5, 10, 15, then 30 s. */
export const pollDelay = (polls: number, timings: Timings): number =>
  timings.renderPolls[Math.min(polls, timings.renderPolls.length - 1)] ?? timings.retry;

/** Upstream's answer to a poll, in our terms. */
export type PollAnswer = {
  readonly status: "waiting" | "running" | "completed" | "failed";
  readonly progress: number | null;
  readonly url: string | null;
};

const spent = (render: Render, now: EpochMs): number => now - (render.submittedAt ?? render.createdAt);

/**
 * The render after one poll. `completed` without a URL is polled again, because upstream reports it before the file
 * exists; after the timeout the file is copied from the fallback download instead. `nextId` is for the one retry.
 */
export function afterPoll(render: Render, answer: PollAnswer, nextId: string, now: EpochMs, timings: Timings): Render {
  const progress = Math.max(render.progress, Math.min(99, Math.round(answer.progress ?? 0)));
  const seen = { ...render, known: "seen" as const, working: answer.status === "running", progress };
  const isLast = spent(render, now) >= timings.renderTimeout;
  if (answer.status === "completed" && (answer.url !== null || isLast))
    return { ...seen, phase: "copying", resultUrl: answer.url, progress: 99, nextAt: now };
  if (answer.status === "failed") return again(seen, "Nemo reported that the export failed.", nextId, now);
  return pollAgain(seen, now, timings);
}

/**
 * Polls of a job that upstream does not know before it is retried. Without an answer to the submit: 15 s, longer than
 * such an answer takes. After an accepted submit: four minutes. Chosen.
 */
const UNKNOWN_POLLS = { no: 3, accepted: 10 } as const;

/**
 * The render after upstream did not know its job. Upstream may still be accepting it, so it is polled again before it
 * counts as lost. A job that upstream has known is only polled.
 */
export function afterUnknown(render: Render, nextId: string, now: EpochMs, timings: Timings): Render {
  if (render.known === "seen") return pollAgain(render, now, timings);
  const polls = render.polls + 1;
  if (polls < UNKNOWN_POLLS[render.known]) return { ...render, polls, nextAt: now + pollDelay(render.polls, timings) };
  return again(render, "Nemo does not know this export job; the request was lost.", nextId, now);
}

/** Upstream jobs of one render. Source: nemo-api reference 7.3, "new id, one retry". */
const ATTEMPTS_MAX = 2;

/** Retries a failed job once, under a new id; the second failure ends the render. */
function again(render: Render, detail: string, nextId: string, now: EpochMs): Render {
  const { upstreamId, submittedAt } = render;
  const attempts = [...render.attempts, { upstreamId, submittedAt, endedAt: now, detail }];
  const isOver = render.timedOutAt !== null || attempts.length >= ATTEMPTS_MAX;
  const failed = problemOf("render_failed", `${detail} Start another render.`, { charged: "no" });
  if (isOver) return failedRender({ ...render, attempts }, failed, now);
  const fresh = newRenderOf({ ...render, upstreamId: nextId });
  return { ...fresh, attempts, nextAt: now };
}

const timedOut = (): Problem =>
  problemOf(
    "render_timeout",
    "Nemo did not finish the export in 30 minutes. The gateway checks for a late file for one more day, and such a file completes this render; or start another one.",
    { charged: "no" },
  );

/** The render after a poll without a result: polled again, less often after the timeout, and ended after a day. */
export function pollAgain(render: Render, now: EpochMs, timings: Timings): Render {
  const polls = render.polls + 1;
  const time = spent(render, now);
  if (time < timings.renderTimeout)
    return { ...render, phase: "polling", polls, nextAt: now + pollDelay(polls, timings) };
  const error = render.error ?? timedOut();
  if (time >= timings.renderLate) return failedRender(render, error, now);
  const late = { polls, error, timedOutAt: render.timedOutAt ?? now, endedAt: render.endedAt ?? now };
  return { ...render, ...late, phase: "polling", nextAt: now + timings.renderLatePoll };
}

/** The file is in R2. */
export const toCompleted = (
  render: Render,
  file: RenderFile,
  warnings: readonly RenderWarning[],
  now: EpochMs,
): Render => ({
  ...render,
  phase: "completed",
  file,
  warnings,
  error: null,
  timedOutAt: null,
  progress: 100,
  nextAt: null,
  endedAt: now,
});

/** Ends a render as failed; one that was already shown as failed keeps its first error. */
export const failedRender = (render: Render, error: Problem, now: EpochMs): Render => ({
  ...render,
  phase: "failed",
  error: render.timedOutAt === null ? error : render.error,
  nextAt: null,
  endedAt: render.endedAt ?? now,
});

const cancelled = (): Problem => problemOf("cancelled", "The render was cancelled.", { charged: "no" });

/**
 * Cancels a render. One that has ended, or whose file is being copied, does not change. One that timed out is polled
 * no more and keeps its error.
 */
export const cancelledRender = (render: Render, now: EpochMs): Render =>
  render.phase === "copying" ? render : toDropped(render, now);

/** Ends the render of a deleted record: its result is no longer needed. */
export const toDropped = (render: Render, now: EpochMs): Render =>
  isRenderOver(render)
    ? render
    : { ...failedRender(render, cancelled(), now), cancelScheduled: render.phase !== "queued" };

/** Whether no work is left for it. */
export const isRenderOver = ({ phase }: Render): boolean => phase === "completed" || phase === "failed";

/** Whether an end was shown to its callers; a timed-out render is still polled. */
export const isPublished = (render: Render): boolean => isRenderOver(render) || render.timedOutAt !== null;

export type RenderFile = {
  readonly sizeBytes: number;
  readonly etag: string;
  readonly contentType: string;
  /** Hexadecimal; null for files stored without one. */
  readonly sha256: string | null;
  /** Null when the file does not state it. */
  readonly durationMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly codec: string | null;
  /** When it is deleted, by the tenant's retention time when that was last checked. */
  readonly expiresAt: EpochMs;
  /** Its record was deleted, so it expires at `expiresAt` whatever the retention time. Missing: it does not. */
  readonly isEnded?: boolean;
};

/** The file with its expiry by the tenant's current retention time. */
export const withRetention = (file: RenderFile, finishedAt: EpochMs, keptMs: number): RenderFile =>
  file.isEnded === true ? file : { ...file, expiresAt: finishedAt + keptMs };

/** The file with its expiry at `now`, whatever its retention time. */
export const expireNow = (file: RenderFile, now: EpochMs): RenderFile => ({
  ...file,
  expiresAt: Math.min(file.expiresAt, now),
  isEnded: true,
});

export type RenderWarning = {
  readonly code: "duration_differs" | "dimensions_differ" | "file_not_inspected";
  readonly detail: string;
};

/** What the draft says about the file to expect; null where it does not say. */
export type ExpectedFile = {
  readonly durationMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
};

/** Tolerated difference of duration, from encoders: a second, or a twentieth of a long video. Chosen. */
const DURATION_SLACK_MS = SECOND_MS;
const DURATION_SLACK_SHARE = 0.05;

/** Output formats by name; `containers` are the accepted formats of the file, where they can be detected. */
const FORMATS: Readonly<Record<string, { readonly contentType: string; readonly containers: readonly string[] }>> = {
  mp4: { contentType: "video/mp4", containers: ["mp4", "mov"] },
  mov: { contentType: "video/quicktime", containers: ["mp4", "mov"] },
  webm: { contentType: "video/webm", containers: ["webm", "matroska"] },
};

/** The media type of a format; bytes for one that is not attested. */
export const contentTypeOf = (format: string): string =>
  (Object.hasOwn(FORMATS, format) ? FORMATS[format]?.contentType : undefined) ?? "application/octet-stream";

/**
 * Whether a stored file may complete a render: it has the requested format, is complete, and has at least one video
 * frame. A file whose index is too large to read is accepted, and a format that is not attested is not checked.
 */
export function isAnnounceable(seen: Result<MediaMetadata, NoMetadata>, format: string): boolean {
  if (!Object.hasOwn(FORMATS, format)) return seen.ok || seen.error.reason !== "gone";
  if (!seen.ok) return seen.error.reason === "over_budget";
  const { container, isWhole, videoSamples } = seen.value;
  return FORMATS[format]?.containers.includes(container) === true && isWhole && videoSamples !== 0;
}

/** What a caller should know before using the file. */
export function warningsOf(seen: Result<MediaMetadata, NoMetadata>, wanted: ExpectedFile): RenderWarning[] {
  if (!seen.ok) {
    return [
      {
        code: "file_not_inspected",
        detail:
          "The file's index could not be read, so its duration and size are unknown; check them before you use the file.",
      },
    ];
  }
  const { durationMs, width, height } = seen.value;
  const warnings: RenderWarning[] = [];
  if (durationMs !== null && wanted.durationMs !== null) {
    const slack = Math.max(DURATION_SLACK_MS, wanted.durationMs * DURATION_SLACK_SHARE);
    if (Math.abs(durationMs - wanted.durationMs) > slack) {
      const detail = `The file lasts ${durationMs} ms, the timeline ${wanted.durationMs} ms.`;
      warnings.push({ code: "duration_differs", detail });
    }
  }
  const isOther = (is: number | null, was: number | null): boolean => is !== null && was !== null && is !== was;
  if (isOther(width, wanted.width) || isOther(height, wanted.height)) {
    const detail = `The file is ${width}×${height} pixels, the timeline ${wanted.width}×${wanted.height}.`;
    warnings.push({ code: "dimensions_differ", detail });
  }
  return warnings;
}
