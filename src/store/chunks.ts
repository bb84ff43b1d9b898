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

export type Timeout = {
  /** The promise's own end, or a rejection when it takes longer than the idle wait or the signal fires. A later end is dropped. */
  readonly during: <T>(promise: Promise<T>) => Promise<T>;
  /** Stops watching. */
  readonly end: () => void;
};

/**
 * Watches many waits, one after the other, under the same bounds, as `within` does one: with one timer and one listener for
 * all of them, which cost more than the reading of a chunk. A wait may last a quarter longer than its bound. End it.
 */
export function watch({ idleMs, signal }: Bounds, late: "stalled" | "store"): Timeout {
  let running: { readonly began: EpochMs; readonly reject: (error: Broken) => void } | null = null;
  const stop = (): void => running?.reject(new Broken("stopped"));
  const timer = setInterval(() => {
    if (running !== null && Date.now() - running.began >= idleMs) running.reject(new Broken(late));
  }, idleMs / 4);
  signal.addEventListener("abort", stop, { once: true });
  return {
    during: (promise) =>
      new Promise((resolve, reject) => {
        running = { began: Date.now(), reject };
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
  const timeout = watch(bounds, "stalled");
  return {
    async next(atLeast, size) {
      try {
        let piece = new Uint8Array(size);
        let filled = 0;
        while (filled < atLeast) {
          const { value, done } = await timeout.during(reader.read(piece.subarray(filled)));
          if (value === undefined) throw new Broken("cut");
          piece = new Uint8Array(value.buffer); // the one handed in, moved here with what it held
          filled += value.byteLength;
          if (!done) continue;
          timeout.end();
          break;
        }
        return filled === 0 ? null : piece.subarray(0, filled);
      } catch (error) {
        throw new Broken(reasonOf(error, "cut"));
      }
    },
    cancel: () => {
      timeout.end();
      reader.cancel().catch(() => undefined);
    },
    release: () => {
      timeout.end();
      reader.releaseLock();
    },
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

/** Bytes of a chunk at most. Chosen: few reads for a large file, little memory for many. */
const CHUNK_BYTES = 256 * 1024;

export type Chunks = {
  /** The next bytes, good until the next call; null at the body's end. Throws `Broken`. */
  readonly next: () => Promise<Uint8Array | null>;
  /** Tells the sender that nothing more is read. Never waits, never throws. */
  readonly cancel: () => void;
};

/**
 * Reads a byte stream through one memory, as much at a time as has come: nothing that arrived waits for what has not, and
 * is lost with it when the connection breaks.
 */
export function openChunks(body: ReadableStream, bounds: Bounds, untilMs: EpochMs): Chunks {
  const reader = body.getReader({ mode: "byob" });
  const timeout = watch(bounds, "stalled");
  let memory = new ArrayBuffer(CHUNK_BYTES);
  const read = async (): Promise<Uint8Array | null> => {
    const { value } = await timeout.during(reader.read(new Uint8Array(memory)));
    if (value === undefined) throw new Broken("cut");
    memory = value.buffer; // the one handed in, moved here with what it held
    return value.byteLength === 0 ? null : value;
  };
  return {
    async next() {
      try {
        if (Date.now() >= untilMs) throw new Broken("late");
        const chunk = await read();
        if (chunk === null) timeout.end();
        return chunk;
      } catch (error) {
        timeout.end();
        throw new Broken(reasonOf(error, "cut"));
      }
    },
    cancel: () => {
      timeout.end();
      reader.cancel().catch(() => undefined);
    },
  };
}

/** The same of any byte stream, in the pieces that its own source makes. */
export function openFileParts(body: ReadableStream<Uint8Array>, bounds: Bounds, untilMs: EpochMs): Chunks {
  const reader = body.getReader();
  const timeout = watch(bounds, "stalled");
  return {
    async next() {
      try {
        if (Date.now() >= untilMs) throw new Broken("late");
        const { value, done } = await timeout.during(reader.read());
        if (done) timeout.end();
        return done ? null : value;
      } catch (error) {
        timeout.end();
        throw new Broken(reasonOf(error, "cut"));
      }
    },
    cancel: () => {
      timeout.end();
      reader.cancel().catch(() => undefined);
    },
  };
}
