/**
 * The memory that uploads may hold: one budget for all objects of an isolate, handed out in buffers.
 *
 * Who finds it spent waits in line, looking again and again: a promise of one object must not be settled by another.
 */
import type { UserAddress } from "../../core/address.ts";
import { UPLOAD_BUFFERS_BYTES, UPLOAD_PART_BYTES } from "../../core/limits.ts";

/** From one look to the next, in ms. Chosen: short beside the writing of a part. */
const LOOK_EVERY_MS = 20;
/** Buffers kept for the next request. Chosen: what a few uploads at once need; more would hold memory for nobody. */
const IDLE_KEPT = 4;

export type Buffer = { readonly bytes: Uint8Array<ArrayBuffer>; readonly release: () => void };

/** For whom a buffer is: shares are counted by both. */
export type Holder = { readonly tenant: string; readonly user: string };

type Waiter = { readonly holder: Holder; readonly sizeBytes: number };

export class Buffers {
  readonly #budgetBytes: number;
  #leftBytes: number;
  /** Buffers of a part that were given back, to be handed out again instead of made anew. */
  readonly #idle: ArrayBuffer[] = [];
  readonly #line: Waiter[] = [];
  /** What each tenant and each user holds. */
  readonly #held = new Map<string, number>();

  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
    this.#leftBytes = budgetBytes;
  }

  /** Whether somebody waits who could have a buffer if one were given back. */
  get isShort(): boolean {
    return this.#line.some((waiter) => this.#isWithinShare(waiter));
  }

  /**
   * A buffer of this size, or null when none was free for `waitMs`. First come, first served, among those whose shares have room: a
   * tenant holds at most three quarters of all, a user half, so that nobody's slow bodies keep the others out. Release it once.
   */
  async take(sizeBytes: number, waitMs: number, holder: Holder): Promise<Buffer | null> {
    const me: Waiter = { holder, sizeBytes };
    this.#line.push(me);
    try {
      for (const end = Date.now() + waitMs; !this.#isNext(me); ) {
        if (Date.now() >= end) return null;
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
      this.#count(me, sizeBytes);
    } finally {
      this.#line.splice(this.#line.indexOf(me), 1);
    }
    return this.#lend(me);
  }

  #isNext(me: Waiter): boolean {
    const first = this.#line.find((waiter) => this.#isWithinShare(waiter));
    return first === me && this.#leftBytes >= me.sizeBytes;
  }

  #isWithinShare({ holder, sizeBytes }: Waiter): boolean {
    return sharesOf(holder).every(({ name, part }) => {
      const held = this.#held.get(name) ?? 0;
      return held === 0 || held + sizeBytes <= this.#budgetBytes * part;
    });
  }

  #count({ holder }: Waiter, bytes: number): void {
    this.#leftBytes -= bytes;
    for (const { name } of sharesOf(holder)) {
      const held = (this.#held.get(name) ?? 0) + bytes;
      if (held > 0) this.#held.set(name, held);
      else this.#held.delete(name);
    }
  }

  #lend(me: Waiter): Buffer {
    const { sizeBytes } = me;
    const at = this.#idle.findIndex((one) => one.byteLength === sizeBytes);
    const [memory = new ArrayBuffer(sizeBytes)] = at < 0 ? [] : this.#idle.splice(at, 1);
    let isOut = true;
    const release = (): void => {
      if (!isOut) return;
      isOut = false;
      this.#count(me, -sizeBytes);
      if (sizeBytes === UPLOAD_PART_BYTES && this.#idle.length < IDLE_KEPT) this.#idle.push(memory);
    };
    return { bytes: new Uint8Array(memory), release };
  }
}

/** Whose share a buffer counts for, and which part of all that share is. */
const sharesOf = ({ tenant, user }: Holder) => [
  { name: tenant, part: TENANT_PART },
  { name: `${tenant} ${user}`, part: USER_PART },
];
/** Chosen: a user who sends six files at once is not held up, and what a tenant leaves is enough for three bodies of others. */
const TENANT_PART = 3 / 4;
const USER_PART = 1 / 2;

/** The holder of an upload's buffers. */
export const holderOf = ({ owner }: { readonly owner: UserAddress }): Holder => ({
  tenant: `${owner.tenant}:${owner.mode}`,
  user: owner.uh,
});

/** All uploads of this isolate. */
export const BUFFERS = new Buffers(UPLOAD_BUFFERS_BYTES);
