/** Logs one line per request, with the route's pattern and never the URL. */
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { ownedIdIn, userHashOf } from "../../core/ids.ts";
import { logCounted } from "../../log.ts";
import type { AppEnv, Caller, Ctx } from "../context.ts";

export const requestLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  const began = Date.now();
  await next();
  const caller: Caller | undefined = c.get("caller"); // absent on public and rejected requests
  const resource = caller === undefined ? null : resourceOf(c);
  logCounted(c.env.COUNTERS, "request", {
    request_id: c.get("requestId"),
    route: `${c.req.method} ${patternOf(c)}`,
    status: c.res.status,
    ms: Date.now() - began,
    code: c.get("code"),
    tenant: caller?.tenant,
    mode: caller?.mode,
    uh: caller?.grant?.uh ?? (resource === null ? undefined : userHashOf(resource)),
    resource: resource ?? undefined,
  });
};

/** What a request created, or which existing resource it was about. A user's own name in a path is not looked at. */
function resourceOf(c: Ctx): ReturnType<typeof ownedIdIn> {
  const created = ownedIdIn(c.res.headers.get("Location") ?? "");
  if (created !== null || c.res.status === 404 || patternOf(c).startsWith("/v1/users")) return created;
  return ownedIdIn(c.req.path);
}

/** The pattern of the matched route, such as `/v1/turns/:id`; `none` if no route matched. */
const patternOf = (c: Ctx): string => matchedRoutes(c).find((route) => route.method !== "ALL")?.path ?? "none";
