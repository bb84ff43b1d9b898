/**
 * One run of the sender for one tenant: takes what is due from the tenant's object, keeps `SENDER_SLOTS` requests open, and
 * reports how they went in the calls that take more.
 *
 * While a call is on its way the slots go on with what was taken ahead. Ahead are as many as were just answered, and never more
 * than one for each slot. What waits too long for a slot, because receivers hang, is given back for another run to send.
 */
import { SENDER_ATTEMPTS, SENDER_LINGER_MS, SENDER_MS, SENDER_PATIENCE_MS, SENDER_SLOTS } from "../core/limits.ts";
import type { DeliveryJob, DeliveryReport, TenantPort } from "../core/tenant-port.ts";
import { logBug } from "../log.ts";

/** What a run needs: the way to the tenant's object, one attempt, and somebody who is told of those that are over. */
export type Tools = {
  readonly door: () => TenantPort;
  readonly send: (job: DeliveryJob) => Promise<DeliveryReport>;
  readonly tell: (reports: readonly DeliveryReport[]) => void;
};

export class Sender {
  readonly #tools: Tools;
  /** Taken, and not begun. */
  readonly #stock: DeliveryJob[] = [];
  /** Over, and not told. */
  readonly #done: DeliveryReport[] = [];
  readonly #until = Date.now() + SENDER_MS;
  #running = 0;
  #taken = 0;
  /** Called when an attempt is over. */
  #over: () => void = () => {};

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /** Sends until nothing more is given out; true when it stopped because it had its share. */
  async run(): Promise<boolean> {
    for (let isStuck = false; ; isStuck = await this.#untilWorthACall()) {
      const unsent = isStuck || this.#isLate ? this.#stock.splice(0) : [];
      const ahead = Math.min(SENDER_SLOTS, this.#done.length);
      const room = SENDER_SLOTS + ahead - this.#running - this.#stock.length;
      const left = this.#isLate || isStuck ? 0 : SENDER_ATTEMPTS - this.#taken;
      const given = await this.#exchange(Math.min(room, left), unsent);
      this.#taken += given.length;
      this.#stock.push(...given);
      this.#begin();
      if (this.#running + this.#done.length + this.#stock.length === 0) return left === 0;
    }
  }

  get #isLate(): boolean {
    return Date.now() >= this.#until;
  }

  /** Reports, gives back and takes. A report that found its object restarting is made once more: it is not heard twice. */
  async #exchange(want: number, unsent: readonly DeliveryJob[]): Promise<DeliveryJob[]> {
    const done = this.#done.splice(0);
    this.#tools.tell(done);
    const back = unsent.map(({ id, attempt }) => ({ id, attempt }));
    try {
      return await this.#tools.door().workDeliveries(done, want, back);
    } catch (error) {
      if (done.length + back.length === 0) throw error;
      return this.#tools.door().workDeliveries(done, 0, back);
    }
  }

  /** Fills the free slots. */
  #begin(): void {
    while (this.#running < SENDER_SLOTS && !this.#isLate) {
      const job = this.#stock.shift();
      if (job === undefined) return;
      this.#running += 1;
      void this.#attempt(job);
    }
  }

  async #attempt(job: DeliveryJob): Promise<void> {
    try {
      this.#done.push(await this.#tools.send(job));
    } catch (error) {
      logBug("delivery_failed", error, { work: "delivery" }); // its lease will end, and it is sent again
    }
    this.#running -= 1;
    this.#begin();
    this.#over();
  }

  /**
   * Waits for an end to report; with something left to send, a moment longer for others to go with it. True where none came and
   * what was taken ahead has waited long enough.
   */
  async #untilWorthACall(): Promise<boolean> {
    const patience = this.#alarm(this.#stock.length > 0 ? SENDER_PATIENCE_MS : null);
    while (this.#done.length === 0 && this.#running > 0 && !patience.isOver()) await this.#nextEnd();
    patience.clear();
    if (this.#done.length === 0) return this.#running > 0;
    if (this.#isWorthACall()) return false;
    const linger = this.#alarm(SENDER_LINGER_MS);
    while (!this.#isWorthACall() && !linger.isOver()) await this.#nextEnd();
    linger.clear();
    return false;
  }

  /** Ends a wait for the next end after this long; never where that is null. */
  #alarm(ms: number | null): { readonly isOver: () => boolean; readonly clear: () => void } {
    let isOver = false;
    const ring = (): void => {
      isOver = true;
      this.#over();
    };
    const timer = ms === null ? undefined : setTimeout(ring, ms);
    return { isOver: () => isOver, clear: () => clearTimeout(timer) };
  }

  #isWorthACall(): boolean {
    return this.#stock.length === 0 || this.#done.length >= SENDER_SLOTS;
  }

  #nextEnd(): Promise<void> {
    return new Promise((resolve) => {
      this.#over = resolve;
    });
  }
}
