/**
 * One upload: its bytes go into R2 as they come, its offset says what is kept, and its user's object gets an asset.
 *
 * This file is the front door and the fuse box: it hands each call and each due piece of work to the part that does it.
 * What is acknowledged is in R2 or in rows here. A crash anywhere is repaired by looking at both.
 */
import { DurableObject } from "cloudflare:workers";
import type { UserAddress } from "../../core/address.ts";
import type { Refusal } from "../../core/errors.ts";
import type { UploadId } from "../../core/ids.ts";
import type { Metered } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Borrower, Loan, NewFile, UploadPort, UploadState } from "../../core/rpc/upload.ts";
import type { Call } from "../../core/rpc/user.ts";
import { type Append, refuseClosed } from "../../core/uploads/append.ts";
import type { ImportOrder } from "../../core/uploads/import.ts";
import { finalTakesNone } from "../../core/uploads/tus.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { Env } from "../../env.ts";
import { endObject, layGround, wipeObject } from "../shared/context.ts";
import { openDatabase } from "../shared/database.ts";
import type { GivenUpKind, JobKind } from "../shared/job-kinds.ts";
import { type DueRow, SCHEDULE_INDEX, SCHEDULE_TABLES, SCHEDULE_UNENDED, Schedule } from "../shared/jobs.ts";
import { OUTBOX, OUTBOX_CALLBACK, OUTBOX_KEY, OUTBOX_TABLES } from "../shared/outbox.ts";
import { Receiving, Writing } from "./append.ts";
import { letGo } from "./body-writer.ts";
import { Closing, Ends, finalise, giveUpAsset } from "./complete.ts";
import { Joining, Lending } from "./concat.ts";
import { ASSET, EXPIRE, IMPORT, LOOK, REMOVE, TELL, UploadHome } from "./context.ts";
import { Creating } from "./create.ts";
import { Importing, refuseSender } from "./import.ts";
import { BYTES_TABLES } from "./parts.ts";
import { isPartial, noUpload, type Upload } from "./record.ts";

type Answer<T> = Promise<Result<T, Refusal>>;

export class UploadObject extends DurableObject<Env> implements UploadPort {
  readonly #home: UploadHome;
  readonly #closing: Closing;
  readonly #creating: Creating;
  readonly #ends: Ends;
  readonly #importing: Importing;
  readonly #joining: Joining;
  readonly #lending: Lending;
  readonly #receiving: Receiving;
  readonly #writing = new Writing();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const ground = layGround(ctx, env);
    const migrations = [
      `${SCHEDULE_TABLES} ${OUTBOX_TABLES}`,
      SCHEDULE_INDEX,
      OUTBOX_CALLBACK,
      BYTES_TABLES,
      OUTBOX_KEY,
      SCHEDULE_UNENDED,
    ];
    const database = openDatabase(ground, migrations);
    const schedule = new Schedule(ground, database, "upload", {
      perform: (row) => this.#perform(row),
      giveUp: (row) => this.#giveUp(row),
    });
    this.#home = new UploadHome(ground, database, schedule);
    const joining = new Joining(this.#home);
    this.#lending = new Lending(this.#home);
    this.#joining = joining;
    this.#ends = new Ends(this.#home, this.#lending, joining);
    this.#closing = new Closing(this.#home, joining, this.#ends);
    this.#creating = new Creating(this.#home, this.#closing, joining);
    this.#importing = new Importing(this.#home, this.#closing, this.#ends, this.#writing);
    this.#receiving = new Receiving(this.#home, this.#closing, this.#ends);
  }

  create(call: Call, owner: UserAddress, id: UploadId, body: NewFile): Answer<UploadWire> {
    return this.#creating.create(call, owner, id, body);
  }

  startImport(call: Call, owner: UserAddress, id: UploadId, order: ImportOrder): Promise<Metered<UploadWire>> {
    return this.#creating.createImport(call, owner, id, order);
  }

  async read(): Answer<UploadWire> {
    const upload = this.#seen();
    return upload === null ? err(noUpload()) : ok(this.#home.show(upload));
  }

  async look(): Answer<UploadState> {
    const upload = this.#seen();
    return upload === null ? err(noUpload()) : ok(this.#state(upload));
  }

  /** A newer body takes over from one that is on its way: its sender may be long gone. */
  async write(body: ReadableStream, sizeBytes: number): Answer<UploadWire> {
    const unwanted = this.#refuseSender();
    if (unwanted !== null) return this.#refuse(body, unwanted);
    const refused = await this.#writing.take((signal) => this.#receiving.write(body, sizeBytes, signal));
    return refused === null ? ok(this.#home.show(this.#home.read())) : err(refused);
  }

  async append(body: ReadableStream | null, append: Append): Answer<UploadState> {
    const upload = this.#seen();
    const sent = this.#refuseSender() ?? refuseClosed(upload?.status ?? "deleted");
    const refusedFirst = upload?.pieces ? finalTakesNone() : sent;
    if (refusedFirst !== null) return this.#refuse(body, this.#withOffset(refusedFirst, upload));
    const refused = await this.#writing.take((signal) => this.#receiving.append(body, append, signal));
    return refused === null ? ok(this.#state(this.#home.read())) : err(refused);
  }

  async settle(): Answer<UploadState> {
    // Asking how far an import is does not end it: nobody else brings its bytes.
    if (this.#seen()?.import === null) await this.#writing.stop();
    const upload = this.#seen();
    if (upload === null) return err(noUpload());
    const isOver = upload.status === "expired" || upload.status === "failed";
    const refused = isOver ? refuseClosed(upload.status) : null;
    return refused === null ? ok(this.#state(upload)) : err(refused);
  }

  async remove(): Answer<null> {
    await this.#writing.stop();
    const upload = this.#seen();
    if (upload === null) return err(noUpload());
    const mayGo = upload.status === "failed" || isPartial(upload);
    const refused = mayGo ? null : refuseClosed(upload.status);
    if (refused !== null) return err(refused);
    this.#ends.delete();
    return ok(null);
  }

  async lend(to: Borrower, keep: boolean): Answer<Loan> {
    return this.#lending.lend(to, keep);
  }

  async giveBack(by: UploadId): Promise<void> {
    this.#lending.takeBack(by);
  }

  async needs(partial: UploadId): Promise<boolean> {
    return this.#joining.needs(partial);
  }

  async dropAsset(): Promise<void> {
    this.#ends.drop();
  }

  async forget(): Promise<boolean> {
    const isLent = this.#home.find() !== null && (await this.#lending.isNeeded());
    if (isLent || !this.#ends.mayForget()) return false;
    const { ground, database } = this.#home;
    if (database.exists()) await wipeObject(ground, database, "upload");
    return true;
  }

  async erase(): Promise<void> {
    await this.#writing.stop();
    if (this.#home.find() !== null) await this.#ends.erase();
    const { ground, schedule, database } = this.#home;
    if (!database.exists()) return;
    if (schedule.owesAnything()) return endObject(this.ctx, ground, "upload", "its user was deleted");
    await wipeObject(ground, database, "upload");
  }

  async wake(): Promise<void> {
    await this.#home.schedule.wake();
  }

  override async alarm(): Promise<void> {
    this.#home.schedule.alarm();
  }

  async #perform({ kind }: DueRow): Promise<void> {
    const perform: { readonly [Kind in JobKind<"upload">]: () => unknown } = {
      [EXPIRE]: () => this.#ends.expire(this.#writing.isOn),
      [REMOVE]: () => this.#ends.remove(),
      [LOOK]: () => this.#closing.look(() => this.#writing.isOn),
      [ASSET]: () => finalise(this.#home, this.#ends),
      [IMPORT]: () => this.#importing.perform(),
      [TELL]: () => this.#ends.tell(),
      [OUTBOX]: () => this.#home.outbox(this.#home.read()).flush(),
    };
    const known = perform[kind as JobKind<"upload">]; // or what only another version knows
    if (known === undefined) throw new Error(`nobody does work of kind ${kind}`);
    await known();
  }

  #giveUp({ kind }: DueRow): void {
    const giveUp: { readonly [Kind in GivenUpKind<"upload">]: () => void } = {
      [LOOK]: () => this.#closing.giveUp(),
      [ASSET]: () => giveUpAsset(this.#home, this.#ends),
      [IMPORT]: () => this.#importing.giveUp(),
    };
    giveUp[kind as GivenUpKind<"upload">](); // asked of these only
  }

  /** The upload as callers may know it. */
  #seen(): Upload | null {
    const upload = this.#home.find();
    return upload?.status === "deleted" ? null : upload;
  }

  #state(upload: Upload): UploadState {
    const isComplete = upload.status === "closing" || upload.status === "completed";
    const { uploadMetadata, concat } = upload;
    return { upload: this.#home.show(upload), uploadMetadata, isComplete, concat: concat?.text ?? null };
  }

  /** A whole file's offset is told with the refusal: its sender may have missed the last answer. */
  #withOffset(refused: Refusal, upload: Upload | null): Refusal {
    const isWhole = upload?.status === "closing" || upload?.status === "completed";
    if (upload === null || !isWhole) return refused;
    return { ...refused, members: { "expected-offset": this.#home.offsetOf(upload) } };
  }

  #refuseSender(): Refusal | null {
    const upload = this.#seen();
    return upload === null ? noUpload() : refuseSender(upload);
  }

  async #refuse(body: ReadableStream | null, refused: Refusal): Promise<Result<never, Refusal>> {
    await letGo(body);
    return err(refused);
  }
}
