/**
 * Encryption at rest, signed links, and the keys for both.
 *
 * Every key is derived from the root secret by HKDF-SHA-256, each with a label that names its only purpose.
 *
 * Encryption at rest is AES-256-GCM with a random IV and the owner as additional data; the ciphertext names its root
 * secret. A ciphertext moved to another owner or purpose cannot be decrypted.
 */

import type { Scope } from "./address.ts";
import { base32, base64url, fromBase64, sha256 } from "./encoding.ts";
import {
  type AssetId,
  type KeyId,
  ownedIdPattern,
  plainIdPattern,
  type RandomBytes,
  type RenderId,
  type TenantId,
  type TurnId,
  type UploadId,
} from "./ids.ts";
import { err, ok, type Result } from "./result.ts";
import type { EpochMs } from "./time.ts";

export type Purpose = "encryption" | "link" | "user_token" | "webhook_default";

/** The current root secret, and the previous one while ciphertexts and links made with it are still in use. */
export type RootSecrets = { readonly current: string; readonly previous: string | null };

const utf8 = new TextEncoder();

/** Public key id of a root secret: 8 base32 characters of its hash. Ciphertexts and links carry it. */
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

/** 32 key bytes for a purpose, for code that needs the raw key. */
export async function deriveBytes(secret: string, purpose: Purpose): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey("raw", utf8.encode(secret), "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits(params(purpose), key, 256));
}

/** The root secret with this `kid`; null when it is neither of the two. */
export async function secretOfKid(kid: string, roots: RootSecrets): Promise<string | null> {
  if (kid === (await kidOf(roots.current))) return roots.current;
  if (roots.previous !== null && kid === (await kidOf(roots.previous))) return roots.previous;
  return null;
}

const IV_BYTES = 12;

/** Encrypts text for one owner: purpose, tenant, mode and record joined by `|`. Returns `kid.iv.ciphertext`. */
export async function encrypt(text: string, owner: string, roots: RootSecrets, random: RandomBytes): Promise<string> {
  const iv = random(IV_BYTES);
  const key = await deriveEncryptionKey(roots.current, "encryption");
  const params = { name: "AES-GCM", iv, additionalData: utf8.encode(owner) };
  const encrypted = new Uint8Array(await crypto.subtle.encrypt(params, key, utf8.encode(text)));
  return `${await kidOf(roots.current)}.${base64url(iv)}.${base64url(encrypted)}`;
}

/** Decrypts a ciphertext; null when it belongs to another owner, its root secret is unknown, or it was modified. */
export async function decrypt(encrypted: string, owner: string, roots: RootSecrets): Promise<string | null> {
  const [kid, ivText, body] = encrypted.split(".");
  const iv = fromBase64(ivText ?? "");
  const bytes = fromBase64(body ?? "");
  const secret = await secretOfKid(kid ?? "", roots);
  if (secret === null || iv?.length !== IV_BYTES || bytes === null) return null;
  try {
    const params = { name: "AES-GCM", iv, additionalData: utf8.encode(owner) };
    return new TextDecoder().decode(
      await crypto.subtle.decrypt(params, await deriveEncryptionKey(secret, "encryption"), bytes),
    );
  } catch {
    return null;
  }
}

/** The `kid` of the root secret that made a ciphertext. Decrypts nothing. */
export const kidOfEncrypted = (encrypted: string): string => encrypted.slice(0, Math.max(0, encrypted.indexOf(".")));

/**
 * Whether a ciphertext was made with another root secret than the current one, and must be re-encrypted while that one
 * is still known.
 */
export const needsReEncryption = async (encrypted: string, roots: RootSecrets): Promise<boolean> =>
  kidOfEncrypted(encrypted) !== (await kidOf(roots.current));

/**
 * Whether a ciphertext can never be decrypted for this owner: its root secret is known, but it belongs to another
 * owner or was modified.
 */
export const isUnreadable = async (encrypted: string, owner: string, roots: RootSecrets): Promise<boolean> =>
  (await secretOfKid(kidOfEncrypted(encrypted), roots)) !== null && (await decrypt(encrypted, owner, roots)) === null;

/**
 * Re-encrypts a ciphertext with the current root secret; null when it already uses it, or can no longer be decrypted.
 */
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
 * Signed links: `{kid}.{exp}.{purpose}.{id}.{mac}`, the part of `/f/…` that gives its bearer access to one file for a
 * limited time.
 *
 * A link comes without a credential, so its id part carries tenant and mode too: `ten_…~test~rnd_…`. `exp` is in
 * seconds since 1970. The MAC is HMAC-SHA-256 with a key derived for links only; links made with either root secret
 * are valid. An upload's link names its maker after that: `…~upl_…~key_…`, and for a user token the sign-outs.
 */

/**
 * What a link gives access to: `share` a file, for people; `pull` an asset, for upstream; `ticket` a turn's stream,
 * for EventSource; `upload` the content of one upload, to be sent once.
 */
export type LinkTarget =
  | { readonly purpose: "share"; readonly id: RenderId | AssetId }
  | { readonly purpose: "pull"; readonly id: AssetId }
  | { readonly purpose: "ticket"; readonly id: TurnId }
  | ({ readonly purpose: "upload"; readonly id: UploadId } & UploadLinkMaker);

/** Who made a link that lets its bearer write: the link ends with that key, and with the sign-out of a token's user. */
export type UploadLinkMaker = {
  readonly key: KeyId;
  /** The sign-outs of the user when its token made the link; null if a key made it. */
  readonly epoch: number | null;
};

export type Link = Scope & LinkTarget & { readonly expiresAt: EpochMs };

/** Why a link is rejected. `tampered` covers every token that the gateway did not make. */
export type BadLink = "tampered" | "expired";

const TENANT = plainIdPattern("ten");
const KEY = plainIdPattern("key");
/** How many times a user was signed out. */
const EPOCH = /^\d{1,15}$/;
const PATTERNS = {
  render: ownedIdPattern("rnd"),
  asset: ownedIdPattern("ast"),
  turn: ownedIdPattern("trn"),
  upload: ownedIdPattern("upl"),
};

/** Signs a link that is valid until its expiry, rounded down to a second. The token is safe in a URL as it is. */
export const signLink = (link: Link, roots: RootSecrets): Promise<string> => linkSigner(roots)(link);

/** `signLink` for many links: the key is derived once, so that each further link costs a single MAC. */
export function linkSigner({ current }: RootSecrets): (link: Link) => Promise<string> {
  let deriving: Promise<readonly [string, CryptoKey]> | null = null;
  return async (link) => {
    deriving ??= Promise.all([kidOf(current), deriveMacKey(current, "link")]);
    const [kid, key] = await deriving;
    const name = [link.tenant, link.mode, link.id, ...makerOf(link)].join("~");
    const signed = `${kid}.${Math.floor(link.expiresAt / 1000)}.${link.purpose}.${name}`;
    const mac = await crypto.subtle.sign("HMAC", key, utf8.encode(signed));
    return `${signed}.${base64url(new Uint8Array(mac))}`;
  };
}

function makerOf(link: LinkTarget): readonly string[] {
  if (link.purpose !== "upload") return [];
  return link.epoch === null ? [link.key] : [link.key, String(link.epoch)];
}

/**
 * Verifies a token and returns its link. The MAC is checked first and in constant time, so `expired` is said of
 * genuine links only.
 */
export async function readLink(token: string, roots: RootSecrets, now: EpochMs): Promise<Result<Link, BadLink>> {
  const [kid = "", exp = "", purpose = "", name = "", macText = "", ...rest] = token.split(".");
  const secret = await secretOfKid(kid, roots);
  const mac = fromBase64(macText);
  // Several base64 texts decode to the same bytes; only the canonical one is accepted.
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
  const [, , id = "", key = "", epoch] = name.split("~");
  const isAsset = PATTERNS.asset.test(id);
  if (purpose === "share" && (isAsset || PATTERNS.render.test(id))) return { purpose, id: id as RenderId | AssetId }; // just checked
  if (purpose === "pull" && isAsset) return { purpose, id: id as AssetId }; // just checked
  if (purpose === "ticket" && PATTERNS.turn.test(id)) return { purpose, id: id as TurnId }; // just checked
  if (purpose === "upload" && PATTERNS.upload.test(id) && KEY.test(key) && (epoch === undefined || EPOCH.test(epoch)))
    return { purpose, id: id as UploadId, key: key as KeyId, epoch: epoch === undefined ? null : Number(epoch) }; // just checked
  return null;
}

/** The URL of a token. A file name at its end is not checked: it is for clients that name a download after the URL. */
export const linkUrl = (origin: string, token: string, filename: string | null = null): string =>
  [origin, "f", token, ...(filename === null ? [] : [encodeURIComponent(filename.toWellFormed())])].join("/");
