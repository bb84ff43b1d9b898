/** What callers ask of renders: to order one, to read it, to take it back. Polling and copying are next door. */
import type { Refusal } from "../../../core/errors.ts";
import { ownedId, type ProjectId, type RenderId } from "../../../core/ids.ts";
import { REUSE_MARGIN_MS } from "../../../core/limits.ts";
import { type Metered, metered } from "../../../core/quota.ts";
import { isAttested, newRenderOf, type Render, reuseOf, toCancelled, toDropped } from "../../../core/render.ts";
import { err, ok, type Result } from "../../../core/result.ts";
import type { Call, Page, PageRequest } from "../../../core/rpc/user.ts";
import { isExportable, summaryLine } from "../../../core/timeline/timeline.ts";
import type { AttributionWire } from "../../../core/wire/attribution.ts";
import type { NewRender, RenderPlan } from "../../../core/wire/render.ts";
import type { NemoState } from "../../../nemo/client.ts";
import { pageOf } from "../../shared/context.ts";
import { asRepeated, findRepeat, goneFor, keepRepeat } from "../../shared/idempotency.ts";
import { giveQuota, takeQuota } from "../../shared/problems.ts";
import { enter, type Home } from "../context.ts";
import { noProject, type Projects } from "../projects.ts";
import { refuseCallback } from "../turns/store.ts";
import { keepingTime } from "./files.ts";
import { keepStep, newUpstreamId } from "./run.ts";
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
  readonly #home: Home;
  readonly #projects: Projects;
  readonly #rows: RenderRows;

  constructor(home: Home, projects: Projects, rows: RenderRows) {
    this.#home = home;
    this.#projects = projects;
    this.#rows = rows;
  }

  /**
   * Commits the order; refuses at once when the timeline holds nothing. One that a finished file answers is over at once.
   * `isWanted` is asked with the commit: where it says no, there is no project for it any more.
   */
  async start(
    call: Call,
    project: ProjectId,
    body: NewRender,
    attribution: AttributionWire | null = null,
    isWanted: () => boolean = () => true,
  ): Promise<Metered<ShownRender>> {
    if (this.#projects.find(project) === null) {
      const { ground, database } = this.#home;
      return err(goneFor(ground, database.exists(), call, noProject()));
    }
    const refused = this.#refuse(project, body);
    if (refused !== null) return err(refused);
    enter(this.#home, call);
    const { ground, schedule } = this.#home;
    const known = this.#repeated(call);
    if (known !== null) return known;
    const [state, keptMs] = await Promise.all([this.#filled(project), keepingTime(this.#home)]);
    if (!state.ok) return state;
    const order = this.#order(call, project, body, attribution);
    const finished = body.reuse ? this.#finished(project, state.value, body) : null;
    const want = { quota: "renders_per_day", ref: order.id, amount: 1 } as const;
    const taken = finished === null ? await takeQuota(ground, call, [want]) : ok([]);
    const twin = this.#repeated(call); // one may have come meanwhile
    const isGone = this.#projects.find(project) === null || !isWanted(); // or the project was deleted
    if ((twin !== null || isGone) && taken.ok) giveQuota(ground, order.id);
    if (twin !== null) return twin;
    if (!taken.ok) return taken;
    if (isGone) return err(noProject());
    const render = finished === null ? order : reuseOf(order, finished, ground.now() + keptMs);
    ground.storage.transactionSync(() => {
      this.#rows.add(render);
      keepRepeat(ground, call, render.id);
      keepStep(this.#home, this.#rows, order, render);
    });
    schedule.tick();
    return metered(showRender(this.#home, render), taken.value);
  }

  /** What `start` would do, without doing it. */
  async plan(project: ProjectId, body: NewRender): Promise<Result<RenderPlan, Refusal>> {
    const refused = this.#refuse(project, body);
    if (refused !== null) return err(refused);
    const state = await this.#filled(project);
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

  read(id: RenderId): Result<ShownRender, Refusal> {
    const render = this.#rows.shown(id);
    return render === null ? err(noRender()) : ok(showRender(this.#home, render));
  }

  /** Of one project, or of all. */
  list(project: ProjectId | null, page: PageRequest): Result<Page<ShownRender>, Refusal> {
    if (project !== null && this.#projects.find(project) === null) return err(noProject());
    const show = (render: Render): ShownRender => showRender(this.#home, render);
    return ok(pageOf(this.#rows.page(project, page), page, (render) => render.id, show));
  }

  /** Takes a render back; upstream is told afterwards, where it may have the job. One that is over stays as it is. */
  cancel(id: RenderId): Result<ShownRender, Refusal> {
    const render = this.#rows.find(id);
    return render === null ? err(noRender()) : ok(showRender(this.#home, this.#stop(render, toCancelled)));
  }

  /** Ends a render of something that is deleted, in whatever it does. */
  drop(id: RenderId): void {
    const render = this.#rows.find(id);
    if (render !== null) this.#stop(render, toDropped);
  }

  #stop(render: Render, how: typeof toCancelled): Render {
    const stopped = how(render, this.#home.ground.now());
    if (stopped === render) return render;
    keepStep(this.#home, this.#rows, render, stopped);
    this.#home.schedule.tick();
    return stopped;
  }

  /** What is wrong with an order before anything is read for it. */
  #refuse(project: ProjectId, body: NewRender): Refusal | null {
    if (this.#projects.find(project) === null) return noProject();
    const { allowUnattestedOutput } = this.#home.ground.config;
    if (!isAttested(body.output) && !allowUnattestedOutput) return unattested();
    return refuseCallback(this.#home, body);
  }

  /** The project's state with something in it to export. */
  async #filled(project: ProjectId): Promise<Result<NemoState, Refusal>> {
    const state = await this.#projects.state(project);
    if (!state.ok) return state;
    if (state.value === null || !isExportable(state.value.timeline)) return err(nothingToRender());
    return ok(state.value);
  }

  /** A render whose file would be made again: the same timeline, the same output, kept for a while yet. */
  #finished(project: ProjectId, { fingerprint }: NemoState, { output }: NewRender): Finished | null {
    return this.#rows.finished(project, fingerprint, output, this.#home.ground.now() + REUSE_MARGIN_MS);
  }

  #order(call: Call, project: ProjectId, body: NewRender, attribution: AttributionWire | null): Render {
    const { ground, address } = this.#home;
    return newRenderOf({
      id: ownedId("rnd", address.uh, ground.now(), ground.random),
      project,
      metadata: body.metadata,
      callback: body.callback_url ?? null,
      attribution,
      key: call.key ?? null,
      output: body.output,
      createdAt: ground.now(),
      upstreamId: newUpstreamId(),
    });
  }

  /** What the call's key made before, or why the key cannot be used; null when there is nothing to repeat. */
  #repeated(call: Call): Result<ShownRender, Refusal> | null {
    const repeat = findRepeat(this.#home.ground, call);
    if (!repeat.ok) return repeat;
    return repeat.value === null ? null : asRepeated(this.read(repeat.value as RenderId)); // written by start() only
  }
}
