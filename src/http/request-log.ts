/** One line per request: the route's pattern, never the URL. */
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { log } from "../log.ts";
import type { AppEnv, Ctx, Variables } from "./context.ts";

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
    uh: caller?.pass?.uh,
  });
};

/** The pattern of the route that answered, such as `/v1/turns/:id`; `none` when no route matched. */
const patternOf = (c: Ctx): string => matchedRoutes(c).find((route) => route.method !== "ALL")?.path ?? "none";
