/** Renders: ordered, polled until upstream has a file, copied into our own store before anyone is told. */
import { renderKey } from "../../core/address.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import { ownedId, type ProjectId, type RenderId } from "../../core/ids.ts";
import type { Call, Page, PageRequest, StoredFile } from "../../core/ports.ts";
import {
  afterPoll,
  isOver,
  newRenderOf,
  pollAgain,
  type Render,
  type RenderFile,
  toCompleted,
  toFailed,
  toPolling,
  toSubmitting,
} from "../../core/render.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { toRfc3339 } from "../../core/time.ts";
import { isExportable } from "../../core/timeline.ts";
import type { NewRender, RenderStatus, RenderWire } from "../../core/wire/render.ts";
import type { RenderProgress } from "../../nemo/domain.ts";
import type { NemoFailure } from "../../nemo/failures.ts";
import { cursorOf, pageOf } from "../page.ts";
import { findRepeat, keepRepeat } from "../repeats.ts";
import { toRefusal } from "./account.ts";
import { copyResult } from "./copy.ts";
import { enter, type Home, originOf, RENDER } from "./home.ts";
import { noProject, type Projects } from "./projects.ts";
import { failureOf } from "./show.ts";

/** Tries to copy a finished file before the render is called failed. Waits double from 5 s. */
const COPY_ATTEMPTS = 6;

export class Renders {
  readonly #home: Home;
  readonly #projects: Projects;

  constructor(home: Home, projects: Projects) {
    this.#home = home;
    this.#projects = projects;
  }

  /** Commits the order; refuses at once when the timeline holds nothing. */
  async start(call: Call, project: ProjectId, body: NewRender): Promise<Result<RenderWire, Refusal>> {
    if (this.#projects.find(project) === null) return err(noProject());
    enter(this.#home, call);
    const { ground, address, schedule } = this.#home;
    const repeat = findRepeat(ground, call);
    if (!repeat.ok) return repeat;
    if (repeat.value !== null) return this.read(repeat.value as RenderId); // written by this method only
    const state = await this.#projects.state(project);
    if (!state.ok) return state;
    if (state.value === null || !isExportable(state.value.timeline)) return err(nothingToRender());
    const again = findRepeat(ground, call); // a twin may have come while the timeline was read
    if (again.ok && again.value !== null) return this.read(again.value as RenderId);
    const render = newRenderOf({
      id: ownedId("rnd", address.uh, ground.now(), ground.random),
      project,
      metadata: body.metadata,
      createdAt: ground.now(),
      upstreamId: `render_${crypto.randomUUID()}`,
    });
    ground.storage.transactionSync(() => {
      ground.sql.exec(
        "INSERT INTO renders (id, project, record) VALUES (?, ?, ?)",
        render.id,
        project,
        JSON.stringify(render),
      );
      keepRepeat(ground, call, render.id);
      schedule.owe(RENDER, render.id, ground.now());
    });
    schedule.tick();
    return ok(this.#show(render));
  }

  read(id: RenderId): Result<RenderWire, Refusal> {
    const render = this.find(id);
    return render === null ? err(noRender()) : ok(this.#show(render));
  }

  list(project: ProjectId, page: PageRequest): Result<Page<RenderWire>, Refusal> {
    if (this.#projects.find(project) === null) return err(noProject());
    const rows = this.#home.ground.sql
      .exec<{ record: string }>(
        "SELECT record FROM renders WHERE project = ? AND id < ? ORDER BY id DESC LIMIT ?",
        project,
        cursorOf(page),
        page.limit + 1,
      )
      .toArray()
      .map(({ record }) => decode(record));
    return ok(
      pageOf(
        rows,
        page,
        (render) => render.id,
        (render) => this.#show(render),
      ),
    );
  }

  file(id: RenderId): Result<StoredFile, Refusal> {
    const render = this.find(id);
    if (render === null) return err(noRender());
    if (render.file === null) {
      return err(
        render.phase === "failed"
          ? (render.error ?? refusal("render_failed", "The render failed."))
          : refusal("render_not_ready", "The render is not finished; read it again later.", {
              hint: `GET /v1/renders/${id}`,
              retryAfterSeconds: 5,
            }),
      );
    }
    return ok({ key: renderKey(this.#home.address, id), filename: `${id}.mp4`, contentType: render.file.contentType });
  }

  find(id: RenderId): Render | null {
    if (!this.#home.database.exists()) return null;
    const row = this.#home.ground.sql
      .exec<{ record: string }>("SELECT record FROM renders WHERE id = ?", id)
      .toArray()[0];
    return row === undefined ? null : decode(row.record);
  }

  /** The schedule's work for one render, by its phase. */
  async perform(id: RenderId, attempt: number): Promise<void> {
    const render = this.find(id);
    if (render === null || isOver(render)) return this.#home.schedule.done(RENDER, id);
    switch (render.phase) {
      case "queued":
        return this.#submit(render);
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
    const render = this.find(id);
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
  async #submit(render: Render): Promise<void> {
    const { ground, account } = this.#home;
    const project = this.#projects.find(render.project);
    const state = await this.#projects.state(render.project);
    if (!state.ok) throw new Error(`render not prepared: ${state.error.code}`);
    const draftText = state.value?.draftText ?? null;
    const sessionId = project?.session?.sessionId;
    if (state.value === null || draftText === null || sessionId === undefined || !isExportable(state.value.timeline)) {
      return this.#save(toFailed(render, nothingToRender(), this.#now()));
    }
    const submitting = toSubmitting(render, this.#now());
    this.#write(submitting);
    await ground.storage.sync();
    await ground.boundary("render.submitting");
    const order = { renderId: render.upstreamId, sessionId, draftText, output: { format: "mp4", quality: "high" } };
    const sent = await account.call((token) => account.nemo.submitRender(token, order));
    await ground.boundary("render.submitted");
    if (sent.ok || mayHaveArrived(sent.error))
      return this.#save(toPolling(submitting, this.#now(), ground.config.waits));
    this.#save(toFailed(submitting, toRefusal(sent.error), this.#now()));
  }

  /** A job whose submit was on its way at a crash: upstream knows its id, or it never arrived. It is not sent again. */
  async #adopt(render: Render): Promise<void> {
    const answer = await this.#ask(render);
    if (!answer.ok && "reason" in answer.error && answer.error.reason === "not_found") {
      const lost = refusal("render_failed", "The export was interrupted before Nemo had it; start another render.", {
        charged: "no",
      });
      return this.#save(toFailed(render, lost, this.#now()));
    }
    this.#save(toPolling(render, this.#now(), this.#home.ground.config.waits));
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
    this.#save(toCompleted(render, copied satisfies RenderFile, this.#now()));
  }

  #ask(render: Render): Promise<Result<RenderProgress, Refusal | NemoFailure>> {
    const { account } = this.#home;
    return account.call((token) => account.nemo.readRender(token, render.upstreamId));
  }

  /** Writes a step and what follows from it: the next look, or the end and its event. */
  #save(render: Render): void {
    const { ground, schedule, outbox } = this.#home;
    ground.storage.transactionSync(() => {
      this.#write(render);
      if (!isOver(render)) return schedule.owe(RENDER, render.id, render.nextAt ?? this.#now());
      schedule.done(RENDER, render.id);
      outbox.add(render.phase === "completed" ? "render.completed" : "render.failed", render.id, this.#show(render));
    });
  }

  #write(render: Render): void {
    this.#home.ground.sql.exec("UPDATE renders SET record = ? WHERE id = ?", JSON.stringify(render), render.id);
  }

  #now(): number {
    return this.#home.ground.now();
  }

  #show(render: Render): RenderWire {
    const { file } = render;
    return {
      id: render.id,
      project_id: render.project,
      status: statusOf(render),
      progress: render.progress,
      output: { format: "mp4", quality: "high" },
      file:
        file === null ? null : { size_bytes: file.sizeBytes, etag: `"${file.etag}"`, content_type: file.contentType },
      content_url: file === null ? null : `${originOf(this.#home)}/v1/renders/${render.id}/content`,
      error: render.error === null ? null : failureOf(render.error),
      metadata: { ...render.metadata },
      created_at: toRfc3339(render.createdAt),
      next_check_at: render.nextAt === null ? null : toRfc3339(render.nextAt),
      ended_at: render.endedAt === null ? null : toRfc3339(render.endedAt),
    };
  }
}

const noRender = (): Refusal =>
  refusal("not_found", "No render with this id exists here; list yours with GET /v1/projects/{id}/renders.");

const nothingToRender = (): Refusal =>
  refusal("nothing_to_render", "The timeline is empty; send a turn that makes or edits a video first.", {
    charged: "no",
    hint: "POST /v1/projects/{id}/turns",
  });

const decode = (record: string): Render => JSON.parse(record) as Render; // written by this file only

/** A submit without a clear answer may have reached upstream: it is asked for, not repeated. */
const mayHaveArrived = (failure: Refusal | NemoFailure): boolean =>
  "reason" in failure &&
  ((failure.reason === "unavailable" && failure.sent === "maybe") || failure.reason === "garbled");

function statusOf(render: Render): RenderStatus {
  switch (render.phase) {
    case "queued":
    case "submitting":
      return "queued";
    case "polling":
      return "processing";
    case "copying":
      return "copying";
    case "completed":
      return "completed";
    case "failed":
      return "failed";
  }
}
