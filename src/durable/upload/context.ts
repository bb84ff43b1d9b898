/**
 * What the services of an upload's object share: its record, jobs, stored bytes and links to other objects. Created
 * once by the object.
 */
import { parseScope, uploadKey, uploadObjectName, userObjectName } from "../../core/address.ts";
import type { UploadId } from "../../core/ids.ts";
import type { UploadRpc } from "../../core/rpc/upload.ts";
import type { UserRpc } from "../../core/rpc/user.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { type Database, readMeta, writeMeta } from "../shared/database.ts";
import type { JobScheduler } from "../shared/jobs.ts";
import { Outbox } from "../shared/outbox.ts";
import { RunningHash } from "./digests.ts";
import { PartsFile, UploadBytes } from "./parts.ts";
import { decodeUpload, mimeOf, showUpload, type Upload } from "./record.ts";

/** Job kinds. */
export const EXPIRE = "expire";
export const DELETE_JOB = "delete";
export const CHECK_WRITE = "check_write";
export const ASSET = "asset";
export const PUBLISH = "publish";
/** The upload's bytes are downloaded from an address. */
export const IMPORT = "import";

export class UploadContext {
  readonly runtime: ObjectRuntime;
  readonly database: Database;
  readonly jobs: JobScheduler;
  readonly bytes: UploadBytes;
  readonly hash = new RunningHash();

  constructor(runtime: ObjectRuntime, database: Database, jobs: JobScheduler) {
    this.runtime = runtime;
    this.database = database;
    this.jobs = jobs;
    this.bytes = new UploadBytes(runtime.storage);
  }

  /** The upload; null when none was created here. */
  find(): Upload | null {
    if (!this.database.exists()) return null;
    const text = readMeta(this.runtime.sql, "upload");
    return text === null ? null : decodeUpload(text);
  }

  /** The upload, for code that runs only when there is one. */
  read(): Upload {
    const upload = this.find();
    if (upload === null) throw new Error("no upload is stored here");
    return upload;
  }

  /** Saves the upload; an import's address is saved only while it is needed. */
  save(upload: Upload): void {
    const isOver = upload.import !== null && upload.status !== "open";
    const stored = isOver ? { ...upload, import: { ...upload.import, address: null } } : upload;
    writeMeta(this.runtime.sql, "upload", JSON.stringify(stored));
  }

  /** How many bytes are stored. The rows are gone once the file is whole, so its size is returned then. */
  offsetOf(upload: Upload): number {
    if (!this.database.exists()) return 0;
    const isWhole = upload.status === "completed" || upload.fileParts !== null;
    return isWhole ? (upload.sizeBytes ?? 0) : this.bytes.offset();
  }

  show(upload: Upload): UploadWire {
    return showUpload(upload, this.offsetOf(upload), this.runtime.config.publicUrl);
  }

  outbox(upload: Upload): Outbox {
    return new Outbox(this.runtime, this.jobs, { uh: upload.owner.uh, named: () => upload.call.named });
  }

  parts(upload: Upload): PartsFile {
    const mime = (): string => mimeOf(this.read());
    return new PartsFile(this.runtime, upload, mime, (multipart) => this.save({ ...this.read(), multipart }));
  }

  key(upload: Upload): string {
    return uploadKey(upload.owner, upload.id);
  }

  /** The object of another upload of the same tenant and mode. */
  other(id: UploadId): UploadRpc {
    const name = uploadObjectName(parseScope(this.runtime.name), id);
    return this.runtime.env.UPLOAD.getByName(name) as unknown as UploadRpc; // UploadObject implements it
  }

  user(upload: Upload): UserRpc {
    return this.runtime.env.USER.getByName(userObjectName(upload.owner)) as unknown as UserRpc; // UserObject implements UserRpc
  }
}
