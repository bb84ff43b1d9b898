/** What the parts of an upload's object share. Made once by the object, handed to each part. */
import { parseScope, uploadKey, uploadObjectName, userObjectName } from "../../core/address.ts";
import type { UploadId } from "../../core/ids.ts";
import type { UploadRpc } from "../../core/rpc/upload.ts";
import type { UserRpc } from "../../core/rpc/user.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { ObjectRuntime } from "../shared/context.ts";
import { type Database, readMeta, writeMeta } from "../shared/database.ts";
import type { JobScheduler } from "../shared/jobs.ts";
import { Outbox } from "../shared/outbox.ts";
import { PassingHash } from "./digests.ts";
import { PartsFile, UploadBytes } from "./parts.ts";
import { decodeUpload, mimeOf, showUpload, type Upload } from "./record.ts";

/** Kinds of rows in the schedule. */
export const EXPIRE = "expire";
export const DELETE_JOB = "remove";
export const LOOK = "look";
export const ASSET = "asset";
export const PUBLISH = "tell";
/** The bytes are to be fetched from an address. */
export const IMPORT = "import";

export class UploadContext {
  readonly runtime: ObjectRuntime;
  readonly database: Database;
  readonly jobs: JobScheduler;
  readonly bytes: UploadBytes;
  readonly hash = new PassingHash();

  constructor(runtime: ObjectRuntime, database: Database, jobs: JobScheduler) {
    this.runtime = runtime;
    this.database = database;
    this.jobs = jobs;
    this.bytes = new UploadBytes(runtime.storage);
  }

  /** The upload; null when none was ever created here. */
  find(): Upload | null {
    if (!this.database.exists()) return null;
    const text = readMeta(this.runtime.sql, "upload");
    return text === null ? null : decodeUpload(text);
  }

  /** The upload of an object that works for it. */
  read(): Upload {
    const upload = this.find();
    if (upload === null) throw new Error("work without an upload");
    return upload;
  }

  /** Writes the upload down; an address only for as long as something is fetched from it. */
  save(upload: Upload): void {
    const isOver = upload.import !== null && upload.status !== "open";
    const kept = isOver ? { ...upload, import: { ...upload.import, address: null } } : upload;
    writeMeta(this.runtime.sql, "upload", JSON.stringify(kept));
  }

  /** How far its bytes are kept. Once the file is whole they are no longer counted. */
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

  /** Another upload of the same tenant and mode. */
  other(id: UploadId): UploadRpc {
    const name = uploadObjectName(parseScope(this.runtime.name), id);
    return this.runtime.env.UPLOAD.getByName(name) as unknown as UploadRpc; // UploadObject implements it
  }

  user(upload: Upload): UserRpc {
    return this.runtime.env.USER.getByName(userObjectName(upload.owner)) as unknown as UserRpc; // UserObject implements UserRpc
  }
}
