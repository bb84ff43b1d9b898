/** Pagination of lists, and the list of users. */

import type * as z from "zod";
import { userNameOwner } from "../core/address.ts";
import { decrypt, isUnreadable } from "../core/crypto.ts";
import { USER_HASH_CHARS } from "../core/ids.ts";
import type { Page, PageRequest } from "../core/rpc/user.ts";
import { toRfc3339 } from "../core/time.ts";
import { pageQuery } from "../core/wire/common.ts";
import type { UserWire } from "../core/wire/user.ts";
import { log } from "../log.ts";
import { listUsers, type UserCursor, type UserRow } from "../store/users.ts";
import { type Ctx, rootsOf, runAfterResponse } from "./context.ts";
import { userObject } from "./objects.ts";

/** The page request of a list's query, for its object. */
export const pageRequest = (query: { readonly limit: number; readonly after?: string | undefined }): PageRequest => ({
  limit: query.limit,
  after: query.after ?? null,
});

/** The JSON body of a page. */
export const shownPage = <T>(page: Page<T>): { data: T[]; has_more: boolean; next_cursor: string | null } => ({
  ...page,
  data: [...page.data],
});

/** A page whose cursor is its last id. `rows`: the result of a query for `limit` + 1 rows. */
export function cutPage<T extends { readonly id: string }>(
  rows: readonly T[],
  limit: number,
): { data: T[]; has_more: boolean; next_cursor: string | null } {
  const data = rows.slice(0, limit);
  const more = rows.length > limit;
  return { data, has_more: more, next_cursor: more ? (data.at(-1)?.id ?? null) : null };
}

/* A page of a tenant's users: rows of D1 with decrypted names. */

/** The query of the list. The cursor is the last user's time and hash. */
export const userPage = pageQuery(new RegExp(`^\\d{1,15}-[0-9a-z]{${USER_HASH_CHARS}}$`));

/** The caller's users, newest first. */
export async function pageOfUsers(
  c: Ctx,
  { limit, after }: z.infer<typeof userPage>,
): Promise<ReturnType<typeof shownPage<UserWire>>> {
  const rows = await listUsers(c.env.DB, c.var.caller, limit + 1, after === undefined ? null : cursorOf(after));
  const last = rows.slice(0, limit).at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  const shown = await Promise.all(rows.slice(0, limit).map((row) => show(c, row)));
  const page: Page<UserWire> = {
    data: shown.filter((one) => one !== null),
    has_more: hasMore,
    next_cursor: hasMore ? `${last.created_at}-${last.uh}` : null,
  };
  return shownPage(page);
}

function cursorOf(text: string): UserCursor {
  const [at = "", uh = ""] = text.split("-"); // the format is checked by userPage
  return { createdAt: Number(at), uh };
}

/** Null for a row whose name cannot be decrypted; the page omits it. */
async function show(c: Ctx, { uh, name, created_at }: UserRow): Promise<UserWire | null> {
  const id = await decryptName(c, { uh, name });
  return id === null ? null : { id, state: "active", created_at: toRfc3339(created_at), deletion: null };
}

/**
 * The caller's own id of a user, decrypted from its row; null if it cannot be decrypted. A name encrypted for another user is
 * permanently unreadable: its user's object then removes it.
 */
export async function decryptName(c: Ctx, { uh, name }: Pick<UserRow, "uh" | "name">): Promise<string | null> {
  const { tenant, mode } = c.var.caller;
  const owner = userNameOwner({ tenant, mode, uh });
  const id = await decrypt(name, owner, rootsOf(c.var.config));
  if (id !== null) return id;
  log("warn", "user_name_unreadable", { tenant, mode, uh });
  if (await isUnreadable(name, owner, rootsOf(c.var.config)))
    runAfterResponse(c, userObject(c.env, { tenant, mode, uh, grant: null }).repairName());
  return null;
}
