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
