/** A body that is read with an end: nobody waits longer than told for its next bytes, and it can be let go in between. */

import { err, ok, type Result } from "../core/result.ts";
import type { EpochMs } from "../core/time.ts";

/** How long to wait. `signal` ends it all at once, from outside or by a clock of the caller's. */
export type Bounds = {
  /** The longest wait for the next bytes of the body, and for the store to take them. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
};

/**
 * Whose fault a file is that did not get into the store. `cut`: the body broke off or was not as long as announced.
 * `stalled`: no byte for too long. `late`: slower in all than allowed. `too_large`: above its cap. `stopped`: by the signal.
 * `store`: R2 refused or did not answer.
 */
export type PutFailure = { readonly reason: "cut" | "stalled" | "late" | "too_large" | "stopped" | "store" };

/** Ends a put inside this room; it leaves as a value. */
export class Broken extends Error {
  readonly reason: PutFailure["reason"];
  constructor(reason: PutFailure["reason"]) {
    super(reason);
    this.name = "Broken";
    this.reason = reason;
  }
}

/** What a wait ended with, as the reason to give up. Anything but our own word for it is `otherwise`. */
export const reasonOf = (error: unknown, otherwise: PutFailure["reason"]): PutFailure["reason"] =>
  error instanceof Broken ? error.reason : otherwise;

/** The promise's own end, or a rejection as soon as the idle wait is over or the signal fires. A later end is dropped. */
export function within<T>(promise: Promise<T>, { idleMs, signal }: Bounds, late: "stalled" | "store"): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const release = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    };
    const giveUp = (reason: PutFailure["reason"]): void => {
      release();
      reject(new Broken(reason));
    };
    const stop = (): void => giveUp("stopped");
    const timer = setTimeout(() => giveUp(late), idleMs);
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(release);
    if (signal.aborted) stop();
  });
}

export type Source = {
  /** The next bytes: at least `atLeast` unless the body ends before, at most `size`; null at its end. */
  readonly next: (atLeast: number, size: number) => Promise<Uint8Array | null>;
  /** Tells the sender that nothing more is read. Never waits, never throws. */
  readonly cancel: () => void;
  /** Leaves the rest of the body to another reader. Not while a read is on its way. */
  readonly release: () => void;
};

/** Reads a byte stream under its bounds: each arrival of bytes starts the idle wait anew. */
export function openSource(body: ReadableStream, bounds: Bounds): Source {
  const reader = body.getReader({ mode: "byob" });
  return {
    async next(atLeast, size) {
      try {
        let piece = new Uint8Array(size);
        let filled = 0;
        while (filled < atLeast) {
          const { value, done } = await within(reader.read(piece.subarray(filled)), bounds, "stalled");
          if (value === undefined) throw new Broken("cut");
          piece = new Uint8Array(value.buffer); // the one handed in, moved here with what it held
          filled += value.byteLength;
          if (done) break;
        }
        return filled === 0 ? null : piece.subarray(0, filled);
      } catch (error) {
        throw new Broken(reasonOf(error, "cut"));
      }
    },
    cancel: () => void reader.cancel().catch(() => undefined),
    release: () => reader.releaseLock(),
  };
}

/** The first `count` bytes of a body, or all of a shorter one; what follows them stays in the body, which is let go on a failure. */
export async function readHead(
  body: ReadableStream,
  count: number,
  bounds: Bounds,
): Promise<Result<Uint8Array, PutFailure>> {
  const source = openSource(body, bounds);
  try {
    const head = count === 0 ? null : await source.next(count, count);
    source.release();
    return ok(head ?? new Uint8Array());
  } catch (error) {
    source.cancel();
    return err({ reason: reasonOf(error, "cut") });
  }
}

type Patience = {
  /** The promise's own end, or a rejection when it takes longer than the idle wait or the signal fires. A later end is dropped. */
  readonly during: <T>(promise: Promise<T>, began: EpochMs) => Promise<T>;
  /** Stops watching. */
  readonly end: () => void;
};

/**
 * Watches many waits, one after the other, under the same bounds, as `within` does one: with one timer and one listener for
 * all of them, which cost more than the reading of a chunk. A wait may last a quarter longer than its bound.
 */
function watch({ idleMs, signal }: Bounds): Patience {
  let running: { readonly began: EpochMs; readonly reject: (error: Broken) => void } | null = null;
  const stop = (): void => running?.reject(new Broken("stopped"));
  const timer = setInterval(() => {
    if (running !== null && Date.now() - running.began >= idleMs) running.reject(new Broken("stalled"));
  }, idleMs / 4);
  signal.addEventListener("abort", stop, { once: true });
  return {
    during: (promise, began) =>
      new Promise((resolve, reject) => {
        running = { began, reject };
        promise.then(resolve, reject);
        if (signal.aborted) stop();
      }),
    end: () => {
      running = null;
      clearInterval(timer);
      signal.removeEventListener("abort", stop);
    },
  };
}

/** Bytes of a chunk at most. Chosen: few reads for a large file, and no more is lost with a connection that breaks. */
const CHUNK_BYTES = 256 * 1024;
/** A full chunk within this long comes from a fast sender. Chosen: above one wake-up of a busy isolate, below a person's notice. */
const FAST_MS = 100;

export type Chunks = {
  /** The next bytes, good until the next call; null at the body's end. Throws `Broken`. */
  readonly next: () => Promise<Uint8Array | null>;
  /** Tells the sender that nothing more is read. Never waits, never throws. */
  readonly cancel: () => void;
};

/**
 * Reads a byte stream chunk by chunk through one memory. Of a slow sender every byte is handed on as it comes; a fast one
 * is read in whole chunks, which is several times faster and costs at most one chunk when its connection breaks.
 */
export function openChunks(body: ReadableStream, bounds: Bounds, untilMs: number): Chunks {
  const reader = body.getReader({ mode: "byob" });
  const patience = watch(bounds);
  let memory = new ArrayBuffer(CHUNK_BYTES);
  let atLeast = 1;
  const read = async (began: EpochMs): Promise<Uint8Array | null> => {
    const { value, done } = await patience.during(reader.readAtLeast(atLeast, new Uint8Array(memory)), began);
    if (value === undefined) throw new Broken("cut");
    memory = value.buffer as ArrayBuffer; // the one handed in, moved here with what it held
    const isFast = value.byteLength >= atLeast && Date.now() - began < FAST_MS;
    atLeast = isFast && value.byteLength > CHUNK_BYTES / 8 ? CHUNK_BYTES : 1;
    return done || value.byteLength === 0 ? null : value;
  };
  return {
    async next() {
      const began = Date.now();
      try {
        if (began >= untilMs) throw new Broken("late");
        const chunk = await read(began);
        if (chunk === null) patience.end();
        return chunk;
      } catch (error) {
        patience.end();
        throw new Broken(reasonOf(error, "cut"));
      }
    },
    cancel: () => {
      patience.end();
      reader.cancel().catch(() => undefined);
    },
  };
}
