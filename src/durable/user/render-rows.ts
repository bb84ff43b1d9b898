/** The rows of renders, and a render as the outside sees it. */
import { type Refusal, refusal } from "../../core/errors.ts";
import type { ProjectId, RenderId } from "../../core/ids.ts";
import type { PageRequest } from "../../core/ports.ts";
import type { Render } from "../../core/render.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { RenderStatus, RenderWire } from "../../core/wire/render.ts";
import type { Database } from "../database.ts";
import type { Ground } from "../ground.ts";
import { cursorOf } from "../page.ts";
import { type Home, originOf } from "./home.ts";
import { failureOf } from "./show.ts";

export class RenderRows {
  readonly #ground: Ground;
  readonly #database: Database;

  constructor(ground: Ground, database: Database) {
    this.#ground = ground;
    this.#database = database;
  }

  find(id: RenderId): Render | null {
    if (!this.#database.exists()) return null;
    return this.#renders("SELECT record FROM renders WHERE id = ?", id)[0] ?? null;
  }

  add(render: Render): void {
    const query = "INSERT INTO renders (id, project, record) VALUES (?, ?, ?)";
    this.#ground.sql.exec(query, render.id, render.project, JSON.stringify(render));
  }

  save(render: Render): void {
    this.#ground.sql.exec("UPDATE renders SET record = ? WHERE id = ?", JSON.stringify(render), render.id);
  }

  /** A page of a project's renders, newest first, and one more to tell whether there are others. */
  page(project: ProjectId, page: PageRequest): Render[] {
    const query = "SELECT record FROM renders WHERE project = ? AND id < ? ORDER BY id DESC LIMIT ?";
    return this.#renders(query, project, cursorOf(page), page.limit + 1);
  }

  #renders(query: string, ...values: SqlStorageValue[]): Render[] {
    const rows = this.#ground.sql.exec<{ record: string }>(query, ...values).toArray();
    return rows.map(({ record }) => ({ ...ADDED, ...(JSON.parse(record) as Render) })); // written by add() and save() only
  }
}

/** What a record that an earlier version wrote does not hold. A field is only ever added, with its value here. */
const ADDED = { callback: null } as const;

export function showRender(home: Home, render: Render): RenderWire {
  const { file } = render;
  return {
    id: render.id,
    project_id: render.project,
    status: statusOf(render),
    progress: render.progress,
    output: { format: "mp4", quality: "high" },
    file: file === null ? null : { size_bytes: file.sizeBytes, etag: `"${file.etag}"`, content_type: file.contentType },
    content_url: file === null ? null : `${originOf(home)}/v1/renders/${render.id}/content`,
    error: render.error === null ? null : failureOf(render.error),
    metadata: { ...render.metadata },
    created_at: toRfc3339(render.createdAt),
    next_check_at: render.nextAt === null ? null : toRfc3339(render.nextAt),
    ended_at: render.endedAt === null ? null : toRfc3339(render.endedAt),
  };
}

export const nothingToRender = (): Refusal =>
  refusal("nothing_to_render", "The timeline is empty; send a turn that makes or edits a video first.", {
    charged: "no",
    hint: "POST /v1/projects/{id}/turns",
  });

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
