/**
 * An object's SQLite: made by its first write, migrated step by step.
 *
 * Reading an object that nobody ever wrote to must not create storage, so `exists` asks first and `ready` writes.
 */
import type { ObjectRuntime } from "./context.ts";

/**
 * `LIMIT ?` for a statement that runs often. SQLite plans by the number of a bare one, and compiles the statement anew
 * with every number that is bound: more than half of what it took to find what is due.
 */
export const BOUND_LIMIT = "LIMIT 0 + ?";

/** Steps in order. A shipped step is never edited; a change is a further step. */
export type Migrations = readonly string[];

export type Database = {
  /** True once something was ever written here. */
  readonly exists: () => boolean;
  /** Brings the tables up to date; call before the first write of a request. */
  readonly ready: () => void;
  /** Nothing is left of it, as if nobody had ever written here. */
  readonly wiped: () => void;
};

export function openDatabase({ sql, storage }: ObjectRuntime, migrations: Migrations): Database {
  let version = readVersion(sql);
  const migrate = (): void => {
    storage.transactionSync(() => {
      sql.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID");
      for (const step of migrations.slice(version)) sql.exec(step);
      sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES ('version', ?)", String(migrations.length));
    });
    version = migrations.length;
  };
  if (version > 0 && version < migrations.length) migrate();
  return {
    exists: () => version > 0,
    ready: () => {
      if (version < migrations.length) migrate();
    },
    wiped: () => {
      version = 0;
    },
  };
}

function readVersion(sql: SqlStorage): number {
  const made = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'").toArray().length > 0;
  if (!made) return 0;
  const row = sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = 'version'").toArray()[0];
  return row === undefined ? 0 : Number(row.value);
}

/** A value of the object's own notebook; null when never written. */
export function readMeta(sql: SqlStorage, key: string): string | null {
  return sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = ?", key).toArray()[0]?.value ?? null;
}

export function deleteMeta(sql: SqlStorage, key: string): void {
  sql.exec("DELETE FROM meta WHERE key = ?", key);
}

export function writeMeta(sql: SqlStorage, key: string, value: string): void {
  sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value);
}
