/** The key inside a request's headers, however it was sent. */
import { fromBase64 } from "../core/encode.ts";

/**
 * The sent credential: `Authorization: Bearer <key>`, `X-Api-Key: <key>`, or `Authorization: Basic base64(<key>:)`.
 * Null when none was sent; text of any shape otherwise, empty when the header could not be read.
 */
export function credentialOf(headers: Headers): string | null {
  const authorization = headers.get("Authorization");
  if (authorization === null) return headers.get("X-Api-Key")?.trim() ?? null;
  const [scheme = "", value = ""] = authorization.trim().split(/\s+/, 2);
  if (scheme.toLowerCase() === "bearer") return value;
  return scheme.toLowerCase() === "basic" ? userOfBasic(value) : "";
}

/** The user part of Basic's `user:password`: no-code tools put the key there and leave the password empty. */
function userOfBasic(value: string): string {
  const bytes = fromBase64(value);
  return bytes === null ? "" : (new TextDecoder().decode(bytes).split(":", 1)[0] ?? "");
}
