/** Pagination of lists, and the list of users. */

import type * as z from "zod";
import { userNameOwner } from "../core/address.ts";
import { decrypt, isUnreadable } from "../core/crypto.ts";
import { USER_HASH_CHARS } from "../core/ids.ts";
import { cutPage, rowsFor } from "../core/page.ts";
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

/** The JSON body of a page of rows that were read from D1. The cursor is the last id. */
export const pageOfRows = <T extends { readonly id: string }>(rows: readonly T[], query: { readonly limit: number }) =>
  shownPage(
    cutPage(
      rows,
      query,
      ({ id }) => id,
      (row) => row,
    ),
  );

/* A page of a tenant's users: rows of D1 with decrypted names. */

/** The query of the list. The cursor is the last user's time and hash. */
export const userPage = pageQuery(new RegExp(`^\\d{1,15}-[0-9a-z]{${USER_HASH_CHARS}}$`));

/** The caller's users, newest first. */
export async function pageOfUsers(
  c: Ctx,
  query: z.infer<typeof userPage>,
): Promise<ReturnType<typeof shownPage<UserWire>>> {
  const after = query.after === undefined ? null : cursorOf(query.after);
  const rows = await listUsers(c.env.DB, c.var.caller, rowsFor(query), after);
  const page = cutPage(
    rows,
    query,
    ({ created_at, uh }) => `${created_at}-${uh}`,
    (row) => show(c, row),
  );
  const shown = await Promise.all(page.data);
  return { ...page, data: shown.filter((one) => one !== null) };
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
