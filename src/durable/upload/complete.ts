/**
 * The end of an upload: the parts become one object in R2 and the upload completes, or it expires, fails or is deleted.
 * Afterwards a job inspects the file and creates its asset. Every step can be repeated after a crash.
 */
import { type Problem, problemOf } from "../../core/errors.ts";
import { MEDIA_INSPECTIONS } from "../../core/limits.ts";
import type { MediaMetadata } from "../../core/media/metadata.ts";
import { FORMATS, type MediaFormat } from "../../core/media/sniff.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { logBug } from "../../log.ts";
import { inspectMedia, sha256Of } from "../../store/files.ts";
import { deleteMetaExcept } from "../shared/database.ts";
import { settleQuota } from "../shared/problems.ts";
import type { Concatenation, PartialUsage } from "./concat.ts";
import { ASSET, CHECK_WRITE, DELETE_JOB, EXPIRE, IMPORT, PUBLISH, type UploadContext } from "./context.ts";
import { assetIdOf, assetOf, formatOf, isPartial, mimeOf, type Upload } from "./record.ts";

export class UploadCompletion {
  readonly #context: UploadContext;
  readonly #concatenation: Concatenation;
  readonly #termination: UploadTermination;

  constructor(context: UploadContext, concatenation: Concatenation, termination: UploadTermination) {
    this.#context = context;
    this.#concatenation = concatenation;
    this.#termination = termination;
  }

  /** All bytes are stored: records that, then assembles the file. */
  async close(sizeBytes: number): Promise<void> {
    this.#context.runtime.storage.transactionSync(() =>
      this.begin({ ...this.#context.read(), sizeBytes, status: "closing" }),
    );
    await this.finish();
  }

  /** Records an upload whose bytes are all stored. Call inside a transaction, and `finish` after it. */
  begin(upload: Upload): void {
    const { runtime, jobs } = this.#context;
    this.#context.save(upload);
    jobs.schedule(CHECK_WRITE, "", runtime.now() + runtime.config.timings.stepLease);
  }

  /** Assembles the file. When R2 fails, the job retries it. */
  async finish(): Promise<void> {
    const { runtime, jobs } = this.#context;
    try {
      await jobs.ensureWatchdog();
      await runtime.failpoint("upload.closing");
      await this.assemble();
    } catch (error) {
      logBug("upload_not_closed", error, { work: "upload" });
    }
  }

  /** Assembles the file and completes the upload, or fails it. Can be repeated after a crash at any point. */
  async assemble(): Promise<void> {
    const upload = this.#context.read();
    const problem = upload.fileParts === null ? await this.#store(upload) : await this.#concatenation.assemble();
    if (problem !== null) return this.#termination.fail(problem);
    await this.#context.runtime.failpoint("upload.stored");
    this.complete(upload.sizeBytes ?? 0);
  }

  /** Makes one object in R2 of the stored parts and rows. */
  async #store(upload: Upload): Promise<null> {
    const { runtime, bytes } = this.#context;
    const rest = new Uint8Array(bytes.restBytes());
    bytes.readRest(rest);
    const parts = this.#context.parts(upload);
    if (bytes.partCount() === 0) {
      const httpMetadata = { contentType: mimeOf(upload) };
      await runtime.env.MEDIA.put(this.#context.key(upload), rest, { httpMetadata });
    } else {
      if (rest.length > 0) bytes.storeParts([await parts.store(bytes.partCount() + 1, rest)]);
      await parts.complete(bytes.parts());
    }
    return null;
  }

  /** The file is in R2: completes the upload once and schedules the asset. Unused parts are removed. */
  complete(sizeBytes: number): Upload {
    const { runtime, jobs, bytes } = this.#context;
    const upload = this.#context.read();
    if (upload.status !== "open" && upload.status !== "closing") return upload;
    const completed: Upload = { ...upload, sizeBytes, status: "completed" };
    runtime.storage.transactionSync(() => {
      this.#context.save(completed);
      jobs.done(CHECK_WRITE, "");
      bytes.clear();
      jobs.schedule(PUBLISH, "", runtime.now());
      if (!isPartial(completed)) this.#scheduleAsset(completed);
      // A body with the whole file completed the upload before its parts did.
      if (upload.status === "open" && upload.multipart !== null) jobs.schedule(DELETE_JOB, "", runtime.now());
    });
    jobs.tick();
    return completed;
  }

  /** Not for a partial: it becomes part of a final upload, or expires. */
  #scheduleAsset(upload: Upload): void {
    const { runtime, jobs } = this.#context;
    jobs.done(EXPIRE, "");
    this.#context.outbox(upload).add("upload.completed", upload.id, this.#context.show(upload), {
      key: upload.call.key ?? null,
    });
    jobs.schedule(ASSET, "", runtime.now());
  }

  /** Fails an upload whose file still cannot be assembled. */
  giveUp(): void {
    if (this.#context.read().status !== "closing") return;
    const lost = "The file could not be stored; create another upload and send it again.";
    this.#termination.fail(problemOf("internal", lost, { hint: "POST /v1/uploads" }));
  }

  /**
   * Checks an upload after a write that never reported: the file is whole in R2, or its bytes are still stored here, or
   * nothing arrived.
   */
  async checkWrite(isWriting: () => boolean): Promise<void> {
    const { runtime, jobs } = this.#context;
    const head = await runtime.env.MEDIA.head(this.#context.key(this.#context.read()));
    // A running write reports by itself.
    if (isWriting()) return jobs.schedule(CHECK_WRITE, "", runtime.now() + runtime.config.timings.stepLease);
    const { status, sizeBytes } = this.#context.read();
    const isOpen = status === "open" || status === "closing";
    if (isOpen && head !== null && head.size === sizeBytes) this.complete(head.size);
    else if (status === "closing") await this.assemble();
    else jobs.done(CHECK_WRITE, "");
  }
}

/*
 * The other ends of an upload: expired, failed, deleted. They are committed first; the data in R2 is removed afterwards
 * by a job.
 */

export class UploadTermination {
  readonly #context: UploadContext;
  readonly #partialUsage: PartialUsage;
  readonly #concatenation: Concatenation;

  constructor(context: UploadContext, partialUsage: PartialUsage, concatenation: Concatenation) {
    this.#context = context;
    this.#partialUsage = partialUsage;
    this.#concatenation = concatenation;
  }

  /** Extends the expiry after a write, up to the upload's maximum life. */
  extendExpiry(): void {
    const { runtime, jobs } = this.#context;
    const upload = this.#context.read();
    if (upload.status !== "open") return;
    const { uploadIdle, uploadLife } = runtime.config.timings;
    const expiresAt = Math.min(runtime.now() + uploadIdle, upload.createdAt + uploadLife);
    runtime.storage.transactionSync(() => {
      this.#context.save({ ...upload, expiresAt });
      jobs.schedule(EXPIRE, "", expiresAt);
    });
  }

  /**
   * Expires an upload that was not written to in time, or a partial that is not used. A running write may still
   * complete it.
   */
  expire(isWriting: boolean): void {
    const { runtime, jobs } = this.#context;
    const upload = this.#context.read();
    const isWaiting = upload.status === "open" || (isPartial(upload) && upload.status === "completed");
    if (!isWaiting) jobs.done(EXPIRE, "");
    else if (isWriting) jobs.schedule(EXPIRE, "", runtime.now() + runtime.config.timings.stepLease);
    else
      this.#end({ ...upload, status: "expired" }, (ended) => {
        if (!isPartial(ended)) this.#context.outbox(ended).add("upload.expired", ended.id, this.#context.show(ended));
      });
  }

  fail(error: Problem): void {
    this.#end({ ...this.#context.read(), status: "failed", error }, (ended) => {
      if (!isPartial(ended)) this.#context.outbox(ended).add("upload.failed", ended.id, this.#context.show(ended));
    });
  }

  delete(): void {
    this.#end({ ...this.#context.read(), status: "deleted" });
  }

  /** The upload's asset was deleted. */
  drop(): void {
    const { runtime, jobs } = this.#context;
    const upload = this.#context.find();
    if (upload === null || upload.status !== "completed" || isPartial(upload)) return;
    runtime.storage.transactionSync(() => {
      this.#context.save({ ...upload, assetId: assetIdOf(upload), isRejected: true });
      jobs.done(ASSET, "");
      jobs.schedule(DELETE_JOB, "", runtime.now());
    });
    jobs.tick();
  }

  /**
   * Whether the record can be removed: the upload is over and has no job left. A final lists its partials for as long
   * as its asset exists.
   */
  canBeRemoved(): boolean {
    const upload = this.#context.find();
    if (upload === null) return true;
    const isAtWork = upload.status === "open" || upload.status === "closing";
    const isNeeded =
      upload.status === "completed" && !upload.isRejected && (upload.fileParts !== null || !upload.assetId);
    return !isAtWork && !isNeeded && !this.#context.jobs.hasJobs();
  }

  /** The upload's user is deleted: removes everything, here and in R2. Can be repeated. */
  async erase(): Promise<void> {
    const { runtime, jobs, bytes } = this.#context;
    const upload = this.#context.read();
    await this.#context.parts(upload).abort();
    await runtime.env.MEDIA.delete(this.#context.key(upload));
    runtime.storage.transactionSync(() => {
      bytes.clear();
      for (const table of ["outbox", "sequences"]) runtime.sql.exec(`DELETE FROM ${table}`);
      jobs.removeAllBut(null);
      deleteMetaExcept(runtime.sql, ["schema_version", "watchdog_due_at"]);
    });
    await jobs.ensureWatchdog();
  }

  #end(how: Upload, also: (ended: Upload) => void = () => undefined): void {
    const { runtime, jobs } = this.#context;
    const ended = { ...how, arrivedBytes: this.#context.offsetOf(this.#context.read()) };
    runtime.storage.transactionSync(() => {
      this.#context.save(ended);
      also(ended);
      jobs.schedule(DELETE_JOB, "", runtime.now());
      jobs.schedule(PUBLISH, "", runtime.now());
      for (const kind of [EXPIRE, CHECK_WRITE, ASSET, IMPORT] as const) jobs.done(kind, "");
    });
    jobs.tick();
  }

  /** Removes the bytes of an unsuccessful upload, in R2 and here; of a completed one only the unused parts. */
  async remove(): Promise<void> {
    const { runtime, jobs, bytes } = this.#context;
    const upload = this.#context.read();
    await runtime.failpoint("upload.ended");
    await this.#context.parts(upload).abort();
    if (upload.status !== "completed" || upload.isRejected) {
      await this.#concatenation.release();
      if (!(await this.#partialUsage.isNeeded())) await runtime.env.MEDIA.delete(this.#context.key(upload));
    }
    bytes.clear();
    jobs.finish(DELETE_JOB, "");
  }

  /**
   * Informs the user's object, which lists uploads and counts the open ones, and the tenant's, which counts the bytes.
   */
  async publish(): Promise<void> {
    const upload = this.#context.read();
    const shown = upload.status === "deleted" ? null : this.#context.show(upload);
    await this.#context.user(upload).recordUpload({ ...upload.call, idempotency: null }, upload.id, shown);
    await settleQuota(this.#context.runtime, upload.id, upload.arrivedBytes ?? this.#context.offsetOf(upload));
    this.#context.jobs.finish(PUBLISH, "");
  }
}

/*
 * Inspection of a complete file: duration, dimensions, and whether its content matches its first bytes.
 *
 * MP4 and QuickTime files may have their index anywhere, so only the whole file shows that one was cut off. Everything
 * else that a player plays is accepted; Nemo decides in the end.
 */

export type Inspection = {
  readonly format: MediaFormat;
  readonly durationMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
};

/** Inspects a stored file. The problem says why it cannot be used. Throws what R2 throws. */
export async function inspectStored(
  bucket: R2Bucket,
  key: string,
  format: MediaFormat,
): Promise<Result<Inspection, Problem>> {
  const found = await inspectMedia(bucket, key);
  if (found.ok) return inspectionOf(found.value, format);
  switch (found.error.reason) {
    case "gone":
      throw new Error("a completed upload's file is missing");
    case "cut":
      return err(unusable("it is cut off: its index is missing or points beyond its end"));
    case "broken":
      return err(unusable("its index is missing or contradicts itself"));
    case "unknown":
      return err(unusable("it starts like an audio file but contains no readable audio"));
    case "over_budget":
      return ok({ format, durationMs: null, width: null, height: null });
  }
}

/** The content of an MP4 file decides whether it is video or audio, whatever its brand says. */
function inspectionOf(metadata: MediaMetadata, format: MediaFormat): Result<Inspection, Problem> {
  const { durationMs, width, height, codec, container, videoSamples } = metadata;
  const isMp4 = container === "mp4";
  if ((isMp4 || container === "mov") && codec === null && width === null && durationMs === null)
    return err(unusable("it contains neither video nor audio"));
  const isSound = isMp4 && videoSamples === 0 && width === null;
  const ext = isSound ? "m4a" : (EXTENSIONS[container] ?? container);
  return ok({ format: FORMATS.find((one) => one.ext === ext) ?? format, durationMs, width, height });
}

/** Containers whose name differs from the file extension. */
const EXTENSIONS: Readonly<Record<string, string>> = { matroska: "mkv", wave: "wav", adts: "aac" };

const unusable = (why: string): Problem =>
  problemOf("unsupported_media", `The file cannot be used: ${why}; upload it again, or upload another file.`, {
    hint: "POST /v1/uploads",
  });

/*
 * The job after completion: creates the asset. A throw is retried; on success it calls `done(ASSET)`, otherwise it
 * fails the upload.
 */

/** Gets the file's hash, inspects it, and adds the asset to the user's object, which ignores a duplicate. */
export async function finalise(context: UploadContext, termination: UploadTermination): Promise<void> {
  const { env, failpoint, now, storage } = context.runtime;
  const upload = context.read();
  // The bytes of a final did not pass here: its whole file is read back, and many at once would slow down everything
  // else.
  if (upload.fileParts !== null && !(await context.user(upload).mayStart(upload.id, "final")))
    return context.jobs.schedule(ASSET, "", now() + context.runtime.config.timings.importPollInterval);
  await failpoint("upload.completed");
  const key = context.key(upload);
  const sha256 = (await hashOfPassed(context, upload)) ?? (await sha256Of(env.MEDIA, key));
  if (sha256 === null) throw new Error("a completed upload's file is missing");
  if (upload.sha256 !== null && upload.sha256 !== sha256) return termination.fail(wrongDigest());
  const inspection = await inspectOnce(context, key);
  const asset = assetOf(upload, key, sha256, inspection, now());
  const added = await context.user(upload).addAsset({ ...upload.call, idempotency: null }, asset);
  if (!added.ok && added.error.code === "user_deleted") return termination.erase();
  if (!added.ok) throw new Error(`asset not added: ${added.error.code}`);
  const at = now();
  storage.transactionSync(() => {
    const current = context.read(); // its asset may have been deleted meanwhile
    context.save({ ...current, inspections: 0, assetId: asset.id, isRejected: current.isRejected || !inspection.ok });
    if (!inspection.ok) context.jobs.schedule(DELETE_JOB, "", at);
    context.jobs.done(ASSET, "");
    context.jobs.schedule(PUBLISH, "", at);
  });
}

/**
 * Inspects the file; the attempt is counted before it starts. An inspection that takes its instance down never finishes
 * and would take down every next one: after a number of them the file is rejected without inspection. One that R2
 * prevented has finished and does not count.
 */
async function inspectOnce(context: UploadContext, key: string): Promise<Result<Inspection, Problem>> {
  const { env, storage } = context.runtime;
  const upload = context.read();
  if (upload.inspections >= MEDIA_INSPECTIONS) return err(notInspected());
  context.save({ ...upload, inspections: upload.inspections + 1 });
  await storage.sync();
  try {
    return await inspectStored(env.MEDIA, key, formatOf(upload));
  } finally {
    const now = context.find();
    if (now !== null) context.save({ ...now, inspections: 0 });
  }
}

/**
 * The job kept failing: the asset is rejected without another inspection. When that fails as often, the upload fails.
 */
export function giveUpAsset(context: UploadContext, termination: UploadTermination): void {
  const upload = context.read();
  if (upload.status !== "completed" || upload.assetId !== null) return;
  if (upload.inspections >= MEDIA_INSPECTIONS) {
    termination.fail(notInspected());
    return;
  }
  context.save({ ...upload, inspections: MEDIA_INSPECTIONS });
  context.jobs.schedule(ASSET, "", context.runtime.now());
}

/** The hash of the bytes that passed here, if they are the whole stored file; can be read once. */
async function hashOfPassed(context: UploadContext, upload: Upload): Promise<string | null> {
  const sha256 = await context.hash.end(upload.sizeBytes ?? 0);
  if (sha256 === null) return null;
  const stored = await context.runtime.env.MEDIA.head(context.key(upload));
  return stored?.size === upload.sizeBytes ? sha256 : null;
}

const notInspected = (): Problem =>
  problemOf(
    "unsupported_media",
    `The file cannot be used: it could not be inspected in ${MEDIA_INSPECTIONS} attempts; convert it and upload it again.`,
    { hint: "POST /v1/uploads" },
  );

const wrongDigest = () =>
  problemOf("checksum_mismatch", "The file's SHA-256 does not match Repr-Digest; create another upload.", {
    hint: "POST /v1/uploads",
  });
