/** Every key of the gateway is derived from the root secret by HKDF-SHA-256, each under a label that names its one purpose. */
import { base32, sha256 } from "./encode.ts";

export type Purpose = "seal" | "link" | "user_token" | "webhook_default";

/** The current root secret, and the one before it while old seals and links are still about. */
export type RootSecrets = { readonly current: string; readonly previous: string | null };

const utf8 = new TextEncoder();

/** A short public name of a root secret: 8 base32 characters of its hash, so that what it made says which secret opens it. */
export const kidOf = async (secret: string): Promise<string> => base32(await sha256(`kid\u0000${secret}`)).slice(0, 8);

const base = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", utf8.encode(secret), "HKDF", false, ["deriveKey"]);

const params = (purpose: Purpose) => ({
  name: "HKDF",
  hash: "SHA-256",
  salt: new Uint8Array(32),
  info: utf8.encode(`nemo-gateway/v1/${purpose}`),
});

/** The AES-256-GCM key for a purpose. */
export async function deriveSealKey(secret: string, purpose: Purpose): Promise<CryptoKey> {
  return crypto.subtle.deriveKey(params(purpose), await base(secret), { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
}

/** The HMAC-SHA-256 key for a purpose. */
export async function deriveMacKey(secret: string, purpose: Purpose): Promise<CryptoKey> {
  const kind = { name: "HMAC", hash: "SHA-256", length: 256 };
  return crypto.subtle.deriveKey(params(purpose), await base(secret), kind, false, ["sign", "verify"]);
}

/** 32 key bytes for a purpose, for what must hold the key itself. */
export async function deriveBytes(secret: string, purpose: Purpose): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", utf8.encode(secret), "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits(params(purpose), key, 256));
}

/** The root secret that a `kid` names; null when it is neither of the two. */
export async function secretOfKid(kid: string, roots: RootSecrets): Promise<string | null> {
  if (kid === (await kidOf(roots.current))) return roots.current;
  if (roots.previous !== null && kid === (await kidOf(roots.previous))) return roots.previous;
  return null;
}
