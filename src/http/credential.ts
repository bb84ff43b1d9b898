/** The key inside a request's headers, however it was sent. */
import { fromBase64 } from "../core/encode.ts";

/** What a credential of ours begins with: an API key, or the header of a user token. */
const OURS = /^(ngw_|eyJ)/;
/** A scheme that may be repeated to its sender. A key that was sent without one must not be. */
const SCHEME = /^[A-Za-z][A-Za-z-]{0,19}$/;

/** `fault`: what is wrong with how it was sent. */
export type SentCredential = { readonly sent: string } | { readonly fault: string };

const HOW =
  "send the API key as `Authorization: Bearer <key>`, as `X-Api-Key: <key>`, or as the user name or password of Basic";

/**
 * The sent credential: `Authorization: Bearer <key>`, `X-Api-Key: <key>`, or `Authorization: Basic`, where tools put the key
 * as the user name or as the password. Null when none was sent.
 */
export function credentialOf(headers: Headers): SentCredential | null {
  const authorization = headers.get("Authorization")?.trim();
  const apiKey = headers.get("X-Api-Key")?.trim();
  if (authorization === undefined) return apiKey === undefined ? null : keyIn(apiKey, "X-Api-Key");
  const [scheme = "", value = ""] = authorization.split(/\s+/, 2);
  if (scheme.toLowerCase() === "bearer") return keyIn(value, "Authorization: Bearer");
  if (scheme.toLowerCase() === "basic") return ofBasic(value);
  if (apiKey) return { sent: apiKey };
  if (OURS.test(scheme)) return { fault: `The Authorization header has a key without a scheme; ${HOW}.` };
  const named = SCHEME.test(scheme) ? ` \`${scheme}\`` : "";
  return { fault: `The scheme${named} of the Authorization header is not known here; ${HOW}.` };
}

const keyIn = (text: string, place: string): SentCredential =>
  text === "" ? { fault: `\`${place}\` came without a key.` } : { sent: text };

/** The part of Basic's `user:password` that is ours; else whichever there is. */
function ofBasic(value: string): SentCredential {
  const bytes = fromBase64(value);
  if (bytes === null || bytes.length === 0)
    return {
      fault: "`Authorization: Basic` must be the base64 of `user:password`, with the API key as one of the two.",
    };
  const [user = "", ...rest] = new TextDecoder().decode(bytes).split(":");
  const password = rest.join(":");
  const sent = [user, password].find((part) => OURS.test(part)) ?? (user === "" ? password : user);
  return keyIn(sent, "Authorization: Basic");
}
