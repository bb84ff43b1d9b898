/** Pages of lists, between the query and the port. */

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

/** A list's query as its object takes it. */
export const pageRequest = (query: { readonly limit: number; readonly after?: string | undefined }): PageRequest => ({
  limit: query.limit,
  after: query.after ?? null,
});

/** A page as JSON shows it. */
export const shownPage = <T>(page: Page<T>): { data: T[]; has_more: boolean; next_cursor: string | null } => ({
  ...page,
  data: [...page.data],
});

/** A page of a list whose cursor is its last id, from rows of which one more than `limit` was asked for. */
export function cutPage<T extends { readonly id: string }>(
  rows: readonly T[],
  limit: number,
): { data: T[]; has_more: boolean; next_cursor: string | null } {
  const data = rows.slice(0, limit);
  const more = rows.length > limit;
  return { data, has_more: more, next_cursor: more ? (data.at(-1)?.id ?? null) : null };
}

/* A tenant's users as a page: the rows of D1, their sealed names opened. */

/** The query of the list. Its cursor is the last user's time and hash. */
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
  const [at = "", uh = ""] = text.split("-"); // as userPage asks for
  return { createdAt: Number(at), uh };
}

/** Null for a row whose name does not open: a page is shown without it. */
async function show(c: Ctx, { uh, name, created_at }: UserRow): Promise<UserWire | null> {
  const id = await openName(c, { uh, name });
  return id === null ? null : { id, state: "active", created_at: toRfc3339(created_at), deletion: null };
}

/**
 * The caller's own name of a user, from its sealed row; null when it does not open. One that was sealed for another user
 * never will: its user's object is asked to look again and drops it.
 */
export async function openName(c: Ctx, { uh, name }: Pick<UserRow, "uh" | "name">): Promise<string | null> {
  const { tenant, mode } = c.var.caller;
  const owner = userNameOwner({ tenant, mode, uh });
  const opened = await decrypt(name, owner, rootsOf(c.var.config));
  if (opened !== null) return opened;
  log("warn", "user_name_unreadable", { tenant, mode, uh });
  if (await isUnreadable(name, owner, rootsOf(c.var.config)))
    runAfterResponse(c, userObject(c.env, { tenant, mode, uh, grant: null }).repairName());
  return null;
}
