/** One page of a list, newest first, by the id of its last row. */
import type { Page, PageRequest } from "../core/ports.ts";

/** Cuts rows, of which one more than the limit was asked for, into a page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  { limit }: PageRequest,
  idOf: (row: Row) => string,
  show: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const more = rows.length > limit;
  return { data: shown.map(show), has_more: more, next_cursor: more && last !== undefined ? idOf(last) : null };
}

/** The id below which the next page starts; every id sorts below this one when none is given. */
export const cursorOf = ({ after }: PageRequest): string => after ?? "~";

/** The page of an object that nobody ever wrote to. */
export const NO_PAGE = { data: [], has_more: false, next_cursor: null } as const;
