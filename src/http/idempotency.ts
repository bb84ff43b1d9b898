/** What a write request contains for its call: idempotency key, context, the object's address, and the audit log entry. */
import { type UserAddress, userNameOwner } from "../core/address.ts";
import type { Principal, UserTarget } from "../core/auth.ts";
import { encrypt } from "../core/crypto.ts";
import { hex, sha256 } from "../core/encoding.ts";
import type { Problem } from "../core/errors.ts";
import {
  callHash,
  type OwnedPrefix,
  ownedId,
  plainId,
  randomUserHash,
  type UploadId,
  type UserHash,
  userHashOf,
} from "../core/ids.ts";
import type { Result } from "../core/result.ts";
import type { Call } from "../core/rpc/user.ts";
import type { AuditEntry } from "../core/tenant.ts";
import type { TurnChannel } from "../core/wire/turn.ts";
import type { IdempotencyKey } from "../store/idempotency.ts";
import { type Ctx, random, rootsOf, userHashOfName } from "./context.ts";
import { tenantObject } from "./objects.ts";
import { apiError } from "./problem.ts";

/** The context of a write call to an object. `user` defaults to the user of the header. */
export async function callOf(c: Ctx, user = c.get("user")): Promise<Call> {
  const [origin, caller] = [c.get("origin"), c.get("caller")];
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
    channel: channelOf(c),
  };
}

function channelOf(c: Ctx): TurnChannel {
  const { grant, parent } = c.get("caller");
  if (c.req.path === "/mcp") return "mcp";
  if (grant !== null) return "user_token";
  return parent === null ? "api" : "console";
}

/** The Idempotency-Key with its fingerprint of method, path and body. Null if none was sent. */
export async function idempotencyOf(c: Ctx): Promise<Call["idempotency"]> {
  const key = c.get("idempotencyKey");
  return key === null ? null : { key, fingerprint: await hashOf(c) };
}

/** The address for a new resource: the caller's user; else one derived from the Idempotency-Key; else a random one. */
export async function newAddress(c: Ctx): Promise<UserTarget> {
  const principal = principalOf(c);
  const { idempotencyKey } = c.var;
  const own = ownHash(c);
  if (own !== null) return { ...principal, uh: own };
  const { tenant, mode } = principal;
  if (idempotencyKey !== null)
    return { ...principal, uh: await callHash(tenant, mode, c.req.method, c.req.path, idempotencyKey) };
  return { ...principal, uh: randomUserHash(random) };
}

/** The address of a resource, from its id. `userObject` rejects a request that names another user. */
export const addressOf = (c: Ctx, id: `${OwnedPrefix}_${string}`): UserTarget => ({
  ...principalOf(c),
  uh: userHashOf(id),
});

/** The address of the caller's user. Required for some lists: resources created without a user live at many addresses. */
export function namedAddress(c: Ctx): UserTarget {
  const own = ownHash(c);
  if (own !== null) return { ...principalOf(c), uh: own };
  throw apiError("user_required", "This list is per user: send X-User-Id, or list the tenant's events.", {
    hint: "GET /v1/events",
  });
}

/** The address of the caller's user, or of the tenant's own account, whose user id is the empty string. */
export async function accountAddress(c: Ctx): Promise<UserTarget> {
  const principal = principalOf(c);
  return { ...principal, uh: ownHash(c) ?? (await userHashOfName(principal.tenant, "")) };
}

/** The address of the user named in a path. */
export async function userAddress(c: Ctx, user: string): Promise<UserTarget> {
  const principal = principalOf(c);
  return { ...principal, uh: await userHashOfName(principal.tenant, user) };
}

/** The hash of the user of a user token, or of the user named by the header; null for none. */
export const ownHash = (c: Ctx): UserHash | null => c.get("caller").grant?.uh ?? c.get("caller").named ?? null;

function principalOf(c: Ctx): Principal {
  const { tenant, mode, grant, named } = c.get("caller");
  return named === undefined ? { tenant, mode, grant } : { tenant, mode, grant, named };
}

/** The tenant's own id of a user, encrypted for the user's address. */
async function encryptedName(c: Ctx, user: string): Promise<string> {
  const { tenant, mode } = c.var.caller;
  const owner = userNameOwner({ tenant, mode, uh: await userHashOfName(tenant, user) });
  return encrypt(user, owner, rootsOf(c.var.config), random);
}

/**
 * The id of a new upload. An upload's object is named by its id, so a replay must give the same id: with an Idempotency-Key it
 * is derived from the key, else from the time and random bytes. The object itself rejects a replay after the key has expired.
 * `nth` counts the files of one request.
 */
export async function newUploadId(c: Ctx, { tenant, mode, uh }: UserAddress, nth = 0): Promise<UploadId> {
  if (c.var.idempotencyKey === null) return ownedId("upl", uh, Date.now(), random);
  const suffix = nth === 0 ? [] : [String(nth)];
  const digest = await sha256([tenant, mode, uh, "upload", c.var.idempotencyKey, ...suffix].join("\u0001"));
  const time = digest.slice(0, 6).reduce((number, byte) => number * 256 + byte, 0);
  return ownedId("upl", uh, time, (count) => digest.slice(6, 6 + count));
}

/* Deduplication for tools that cannot set headers: the same body within 60 s is the same request. */

/**
 * Sets the Idempotency-Key of an earlier identical request, or a new one, and returns true for an identical request. Applies
 * only to API keys, without a user and without an Idempotency-Key.
 */
export async function dedupeRequest(c: Ctx): Promise<boolean> {
  const { idempotencyKey, user, caller, bodyText } = c.var;
  if (idempotencyKey !== null || user !== null || caller.grant !== null || bodyText === "") return false;
  return dedupeCall(c);
}

/** `dedupeRequest` for every caller. `bodyText` must then name the caller: the key belongs to the tenant. */
export async function dedupeCall(c: Ctx): Promise<boolean> {
  const { key, isNew } = await tenantObject(c.env, c.var.caller).dedupeBody(await hashOf(c));
  c.set("idempotencyKey", key);
  return !isNew;
}

/**
 * The result of a creation whose key `dedupeRequest` has set. If an identical request came before and what it created was
 * deleted, it is created again under a new key.
 */
export async function repeatable<R extends Result<unknown, Problem>>(
  c: Ctx,
  isRepeated: boolean,
  create: () => Promise<R>,
): Promise<R> {
  const first = await create();
  if (!isRepeated || first.ok || first.error.code !== "repeat_deleted") return first;
  const { idempotencyKey, caller } = c.var;
  const { key } = await tenantObject(c.env, caller).dedupeBody(await hashOf(c), idempotencyKey ?? undefined);
  c.set("idempotencyKey", key);
  return create();
}

/** The hash of method, path and body. */
const hashOf = async (c: Ctx): Promise<string> =>
  hex(await sha256(`${c.req.method} ${c.req.path} ${c.get("bodyText")}`));

type AuditFields = Omit<AuditEntry, "id" | "actor" | "requestId" | "detail"> & {
  readonly detail?: AuditEntry["detail"];
};

/** The audit log entry of this request. `detail` must not contain a secret or text written by a person. */
export const entryOf = (c: Ctx, fields: AuditFields): AuditEntry => ({
  detail: {},
  ...fields,
  id: plainId("aud", fields.at, random),
  actor: c.var.actor,
  requestId: c.var.requestId,
});

/** A write call whose object also writes an audit log entry. `target`: the id of the changed resource, never a person's name. */
export async function auditedCall(
  c: Ctx,
  fields: Pick<AuditFields, "action" | "target" | "detail">,
  user = c.var.user,
): Promise<Call> {
  const { tenant, mode } = c.var.caller;
  return { ...(await callOf(c, user)), audit: entryOf(c, { ...fields, tenant, mode, at: Date.now() }) };
}

/** The Idempotency-Key as stored in D1, with the operator's keys separate from each tenant's. Null if none was sent. */
export async function storedIdempotencyOf(c: Ctx): Promise<IdempotencyKey | null> {
  const idempotency = await idempotencyOf(c);
  if (idempotency === null) return null;
  const owner = c.var.actor === "admin" ? "admin" : `${c.var.caller.tenant}:${c.var.caller.mode}`;
  return { owner, ...idempotency };
}
