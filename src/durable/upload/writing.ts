/** The writes of one upload's content: a newer one takes over, and begins when the older one has let go of the file. */

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
