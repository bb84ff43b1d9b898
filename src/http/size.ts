/** Bounds that hold for every request before anything reads it. */
import type { MiddlewareHandler } from "hono";
import { CHUNK_ADVICE_BYTES, HEADER_CHARS, HEADERS_CHARS, MAX_REQUEST_BYTES } from "../core/limits.ts";
import { apiError } from "./api-error.ts";
import type { AppEnv } from "./context.ts";

export const sizeLimits: MiddlewareHandler<AppEnv> = async (c, next) => {
  let total = 0;
  for (const [name, value] of c.req.raw.headers) {
    total += name.length + value.length;
    if (value.length > HEADER_CHARS || total > HEADERS_CHARS) {
      throw apiError("header_too_large", `A header may have ${HEADER_CHARS} characters, all of them ${HEADERS_CHARS}.`);
    }
  }
  if (Number(c.req.header("Content-Length") ?? 0) > MAX_REQUEST_BYTES) throw tooLarge(MAX_REQUEST_BYTES);
  await next();
};

/** The refusal of a body above a limit, which it names. A file that one request cannot carry comes in chunks. */
export const tooLarge = (limitBytes: number) =>
  apiError("request_too_large", `The body of this request may have at most ${limitBytes} bytes.`, {
    ...(limitBytes < MAX_REQUEST_BYTES
      ? {}
      : { hint: `PATCH /v1/uploads/{id} (tus or the IETF draft), in chunks of ${CHUNK_ADVICE_BYTES} bytes` }),
  });
