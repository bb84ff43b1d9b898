/**
 * What a render is and what comes next. Decides only; the user's object commits and performs.
 *
 *   queued → submitting → polling → copying → completed
 *               │            │         │
 *               └────────────┴─────────┴────→ failed
 *
 * `submitting` is committed with upstream's id before the request leaves; a crash there is answered by asking for that id.
 */
import type { Refusal } from "./errors.ts";
import { refusal } from "./errors.ts";
import type { ProjectId, RenderId } from "./ids.ts";
import type { EpochMs } from "./time.ts";
import type { Waits } from "./waits.ts";
import type { AttributionWire } from "./wire/attribution.ts";

export type RenderFile = { readonly sizeBytes: number; readonly etag: string; readonly contentType: string };

export type Render = {
  readonly id: RenderId;
  readonly project: ProjectId;
  readonly metadata: Readonly<Record<string, string>>;
  /** Where its end is told beside the tenant's endpoints; never shown. */
  readonly callback: string | null;
  /** Of the generator it is made for; missing: its tenant's. */
  readonly attribution?: AttributionWire | null;
  readonly createdAt: EpochMs;
  readonly phase: "queued" | "submitting" | "polling" | "copying" | "completed" | "failed";
  /** Ours, unguessable: upstream names its result file after it. */
  readonly upstreamId: string;
  readonly submittedAt: EpochMs | null;
  /** Polls made, to choose the next wait. */
  readonly polls: number;
  /** 0 to 100. */
  readonly progress: number;
  /** Upstream's address of the result. Kept inside. */
  readonly resultUrl: string | null;
  readonly file: RenderFile | null;
  readonly error: Refusal | null;
  readonly nextAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
};

export const newRenderOf = (
  given: Pick<Render, "id" | "project" | "metadata" | "callback" | "attribution" | "createdAt" | "upstreamId">,
): Render => ({
  ...given,
  phase: "queued",
  submittedAt: null,
  polls: 0,
  progress: 0,
  resultUrl: null,
  file: null,
  error: null,
  nextAt: given.createdAt,
  endedAt: null,
});

/** Commit this before the job is sent. */
export const toSubmitting = (render: Render, now: EpochMs): Render => ({
  ...render,
  phase: "submitting",
  submittedAt: now,
});

/** Upstream has the job, or may have it: ask for it by its id. */
export const toPolling = (render: Render, now: EpochMs, waits: Waits): Render => ({
  ...render,
  phase: "polling",
  nextAt: now + pollWait(0, waits),
});

/** The wait after `polls` polls: 5, 10, 15, then 30 s. */
export const pollWait = (polls: number, waits: Waits): number =>
  waits.renderPolls[Math.min(polls, waits.renderPolls.length - 1)] ?? waits.retry;

/** Upstream's answer to a poll, in our words. */
export type PollAnswer = {
  readonly status: "running" | "completed" | "failed";
  readonly progress: number | null;
  readonly url: string | null;
};

const isTimeOver = (render: Render, now: EpochMs, waits: Waits): boolean =>
  now - (render.submittedAt ?? render.createdAt) >= waits.renderTimeout;

/**
 * The render after one answer. `completed` without an address keeps polling: upstream says so before the file is there.
 * At the end of its time it is copied without one, by the fallback download.
 */
export function afterPoll(render: Render, answer: PollAnswer, now: EpochMs, waits: Waits): Render {
  const progress = Math.max(render.progress, Math.min(99, Math.round(answer.progress ?? 0)));
  if (answer.status === "completed" && (answer.url !== null || isTimeOver(render, now, waits))) {
    return { ...render, phase: "copying", resultUrl: answer.url, progress: 99, nextAt: now };
  }
  if (answer.status === "failed") {
    return toFailed(
      render,
      refusal("render_failed", "Nemo reported that the export failed; start another render.", { charged: "no" }),
      now,
    );
  }
  return pollAgain({ ...render, progress }, now, waits);
}

/** Times upstream is asked for a job whose submit was on its way at a crash. Chosen: 15 s, longer than a submit's answer takes. */
const UNKNOWN_POLLS = 3;

/**
 * The render whose submit was on its way at a crash, after upstream did not know its job: it may be taking it just then,
 * so it is asked for again with the waits of polls, three times in all. Then the job never arrived.
 */
export function afterUnknown(render: Render, now: EpochMs, waits: Waits): Render {
  const polls = render.polls + 1;
  if (polls < UNKNOWN_POLLS) return { ...render, polls, nextAt: now + pollWait(render.polls, waits) };
  const lost = "The export was interrupted before Nemo had it; start another render.";
  return toFailed(render, refusal("render_failed", lost, { charged: "no" }), now);
}

/** The render after a poll that brought nothing: asked again, until it has taken too long. */
export function pollAgain(render: Render, now: EpochMs, waits: Waits): Render {
  if (isTimeOver(render, now, waits)) {
    return toFailed(
      render,
      refusal("render_timeout", "Nemo did not finish the export in 30 minutes; start another render.", {
        charged: "no",
      }),
      now,
    );
  }
  const polls = render.polls + 1;
  return { ...render, polls, nextAt: now + pollWait(polls, waits) };
}

/** The file is in our own store. */
export const toCompleted = (render: Render, file: RenderFile, now: EpochMs): Render => ({
  ...render,
  phase: "completed",
  file,
  progress: 100,
  nextAt: null,
  endedAt: now,
});

export const toFailed = (render: Render, error: Refusal, now: EpochMs): Render => ({
  ...render,
  phase: "failed",
  error,
  nextAt: null,
  endedAt: now,
});

export const isOver = (render: Render): boolean => render.phase === "completed" || render.phase === "failed";
