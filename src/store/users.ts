/** The `users` table: which users' objects a tenant has. Names stand there sealed; whoever reads them opens them. */
import type { Scope, UserAddress } from "../core/address.ts";
import type { UserHash } from "../core/ids.ts";
import type { EpochMs } from "../core/time.ts";

/** A user that was named. `created_at` in ms since epoch. */
export type UserRow = { readonly uh: UserHash; readonly name: string; readonly created_at: number };

/** Where a page of the list goes on: behind this user. */
export type UserCursor = { readonly createdAt: EpochMs; readonly uh: UserHash };

const PUT = `INSERT INTO users (tenant, mode, uh, name, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT (tenant, mode, uh) DO UPDATE SET name = excluded.name`;
const PAGE = `SELECT uh, name, created_at FROM users WHERE tenant = ?1 AND mode = ?2 AND name IS NOT NULL
  AND (created_at, uh) < (?3, ?4) ORDER BY created_at DESC, uh DESC LIMIT ?5`;
const NAMES = `SELECT uh, name FROM users WHERE tenant = ?1 AND mode = ?2 AND name IS NOT NULL
  AND uh IN (SELECT value FROM json_each(?3))`;

/** Notes a user's object under the name it keeps; null for none. */
export async function putUser(
  db: D1Database,
  { tenant, mode, uh }: UserAddress,
  name: string | null,
  createdAt: EpochMs,
): Promise<void> {
  await db.prepare(PUT).bind(tenant, mode, uh, name, createdAt).run();
}

/** Takes a user out of the list. */
export async function deleteUser(db: D1Database, { tenant, mode, uh }: UserAddress): Promise<void> {
  await db.prepare("DELETE FROM users WHERE tenant = ?1 AND mode = ?2 AND uh = ?3").bind(tenant, mode, uh).run();
}

/** Users that have a name, the newest first. */
export async function listUsers(
  db: D1Database,
  { tenant, mode }: Scope,
  limit: number,
  after: UserCursor | null,
): Promise<UserRow[]> {
  const from = after ?? { createdAt: Number.MAX_SAFE_INTEGER, uh: "" };
  const found = await db.prepare(PAGE).bind(tenant, mode, from.createdAt, from.uh, limit).all<UserRow>();
  return found.results;
}

/** The sealed names of these users, as far as they have one. */
export async function findUserNames(
  db: D1Database,
  { tenant, mode }: Scope,
  users: readonly UserHash[],
): Promise<Pick<UserRow, "uh" | "name">[]> {
  const found = await db.prepare(NAMES).bind(tenant, mode, JSON.stringify(users)).all<Pick<UserRow, "uh" | "name">>();
  return found.results;
}
