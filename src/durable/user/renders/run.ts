/**
 * The job of one render: submitted once per upstream id, polled, copied into our store, published.
 * A render may be cancelled while a step waits for the network. So each step ends by computing the next state from
 * the render as it is then; a render that is over by then is not changed.
 */

import { renderKey } from "../../../core/address.ts";
import { ERRORS, type Problem, problemOf } from "../../../core/errors.ts";
import type { RenderId } from "../../../core/ids.ts";
import {
  afterPoll,
  afterUnknown,
  failedRender,
  isPublished,
  isRenderOver,
  type PollAnswer,
  pollAgain,
  type Render,
  toCompleted,
  toPolling,
  toSubmitting,
} from "../../../core/render.ts";
import type { EpochMs } from "../../../core/time.ts";
import { isExportable } from "../../../core/timeline/timeline.ts";
import type { NemoState, RenderProgress } from "../../../nemo/client.ts";
import type { NemoFailure } from "../../../nemo/errors.ts";
import { RetryLater } from "../../shared/jobs.ts";
import { isShortWait, requestedWaitMs } from "../../shared/problems.ts";
import { FILE_EXPIRY, RENDER, type UserContext } from "../context.ts";
import type { UserServices } from "../services.ts";
import { copyResult, nextFileCheck, readRetentionMs } from "./files.ts";
import { nothingToRender, type RenderRows, showRender } from "./store.ts";

/**
 * Attempts to submit a render while Nemo accepts none, before the render fails with the reason. Waits double from 5
 * s.
 */
const SUBMIT_ATTEMPTS = 6;
/** Attempts to copy a finished file before the render fails. Waits double from 5 s. */
const COPY_ATTEMPTS = 6;
/** Attempts to cancel a render at Nemo. Waits double from 5 s. */
const CANCEL_ATTEMPTS = 4;

/** An unguessable id for a job at Nemo, which names the result file after it. */
export const newUpstreamId = (): string => `render_${crypto.randomUUID()}`;

export class RenderRun {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /** Whether nothing was submitted to Nemo yet under the current upstream id. */
  isQueued(id: RenderId): boolean {
    return this.#user.renderRows.find(id)?.phase === "queued";
  }

  /** Job: the next step of one render, by its phase. */
  async perform(id: RenderId, attempt: number): Promise<void> {
    const render = this.#user.renderRows.find(id);
    if (render === null) return this.#user.jobs.done(RENDER, id);
    switch (render.phase) {
      case "queued":
        return this.#submit(render, attempt);
      case "submitting":
      case "polling":
        return this.#poll(render);
      case "copying":
        return this.#copy(render, attempt);
      case "completed":
      case "failed":
        return render.cancelScheduled ? this.#cancelUpstream(render, attempt) : this.#user.jobs.done(RENDER, id);
    }
  }

  /** Fails a render whose job keeps failing. */
  giveUp(id: RenderId): void {
    const failed = problemOf(
      "render_failed",
      "The render kept failing; start another one with POST /v1/projects/{id}/renders.",
      { charged: "no" },
    );
    this.#step(id, (render) => failedRender(render, failed, this.#now()));
  }

  /** Submits the draft exactly as Nemo returned it. */
  async #submit(render: Render, attempt: number): Promise<void> {
    const { runtime, account } = this.#user;
    const state = await this.#user.projects.state(render.project);
    if (!state.ok) return this.#handleSubmitFailure(render, state.error, attempt);
    const sessionId = this.#user.projects.find(render.project)?.session?.sessionId;
    const draftText = state.value?.draftText ?? null;
    if (state.value === null || draftText === null || sessionId === undefined || !isExportable(state.value.timeline))
      return void this.#step(render.id, (now) => failedRender(now, nothingToRender(), this.#now()));
    const timeline = timelineOf(state.value);
    if (!this.#step(render.id, (queued) => toSubmitting(queued, timeline, this.#now()))) return;
    await runtime.storage.sync();
    await runtime.failpoint("render.submitting");
    const order = { renderId: render.upstreamId, sessionId, draftText, output: render.output };
    const sent = await account.call((token) => account.nemoFor(render.attribution).submitRender(token, order));
    await runtime.failpoint("render.submitted");
    if (!sent.ok && !mayHaveArrived(sent.error))
      return this.#handleSubmitFailure(render, account.explain(sent.error), attempt);
    this.#step(render.id, (submitting) =>
      toPolling(submitting, sent.ok ? "accepted" : "no", this.#now(), runtime.config.timings),
    );
  }

  /**
   * Nothing was submitted: the render fails with Nemo's reason. If a retry may help, it stays queued until the last
   * attempt.
   */
  #handleSubmitFailure(queued: Render, error: Problem, attempt: number): void {
    const { timings } = this.#user.runtime.config;
    const isRetryable = ERRORS[error.code].retryable && attempt < SUBMIT_ATTEMPTS && isShortWait(error, timings);
    if (!isRetryable) return void this.#step(queued.id, (render) => failedRender(render, error, this.#now()));
    const current = this.#user.renderRows.find(queued.id);
    if (current === null || isRenderOver(current)) return;
    this.#user.renderRows.save(queued);
    throw new RetryLater("render not submitted", error);
  }

  /**
   * Polls the job by its id. A submit that was interrupted by a crash either arrived, and is found here, or never
   * did; it is not sent again.
   */
  async #poll(render: Render): Promise<void> {
    const { account, runtime } = this.#user;
    const { timings } = runtime.config;
    const answer = await account.call((token) => account.nemo.readRender(token, render.upstreamId));
    const nextId = newUpstreamId();
    this.#step(render.id, (now) => {
      if (answer.ok) return afterPoll(now, pollAnswerOf(answer.value), nextId, this.#now(), timings);
      if ("reason" in answer.error && answer.error.reason === "not_found")
        return afterUnknown(now, nextId, this.#now(), timings);
      if (now.phase === "submitting") return toPolling(now, "no", this.#now(), timings);
      return notBefore(
        pollAgain(now, this.#now(), timings),
        this.#now() + requestedWaitMs(account.explain(answer.error)),
      );
    });
    const next = this.#user.renderRows.find(render.id);
    if (next?.phase === "copying") await this.#copy(next, 1);
  }

  async #copy(render: Render, attempt: number): Promise<void> {
    const { runtime } = this.#user;
    const retentionMs = await readRetentionMs(this.#user); // read first: if it fails afterwards, the file would be copied again
    const copied = await copyResult(this.#user, render);
    if (copied === null) {
      if (attempt < COPY_ATTEMPTS) throw new Error("the result could not be copied");
      const detail = "Nemo finished the export but returned no complete, playable video; start another render.";
      const failed = problemOf("render_failed", detail, { charged: "no" });
      return void this.#step(render.id, (now) => failedRender(now, failed, this.#now()));
    }
    await runtime.failpoint("file.copied");
    const at = this.#now();
    const file = { ...copied.file, expiresAt: at + retentionMs };
    if (this.#step(render.id, (now) => toCompleted(now, file, copied.warnings, at))) return;
    await runtime.env.MEDIA.delete(renderKey(this.#user.address, render.id)); // the render was deleted meanwhile, so no row refers to this file
  }

  /** Best effort: the render is over in any case, and a job that continues at Nemo costs nothing. */
  async #cancelUpstream(render: Render, attempt: number): Promise<void> {
    const { account, runtime, jobs } = this.#user;
    await runtime.failpoint("render.cancelled");
    if (render.file === null) await runtime.env.MEDIA.delete(renderKey(this.#user.address, render.id)); // left by an interrupted copy
    const reply = await account.call((token) => account.nemo.cancelRender(token, render.upstreamId));
    const problem = reply.ok ? null : account.explain(reply.error);
    if (problem !== null && ERRORS[problem.code].retryable && attempt < CANCEL_ATTEMPTS)
      throw new RetryLater("render not cancelled upstream", problem);
    runtime.storage.transactionSync(() => {
      this.#user.renderRows.save({ ...render, cancelScheduled: false });
      jobs.done(RENDER, render.id);
    });
  }

  /**
   * Stores the next state of a render, computed from its current state, with its effects. False when it is over or
   * was deleted.
   */
  #step(id: RenderId, decide: (render: Render) => Render): boolean {
    const render = this.#user.renderRows.find(id);
    if (render === null || isRenderOver(render)) return false;
    saveStep(this.#user, this.#user.renderRows, render, decide(render));
    return true;
  }

  #now(): number {
    return this.#user.runtime.now();
  }
}

/**
 * Stores the next state of a render with its effects in one transaction: the next poll, the file's expiry, the event.
 */
export function saveStep(
  { runtime, jobs, outbox, ...context }: UserContext,
  rows: RenderRows,
  was: Render,
  is: Render,
): void {
  runtime.storage.transactionSync(() => {
    rows.save(is);
    if (is.cancelScheduled) jobs.schedule(RENDER, is.id, runtime.now());
    else if (isRenderOver(is)) jobs.done(RENDER, is.id);
    else jobs.schedule(RENDER, is.id, is.nextAt ?? runtime.now());
    if (is.file !== null) jobs.schedule(FILE_EXPIRY, is.id, nextFileCheck(runtime, is.file));
    const isDone = is.phase === "completed";
    if (!isDone && (isPublished(was) || !isPublished(is))) return;
    const shown = showRender({ runtime, jobs, outbox, ...context }, is);
    outbox.add(isDone ? "render.completed" : "render.failed", is.id, shown, is);
  });
}

/** Delays the next poll to the time that Nemo asked for. */
const notBefore = (render: Render, at: EpochMs): Render =>
  render.nextAt === null ? render : { ...render, nextAt: Math.max(render.nextAt, at) };

const timelineOf = ({ fingerprint, timeline }: NemoState): Render["timeline"] => {
  const { durationMs, width, height } = timeline;
  return { fingerprint, durationMs, width, height };
};

function pollAnswerOf({ status, progress, url }: RenderProgress): PollAnswer {
  const statuses = { pending: "waiting", processing: "running", completed: "completed" } as const;
  return { status: status === "failed" || status === "cancelled" ? "failed" : statuses[status], progress, url };
}

/** A submit without a clear answer may have arrived: it is polled for, not repeated. */
const mayHaveArrived = (failure: Problem | NemoFailure): boolean =>
  "reason" in failure &&
  ((failure.reason === "unavailable" && failure.sent === "maybe") || failure.reason === "malformed");
