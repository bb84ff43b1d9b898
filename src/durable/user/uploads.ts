/** A user's uploads: which there are, and how many are open. How far each is only its own object knows. */
import { uploadObjectName } from "../../core/address.ts";
import { type Refusal, refusal } from "../../core/errors.ts";
import type { UploadId } from "../../core/ids.ts";
import { IMPORTS_AT_ONCE, OPEN_UPLOADS_PER_USER } from "../../core/limits.ts";
import type { Call, Page, PageRequest } from "../../core/ports.ts";
import { type Metered, metered } from "../../core/quota.ts";
import { err, ok } from "../../core/result.ts";
import type { UploadPort } from "../../core/upload-port.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import { pageOf } from "../page.ts";
import { enter, type Home } from "./home.ts";
import { enterAsNew } from "./new-user.ts";

export class Uploads {
  readonly #home: Home;

  constructor(home: Home) {
    this.#home = home;
  }

  /** Lists a new upload, while not too many are open. One that was let in before is let in again. */
  async admit(call: Call, upload: UploadWire): Promise<Metered<null>> {
    if (this.#isKnown(upload.id)) return ok(null);
    if (this.#isFull(upload)) await this.#lookAfterOverdue(call);
    if (this.#isFull(upload)) return err(tooMany());
    const bytes = { quota: "bytes_per_day", ref: upload.id, amount: upload.size_bytes ?? 0 } as const;
    // The bytes of a final upload were its pieces', an import takes them itself, as they come.
    const takesNone = upload.concat === "final" || upload.source === "import";
    const entered = await enterAsNew(this.#home, call, takesNone ? [] : [bytes]);
    if (!entered.ok) return entered;
    this.#put(upload);
    return metered(null, entered.value);
  }

  /** Takes what an upload's object tells of it; null: it was deleted. */
  note(call: Call, id: UploadId, upload: UploadWire | null): void {
    enter(this.#home, call);
    if (upload === null) this.#sql.exec("DELETE FROM uploads WHERE id = ?", id);
    else this.#put(upload);
  }

  /** Whether an import may fetch now: the oldest open ones may, as many as `IMPORTS_AT_ONCE`. Every end makes room for the next. */
  mayImport(id: UploadId): boolean {
    if (!this.#isKnown(id)) return false;
    const query = `SELECT count(*) AS n FROM uploads
      WHERE is_open = 1 AND record ->> 'source' = 'import' AND n < (SELECT n FROM uploads WHERE id = ?)`;
    return this.#sql.exec<{ n: number }>(query, id).one().n < IMPORTS_AT_ONCE;
  }

  /** The newest first. */
  list(page: PageRequest): Page<UploadWire> {
    const query =
      "SELECT record FROM uploads WHERE ? IS NULL OR n < (SELECT n FROM uploads WHERE id = ?) ORDER BY n DESC LIMIT ?";
    const rows = this.#sql.exec<{ record: string }>(query, page.after, page.after, page.limit + 1).toArray();
    const uploads = rows.map(({ record }) => decodeUpload(record));
    return pageOf(
      uploads,
      page,
      ({ id }) => id,
      (upload) => upload,
    );
  }

  /** Uploads whose time was over when they last told: they may have been written to since, have ended, or never have begun. */
  async #lookAfterOverdue(call: Call): Promise<void> {
    const { ground, address } = this.#home;
    const rows = this.#sql
      .exec<{ id: UploadId }>("SELECT id FROM uploads WHERE is_open = 1 AND until < ?", ground.now())
      .toArray();
    for (const { id } of rows) {
      const port = ground.env.UPLOAD.getByName(uploadObjectName(address, id)) as unknown as UploadPort; // UploadObject implements it
      const found = await port.read();
      this.note(call, id, found.ok ? found.value : null);
    }
  }

  #put(upload: UploadWire): void {
    this.#sql.exec(
      `INSERT INTO uploads (id, is_open, until, record) VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET is_open = excluded.is_open, until = excluded.until, record = excluded.record`,
      upload.id,
      upload.status === "open" ? 1 : 0,
      Date.parse(upload.expires_at),
      JSON.stringify(upload),
    );
  }

  #isKnown(id: string): boolean {
    return (
      this.#home.database.exists() && this.#sql.exec("SELECT 1 FROM uploads WHERE id = ?", id).toArray().length > 0
    );
  }

  /** A final upload takes no place and no bytes: its partials had them. */
  #isFull({ concat }: UploadWire): boolean {
    return concat !== "final" && this.#openCount() >= OPEN_UPLOADS_PER_USER;
  }

  #openCount(): number {
    if (!this.#home.database.exists()) return 0;
    return this.#sql.exec<{ n: number }>("SELECT count(*) AS n FROM uploads WHERE is_open = 1").one().n;
  }

  get #sql(): SqlStorage {
    return this.#home.ground.sql;
  }
}

/** An upload as #put wrote it, in this version or one that knew no concatenation. */
const decodeUpload = (record: string): UploadWire => ({ ...LATER, ...(JSON.parse(record) as UploadWire) });
const LATER = { concat: null };

const tooMany = (): Refusal =>
  refusal(
    "concurrency_limited",
    `A user may have ${OPEN_UPLOADS_PER_USER} open uploads; finish one of them, or delete it.`,
    { hint: "GET /v1/uploads", retryAfterSeconds: 60 },
  );
