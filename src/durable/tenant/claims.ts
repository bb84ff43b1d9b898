/** Bodies that came a moment ago: for tools that repeat a request and cannot say that it is the same one. */
import { ownRepeatKey } from "../../core/dedupe.ts";
import { DEDUPE_MS } from "../../core/limits.ts";
import type { BodyClaim } from "../../core/tenant-port.ts";
import type { Database } from "../database.ts";
import type { Ground } from "../ground.ts";

export const CLAIMS_TABLE = `
  CREATE TABLE claims (
    hash TEXT PRIMARY KEY,            -- of the request's method, path and body
    key TEXT NOT NULL,                -- what stands in for the Idempotency-Key it came without
    at INTEGER NOT NULL               -- ms since epoch
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX claims_by_age ON claims (at);
`;

/**
 * The key of a request of this hash: a new one, or the one that the same request got in the last 60 s. Whoever gets it makes
 * the thing under it, so it does not matter which of them lives to do so. `gone`: a key whose thing was deleted since, which
 * nobody is given again.
 */
export function claim({ sql, now, random }: Ground, database: Database, hash: string, gone?: string): BodyClaim {
  database.ready();
  sql.exec("DELETE FROM claims WHERE at <= ?", now() - DEDUPE_MS);
  const known = sql.exec<{ key: string }>("SELECT key FROM claims WHERE hash = ?", hash).toArray()[0];
  if (known !== undefined && known.key !== gone) return { key: known.key, isNew: false };
  const key = ownRepeatKey(random);
  sql.exec("INSERT OR REPLACE INTO claims (hash, key, at) VALUES (?, ?, ?)", hash, key, now());
  return { key, isNew: true };
}
