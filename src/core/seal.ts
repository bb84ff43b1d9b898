/**
 * Secrets at rest: AES-256-GCM with a random IV, the owner as additional data, the key's name beside it.
 * A seal moved to another owner or purpose does not open.
 */

import { deriveSealKey, kidOf, type RootSecrets, secretOfKid } from "./derive.ts";
import { base64url, fromBase64 } from "./encode.ts";
import type { RandomBytes } from "./ids.ts";

const IV_BYTES = 12;
const utf8 = new TextEncoder();

/** Seals text for one owner: `owner` is purpose, tenant, mode and record joined by `|`. The answer is `kid.iv.ciphertext`. */
export async function seal(text: string, owner: string, roots: RootSecrets, random: RandomBytes): Promise<string> {
  const iv = random(IV_BYTES);
  const key = await deriveSealKey(roots.current, "seal");
  const params = { name: "AES-GCM", iv, additionalData: utf8.encode(owner) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(params, key, utf8.encode(text)));
  return `${await kidOf(roots.current)}.${base64url(iv)}.${base64url(sealed)}`;
}

/** Opens a seal; null when it was made for another owner, under an unknown root secret, or was changed. */
export async function unseal(sealed: string, owner: string, roots: RootSecrets): Promise<string | null> {
  const [kid, ivText, body] = sealed.split(".");
  const iv = fromBase64(ivText ?? "");
  const bytes = fromBase64(body ?? "");
  const secret = await secretOfKid(kid ?? "", roots);
  if (secret === null || iv?.length !== IV_BYTES || bytes === null) return null;
  try {
    const params = { name: "AES-GCM", iv, additionalData: utf8.encode(owner) };
    return new TextDecoder().decode(await crypto.subtle.decrypt(params, await deriveSealKey(secret, "seal"), bytes));
  } catch {
    return null;
  }
}

/** Which root secret made a seal, by its public name: what `kidOf` says of that secret. Nothing is opened. */
export const kidOfSeal = (sealed: string): string => sealed.slice(0, Math.max(0, sealed.indexOf(".")));

/** Whether a seal was made under another root secret than the current one, and should be made anew while that one is still known. */
export const needsReseal = async (sealed: string, roots: RootSecrets): Promise<boolean> =>
  kidOfSeal(sealed) !== (await kidOf(roots.current));

/** Whether a seal never opens for this owner: its root secret is known, and it was made for another owner or changed. */
export const isUnreadable = async (sealed: string, owner: string, roots: RootSecrets): Promise<boolean> =>
  (await secretOfKid(kidOfSeal(sealed), roots)) !== null && (await unseal(sealed, owner, roots)) === null;

/** The same text sealed under the current root secret; null when it is already, or when it cannot be opened any more. */
export async function reseal(
  sealed: string,
  owner: string,
  roots: RootSecrets,
  random: RandomBytes,
): Promise<string | null> {
  if (!(await needsReseal(sealed, roots))) return null;
  const text = await unseal(sealed, owner, roots);
  return text === null ? null : seal(text, owner, roots, random);
}
