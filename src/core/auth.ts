/**
 * Credentials: API keys, what a key may grant to another key, and the claims of user tokens.
 *
 * An API key is `ngw_live_` or `ngw_test_` + 43 base62 characters (32 random bytes) + a checksum of 6 characters. The
 * checksum rejects a mistyped key without a database read, and lets a secret scanner match keys without false alarms.
 * Only the SHA-256 of a key is stored: 256 random bits need no slow hash.
 */

import type { Scope, UserAddress } from "./address.ts";
import { base62, crc32, hex, sha256 } from "./encoding.ts";
import { type FieldError, type Problem, problemOf } from "./errors.ts";
import type { Mode, RandomBytes, UserHash } from "./ids.ts";
import { type EpochMs, toRfc3339 } from "./time.ts";
import type { KeyScope } from "./wire/key.ts";

const KEY = /^ngw_(live|test|code|access|refresh)_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
const utf8 = new TextEncoder();

const INVITE = /^ngi_[0-9A-Za-z]{49}$/;
const CHECKSUM_CHARS = 6;

const checksum = (head: string): string => {
  const crc = crc32(utf8.encode(head));
  return base62(new Uint8Array([crc >>> 24, (crc >>> 16) & 255, (crc >>> 8) & 255, crc & 255]), CHECKSUM_CHARS);
};

/**
 * What a connected app holds, in the form of a key: the code that it gets its first tokens for, an access token for its
 * requests, and a refresh token for its next tokens.
 */
export type AppTokenKind = "code" | "access" | "refresh";

const withChecksum = (head: string): string => head + checksum(head);

/** Generates a key, or what a connected app holds. It is shown once; store its `keyHash`. */
export const issueKey = (kind: Mode | AppTokenKind, random: RandomBytes): string =>
  withChecksum(`ngw_${kind}_${base62(random(32), 43)}`);

/** The mode of a well-formed key; null when the format or the checksum is wrong. Does not prove that the key exists. */
export function modeOfKey(text: string): Mode | null {
  const kind = kindOf(text);
  return kind === "live" || kind === "test" ? kind : null;
}

/** Whether a text has the form and the checksum of what a connected app holds. */
export const isAppToken = (text: string, kind: AppTokenKind): boolean => kindOf(text) === kind;

function kindOf(text: string): Mode | AppTokenKind | null {
  const match = KEY.exec(text);
  if (!match) return null;
  const [, kind, random, sum] = match;
  return checksum(`ngw_${kind}_${random}`) === sum ? (kind as Mode | AppTokenKind) : null; // the pattern allows only these
}

/**
 * Generates the code of an invite: `ngi_`, then as a key. It is in the invite's link, shown once; store its `keyHash`.
 */
export const issueInviteCode = (random: RandomBytes): string => withChecksum(`ngi_${base62(random(32), 43)}`);

/** True for a well-formed code of an invite. Does not prove that the invite exists. */
export const isInviteCode = (text: string): boolean =>
  INVITE.test(text) && withChecksum(text.slice(0, -CHECKSUM_CHARS)) === text;

/**
 * The key of the session that is opened with an invite. The same code and Idempotency-Key give the same key, so a repeated
 * request gets the session of the first one, which is stored nowhere.
 */
export async function sessionKeyOf(code: string, idempotencyKey: string, mode: Mode): Promise<string> {
  const bytes = await sha256(`${code}\u0000${idempotencyKey}`);
  return issueKey(mode, (count) => bytes.slice(0, count));
}

/** The SHA-256 of the whole key in hexadecimal, as it is stored. */
export const keyHash = async (text: string): Promise<string> => hex(await sha256(text));

/** The first characters of a key: enough to recognise it in a list, too few to help an attacker. */
export const keyHint = (text: string): string => text.slice(0, "ngw_test_".length + 4);

/** What a key can access. `endsAt`: ms since epoch; null means it does not expire. */
export type KeyAccess = { readonly mode: Mode; readonly scopes: readonly KeyScope[]; readonly endsAt: EpochMs | null };

/**
 * Checks that `wanted` lies within `own`: a key cannot create a key that can do more than itself. Null when it does;
 * else a problem that names each field that does not.
 */
export function checkKeyAccess(own: KeyAccess, wanted: KeyAccess): Problem | null {
  const errors: FieldError[] = wanted.scopes
    .map((scope, at) => ({ scope, field: `/scopes/${at}` }))
    .filter(({ scope }) => !own.scopes.includes(scope))
    .map(({ scope, field }) => ({ field, message: `\`${scope}\` is not a scope of the key that makes this request` }));
  if (wanted.mode !== own.mode)
    errors.push({ field: "/mode", message: `must be ${own.mode}, the mode of the key that makes this request` });
  if (own.endsAt !== null && (wanted.endsAt === null || wanted.endsAt > own.endsAt)) {
    const message = `must not be after ${toRfc3339(own.endsAt)}, when the key that makes this request expires`;
    errors.push({ field: "/expires_at", message });
  }
  if (errors.length === 0) return null;
  const detail = errors.map(({ field, message }) => `${field}: ${message}`).join("; ");
  return problemOf("key_too_wide", detail, { errors });
}

/** The claims of a verified user token. The user's object checks on every call whether they are still valid. */
export type UserGrant = {
  readonly uh: UserHash;
  /** How many times the user had been signed out when the token was issued. */
  readonly epoch: number;
  readonly until: EpochMs;
};

/**
 * The caller of a request: an API key (`grant` is null) or one user with a token. `named` is the user that a key's
 * request names by X-User-Id; null or absent when it names none.
 */
export type Principal = Scope & { readonly grant: UserGrant | null; readonly named?: UserHash | null };
/** The caller and the user's object that the call is for. */
export type UserTarget = UserAddress & Principal;

/**
 * Checks a token's claims for the object of `uh` at `now`; null when they are valid. `epoch` is the object's own
 * sign-out count.
 */
export function checkGrant(grant: UserGrant, uh: UserHash, epoch: number, now: EpochMs): Problem | null {
  if (grant.uh !== uh)
    return problemOf(
      "not_found",
      "This user has nothing with this id; check the id, or use a token of the user that owns it.",
    );
  if (grant.epoch !== epoch) return tokenRevoked("This user was signed out after the token was issued");
  return grant.until > now ? null : tokenExpired();
}

export const tokenExpired = (): Problem =>
  problemOf("user_token_expired", "This user token has expired; let your server issue another one.", {
    hint: "POST /v1/users/{id}/tokens",
  });

/** `why` is a sentence without its full stop. */
export const tokenRevoked = (why: string): Problem =>
  problemOf("user_token_revoked", `${why}; sign in again, then let your server issue another token.`, {
    hint: "POST /v1/users/{id}/tokens",
  });
