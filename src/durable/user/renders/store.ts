/** Storage of renders: their rows, their public representation, and the problems that refer to them. */

import type { Download, Unsigned } from "../../../core/download.ts";
import { type Problem, problemOf } from "../../../core/errors.ts";
import type { ProjectId, RenderId } from "../../../core/ids.ts";
import { idBefore, rowsFor } from "../../../core/page.ts";
import { isPublished, isRenderOver, type Render, type RenderFile, type RenderOutput } from "../../../core/render.ts";
import type { PageRequest } from "../../../core/rpc/user.ts";
import { type EpochMs, toRfc3339 } from "../../../core/time.ts";
import { type FileProperties, NO_PROPERTIES } from "../../../core/wire/common.ts";
import type { RenderStatus, RenderWire } from "../../../core/wire/render.ts";
import type { ObjectRuntime } from "../../shared/context.ts";
import { BOUND_LIMIT, type Database } from "../../shared/database.ts";
import { originOf, type UserContext } from "../context.ts";
import { failureOf } from "../turns/store.ts";

export type Finished = Render & { readonly file: RenderFile };

/** Excludes renders of deleted projects. */
const NOT_DELETED = "project NOT IN (SELECT id FROM projects WHERE is_deleted = 1)";

/** Rows that a list with a filter reads at a time. Chosen. */
const FILTERED_STEP = 200;

export class RenderRows {
  readonly #runtime: ObjectRuntime;
  readonly #database: Database;

  constructor(runtime: ObjectRuntime, database: Database) {
    this.#runtime = runtime;
    this.#database = database;
  }

  find(id: RenderId): Render | null {
    if (!this.#database.exists()) return null;
    return this.#renders("SELECT record FROM renders WHERE id = ?", id)[0] ?? null;
  }

  /** The render as callers may see it; null when its project was deleted. */
  shown(id: RenderId): Render | null {
    if (!this.#database.exists()) return null;
    return this.#renders(`SELECT record FROM renders WHERE id = ? AND ${NOT_DELETED}`, id)[0] ?? null;
  }

  add(render: Render): void {
    const query =
      "INSERT INTO renders (id, project, record, reuse_key, file_owner, file_expires_at) VALUES (?, ?, ?, ?, ?, ?)";
    this.#runtime.sql.exec(query, render.id, render.project, JSON.stringify(render), ...columnsOf(render));
  }

  save(render: Render): void {
    const query = "UPDATE renders SET record = ?, reuse_key = ?, file_owner = ?, file_expires_at = ? WHERE id = ?";
    this.#runtime.sql.exec(query, JSON.stringify(render), ...columnsOf(render), render.id);
  }

  /** A page of renders, newest first, and one more to know whether there are others; of one project or of all. */
  page(project: ProjectId | null, page: PageRequest, status: RenderStatus | null): Render[] {
    if (!this.#database.exists()) return [];
    const [rule, values] = project === null ? [NOT_DELETED, []] : ["project = ?", [project]];
    const query = `SELECT record FROM renders WHERE ${rule} AND id < ? ORDER BY id DESC ${BOUND_LIMIT}`;
    const wanted = rowsFor(page);
    const step = status === null ? wanted : FILTERED_STEP;
    const found: Render[] = [];
    // The status follows from several fields of the record, so rows are read until enough of them match.
    for (let before = idBefore(page); found.length < wanted; ) {
      const rows = this.#renders(query, ...values, before, step);
      found.push(...rows.filter((render) => status === null || statusOf(render) === status));
      const last = rows.at(-1);
      if (last === undefined || rows.length < step) break;
      before = last.id;
    }
    return found.slice(0, wanted);
  }

  /**
   * The newest finished render of this timeline in this output whose file is kept beyond `until`; null when there is
   * none.
   */
  finished(project: ProjectId, fingerprint: string, output: RenderOutput, until: EpochMs): Finished | null {
    const query =
      "SELECT record FROM renders WHERE project = ? AND reuse_key = ? AND file_expires_at > ? ORDER BY id DESC LIMIT 1";
    const found = this.#renders(query, project, reuseKeyOf(fingerprint, output), until)[0];
    return found === undefined || found.file === null ? null : { ...found, file: found.file };
  }

  /** Whether another render uses the file of this one beyond `until`. */
  isShared(id: RenderId, owner: RenderId, until: EpochMs): boolean {
    const query = "SELECT 1 FROM renders WHERE file_owner = ? AND file_expires_at > ? AND id <> ? LIMIT 1";
    return this.#runtime.sql.exec(query, owner, until, id).toArray().length > 0;
  }

  #renders(query: string, ...values: SqlStorageValue[]): Render[] {
    const rows = this.#runtime.sql.exec<{ record: string }>(query, ...values).toArray();
    return rows.map(({ record }) => JSON.parse(record) as Render); // written by add() and save() only
  }
}

const reuseKeyOf = (fingerprint: string, { format, quality }: RenderOutput): string =>
  `${fingerprint} ${format} ${quality}`;

/** The render whose file this one uses; the file is stored under that render's key. */
export const fileOwner = (render: Render): RenderId => render.reusedFrom ?? render.id;

function columnsOf(render: Render): [string | null, string | null, number | null] {
  if (render.file === null) return [null, null, null];
  const reuseKey = render.timeline === null ? null : reuseKeyOf(render.timeline.fingerprint, render.output);
  return [reuseKey, fileOwner(render), render.file.expiresAt];
}

export type ShownRender = Unsigned<RenderWire>;

export function showRender(context: UserContext, render: Render): ShownRender {
  const { file } = render;
  const shown = shownFile(context, render);
  return {
    id: render.id,
    project_id: render.project,
    status: statusOf(render),
    stage: stageOf(render),
    progress: render.progress,
    output: { ...render.output },
    file: file === null ? null : showFile(file),
    ...shown,
    content_url: shown.download === null ? null : `${originOf(context)}/v1/renders/${render.id}/content`,
    reused_from: render.reusedFrom,
    warnings: render.warnings.map(({ code, detail }) => ({ code, detail })),
    attempts: render.attempts.map(({ submittedAt, endedAt, detail }) => ({
      submitted_at: submittedAt === null ? null : toRfc3339(submittedAt),
      ended_at: toRfc3339(endedAt),
      detail,
    })),
    error: render.error === null ? null : failureOf(render.error),
    metadata: { ...render.metadata },
    created_at: toRfc3339(render.createdAt),
    next_check_at: render.nextAt === null ? null : toRfc3339(render.nextAt),
    ended_at: render.endedAt === null ? null : toRfc3339(render.endedAt),
  };
}

/** The public fields of a finished render's file, and the download that a link opens until the file expires. */
export function shownFile(
  context: UserContext,
  render: Render | null,
): FileProperties & { readonly download: Download | null } {
  const file = render?.file ?? null;
  if (render === null || file === null) return { download: null, ...NO_PROPERTIES };
  const { sizeBytes: size_bytes, durationMs: duration_ms, width, height, expiresAt: until } = file;
  const isKept = until > context.runtime.now();
  const download = isKept ? { id: render.id, origin: originOf(context), until } : null;
  return { download, size_bytes, duration_ms, width, height };
}

const showFile = (file: RenderFile): NonNullable<RenderWire["file"]> => ({
  size_bytes: file.sizeBytes,
  etag: `"${file.etag}"`,
  content_type: file.contentType,
  sha256: file.sha256,
  duration_ms: file.durationMs,
  width: file.width,
  height: file.height,
  codec: file.codec,
  expires_at: toRfc3339(file.expiresAt),
});

function statusOf(render: Render): RenderStatus {
  if (isPublished(render)) return render.phase === "completed" ? "completed" : "failed";
  if (render.phase === "polling") return "processing";
  return render.phase === "copying" ? "copying" : "queued";
}

function stageOf(render: Render): RenderWire["stage"] {
  if (isRenderOver(render)) return null;
  if (render.timedOutAt !== null) return "late";
  switch (render.phase) {
    case "queued":
    case "submitting":
    case "copying":
      return render.phase;
    default:
      return render.working ? "rendering" : "waiting";
  }
}

export const nothingToRender = (): Problem =>
  problemOf("nothing_to_render", "The timeline is empty; send a turn that makes or edits a video first.", {
    charged: "no",
    hint: "POST /v1/projects/{id}/turns",
  });

export const noRender = (): Problem =>
  problemOf("not_found", "No render with this id exists; list your renders with GET /v1/renders.");

export const renderNotReady = (id: RenderId): Problem =>
  problemOf("render_not_ready", "The render is not finished; read it again later.", {
    hint: `GET /v1/renders/${id}`,
    retryAfterSeconds: 5,
  });

export const fileGone = (render: Render): Problem =>
  problemOf("file_gone", "The file has expired and was deleted; start another render of the project.", {
    hint: `POST /v1/projects/${render.project}/renders`,
  });

export const unattested = (): Problem =>
  problemOf(
    "unattested_output",
    'Exports are made as {"format": "mp4", "quality": "high"}; send that, or leave `output` out.',
    { charged: "no", errors: [{ field: "/output", message: 'must be {"format": "mp4", "quality": "high"}' }] },
  );
