/** The two ways in: a body that continues the file, and one that is the whole of it. */

import { type Refusal, refusal } from "../../core/errors.ts";
import { FIRST_BYTES, UPLOAD_BYTES } from "../../core/limits.ts";
import {
  type Append,
  isWhole,
  refuseAppend,
  refuseClosed,
  refuseLarge,
  type Standing,
  sizeAfter,
} from "../../core/uploads/append.ts";
import { logBug } from "../../log.ts";
import { readHead } from "../../store/chunks.ts";
import { putExact } from "../../store/files.ts";
import { BUFFERS, FIRST_BUFFER_BYTES, holderOf, letGo, type Taken, Taking } from "./body-writer.ts";
import type { Closing, Ends } from "./complete.ts";
import { LOOK, type UploadHome } from "./context.ts";
import { judgeFirstBytes } from "./digests.ts";
import { Meter } from "./metering.ts";
import { isPartial, mimeOf, noUpload, refuseCut, refuseFailed, type Upload } from "./record.ts";

export class Receiving {
  readonly #home: UploadHome;
  readonly #closing: Closing;
  readonly #ends: Ends;

  /** Counts what nobody announced. Its memory is the instance's: the next one takes the same sum once more, which counts once. */
  get #meter(): Meter {
    const upload = this.#home.read();
    this.#counting ??= new Meter(this.#home.ground, upload, upload.id);
    return this.#counting;
  }
  #counting: Meter | null = null;

  constructor(home: UploadHome, closing: Closing, ends: Ends) {
    this.#home = home;
    this.#closing = closing;
    this.#ends = ends;
  }

  /** Why this append may not begin; null when it may. */
  refuse(append: Append): Refusal | null {
    const upload = this.#home.find();
    return upload === null ? noUpload() : refuseAppend(this.#standing(upload), append);
  }

  /** Takes a body that continues the file, and closes the file when it is whole. */
  async append(body: ReadableStream | null, append: Append, signal: AbortSignal): Promise<Refusal | null> {
    const refused = this.refuse(append);
    if (refused !== null) return refuseBody(body, refused);
    const sizeBytes = sizeAfter(this.#standing(this.#home.read()), append);
    if (sizeBytes !== this.#home.read().sizeBytes) {
      // Told only now: the quota has not counted it yet.
      const unpaid = sizeBytes === null ? null : await this.#meter.pay(sizeBytes);
      const late = unpaid ?? this.refuse(append); // it may have ended while the quota was asked
      if (late !== null) return refuseBody(body, late);
      this.#home.save({ ...this.#home.read(), sizeBytes });
    }
    const taken = body === null ? ({ end: "whole" } as const) : await this.#take(body, append, sizeBytes, signal);
    if (taken === null) return refuseBody(body, noRoom());
    const offset = this.#home.bytes.offset();
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
  ): Promise<Taken | null> {
    const { bytes, ground } = this.#home;
    const { waits } = ground.config;
    const holder = holderOf(this.#home.read());
    const room = (bytesWanted: number) => BUFFERS.take(bytesWanted, waits.uploadBuffer, holder);
    const buffer = await room(FIRST_BUFFER_BYTES);
    if (buffer === null) return null;
    const upload = this.#home.read();
    const taking = new Taking(bytes, this.#home.parts(upload), buffer, {
      limit: sizeBytes ?? UPLOAD_BYTES,
      contentBytes: append.contentBytes,
      checksums: append.checksums,
      bounds: { idleMs: waits.uploadBodyIdle, signal },
      until: ground.now() + waits.uploadBodyTotal,
      keepMs: waits.uploadKeep,
      hash: isPartial(upload) ? null : this.#home.hash,
      judge: (head) => judgeFirstBytes(this.#home, head),
      room,
      pay: sizeBytes === null ? (offset) => this.#meter.came(offset) : null,
    });
    try {
      return await taking.take(body, (offset) => isWhole(append, offset, sizeBytes));
    } finally {
      void taking.over(); // not awaited: the caller has its answer
    }
  }

  /** What the end of a body means for the upload; null when all is well. */
  #settle(taken: Taken, offset: number, sizeBytes: number | null): Refusal | null {
    this.#ends.slide();
    switch (taken.end) {
      case "whole":
        return null;
      case "broken":
        return refuseCut(taken.failure, offset);
      case "wrong_checksum":
        return refusal("checksum_mismatch", `The checksum does not fit the bytes; send them again from ${offset}.`);
      case "too_long":
        // Which of its bytes are the file's cannot be told any more.
        return this.#fail(sizeBytes === null ? refuseLarge() : tooLong(sizeBytes));
      case "refused":
        return this.#fail(taken.refusal);
      case "unpaid":
        return taken.refusal; // what is kept stays: the day ends, or others give back
    }
  }

  #fail(error: Refusal): Refusal {
    this.#ends.fail(error);
    return error;
  }

  async #close(sizeBytes: number): Promise<Refusal | null> {
    if (sizeBytes === 0 && !isPartial(this.#home.read()))
      return this.#fail(refusal("empty_file", "The file ended before its first byte."));
    // Said to be all by a request without a byte.
    const head = this.#home.read().format === null ? this.#home.bytes.head(FIRST_BYTES) : null;
    const refused = head === null ? null : judgeFirstBytes(this.#home, head);
    if (refused !== null) return this.#fail(refused);
    await this.#closing.close(sizeBytes);
    return null;
  }

  /** Takes the whole file in one body, whatever is kept of it; nothing changes when the body breaks. */
  async write(body: ReadableStream, sizeBytes: number, signal: AbortSignal): Promise<Refusal | null> {
    const upload = this.#home.find();
    const refused = upload === null ? noUpload() : refuseWhole(upload, sizeBytes);
    if (refused !== null || upload === null) return refuseBody(body, refused ?? noUpload());
    const { config, env, boundary } = this.#home.ground;
    const bounds = { idleMs: config.waits.uploadBodyIdle, signal };
    const head = await readHead(body, Math.min(sizeBytes, FIRST_BYTES), bounds);
    if (!head.ok) return refuseFailed(head.error, sizeBytes);
    if (head.value.length === 0) return refuseBody(body, refuseFailed({ reason: "cut" }, sizeBytes));
    const unpaid = upload.sizeBytes === null ? await this.#meter.pay(sizeBytes) : null;
    const late = unpaid ?? refuseWhole(this.#home.read(), sizeBytes); // it may have ended while the quota was asked
    if (late !== null) return refuseBody(body, late);
    const unwanted = judgeFirstBytes(this.#home, head.value);
    if (unwanted !== null) return refuseBody(body, this.#fail(unwanted));
    if (!(await this.#covered())) return refuseBody(body, refuseFailed({ reason: "store" }, sizeBytes));
    const contentType = mimeOf(this.#home.read());
    this.#home.hash.restart();
    const passing = (piece: Uint8Array): Promise<void> => this.#home.hash.pass(piece);
    const file = { key: this.#home.key(upload), contentType, head: head.value, body, bounds, passing };
    const stored = await putExact(env.MEDIA, file, sizeBytes);
    if (!stored.ok) {
      this.#home.hash.forget(); // what follows is another body, or what is kept in parts
      // Where R2 is in doubt, what is owed stays owed: the bytes may all be there.
      if (stored.error.reason !== "store") this.#home.schedule.done(LOOK, "");
      return refuseFailed(stored.error, sizeBytes);
    }
    await boundary("upload.stored");
    this.#closing.complete(sizeBytes);
    return null;
  }

  /** Owes a look before the bytes come, so that a new instance sees whether they all arrived. False: that could not be secured. */
  async #covered(): Promise<boolean> {
    const { schedule, ground } = this.#home;
    schedule.owe(LOOK, "", ground.now() + ground.config.waits.stepLease);
    try {
      await schedule.cover();
      return true;
    } catch (error) {
      logBug("upload_not_covered", error, { work: "upload" });
      return false;
    }
  }

  #standing(upload: Upload): Standing {
    return { status: upload.status, offset: this.#home.offsetOf(upload), sizeBytes: upload.sizeBytes };
  }
}

/** Why this content may not be written now; null when it may. */
function refuseWhole(upload: Upload, sizeBytes: number): Refusal | null {
  const closed = refuseClosed(upload.status);
  if (closed !== null || upload.sizeBytes === null || sizeBytes === upload.sizeBytes) return closed;
  const message = `must be the announced ${upload.sizeBytes}`;
  const field = "header:Content-Length";
  return refusal("size_mismatch", `Content-Length ${message}.`, { errors: [{ field, message }] });
}

const tooLong = (sizeBytes: number): Refusal =>
  refusal("size_mismatch", `The body went beyond the file's ${sizeBytes} bytes; create another upload.`, {
    hint: "POST /v1/uploads",
  });

const noRoom = (): Refusal =>
  refusal("unavailable", "Too many uploads are being taken at once; send these bytes again.", { retryAfterSeconds: 1 });

async function refuseBody(body: ReadableStream | null, refused: Refusal): Promise<Refusal> {
  await letGo(body);
  return refused;
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
