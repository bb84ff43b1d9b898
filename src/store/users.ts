/**
 * The `users` table: which user objects a tenant has, with encrypted names. Also the `token_statuses` table: the
 * status of every stored Nemo token.
 */
import type { Scope, UserAddress } from "../core/address.ts";
import type { Mode, UserHash } from "../core/ids.ts";
import { TOKEN_WARNING_MS } from "../core/limits.ts";
import type { PublishedTokenStatus } from "../core/nemo-token.ts";
import type { EpochMs } from "../core/time.ts";

/** A user with a name. `created_at` in ms since epoch. */
export type UserRow = { readonly uh: UserHash; readonly name: string; readonly created_at: number };

/** The last user of the previous page. */
export type UserCursor = { readonly createdAt: EpochMs; readonly uh: UserHash };

const PUT = `INSERT INTO users (tenant, mode, uh, name, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT (tenant, mode, uh) DO UPDATE SET name = excluded.name`;
const PAGE = `SELECT uh, name, created_at FROM users WHERE tenant = ?1 AND mode = ?2 AND name IS NOT NULL
  AND (created_at, uh) < (?3, ?4) ORDER BY created_at DESC, uh DESC LIMIT ?5`;
const NAMES = `SELECT uh, name FROM users WHERE tenant = ?1 AND mode = ?2 AND name IS NOT NULL
  AND uh IN (SELECT value FROM json_each(?3))`;
const DELETE = "DELETE FROM users WHERE tenant = ?1 AND mode = ?2 AND uh = ?3";
const DISCONNECT = `UPDATE keys SET revoked_at = coalesce(min(revoked_at, ?4), ?4), app = json_set(app, '$.user.name', '')
  WHERE tenant = ?1 AND mode = ?2 AND app IS NOT NULL AND json_extract(app, '$.user.hash') = ?3`;

/** Lists a user's object with its encrypted name; null for none. */
export async function putUser(
  db: D1Database,
  { tenant, mode, uh }: UserAddress,
  name: string | null,
  createdAt: EpochMs,
): Promise<void> {
  await db.prepare(PUT).bind(tenant, mode, uh, name, createdAt).run();
}

/** Removes a user from the list, disconnects the apps that act for it, and removes its name from them. */
export async function deleteUser(db: D1Database, { tenant, mode, uh }: UserAddress, now: EpochMs): Promise<void> {
  await db.batch([db.prepare(DELETE).bind(tenant, mode, uh), db.prepare(DISCONNECT).bind(tenant, mode, uh, now)]);
}

/** Users that have a name, newest first. */
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

/** The encrypted names of these users, where they have one. */
export async function findUserNames(
  db: D1Database,
  { tenant, mode }: Scope,
  users: readonly UserHash[],
): Promise<Pick<UserRow, "uh" | "name">[]> {
  const found = await db.prepare(NAMES).bind(tenant, mode, JSON.stringify(users)).all<Pick<UserRow, "uh" | "name">>();
  return found.results;
}

/* The status of every stored Nemo token, written by its object. The tokens themselves are not stored here. */

/** The number of tokens of one mode by status. */
export type TokenCounts = {
  readonly ready: number;
  readonly expiring: number;
  readonly rejected: number;
  readonly rationed: number;
};

const PUT_TOKEN_STATUS = `INSERT INTO token_statuses (object_name, source, mode, state, until) VALUES (?1, ?2, ?3, ?4, ?5)
  ON CONFLICT (object_name, source) DO UPDATE SET state = excluded.state, until = excluded.until`;
const TOKENS = "(SELECT count(*) FROM token_statuses WHERE mode = ?1";
/** An expired anonymous token is no problem: its user gets another one with the next call. */
const COUNT_TOKENS = `SELECT
  ${TOKENS} AND state = 'ready' AND until IS NULL) + ${TOKENS} AND state = 'ready' AND until > ?3) AS ready,
  ${TOKENS} AND state = 'ready' AND until > ?2 AND until <= ?3) AS expiring,
  ${TOKENS} AND state = 'rejected') + ${TOKENS} AND state = 'ready' AND until <= ?2 AND source != 'anonymous') AS rejected,
  ${TOKENS} AND state = 'rationed' AND until > ?2) AS rationed`;

/** Sets the status of an object's token; null: it has none of this source. */
export async function putTokenStatus(
  db: D1Database,
  { objectName, source, mode }: { readonly objectName: string; readonly source: string; readonly mode: Mode },
  tokenStatus: PublishedTokenStatus | null,
): Promise<void> {
  if (tokenStatus !== null)
    await db.prepare(PUT_TOKEN_STATUS).bind(objectName, source, mode, tokenStatus.state, tokenStatus.until).run();
  else
    await db
      .prepare("DELETE FROM token_statuses WHERE object_name = ?1 AND source = ?2")
      .bind(objectName, source)
      .run();
}

/** Removes all tokens of an object. */
export async function deleteTokenStatuses(db: D1Database, objectName: string): Promise<void> {
  await db.prepare("DELETE FROM token_statuses WHERE object_name = ?1").bind(objectName).run();
}

/** Tokens of a mode by status, as `GET /v1/nemo_token` would show them at `now`. */
export async function countTokens(db: D1Database, mode: Mode, now: EpochMs): Promise<TokenCounts> {
  const row = await db
    .prepare(COUNT_TOKENS)
    .bind(mode, now, now + TOKEN_WARNING_MS)
    .first<TokenCounts>();
  if (row === null) throw new Error("a count returned no row");
  return row;
}
