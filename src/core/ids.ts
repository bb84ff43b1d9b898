/**
 * Ids, and the hashes and slugs that appear in addresses.
 *
 * An id is `prefix_` + 10 characters of time (ms, sortable) + 10 random ones (50 bits) [+ 16 of the owner's hash]. An
 * id of a record in a user's object ends in that object's hash, so the id alone routes a request: tenant and mode come
 * from the credential, the hash from the id. No index and no database read is needed.
 */
import { base32, base32Number, sha256 } from "./encoding.ts";
import type { EpochMs } from "./time.ts";

export type TenantId = `ten_${string}`;
export type KeyId = `key_${string}`;
export type InviteId = `inv_${string}`;
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

/**
 * Prefixes of records that live in a user's object (or, for uploads, in an object of the same user) and whose ids end
 * in its hash.
 */
export const OWNED_PREFIXES = ["ntk", "prj", "trn", "upl", "ast", "rnd", "vid", "bat", "gjb"] as const;
export type OwnedPrefix = (typeof OWNED_PREFIXES)[number];
/** The kinds of resources that an API key can list for all users of its tenant. */
export type ListedKind = "prj" | "upl" | "rnd" | "vid";
export type ListedId = `${ListedKind}_${string}`;
export type PlainPrefix = "ten" | "key" | "inv" | "aud" | "whk" | "dlv" | "gen";

/** 80 bits of a user's address as 16 base32 characters. */
export type UserHash = string & { readonly brand?: "uh" };

/**
 * `live` spends credits at Nemo; `test` uses the sandbox. The mode is part of every object's name, so they share no
 * state.
 */
export type Mode = "live" | "test";
export const MODES = ["live", "test"] as const;

/** Source of random bytes: `crypto.getRandomValues` in production, a fixed list in tests. */
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

/** The pattern of an owned id with this prefix. */
export const ownedIdPattern = (prefix: OwnedPrefix): RegExp =>
  new RegExp(`^${prefix}_[0-9a-z]{${TIME_CHARS + RANDOM_CHARS + USER_HASH_CHARS}}$`);

/** The pattern of a plain id with this prefix. */
export const plainIdPattern = (prefix: PlainPrefix | "evt"): RegExp =>
  new RegExp(`^${prefix}_[0-9a-z]{${TIME_CHARS + RANDOM_CHARS}}$`);

const OWNED_ID = new RegExp(
  `(?:${OWNED_PREFIXES.join("|")})_[0-9a-z]{${TIME_CHARS + RANDOM_CHARS + USER_HASH_CHARS}}(?![0-9a-z])`,
);

/** The first owned id in a text, such as a path or a job's key; null for none. */
export const ownedIdIn = (text: string): `${OwnedPrefix}_${string}` | null =>
  (OWNED_ID.exec(text)?.[0] as `${OwnedPrefix}_${string}` | undefined) ?? null; // the pattern is that of the type

/**
 * The owner's hash at the end of an owned id. The id must match its pattern; for other text these are just its last 16
 * characters.
 */
export const userHashOf = (id: `${OwnedPrefix}_${string}`): UserHash => id.slice(-USER_HASH_CHARS);

/**
 * The hash of a tenant's own user string. The same person under two tenants has two hashes. Names are NFC:
 * `isUserName` rejects others.
 */
export async function userHash(tenant: TenantId, user: string): Promise<UserHash> {
  return shorten(await sha256(`${tenant}\u0000${user}`));
}

/**
 * The hash of a request that names no user: a retry with the same Idempotency-Key on the same path reaches the same
 * object.
 */
export async function callHash(
  tenant: TenantId,
  mode: Mode,
  method: string,
  path: string,
  key: string,
): Promise<UserHash> {
  return shorten(await sha256([tenant, mode, method, path, key].join("\u0001")));
}

/** The hash of a request without a user and without an Idempotency-Key: a random object. */
export const randomUserHash = (random: RandomBytes): UserHash => base32(random(USER_HASH_BYTES));

const shorten = (digest: Uint8Array): UserHash => base32(digest.slice(0, USER_HASH_BYTES));

/** An event's id, derived from resource and transition alone, so that an event published twice has one id. */
export async function eventId(resource: string, transition: string): Promise<EventId> {
  return `evt_${base32(await sha256(`${resource}\u0000${transition}`)).slice(0, TIME_CHARS + RANDOM_CHARS)}`;
}

/** Maximum length of a slug, without the suffix that makes it unique. */
const SLUG_CHARS = 48;

/**
 * A slug of a name: its Latin letters and digits, or `generator` when it has none; with the end of `id` as a suffix to
 * make it unique.
 */
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
