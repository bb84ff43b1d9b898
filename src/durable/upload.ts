/**
 * One upload: its bytes go straight into R2, its record says what is stored, and its user's object gets an asset.
 *
 * What is acknowledged is in R2. A crash between the bytes and the record is repaired by looking into R2; a body that was
 * cut leaves nothing behind and may be sent again until the upload expires.
 */
import { DurableObject } from "cloudflare:workers";
import { type UserAddress, uploadKey, userObjectName } from "../core/address.ts";
import { type Refusal, refusal } from "../core/errors.ts";
import type { UploadId } from "../core/ids.ts";
import type { Call, UploadPort, UserPort } from "../core/ports.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { NewUpload, UploadWire } from "../core/wire/upload.ts";
import type { Env } from "../env.ts";
import { putExact, sha256Of } from "../store/files.ts";
import { type Database, openDatabase, readMeta, writeMeta } from "./database.ts";
import { type Ground, layGround } from "./ground.ts";
import { OUTBOX, OUTBOX_TABLES, Outbox } from "./outbox.ts";
import { idempotencyMismatch } from "./repeats.ts";
import { type DueRow, SCHEDULE_TABLES, Schedule } from "./schedule.ts";
import {
  assetOf,
  formatOf,
  noUpload,
  refuseContent,
  refuseNew,
  sameRequest,
  showUpload,
  type Upload,
} from "./upload/record.ts";

const EXPIRE = "expire";
const LOOK = "look";
const ASSET = "asset";

export class UploadObject extends DurableObject<Env> implements UploadPort {
  readonly #ground: Ground;
  readonly #database: Database;
  readonly #schedule: Schedule;
  #writing = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#ground = layGround(ctx, env);
    this.#database = openDatabase(this.#ground, [`${SCHEDULE_TABLES} ${OUTBOX_TABLES}`]);
    this.#schedule = new Schedule(this.#ground, this.#database, "upload", {
      perform: (row) => this.#perform(row),
      giveUp: () => false, // everything here is safe to repeat, and the bytes are the caller's
    });
  }

  async create(call: Call, owner: UserAddress, id: UploadId, body: NewUpload): Promise<Result<UploadWire, Refusal>> {
    const known = this.#find();
    if (known !== null) return sameRequest(known, call) ? ok(this.#show(known)) : err(idempotencyMismatch());
    const refused = refuseNew(body);
    if (refused !== null) return err(refused);
    this.#database.ready();
    const { now, config, storage } = this.#ground;
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

  async write(body: ReadableStream, sizeBytes: number): Promise<Result<UploadWire, Refusal>> {
    const upload = this.#find();
    const refused = upload === null ? noUpload() : refuseContent(upload, sizeBytes, this.#writing);
    if (upload === null || refused !== null) {
      await body.cancel().catch(() => undefined);
      return err(refused ?? noUpload());
    }
    const { now, config, storage, env, boundary } = this.#ground;
    this.#writing = true;
    try {
      // Owed before the bytes: a new instance looks whether they all arrived.
      this.#schedule.owe(LOOK, "", now() + config.waits.stepLease);
      await this.#schedule.cover();
      await putExact(env.MEDIA, uploadKey(upload.owner, upload.id), body, sizeBytes, formatOf(upload).mime);
      await boundary("upload.stored");
    } catch {
      storage.transactionSync(() => this.#schedule.done(LOOK, ""));
      return err(
        refusal(
          "size_mismatch",
          `The body ended before its ${sizeBytes} bytes or went beyond them; send the whole content again.`,
        ),
      );
    } finally {
      this.#writing = false;
    }
    return ok(this.#show(this.#complete(upload)));
  }

  async wake(): Promise<void> {
    await this.#schedule.wake();
  }

  override async alarm(): Promise<void> {
    this.#schedule.alarm();
  }

  async #perform({ kind }: DueRow): Promise<void> {
    const upload = this.#find();
    if (upload === null) throw new Error("work without an upload");
    if (kind === EXPIRE) return this.#expire(upload);
    if (kind === LOOK) return this.#look(upload);
    if (kind === ASSET) return this.#makeAsset(upload);
    if (kind === OUTBOX) return this.#outbox(upload).flush();
    throw new Error(`nobody does work of kind ${kind}`);
  }

  /** Every byte is in R2: says so, and owes the asset. */
  #complete(upload: Upload): Upload {
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
    if (this.#writing) return this.#schedule.owe(LOOK, "", this.#ground.now() + this.#ground.config.waits.stepLease);
    const head = await this.#ground.env.MEDIA.head(uploadKey(upload.owner, upload.id));
    if (upload.status === "open" && head?.size === upload.sizeBytes) this.#complete(upload);
    else this.#schedule.done(LOOK, "");
  }

  /** Reads the file back for its hash and tells the user's object, which takes the same asset twice for one. */
  async #makeAsset(upload: Upload): Promise<void> {
    const { env, boundary, now, storage } = this.#ground;
    await boundary("upload.completed");
    const key = uploadKey(upload.owner, upload.id);
    const asset = assetOf(upload, key, await sha256Of(env.MEDIA, key), now());
    const user = env.USER.getByName(userObjectName(upload.owner)) as unknown as UserPort; // UserObject implements UserPort
    const told = await user.addAsset({ ...upload.call, repeat: null }, asset);
    if (!told.ok) throw new Error(`asset not taken: ${told.error.code}`);
    storage.transactionSync(() => {
      this.#save({ ...upload, assetId: asset.id });
      this.#schedule.done(ASSET, "");
    });
  }

  async #expire(upload: Upload): Promise<void> {
    if (upload.status !== "open" || this.#writing) return this.#schedule.done(EXPIRE, "");
    await this.#ground.env.MEDIA.delete(uploadKey(upload.owner, upload.id));
    const expired: Upload = { ...upload, status: "expired" };
    this.#ground.storage.transactionSync(() => {
      this.#save(expired);
      this.#outbox(expired).add("upload.expired", upload.id, this.#show(expired));
      this.#schedule.done(EXPIRE, "");
    });
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
