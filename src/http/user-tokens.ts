/**
 * User tokens: JWTs (RFC 7519) for phones and browsers, each bound to tenant, mode, user, sign-out epoch and the key that
 * created it.
 *
 * The algorithm is always HS256 and never taken from the token; `kid` selects one of two root secrets. The signature is checked
 * before any claim, so `expired` is reported only for tokens issued here.
 */
import { sign, verify } from "hono/jwt";
import * as z from "zod";
import type { Scope } from "../core/address.ts";
import type { UserGrant } from "../core/auth.ts";
import { deriveBytes, kidOf, type RootSecrets, secretOfKid } from "../core/crypto.ts";
import { base64url, fromBase64 } from "../core/encoding.ts";
import type { KeyId } from "../core/ids.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { EpochMs } from "../core/time.ts";
import { mode, plain } from "../core/wire/common.ts";
import { USER_SCOPES, type UserScope } from "../core/wire/user.ts";

/** The claims of a user token. */
export type UserToken = Scope & {
  readonly keyId: KeyId;
  readonly scopes: readonly UserScope[];
  readonly grant: UserGrant;
};

/** Why a token is invalid. `foreign`: not issued by this gateway, or changed. */
export type BadToken = "foreign" | "early" | "expired";

const ALGORITHM = "HS256";
const seconds = z.int().min(0);
const claims = z.object({
  ten: plain("ten"),
  mode,
  sub: z.string().regex(/^[0-9a-z]{16}$/),
  key: plain("key"),
  scp: z.array(z.enum(USER_SCOPES)).min(1),
  epoch: seconds,
  nbf: seconds,
  exp: seconds,
});

/** True for text in the format of a JWT, which no API key has. */
export const isUserToken = (text: string): boolean => /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(text);

/** Signs a token that is valid from `issuedAt`, in whole seconds, until its grant ends. */
export async function signUserToken(token: UserToken, issuedAt: EpochMs, roots: RootSecrets): Promise<string> {
  const { tenant: ten, mode, keyId: key, scopes, grant } = token;
  const nbf = Math.floor(issuedAt / 1000);
  const payload = { ten, mode, sub: grant.uh, key, scp: [...scopes], epoch: grant.epoch, nbf, exp: grant.until / 1000 };
  return sign(payload, await jwkOf(roots.current), ALGORITHM);
}

/** The claims of a token that is valid at `now`. */
export async function readUserToken(
  text: string,
  roots: RootSecrets,
  now: EpochMs,
): Promise<Result<UserToken, BadToken>> {
  const secret = await secretOfKid(kidIn(text), roots);
  if (secret === null) return err("foreign");
  // The times are checked below, after the signature.
  const options = { alg: ALGORITHM, exp: false, nbf: false, iat: false } as const;
  const verified = await verify(text, await jwkOf(secret), options).catch(() => null);
  const found = claims.safeParse(verified);
  if (!found.success) return err("foreign");
  const { ten: tenant, mode, sub: uh, key: keyId, scp: scopes, epoch, nbf, exp } = found.data;
  if (nbf * 1000 > now) return err("early");
  if (exp * 1000 <= now) return err("expired");
  return ok({ tenant, mode, keyId, scopes, grant: { uh, epoch, until: exp * 1000 } });
}

/** The `kid` of a token's header, before verification; empty if there is none. */
function kidIn(text: string): string {
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(fromBase64(text.split(".")[0] ?? "") ?? undefined));
    return z.object({ kid: z.string() }).safeParse(header).data?.kid ?? "";
  } catch {
    return "";
  }
}

const jwkOf = async (secret: string) => ({
  kty: "oct",
  alg: ALGORITHM,
  kid: await kidOf(secret),
  k: base64url(await deriveBytes(secret, "user_token")),
});
