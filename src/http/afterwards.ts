/** Work that an answer does not wait for. */
import type { Ctx } from "./context.ts";

/** Keeps the instance alive until the work is done, whatever comes of it. Without a platform underneath it just runs. */
export function afterwards(c: Ctx, work: Promise<unknown>): void {
  const done = work.catch(() => undefined);
  try {
    c.executionCtx.waitUntil(done);
  } catch {
    // Hono throws where the app was called without an execution context; the work runs all the same.
  }
}
