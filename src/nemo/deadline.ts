/** Waits with an end: a promise is given up when its signal fires, whether or not the one who made it listens to signals. */

/** Why a wait was given up. */
export class Interrupted extends Error {
  readonly why: "timeout" | "idle" | "cancelled";
  constructor(why: "timeout" | "idle" | "cancelled") {
    super(why);
    this.name = "Interrupted";
    this.why = why;
  }
}

/** The promise's own end, or a rejection with the signal's reason when it fires first. Leaves no listener behind. */
export function orInterrupted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}

/** One clock for one request. */
export type Deadline = {
  readonly signal: AbortSignal;
  /** Starts (or starts again) the wait named `name`; when it ends the signal fires with `why`. */
  arm(name: string, ms: number, why: "timeout" | "idle"): void;
  disarm(name: string): void;
  cancel(): void;
  /** Stops all waits and forgets the outer signal. The signal stays as it is. */
  release(): void;
};

/** A deadline that also fires, as cancelled, when `outer` does. */
export function openDeadline(outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const stop = (why: Interrupted["why"]): void => controller.abort(new Interrupted(why));
  const cancel = (): void => stop("cancelled");
  const disarm = (name: string): void => {
    clearTimeout(timers.get(name));
    timers.delete(name);
  };
  if (outer?.aborted === true) cancel();
  else outer?.addEventListener("abort", cancel, { once: true });
  return {
    signal: controller.signal,
    cancel,
    disarm,
    arm(name, ms, why) {
      clearTimeout(timers.get(name));
      timers.set(
        name,
        setTimeout(() => stop(why), ms),
      );
    },
    release() {
      for (const name of [...timers.keys()]) disarm(name);
      outer?.removeEventListener("abort", cancel);
    },
  };
}
