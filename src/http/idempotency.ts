/** A writing request as objects see it, and the address of what it makes. */
import { type UserAddress, userNameOwner } from "../core/address.ts";
import type { Principal, UserTarget } from "../core/auth.ts";
import { encrypt } from "../core/crypto.ts";
import { hex, sha256 } from "../core/encoding.ts";
import {
  callHash,
  type OwnedPrefix,
  ownedId,
  strayHash,
  type UploadId,
  type UserHash,
  userHash,
  userHashOf,
} from "../core/ids.ts";
import type { Call } from "../core/rpc/user.ts";
import { type Ctx, random, rootsOf } from "./context.ts";
import { tenantObject } from "./objects.ts";
import { apiError } from "./problem.ts";

/** What a writing call brings along, for the user of the header unless another is told. */
export async function callOf(c: Ctx, user = c.var.user): Promise<Call> {
  const { origin, caller } = c.var;
  const acceptLanguage = c.req.header("Accept-Language") ?? null;
  return {
    origin,
    named: user !== null || caller.grant !== null,
    acceptLanguage,
    attribution: caller.attribution,
    quotas: caller.quotas,
    idempotency: await idempotencyOf(c),
    user: user === null ? null : await encryptedName(c, user),
    key: caller.keyId,
  };
}

/** The sent Idempotency-Key and what it is bound to: method, path and body. Null when none was sent. */
export async function idempotencyOf({ req, var: { idempotencyKey, bodyText } }: Ctx): Promise<Call["idempotency"]> {
  if (idempotencyKey === null) return null;
  return { key: idempotencyKey, fingerprint: hex(await sha256(`${req.method} ${req.path} ${bodyText}`)) };
}

/** Where a new thing goes: to the caller's user; else to an address its Idempotency-Key finds again; else to one of its own. */
export async function newAddress(c: Ctx): Promise<UserTarget> {
  const principal = principalOf(c);
  const { idempotencyKey } = c.var;
  const own = ownHash(c);
  if (own !== null) return { ...principal, uh: own };
  const { tenant, mode } = principal;
  if (idempotencyKey !== null)
    return { ...principal, uh: await callHash(tenant, mode, c.req.method, c.req.path, idempotencyKey) };
  return { ...principal, uh: strayHash(random) };
}

/** Where a thing lives, by its id alone. A request that names another user is refused before anything is asked there. */
export const addressOf = (c: Ctx, id: `${OwnedPrefix}_${string}`): UserTarget => ({
  ...principalOf(c),
  uh: userHashOf(id),
});

/** The caller's user's address. A list needs one: things made without a user live at many addresses. */
export function namedAddress(c: Ctx): UserTarget {
  const own = ownHash(c);
  if (own !== null) return { ...principalOf(c), uh: own };
  throw apiError("user_required", "This list is kept per user: send X-User-Id, or read the tenant's events.", {
    hint: "GET /v1/events",
  });
}

/** The caller's user's address, or the one of the tenant itself: no user is named by an empty string. */
export async function accountAddress(c: Ctx): Promise<UserTarget> {
  const principal = principalOf(c);
  return { ...principal, uh: ownHash(c) ?? (await userHash(principal.tenant, "")) };
}

/** The address of the user that a path names. */
export async function userAddress(c: Ctx, user: string): Promise<UserTarget> {
  const principal = principalOf(c);
  return { ...principal, uh: await userHash(principal.tenant, user) };
}

/** The user that a token speaks for, or that a header names; null for none. */
export const ownHash = ({ var: { caller } }: Ctx): UserHash | null => caller.grant?.uh ?? caller.named ?? null;

function principalOf({ var: { caller } }: Ctx): Principal {
  const { tenant, mode, grant, named } = caller;
  return named === undefined ? { tenant, mode, grant } : { tenant, mode, grant, named };
}

/** The tenant's own name of a user as objects keep it: sealed for the user's address. */
async function encryptedName(c: Ctx, user: string): Promise<string> {
  const { tenant, mode } = c.var.caller;
  const owner = userNameOwner({ tenant, mode, uh: await userHash(tenant, user) });
  return encrypt(user, owner, rootsOf(c.var.config), random);
}

/**
 * The id of an upload to be made. An upload lives in an object named by its id, so a repeat must come to the same id:
 * with an Idempotency-Key it is made from the key, else from the moment and chance. A key leads to its upload for as long as
 * that is kept; the object itself refuses one that is older than a key is remembered. `nth` counts the files of one request.
 */
export async function newUploadId(c: Ctx, { tenant, mode, uh }: UserAddress, nth = 0): Promise<UploadId> {
  if (c.var.idempotencyKey === null) return ownedId("upl", uh, Date.now(), random);
  const more = nth === 0 ? [] : [String(nth)];
  const digest = await sha256([tenant, mode, uh, "upload", c.var.idempotencyKey, ...more].join("\u0001"));
  const moment = digest.slice(0, 6).reduce((number, byte) => number * 256 + byte, 0);
  return ownedId("upl", uh, moment, (count) => digest.slice(6, 6 + count));
}

/* Requests of tools that cannot set headers: the same body within 60 s is the same request. */

/**
 * Gives the request the Idempotency-Key that the same one got a moment ago, or a new one. True when it came before. Only for a
 * tenant's key without a user and without a key of its own; everything after it is the usual way of a repeat.
 */
export async function claimDuplicate(c: Ctx): Promise<boolean> {
  const { idempotencyKey, user, caller, bodyText } = c.var;
  if (idempotencyKey !== null || user !== null || caller.grant !== null || bodyText === "") return false;
  const { key, isNew } = await tenantObject(c.env, caller).claimBody(await hashOf(c));
  c.set("idempotencyKey", key);
  return !isNew;
}

/** Gives a request that `claimDuplicate` knew again another key, since what the first one made was deleted. */
export async function renewClaim(c: Ctx): Promise<void> {
  const { idempotencyKey, caller } = c.var;
  const { key } = await tenantObject(c.env, caller).claimBody(await hashOf(c), idempotencyKey ?? undefined);
  c.set("idempotencyKey", key);
}

const hashOf = async (c: Ctx): Promise<string> => hex(await sha256(`${c.req.method} ${c.req.path} ${c.var.bodyText}`));
