/**
 * Endpoints and hooks that were here and are gone. An automation tool that was switched off answers 410, which removes its
 * hook; the tool's own unsubscribe comes later and must not fail.
 */
import type { EndpointId } from "../../core/ids.ts";
import { REMOVED_TARGETS } from "../../core/limits.ts";

export const REMOVED_TARGETS_TABLE = `
  CREATE TABLE removed_targets (
    n INTEGER PRIMARY KEY AUTOINCREMENT, -- the newest ones stay
    id TEXT NOT NULL UNIQUE
  ) STRICT;
`;

/** Remembers a removal, in the transaction that removes. */
export function rememberRemoved(sql: SqlStorage, id: EndpointId): void {
  sql.exec("INSERT OR IGNORE INTO removed_targets (id) VALUES (?)", id);
  sql.exec("DELETE FROM removed_targets WHERE n <= (SELECT max(n) FROM removed_targets) - ?", REMOVED_TARGETS);
}

export const wasRemoved = (sql: SqlStorage, id: EndpointId): boolean =>
  sql.exec("SELECT 1 FROM removed_targets WHERE id = ?", id).toArray().length > 0;
