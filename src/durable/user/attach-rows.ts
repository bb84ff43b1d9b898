/** The rows of attachments: which assets belong to which projects, and how far each is on its way to upstream. */
import type { Refusal } from "../../core/errors.ts";
import type { AssetId, ProjectId, TurnId } from "../../core/ids.ts";
import type { AssetRecord } from "../../core/ports.ts";
import type { AttachmentWire } from "../../core/wire/upload.ts";
import type { Ground } from "../ground.ts";

export type Attachment = {
  readonly asset: AssetRecord;
  readonly status: AttachmentWire["status"];
  readonly error: Refusal | null;
  /** A push of it into the project's session has begun, so upstream may hold it. Written before the push leaves. */
  readonly sent: boolean;
  /** Who was told that it failed: a turn, which failed with it, or the caller who asked again; null while nobody was. */
  readonly told: TurnId | "caller" | null;
};

/** What an earlier version did not know: its failures are history. */
const LATER = { told: "caller" } as const;

export const ATTACHMENT_INDEXES = `
  CREATE INDEX attachments_of_asset ON attachments (asset);
  CREATE INDEX attachments_by_status ON attachments (project, status);
`;

/** A file's own name, and how a link spells it: a pulled file may be called by either. */
export const namesAtNemo = (filename: string): string[] => [filename, encodeURIComponent(filename)];

type Row = { status: Attachment["status"]; record: string };

export class AttachRows {
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  find(project: ProjectId, asset: AssetId): Attachment | null {
    return this.#read("project = ? AND asset = ?", project, asset)[0] ?? null;
  }

  /** A project's attachments in one status, the oldest asset first. */
  inStatus(project: ProjectId, status: Attachment["status"]): Attachment[] {
    return this.#read("project = ? AND status = ? ORDER BY asset", project, status);
  }

  /** Where an asset is attached, or was to be. */
  projectsOf(asset: AssetId): ProjectId[] {
    const query = "SELECT project FROM attachments WHERE asset = ?";
    const rows = this.#ground.sql.exec<{ project: ProjectId }>(query, asset).toArray();
    return rows.map(({ project }) => project);
  }

  /** How upstream may call the files that were sent into a project's session, there or on their way. */
  namesIn(project: ProjectId): ReadonlySet<string> {
    const sent = this.#read("project = ?", project).filter(({ sent, status }) => sent || status === "attached");
    return new Set(sent.flatMap(({ asset }) => namesAtNemo(asset.filename)));
  }

  save(project: ProjectId, { status, ...record }: Attachment): void {
    this.#ground.sql.exec(
      "INSERT OR REPLACE INTO attachments (project, asset, status, record) VALUES (?, ?, ?, ?)",
      project,
      record.asset.id,
      status,
      JSON.stringify(record),
    );
  }

  #read(where: string, ...values: SqlStorageValue[]): Attachment[] {
    const query = `SELECT status, record FROM attachments WHERE ${where}`;
    const rows = this.#ground.sql.exec<Row>(query, ...values).toArray();
    return rows.map(({ status, record }) => ({
      ...LATER,
      ...(JSON.parse(record) as Omit<Attachment, "status">),
      status,
    })); // written by save() only
  }
}
