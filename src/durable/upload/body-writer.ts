/**
 * Writes one request body into an upload: whole parts to R2, and the rest into rows of the object.
 *
 * Fast bytes go from the connection into one buffer and from there to R2. Slow bytes, and those left over at the end,
 * however it comes, go into rows. With a checksum nothing counts before the checksum was verified.
 *
 * The buffer starts small and grows with the bytes received, so that a body holds memory for its bytes and not for its
 * announced length. When no memory is left to grow, the bytes go into rows until they fill a part.
 */

import type { UserAddress } from "../../core/address.ts";
import type { Problem } from "../../core/errors.ts";
import {
  FIRST_BYTES,
  MIN_RATE_BYTES,
  MIN_RATE_MS,
  UPLOAD_BUFFERS_BYTES,
  UPLOAD_PART_BYTES,
  UPLOAD_ROW_BYTES,
} from "../../core/limits.ts";
import type { EpochMs } from "../../core/time.ts";
import type { Checksum } from "../../core/uploads/append.ts";
import { type Bounds, Broken, openChunks, type PutFailure, reasonOf, within } from "../../store/chunks.ts";
import { Digests, type RunningHash } from "./digests.ts";
import type { PartsFile, StoredPart, UploadBytes } from "./parts.ts";

/*
 * The buffer pool: the memory budget for uploads, shared by all objects of an isolate.
 *
 * When it is spent, requests queue and poll: a promise of one object must not be resolved by another. The code of an object
 * that the platform resets just stops, without `finally`: its place in the queue and its share of the budget are taken back
 * when they were not used for a while.
 */

/** Polling interval in ms. Chosen: short compared with storing a part. */
const POLL_MS = 20;
/** Released buffers that are reused. Chosen: what a few concurrent uploads need; more would hold memory without use. */
const IDLE_BUFFERS = 4;

/** How long a waiting request may miss its polls, in ms. Chosen: 50 polls. One that is alive only loses its place. */
const WAITER_LOST_MS = 1_000;
/** How long a buffer may go unused, in ms. Chosen: several times what a body may be silent. */
const BUFFER_LOST_MS = 300_000;
/** Interval at which a buffer that R2 still reads is marked as used, in ms. */
const TOUCH_MS = 60_000;
/** Interval between two searches for lost buffers, in ms. Chosen: a search looks at hundreds, and requests poll often. */
const SEARCH_MS = 500;

export type Buffer = {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Says that the buffer is still in use. */
  readonly touch: () => void;
  readonly release: () => void;
};

/** The tenant and the user that a buffer is counted for. */
export type Holder = { readonly tenant: string; readonly user: string };

/** A request for memory: first in the queue, then, when it was served, among the buffers. */
type Claim = { readonly holder: Holder; readonly sizeBytes: number; seenAt: EpochMs };

export class BufferPool {
  readonly #budgetBytes: number;
  readonly #lostAfter: { readonly waiterMs: number; readonly bufferMs: number };
  #leftBytes: number;
  /** Released part buffers, to be reused. */
  readonly #idle: ArrayBuffer[] = [];
  readonly #queue = new Set<Claim>();
  /** The buffers in use. */
  readonly #used = new Set<Claim>();
  /** Bytes held by each tenant and each user. */
  readonly #held = new Map<string, number>();
  #searchedAt = 0;

  constructor(budgetBytes: number, lostAfter = { waiterMs: WAITER_LOST_MS, bufferMs: BUFFER_LOST_MS }) {
    this.#budgetBytes = budgetBytes;
    this.#lostAfter = lostAfter;
    this.#leftBytes = budgetBytes;
  }

  /** Whether a request is waiting that a released buffer could serve. */
  get hasWaiter(): boolean {
    return this.#first() !== null;
  }

  /**
   * A buffer of this size, or null when none was free within `waitMs`. First come, first served among those whose share
   * has room: a tenant holds at most three quarters of the budget and a user half, so that slow bodies cannot block all
   * others. Release it once.
   */
  async acquire(sizeBytes: number, waitMs: number, holder: Holder): Promise<Buffer | null> {
    const me: Claim = { holder, sizeBytes, seenAt: Date.now() };
    this.#queue.add(me);
    try {
      for (const end = Date.now() + waitMs; !this.#isNext(me); ) {
        if (Date.now() >= end) return null;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        me.seenAt = Date.now();
        this.#queue.add(me); // at the end, if it was taken for lost
      }
    } finally {
      this.#queue.delete(me);
    }
    return this.#allocate(me);
  }

  #isNext(me: Claim): boolean {
    const isServed = (): boolean => this.#first() === me && this.#leftBytes >= me.sizeBytes;
    return isServed() || (this.#freeLost() && isServed());
  }

  /** Takes back buffers that were not used for too long; false when there were none. */
  #freeLost(): boolean {
    const now = Date.now();
    if (now - this.#searchedAt < SEARCH_MS) return false;
    this.#searchedAt = now;
    const lost = [...this.#used].filter((claim) => now - claim.seenAt > this.#lostAfter.bufferMs);
    for (const claim of lost) this.#free(claim);
    return lost.length > 0;
  }

  /** The first in the queue whose share has room; null when none has. */
  #first(): Claim | null {
    const now = Date.now();
    for (const claim of this.#queue) {
      if (now - claim.seenAt > this.#lostAfter.waiterMs) this.#queue.delete(claim);
      else if (this.#isWithinShare(claim)) return claim;
    }
    return null;
  }

  #isWithinShare({ holder, sizeBytes }: Claim): boolean {
    return sharesOf(holder).every(({ name, part }) => {
      const held = this.#held.get(name) ?? 0;
      return held === 0 || held + sizeBytes <= this.#budgetBytes * part;
    });
  }

  #use(claim: Claim): void {
    claim.seenAt = Date.now();
    if (this.#used.has(claim)) return;
    this.#used.add(claim);
    this.#count(claim, claim.sizeBytes);
  }

  #free(claim: Claim): void {
    if (this.#used.delete(claim)) this.#count(claim, -claim.sizeBytes);
  }

  #count({ holder }: Claim, bytes: number): void {
    this.#leftBytes -= bytes;
    for (const { name } of sharesOf(holder)) {
      const held = (this.#held.get(name) ?? 0) + bytes;
      if (held > 0) this.#held.set(name, held);
      else this.#held.delete(name);
    }
  }

  #allocate(me: Claim): Buffer {
    const { sizeBytes } = me;
    this.#use(me);
    const at = this.#idle.findIndex((one) => one.byteLength === sizeBytes);
    const [memory = new ArrayBuffer(sizeBytes)] = at < 0 ? [] : this.#idle.splice(at, 1);
    let isHeld = true;
    const touch = (): void => {
      if (isHeld) this.#use(me);
    };
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      this.#free(me);
      if (sizeBytes === UPLOAD_PART_BYTES && this.#idle.length < IDLE_BUFFERS) this.#idle.push(memory);
    };
    return { bytes: new Uint8Array(memory), touch, release };
  }
}

/** The shares that a buffer counts for, as fractions of the budget. */
const sharesOf = ({ tenant, user }: Holder) => [
  { name: tenant, part: TENANT_PART },
  { name: `${tenant} ${user}`, part: USER_PART },
];
/** Chosen: a user who sends six files at once is not delayed, and a tenant leaves enough for three bodies of others. */
const TENANT_PART = 3 / 4;
const USER_PART = 1 / 2;

/** The tenant and user of an upload's buffers. */
export const holderOf = ({ owner }: { readonly owner: UserAddress }): Holder => ({
  tenant: `${owner.tenant}:${owner.mode}`,
  user: owner.uh,
});

/** The pool of this isolate. */
export const BUFFER_POOL = new BufferPool(UPLOAD_BUFFERS_BYTES);

/**
 * How a body ended: complete; broken off; longer than the file may be; with a wrong checksum; with a format that is not
 * accepted; or at the end of the quota.
 */
export type BodyResult =
  | { readonly end: "whole" }
  | { readonly end: "broken"; readonly failure: PutFailure }
  | { readonly end: "too_long" }
  | { readonly end: "wrong_checksum" }
  | { readonly end: "rejected"; readonly problem: Problem }
  | { readonly end: "over_quota"; readonly problem: Problem };

export type WriteOptions = {
  /** The offset that must not be exceeded. */
  readonly limit: number;
  /** The announced length of the body; null when it was not announced. */
  readonly contentBytes: number | null;
  readonly checksums: readonly Checksum[];
  readonly bounds: Bounds;
  /** The deadline for the whole body. */
  readonly until: EpochMs;
  /** How long bytes may wait for their part to fill before they are stored in rows. */
  readonly persistAfterMs: number;
  /**
   * The running hash of the stored bytes in order. Bytes with a wrong checksum come twice, which it detects. Null: no
   * hash is needed.
   */
  readonly hash: RunningHash | null;
  readonly checkFormat: (head: Uint8Array) => Problem | null;
  /** Reserves memory of this size; null when none was free in time. */
  readonly reserveMemory: (sizeBytes: number) => Promise<Buffer | null>;
  /**
   * Called before bytes are stored, with the offset after them, when their length was not announced; returns the
   * problem when the quota is exceeded.
   */
  readonly reserveBytes?: ((offset: number) => Promise<Problem | null>) | null;
};

/** Carries the body's end out of the reading loop. */
class ProblemError extends Error {
  readonly result: BodyResult;
  constructor(result: BodyResult) {
    super(result.end);
    this.name = "ProblemError";
    this.result = result;
  }
}

export class BodyWriter {
  readonly #bytes: UploadBytes;
  readonly #parts: PartsFile;
  #memory: Buffer;
  readonly #most: number;
  /** False while there was no memory to grow into, until the part is full. */
  #mayGrow = true;
  readonly #options: WriteOptions;
  readonly #digests: Digests;
  /**
   * Where the buffered part starts in the file, and how many of its first bytes are in rows instead of in the buffer.
   */
  #partAt: number;
  #inRows: number;
  /** The buffer holds the part's bytes from `#inRows` to `#filled`; those before `#persisted` are in rows as well. */
  #filled: number;
  #persisted: number;
  #persistedAt = Date.now();
  #isFormatChecked: boolean;
  /** False while a checksum may still fail. */
  #isVerified: boolean;
  /** The first bytes, when they had to leave the buffer before their checksum was verified. */
  #first: Uint8Array | null = null;
  /** Bytes of the body so far. */
  #received = 0;
  /** Bytes received recently, and since when. */
  #recent = 0;
  #recentSince = Date.now();
  /** The last part being stored; it settles when R2 no longer reads the buffer. */
  #storing: Promise<unknown> = Promise.resolve();
  /** Parts that count only after the checksum was verified. */
  readonly #unverified: StoredPart[] = [];

  /** `memory` is released by `release`. */
  constructor(bytes: UploadBytes, parts: PartsFile, memory: Buffer, options: WriteOptions) {
    this.#bytes = bytes;
    this.#parts = parts;
    this.#memory = memory;
    this.#options = options;
    this.#digests = new Digests(options.checksums);
    const offset = bytes.offset();
    this.#inRows = bytes.restBytes();
    this.#partAt = offset - this.#inRows;
    this.#filled = this.#inRows;
    this.#persisted = this.#inRows;
    this.#most = mostBytes(this.#inRows, options.contentBytes);
    this.#isFormatChecked = offset >= FIRST_BYTES;
    this.#isVerified = !this.#isChecked;
  }

  /** Reads the body to its end, or until it breaks. `isLast`: whether the file ends with this body. */
  async write(body: ReadableStream, isLast: (offset: number) => boolean): Promise<BodyResult> {
    const chunks = openChunks(body, this.#options.bounds, this.#options.until);
    try {
      if (this.#filled === UPLOAD_PART_BYTES) await this.#storePart(); // R2 failed to store it when it was full
      for (let chunk = await chunks.next(); chunk !== null; chunk = await chunks.next()) await this.#add(chunk);
      if (this.#options.contentBytes !== null && this.#received < this.#options.contentBytes) throw new Broken("cut");
      if (!(await this.#digests.match())) return { end: "wrong_checksum" };
      this.#isVerified = true;
      this.#checkFormat(isLast(this.#offset));
      await this.#persist();
      return { end: "whole" };
    } catch (error) {
      chunks.cancel();
      const problem = error instanceof ProblemError ? error.result : null;
      if (problem !== null && problem.end !== "over_quota") return problem;
      if (!this.#isChecked) await this.#persist(); // these bytes were counted by the quota
      if (problem !== null) return problem;
      return { end: "broken", failure: { reason: reasonOf(error, "store") } };
    } finally {
      this.#digests.close();
    }
  }

  /** Releases the memory once nothing reads it: R2 may still be reading a part that it did not store in time. */
  async release(): Promise<void> {
    const memory = this.#memory;
    const timer = setInterval(() => memory.touch(), TOUCH_MS);
    await this.#storing;
    clearInterval(timer);
    memory.release();
  }

  async #add(chunk: Uint8Array): Promise<void> {
    this.#memory.touch();
    this.#checkTrickle(chunk.length);
    if (this.#offset + chunk.length > this.#options.limit) throw new ProblemError({ end: "too_long" });
    const overQuota = (await this.#options.reserveBytes?.(this.#offset + chunk.length)) ?? null;
    if (overQuota !== null) throw new ProblemError({ end: "over_quota", problem: overQuota });
    this.#received += chunk.length;
    await this.#digests.add(chunk);
    for (let at = 0; at < chunk.length; ) {
      const fitting = chunk.subarray(at, at + (await this.#ensureSpace()));
      this.#buffer.set(fitting, this.#at(this.#filled));
      this.#filled += fitting.length;
      at += fitting.length;
      this.#checkFormat(false);
      if (this.#filled === UPLOAD_PART_BYTES) await this.#storePart();
    }
    const isSlow = Date.now() - this.#persistedAt >= this.#options.persistAfterMs;
    if (isSlow && !this.#isChecked && this.#filled - this.#persisted >= UPLOAD_ROW_BYTES) await this.#persist();
  }

  /**
   * A body that is almost idle loses its buffer as soon as another request waits for one: its bytes are stored, and the
   * sender may continue.
   */
  #checkTrickle(bytes: number): void {
    this.#recent += bytes;
    const isOver = Date.now() - this.#recentSince >= MIN_RATE_MS;
    if (isOver && this.#recent < MIN_RATE_BYTES && BUFFER_POOL.hasWaiter) throw new Broken("stalled");
    if (!isOver) return;
    this.#recent = 0;
    this.#recentSince = Date.now();
  }

  /** How many bytes fit into the part and the buffer, at least one: a full buffer grows, or its bytes go into rows. */
  async #ensureSpace(): Promise<number> {
    const free = Math.min(UPLOAD_PART_BYTES - this.#filled, this.#buffer.length - this.#at(this.#filled));
    if (free > 0) return free;
    if (this.#mayGrow && (await this.#grow(this.#nextBytes))) return this.#ensureSpace();
    if (this.#isChecked) throw new Broken("store"); // unverified bytes may not be stored
    this.#mayGrow = false;
    await this.#persist();
    this.#inRows = this.#filled;
    return this.#ensureSpace();
  }

  /**
   * The next buffer size: a few times larger, then a whole part; for a body that fills no part, no more than its
   * length.
   */
  get #nextBytes(): number {
    const now = this.#buffer.length;
    const next = Math.min(now * GROWTH, this.#most);
    const isLarge = next * 2 > UPLOAD_PART_BYTES && this.#most === UPLOAD_PART_BYTES;
    return next <= now || isLarge ? UPLOAD_PART_BYTES : next;
  }

  /** Moves the buffered bytes into a larger buffer; false when there is none. */
  async #grow(sizeBytes: number): Promise<boolean> {
    const larger = await this.#options.reserveMemory(sizeBytes);
    if (larger === null) return false;
    const fresh = this.#buffer.subarray(this.#at(this.#inRows), this.#at(this.#filled));
    const smaller = this.#memory;
    this.#memory = larger;
    this.#buffer.set(fresh, this.#at(this.#inRows));
    smaller.release();
    return true;
  }

  get #buffer(): Uint8Array<ArrayBuffer> {
    return this.#memory.bytes;
  }

  /** The part's offset in the buffer. A buffer smaller than a part leaves out the bytes that are in rows. */
  #at(offset: number): number {
    return this.#buffer.length === UPLOAD_PART_BYTES ? offset : offset - this.#inRows;
  }

  async #storePart(): Promise<void> {
    if (this.#buffer.length < UPLOAD_PART_BYTES && !(await this.#grow(UPLOAD_PART_BYTES))) throw new Broken("store");
    this.#mayGrow = true;
    this.#bytes.readRest(this.#buffer.subarray(0, this.#inRows));
    if (!this.#isFormatChecked) this.#first ??= this.#head();
    const n = this.#partAt / UPLOAD_PART_BYTES + 1;
    // A newer request does not abort this: R2 must finish writing this part number before it is written again.
    const timeout = { idleMs: this.#options.bounds.idleMs, signal: new AbortController().signal };
    const stored = this.#parts.store(n, this.#buffer);
    this.#storing = stored.catch(() => undefined);
    const part = await within(stored, timeout, "store");
    if (this.#isChecked) this.#unverified.push(part);
    else this.#bytes.storeParts([part]);
    const hashed = this.#hash();
    this.#partAt += UPLOAD_PART_BYTES;
    this.#inRows = 0;
    this.#filled = 0;
    this.#persisted = 0;
    this.#persistedAt = Date.now();
    await hashed;
  }

  /** Stores what only the buffer holds. */
  async #persist(): Promise<void> {
    this.#bytes.storeParts(this.#unverified.splice(0));
    if (this.#filled > this.#persisted) {
      this.#bytes.append(this.#buffer.subarray(this.#at(this.#persisted), this.#at(this.#filled)));
    }
    const hashed = this.#hash();
    this.#persisted = this.#filled;
    this.#persistedAt = Date.now();
    await hashed;
  }

  /** Adds to the hash what only the buffer held so far: one call per part costs less than one per read. */
  async #hash(): Promise<void> {
    const fresh = this.#buffer.subarray(this.#at(this.#persisted), this.#at(this.#filled));
    if (fresh.length > 0) await this.#options.hash?.add(this.#partAt + this.#persisted, fresh);
  }

  #checkFormat(isOver: boolean): void {
    const isEnough = this.#offset >= FIRST_BYTES || (isOver && this.#offset > 0);
    if (this.#isFormatChecked || !this.#isVerified || !isEnough) return;
    this.#isFormatChecked = true;
    const problem = this.#options.checkFormat(this.#first ?? this.#head());
    if (problem !== null) throw new ProblemError({ end: "rejected", problem });
  }

  /** The first bytes: all of them are in rows or in the buffer, since no part is full yet. */
  #head(): Uint8Array {
    const head = new Uint8Array(Math.min(this.#filled, FIRST_BYTES));
    this.#bytes.readRest(head.subarray(0, this.#inRows));
    const fresh = this.#buffer.subarray(this.#at(this.#inRows), this.#at(Math.min(this.#filled, FIRST_BYTES)));
    if (this.#inRows < head.length) head.set(fresh, this.#inRows);
    return head;
  }

  get #offset(): number {
    return this.#partAt + this.#filled;
  }

  get #isChecked(): boolean {
    return this.#options.checksums.length > 0;
  }
}

/** The initial buffer of every body, whatever length it announces. */
export const FIRST_BUFFER_BYTES = UPLOAD_ROW_BYTES;

/** Chosen: few copies of received bytes, and memory for at most four times as much. */
const GROWTH = 4;

/** The largest buffer that a body needs: a whole part, or its own length when it fills none. */
function mostBytes(restBytes: number, contentBytes: number | null): number {
  if (contentBytes === null || restBytes + contentBytes >= UPLOAD_PART_BYTES) return UPLOAD_PART_BYTES;
  return Math.max(1, Math.ceil(contentBytes / UPLOAD_ROW_BYTES)) * UPLOAD_ROW_BYTES;
}

/** Cancels a body that is not read. */
export const cancelBody = (body: ReadableStream | null): Promise<void> =>
  body?.cancel().catch(() => undefined) ?? Promise.resolve();
