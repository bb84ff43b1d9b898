/** The names of objects: where a record lives. Every name starts with tenant and mode, so nothing reaches across either. */
import { type EventId, type Mode, type TenantId, type UploadId, USER_HASH_CHARS, type UserHash } from "./ids.ts";

/** Whose namespace a credential opens. */
export type Scope = { readonly tenant: TenantId; readonly mode: Mode };

/** A user's object within it. */
export type UserAddress = Scope & { readonly uh: UserHash };

export const tenantObjectName = ({ tenant, mode }: Scope): string => `${tenant}:${mode}`;
/** The object that looks after the operator's own Nemo token. A tenant's has the name of its tenant and mode. */
export const OPERATOR_TOKEN_NAME = "operator";
export const userObjectName = ({ tenant, mode, uh }: UserAddress): string => `${tenant}:${mode}:${uh}`;
export const uploadObjectName = ({ tenant, mode }: Scope, id: UploadId): string => `${tenant}:${mode}:${id}`;

/** The address inside a user's object name. Throws on any other text: names are made here only, so another form is a bug. */
export function parseUserObjectName(name: string | undefined): UserAddress {
  const [tenant, mode, uh] = (name ?? "").split(":");
  if (!tenant?.startsWith("ten_") || (mode !== "live" && mode !== "test") || !uh)
    throw new Error("not a user object's name");
  return { tenant: tenant as TenantId, mode, uh }; // the prefix was checked above
}

/** The scope inside a tenant or upload object's name. Throws on any other text. */
export function parseScope(name: string | undefined): Scope {
  const [tenant, mode] = (name ?? "").split(":");
  if (!tenant?.startsWith("ten_") || (mode !== "live" && mode !== "test"))
    throw new Error("not a tenant's object name");
  return { tenant: tenant as TenantId, mode }; // the prefix was checked above
}

/** The R2 prefix under which everything of one tenant lies. */
export const tenantPrefix = (tenant: TenantId): string => `t/${tenant}/`;
/** The R2 prefix under which everything of one user lies. The user's own string appears in no key. */
export const userPrefix = ({ tenant, mode, uh }: UserAddress): string => `t/${tenant}/${mode}/${uh}/`;
/** Where an event's body lies when it is too large for its row: with its user's files, so that it goes with them. */
export const eventKey = (address: UserAddress, id: EventId): string => `${userPrefix(address)}events/${id}.json`;
export const uploadKey = (address: UserAddress, id: UploadId): string => `${userPrefix(address)}uploads/${id}`;
export const renderKey = (address: UserAddress, id: string): string => `${userPrefix(address)}renders/${id}.mp4`;

/** Whom a user's own name is sealed for. */
export const userNameOwner = ({ tenant, mode, uh }: UserAddress): string => `user_name|${tenant}|${mode}|${uh}`;

/** Whom the address of an import is sealed for. */
export const importOwner = ({ tenant, mode }: Scope, id: UploadId): string => `import|${tenant}|${mode}|${id}`;

/** Whose an object is, for its log lines: what its name says, the user's hash at the end of an upload's id too. Nothing of the operator's. */
export function ownerOf(name: string): { readonly tenant?: string; readonly mode?: string; readonly uh?: string } {
  const [tenant, mode, last] = name.split(":");
  if (tenant === undefined || mode === undefined) return {};
  return last === undefined ? { tenant, mode } : { tenant, mode, uh: last.slice(-USER_HASH_CHARS) };
}
