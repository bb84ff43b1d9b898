/**
 * The memory that uploads may hold: one budget for all objects of an isolate, handed out in buffers.
 *
 * Who finds it spent waits in line, looking again and again: a promise of one object must not be settled by another.
 */
import { UPLOAD_BUFFERS_BYTES, UPLOAD_PART_BYTES } from "../../core/limits.ts";

/** From one look to the next, in ms. Chosen: short beside the writing of a part. */
const LOOK_EVERY_MS = 20;
/** Buffers kept for the next request. Chosen: what a few uploads at once need; more would hold memory for nobody. */
const IDLE_KEPT = 4;

export type Buffer = { readonly bytes: Uint8Array<ArrayBuffer>; readonly release: () => void };

export class Buffers {
  #leftBytes: number;
  /** Buffers of a part that were given back, to be handed out again instead of made anew. */
  readonly #idle: ArrayBuffer[] = [];
  readonly #line: symbol[] = [];

  constructor(budgetBytes: number) {
    this.#leftBytes = budgetBytes;
  }

  /** A buffer of this size, or null when none was free for `waitMs`. First come, first served. Release it once. */
  async take(sizeBytes: number, waitMs: number): Promise<Buffer | null> {
    const me = Symbol("waiting");
    this.#line.push(me);
    try {
      for (const end = Date.now() + waitMs; this.#line[0] !== me || this.#leftBytes < sizeBytes; ) {
        if (Date.now() >= end) return null;
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
      this.#leftBytes -= sizeBytes;
    } finally {
      this.#line.splice(this.#line.indexOf(me), 1);
    }
    return this.#lend(sizeBytes);
  }

  #lend(sizeBytes: number): Buffer {
    const at = this.#idle.findIndex((one) => one.byteLength === sizeBytes);
    const [memory = new ArrayBuffer(sizeBytes)] = at < 0 ? [] : this.#idle.splice(at, 1);
    let isOut = true;
    const release = (): void => {
      if (!isOut) return;
      isOut = false;
      this.#leftBytes += sizeBytes;
      if (sizeBytes === UPLOAD_PART_BYTES && this.#idle.length < IDLE_KEPT) this.#idle.push(memory);
    };
    return { bytes: new Uint8Array(memory), release };
  }
}

/** All uploads of this isolate. */
export const BUFFERS = new Buffers(UPLOAD_BUFFERS_BYTES);
