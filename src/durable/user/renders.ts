/** What callers ask of renders: to order one, to read it, to have its file. Polling and copying are next door. */
import { renderKey } from "../../core/address.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import { ownedId, type ProjectId, type RenderId } from "../../core/ids.ts";
import { signLink } from "../../core/link.ts";
import type { Call, Page, PageRequest, StoredFile } from "../../core/ports.ts";
import { newRenderOf, type Render } from "../../core/render.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { SECOND_MS, toRfc3339 } from "../../core/time.ts";
import { isExportable } from "../../core/timeline.ts";
import type { AttributionWire } from "../../core/wire/attribution.ts";
import type { NewRender, RenderWire } from "../../core/wire/render.ts";
import { pageOf } from "../page.ts";
import { findRepeat, keepRepeat } from "../repeats.ts";
import { refuseCallback } from "./callback.ts";
import { enter, type Home, RENDER } from "./home.ts";
import { noProject, type Projects } from "./projects.ts";
import { nothingToRender, type RenderRows, showRender } from "./render-rows.ts";

export class Renders {
  readonly #home: Home;
  readonly #projects: Projects;
  readonly #rows: RenderRows;

  constructor(home: Home, projects: Projects, rows: RenderRows) {
    this.#home = home;
    this.#projects = projects;
    this.#rows = rows;
  }

  /** Commits the order; refuses at once when the timeline holds nothing. */
  async start(
    call: Call,
    project: ProjectId,
    body: NewRender,
    attribution: AttributionWire | null = null,
  ): Promise<Result<RenderWire, Refusal>> {
    if (this.#projects.find(project) === null) return err(noProject());
    const unreachable = refuseCallback(this.#home, body);
    if (unreachable !== null) return err(unreachable);
    enter(this.#home, call);
    const { ground, schedule } = this.#home;
    const known = this.#repeated(call);
    if (known !== null) return known;
    const state = await this.#projects.state(project);
    if (!state.ok) return state;
    if (state.value === null || !isExportable(state.value.timeline)) return err(nothingToRender());
    const twin = this.#repeated(call); // one may have come while the timeline was read
    if (twin !== null) return twin;
    const render = this.#order(project, body, attribution);
    ground.storage.transactionSync(() => {
      this.#rows.add(render);
      keepRepeat(ground, call, render.id);
      schedule.owe(RENDER, render.id, ground.now());
    });
    schedule.tick();
    return ok(showRender(this.#home, render));
  }

  read(id: RenderId): Result<RenderWire, Refusal> {
    const render = this.#rows.find(id);
    return render === null ? err(noRender()) : ok(showRender(this.#home, render));
  }

  list(project: ProjectId, page: PageRequest): Result<Page<RenderWire>, Refusal> {
    if (this.#projects.find(project) === null) return err(noProject());
    const show = (render: Render): RenderWire => showRender(this.#home, render);
    return ok(pageOf(this.#rows.page(project, page), page, (render) => render.id, show));
  }

  /** Where the finished file lies; refuses until it is there. */
  file(id: RenderId): Result<StoredFile, Refusal> {
    const render = this.#rows.find(id);
    if (render === null) return err(noRender());
    if (render.file !== null) {
      return ok({
        key: renderKey(this.#home.address, id),
        filename: `${id}.mp4`,
        contentType: render.file.contentType,
      });
    }
    if (render.phase === "failed")
      return err(render.error ?? refusal("render_failed", "The render failed; start another one."));
    return err(notReady(id));
  }

  /** A token for the file, the same one for the same call. It is not kept: the moment it ends in makes it anew. */
  async share(
    call: Call,
    id: RenderId,
    seconds: number,
  ): Promise<Result<{ token: string; expires_at: string }, Refusal>> {
    const file = this.file(id);
    if (!file.ok) return file;
    enter(this.#home, call);
    const { ground, address } = this.#home;
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    const expiresAt = repeat.value === null ? ground.now() + seconds * SECOND_MS : Number(repeat.value);
    if (repeat.value === null) keepRepeat(ground, call, String(expiresAt));
    const { rootSecret: current, rootSecretPrevious: previous } = ground.config;
    const { tenant, mode } = address;
    const token = await signLink({ purpose: "share", tenant, mode, id, expiresAt }, { current, previous });
    return ok({ token, expires_at: toRfc3339(expiresAt) });
  }

  #order(project: ProjectId, body: NewRender, attribution: AttributionWire | null): Render {
    const { ground, address } = this.#home;
    return newRenderOf({
      id: ownedId("rnd", address.uh, ground.now(), ground.random),
      project,
      metadata: body.metadata,
      callback: body.callback_url ?? null,
      attribution,
      createdAt: ground.now(),
      upstreamId: `render_${crypto.randomUUID()}`,
    });
  }

  /** What the call's key made before, or why the key cannot be used; null when there is nothing to repeat. */
  #repeated(call: Call): Result<RenderWire, Refusal> | null {
    const repeat = findRepeat(this.#home.ground, call);
    if (!repeat.ok) return repeat;
    return repeat.value === null ? null : this.read(repeat.value as RenderId); // written by start() only
  }
}

const noRender = (): Refusal =>
  refusal("not_found", "No render with this id exists here; list yours with GET /v1/projects/{id}/renders.");

const notReady = (id: RenderId): Refusal =>
  refusal("render_not_ready", "The render is not finished; read it again later.", {
    hint: `GET /v1/renders/${id}`,
    retryAfterSeconds: 5,
  });
