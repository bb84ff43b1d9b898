/**
 * What a render is and what comes next. Decides only; the user's object commits and performs.
 *
 *   queued → submitting → polling → copying → completed
 *     ↑          │            │         │
 *     └─ again ──┴────────────┴─────────┴────→ failed
 *
 * `submitting` is committed with upstream's id before the request leaves; a crash there is answered by asking for that id.
 * A job that upstream fails, or never had, is ordered once more under a new id. A render that timed out is told as failed
 * and still asked for, by `timedOutAt`: what comes late completes it after all.
 */
import { type Problem, problemOf } from "./errors.ts";
import type { KeyId, ProjectId, RenderId } from "./ids.ts";
import type { MediaMetadata, NoMetadata } from "./media/metadata.ts";
import type { Result } from "./result.ts";
import { type EpochMs, SECOND_MS } from "./time.ts";
import type { Timings } from "./timings.ts";
import type { AttributionWire } from "./wire/attribution.ts";

export type RenderOutput = { readonly format: string; readonly quality: string };

/** The only attested output. Source: nemo-api reference section 7.2. */
export const ATTESTED_OUTPUT: RenderOutput = { format: "mp4", quality: "high" };
export const isAttested = ({ format, quality }: RenderOutput): boolean =>
  format === ATTESTED_OUTPUT.format && quality === ATTESTED_OUTPUT.quality;

/** A job that upstream was given before this one, and how it ended. */
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
  /** Where its end is told beside the tenant's endpoints; never shown. */
  readonly callback: string | null;
  /** Of the generator it is made for; missing: its tenant's. */
  readonly attribution?: AttributionWire | null;
  /** The API key that asked for it; missing: not known. */
  readonly key?: KeyId | null;
  readonly output: RenderOutput;
  readonly createdAt: EpochMs;
  readonly phase: "queued" | "submitting" | "polling" | "copying" | "completed" | "failed";
  /** Ours, unguessable: upstream names its result file after it. */
  readonly upstreamId: string;
  readonly submittedAt: EpochMs | null;
  /** What upstream has shown of the job: nothing, that it took the order, that it knows it. */
  readonly known: "no" | "accepted" | "seen";
  /** Upstream works on it, as far as the last poll said. */
  readonly working: boolean;
  /** Polls made, to choose the next wait. */
  readonly polls: number;
  /** 0 to 100. */
  readonly progress: number;
  /** Upstream's address of the result. Kept inside. */
  readonly resultUrl: string | null;
  /** Which timeline it shows: its fingerprint, and what the file should be; null until it was read for the submit. */
  readonly made: ({ readonly fingerprint: string } & ExpectedFile) | null;
  readonly file: RenderFile | null;
  /** The render whose file this one shows, when nothing had changed since. */
  readonly reusedFrom: RenderId | null;
  readonly warnings: readonly RenderWarning[];
  readonly attempts: readonly Attempt[];
  readonly error: Problem | null;
  /** Told as failed at this moment, and still asked for. */
  readonly timedOutAt: EpochMs | null;
  /** Cancelled while upstream may have the job, and upstream was not told yet. */
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
  made: null,
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

/** A render that shows the file of another one, of the same timeline and output, and keeps it until its own time is over. */
export const reuseOf = (render: Render, other: Render & { readonly file: RenderFile }, expiresAt: EpochMs): Render => ({
  ...render,
  phase: "completed",
  progress: 100,
  made: other.made,
  file: { ...other.file, expiresAt },
  reusedFrom: other.reusedFrom ?? other.id,
  warnings: other.warnings,
  nextAt: null,
  endedAt: render.createdAt,
});

/** Commit this before the job is sent. */
export const toSubmitting = (render: Render, made: Render["made"], now: EpochMs): Render => ({
  ...render,
  phase: "submitting",
  made,
  submittedAt: now,
});

/** Upstream took the order, or may have taken it: ask for the job by its id. */
export const toPolling = (render: Render, known: "no" | "accepted", now: EpochMs, timings: Timings): Render => ({
  ...render,
  phase: "polling",
  known,
  nextAt: now + pollDelay(0, timings),
});

/** The wait after `polls` polls: 5, 10, 15, then 30 s. */
export const pollDelay = (polls: number, timings: Timings): number =>
  timings.renderPolls[Math.min(polls, timings.renderPolls.length - 1)] ?? timings.retry;

/** Upstream's answer to a poll, in our words. */
export type PollAnswer = {
  readonly status: "waiting" | "running" | "completed" | "failed";
  readonly progress: number | null;
  readonly url: string | null;
};

const spent = (render: Render, now: EpochMs): number => now - (render.submittedAt ?? render.createdAt);

/**
 * The render after one answer. `completed` without an address keeps polling: upstream says so before the file is there.
 * At the end of its time it is copied without one, by the fallback download. `nextId` is for the one more try.
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
 * Times upstream is asked for a job it does not know. Without an answer to the submit: 15 s, longer than such an answer takes.
 * After a yes: four minutes. Chosen.
 */
const UNKNOWN_POLLS = { no: 3, accepted: 10 } as const;

/**
 * The render after upstream did not know its job. It may be taking it just then, so it is asked for again; then the job never
 * arrived. A job that upstream once knew is only asked for again.
 */
export function afterUnknown(render: Render, nextId: string, now: EpochMs, timings: Timings): Render {
  if (render.known === "seen") return pollAgain(render, now, timings);
  const polls = render.polls + 1;
  if (polls < UNKNOWN_POLLS[render.known]) return { ...render, polls, nextAt: now + pollDelay(render.polls, timings) };
  return again(render, "Nemo does not know the order; it was lost on its way.", nextId, now);
}

/** Jobs that one render may cost upstream. Source: nemo-api reference 7.3, "new id, one retry". */
const ATTEMPTS_MAX = 2;

/** Orders a job that came to nothing once more, under a new id; the second time the render ends. */
function again(render: Render, detail: string, nextId: string, now: EpochMs): Render {
  const { upstreamId, submittedAt } = render;
  const attempts = [...render.attempts, { upstreamId, submittedAt, endedAt: now, detail }];
  const isOver = render.timedOutAt !== null || attempts.length >= ATTEMPTS_MAX;
  const failed = problemOf("render_failed", `${detail} Start another render.`, { charged: "no" });
  if (isOver) return toFailed({ ...render, attempts }, failed, now);
  const fresh = newRenderOf({ ...render, upstreamId: nextId });
  return { ...fresh, attempts, nextAt: now };
}

const timedOut = (): Problem =>
  problemOf(
    "render_timeout",
    "Nemo did not finish the export in 30 minutes. It is asked for for a day more, and a file that comes late completes this render; or start another one.",
    { charged: "no" },
  );

/** The render after a poll that brought nothing: asked again, after its time less often, and after a day no more. */
export function pollAgain(render: Render, now: EpochMs, timings: Timings): Render {
  const polls = render.polls + 1;
  const time = spent(render, now);
  if (time < timings.renderTimeout) return { ...render, phase: "polling", polls, nextAt: now + pollDelay(polls, timings) };
  const error = render.error ?? timedOut();
  if (time >= timings.renderLate) return toFailed(render, error, now);
  const late = { polls, error, timedOutAt: render.timedOutAt ?? now, endedAt: render.endedAt ?? now };
  return { ...render, ...late, phase: "polling", nextAt: now + timings.renderLatePoll };
}

/** The file is in our own store. */
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

/** The end of a render; one that was told as failed keeps the reason it was told with. */
export const toFailed = (render: Render, error: Problem, now: EpochMs): Render => ({
  ...render,
  phase: "failed",
  error: render.timedOutAt === null ? error : render.error,
  nextAt: null,
  endedAt: render.endedAt ?? now,
});

const cancelled = (): Problem => problemOf("cancelled", "The render was cancelled.", { charged: "no" });

/**
 * The render taken back by its caller. Nothing changes one that is over, or whose file is on its way. One that timed out is
 * asked for no more, and keeps the reason it was told with.
 */
export const toCancelled = (render: Render, now: EpochMs): Render =>
  render.phase === "copying" ? render : toDropped(render, now);

/** The render of something that is deleted: whatever comes of it now is wanted by nobody. */
export const toDropped = (render: Render, now: EpochMs): Render =>
  isOver(render) ? render : { ...toFailed(render, cancelled(), now), cancelScheduled: render.phase !== "queued" };

/** Nothing more is done for it. */
export const isOver = ({ phase }: Render): boolean => phase === "completed" || phase === "failed";

/** Its callers were told an end. */
export const isPublished = (render: Render): boolean => isOver(render) || render.timedOutAt !== null;

/* A finished file: whether it is the video that was asked for, and in what it differs. */

export type RenderFile = {
  readonly sizeBytes: number;
  readonly etag: string;
  readonly contentType: string;
  /** Hexadecimal; null for files that an earlier version stored. */
  readonly sha256: string | null;
  /** null where the file does not tell. */
  readonly durationMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly codec: string | null;
  /** When it is removed, as the tenant's keeping time stood when it was last looked at. */
  readonly expiresAt: EpochMs;
  /** It goes then, whatever the keeping time: what it belongs to was deleted. Missing: it does not. */
  readonly isEnded?: boolean;
};

/** The file by what its tenant's files are kept for now. */
export const withRetention = (file: RenderFile, finishedAt: EpochMs, keptMs: number): RenderFile =>
  file.isEnded === true ? file : { ...file, expiresAt: finishedAt + keptMs };

/** The file, at its end now whatever it was kept for. */
export const expireNow = (file: RenderFile, now: EpochMs): RenderFile => ({
  ...file,
  expiresAt: Math.min(file.expiresAt, now),
  isEnded: true,
});

export type RenderWarning = {
  readonly code: "duration_differs" | "dimensions_differ" | "file_not_inspected";
  readonly detail: string;
};

/** What the draft said that the file should be; null where it did not say. */
export type ExpectedFile = {
  readonly durationMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
};

/** Differences that encoders make: a second, or a twentieth of a long video. Chosen. */
const DURATION_SLACK_MS = SECOND_MS;
const DURATION_SLACK_SHARE = 0.05;

/** Formats by their name in an order; `video` is what the file must be then, where we can tell. */
const FORMATS: Readonly<Record<string, { readonly contentType: string; readonly containers: readonly string[] }>> = {
  mp4: { contentType: "video/mp4", containers: ["mp4", "mov"] },
  mov: { contentType: "video/quicktime", containers: ["mp4", "mov"] },
  webm: { contentType: "video/webm", containers: ["webm", "matroska"] },
};

/** The media type of a format; one that nobody attests is bytes. */
export const contentTypeOf = (format: string): string =>
  (Object.hasOwn(FORMATS, format) ? FORMATS[format]?.contentType : undefined) ?? "application/octet-stream";

/**
 * Whether a stored file may be announced: it is of the format asked for, whole, and shows at least one picture. A file whose
 * index is too large to be looked at is not refused for that, and a format that nobody attests is not judged.
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
      { code: "file_not_inspected", detail: "The file's index could not be read; its length and size are unknown." },
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
