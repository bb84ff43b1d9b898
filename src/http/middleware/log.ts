/** One line per request: the route's pattern, never the URL. */
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { ErrorCode } from "../../core/errors.ts";
import { log } from "../../log.ts";
import { addErrorCounts } from "../../store/status.ts";
import { type AppEnv, type Ctx, runAfterResponse, type Variables } from "../context.ts";

export const requestLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  const began = Date.now();
  await next();
  const { requestId, code, caller }: Partial<Variables> = c.var; // a public or refused request has no caller
  log("info", "request", {
    request_id: requestId,
    route: `${c.req.method} ${patternOf(c)}`,
    status: c.res.status,
    ms: Date.now() - began,
    code,
    tenant: caller?.tenant,
    mode: caller?.mode,
    uh: caller?.grant?.uh,
  });
};

/** The pattern of the route that answered, such as `/v1/turns/:id`; `none` when no route matched. */
const patternOf = (c: Ctx): string => matchedRoutes(c).find((route) => route.method !== "ALL")?.path ?? "none";

/*
 * How often each error code is answered: counted in the isolate, told to D1 together a moment later.
 *
 * An answer waits for nothing, and a flood of refusals costs one write every two seconds. What an isolate has not told when
 * it is evicted is lost, so the sums are a little low, never high.
 */

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
  runAfterResponse(c, tell(c.env.DB));
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
