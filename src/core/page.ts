/** Pages of lists. A query reads one row more than the page has, which shows whether there are others. */
import type { Page, PageRequest } from "./rpc/user.ts";

/** How many rows to read for a page. */
export const rowsFor = ({ limit }: Pick<PageRequest, "limit">): number => limit + 1;

/** Rows of the next page have ids below this one. The first page starts at `~`, which sorts above every id. */
export const idBefore = ({ after }: PageRequest): string => after ?? "~";

/** Makes a page from the rows that were read for it. `cursorOf` the last row is where the next page starts. */
export function cutPage<Row, Item>(
  rows: readonly Row[],
  { limit }: Pick<PageRequest, "limit">,
  cursorOf: (row: Row) => string,
  show: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit;
  return { data: shown.map(show), has_more: more, next_cursor: more && last !== undefined ? cursorOf(last) : null };
}

/** The page of an object that was never written to. */
export const EMPTY_PAGE = { data: [], has_more: false, next_cursor: null } as const;
