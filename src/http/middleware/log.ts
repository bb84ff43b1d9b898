/** Logs one line per request, with the route's pattern and never the URL; and counts errors. */
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { ErrorCode } from "../../core/errors.ts";
import { log } from "../../log.ts";
import { addErrorCounts } from "../../store/status.ts";
import { type AppEnv, type Caller, type Ctx, runAfterResponse } from "../context.ts";

export const requestLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  const began = Date.now();
  await next();
  const caller: Caller | undefined = c.get("caller"); // absent on public and rejected requests
  log("info", "request", {
    request_id: c.get("requestId"),
    route: `${c.req.method} ${patternOf(c)}`,
    status: c.res.status,
    ms: Date.now() - began,
    code: c.get("code"),
    tenant: caller?.tenant,
    mode: caller?.mode,
    uh: caller?.grant?.uh,
  });
};

/** The pattern of the matched route, such as `/v1/turns/:id`; `none` if no route matched. */
const patternOf = (c: Ctx): string => matchedRoutes(c).find((route) => route.method !== "ALL")?.path ?? "none";

/*
 * Error counts by code: counted in the isolate and written to D1 in batches.
 *
 * Responses do not wait for the write, and many errors cost one write every two seconds. Counts that an isolate has not written
 * when it is evicted are lost, so the totals can be slightly low, never high.
 */

/** How long counts are collected, in ms. Chosen: well within the platform's limit for work after a response. */
const COLLECT_MS = 2_000;
/** A write that takes longer, in ms, was cancelled with its request; the next error starts another. */
const WRITE_MS = 20_000;

let counts = new Map<ErrorCode, number>();
let writingUntil = 0;

/** Counts one error response with this code. */
export function countError(c: Ctx, code: ErrorCode): void {
  counts.set(code, (counts.get(code) ?? 0) + 1);
  const now = Date.now();
  if (now < writingUntil) return;
  writingUntil = now + WRITE_MS;
  runAfterResponse(c, writeCounts(c.env.DB));
}

async function writeCounts(db: D1Database): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, COLLECT_MS));
  const collected = counts;
  counts = new Map();
  writingUntil = 0;
  try {
    await addErrorCounts(db, collected, Date.now());
  } catch {
    // Added to the next batch.
    for (const [code, n] of collected) counts.set(code, (counts.get(code) ?? 0) + n);
  }
}
