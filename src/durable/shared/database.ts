/**
 * An object's SQLite database, created by the first write and migrated step by step.
 *
 * Reading an object that was never written to must not create storage: `exists` checks, and only `ready` writes.
 */
import type { ObjectRuntime } from "./context.ts";

/**
 * `LIMIT ?` for a statement that runs often. SQLite plans a bare `LIMIT ?` by the bound number and compiles the
 * statement again for every new number: measured, that was more than half of the time of the query for due jobs.
 */
export const BOUND_LIMIT = "LIMIT 0 + ?";

/** In order. A released step is never edited; a change is a further step. */
export type Migrations = readonly string[];

export type Database = {
  /** True once anything was written here. */
  readonly exists: () => boolean;
  /** Migrates the tables to the current version; call before the first write of a request. */
  readonly ready: () => void;
  /** Call after the storage was deleted: `exists` is false again and `ready` creates the tables again. */
  readonly wiped: () => void;
};

export function openDatabase({ sql, storage }: ObjectRuntime, migrations: Migrations): Database {
  let version = readVersion(sql);
  const migrate = (): void => {
    storage.transactionSync(() => {
      sql.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID");
      for (const step of migrations.slice(version)) sql.exec(step);
      sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES ('schema_version', ?)", String(migrations.length));
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
  const row = sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = 'schema_version'").toArray()[0];
  return row === undefined ? 0 : Number(row.value);
}

/** A value of the `meta` table; null when it was never written. */
export function readMeta(sql: SqlStorage, key: string): string | null {
  return sql.exec<{ value: string }>("SELECT value FROM meta WHERE key = ?", key).toArray()[0]?.value ?? null;
}

export function deleteMeta(sql: SqlStorage, key: string): void {
  sql.exec("DELETE FROM meta WHERE key = ?", key);
}

export function writeMeta(sql: SqlStorage, key: string, value: string): void {
  sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value);
}
