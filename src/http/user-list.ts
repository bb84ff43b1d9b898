/** A tenant's users as a page: the rows of D1, their sealed names opened. */
import type * as z from "zod";
import { userNameOwner } from "../core/address.ts";
import { USER_HASH_CHARS } from "../core/ids.ts";
import type { Page } from "../core/ports.ts";
import { unseal } from "../core/seal.ts";
import { toRfc3339 } from "../core/time.ts";
import { pageQuery } from "../core/wire/common.ts";
import type { UserWire } from "../core/wire/user.ts";
import { listUsers, type UserCursor, type UserRow } from "../store/users.ts";
import type { Ctx } from "./context.ts";
import { shownPage } from "./page.ts";
import { rootsOf } from "./roots.ts";

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
  const page: Page<UserWire> = {
    data: await Promise.all(rows.slice(0, limit).map((row) => show(c, row))),
    has_more: hasMore,
    next_cursor: hasMore ? `${last.created_at}-${last.uh}` : null,
  };
  return shownPage(page);
}

function cursorOf(text: string): UserCursor {
  const [at = "", uh = ""] = text.split("-"); // as userPage asks for
  return { createdAt: Number(at), uh };
}

async function show(c: Ctx, { uh, name, created_at }: UserRow): Promise<UserWire> {
  return { id: await openName(c, { uh, name }), state: "active", created_at: toRfc3339(created_at), deletion: null };
}

/** The caller's own name of a user, from its sealed row. */
export async function openName(c: Ctx, { uh, name }: Pick<UserRow, "uh" | "name">): Promise<string> {
  const { tenant, mode } = c.var.caller;
  const opened = await unseal(name, userNameOwner({ tenant, mode, uh }), rootsOf(c.var.config));
  if (opened === null) throw new Error("a user's name is sealed under no root secret that is known");
  return opened;
}
