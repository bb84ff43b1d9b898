/** The sent user token, judged: its own words, then the rights of the key that made it. Its sign-out is its object's to say. */
import { type Refusal, refusal } from "../core/errors.ts";
import { tokenExpired, tokenRevoked } from "../core/pass.ts";
import { ApiError } from "./api-error.ts";
import type { Caller, Ctx } from "./context.ts";
import { judgeKeyId } from "./key-verdict.ts";
import { rootsOf } from "./roots.ts";
import { type BadToken, readUserToken } from "./user-token.ts";

/** Who comes with a user token. It opens no more than the key that made it does now, and dies with that key. */
export async function judgeUserToken(c: Ctx, sent: string): Promise<Caller> {
  const read = await readUserToken(sent, rootsOf(c.var.config), Date.now());
  if (!read.ok) throw new ApiError(badToken(read.error));
  const { keyId, tenant, mode, scopes, pass } = read.value;
  const maker = await judgeKeyId(c, keyId);
  if (maker === null || maker.tenant !== tenant || maker.mode !== mode)
    throw new ApiError(tokenRevoked("The API key that made this token is no longer valid"));
  const both = maker.scopes.filter((scope) => scopes.some((own) => own === scope));
  return { ...maker, scopes: both, rotatedAt: null, endsAt: pass.until, pass };
}

function badToken(why: BadToken): Refusal {
  if (why === "expired") return tokenExpired();
  if (why === "early") return refusal("unauthenticated", "This user token is not valid yet; check the sender's clock.");
  return refusal("unauthenticated", "This user token is not one of ours, or it was changed.");
}
