/** Projects: their records, their session at Nemo, and their timeline. */

import { type Limit, type Problem, problemOf } from "../../core/errors.ts";
import { ownedId, type ProjectId } from "../../core/ids.ts";
import { Lru } from "../../core/lru.ts";
import { cutPage, idBefore, rowsFor } from "../../core/page.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Call, Page, PageRequest } from "../../core/rpc/user.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "../../core/time.ts";
import { EMPTY_TIMELINE, isExportable, summaryLine, type Timeline } from "../../core/timeline/timeline.ts";
import type { Snapshot } from "../../core/turn.ts";
import { type Metered, metered } from "../../core/usage/quota.ts";
import type { BrowserLinkWire, NewProject, ProjectPatch, ProjectWire, TimelineWire } from "../../core/wire/project.ts";
import type { NemoState } from "../../nemo/client.ts";
import { createOnce } from "../shared/idempotency.ts";
import { releaseQuota } from "../shared/problems.ts";
import { AttachRows } from "./attachments.ts";
import { admitNewUser, originOf, type UserContext } from "./context.ts";

export type Project = {
  readonly id: ProjectId;
  readonly name: string;
  readonly language: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: EpochMs;
  /** Nemo's task and session ids; null until the first step that needs a session. */
  readonly session: { readonly taskId: string; readonly sessionId: string } | null;
  /** The timeline after the last settled turn; null when something else may have changed it since. */
  readonly snapshot: Snapshot | null;
  /** A turn has left a timeline, which a lost session would lose. */
  readonly hasTimeline: boolean;
  /** A browser link was issued: its holder may change the timeline at any time. */
  readonly opened: boolean;
};

type Session = NonNullable<Project["session"]>;

type Stored = { readonly project: Project; readonly isDeleted: boolean };

/** Projects held in memory. Chosen: more than a user's four turns at once. */
const HELD_PROJECTS = 8;

export class Projects {
  readonly #context: UserContext;
  /** The projects read or saved last: a turn reads its project at every step. */
  readonly #held = new Lru<Stored>(HELD_PROJECTS);
  readonly #attachRows: AttachRows;

  constructor(context: UserContext) {
    this.#context = context;
    this.#attachRows = new AttachRows(context.runtime);
    context.runtime.onRollback(() => this.#held.clear());
  }

  create(call: Call, body: NewProject): Promise<Metered<ProjectWire>> {
    const { runtime, address } = this.#context;
    const project: Project = {
      id: ownedId("prj", address.uh, runtime.now(), runtime.random),
      name: body.name,
      language: body.language ?? null,
      metadata: body.metadata,
      createdAt: runtime.now(),
      session: null,
      snapshot: null,
      hasTimeline: false,
      opened: false,
    };
    return createOnce<readonly Limit[], Metered<ProjectWire>>(this.#context, call, {
      existing: (id) => this.read(id as ProjectId), // the key of `commit`
      prepare: () => admitNewUser(this.#context, call, [], { entered: [{ id: project.id }] }),
      release: () => releaseQuota(runtime, project.id),
      commit: () => {
        runtime.sql.exec(
          "INSERT INTO projects (id, created_at, record) VALUES (?, ?, ?)",
          project.id,
          project.createdAt,
          JSON.stringify(project),
        );
        return project.id;
      },
      created: (limits) => metered(this.#show(project), limits),
    });
  }

  read(id: ProjectId): Result<ProjectWire, Problem> {
    const project = this.find(id);
    return project === null ? err(noProject()) : ok(this.#show(project));
  }

  list(page: PageRequest): Page<ProjectWire> {
    const { sql } = this.#context.runtime;
    const rows = sql
      .exec<{ record: string }>(
        "SELECT record FROM projects WHERE is_deleted = 0 AND id < ? ORDER BY id DESC LIMIT ?",
        idBefore(page),
        rowsFor(page),
      )
      .toArray()
      .map(({ record }) => JSON.parse(record) as Project); // written by this file only
    const origin = originOf(this.#context);
    return cutPage(
      rows,
      page,
      (project) => project.id,
      (project) => this.#show(project, origin),
    );
  }

  /** The project; null when it does not exist or was deleted. */
  find(id: ProjectId): Project | null {
    const stored = this.#stored(id);
    return stored === null || stored.isDeleted ? null : stored.project;
  }

  /** Updates the project's name or metadata; a field that is not given keeps its value. */
  change(id: ProjectId, { name, metadata }: ProjectPatch): Result<ProjectWire, Problem> {
    const project = this.find(id);
    if (project === null) return err(noProject());
    const changed = { ...project, name: name ?? project.name, metadata: metadata ?? project.metadata };
    this.save(changed);
    return ok(this.#show(changed));
  }

  save(project: Project): void {
    this.#context.runtime.sql.exec("UPDATE projects SET record = ? WHERE id = ?", JSON.stringify(project), project.id);
    const held = this.#held.get(project.id);
    if (held !== undefined) this.#held.set(project.id, { ...held, project });
  }

  /** Call after the project's row was changed by other code: it is read again. */
  forget(id: ProjectId): void {
    this.#held.delete(id);
  }

  /**
   * The project's session at Nemo, created when there is none. Concurrent steps, such as a file upload and the turn
   * that waits for it, share one creation: a session costs nothing, but each one appears as a project in the user's
   * Nemo account.
   */
  async session(id: ProjectId): Promise<Result<Session, Problem>> {
    const project = this.find(id);
    if (project === null) return err(noProject());
    if (project.session !== null) return ok(project.session);
    const opening = this.#opening.get(id) ?? this.#open(project).finally(() => this.#opening.delete(id));
    this.#opening.set(id, opening);
    return opening;
  }

  readonly #opening = new Map<ProjectId, Promise<Result<Session, Problem>>>();

  async #open({ id, name, language }: Project): Promise<Result<Session, Problem>> {
    const made = await this.#context.account.read((token) =>
      this.#context.account.nemo.createSession(token, language === null ? { name } : { name, language }),
    );
    if (!made.ok) return made;
    const fresh = this.find(id);
    if (fresh === null) return err(noProject());
    if (fresh.session !== null) return ok(fresh.session);
    const session = { taskId: made.value.taskId, sessionId: made.value.sessionId };
    this.save({ ...fresh, session });
    return ok(session);
  }

  /** Forgets a session that Nemo no longer knows; the next step creates another. */
  forgetSession(id: ProjectId): void {
    const project = this.find(id);
    if (project !== null) this.save({ ...project, session: null, snapshot: null, hasTimeline: false });
  }

  /**
   * Nemo's state of the project; null when it has no session yet and so no state. Also works for a deleted project,
   * whose running turns still settle.
   */
  async state(id: ProjectId): Promise<Result<NemoState | null, Problem>> {
    const stored = this.#stored(id);
    if (stored === null) return err(noProject());
    const { session } = stored.project;
    if (session === null) return ok(null);
    const { account } = this.#context;
    return account.read((token) => {
      let names: ReadonlySet<string> | null = null;
      const isOurs = (name: string): boolean => {
        names ??= this.#attachRows.namesIn(id);
        return names.has(name);
      };
      return account.nemo.readState(token, session.sessionId, isOurs);
    });
  }

  async timeline(
    id: ProjectId,
  ): Promise<Result<{ timeline: TimelineWire; etag: string; draft: string | null }, Problem>> {
    if (this.find(id) === null) return err(noProject());
    const state = await this.state(id);
    if (!state.ok) return state;
    const timeline = showTimeline(id, state.value?.timeline ?? EMPTY_TIMELINE);
    return ok({ timeline, etag: `"${state.value?.fingerprint ?? "empty"}"`, draft: state.value?.draftText ?? null });
  }

  /** Creates the session first when there is none, because the link opens a session. */
  async browserLink(id: ProjectId): Promise<Result<BrowserLinkWire, Problem>> {
    const session = await this.session(id);
    if (!session.ok) return session;
    const made = await this.#context.account.browserLink(session.value);
    if (!made.ok) return made;
    const project = this.find(id);
    if (project !== null) this.save({ ...project, opened: true });
    const expiresAt = this.#context.runtime.now() + made.value.expiresInSeconds * SECOND_MS;
    return ok({ url: made.value.url, expires_at: toRfc3339(expiresAt) });
  }

  #stored(id: ProjectId): Stored | null {
    if (!this.#context.database.exists()) return null;
    const held = this.#held.get(id);
    if (held !== undefined) return held;
    type Row = { record: string; is_deleted: number };
    const query = "SELECT record, is_deleted FROM projects WHERE id = ?";
    const row = this.#context.runtime.sql.exec<Row>(query, id).toArray()[0];
    if (row === undefined) return null;
    const project = JSON.parse(row.record) as Project; // written by this file only
    const stored = { project, isDeleted: row.is_deleted === 1 };
    this.#held.set(id, stored);
    return stored;
  }

  #show(project: Project, origin = originOf(this.#context)): ProjectWire {
    const base = `${origin}/v1/projects/${project.id}`;
    return {
      id: project.id,
      name: project.name,
      language: project.language,
      summary: project.snapshot?.summary ?? null,
      metadata: { ...project.metadata },
      turns_url: `${base}/turns`,
      timeline_url: `${base}/timeline`,
      renders_url: `${base}/renders`,
      created_at: toRfc3339(project.createdAt),
    };
  }
}

export const noProject = (): Problem =>
  problemOf("not_found", "No project with this id exists; list your projects with GET /v1/projects.");

function showTimeline(id: ProjectId, timeline: Timeline): TimelineWire {
  return {
    project_id: id,
    summary: summaryLine(timeline),
    exportable: isExportable(timeline),
    duration_ms: timeline.durationMs,
    width: timeline.width,
    height: timeline.height,
    tracks: timeline.tracks.map((track) => ({
      kind: track.kind,
      segments: track.segments.map((segment) => ({
        label: segment.label,
        start_ms: segment.startMs,
        duration_ms: segment.durationMs,
        volume: segment.volume,
        text: segment.text,
      })),
    })),
  };
}
