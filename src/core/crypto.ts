/** Every key of the gateway is derived from the root secret by HKDF-SHA-256, each under a label that names its one purpose. */

import type { Scope } from "./address.ts";
import { base32, base64url, fromBase64, sha256 } from "./encoding.ts";
import {
  type AssetId,
  ownedIdPattern,
  plainIdPattern,
  type RandomBytes,
  type RenderId,
  type TenantId,
  type TurnId,
} from "./ids.ts";
import { err, ok, type Result } from "./result.ts";
import type { EpochMs } from "./time.ts";

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
export async function deriveEncryptionKey(secret: string, purpose: Purpose): Promise<CryptoKey> {
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

/*
 * Secrets at rest: AES-256-GCM with a random IV, the owner as additional data, the key's name beside it.
 * A seal moved to another owner or purpose does not open.
 */

const IV_BYTES = 12;

/** Seals text for one owner: `owner` is purpose, tenant, mode and record joined by `|`. The answer is `kid.iv.ciphertext`. */
export async function encrypt(text: string, owner: string, roots: RootSecrets, random: RandomBytes): Promise<string> {
  const iv = random(IV_BYTES);
  const key = await deriveEncryptionKey(roots.current, "seal");
  const params = { name: "AES-GCM", iv, additionalData: utf8.encode(owner) };
  const encrypted = new Uint8Array(await crypto.subtle.encrypt(params, key, utf8.encode(text)));
  return `${await kidOf(roots.current)}.${base64url(iv)}.${base64url(encrypted)}`;
}

/** Opens a seal; null when it was made for another owner, under an unknown root secret, or was changed. */
export async function decrypt(encrypted: string, owner: string, roots: RootSecrets): Promise<string | null> {
  const [kid, ivText, body] = encrypted.split(".");
  const iv = fromBase64(ivText ?? "");
  const bytes = fromBase64(body ?? "");
  const secret = await secretOfKid(kid ?? "", roots);
  if (secret === null || iv?.length !== IV_BYTES || bytes === null) return null;
  try {
    const params = { name: "AES-GCM", iv, additionalData: utf8.encode(owner) };
    return new TextDecoder().decode(
      await crypto.subtle.decrypt(params, await deriveEncryptionKey(secret, "seal"), bytes),
    );
  } catch {
    return null;
  }
}

/** Which root secret made a seal, by its public name: what `kidOf` says of that secret. Nothing is opened. */
export const kidOfEncrypted = (encrypted: string): string => encrypted.slice(0, Math.max(0, encrypted.indexOf(".")));

/** Whether a seal was made under another root secret than the current one, and should be made anew while that one is still known. */
export const needsReEncryption = async (encrypted: string, roots: RootSecrets): Promise<boolean> =>
  kidOfEncrypted(encrypted) !== (await kidOf(roots.current));

/** Whether a seal never opens for this owner: its root secret is known, and it was made for another owner or changed. */
export const isUnreadable = async (encrypted: string, owner: string, roots: RootSecrets): Promise<boolean> =>
  (await secretOfKid(kidOfEncrypted(encrypted), roots)) !== null && (await decrypt(encrypted, owner, roots)) === null;

/** The same text sealed under the current root secret; null when it is already, or when it cannot be opened any more. */
export async function reEncrypt(
  encrypted: string,
  owner: string,
  roots: RootSecrets,
  random: RandomBytes,
): Promise<string | null> {
  if (!(await needsReEncryption(encrypted, roots))) return null;
  const text = await decrypt(encrypted, owner, roots);
  return text === null ? null : encrypt(text, owner, roots, random);
}

/*
 * Signed links: `{kid}.{exp}.{purpose}.{id}.{mac}`, the part of `/f/…` that opens one file for a while, for whoever holds it.
 *
 * No credential comes with a link, so its id part carries the namespace too: `ten_…~test~rnd_…`. `exp` is in seconds
 * since 1970. The MAC is HMAC-SHA-256 under a key that is derived for links only; the links of two root secrets are valid.
 */

/** What a link opens: `share` a file, for people; `pull` an asset, for upstream; `ticket` a turn's stream, for EventSource. */
export type LinkTarget =
  | { readonly purpose: "share"; readonly id: RenderId | AssetId }
  | { readonly purpose: "pull"; readonly id: AssetId }
  | { readonly purpose: "ticket"; readonly id: TurnId };

export type Link = Scope & LinkTarget & { readonly expiresAt: EpochMs };

/** Why a link does not open. `tampered` covers everything that was not made by us. */
export type BadLink = "tampered" | "expired";

const TENANT = plainIdPattern("ten");
const PATTERNS = { render: ownedIdPattern("rnd"), asset: ownedIdPattern("ast"), turn: ownedIdPattern("trn") };

/** The token that opens `link` until it expires, to the second. Safe in a URL as it is. */
export const signLink = (link: Link, roots: RootSecrets): Promise<string> => linkSigner(roots)(link);

/** `signLink` for many links: the key is derived with the first one, so that each further one costs a single MAC. */
export function linkSigner({ current }: RootSecrets): (link: Link) => Promise<string> {
  let deriving: Promise<readonly [string, CryptoKey]> | null = null;
  return async (link) => {
    deriving ??= Promise.all([kidOf(current), deriveMacKey(current, "link")]);
    const [kid, key] = await deriving;
    const name = `${link.tenant}~${link.mode}~${link.id}`;
    const signed = `${kid}.${Math.floor(link.expiresAt / 1000)}.${link.purpose}.${name}`;
    const mac = await crypto.subtle.sign("HMAC", key, utf8.encode(signed));
    return `${signed}.${base64url(new Uint8Array(mac))}`;
  };
}

/** What a token opens at `now`. The MAC is checked first and in constant time, so only our own links are told expired. */
export async function readLink(token: string, roots: RootSecrets, now: EpochMs): Promise<Result<Link, BadLink>> {
  const [kid = "", exp = "", purpose = "", name = "", macText = "", ...rest] = token.split(".");
  const secret = await secretOfKid(kid, roots);
  const mac = fromBase64(macText);
  // Base64 has several spellings of the same bytes; a link has one.
  if (secret === null || mac === null || rest.length > 0 || base64url(mac) !== macText) return err("tampered");
  const signed = utf8.encode(`${kid}.${exp}.${purpose}.${name}`);
  if (!(await crypto.subtle.verify("HMAC", await deriveMacKey(secret, "link"), mac, signed))) return err("tampered");
  const scope = scopeOf(name);
  const target = targetOf(purpose, name);
  if (scope === null || target === null) return err("tampered");
  const expiresAt = Number(exp) * 1000;
  return expiresAt > now ? ok({ ...scope, ...target, expiresAt }) : err("expired");
}

function scopeOf(name: string): Scope | null {
  const [tenant = "", mode] = name.split("~");
  if (!TENANT.test(tenant) || (mode !== "live" && mode !== "test")) return null;
  return { tenant: tenant as TenantId, mode }; // the pattern was just checked
}

function targetOf(purpose: string, name: string): LinkTarget | null {
  const id = name.split("~")[2] ?? "";
  const isAsset = PATTERNS.asset.test(id);
  if (purpose === "share" && (isAsset || PATTERNS.render.test(id))) return { purpose, id: id as RenderId | AssetId }; // just checked
  if (purpose === "pull" && isAsset) return { purpose, id: id as AssetId }; // just checked
  if (purpose === "ticket" && PATTERNS.turn.test(id)) return { purpose, id: id as TurnId }; // just checked
  return null;
}

/** Where a token is opened. A file's name at its end opens nothing: it is for who names what it fetches after the address. */
export const linkUrl = (origin: string, token: string, filename: string | null = null): string =>
  [origin, "f", token, ...(filename === null ? [] : [encodeURIComponent(filename.toWellFormed())])].join("/");
