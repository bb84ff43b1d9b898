/** What the parts of an upload's object share. Made once by the object, handed to each part. */
import { parseScope, uploadKey, uploadObjectName, userObjectName } from "../../core/address.ts";
import type { UploadId } from "../../core/ids.ts";
import type { UploadPort } from "../../core/rpc/upload.ts";
import type { UserPort } from "../../core/rpc/user.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { Ground } from "../shared/context.ts";
import { type Database, readMeta, writeMeta } from "../shared/database.ts";
import type { Schedule } from "../shared/jobs.ts";
import { Outbox } from "../shared/outbox.ts";
import { PassingHash } from "./digests.ts";
import { PartsFile, UploadBytes } from "./parts.ts";
import { decodeUpload, mimeOf, showUpload, type Upload } from "./record.ts";

/** Kinds of rows in the schedule. */
export const EXPIRE = "expire";
export const REMOVE = "remove";
export const LOOK = "look";
export const ASSET = "asset";
export const TELL = "tell";
/** The bytes are to be fetched from an address. */
export const IMPORT = "import";

export class UploadHome {
  readonly ground: Ground;
  readonly database: Database;
  readonly schedule: Schedule;
  readonly bytes: UploadBytes;
  readonly hash = new PassingHash();

  constructor(ground: Ground, database: Database, schedule: Schedule) {
    this.ground = ground;
    this.database = database;
    this.schedule = schedule;
    this.bytes = new UploadBytes(ground.storage);
  }

  /** The upload; null when none was ever created here. */
  find(): Upload | null {
    if (!this.database.exists()) return null;
    const text = readMeta(this.ground.sql, "upload");
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
    writeMeta(this.ground.sql, "upload", JSON.stringify(kept));
  }

  /** How far its bytes are kept. Once the file is whole they are no longer counted. */
  offsetOf(upload: Upload): number {
    if (!this.database.exists()) return 0;
    const isWhole = upload.status === "completed" || upload.pieces !== null;
    return isWhole ? (upload.sizeBytes ?? 0) : this.bytes.offset();
  }

  show(upload: Upload): UploadWire {
    return showUpload(upload, this.offsetOf(upload), this.ground.config.publicUrl);
  }

  outbox(upload: Upload): Outbox {
    return new Outbox(this.ground, this.schedule, { uh: upload.owner.uh, named: () => upload.call.named });
  }

  parts(upload: Upload): PartsFile {
    const mime = (): string => mimeOf(this.read());
    return new PartsFile(this.ground, upload, mime, (multipart) => this.save({ ...this.read(), multipart }));
  }

  key(upload: Upload): string {
    return uploadKey(upload.owner, upload.id);
  }

  /** Another upload of the same tenant and mode. */
  other(id: UploadId): UploadPort {
    const name = uploadObjectName(parseScope(this.ground.name), id);
    return this.ground.env.UPLOAD.getByName(name) as unknown as UploadPort; // UploadObject implements it
  }

  user(upload: Upload): UserPort {
    return this.ground.env.USER.getByName(userObjectName(upload.owner)) as unknown as UserPort; // UserObject implements UserPort
  }
}
