/**
 * One upload: its bytes go into R2 as they come, its offset says what is kept, and its user's object gets an asset.
 *
 * This file is the front door and the fuse box: it hands each call and each due piece of work to the part that does it.
 * What is acknowledged is in R2 or in rows here. A crash anywhere is repaired by looking at both.
 */
import { DurableObject } from "cloudflare:workers";
import type { UserAddress } from "../../core/address.ts";
import type { Problem } from "../../core/errors.ts";
import type { UploadId } from "../../core/ids.ts";
import type { Metered } from "../../core/quota.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { NewFile, PartialFile, PartialUser, UploadRpc, UploadState } from "../../core/rpc/upload.ts";
import type { Call } from "../../core/rpc/user.ts";
import { type Append, checkClosed } from "../../core/uploads/append.ts";
import type { ImportRequest } from "../../core/uploads/import.ts";
import { finalRejectsBytes } from "../../core/uploads/tus.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { Env } from "../../env.ts";
import { createRuntime, endObject, wipeObject } from "../shared/context.ts";
import { openDatabase } from "../shared/database.ts";
import type { GivenUpKind, JobKind } from "../shared/job-kinds.ts";
import { type JobRow, JobScheduler, SCHEDULE_INDEX, SCHEDULE_TABLES, SCHEDULE_UNENDED } from "../shared/jobs.ts";
import { OUTBOX, OUTBOX_CALLBACK, OUTBOX_KEY, OUTBOX_TABLES } from "../shared/outbox.ts";
import { Receiving, Writing } from "./append.ts";
import { cancelBody } from "./body-writer.ts";
import { Closing, Ends, finalise, giveUpAsset } from "./complete.ts";
import { Concatenation, PartialLoans } from "./concat.ts";
import { ASSET, DELETE_JOB, EXPIRE, IMPORT, LOOK, PUBLISH, UploadContext } from "./context.ts";
import { Creating } from "./create.ts";
import { checkSender, Importing } from "./import.ts";
import { BYTES_TABLES } from "./parts.ts";
import { isPartial, noUpload, type Upload } from "./record.ts";

type Answer<T> = Promise<Result<T, Problem>>;

export class UploadObject extends DurableObject<Env> implements UploadRpc {
  readonly #context: UploadContext;
  readonly #closing: Closing;
  readonly #creating: Creating;
  readonly #ends: Ends;
  readonly #importing: Importing;
  readonly #concatenation: Concatenation;
  readonly #partialLoans: PartialLoans;
  readonly #receiving: Receiving;
  readonly #writing = new Writing();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const runtime = createRuntime(ctx, env);
    const migrations = [
      `${SCHEDULE_TABLES} ${OUTBOX_TABLES}`,
      SCHEDULE_INDEX,
      OUTBOX_CALLBACK,
      BYTES_TABLES,
      OUTBOX_KEY,
      SCHEDULE_UNENDED,
    ];
    const database = openDatabase(runtime, migrations);
    const jobs = new JobScheduler(runtime, database, "upload", {
      perform: (row) => this.#perform(row),
      giveUp: (row) => this.#giveUp(row),
    });
    this.#context = new UploadContext(runtime, database, jobs);
    const concatenation = new Concatenation(this.#context);
    this.#partialLoans = new PartialLoans(this.#context);
    this.#concatenation = concatenation;
    this.#ends = new Ends(this.#context, this.#partialLoans, concatenation);
    this.#closing = new Closing(this.#context, concatenation, this.#ends);
    this.#creating = new Creating(this.#context, this.#closing, concatenation);
    this.#importing = new Importing(this.#context, this.#closing, this.#ends, this.#writing);
    this.#receiving = new Receiving(this.#context, this.#closing, this.#ends);
  }

  create(call: Call, owner: UserAddress, id: UploadId, body: NewFile): Answer<UploadWire> {
    return this.#creating.create(call, owner, id, body);
  }

  startImport(call: Call, owner: UserAddress, id: UploadId, order: ImportRequest): Promise<Metered<UploadWire>> {
    return this.#creating.createImport(call, owner, id, order);
  }

  async read(): Answer<UploadWire> {
    const upload = this.#seen();
    return upload === null ? err(noUpload()) : ok(this.#context.show(upload));
  }

  async look(): Answer<UploadState> {
    const upload = this.#seen();
    return upload === null ? err(noUpload()) : ok(this.#state(upload));
  }

  /** A newer body takes over from one that is on its way: its sender may be long gone. */
  async write(body: ReadableStream, sizeBytes: number): Answer<UploadWire> {
    const unwanted = this.#checkSender();
    if (unwanted !== null) return this.#check(body, unwanted);
    const problem = await this.#writing.take((signal) => this.#receiving.write(body, sizeBytes, signal));
    return problem === null ? ok(this.#context.show(this.#context.read())) : err(problem);
  }

  async append(body: ReadableStream | null, append: Append): Answer<UploadState> {
    const upload = this.#seen();
    const sent = this.#checkSender() ?? checkClosed(upload?.status ?? "deleted");
    const refusedFirst = upload?.fileParts ? finalRejectsBytes() : sent;
    if (refusedFirst !== null) return this.#check(body, this.#withOffset(refusedFirst, upload));
    const problem = await this.#writing.take((signal) => this.#receiving.append(body, append, signal));
    return problem === null ? ok(this.#state(this.#context.read())) : err(problem);
  }

  async settle(): Answer<UploadState> {
    // Asking how far an import is does not end it: nobody else brings its bytes.
    if (this.#seen()?.import === null) await this.#writing.stop();
    const upload = this.#seen();
    if (upload === null) return err(noUpload());
    const isOver = upload.status === "expired" || upload.status === "failed";
    const problem = isOver ? checkClosed(upload.status) : null;
    return problem === null ? ok(this.#state(upload)) : err(problem);
  }

  async remove(): Answer<null> {
    await this.#writing.stop();
    const upload = this.#seen();
    if (upload === null) return err(noUpload());
    const mayGo = upload.status === "failed" || isPartial(upload);
    const problem = mayGo ? null : checkClosed(upload.status);
    if (problem !== null) return err(problem);
    this.#ends.delete();
    return ok(null);
  }

  async acquirePartial(to: PartialUser, keep: boolean): Answer<PartialFile> {
    return this.#partialLoans.acquirePartial(to, keep);
  }

  async releasePartial(by: UploadId): Promise<void> {
    this.#partialLoans.takeBack(by);
  }

  async needs(partial: UploadId): Promise<boolean> {
    return this.#concatenation.needs(partial);
  }

  async deleteAssetFile(): Promise<void> {
    this.#ends.drop();
  }

  async forget(): Promise<boolean> {
    const isLent = this.#context.find() !== null && (await this.#partialLoans.isNeeded());
    if (isLent || !this.#ends.mayForget()) return false;
    const { runtime, database } = this.#context;
    if (database.exists()) await wipeObject(runtime, database, "upload");
    return true;
  }

  async erase(): Promise<void> {
    await this.#writing.stop();
    if (this.#context.find() !== null) await this.#ends.erase();
    const { runtime, jobs, database } = this.#context;
    if (!database.exists()) return;
    if (jobs.owesAnything()) return endObject(this.ctx, runtime, "upload", "its user was deleted");
    await wipeObject(runtime, database, "upload");
  }

  async wake(): Promise<void> {
    await this.#context.jobs.wake();
  }

  override async alarm(): Promise<void> {
    this.#context.jobs.alarm();
  }

  async #perform({ kind }: JobRow): Promise<void> {
    const perform: { readonly [Kind in JobKind<"upload">]: () => unknown } = {
      [EXPIRE]: () => this.#ends.expire(this.#writing.isOn),
      [DELETE_JOB]: () => this.#ends.remove(),
      [LOOK]: () => this.#closing.look(() => this.#writing.isOn),
      [ASSET]: () => finalise(this.#context, this.#ends),
      [IMPORT]: () => this.#importing.perform(),
      [PUBLISH]: () => this.#ends.tell(),
      [OUTBOX]: () => this.#context.outbox(this.#context.read()).flush(),
    };
    const known = perform[kind as JobKind<"upload">]; // or what only another version knows
    if (known === undefined) throw new Error(`nobody does work of kind ${kind}`);
    await known();
  }

  #giveUp({ kind }: JobRow): void {
    const giveUp: { readonly [Kind in GivenUpKind<"upload">]: () => void } = {
      [LOOK]: () => this.#closing.giveUp(),
      [ASSET]: () => giveUpAsset(this.#context, this.#ends),
      [IMPORT]: () => this.#importing.giveUp(),
    };
    giveUp[kind as GivenUpKind<"upload">](); // asked of these only
  }

  /** The upload as callers may know it. */
  #seen(): Upload | null {
    const upload = this.#context.find();
    return upload?.status === "deleted" ? null : upload;
  }

  #state(upload: Upload): UploadState {
    const isComplete = upload.status === "closing" || upload.status === "completed";
    const { uploadMetadata, concat } = upload;
    return { upload: this.#context.show(upload), uploadMetadata, isComplete, concat: concat?.text ?? null };
  }

  /** A whole file's offset is told with the refusal: its sender may have missed the last answer. */
  #withOffset(problem: Problem, upload: Upload | null): Problem {
    const isWhole = upload?.status === "closing" || upload?.status === "completed";
    if (upload === null || !isWhole) return problem;
    return { ...problem, members: { "expected-offset": this.#context.offsetOf(upload) } };
  }

  #checkSender(): Problem | null {
    const upload = this.#seen();
    return upload === null ? noUpload() : checkSender(upload);
  }

  async #check(body: ReadableStream | null, problem: Problem): Promise<Result<never, Problem>> {
    await cancelBody(body);
    return err(problem);
  }
}
