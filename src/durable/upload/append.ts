/** The two ways in: a body that continues the file, and one that is the whole of it. */

import { type Problem, problemOf } from "../../core/errors.ts";
import { FIRST_BYTES, UPLOAD_BYTES } from "../../core/limits.ts";
import {
  type Append,
  checkAppend,
  checkClosed,
  checkLarge,
  isWhole,
  sizeAfter,
  type UploadPosition,
} from "../../core/uploads/append.ts";
import { logBug } from "../../log.ts";
import { readHead } from "../../store/chunks.ts";
import { putExact } from "../../store/files.ts";
import { BodyWriter, BUFFERS, cancelBody, FIRST_BUFFER_BYTES, holderOf, type QuotaUse } from "./body-writer.ts";
import type { Closing, Ends } from "./complete.ts";
import { LOOK, type UploadContext } from "./context.ts";
import { judgeFirstBytes } from "./digests.ts";
import { Meter } from "./metering.ts";
import { checkCut, checkFailed, isPartial, mimeOf, noUpload, type Upload } from "./record.ts";

export class Receiving {
  readonly #context: UploadContext;
  readonly #closing: Closing;
  readonly #ends: Ends;

  /** Counts what nobody announced. Its memory is the instance's: the next one takes the same sum once more, which counts once. */
  get #meter(): Meter {
    const upload = this.#context.read();
    this.#counting ??= new Meter(this.#context.runtime, upload, upload.id);
    return this.#counting;
  }
  #counting: Meter | null = null;

  constructor(context: UploadContext, closing: Closing, ends: Ends) {
    this.#context = context;
    this.#closing = closing;
    this.#ends = ends;
  }

  /** Why this append may not begin; null when it may. */
  check(append: Append): Problem | null {
    const upload = this.#context.find();
    return upload === null ? noUpload() : checkAppend(this.#position(upload), append);
  }

  /** Takes a body that continues the file, and closes the file when it is whole. */
  async append(body: ReadableStream | null, append: Append, signal: AbortSignal): Promise<Problem | null> {
    const problem = this.check(append);
    if (problem !== null) return checkBody(body, problem);
    const sizeBytes = sizeAfter(this.#position(this.#context.read()), append);
    if (sizeBytes !== this.#context.read().sizeBytes) {
      // Told only now: the quota has not counted it yet.
      const unpaid = sizeBytes === null ? null : await this.#meter.pay(sizeBytes);
      const late = unpaid ?? this.check(append); // it may have ended while the quota was asked
      if (late !== null) return checkBody(body, late);
      this.#context.save({ ...this.#context.read(), sizeBytes });
    }
    const taken = body === null ? ({ end: "whole" } as const) : await this.#take(body, append, sizeBytes, signal);
    if (taken === null) return checkBody(body, noRoom());
    const offset = this.#context.bytes.offset();
    const failed = this.#settle(taken, offset, sizeBytes);
    if (failed !== null) return failed;
    if (isWhole(append, offset, sizeBytes)) return this.#close(offset);
    return null;
  }

  async #take(
    body: ReadableStream,
    append: Append,
    sizeBytes: number | null,
    signal: AbortSignal,
  ): Promise<QuotaUse | null> {
    const { bytes, runtime } = this.#context;
    const { timings } = runtime.config;
    const holder = holderOf(this.#context.read());
    const room = (bytesWanted: number) => BUFFERS.take(bytesWanted, timings.uploadBuffer, holder);
    const buffer = await room(FIRST_BUFFER_BYTES);
    if (buffer === null) return null;
    const upload = this.#context.read();
    const bodyWriter = new BodyWriter(bytes, this.#context.parts(upload), buffer, {
      limit: sizeBytes ?? UPLOAD_BYTES,
      contentBytes: append.contentBytes,
      checksums: append.checksums,
      bounds: { idleMs: timings.uploadBodyIdle, signal },
      until: runtime.now() + timings.uploadBodyTotal,
      keepMs: timings.uploadKeep,
      hash: isPartial(upload) ? null : this.#context.hash,
      judge: (head) => judgeFirstBytes(this.#context, head),
      room,
      pay: sizeBytes === null ? (offset) => this.#meter.came(offset) : null,
    });
    try {
      return await bodyWriter.take(body, (offset) => isWhole(append, offset, sizeBytes));
    } finally {
      void bodyWriter.over(); // not awaited: the caller has its answer
    }
  }

  /** What the end of a body means for the upload; null when all is well. */
  #settle(taken: QuotaUse, offset: number, sizeBytes: number | null): Problem | null {
    this.#ends.slide();
    switch (taken.end) {
      case "whole":
        return null;
      case "broken":
        return checkCut(taken.failure, offset);
      case "wrong_checksum":
        return problemOf("checksum_mismatch", `The checksum does not fit the bytes; send them again from ${offset}.`);
      case "too_long":
        // Which of its bytes are the file's cannot be told any more.
        return this.#fail(sizeBytes === null ? checkLarge() : tooLong(sizeBytes));
      case "refused":
        return this.#fail(taken.problem);
      case "unpaid":
        return taken.problem; // what is kept stays: the day ends, or others give back
    }
  }

  #fail(error: Problem): Problem {
    this.#ends.fail(error);
    return error;
  }

  async #close(sizeBytes: number): Promise<Problem | null> {
    if (sizeBytes === 0 && !isPartial(this.#context.read()))
      return this.#fail(problemOf("empty_file", "The file ended before its first byte."));
    // Said to be all by a request without a byte.
    const head = this.#context.read().format === null ? this.#context.bytes.head(FIRST_BYTES) : null;
    const problem = head === null ? null : judgeFirstBytes(this.#context, head);
    if (problem !== null) return this.#fail(problem);
    await this.#closing.close(sizeBytes);
    return null;
  }

  /** Takes the whole file in one body, whatever is kept of it; nothing changes when the body breaks. */
  async write(body: ReadableStream, sizeBytes: number, signal: AbortSignal): Promise<Problem | null> {
    const upload = this.#context.find();
    const problem = upload === null ? noUpload() : checkWhole(upload, sizeBytes);
    if (problem !== null || upload === null) return checkBody(body, problem ?? noUpload());
    const { config, env, boundary } = this.#context.runtime;
    const bounds = { idleMs: config.timings.uploadBodyIdle, signal };
    const head = await readHead(body, Math.min(sizeBytes, FIRST_BYTES), bounds);
    if (!head.ok) return checkFailed(head.error, sizeBytes);
    if (head.value.length === 0) return checkBody(body, checkFailed({ reason: "cut" }, sizeBytes));
    const unpaid = upload.sizeBytes === null ? await this.#meter.pay(sizeBytes) : null;
    const late = unpaid ?? checkWhole(this.#context.read(), sizeBytes); // it may have ended while the quota was asked
    if (late !== null) return checkBody(body, late);
    const unwanted = judgeFirstBytes(this.#context, head.value);
    if (unwanted !== null) return checkBody(body, this.#fail(unwanted));
    if (!(await this.#covered())) return checkBody(body, checkFailed({ reason: "store" }, sizeBytes));
    const contentType = mimeOf(this.#context.read());
    this.#context.hash.restart();
    const passing = (part: Uint8Array): Promise<void> => this.#context.hash.pass(part);
    const file = { key: this.#context.key(upload), contentType, head: head.value, body, bounds, passing };
    const stored = await putExact(env.MEDIA, file, sizeBytes);
    if (!stored.ok) {
      this.#context.hash.forget(); // what follows is another body, or what is kept in parts
      // Where R2 is in doubt, what is owed stays owed: the bytes may all be there.
      if (stored.error.reason !== "store") this.#context.jobs.done(LOOK, "");
      return checkFailed(stored.error, sizeBytes);
    }
    await boundary("upload.stored");
    this.#closing.complete(sizeBytes);
    return null;
  }

  /** Owes a look before the bytes come, so that a new instance sees whether they all arrived. False: that could not be secured. */
  async #covered(): Promise<boolean> {
    const { jobs, runtime } = this.#context;
    jobs.schedule(LOOK, "", runtime.now() + runtime.config.timings.stepLease);
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

/** Why this content may not be written now; null when it may. */
function checkWhole(upload: Upload, sizeBytes: number): Problem | null {
  const closed = checkClosed(upload.status);
  if (closed !== null || upload.sizeBytes === null || sizeBytes === upload.sizeBytes) return closed;
  const message = `must be the announced ${upload.sizeBytes}`;
  const field = "header:Content-Length";
  return problemOf("size_mismatch", `Content-Length ${message}.`, { errors: [{ field, message }] });
}

const tooLong = (sizeBytes: number): Problem =>
  problemOf("size_mismatch", `The body went beyond the file's ${sizeBytes} bytes; create another upload.`, {
    hint: "POST /v1/uploads",
  });

const noRoom = (): Problem =>
  problemOf("unavailable", "Too many uploads are being taken at once; send these bytes again.", {
    retryAfterSeconds: 1,
  });

async function checkBody(body: ReadableStream | null, problem: Problem): Promise<Problem> {
  await cancelBody(body);
  return problem;
}

/* The writes of one upload's content: a newer one takes over, and begins when the older one has let go of the file. */

export class Writing {
  #latest: { readonly stop: AbortController; readonly over: Promise<void> } | null = null;

  /** True while some write is on its way. */
  get isOn(): boolean {
    return this.#latest !== null;
  }

  /** Stops the write that is on its way, if there is one, and waits until it has kept what it had. */
  async stop(): Promise<void> {
    const running = this.#latest;
    running?.stop.abort();
    await running?.over;
  }

  /** Stops the write before this one, waits for its end, and runs. The signal fires when a newer write comes. */
  async take<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    const before = this.#latest;
    before?.stop.abort();
    const work = (before?.over ?? Promise.resolve()).then(() => run(stop.signal));
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
