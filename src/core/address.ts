/**
 * Names of Durable Objects and R2 keys. Each starts with tenant and mode, so that no record is reachable from another
 * tenant or mode.
 */
import { type EventId, type Mode, type TenantId, type UploadId, USER_HASH_CHARS, type UserHash } from "./ids.ts";

/** The tenant and mode that a credential gives access to. */
export type Scope = { readonly tenant: TenantId; readonly mode: Mode };

/** The address of one user's object. */
export type UserAddress = Scope & { readonly uh: UserHash };

export const tenantObjectName = ({ tenant, mode }: Scope): string => `${tenant}:${mode}`;
/**
 * Name of the object that checks the operator's own Nemo token. The object of a tenant's token is named by tenant and
 * mode.
 */
export const OPERATOR_TOKEN_NAME = "operator";
export const userObjectName = ({ tenant, mode, uh }: UserAddress): string => `${tenant}:${mode}:${uh}`;
export const uploadObjectName = ({ tenant, mode }: Scope, id: UploadId): string => `${tenant}:${mode}:${id}`;

/** Parses a user object's name. Throws on any other text: only this module makes names, so another form is a bug. */
export function parseUserObjectName(name: string | undefined): UserAddress {
  const [tenant, mode, uh] = (name ?? "").split(":");
  if (!tenant?.startsWith("ten_") || (mode !== "live" && mode !== "test") || !uh)
    throw new Error("not a user object's name");
  return { tenant: tenant as TenantId, mode, uh }; // the prefix was checked above
}

/** Parses the tenant and mode of a tenant or upload object's name. Throws on any other text. */
export function parseScope(name: string | undefined): Scope {
  const [tenant, mode] = (name ?? "").split(":");
  if (!tenant?.startsWith("ten_") || (mode !== "live" && mode !== "test"))
    throw new Error("not a tenant's object name");
  return { tenant: tenant as TenantId, mode }; // the prefix was checked above
}

/** R2 prefix of everything that belongs to one tenant. */
export const tenantPrefix = (tenant: TenantId): string => `t/${tenant}/`;
/** R2 prefix of everything that belongs to one user. The user's own string appears in no key. */
export const userPrefix = ({ tenant, mode, uh }: UserAddress): string => `t/${tenant}/${mode}/${uh}/`;
/**
 * R2 key of an event body that is too large for its row. It lies under the user's prefix, so that deleting the user
 * deletes it.
 */
export const eventKey = (address: UserAddress, id: EventId): string => `${userPrefix(address)}events/${id}.json`;
export const uploadKey = (address: UserAddress, id: UploadId): string => `${userPrefix(address)}uploads/${id}`;
export const renderKey = (address: UserAddress, id: string): string => `${userPrefix(address)}renders/${id}.mp4`;

/** Encryption owner of a user's own name. */
export const userNameOwner = ({ tenant, mode, uh }: UserAddress): string => `user_name|${tenant}|${mode}|${uh}`;

/** Encryption owner of the address of an import. */
export const importOwner = ({ tenant, mode }: Scope, id: UploadId): string => `import|${tenant}|${mode}|${id}`;

/**
 * Tenant, mode and user hash of an object, for its log lines. An upload's id ends in the user's hash. Empty for the
 * operator's object.
 */
export function ownerOf(name: string): { readonly tenant?: string; readonly mode?: string; readonly uh?: string } {
  const [tenant, mode, last] = name.split(":");
  if (tenant === undefined || mode === undefined) return {};
  return last === undefined ? { tenant, mode } : { tenant, mode, uh: last.slice(-USER_HASH_CHARS) };
}
