/**
 * One run of the sender for one tenant: takes what is due from the tenant's object, keeps `SENDER_SLOTS` requests open, and
 * reports how they went in the calls that take more.
 *
 * While a call is on its way the slots go on with what was taken ahead. Ahead are as many as were just answered, so a slow
 * receiver holds up nothing that another run could send, and never more than one for each slot, so that each is sent and
 * reported well within its lease.
 */
import { SENDER_ATTEMPTS, SENDER_LINGER_MS, SENDER_SLOTS } from "../core/limits.ts";
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
  #running = 0;
  #taken = 0;
  /** Called when an attempt is over. */
  #over: () => void = () => {};

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /** Sends until nothing more is given out; true when it stopped because it had its share. */
  async run(): Promise<boolean> {
    for (;;) {
      const ahead = Math.min(SENDER_SLOTS, this.#done.length);
      const room = SENDER_SLOTS + ahead - this.#running - this.#stock.length;
      const given = await this.#exchange(Math.min(room, SENDER_ATTEMPTS - this.#taken));
      this.#taken += given.length;
      this.#stock.push(...given);
      this.#begin();
      if (this.#running === 0 && this.#done.length === 0) return this.#taken >= SENDER_ATTEMPTS;
      await this.#untilWorthACall();
    }
  }

  /** Reports and takes. A report that found its object restarting is made once more: it is not heard twice. */
  async #exchange(want: number): Promise<DeliveryJob[]> {
    const done = this.#done.splice(0);
    this.#tools.tell(done);
    try {
      return await this.#tools.door().workDeliveries(done, want);
    } catch (error) {
      if (done.length === 0) throw error;
      return this.#tools.door().workDeliveries(done, 0);
    }
  }

  /** Fills the free slots. */
  #begin(): void {
    while (this.#running < SENDER_SLOTS) {
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

  /** Waits for an end to report; with something left to send, a moment longer for others to go with it. */
  async #untilWorthACall(): Promise<void> {
    while (this.#done.length === 0 && this.#running > 0) await this.#nextEnd();
    if (this.#isWorthACall()) return;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#over();
    }, SENDER_LINGER_MS);
    while (!this.#isWorthACall() && !isLate) await this.#nextEnd();
    clearTimeout(timer);
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
