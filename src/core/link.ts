/**
 * Signed links: `{kid}.{exp}.{purpose}.{id}.{mac}`, the part of `/f/…` that opens one file for a while, for whoever holds it.
 *
 * No credential comes with a link, so its id part carries the namespace too: `ten_…~test~rnd_…`. `exp` is in seconds
 * since 1970. The MAC is HMAC-SHA-256 under a key that is derived for links only; the links of two root secrets are valid.
 */
import type { Scope } from "./address.ts";
import { deriveMacKey, kidOf, type RootSecrets, secretOfKid } from "./derive.ts";
import { base64url, fromBase64 } from "./encode.ts";
import { type AssetId, ownedIdPattern, plainIdPattern, type RenderId, type TenantId, type TurnId } from "./ids.ts";
import { err, ok, type Result } from "./result.ts";
import type { EpochMs } from "./time.ts";

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
const utf8 = new TextEncoder();

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
