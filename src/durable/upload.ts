/**
 * One upload: its bytes go straight into R2, its record says what is stored, and its user's object gets an asset.
 *
 * What is acknowledged is in R2. A crash between the bytes and the record is repaired by looking into R2; a body that was
 * cut leaves nothing behind and may be sent again until the upload expires.
 */
import { DurableObject } from "cloudflare:workers";
import { type UserAddress, uploadKey, userObjectName } from "../core/address.ts";
import type { Refusal } from "../core/errors.ts";
import type { UploadId } from "../core/ids.ts";
import type { Call, UploadPort, UserPort } from "../core/ports.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { NewUpload, UploadWire } from "../core/wire/upload.ts";
import type { Env } from "../env.ts";
import { logBug } from "../log.ts";
import { putExact, sha256Of } from "../store/files.ts";
import { type Database, openDatabase, readMeta, writeMeta } from "./database.ts";
import { type DueRow, SCHEDULE_INDEX, SCHEDULE_TABLES } from "./due-rows.ts";
import { type Ground, layGround } from "./ground.ts";
import { OUTBOX, OUTBOX_CALLBACK, OUTBOX_TABLES, Outbox } from "./outbox.ts";
import { Schedule } from "./schedule.ts";
import {
  assetOf,
  formatOf,
  noUpload,
  refuseContent,
  refuseFailed,
  refuseNew,
  refuseRepeat,
  showUpload,
  type Upload,
} from "./upload/record.ts";
import { Writing } from "./upload/writing.ts";

const EXPIRE = "expire";
const REMOVE = "remove";
const LOOK = "look";
const ASSET = "asset";

export class UploadObject extends DurableObject<Env> implements UploadPort {
  readonly #ground: Ground;
  readonly #database: Database;
  readonly #schedule: Schedule;
  readonly #writing = new Writing();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#ground = layGround(ctx, env);
    this.#database = openDatabase(this.#ground, [
      `${SCHEDULE_TABLES} ${OUTBOX_TABLES}`,
      SCHEDULE_INDEX,
      OUTBOX_CALLBACK,
    ]);
    this.#schedule = new Schedule(this.#ground, this.#database, "upload", {
      perform: (row) => this.#perform(row),
      giveUp: () => false, // everything here is safe to repeat, and the bytes are the caller's
    });
  }

  /** Makes the upload, or shows it to a repeat of the call that made it, for as long as an Idempotency-Key is remembered. */
  async create(call: Call, owner: UserAddress, id: UploadId, body: NewUpload): Promise<Result<UploadWire, Refusal>> {
    const { now, config, storage } = this.#ground;
    const known = this.#find();
    const refused = known === null ? refuseNew(body) : refuseRepeat(known, call, now());
    if (refused !== null) return err(refused);
    if (known !== null) return ok(this.#show(known));
    this.#database.ready();
    const upload: Upload = {
      id,
      owner,
      call,
      filename: body.filename,
      sizeBytes: body.size_bytes,
      metadata: body.metadata,
      createdAt: now(),
      expiresAt: now() + config.waits.uploadIdle,
      status: "open",
      assetId: null,
    };
    storage.transactionSync(() => {
      this.#save(upload);
      this.#schedule.owe(EXPIRE, "", upload.expiresAt);
    });
    await this.#schedule.cover();
    return ok(this.#show(upload));
  }

  async read(): Promise<Result<UploadWire, Refusal>> {
    const upload = this.#find();
    return upload === null ? err(noUpload()) : ok(this.#show(upload));
  }

  /** Takes the content in one body. A newer body takes over from one that is on its way: its sender may be long gone. */
  async write(body: ReadableStream, sizeBytes: number): Promise<Result<UploadWire, Refusal>> {
    const refused = this.#refuse(sizeBytes);
    if (refused === null) return this.#writing.take((signal) => this.#store(body, sizeBytes, signal));
    await body.cancel().catch(() => undefined);
    return err(refused);
  }

  #refuse(sizeBytes: number): Refusal | null {
    const upload = this.#find();
    return upload === null ? noUpload() : refuseContent(upload, sizeBytes);
  }

  async #store(body: ReadableStream, sizeBytes: number, signal: AbortSignal): Promise<Result<UploadWire, Refusal>> {
    const upload = this.#read();
    // Asked again: the write before this one may have got through.
    const refused =
      this.#refuse(sizeBytes) ?? ((await this.#covered()) ? null : refuseFailed({ reason: "store" }, upload));
    if (refused !== null) {
      await body.cancel().catch(() => undefined);
      return err(refused);
    }
    const { config, env, boundary } = this.#ground;
    const bounds = { idleMs: config.waits.uploadBodyIdle, signal };
    const key = uploadKey(upload.owner, upload.id);
    const stored = await putExact(env.MEDIA, { key, contentType: formatOf(upload).mime, body, bounds }, sizeBytes);
    if (!stored.ok) {
      // Where R2 is in doubt, what is owed stays owed: the bytes may all be there.
      if (stored.error.reason !== "store") this.#schedule.done(LOOK, "");
      return err(refuseFailed(stored.error, upload));
    }
    await boundary("upload.stored");
    return ok(this.#show(this.#complete()));
  }

  /** Owes a look before the bytes come, so that a new instance sees whether they all arrived. False: that could not be secured. */
  async #covered(): Promise<boolean> {
    this.#schedule.owe(LOOK, "", this.#ground.now() + this.#ground.config.waits.stepLease);
    try {
      await this.#schedule.cover();
      return true;
    } catch (error) {
      logBug("upload_not_covered", error, { work: "upload" });
      return false;
    }
  }

  async wake(): Promise<void> {
    await this.#schedule.wake();
  }

  override async alarm(): Promise<void> {
    this.#schedule.alarm();
  }

  async #perform({ kind }: DueRow): Promise<void> {
    const upload = this.#read();
    if (kind === EXPIRE) return this.#expire(upload);
    if (kind === REMOVE) return this.#remove(upload);
    if (kind === LOOK) return this.#look(upload);
    if (kind === ASSET) return this.#makeAsset(upload);
    if (kind === OUTBOX) return this.#outbox(upload).flush();
    throw new Error(`nobody does work of kind ${kind}`);
  }

  /** Every byte is in R2: says so, once, and owes the asset. */
  #complete(): Upload {
    const upload = this.#read();
    if (upload.status !== "open") return upload;
    const completed: Upload = { ...upload, status: "completed" };
    this.#ground.storage.transactionSync(() => {
      this.#save(completed);
      this.#schedule.done(EXPIRE, "");
      this.#schedule.done(LOOK, "");
      this.#outbox(completed).add("upload.completed", upload.id, this.#show(completed));
      this.#schedule.owe(ASSET, "", this.#ground.now());
    });
    this.#schedule.tick();
    return completed;
  }

  /** After a write that never reported: either everything is in R2, or nothing is. */
  async #look(upload: Upload): Promise<void> {
    const head = await this.#ground.env.MEDIA.head(uploadKey(upload.owner, upload.id));
    if (this.#writing.isOn) return this.#later(LOOK); // a write that is on its way reports by itself
    if (upload.status === "open" && head?.size === upload.sizeBytes) this.#complete();
    else this.#schedule.done(LOOK, "");
  }

  #later(kind: string): void {
    this.#schedule.owe(kind, "", this.#ground.now() + this.#ground.config.waits.stepLease);
  }

  /** Reads the file back for its hash and tells the user's object, which takes the same asset twice for one. */
  async #makeAsset(upload: Upload): Promise<void> {
    const { env, boundary, now, storage } = this.#ground;
    await boundary("upload.completed");
    const key = uploadKey(upload.owner, upload.id);
    const sha256 = await sha256Of(env.MEDIA, key);
    if (sha256 === null) throw new Error("a completed upload's file is missing");
    const asset = assetOf(upload, key, sha256, now());
    const user = env.USER.getByName(userObjectName(upload.owner)) as unknown as UserPort; // UserObject implements UserPort
    const told = await user.addAsset({ ...upload.call, repeat: null }, asset);
    if (!told.ok) throw new Error(`asset not taken: ${told.error.code}`);
    storage.transactionSync(() => {
      this.#save({ ...upload, assetId: asset.id });
      this.#schedule.done(ASSET, "");
    });
  }

  /** Ends an upload that was not written in time. A write that is on its way may still complete it. */
  async #expire(upload: Upload): Promise<void> {
    if (upload.status !== "open") return this.#schedule.done(EXPIRE, "");
    if (this.#writing.isOn) return this.#later(EXPIRE);
    const expired: Upload = { ...upload, status: "expired" };
    this.#ground.storage.transactionSync(() => {
      this.#save(expired);
      this.#outbox(expired).add("upload.expired", upload.id, this.#show(expired));
      this.#schedule.owe(REMOVE, "", this.#ground.now());
      this.#schedule.done(EXPIRE, "");
    });
  }

  /** Removes what lies in R2 under an expired upload. */
  async #remove(upload: Upload): Promise<void> {
    await this.#ground.env.MEDIA.delete(uploadKey(upload.owner, upload.id));
    this.#schedule.done(REMOVE, "");
  }

  /** The upload of an object that works for it. */
  #read(): Upload {
    const upload = this.#find();
    if (upload === null) throw new Error("work without an upload");
    return upload;
  }

  #find(): Upload | null {
    if (!this.#database.exists()) return null;
    const text = readMeta(this.#ground.sql, "upload");
    return text === null ? null : (JSON.parse(text) as Upload); // written by #save only
  }

  #save(upload: Upload): void {
    writeMeta(this.#ground.sql, "upload", JSON.stringify(upload));
  }

  #outbox(upload: Upload): Outbox {
    return new Outbox(this.#ground, this.#schedule, upload.owner.uh);
  }

  #show(upload: Upload): UploadWire {
    return showUpload(upload, this.#ground.config.publicUrl);
  }
}
