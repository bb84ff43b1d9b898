/**
 * How often each error code is answered: counted in the isolate, told to D1 together a moment later.
 *
 * An answer waits for nothing, and a flood of refusals costs one write every two seconds. What an isolate has not told when
 * it is evicted is lost, so the sums are a little low, never high.
 */
import type { ErrorCode } from "../core/errors.ts";
import { addErrorCounts } from "../store/status.ts";
import { afterwards } from "./afterwards.ts";
import type { Ctx } from "./context.ts";

/** How long counts are gathered, in ms. Chosen: well within the time that the platform lets work follow its answer. */
const GATHER_MS = 2_000;
/** A telling that is not over by then died with its request: the next error starts another. */
const TELLING_MS = 20_000;

let counts = new Map<ErrorCode, number>();
let tellingUntil = 0;

/** Counts one answer with this code. */
export function countError(c: Ctx, code: ErrorCode): void {
  counts.set(code, (counts.get(code) ?? 0) + 1);
  const now = Date.now();
  if (now < tellingUntil) return;
  tellingUntil = now + TELLING_MS;
  afterwards(c, tell(c.env.DB));
}

async function tell(db: D1Database): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
  const gathered = counts;
  counts = new Map();
  tellingUntil = 0;
  try {
    await addErrorCounts(db, gathered, Date.now());
  } catch {
    // Told with the next ones. Those counted meanwhile stay.
    for (const [code, n] of gathered) counts.set(code, (counts.get(code) ?? 0) + n);
  }
}
