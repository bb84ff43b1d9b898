/** Pages of lists, between the query and the port. */
import type { Page, PageRequest } from "../core/ports.ts";

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
