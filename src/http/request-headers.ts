/** The two headers of ours that a caller may send with any request. */
import { IDEMPOTENCY_KEY_CHARS } from "../core/limits.ts";
import { isUserName, USER_NAME_RULE } from "../core/wire/user.ts";
import { apiError } from "./api-error.ts";

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

/** The tenant's own name of the user, 1 to 128 characters; null when the header is absent. */
export function userOf(headers: Headers): string | null {
  const user = headers.get("X-User-Id");
  if (user === null || isUserName(user)) return user;
  throw apiError("invalid_request", `header:X-User-Id: ${USER_NAME_RULE}`, {
    errors: [{ field: "header:X-User-Id", message: USER_NAME_RULE }],
  });
}

/** The sent Idempotency-Key, up to 255 visible ASCII characters; null when the header is absent. */
export function repeatKeyOf(headers: Headers): string | null {
  const key = headers.get("Idempotency-Key");
  if (key === null) return null;
  if (key.length <= IDEMPOTENCY_KEY_CHARS && VISIBLE_ASCII.test(key)) return key;
  const message = `must have 1 to ${IDEMPOTENCY_KEY_CHARS} visible ASCII characters`;
  throw apiError("invalid_header", `Idempotency-Key ${message}.`, {
    errors: [{ field: "header:Idempotency-Key", message }],
  });
}
