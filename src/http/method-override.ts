/** For clients that may send only GET and POST: the method in `X-HTTP-Method-Override` counts (tus: it MUST be interpreted). */
import type { MiddlewareHandler } from "hono";
import type { Api, AppEnv } from "./context.ts";

const METHODS = ["HEAD", "PATCH", "DELETE"];

/** Answers a POST that names one of an upload's other methods as if it had come by that method. */
export const methodOverride =
  (app: Api): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const wanted = c.req.header("X-HTTP-Method-Override")?.toUpperCase() ?? "";
    if (c.req.method !== "POST" || !METHODS.includes(wanted)) return next();
    const headers = new Headers(c.req.raw.headers);
    headers.delete("X-HTTP-Method-Override");
    return app.fetch(new Request(c.req.url, { method: wanted, headers, body: c.req.raw.body }), c.env, c.executionCtx);
  };
