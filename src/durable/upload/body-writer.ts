/**
 * One body on its way into an upload: gathered into parts for R2, and into rows where no part comes of it.
 *
 * Fast bytes go from the connection into one buffer and from there to R2. Bytes that come slowly, and those left over at
 * the end, however it comes, go into rows. With a checksum nothing counts before it was found right.
 *
 * The buffer is small at first and grows with what has come, so that a body holds memory for its bytes and not for its word.
 * Where there is none to grow into, its bytes go into rows, until they fill a part.
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
import { Digests, type PassingHash } from "./digests.ts";
import type { PartsFile, StoredPart, UploadBytes } from "./parts.ts";

/*
 * The memory that uploads may hold: one budget for all objects of an isolate, handed out in buffers.
 *
 * Who finds it spent waits in line, looking again and again: a promise of one object must not be settled by another.
 */

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
    return this.#acquirePartial(me);
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

  #acquirePartial(me: Waiter): Buffer {
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

/** How it ended: at the body's end; in the middle; beyond what the file may hold; with other bytes than its sender meant; with a verdict on its first bytes; where the quota ended. */
export type QuotaUse =
  | { readonly end: "whole" }
  | { readonly end: "broken"; readonly failure: PutFailure }
  | { readonly end: "too_long" }
  | { readonly end: "wrong_checksum" }
  | { readonly end: "refused"; readonly problem: Problem }
  | { readonly end: "unpaid"; readonly problem: Problem };

export type Rules = {
  /** The offset that must not be passed. */
  readonly limit: number;
  /** Bytes that the body announced; null when it did not. */
  readonly contentBytes: number | null;
  readonly checksums: readonly Checksum[];
  readonly bounds: Bounds;
  /** When the body must be over. */
  readonly until: EpochMs;
  /** How long bytes may wait for their part to fill before they are kept in rows. */
  readonly keepMs: number;
  /** Told of every byte that is kept, in its place. One of a wrong checksum comes again, which it notices. Null: nobody wants it. */
  readonly hash: PassingHash | null;
  readonly judge: (head: Uint8Array) => Problem | null;
  /** Memory of this size, once there is some; null where none came free in time. */
  readonly room: (sizeBytes: number) => Promise<Buffer | null>;
  /** Asked before bytes are kept, with the offset behind them, where their length was not announced: why the quota has no room. */
  readonly pay?: ((offset: number) => Promise<Problem | null>) | null;
};

/** A refusal on its way out of the reading loop. */
class ProblemError extends Error {
  readonly taken: QuotaUse;
  constructor(taken: QuotaUse) {
    super(taken.end);
    this.name = "Refused";
    this.taken = taken;
  }
}

export class BodyWriter {
  readonly #bytes: UploadBytes;
  readonly #parts: PartsFile;
  #memory: Buffer;
  readonly #most: number;
  /** False while there was no memory to grow into, until the part is full. */
  #mayGrow = true;
  readonly #rules: Rules;
  readonly #digests: Digests;
  /** Where the part in the buffer begins in the file, and how many of its first bytes stand in rows and not in the buffer. */
  #partAt: number;
  #inRows: number;
  /** The buffer holds the part's bytes from `#inRows` to `#filled`; those before `#kept` stand in rows too. */
  #filled: number;
  #kept: number;
  #keptAt = Date.now();
  #isJudged: boolean;
  /** False while a checksum may still say that these are not the bytes that were sent. */
  #isProved: boolean;
  /** The first bytes, where they had to leave the buffer before they were proved. */
  #first: Uint8Array | null = null;
  /** Bytes of the body so far. */
  #taken = 0;
  /** What came of late, and since when. */
  #recent = 0;
  #recentSince = Date.now();
  /** The last part on its way to R2; it settles when R2 reads the buffer no more. */
  #storing: Promise<unknown> = Promise.resolve();
  /** Parts that count only once the checksum was found right. */
  readonly #unproved: StoredPart[] = [];

  /** `memory` is given back by `over`. */
  constructor(bytes: UploadBytes, parts: PartsFile, memory: Buffer, rules: Rules) {
    this.#bytes = bytes;
    this.#parts = parts;
    this.#memory = memory;
    this.#rules = rules;
    this.#digests = new Digests(rules.checksums);
    const offset = bytes.offset();
    this.#inRows = bytes.restBytes();
    this.#partAt = offset - this.#inRows;
    this.#filled = this.#inRows;
    this.#kept = this.#inRows;
    this.#most = mostBytes(this.#inRows, rules.contentBytes);
    this.#isJudged = offset >= FIRST_BYTES;
    this.#isProved = !this.#isChecked;
  }

  /** Takes the body to its end, or as far as it comes. `isLast`: the file ends with it, whatever it brings. */
  async take(body: ReadableStream, isLast: (offset: number) => boolean): Promise<QuotaUse> {
    const chunks = openChunks(body, this.#rules.bounds, this.#rules.until);
    try {
      if (this.#filled === UPLOAD_PART_BYTES) await this.#storePart(); // R2 did not take it when it was full
      for (let chunk = await chunks.next(); chunk !== null; chunk = await chunks.next()) await this.#add(chunk);
      if (this.#rules.contentBytes !== null && this.#taken < this.#rules.contentBytes) throw new Broken("cut");
      if (!(await this.#digests.match())) return { end: "wrong_checksum" };
      this.#isProved = true;
      this.#judge(isLast(this.#offset));
      await this.#keep();
      return { end: "whole" };
    } catch (error) {
      chunks.cancel();
      const problem = error instanceof ProblemError ? error.taken : null;
      if (problem !== null && problem.end !== "unpaid") return problem;
      if (!this.#isChecked) await this.#keep(); // what came before is paid for
      if (problem !== null) return problem;
      return { end: "broken", failure: { reason: reasonOf(error, "store") } };
    } finally {
      this.#digests.close();
    }
  }

  /** Gives the memory back, once nothing reads it any more: a part that R2 did not take in time may still be read by it. */
  async over(): Promise<void> {
    await this.#storing;
    this.#memory.release();
  }

  async #add(chunk: Uint8Array): Promise<void> {
    this.#checkTrickle(chunk.length);
    if (this.#offset + chunk.length > this.#rules.limit) throw new ProblemError({ end: "too_long" });
    const unpaid = (await this.#rules.pay?.(this.#offset + chunk.length)) ?? null;
    if (unpaid !== null) throw new ProblemError({ end: "unpaid", problem: unpaid });
    this.#taken += chunk.length;
    await this.#digests.add(chunk);
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + (await this.#room()));
      this.#buffer.set(taken, this.#at(this.#filled));
      this.#filled += taken.length;
      at += taken.length;
      this.#judge(false);
      if (this.#filled === UPLOAD_PART_BYTES) await this.#storePart();
    }
    const isSlow = Date.now() - this.#keptAt >= this.#rules.keepMs;
    if (isSlow && !this.#isChecked && this.#filled - this.#kept >= UPLOAD_ROW_BYTES) await this.#keep();
  }

  /** A body that brings next to nothing gives its buffer back as soon as somebody waits for one: what came is kept, and it may come again. */
  #checkTrickle(bytes: number): void {
    this.#recent += bytes;
    const isOver = Date.now() - this.#recentSince >= MIN_RATE_MS;
    if (isOver && this.#recent < MIN_RATE_BYTES && BUFFERS.isShort) throw new Broken("stalled");
    if (!isOver) return;
    this.#recent = 0;
    this.#recentSince = Date.now();
  }

  /** How many bytes the part and the buffer take, at least one: a full buffer grows, or its bytes go into rows. */
  async #room(): Promise<number> {
    const free = Math.min(UPLOAD_PART_BYTES - this.#filled, this.#buffer.length - this.#at(this.#filled));
    if (free > 0) return free;
    if (this.#mayGrow && (await this.#grow(this.#nextBytes))) return this.#room();
    if (this.#isChecked) throw new Broken("store"); // what is not proved may not be kept
    this.#mayGrow = false;
    await this.#keep();
    this.#inRows = this.#filled;
    return this.#room();
  }

  /** A few times as much, then a whole part; for a body that fills none no more than its own. */
  get #nextBytes(): number {
    const now = this.#buffer.length;
    const next = Math.min(now * GROWTH, this.#most);
    const isLarge = next * 2 > UPLOAD_PART_BYTES && this.#most === UPLOAD_PART_BYTES;
    return next <= now || isLarge ? UPLOAD_PART_BYTES : next;
  }

  /** Moves what the buffer holds into a larger one; false where there is none. */
  async #grow(sizeBytes: number): Promise<boolean> {
    const larger = await this.#rules.room(sizeBytes);
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

  /** The part's place in the buffer. One too small for a whole part holds no place for what stands in rows. */
  #at(place: number): number {
    return this.#buffer.length === UPLOAD_PART_BYTES ? place : place - this.#inRows;
  }

  async #storePart(): Promise<void> {
    if (this.#buffer.length < UPLOAD_PART_BYTES && !(await this.#grow(UPLOAD_PART_BYTES))) throw new Broken("store");
    this.#mayGrow = true;
    this.#bytes.readRest(this.#buffer.subarray(0, this.#inRows));
    if (!this.#isJudged) this.#first ??= this.#head();
    const n = this.#partAt / UPLOAD_PART_BYTES + 1;
    // Not cut short by a newer request: what R2 is writing under this number must be over before anybody writes it again.
    const timeout = { idleMs: this.#rules.bounds.idleMs, signal: new AbortController().signal };
    const stored = this.#parts.store(n, this.#buffer);
    this.#storing = stored.catch(() => undefined);
    const part = await within(stored, timeout, "store");
    if (this.#isChecked) this.#unproved.push(part);
    else this.#bytes.storeParts([part]);
    const hashed = this.#hash();
    this.#partAt += UPLOAD_PART_BYTES;
    this.#inRows = 0;
    this.#filled = 0;
    this.#kept = 0;
    this.#keptAt = Date.now();
    await hashed;
  }

  /** Writes down what the buffer alone holds. */
  async #keep(): Promise<void> {
    this.#bytes.storeParts(this.#unproved.splice(0));
    if (this.#filled > this.#kept) {
      this.#bytes.keep(this.#buffer.subarray(this.#at(this.#kept), this.#at(this.#filled)));
    }
    const hashed = this.#hash();
    this.#kept = this.#filled;
    this.#keptAt = Date.now();
    await hashed;
  }

  /** Tells the hash of what the buffer alone held until now: a part at once costs less than the reads that it came in. */
  async #hash(): Promise<void> {
    const fresh = this.#buffer.subarray(this.#at(this.#kept), this.#at(this.#filled));
    if (fresh.length > 0) await this.#rules.hash?.add(this.#partAt + this.#kept, fresh);
  }

  #judge(isOver: boolean): void {
    const isEnough = this.#offset >= FIRST_BYTES || (isOver && this.#offset > 0);
    if (this.#isJudged || !this.#isProved || !isEnough) return;
    this.#isJudged = true;
    const problem = this.#rules.judge(this.#first ?? this.#head());
    if (problem !== null) throw new ProblemError({ end: "refused", problem });
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
    return this.#rules.checksums.length > 0;
  }
}

/** Bytes of the buffer that a body begins with, whatever it announces. */
export const FIRST_BUFFER_BYTES = UPLOAD_ROW_BYTES;

/** Chosen: few copies of what came, and memory for at most four times as much. */
const GROWTH = 4;

/** Bytes of the buffer that a body needs in the end: a whole part, or only its own when it fills none. */
function mostBytes(restBytes: number, contentBytes: number | null): number {
  if (contentBytes === null || restBytes + contentBytes >= UPLOAD_PART_BYTES) return UPLOAD_PART_BYTES;
  return Math.max(1, Math.ceil(contentBytes / UPLOAD_ROW_BYTES)) * UPLOAD_ROW_BYTES;
}

/** Ends a body that nobody will read. */
export const cancelBody = (body: ReadableStream | null): Promise<void> =>
  body?.cancel().catch(() => undefined) ?? Promise.resolve();
