/** The last step of the bytes: one object in R2 made of what is kept, and the upload completed, once, whatever dies in between. */
import { type Problem, problemOf } from "../../core/errors.ts";
import { MEDIA_INSPECTIONS } from "../../core/limits.ts";
import type { MediaMetadata } from "../../core/media/metadata.ts";
import { FORMATS, type MediaFormat } from "../../core/media/sniff.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { logBug } from "../../log.ts";
import { sha256Of } from "../../store/files.ts";
import { inspectMedia } from "../../store/media.ts";
import { settleQuota } from "../shared/problems.ts";
import type { Concatenation, PartialLoans } from "./concat.ts";
import { ASSET, DELETE_JOB, EXPIRE, IMPORT, LOOK, PUBLISH, type UploadContext } from "./context.ts";
import { assetIdOf, assetOf, formatOf, isPartial, mimeOf, type Upload } from "./record.ts";

export class Closing {
  readonly #context: UploadContext;
  readonly #concatenation: Concatenation;
  readonly #ends: Ends;

  constructor(context: UploadContext, concatenation: Concatenation, ends: Ends) {
    this.#context = context;
    this.#concatenation = concatenation;
    this.#ends = ends;
  }

  /** Every byte is kept: says so, then puts the file together. */
  async close(sizeBytes: number): Promise<void> {
    this.#context.runtime.storage.transactionSync(() =>
      this.begin({ ...this.#context.read(), sizeBytes, status: "closing" }),
    );
    await this.finish();
  }

  /** Writes down an upload whose bytes are all kept. Call inside a transaction, and `finish` after it. */
  begin(upload: Upload): void {
    const { runtime, jobs } = this.#context;
    this.#context.save(upload);
    jobs.schedule(LOOK, "", runtime.now() + runtime.config.timings.stepLease);
  }

  /** Puts the file together. What R2 does not do now, the schedule does later. */
  async finish(): Promise<void> {
    const { runtime, jobs } = this.#context;
    try {
      await jobs.ensureWatchdog();
      await runtime.boundary("upload.closing");
      await this.assemble();
    } catch (error) {
      logBug("upload_not_closed", error, { work: "upload" });
    }
  }

  /** Makes the file and completes the upload, or fails it. May be repeated after a crash anywhere in it. */
  async assemble(): Promise<void> {
    const upload = this.#context.read();
    const problem = upload.fileParts === null ? await this.#store(upload) : await this.#concatenation.join();
    if (problem !== null) return this.#ends.fail(problem);
    await this.#context.runtime.boundary("upload.stored");
    this.complete(upload.sizeBytes ?? 0);
  }

  /** One object in R2 of what is kept here. */
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

  /** The file is in R2: says so, once, and owes what becomes of it. Parts that came to nothing are let go. */
  complete(sizeBytes: number): Upload {
    const { runtime, jobs, bytes } = this.#context;
    const upload = this.#context.read();
    if (upload.status !== "open" && upload.status !== "closing") return upload;
    const completed: Upload = { ...upload, sizeBytes, status: "completed" };
    runtime.storage.transactionSync(() => {
      this.#context.save(completed);
      jobs.done(LOOK, "");
      bytes.clear();
      jobs.schedule(PUBLISH, "", runtime.now());
      if (!isPartial(completed)) this.#becomeAsset(completed);
      // A body in one piece overtook the parts of an unfinished one.
      if (upload.status === "open" && upload.multipart !== null) jobs.schedule(DELETE_JOB, "", runtime.now());
    });
    jobs.tick();
    return completed;
  }

  /** A partial does not come here: it is a piece of some file, or of none when its time is over. */
  #becomeAsset(upload: Upload): void {
    const { runtime, jobs } = this.#context;
    jobs.done(EXPIRE, "");
    this.#context.outbox(upload).add("upload.completed", upload.id, this.#context.show(upload), {
      key: upload.call.key ?? null,
    });
    jobs.schedule(ASSET, "", runtime.now());
  }

  /** Fails an upload whose file can still not be put together. */
  giveUp(): void {
    if (this.#context.read().status !== "closing") return;
    const lost = "The file could not be stored; create another upload.";
    this.#ends.fail(problemOf("internal", lost, { hint: "POST /v1/uploads" }));
  }

  /** After a write that never reported: the file is whole in R2, or its bytes are still kept here, or nothing came of it. */
  async look(isWriting: () => boolean): Promise<void> {
    const { runtime, jobs } = this.#context;
    const head = await runtime.env.MEDIA.head(this.#context.key(this.#context.read()));
    // A write that is on its way reports by itself.
    if (isWriting()) return jobs.schedule(LOOK, "", runtime.now() + runtime.config.timings.stepLease);
    const { status, sizeBytes } = this.#context.read();
    const isOpen = status === "open" || status === "closing";
    if (isOpen && head !== null && head.size === sizeBytes) this.complete(head.size);
    else if (status === "closing") await this.assemble();
    else jobs.done(LOOK, "");
  }
}

/* The other ends of an upload: expired, failed, deleted. Committed first; what lies in R2 is removed afterwards, until it is gone. */

export class Ends {
  readonly #context: UploadContext;
  readonly #partialLoans: PartialLoans;
  readonly #concatenation: Concatenation;

  constructor(context: UploadContext, partialLoans: PartialLoans, concatenation: Concatenation) {
    this.#context = context;
    this.#partialLoans = partialLoans;
    this.#concatenation = concatenation;
  }

  /** Puts off the upload's end: it was written to. Never beyond its whole life. */
  slide(): void {
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

  /** Ends an upload that was not written in time, or a partial that is not used. A write on its way may still complete it. */
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

  /** The asset that it became is deleted. */
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
   * Whether nothing would be missed: the upload is over and owes nothing. A final says which partials its file consists of for as
   * long as its asset is there.
   */
  mayForget(): boolean {
    const upload = this.#context.find();
    if (upload === null) return true;
    const isAtWork = upload.status === "open" || upload.status === "closing";
    const isNeeded =
      upload.status === "completed" && !upload.isRejected && (upload.fileParts !== null || !upload.assetId);
    return !isAtWork && !isNeeded && !this.#context.jobs.owesAnything();
  }

  /** The upload's user is deleted: nothing of it stays, here or in R2. May be repeated. */
  async erase(): Promise<void> {
    const { runtime, jobs, bytes } = this.#context;
    const upload = this.#context.read();
    await this.#context.parts(upload).abort();
    await runtime.env.MEDIA.delete(this.#context.key(upload));
    runtime.storage.transactionSync(() => {
      bytes.clear();
      for (const table of ["outbox", "sequences", "due"]) runtime.sql.exec(`DELETE FROM ${table}`);
      runtime.sql.exec("DELETE FROM meta WHERE key NOT IN ('version', 'busy_due_at')");
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
      for (const kind of [EXPIRE, LOOK, ASSET, IMPORT] as const) jobs.done(kind, "");
    });
    jobs.tick();
  }

  /** Removes what lies in R2 and here of bytes that came to nothing; of a file that is kept only the parts it did without. */
  async remove(): Promise<void> {
    const { runtime, jobs, bytes } = this.#context;
    const upload = this.#context.read();
    await runtime.boundary("upload.ended");
    await this.#context.parts(upload).abort();
    if (upload.status !== "completed" || upload.isRejected) {
      await this.#concatenation.release();
      if (!(await this.#partialLoans.isNeeded())) await runtime.env.MEDIA.delete(this.#context.key(upload));
    }
    bytes.clear();
    jobs.done(DELETE_JOB, "");
  }

  /** Tells the user's object, which lists the uploads and counts the open ones, and the tenant's, which counts what came. */
  async tell(): Promise<void> {
    const upload = this.#context.read();
    const shown = upload.status === "deleted" ? null : this.#context.show(upload);
    await this.#context.user(upload).recordUpload({ ...upload.call, idempotency: null }, upload.id, shown);
    await settleQuota(this.#context.runtime, upload.id, upload.arrivedBytes ?? this.#context.offsetOf(upload));
    this.#context.jobs.done(PUBLISH, "");
  }
}

/*
 * What a whole file is inside: how long, how large, and whether it is what its first bytes claim.
 *
 * MP4 and QuickTime files end their index anywhere, so only the whole file tells that one was cut. Otherwise nothing is refused
 * that a player plays, and Nemo has the last word.
 */

export type Inside = {
  readonly format: MediaFormat;
  readonly durationMs: number | null;
  readonly width: number | null;
  readonly height: number | null;
};

/** Looks into a stored file. The refusal says why it cannot be used. Throws what R2 throws. */
export async function lookInside(bucket: R2Bucket, key: string, format: MediaFormat): Promise<Result<Inside, Problem>> {
  const found = await inspectMedia(bucket, key);
  if (found.ok) return ofFacts(found.value, format);
  switch (found.error.reason) {
    case "gone":
      throw new Error("a completed upload's file is missing");
    case "cut":
      return err(unusable("it ends before its end: its index is missing or points beyond it"));
    case "broken":
      return err(unusable("its index is missing or contradicts itself"));
    case "unknown":
      return err(unusable("it begins like a sound, and no sound that can be read follows"));
    case "over_budget":
      return ok({ format, durationMs: null, width: null, height: null });
  }
}

/** An MP4 file is a movie or a sound by what is in it, whatever its brand says. */
function ofFacts(facts: MediaMetadata, format: MediaFormat): Result<Inside, Problem> {
  const { durationMs, width, height, codec, container, videoSamples } = facts;
  const isMp4 = container === "mp4";
  if ((isMp4 || container === "mov") && codec === null && width === null && durationMs === null)
    return err(unusable("it holds neither pictures nor sound"));
  const isSound = isMp4 && videoSamples === 0 && width === null;
  const ext = isSound ? "m4a" : (ENDINGS[container] ?? container);
  return ok({ format: FORMATS.find((one) => one.ext === ext) ?? format, durationMs, width, height });
}

/** Containers whose name is not their files' ending. */
const ENDINGS: Readonly<Record<string, string>> = { matroska: "mkv", wave: "wav", adts: "aac" };

const unusable = (why: string): Problem =>
  problemOf("unsupported_media", `The file cannot be used: ${why}; send it again, or another one.`, {
    hint: "POST /v1/uploads",
  });

/*
 * What a completed upload becomes: done under the schedule, after `upload.completed` was told, as often as it takes.
 *
 * A throw is tried again later. Whoever ends the upload here calls `done(ASSET)`, or fails it.
 */

/** Gets the file's hash, looks into it, and tells the user's object, which takes the same asset twice for one. */
export async function finalise(context: UploadContext, ends: Ends): Promise<void> {
  const { env, boundary, now, storage } = context.runtime;
  const upload = context.read();
  // A final's bytes never passed here: its file is read back whole, which many at once would make slow for everybody.
  if (upload.fileParts !== null && !(await context.user(upload).mayStart(upload.id, "final")))
    return context.jobs.schedule(ASSET, "", now() + context.runtime.config.timings.importPollInterval);
  await boundary("upload.completed");
  const key = context.key(upload);
  const sha256 = (await hashOfPassed(context, upload)) ?? (await sha256Of(env.MEDIA, key));
  if (sha256 === null) throw new Error("a completed upload's file is missing");
  if (upload.sha256 !== null && upload.sha256 !== sha256) return ends.fail(wrongDigest());
  const look = await lookOnce(context, key);
  const asset = assetOf(upload, key, sha256, look, now());
  const told = await context.user(upload).addAsset({ ...upload.call, idempotency: null }, asset);
  if (!told.ok && told.error.code === "user_deleted") return ends.erase();
  if (!told.ok) throw new Error(`asset not taken: ${told.error.code}`);
  const moment = now();
  storage.transactionSync(() => {
    const kept = context.read(); // its asset may be deleted by now
    context.save({ ...kept, looks: 0, assetId: asset.id, isRejected: kept.isRejected || !look.ok });
    if (!look.ok) context.jobs.schedule(DELETE_JOB, "", moment);
    context.jobs.done(ASSET, "");
    context.jobs.schedule(PUBLISH, "", moment);
  });
}

/**
 * Looks into the file, counted before it begins. A look that takes its instance down never ends, and would do the same to every
 * next one: after so many of them the file is rejected unseen. A look that R2 did not let happen has ended, and does not count.
 */
async function lookOnce(context: UploadContext, key: string): Promise<Result<Inside, Problem>> {
  const { env, storage } = context.runtime;
  const upload = context.read();
  if (upload.looks >= MEDIA_INSPECTIONS) return err(unreadable());
  context.save({ ...upload, looks: upload.looks + 1 });
  await storage.sync();
  try {
    return await lookInside(env.MEDIA, key, formatOf(upload));
  } finally {
    const now = context.find();
    if (now !== null) context.save({ ...now, looks: 0 });
  }
}

/**
 * The work on the file kept failing: its asset is rejected without a further look. Where even that fails as often, the upload
 * fails.
 */
export function giveUpAsset(context: UploadContext, ends: Ends): void {
  const upload = context.read();
  if (upload.status !== "completed" || upload.assetId !== null) return;
  if (upload.looks >= MEDIA_INSPECTIONS) {
    ends.fail(unreadable());
    return;
  }
  context.save({ ...upload, looks: MEDIA_INSPECTIONS });
  context.jobs.schedule(ASSET, "", context.runtime.now());
}

/** The hash of the bytes that passed here, when they are all of a file that is there; asked once. */
async function hashOfPassed(context: UploadContext, upload: Upload): Promise<string | null> {
  const sha256 = await context.hash.end(upload.sizeBytes ?? 0);
  if (sha256 === null) return null;
  const stored = await context.runtime.env.MEDIA.head(context.key(upload));
  return stored?.size === upload.sizeBytes ? sha256 : null;
}

const unreadable = (): Problem =>
  problemOf(
    "unsupported_media",
    `The file cannot be used: it could not be looked into in ${MEDIA_INSPECTIONS} tries; convert it and send it again, or another one.`,
    { hint: "POST /v1/uploads" },
  );

const wrongDigest = () =>
  problemOf("checksum_mismatch", "The file's SHA-256 is not the one of Repr-Digest; create another upload.", {
    hint: "POST /v1/uploads",
  });
