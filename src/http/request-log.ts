/** One line per request: the route's pattern, never the URL. */
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { log } from "../log.ts";
import type { AppEnv, Ctx } from "./context.ts";

export const requestLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  const began = Date.now();
  await next();
  log("info", "request", {
    request_id: c.var.requestId,
    route: `${c.req.method} ${patternOf(c)}`,
    status: c.res.status,
    ms: Date.now() - began,
    ...(c.var.code ? { code: c.var.code } : {}),
    ...(c.var.caller ? { tenant: c.var.caller.tenant, mode: c.var.caller.mode } : {}),
    ...(c.var.caller?.pass ? { uh: c.var.caller.pass.uh } : {}),
  });
};

/** The pattern of the route that answered, such as `/v1/turns/:id`; `none` when no route matched. */
const patternOf = (c: Ctx): string => matchedRoutes(c).find((route) => route.method !== "ALL")?.path ?? "none";
