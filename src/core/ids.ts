/**
 * Ids that carry their route.
 *
 * `prefix_` + 10 characters of time (ms, sortable) + 10 random ones (50 bits) [+ 16 of the owner's hash].
 * An id that belongs to a user's object ends in that object's hash, so a request is routed by its id alone:
 * tenant and mode from the credential, the hash from the id. No index, no header, no database read.
 */
import { base32, base32Number, sha256 } from "./encoding.ts";
import type { EpochMs } from "./time.ts";

export type TenantId = `ten_${string}`;
export type KeyId = `key_${string}`;
export type AuditId = `aud_${string}`;
export type TokenId = `ntk_${string}`;
export type ProjectId = `prj_${string}`;
export type TurnId = `trn_${string}`;
export type UploadId = `upl_${string}`;
export type AssetId = `ast_${string}`;
export type RenderId = `rnd_${string}`;
export type VideoId = `vid_${string}`;
export type BatchId = `bat_${string}`;
export type GeneratorJobId = `gjb_${string}`;
export type GeneratorId = `gen_${string}`;
export type EndpointId = `whk_${string}`;
export type EventId = `evt_${string}`;
export type DeliveryId = `dlv_${string}`;

/** The nouns whose records live in a user's object (or, for uploads, beside it) and whose ids end in its hash. */
export const OWNED_PREFIXES = ["ntk", "prj", "trn", "upl", "ast", "rnd", "vid", "bat", "gjb"] as const;
export type OwnedPrefix = (typeof OWNED_PREFIXES)[number];
export type PlainPrefix = "ten" | "key" | "aud" | "whk" | "dlv" | "gen";

/** 80 bits of a user's address as 16 base32 characters. */
export type UserHash = string & { readonly brand?: "uh" };

/** `live` spends credits at Nemo; `test` talks to the sandbox. They never meet: the mode is part of every object's name. */
export type Mode = "live" | "test";
export const MODES = ["live", "test"] as const;

/** Random bytes, handed in: `crypto.getRandomValues` in the shells, a fixed list in tests. */
export type RandomBytes = (count: number) => Uint8Array;

const TIME_CHARS = 10;
const RANDOM_CHARS = 10;
/** 50 bits fill the 10 random characters; 7 bytes hold them. */
const RANDOM_BYTES = 7;
export const USER_HASH_CHARS = 16;
const USER_HASH_BYTES = 10;

const unique = (now: EpochMs, random: RandomBytes): string =>
  base32Number(now, TIME_CHARS) + base32(random(RANDOM_BYTES)).slice(0, RANDOM_CHARS);

/** A new id owned by the user's object `uh`. */
export const ownedId = <P extends OwnedPrefix>(
  prefix: P,
  uh: UserHash,
  now: EpochMs,
  random: RandomBytes,
): `${P}_${string}` => `${prefix}_${unique(now, random)}${uh}`;

/** A new id owned by a tenant or the operator. */
export const plainId = <P extends PlainPrefix>(prefix: P, now: EpochMs, random: RandomBytes): `${P}_${string}` =>
  `${prefix}_${unique(now, random)}`;

/** What an owned id of this kind looks like. */
export const ownedIdPattern = (prefix: OwnedPrefix): RegExp =>
  new RegExp(`^${prefix}_[0-9a-z]{${TIME_CHARS + RANDOM_CHARS + USER_HASH_CHARS}}$`);

/** What a plain id of this kind looks like. */
export const plainIdPattern = (prefix: PlainPrefix | "evt"): RegExp =>
  new RegExp(`^${prefix}_[0-9a-z]{${TIME_CHARS + RANDOM_CHARS}}$`);

/** The owner's hash at the end of an owned id. The id must match its pattern; anything else gives what its last 16 characters are. */
export const userHashOf = (id: `${OwnedPrefix}_${string}`): UserHash => id.slice(-USER_HASH_CHARS);

/** The hash of a tenant's own user string. The same person under two tenants has two addresses. Names are NFC: `isUserName` refuses others. */
export async function userHash(tenant: TenantId, user: string): Promise<UserHash> {
  return shorten(await sha256(`${tenant}\u0000${user}`));
}

/** The hash of a call that names no user: the same Idempotency-Key on the same path finds its own record again. */
export async function callHash(
  tenant: TenantId,
  mode: Mode,
  method: string,
  path: string,
  key: string,
): Promise<UserHash> {
  return shorten(await sha256([tenant, mode, method, path, key].join("\u0001")));
}

/** The hash of a call that names neither a user nor an Idempotency-Key: an address of its own. */
export const randomUserHash = (random: RandomBytes): UserHash => base32(random(USER_HASH_BYTES));

const shorten = (digest: Uint8Array): UserHash => base32(digest.slice(0, USER_HASH_BYTES));

/** An event's id, made from the fact alone, so that a fact told twice has one id. */
export async function eventId(resource: string, transition: string): Promise<EventId> {
  return `evt_${base32(await sha256(`${resource}\u0000${transition}`)).slice(0, TIME_CHARS + RANDOM_CHARS)}`;
}

/* Readable names for addresses. */

/** The longest slug without and with what tells two of the same name apart. */
const SLUG_CHARS = 48;

/** A slug of a name: its Latin letters and digits, or `generator` where it has none; with the end of `id` to tell it apart. */
export function slugOf(name: string, id = ""): string {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, SLUG_CHARS)
    .replace(/^-+|-+$/g, "");
  return [plain || "generator", id.slice(-8)].filter((part) => part !== "").join("-");
}
