/**
 * The Durable Object of one upload. It passes each RPC call and each job on to the service behind it.
 *
 * Acknowledged bytes are in R2 or in rows here. After a crash the state is restored by checking both.
 */
import { DurableObject } from "cloudflare:workers";
import type { UserAddress } from "../../core/address.ts";
import type { Problem } from "../../core/errors.ts";
import type { UploadId } from "../../core/ids.ts";
import { err, ok, type Result } from "../../core/result.ts";
import {
  type NewFile,
  type PartialFile,
  type PartialUser,
  readBodyCall,
  type UploadRpc,
  type UploadState,
} from "../../core/rpc/upload.ts";
import type { Call } from "../../core/rpc/user.ts";
import { type Append, checkClosed, noUpload } from "../../core/uploads/append.ts";
import type { ImportRequest } from "../../core/uploads/import.ts";
import { finalRejectsBytes } from "../../core/uploads/resumable.ts";
import type { Metered } from "../../core/usage/quota.ts";
import type { UploadWire } from "../../core/wire/upload.ts";
import type { Env } from "../../env.ts";
import { createRuntime, endObject, wipeObject } from "../shared/context.ts";
import { openDatabase } from "../shared/database.ts";
import { handlerOf, JOBS_TABLE, JobScheduler, type JobTable } from "../shared/jobs.ts";
import { OUTBOX, OUTBOX_TABLES } from "../shared/outbox.ts";
import { ExclusiveWriter, UploadReceiver } from "./append.ts";
import { cancelBody } from "./body-writer.ts";
import { finalise, giveUpAsset, UploadCompletion, UploadTermination } from "./complete.ts";
import { Concatenation, PartialUsage } from "./concat.ts";
import { ASSET, CHECK_WRITE, DELETE_JOB, EXPIRE, IMPORT, PUBLISH, UploadContext } from "./context.ts";
import { UploadCreation } from "./create.ts";
import { checkSender, ImportJob } from "./import.ts";
import { BYTES_TABLES } from "./parts.ts";
import { isPartial, type Upload } from "./record.ts";

type Answer<T> = Promise<Result<T, Problem>>;

export class UploadObject extends DurableObject<Env> implements UploadRpc {
  readonly #context: UploadContext;
  readonly #completion: UploadCompletion;
  readonly #creation: UploadCreation;
  readonly #termination: UploadTermination;
  readonly #importJob: ImportJob;
  readonly #concatenation: Concatenation;
  readonly #partialUsage: PartialUsage;
  readonly #receiver: UploadReceiver;
  readonly #writer = new ExclusiveWriter();
  readonly #jobs: JobTable<"upload", UploadContext> = {
    [EXPIRE]: { run: () => this.#termination.expire(this.#writer.isOn) },
    [DELETE_JOB]: { run: () => this.#termination.remove() },
    [CHECK_WRITE]: {
      run: () => this.#completion.checkWrite(() => this.#writer.isOn),
      giveUp: () => this.#completion.giveUp(),
    },
    [ASSET]: {
      run: (context) => finalise(context, this.#termination),
      giveUp: (context) => giveUpAsset(context, this.#termination),
    },
    [IMPORT]: { run: () => this.#importJob.perform(), giveUp: () => this.#importJob.giveUp() },
    [PUBLISH]: { run: () => this.#termination.publish() },
    [OUTBOX]: { run: (context) => context.outbox(context.read()).flush() },
  };

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const runtime = createRuntime(ctx, env);
    const migrations = [`${BYTES_TABLES} ${JOBS_TABLE} ${OUTBOX_TABLES}`];
    const database = openDatabase(runtime, migrations);
    const handler = handlerOf(this.#jobs, () => this.#context);
    this.#context = new UploadContext(runtime, database, new JobScheduler(runtime, database, "upload", handler));
    const concatenation = new Concatenation(this.#context);
    this.#partialUsage = new PartialUsage(this.#context);
    this.#concatenation = concatenation;
    this.#termination = new UploadTermination(this.#context, this.#partialUsage, concatenation);
    this.#completion = new UploadCompletion(this.#context, concatenation, this.#termination);
    this.#creation = new UploadCreation(this.#context, this.#completion, concatenation);
    this.#importJob = new ImportJob(this.#context, this.#completion, this.#termination, this.#writer);
    this.#receiver = new UploadReceiver(this.#context, this.#completion, this.#termination);
  }

  create(call: Call, owner: UserAddress, id: UploadId, body: NewFile): Answer<UploadWire> {
    return this.#creation.create(call, owner, id, body);
  }

  startImport(call: Call, owner: UserAddress, id: UploadId, order: ImportRequest): Promise<Metered<UploadWire>> {
    return this.#creation.createImport(call, owner, id, order);
  }

  async read(): Answer<UploadWire> {
    const upload = this.#visible();
    return upload === null ? err(noUpload()) : ok(this.#context.show(upload));
  }

  async readState(): Answer<UploadState> {
    const upload = this.#visible();
    return upload === null ? err(noUpload()) : ok(this.#state(upload));
  }

  /** A newer body replaces a running one, whose sender may be gone. */
  async write(body: ReadableStream, sizeBytes: number): Answer<UploadWire> {
    const rejected = this.#checkSender();
    if (rejected !== null) return this.#reject(body, rejected);
    const problem = await this.#writer.run((signal) => this.#receiver.write(body, sizeBytes, signal));
    return problem === null ? ok(this.#context.show(this.#context.read())) : err(problem);
  }

  async append(body: ReadableStream | null, append: Append): Answer<UploadState> {
    const upload = this.#visible();
    const sent = this.#checkSender() ?? checkClosed(upload?.status ?? "deleted");
    const rejected = upload?.fileParts ? finalRejectsBytes() : sent;
    if (rejected !== null) return this.#reject(body, this.#withOffset(rejected, upload));
    const problem = await this.#writer.run((signal) => this.#receiver.append(body, append, signal));
    return problem === null ? ok(this.#state(this.#context.read())) : err(problem);
  }

  /** `write` and `append` with a body, as `packBodyCall` sends them. */
  override async fetch(request: Request): Promise<Response> {
    const call = readBodyCall(request);
    const body = request.body ?? new Blob([]).stream();
    if (call.method === "write") return Response.json(await this.write(body, call.sizeBytes));
    return Response.json(await this.append(body, call.append));
  }

  async settle(): Answer<UploadState> {
    // Reading an import's state does not end it: no client sends its bytes.
    if (this.#visible()?.import === null) await this.#writer.stop();
    const upload = this.#visible();
    if (upload === null) return err(noUpload());
    const isOver = upload.status === "expired" || upload.status === "failed";
    const problem = isOver ? checkClosed(upload.status) : null;
    return problem === null ? ok(this.#state(upload)) : err(problem);
  }

  /** Aborts a running body. One that arrives meanwhile finds the upload deleted. */
  async remove(): Answer<null> {
    return this.#writer.run(async () => {
      const upload = this.#visible();
      if (upload === null) return err(noUpload());
      const mayGo = upload.status === "failed" || isPartial(upload);
      const problem = mayGo ? null : checkClosed(upload.status);
      if (problem !== null) return err(problem);
      this.#termination.delete();
      return ok(null);
    });
  }

  async acquirePartial(to: PartialUser, keep: boolean): Answer<PartialFile> {
    return this.#partialUsage.acquire(to, keep);
  }

  async releasePartial(by: UploadId): Promise<void> {
    this.#partialUsage.release(by);
  }

  async needs(partial: UploadId): Promise<boolean> {
    return this.#concatenation.needs(partial);
  }

  async deleteAssetFile(): Promise<void> {
    this.#termination.drop();
  }

  async forget(): Promise<boolean> {
    const isUsed = this.#context.find() !== null && (await this.#partialUsage.isNeeded());
    if (isUsed || !this.#termination.canBeRemoved()) return false;
    const { runtime, database } = this.#context;
    if (database.exists()) await wipeObject(runtime, database, "upload");
    return true;
  }

  async erase(): Promise<void> {
    await this.#writer.run(async () => {
      if (this.#context.find() !== null) await this.#termination.erase();
      const { runtime, jobs, database } = this.#context;
      if (!database.exists()) return;
      if (jobs.hasJobs()) await endObject(this.ctx, runtime, "upload", "its user was deleted");
      else await wipeObject(runtime, database, "upload");
    });
  }

  async wake(): Promise<void> {
    await this.#context.jobs.wake();
  }

  override async alarm(): Promise<void> {
    this.#context.jobs.alarm();
  }

  /** The upload as callers may see it. */
  #visible(): Upload | null {
    const upload = this.#context.find();
    return upload?.status === "deleted" ? null : upload;
  }

  #state(upload: Upload): UploadState {
    const isComplete = upload.status === "closing" || upload.status === "completed";
    const { uploadMetadata, concat } = upload;
    return { upload: this.#context.show(upload), uploadMetadata, isComplete, concat: concat?.text ?? null };
  }

  /** Adds a whole file's offset to the problem: the sender may have missed the last answer. */
  #withOffset(problem: Problem, upload: Upload | null): Problem {
    const isWhole = upload?.status === "closing" || upload?.status === "completed";
    if (upload === null || !isWhole) return problem;
    return { ...problem, members: { "expected-offset": this.#context.offsetOf(upload) } };
  }

  #checkSender(): Problem | null {
    const upload = this.#visible();
    return upload === null ? noUpload() : checkSender(upload);
  }

  async #reject(body: ReadableStream | null, problem: Problem): Promise<Result<never, Problem>> {
    await cancelBody(body);
    return err(problem);
  }
}
