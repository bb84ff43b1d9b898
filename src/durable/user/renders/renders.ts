/** Operations on renders: start, plan, read, list, cancel. Polling and copying are in run.ts and files.ts. */

import type { Limit, Problem } from "../../../core/errors.ts";
import { ownedId, type ProjectId, type RenderId } from "../../../core/ids.ts";
import { REUSE_MARGIN_MS } from "../../../core/limits.ts";
import { cutPage } from "../../../core/page.ts";
import { cancelledRender, isAttested, newRenderOf, type Render, reuseOf, toDropped } from "../../../core/render.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { Call, Page, PageRequest } from "../../../core/rpc/user.ts";
import { isExportable, summaryLine } from "../../../core/timeline/timeline.ts";
import { type Metered, metered } from "../../../core/usage/quota.ts";
import type { AttributionWire } from "../../../core/wire/common.ts";
import type { NewRender, RenderPlan, RenderStatus } from "../../../core/wire/render.ts";
import type { NemoState } from "../../../nemo/client.ts";
import { createOnce } from "../../shared/idempotency.ts";
import { releaseQuota, reserveQuota } from "../../shared/problems.ts";
import { recordCaller } from "../context.ts";
import { noProject } from "../projects.ts";
import type { UserServices } from "../services.ts";
import { checkCallback } from "../turns/store.ts";
import { readRetentionMs } from "./files.ts";
import { newUpstreamId, saveStep } from "./run.ts";
import { type Finished, noRender, nothingToRender, type ShownRender, showRender, unattested } from "./store.ts";

/** What a render is started for. */
type RenderOrigin = {
  readonly attribution?: AttributionWire | null;
  /** Checked in the commit: when it returns false, the render is not stored and the answer is `not_found`. */
  readonly isWanted?: () => boolean;
};

/** A render that is not stored yet: `render` is `order`, or `order` completed with a finished file. */
type NewlyReserved = { readonly order: Render; readonly render: Render; readonly limits: readonly Limit[] };

export class Renders {
  readonly #user: UserServices;

  constructor(user: UserServices) {
    this.#user = user;
  }

  /**
   * Stores the render; fails at once when the timeline is empty. A render that can reuse a finished file is completed
   * at once.
   */
  start(
    call: Call,
    project: ProjectId,
    body: NewRender,
    { attribution = null, isWanted = () => true }: RenderOrigin = {},
  ): Promise<Metered<ShownRender>> {
    const { runtime, jobs } = this.#user;
    return createOnce<NewlyReserved, Metered<ShownRender>>(this.#user, call, {
      existing: (id) => this.read(id as RenderId), // the key of `commit`
      check: () => (isWanted() ? this.#check(project, body) : noProject()),
      prepare: async () => {
        recordCaller(this.#user, call);
        const [state, retentionMs] = await Promise.all([this.#readExportable(project), readRetentionMs(this.#user)]);
        if (!state.ok) return state;
        const order = this.#order(call, project, body, attribution);
        const finished = body.reuse ? this.#finished(project, state.value, body) : null;
        const wants = finished === null ? [{ quota: "renders_per_day", ref: order.id, amount: 1 } as const] : [];
        const reserved = await reserveQuota(runtime, call, wants, { entered: [{ id: order.id }] });
        if (!reserved.ok) return reserved;
        const render = finished === null ? order : reuseOf(order, finished, runtime.now() + retentionMs);
        return ok({ order, render, limits: reserved.value });
      },
      release: ({ order }) => releaseQuota(runtime, order.id),
      commit: ({ order, render }) => {
        this.#user.renderRows.add(render);
        saveStep(this.#user, this.#user.renderRows, order, render);
        return render.id;
      },
      created: ({ render, limits }) => {
        jobs.tick();
        return metered(showRender(this.#user, render), limits);
      },
    });
  }

  /** What `start` would do, without doing it. */
  async plan(project: ProjectId, body: NewRender): Promise<Result<Omit<RenderPlan, "cost">, Problem>> {
    const problem = this.#check(project, body);
    if (problem !== null) return err(problem);
    const state = await this.#readExportable(project);
    if (!state.ok) return state;
    const { timeline } = state.value;
    return ok({
      dry_run: true,
      project_id: project,
      summary: summaryLine(timeline),
      duration_ms: timeline.durationMs,
      width: timeline.width,
      height: timeline.height,
      output: { ...body.output },
      reuses: body.reuse ? (this.#finished(project, state.value, body)?.id ?? null) : null,
    });
  }

  read(id: RenderId): Result<ShownRender, Problem> {
    const render = this.#user.renderRows.shown(id);
    return render === null ? err(noRender()) : ok(showRender(this.#user, render));
  }

  /** Renders of one project, or of all when `project` is null. */
  list(project: ProjectId | null, page: PageRequest, status: RenderStatus | null): Result<Page<ShownRender>, Problem> {
    if (project !== null && this.#user.projects.find(project) === null) return err(noProject());
    const show = (render: Render): ShownRender => showRender(this.#user, render);
    return ok(cutPage(this.#user.renderRows.page(project, page, status), page, (render) => render.id, show));
  }

  /**
   * Cancels a render; a job then cancels it at Nemo, if it may have arrived there. A render that is over is not
   * changed.
   */
  cancel(id: RenderId): Result<ShownRender, Problem> {
    const render = this.#user.renderRows.find(id);
    return render === null ? err(noRender()) : ok(showRender(this.#user, this.#stop(render, cancelledRender)));
  }

  /** Ends a render of a deleted project or video, whatever its phase. */
  drop(id: RenderId): void {
    const render = this.#user.renderRows.find(id);
    if (render !== null) this.#stop(render, toDropped);
  }

  #stop(render: Render, how: typeof cancelledRender): Render {
    const stopped = how(render, this.#user.runtime.now());
    if (stopped === render) return render;
    saveStep(this.#user, this.#user.renderRows, render, stopped);
    this.#user.jobs.tick();
    return stopped;
  }

  /** Validates the request before the project's state is read. */
  #check(project: ProjectId, body: NewRender): Problem | null {
    if (this.#user.projects.find(project) === null) return noProject();
    const { allowUnattestedOutput } = this.#user.runtime.config;
    if (!isAttested(body.output) && !allowUnattestedOutput) return unattested();
    return checkCallback(this.#user, body);
  }

  /** The project's state, or a problem when its timeline has nothing to export. */
  async #readExportable(project: ProjectId): Promise<Result<NemoState, Problem>> {
    const state = await this.#user.projects.state(project);
    if (!state.ok) return state;
    if (state.value === null || !isExportable(state.value.timeline)) return err(nothingToRender());
    return ok(state.value);
  }

  /** A finished render of the same timeline and output whose file does not expire soon. */
  #finished(project: ProjectId, { fingerprint }: NemoState, { output }: NewRender): Finished | null {
    return this.#user.renderRows.finished(project, fingerprint, output, this.#user.runtime.now() + REUSE_MARGIN_MS);
  }

  #order(call: Call, project: ProjectId, body: NewRender, attribution: AttributionWire | null): Render {
    const { runtime, address } = this.#user;
    return newRenderOf({
      id: ownedId("rnd", address.uh, runtime.now(), runtime.random),
      project,
      metadata: body.metadata,
      callback: body.callback_url ?? null,
      attribution,
      key: call.key ?? null,
      output: body.output,
      createdAt: runtime.now(),
      upstreamId: newUpstreamId(),
    });
  }
}
