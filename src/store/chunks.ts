/** Reading of streamed bodies with timeouts and cancellation. */
import { err, ok, type Result } from "../core/result.ts";
import type { EpochMs } from "../core/time.ts";

/** The time limits of a read. `signal` aborts it, from outside or by a timer of the caller. */
export type Bounds = {
  /** The longest wait for the next bytes of the body, and for the store to take them. */
  readonly idleMs: number;
  readonly signal: AbortSignal;
};

/**
 * Why a file was not stored. `cut`: the body broke off or differed from its announced length. `stalled`: no byte for
 * too long. `late`: the total time is over. `too_large`: above the limit. `stopped`: by the signal. `store`: R2 failed
 * or did not answer.
 */
export type PutFailure = { readonly reason: "cut" | "stalled" | "late" | "too_large" | "stopped" | "store" };

/** Thrown inside a put; callers get it as a value. */
export class Broken extends Error {
  readonly reason: PutFailure["reason"];
  constructor(reason: PutFailure["reason"]) {
    super(reason);
    this.name = "Broken";
    this.reason = reason;
  }
}

/** The reason of a `Broken`; `otherwise` for any other error. */
export const reasonOf = (error: unknown, otherwise: PutFailure["reason"]): PutFailure["reason"] =>
  error instanceof Broken ? error.reason : otherwise;

/**
 * The promise's result, or a rejection when the idle timeout is over or the signal fires. A later result is dropped.
 */
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
  /**
   * The promise's result, or a rejection when the idle timeout is over or the signal fires. A later result is dropped.
   */
  readonly during: <T>(promise: Promise<T>) => Promise<T>;
  /** Stops watching. */
  readonly end: () => void;
};

/**
 * Applies the same timeout to many waits, one after another, like `within` for one: with one timer and one listener for
 * all of them, which would otherwise cost more than reading a chunk. A wait may last a quarter longer than its limit.
 * Call `end` afterwards.
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
  /** The next bytes: at least `atLeast` unless the body ends first, at most `size`; null at the end. */
  readonly next: (atLeast: number, size: number) => Promise<Uint8Array | null>;
  /** Cancels the body. Never waits, never throws. */
  readonly cancel: () => void;
  /** Leaves the rest of the body to another reader. Not during a read. */
  readonly release: () => void;
};

/** Reads a byte stream with an idle timeout, which restarts whenever bytes arrive. */
export function openSource(body: ReadableStream, bounds: Bounds): Source {
  const reader = body.getReader({ mode: "byob" });
  const timeout = watch(bounds, "stalled");
  return {
    async next(atLeast, size) {
      try {
        let chunk = new Uint8Array(size);
        let filled = 0;
        while (filled < atLeast) {
          const { value, done } = await timeout.during(reader.read(chunk.subarray(filled)));
          if (value === undefined) throw new Broken("cut");
          chunk = new Uint8Array(value.buffer); // the buffer passed in, transferred here with its contents
          filled += value.byteLength;
          if (!done) continue;
          timeout.end();
          break;
        }
        return filled === 0 ? null : chunk.subarray(0, filled);
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

/**
 * The first `count` bytes of a body, or all of a shorter one. The rest stays in the body, which is cancelled on a
 * failure.
 */
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

/** The largest chunk. Chosen: few reads for a large file, little memory for many. */
const CHUNK_BYTES = 256 * 1024;

export type Chunks = {
  /** The next bytes, valid until the next call; null at the end. Throws `Broken`. */
  readonly next: () => Promise<Uint8Array | null>;
  /** Cancels the body. Never waits, never throws. */
  readonly cancel: () => void;
};

/**
 * Reads a byte stream through one buffer, as much at a time as has arrived, so that a broken connection loses no
 * received bytes.
 */
export function openChunks(body: ReadableStream, bounds: Bounds, untilMs: EpochMs): Chunks {
  const reader = body.getReader({ mode: "byob" });
  const timeout = watch(bounds, "stalled");
  let memory = new ArrayBuffer(CHUNK_BYTES);
  return {
    async next() {
      try {
        if (Date.now() >= untilMs) throw new Broken("late");
        const { value } = await timeout.during(reader.read(new Uint8Array(memory)));
        if (value === undefined) throw new Broken("cut");
        memory = value.buffer; // the buffer passed in, transferred here with its contents
        if (value.byteLength > 0) return value;
        timeout.end();
        return null;
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

/** The same for any byte stream, in the chunks of its source. */
export function openStream(body: ReadableStream<Uint8Array>, bounds: Bounds, untilMs: EpochMs): Chunks {
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
