/**
 * Receives an upload's content: bodies that continue the file (`append`), and one body with the whole file (`write`).
 * Only one write runs at a time.
 */

import { type Problem, problemOf } from "../../core/errors.ts";
import { FIRST_BYTES, UPLOAD_BYTES } from "../../core/limits.ts";
import { err, ok, type Result } from "../../core/result.ts";
import {
  type Append,
  checkAppend,
  checkClosed,
  checkLarge,
  isWhole,
  noUpload,
  sizeAfter,
  type UploadPosition,
} from "../../core/uploads/append.ts";
import { logBug } from "../../log.ts";
import { readHead } from "../../store/chunks.ts";
import { putExact } from "../../store/files.ts";
import { type BodyResult, BodyWriter, BUFFER_POOL, cancelBody, FIRST_BUFFER_BYTES, holderOf } from "./body-writer.ts";
import type { UploadCompletion, UploadTermination } from "./complete.ts";
import { CHECK_WRITE, type UploadContext } from "./context.ts";
import { checkFirstBytes } from "./digests.ts";
import { Meter } from "./metering.ts";
import { checkCut, checkFailed, isPartial, mimeOf, type Upload } from "./record.ts";

export class UploadReceiver {
  readonly #context: UploadContext;
  readonly #completion: UploadCompletion;
  readonly #termination: UploadTermination;

  /**
   * Meters an upload whose length was not announced. It lives in memory only: a new instance reserves the same sum
   * again, which counts once.
   */
  get #meter(): Meter {
    const upload = this.#context.read();
    this.#openMeter ??= new Meter(this.#context.runtime, upload, upload.id);
    return this.#openMeter;
  }
  #openMeter: Meter | null = null;

  constructor(context: UploadContext, completion: UploadCompletion, termination: UploadTermination) {
    this.#context = context;
    this.#completion = completion;
    this.#termination = termination;
  }

  /** Receives a body that continues the file, and completes the file when it is whole. */
  async append(body: ReadableStream | null, append: Append, signal: AbortSignal): Promise<Problem | null> {
    const admitted = await this.#admit(append);
    if (!admitted.ok) return rejectBody(body, admitted.error);
    const sizeBytes = admitted.value;
    let result: BodyResult = { end: "whole" };
    if (body !== null) {
      const bodyWriter = await this.#openWriter(append, sizeBytes, signal);
      if (bodyWriter === null) return rejectBody(body, tooManyUploads());
      try {
        result = await bodyWriter.write(body, (offset) => isWhole(append, offset, sizeBytes));
      } finally {
        void bodyWriter.release(); // not awaited, so that the answer is not delayed
      }
    }
    const offset = this.#context.bytes.offset();
    const failed = this.#settle(result, offset, sizeBytes);
    if (failed !== null) return failed;
    return isWhole(append, offset, sizeBytes) ? this.#close(offset) : null;
  }

  /** Checks the append and reserves a length that it announces. Returns the file's size, null while it is not known. */
  async #admit(append: Append): Promise<Result<number | null, Problem>> {
    const problem = this.#check(append);
    if (problem !== null) return err(problem);
    const sizeBytes = sizeAfter(this.#position(this.#context.read()), append);
    if (sizeBytes === this.#context.read().sizeBytes) return ok(sizeBytes);
    // The length was announced only now: the quota has not counted it yet.
    const overQuota = sizeBytes === null ? null : await this.#meter.reserve(sizeBytes);
    const late = overQuota ?? this.#check(append); // the upload may have ended meanwhile
    if (late !== null) return err(late);
    this.#context.save({ ...this.#context.read(), sizeBytes });
    return ok(sizeBytes);
  }

  /** Why this append may not start; null when it may. */
  #check(append: Append): Problem | null {
    const upload = this.#context.find();
    return upload === null ? noUpload() : checkAppend(this.#position(upload), append);
  }

  /** What writes the body, with its first memory; null when there was none in time. */
  async #openWriter(append: Append, sizeBytes: number | null, signal: AbortSignal): Promise<BodyWriter | null> {
    const { bytes, runtime } = this.#context;
    const { timings } = runtime.config;
    const holder = holderOf(this.#context.read());
    const reserveMemory = (bytesWanted: number) => BUFFER_POOL.acquire(bytesWanted, timings.uploadBuffer, holder);
    const buffer = await reserveMemory(FIRST_BUFFER_BYTES);
    if (buffer === null) return null;
    const upload = this.#context.read();
    return new BodyWriter(bytes, this.#context.parts(upload), buffer, {
      limit: sizeBytes ?? UPLOAD_BYTES,
      contentBytes: append.contentBytes,
      checksums: append.checksums,
      bounds: { idleMs: timings.uploadBodyIdle, signal },
      until: runtime.now() + timings.uploadBodyTotal,
      persistAfterMs: timings.uploadKeep,
      hash: isPartial(upload) ? null : this.#context.hash,
      checkFormat: (head) => checkFirstBytes(this.#context, head),
      reserveMemory,
      reserveBytes: sizeBytes === null ? (offset) => this.#meter.reserveStep(offset) : null,
    });
  }

  /** What the end of a body means for the upload; null on success. */
  #settle(result: BodyResult, offset: number, sizeBytes: number | null): Problem | null {
    this.#termination.extendExpiry();
    switch (result.end) {
      case "whole":
        return null;
      case "broken":
        return checkCut(result.failure, offset);
      case "wrong_checksum":
        return problemOf(
          "checksum_mismatch",
          `The bytes do not match the checksum; send them again from offset ${offset}.`,
        );
      case "too_long":
        // It is unknown which of the bytes belong to the file.
        return this.#fail(sizeBytes === null ? checkLarge() : tooLong(sizeBytes));
      case "rejected":
        return this.#fail(result.problem);
      case "over_quota":
        return result.problem; // the stored bytes stay; a retry works when the day ends or other reservations are released
    }
  }

  #fail(error: Problem): Problem {
    this.#termination.fail(error);
    return error;
  }

  async #close(sizeBytes: number): Promise<Problem | null> {
    if (sizeBytes === 0 && !isPartial(this.#context.read()))
      return this.#fail(problemOf("empty_file", "The file is empty; create another upload with at least 1 byte."));
    // A request without a body can announce the end of the file.
    const head = this.#context.read().format === null ? this.#context.bytes.head(FIRST_BYTES) : null;
    const problem = head === null ? null : checkFirstBytes(this.#context, head);
    if (problem !== null) return this.#fail(problem);
    await this.#completion.close(sizeBytes);
    return null;
  }

  /**
   * Receives the whole file in one body, whatever is stored of it already. Nothing changes when the body breaks off.
   */
  async write(body: ReadableStream, sizeBytes: number, signal: AbortSignal): Promise<Problem | null> {
    const upload = this.#context.find();
    const problem = upload === null ? noUpload() : checkWhole(upload, sizeBytes);
    if (problem !== null || upload === null) return rejectBody(body, problem ?? noUpload());
    const { config, env, failpoint } = this.#context.runtime;
    const bounds = { idleMs: config.timings.uploadBodyIdle, signal };
    const head = await readHead(body, Math.min(sizeBytes, FIRST_BYTES), bounds);
    if (!head.ok) return checkFailed(head.error, sizeBytes);
    if (head.value.length === 0) return rejectBody(body, checkFailed({ reason: "cut" }, sizeBytes));
    const overQuota = upload.sizeBytes === null ? await this.#meter.reserve(sizeBytes) : null;
    const late = overQuota ?? checkWhole(this.#context.read(), sizeBytes); // the upload may have ended meanwhile
    if (late !== null) return rejectBody(body, late);
    const rejected = checkFirstBytes(this.#context, head.value);
    if (rejected !== null) return rejectBody(body, this.#fail(rejected));
    if (!(await this.#scheduleCheck())) return rejectBody(body, checkFailed({ reason: "store" }, sizeBytes));
    const contentType = mimeOf(this.#context.read());
    this.#context.hash.restart();
    const onChunk = (chunk: Uint8Array): Promise<void> => this.#context.hash.append(chunk);
    const file = { key: this.#context.key(upload), contentType, head: head.value, body, bounds, onChunk };
    const stored = await putExact(env.MEDIA, file, sizeBytes);
    if (!stored.ok) {
      this.#context.hash.invalidate(); // the next body differs, or the stored parts are used
      // After an error of R2 the job stays scheduled: all bytes may have been stored.
      if (stored.error.reason !== "store") this.#context.jobs.done(CHECK_WRITE, "");
      return checkFailed(stored.error, sizeBytes);
    }
    await failpoint("upload.stored");
    this.#completion.complete(sizeBytes);
    return null;
  }

  /**
   * Schedules a check before the bytes come, so that a new instance finds out whether they all arrived. False: that
   * could not be ensured.
   */
  async #scheduleCheck(): Promise<boolean> {
    const { jobs, runtime } = this.#context;
    jobs.schedule(CHECK_WRITE, "", runtime.now() + runtime.config.timings.stepLease);
    try {
      await jobs.ensureWatchdog();
      return true;
    } catch (error) {
      logBug("upload_not_covered", error, { work: "upload" });
      return false;
    }
  }

  #position(upload: Upload): UploadPosition {
    return { status: upload.status, offset: this.#context.offsetOf(upload), sizeBytes: upload.sizeBytes };
  }
}

/** Why a whole file may not be written now; null when it may. */
function checkWhole(upload: Upload, sizeBytes: number): Problem | null {
  const closed = checkClosed(upload.status);
  if (closed !== null || upload.sizeBytes === null || sizeBytes === upload.sizeBytes) return closed;
  const message = `must be the announced ${upload.sizeBytes} bytes`;
  const field = "header:Content-Length";
  return problemOf("size_mismatch", `Content-Length ${message}.`, { errors: [{ field, message }] });
}

const tooLong = (sizeBytes: number): Problem =>
  problemOf("size_mismatch", `The body is longer than the announced ${sizeBytes} bytes; create another upload.`, {
    hint: "POST /v1/uploads",
  });

const tooManyUploads = (): Problem =>
  problemOf("unavailable", "Too many uploads are in progress; send these bytes again in a second.", {
    retryAfterSeconds: 1,
  });

async function rejectBody(body: ReadableStream | null, problem: Problem): Promise<Problem> {
  await cancelBody(body);
  return problem;
}

/*
 * Exclusive access to an upload's content: a newer write, or the upload's deletion, aborts the running write and starts when
 * that one has stored what it had.
 */

export class ExclusiveWriter {
  #latest: { readonly stop: AbortController; readonly over: Promise<void> } | null = null;

  /** True while a write is running. */
  get isOn(): boolean {
    return this.#latest !== null;
  }

  /** Aborts the running write, if any, and waits until it has stored what it had. */
  async stop(): Promise<void> {
    const running = this.#latest;
    running?.stop.abort();
    await running?.over;
  }

  /** Aborts the previous write, waits for its end, and runs. The signal fires when a newer write starts. */
  async run<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    const before = this.#latest;
    before?.stop.abort();
    const work = (before?.over ?? Promise.resolve()).then(() => task(stop.signal));
    const over = work.then(
      () => undefined,
      () => undefined,
    );
    const mine = { stop, over };
    this.#latest = mine;
    try {
      return await work;
    } finally {
      if (this.#latest === mine) this.#latest = null;
    }
  }
}
