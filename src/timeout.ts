/** A limit on the wait for a promise that cannot be cancelled. */

/**
 * The result of `work`, or after `ms` what `late` returns or throws. The work continues after that; its result
 * is dropped.
 */
export function withTimeout<T, Late>(work: Promise<T>, ms: number, late: () => Late): Promise<T | Late> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return Promise.race([work, elapsed.then(late)]).finally(() => clearTimeout(timer));
}
