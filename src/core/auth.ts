/**
 * API keys: `ngw_live_` or `ngw_test_` + 43 base62 characters (32 random bytes) + 6 of checksum.
 *
 * The checksum lets a mistyped key be refused without a database read, and a secret scanner match one without a false
 * alarm. Only the SHA-256 of a key is stored: 256 random bits need no slow hash.
 */

import type { Scope, UserAddress } from "./address.ts";
import { base62, crc32, hex, sha256 } from "./encoding.ts";
import { type FieldError, type Problem, problemOf } from "./errors.ts";
import type { Mode, RandomBytes, UserHash } from "./ids.ts";
import { type EpochMs, toRfc3339 } from "./time.ts";
import type { KeyScope } from "./wire/key.ts";

const KEY = /^ngw_(live|test)_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
const utf8 = new TextEncoder();

const checksum = (head: string): string => {
  const crc = crc32(utf8.encode(head));
  return base62(new Uint8Array([crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255]), 6);
};

/** A new key. It is shown once; keep its `keyHash`. */
export function issueKey(mode: Mode, random: RandomBytes): string {
  const head = `ngw_${mode}_${base62(random(32), 43)}`;
  return head + checksum(head);
}

/** The mode of a well-formed key; null when it is not one of ours or was mistyped. Proves nothing about who holds it. */
export function modeOfKey(text: string): Mode | null {
  const match = KEY.exec(text);
  if (!match) return null;
  const [, mode, random, sum] = match;
  return checksum(`ngw_${mode}_${random}`) === sum ? (mode as Mode) : null; // the pattern allows only the two
}

/** What is stored of a key: the SHA-256 of the whole text, in hexadecimal. */
export const keyHash = async (text: string): Promise<string> => hex(await sha256(text));

/** The first characters of a key, enough to recognise it in a list and useless to an attacker. */
export const keyHint = (text: string): string => text.slice(0, "ngw_test_".length + 4);

/* What a key may do to keys: it gives away nothing that it does not have. */

/** As far as a key reaches. `endsAt` in ms since epoch; null: for ever. */
export type KeyAccess = { readonly mode: Mode; readonly scopes: readonly KeyScope[]; readonly endsAt: EpochMs | null };

/** Null when `wanted` lies within `own`; else a refusal that names each field that does not. */
export function checkKeyAccess(own: KeyAccess, wanted: KeyAccess): Problem | null {
  const errors: FieldError[] = wanted.scopes
    .map((scope, at) => ({ scope, field: `/scopes/${at}` }))
    .filter(({ scope }) => !own.scopes.includes(scope))
    .map(({ scope, field }) => ({ field, message: `\`${scope}\` is not a scope of the key that asks` }));
  if (wanted.mode !== own.mode) errors.push({ field: "/mode", message: `must be ${own.mode}, as the key that asks` });
  if (own.endsAt !== null && (wanted.endsAt === null || wanted.endsAt > own.endsAt)) {
    const message = `must not be after ${toRfc3339(own.endsAt)}, when the key that asks ends`;
    errors.push({ field: "/expires_at", message });
  }
  if (errors.length === 0) return null;
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join("; ");
  return problemOf("key_too_wide", detail, { errors });
}

/* What a user token shows at its user's object, and whether it still opens: decided there on every call. */

/** A verified user token, as objects see it. */
export type UserGrant = {
  readonly uh: UserHash;
  /** How often its user had been signed out when it was made. */
  readonly epoch: number;
  readonly until: EpochMs;
};

/**
 * Who comes into a namespace: with an API key (`grant` is null), or as one user with a token. `named` is the user whom a key's
 * request names by X-User-Id; null or absent when it names none.
 */
export type Principal = Scope & { readonly grant: UserGrant | null; readonly named?: UserHash | null };
/** A call on its way to a user's object. */
export type UserTarget = UserAddress & Principal;

/** Why the pass does not open the object of `uh` at `now`; null when it does. `epoch` is the object's own. */
export function checkGrant(grant: UserGrant, uh: UserHash, epoch: number, now: EpochMs): Problem | null {
  if (grant.uh !== uh) return problemOf("not_found", "Nothing with this id exists for this user.");
  if (grant.epoch !== epoch) return tokenRevoked("This user was signed out after the token was made");
  return grant.until > now ? null : tokenExpired();
}

export const tokenExpired = (): Problem =>
  problemOf("user_token_expired", "This user token has expired; let your server make another one.", {
    hint: "POST /v1/users/{id}/tokens",
  });

/** `why` is a sentence without its full stop. */
export const tokenRevoked = (why: string): Problem =>
  problemOf("user_token_revoked", `${why}; sign in again, then let your server make another token.`, {
    hint: "POST /v1/users/{id}/tokens",
  });
