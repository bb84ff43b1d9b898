/** Waits with an end: a promise is given up when the deadline ends, whether or not the one who made it listens to signals. */

/** Why a wait was given up. */
export class Interrupted extends Error {
  readonly why: "timeout" | "idle" | "cancelled";
  constructor(why: "timeout" | "idle" | "cancelled") {
    super(why);
    this.name = "Interrupted";
    this.why = why;
  }
}

/** One clock for one request. */
export type Deadline = {
  readonly signal: AbortSignal;
  /** Starts (or starts again) the wait named `name`; when it ends the signal fires with `why`. */
  arm(name: string, ms: number, why: "timeout" | "idle"): void;
  disarm(name: string): void;
  cancel(): void;
  /** The promise's own end, or a rejection with the signal's reason when it fires first. */
  within<T>(promise: Promise<T>): Promise<T>;
  /** Stops all waits and forgets the outer signal. The signal stays as it is. */
  release(): void;
};

type Wait = { readonly at: number; readonly why: "timeout" | "idle" };

/**
 * A deadline that also fires, as cancelled, when `outer` does.
 *
 * A stream arms its idle wait with every read and almost never meets it, so arming only notes the moment: one timer looks at
 * the earliest of them, and looks again where that has moved on meanwhile.
 */
export function openDeadline(outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  const waits = new Map<string, Wait>();
  const waiting = new Set<(reason: unknown) => void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looksAt = Number.POSITIVE_INFINITY;

  const stop = (why: Interrupted["why"]): void => {
    controller.abort(new Interrupted(why));
    for (const giveUp of waiting) giveUp(controller.signal.reason);
  };
  const cancel = (): void => stop("cancelled");
  const lookAt = (at: number): void => {
    clearTimeout(timer);
    looksAt = at;
    timer = setTimeout(look, at - Date.now());
  };
  const look = (): void => {
    looksAt = Number.POSITIVE_INFINITY;
    const [next] = [...waits.values()].sort((one, other) => one.at - other.at);
    if (next === undefined) return;
    if (next.at <= Date.now()) stop(next.why);
    else lookAt(next.at);
  };

  if (outer?.aborted === true) cancel();
  else outer?.addEventListener("abort", cancel, { once: true });
  return {
    signal: controller.signal,
    cancel,
    disarm: (name) => void waits.delete(name),
    arm(name, ms, why) {
      const at = Date.now() + ms;
      waits.set(name, { at, why });
      if (at < looksAt) lookAt(at);
    },
    within: (promise) =>
      new Promise((resolve, reject) => {
        if (controller.signal.aborted) reject(controller.signal.reason);
        waiting.add(reject);
        const settle =
          <V>(end: (value: V) => void) =>
          (value: V): void => {
            waiting.delete(reject);
            end(value);
          };
        promise.then(settle(resolve), settle(reject));
      }),
    release() {
      clearTimeout(timer);
      looksAt = Number.POSITIVE_INFINITY;
      waits.clear();
      outer?.removeEventListener("abort", cancel);
    },
  };
}
