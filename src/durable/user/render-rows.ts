/** The rows of renders: records, and the columns that ask which file is whose. */
import type { ProjectId, RenderId } from "../../core/ids.ts";
import { RENDER_TTL_MS } from "../../core/limits.ts";
import type { PageRequest } from "../../core/ports.ts";
import { ATTESTED_OUTPUT, newRenderOf, type Render, type RenderOutput } from "../../core/render.ts";
import type { RenderFile } from "../../core/render-file.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Database } from "../database.ts";
import type { Ground } from "../ground.ts";
import { cursorOf } from "../page.ts";

/** The file to show again is found among those that are kept, however many there were. */
export const RENDER_INDEX = `
  DROP INDEX renders_by_made;
  CREATE INDEX renders_by_made ON renders (project, made, file_until);
`;

export type Finished = Render & { readonly file: RenderFile };

/** Of no deleted project. */
const KEPT = "project NOT IN (SELECT id FROM projects WHERE removed = 1)";

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

  /** The render as its callers may know it: not one of a deleted project. */
  shown(id: RenderId): Render | null {
    if (!this.#database.exists()) return null;
    return this.#renders(`SELECT record FROM renders WHERE id = ? AND ${KEPT}`, id)[0] ?? null;
  }

  add(render: Render): void {
    const query = "INSERT INTO renders (id, project, record, made, file_of, file_until) VALUES (?, ?, ?, ?, ?, ?)";
    this.#ground.sql.exec(query, render.id, render.project, JSON.stringify(render), ...columnsOf(render));
  }

  save(render: Render): void {
    const query = "UPDATE renders SET record = ?, made = ?, file_of = ?, file_until = ? WHERE id = ?";
    this.#ground.sql.exec(query, JSON.stringify(render), ...columnsOf(render), render.id);
  }

  /** A page of renders, newest first, and one more to tell whether there are others; of one project or of all. */
  page(project: ProjectId | null, page: PageRequest): Render[] {
    if (!this.#database.exists()) return [];
    if (project === null) {
      const query = `SELECT record FROM renders WHERE id < ? AND ${KEPT} ORDER BY id DESC LIMIT ?`;
      return this.#renders(query, cursorOf(page), page.limit + 1);
    }
    const query = "SELECT record FROM renders WHERE project = ? AND id < ? ORDER BY id DESC LIMIT ?";
    return this.#renders(query, project, cursorOf(page), page.limit + 1);
  }

  /** The newest finished render of this timeline in this output whose file is kept beyond `until`; null without one. */
  finished(project: ProjectId, fingerprint: string, output: RenderOutput, until: EpochMs): Finished | null {
    const query =
      "SELECT record FROM renders WHERE project = ? AND made = ? AND file_until > ? ORDER BY id DESC LIMIT 1";
    const found = this.#renders(query, project, madeOf(fingerprint, output), until)[0];
    return found === undefined || found.file === null ? null : { ...found, file: found.file };
  }

  /** Whether another render shows the file of this one beyond `until`. */
  isShared(id: RenderId, owner: RenderId, until: EpochMs): boolean {
    const query = "SELECT 1 FROM renders WHERE file_of = ? AND file_until > ? AND id <> ? LIMIT 1";
    return this.#ground.sql.exec(query, owner, until, id).toArray().length > 0;
  }

  #renders(query: string, ...values: SqlStorageValue[]): Render[] {
    const rows = this.#ground.sql.exec<{ record: string }>(query, ...values).toArray();
    return rows.map(({ record }) => decode(record));
  }
}

const madeOf = (fingerprint: string, { format, quality }: RenderOutput): string =>
  `${fingerprint} ${format} ${quality}`;

/** Whose file a render shows: it lies under that render's key. */
export const fileOwner = (render: Render): RenderId => render.reusedFrom ?? render.id;

function columnsOf(render: Render): [string | null, string | null, number | null] {
  if (render.file === null) return [null, null, null];
  const made = render.made === null ? null : madeOf(render.made.fingerprint, render.output);
  return [made, fileOwner(render), render.file.expiresAt];
}

/** What the file of an earlier version's record lacks. */
const UNKNOWN_FILE = { sha256: null, durationMs: null, width: null, height: null, codec: null };

/** A stored render, whichever version wrote it. */
function decode(record: string): Render {
  const stored = JSON.parse(record) as Partial<Render> & // written by add() and save() only
    Pick<Render, "id" | "project" | "metadata" | "createdAt" | "upstreamId" | "phase">;
  const render = { ...newRenderOf({ output: ATTESTED_OUTPUT, callback: null, key: null, ...stored }), ...stored };
  const file = render.file as (Partial<RenderFile> & Pick<RenderFile, "sizeBytes" | "etag" | "contentType">) | null;
  if (file === null) return render;
  const expiresAt = (render.endedAt ?? render.createdAt) + RENDER_TTL_MS;
  return { ...render, file: { expiresAt, ...UNKNOWN_FILE, ...file } };
}
