/** Operations on renders: start, plan, read, list, cancel. Polling and copying are in run.ts and files.ts. */
import type { Problem } from "../../../core/errors.ts";
import { ownedId, type ProjectId, type RenderId } from "../../../core/ids.ts";
import { REUSE_MARGIN_MS } from "../../../core/limits.ts";
import { type Metered, metered } from "../../../core/quota.ts";
import { cancelledRender, isAttested, newRenderOf, type Render, reuseOf, toDropped } from "../../../core/render.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { Call, Page, PageRequest } from "../../../core/rpc/user.ts";
import { isExportable, summaryLine } from "../../../core/timeline/timeline.ts";
import type { AttributionWire } from "../../../core/wire/common.ts";
import type { NewRender, RenderPlan } from "../../../core/wire/render.ts";
import type { NemoState } from "../../../nemo/client.ts";
import { pageOf } from "../../shared/context.ts";
import {
  asReplayed,
  findByIdempotencyKey,
  missingParentProblem,
  saveIdempotencyKey,
} from "../../shared/idempotency.ts";
import { releaseQuota, reserveQuota } from "../../shared/problems.ts";
import { recordCaller, type UserContext } from "../context.ts";
import { noProject, type Projects } from "../projects.ts";
import { checkCallback } from "../turns/store.ts";
import { readRetentionMs } from "./files.ts";
import { newUpstreamId, saveStep } from "./run.ts";
import {
  type Finished,
  noRender,
  nothingToRender,
  type RenderRows,
  type ShownRender,
  showRender,
  unattested,
} from "./store.ts";

export class Renders {
  readonly #context: UserContext;
  readonly #projects: Projects;
  readonly #rows: RenderRows;

  constructor(context: UserContext, projects: Projects, rows: RenderRows) {
    this.#context = context;
    this.#projects = projects;
    this.#rows = rows;
  }

  /**
   * Stores the render; fails at once when the timeline is empty. A render that can reuse a finished file is completed
   * at once. `isWanted` is checked in the commit: when it returns false, the render is not stored and the answer is
   * `not_found`.
   */
  async start(
    call: Call,
    project: ProjectId,
    body: NewRender,
    attribution: AttributionWire | null = null,
    isWanted: () => boolean = () => true,
  ): Promise<Metered<ShownRender>> {
    if (this.#projects.find(project) === null) {
      const { runtime, database } = this.#context;
      return err(missingParentProblem(runtime, database.exists(), call, noProject()));
    }
    const problem = this.#check(project, body);
    if (problem !== null) return err(problem);
    recordCaller(this.#context, call);
    const { runtime, jobs } = this.#context;
    const known = this.#replayed(call);
    if (known !== null) return known;
    const [state, retentionMs] = await Promise.all([this.#readExportable(project), readRetentionMs(this.#context)]);
    if (!state.ok) return state;
    const order = this.#order(call, project, body, attribution);
    const finished = body.reuse ? this.#finished(project, state.value, body) : null;
    const want = { quota: "renders_per_day", ref: order.id, amount: 1 } as const;
    const reserved = finished === null ? await reserveQuota(runtime, call, [want]) : ok([]);
    const duplicate = this.#replayed(call); // a concurrent call with the same key may have committed during the awaits
    const isDeleted = this.#projects.find(project) === null || !isWanted(); // or the project was deleted
    if ((duplicate !== null || isDeleted) && reserved.ok) releaseQuota(runtime, order.id);
    if (duplicate !== null) return duplicate;
    if (!reserved.ok) return reserved;
    if (isDeleted) return err(noProject());
    const render = finished === null ? order : reuseOf(order, finished, runtime.now() + retentionMs);
    runtime.storage.transactionSync(() => {
      this.#rows.add(render);
      saveIdempotencyKey(runtime, call, render.id);
      saveStep(this.#context, this.#rows, order, render);
    });
    jobs.tick();
    return metered(showRender(this.#context, render), reserved.value);
  }

  /** What `start` would do, without doing it. */
  async plan(project: ProjectId, body: NewRender): Promise<Result<RenderPlan, Problem>> {
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
    const render = this.#rows.shown(id);
    return render === null ? err(noRender()) : ok(showRender(this.#context, render));
  }

  /** Renders of one project, or of all when `project` is null. */
  list(project: ProjectId | null, page: PageRequest): Result<Page<ShownRender>, Problem> {
    if (project !== null && this.#projects.find(project) === null) return err(noProject());
    const show = (render: Render): ShownRender => showRender(this.#context, render);
    return ok(pageOf(this.#rows.page(project, page), page, (render) => render.id, show));
  }

  /**
   * Cancels a render; a job then cancels it at Nemo, if it may have arrived there. A render that is over is not
   * changed.
   */
  cancel(id: RenderId): Result<ShownRender, Problem> {
    const render = this.#rows.find(id);
    return render === null ? err(noRender()) : ok(showRender(this.#context, this.#stop(render, cancelledRender)));
  }

  /** Ends a render of a deleted project or video, whatever its phase. */
  drop(id: RenderId): void {
    const render = this.#rows.find(id);
    if (render !== null) this.#stop(render, toDropped);
  }

  #stop(render: Render, how: typeof cancelledRender): Render {
    const stopped = how(render, this.#context.runtime.now());
    if (stopped === render) return render;
    saveStep(this.#context, this.#rows, render, stopped);
    this.#context.jobs.tick();
    return stopped;
  }

  /** Validates the request before the project's state is read. */
  #check(project: ProjectId, body: NewRender): Problem | null {
    if (this.#projects.find(project) === null) return noProject();
    const { allowUnattestedOutput } = this.#context.runtime.config;
    if (!isAttested(body.output) && !allowUnattestedOutput) return unattested();
    return checkCallback(this.#context, body);
  }

  /** The project's state, or a problem when its timeline has nothing to export. */
  async #readExportable(project: ProjectId): Promise<Result<NemoState, Problem>> {
    const state = await this.#projects.state(project);
    if (!state.ok) return state;
    if (state.value === null || !isExportable(state.value.timeline)) return err(nothingToRender());
    return ok(state.value);
  }

  /** A finished render of the same timeline and output whose file does not expire soon. */
  #finished(project: ProjectId, { fingerprint }: NemoState, { output }: NewRender): Finished | null {
    return this.#rows.finished(project, fingerprint, output, this.#context.runtime.now() + REUSE_MARGIN_MS);
  }

  #order(call: Call, project: ProjectId, body: NewRender, attribution: AttributionWire | null): Render {
    const { runtime, address } = this.#context;
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

  /** The render that the idempotency key created before, or why the key cannot be used; null for a new key. */
  #replayed(call: Call): Result<ShownRender, Problem> | null {
    const idempotency = findByIdempotencyKey(this.#context.runtime, call);
    if (!idempotency.ok) return idempotency;
    return idempotency.value === null ? null : asReplayed(this.read(idempotency.value as RenderId)); // written by start() only
  }
}
