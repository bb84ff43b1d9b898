/** What a user token shows at its user's object, and whether it still opens: decided there on every call. */
import type { Scope, UserAddress } from "./address.ts";
import { type Refusal, refusal } from "./errors.ts";
import type { UserHash } from "./ids.ts";
import type { EpochMs } from "./time.ts";

/** A verified user token, as objects see it. */
export type Pass = {
  readonly uh: UserHash;
  /** How often its user had been signed out when it was made. */
  readonly epoch: number;
  readonly until: EpochMs;
};

/**
 * Who comes into a namespace: with an API key (`pass` is null), or as one user with a token. `named` is the user whom a key's
 * request names by X-User-Id; null or absent when it names none.
 */
export type Visitor = Scope & { readonly pass: Pass | null; readonly named?: UserHash | null };
/** A call on its way to a user's object. */
export type Visit = UserAddress & Visitor;

/** Why the pass does not open the object of `uh` at `now`; null when it does. `epoch` is the object's own. */
export function refusePass(pass: Pass, uh: UserHash, epoch: number, now: EpochMs): Refusal | null {
  if (pass.uh !== uh) return refusal("not_found", "Nothing with this id exists for this user.");
  if (pass.epoch !== epoch) return tokenRevoked("This user was signed out after the token was made");
  return pass.until > now ? null : tokenExpired();
}

export const tokenExpired = (): Refusal =>
  refusal("user_token_expired", "This user token has expired; let your server make another one.", {
    hint: "POST /v1/users/{id}/tokens",
  });

/** `why` is a sentence without its full stop. */
export const tokenRevoked = (why: string): Refusal =>
  refusal("user_token_revoked", `${why}; sign in again, then let your server make another token.`, {
    hint: "POST /v1/users/{id}/tokens",
  });
