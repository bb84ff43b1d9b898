/**
 * How a request finds its route: the router of the app, the path and the method that it is given.
 *
 * RegExpRouter is several times faster than TrieRouter but rejects a literal path beside a parameter (`/v1/uploads/import`
 * beside `/v1/uploads/:id`), and Hono's default router then uses TrieRouter for every request. Middleware (`/v1/*`) is added to
 * both. A literal path is answered by its own routes only: another method there is 405.
 */
import type { MiddlewareHandler } from "hono";
import type { Result, Router } from "hono/router";
import { RegExpRouter } from "hono/router/reg-exp-router";
import { getPathNoStrict } from "hono/utils/url";
import type { Api, AppEnv } from "./context.ts";

export class LiteralFirstRouter<T> implements Router<T> {
  readonly name = "LiteralFirstRouter";
  readonly #literal = new RegExpRouter<T>();
  readonly #parameters = new RegExpRouter<T>();
  readonly #literalPaths = new Set<string>();

  add(method: string, path: string, handler: T): void {
    const isMiddleware = path.includes("*");
    const isLiteral = !isMiddleware && !path.includes("/:");
    if (isLiteral) this.#literalPaths.add(path);
    if (isMiddleware || isLiteral) this.#literal.add(method, path, handler);
    if (isMiddleware || !isLiteral) this.#parameters.add(method, path, handler);
  }

  match(method: string, path: string): Result<T> {
    return (this.#literalPaths.has(path) ? this.#literal : this.#parameters).match(method, path);
  }
}

/**
 * The path for routing: without a trailing slash, and with one slash where a base URL that ends with a slash was joined to a
 * path: `//v1/me`, `/v1//me`. Other double slashes are kept, since they enclose an empty path segment.
 */
export const pathOf = (request: Request): string => getPathNoStrict(request).replace(/^\/+v1\/+/, "/v1/");

/* `X-HTTP-Method-Override`, for clients that can send only GET and POST (tus: it MUST be interpreted). */

/** The methods that the header may name. */
const METHODS = ["HEAD", "PATCH", "DELETE"];

/** Handles a POST to an upload as a request with the method in the header. */
export const methodOverride =
  (app: Api): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const method = c.req.header("X-HTTP-Method-Override")?.toUpperCase() ?? "";
    if (c.req.method !== "POST" || !METHODS.includes(method)) return next();
    const headers = new Headers(c.req.raw.headers);
    headers.delete("X-HTTP-Method-Override");
    return app.fetch(new Request(c.req.url, { method, headers, body: c.req.raw.body }), c.env, c.executionCtx);
  };
