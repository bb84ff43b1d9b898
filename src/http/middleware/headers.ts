/** The request headers `X-User-Id`, `Idempotency-Key` and `X-HTTP-Method-Override`. */

import type { MiddlewareHandler } from "hono";
import { getPathNoStrict } from "hono/utils/url";
import { IDEMPOTENCY_KEY_CHARS } from "../../core/limits.ts";
import { isUserName, USER_NAME_RULE } from "../../core/wire/user.ts";
import type { Api, AppEnv } from "../context.ts";
import { apiError } from "../problem.ts";

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** The tenant's own id of the user, 1 to 128 characters; null if the header is absent. */
export function userOf(headers: Headers): string | null {
  const user = headers.get("X-User-Id");
  if (user === null || isUserName(user)) return user;
  throw apiError("invalid_request", `header:X-User-Id: ${USER_NAME_RULE}`, {
    errors: [{ field: "header:X-User-Id", message: USER_NAME_RULE }],
  });
}

/** The Idempotency-Key, at most 255 visible ASCII characters; null if the header is absent. */
export function idempotencyKeyOf(headers: Headers): string | null {
  const key = headers.get("Idempotency-Key");
  if (key === null) return null;
  if (key.length <= IDEMPOTENCY_KEY_CHARS && VISIBLE_ASCII.test(key)) return key;
  const message = `must have 1 to ${IDEMPOTENCY_KEY_CHARS} visible ASCII characters`;
  throw apiError("invalid_header", `Idempotency-Key ${message}.`, {
    errors: [{ field: "header:Idempotency-Key", message }],
  });
}

/* `X-HTTP-Method-Override`, for clients that can send only GET and POST (tus: it MUST be interpreted). */

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

/**
 * The path for routing: without a trailing slash, and with one slash where a base URL that ends with a slash was joined to a
 * path: `//v1/me`, `/v1//me`. Other double slashes are kept, since they enclose an empty path segment.
 */
export const pathOf = (request: Request): string => getPathNoStrict(request).replace(/^\/+v1\/+/, "/v1/");
