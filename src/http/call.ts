/** A writing request as objects see it, and the address of what it makes. */
import type { UserAddress } from "../core/address.ts";
import { hex, sha256 } from "../core/encode.ts";
import { callHash, type OwnedPrefix, ownedId, strayHash, type UploadId, userHash, userHashOf } from "../core/ids.ts";
import type { Call } from "../core/ports.ts";
import { apiError } from "./api-error.ts";
import type { Ctx } from "./context.ts";
import { random } from "./random.ts";

/** What a writing call brings along. The fingerprint binds a repeat to its method, path and body. */
export async function callOf(c: Ctx): Promise<Call> {
  const { origin, user, repeatKey, bodyText } = c.var;
  const fingerprint = hex(await sha256(`${c.req.method} ${c.req.path} ${bodyText}`));
  const acceptLanguage = c.req.header("Accept-Language") ?? null;
  return {
    origin,
    named: user !== null,
    acceptLanguage,
    repeat: repeatKey === null ? null : { key: repeatKey, fingerprint },
  };
}

/** Where a new thing goes: to the named user; else to an address its Idempotency-Key finds again; else to one of its own. */
export async function newAddress(c: Ctx): Promise<UserAddress> {
  const { tenant, mode } = c.var.caller;
  const { user, repeatKey } = c.var;
  if (user !== null) return { tenant, mode, uh: await userHash(tenant, user) };
  if (repeatKey !== null)
    return { tenant, mode, uh: await callHash(tenant, mode, c.req.method, c.req.path, repeatKey) };
  return { tenant, mode, uh: strayHash(random) };
}

/** Where a thing lives, by its id alone. */
export function addressOf(c: Ctx, id: `${OwnedPrefix}_${string}`): UserAddress {
  const { tenant, mode } = c.var.caller;
  return { tenant, mode, uh: userHashOf(id) };
}

/** The named user's address. A list needs one: things made without a user live at many addresses. */
export async function namedAddress(c: Ctx): Promise<UserAddress> {
  const { tenant, mode } = c.var.caller;
  if (c.var.user !== null) return { tenant, mode, uh: await userHash(tenant, c.var.user) };
  throw apiError("user_required", "This list is kept per user: send X-User-Id, or read the tenant's events.", {
    hint: "GET /v1/events",
  });
}

/** The named user's address, or the one of the tenant itself: no user is named by an empty string. */
export async function accountAddress(c: Ctx): Promise<UserAddress> {
  const { tenant, mode } = c.var.caller;
  return { tenant, mode, uh: await userHash(tenant, c.var.user ?? "") };
}

/**
 * The id of an upload to be made. An upload lives in an object named by its id, so a repeat must come to the same id:
 * with an Idempotency-Key it is made from the key, else from the moment and chance. A key leads to its upload for as long as
 * that is kept; the object itself refuses one that is older than a key is remembered.
 */
export async function newUploadId(c: Ctx, { tenant, mode, uh }: UserAddress): Promise<UploadId> {
  if (c.var.repeatKey === null) return ownedId("upl", uh, Date.now(), random);
  const digest = await sha256([tenant, mode, uh, "upload", c.var.repeatKey].join("\u0001"));
  const moment = digest.slice(0, 6).reduce((number, byte) => number * 256 + byte, 0);
  return ownedId("upl", uh, moment, (count) => digest.slice(6, 6 + count));
}
