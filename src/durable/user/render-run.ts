/** One render on its way: submitted once, polled, copied into our own store, told. */
import { renderKey } from "../../core/address.ts";
import { ERRORS, type Refusal, refusal } from "../../core/errors.ts";
import type { RenderId } from "../../core/ids.ts";
import {
  afterPoll,
  afterUnknown,
  isOver,
  pollAgain,
  type Render,
  toCompleted,
  toFailed,
  toPolling,
  toSubmitting,
} from "../../core/render.ts";
import type { Result } from "../../core/result.ts";
import { isExportable } from "../../core/timeline.ts";
import type { RenderProgress } from "../../nemo/domain.ts";
import type { NemoFailure } from "../../nemo/failures.ts";
import { copyResult } from "./copy.ts";
import { type Home, RENDER } from "./home.ts";
import type { Projects } from "./projects.ts";
import { nothingToRender, type RenderRows, showRender } from "./render-rows.ts";

/** Tries to submit a render that upstream takes nothing of for the moment, before its caller is told why. Waits double from 5 s. */
const SUBMIT_ATTEMPTS = 6;
/** Tries to copy a finished file before the render is called failed. Waits double from 5 s. */
const COPY_ATTEMPTS = 6;

export class RenderRun {
  readonly #home: Home;
  readonly #projects: Projects;
  readonly #rows: RenderRows;

  constructor(home: Home, projects: Projects, rows: RenderRows) {
    this.#home = home;
    this.#projects = projects;
    this.#rows = rows;
  }

  /** The schedule's work for one render, by its phase. */
  async perform(id: RenderId, attempt: number): Promise<void> {
    const render = this.#rows.find(id);
    if (render === null || isOver(render)) return this.#home.schedule.done(RENDER, id);
    switch (render.phase) {
      case "queued":
        return this.#submit(render, attempt);
      case "submitting":
        return this.#adopt(render);
      case "polling":
        return this.#poll(render);
      case "copying":
        return this.#copy(render, attempt);
      case "completed":
      case "failed":
        return;
    }
  }

  /** Gives a render that keeps failing an end. */
  giveUp(id: RenderId): void {
    const render = this.#rows.find(id);
    if (render !== null && !isOver(render))
      this.#save(
        toFailed(
          render,
          refusal("render_failed", "The render kept failing; start another one.", { charged: "no" }),
          this.#now(),
        ),
      );
  }

  /** The draft goes to upstream as it came from there. */
  async #submit(render: Render, attempt: number): Promise<void> {
    const { ground, account } = this.#home;
    const project = this.#projects.find(render.project);
    const state = await this.#projects.state(render.project);
    if (!state.ok) return this.#refused(render, state.error, attempt);
    const draftText = state.value?.draftText ?? null;
    const sessionId = project?.session?.sessionId;
    if (state.value === null || draftText === null || sessionId === undefined || !isExportable(state.value.timeline)) {
      return this.#save(toFailed(render, nothingToRender(), this.#now()));
    }
    const submitting = toSubmitting(render, this.#now());
    this.#rows.save(submitting);
    await ground.storage.sync();
    await ground.boundary("render.submitting");
    const order = { renderId: render.upstreamId, sessionId, draftText, output: { format: "mp4", quality: "high" } };
    const sent = await account.call((token) => account.nemoFor(render.attribution).submitRender(token, order));
    await ground.boundary("render.submitted");
    if (sent.ok || mayHaveArrived(sent.error))
      return this.#save(toPolling(submitting, this.#now(), ground.config.waits));
    this.#refused(render, account.explain(sent.error), attempt);
  }

  /** A render that upstream took nothing of ends with upstream's reason, unless the reason may pass: then it waits as it was. */
  #refused(queued: Render, error: Refusal, attempt: number): void {
    if (ERRORS[error.code].retryable && attempt < SUBMIT_ATTEMPTS) {
      this.#rows.save(queued);
      throw new Error(`render not taken: ${error.code}`);
    }
    this.#save(toFailed(queued, error, this.#now()));
  }

  /** A job whose submit was on its way at a crash: upstream knows its id, or it never arrived. It is not sent again. */
  async #adopt(render: Render): Promise<void> {
    const { waits } = this.#home.ground.config;
    const answer = await this.#ask(render);
    const unknown = !answer.ok && "reason" in answer.error && answer.error.reason === "not_found";
    this.#save(unknown ? afterUnknown(render, this.#now(), waits) : toPolling(render, this.#now(), waits));
  }

  async #poll(render: Render): Promise<void> {
    const { waits } = this.#home.ground.config;
    const answer = await this.#ask(render);
    if (!answer.ok) return this.#save(pollAgain(render, this.#now(), waits));
    const { status, progress, url } = answer.value;
    const kind =
      status === "completed" ? "completed" : status === "failed" || status === "cancelled" ? "failed" : "running";
    const next = afterPoll(render, { status: kind, progress, url }, this.#now(), waits);
    this.#save(next);
    if (next.phase === "copying") await this.#copy(next, 1);
  }

  async #copy(render: Render, attempt: number): Promise<void> {
    const { ground, account, address } = this.#home;
    const copied = await copyResult(ground, account, render, renderKey(address, render.id));
    if (copied === null) {
      if (attempt < COPY_ATTEMPTS) throw new Error("the result could not be copied");
      return this.#save(
        toFailed(
          render,
          refusal(
            "render_failed",
            "Nemo finished the export but its file could not be fetched; start another render.",
            { charged: "no" },
          ),
          this.#now(),
        ),
      );
    }
    await ground.boundary("file.copied");
    this.#save(toCompleted(render, copied, this.#now()));
  }

  #ask(render: Render): Promise<Result<RenderProgress, Refusal | NemoFailure>> {
    const { account } = this.#home;
    return account.call((token) => account.nemo.readRender(token, render.upstreamId));
  }

  /** Writes a step and what follows from it: the next look, or the end and its event. */
  #save(render: Render): void {
    const { ground, schedule, outbox } = this.#home;
    ground.storage.transactionSync(() => {
      this.#rows.save(render);
      if (!isOver(render)) return schedule.owe(RENDER, render.id, render.nextAt ?? this.#now());
      schedule.done(RENDER, render.id);
      outbox.add(
        render.phase === "completed" ? "render.completed" : "render.failed",
        render.id,
        showRender(this.#home, render),
        render.callback,
      );
    });
  }

  #now(): number {
    return this.#home.ground.now();
  }
}

/** A submit without a clear answer may have reached upstream: it is asked for, not repeated. */
const mayHaveArrived = (failure: Refusal | NemoFailure): boolean =>
  "reason" in failure &&
  ((failure.reason === "unavailable" && failure.sent === "maybe") || failure.reason === "garbled");
