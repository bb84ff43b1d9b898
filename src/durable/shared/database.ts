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

export function openDatabase({ sql, storage, onRollback }: ObjectRuntime, migrations: Migrations): Database {
  forgetMeta(sql);
  onRollback(() => forgetMeta(sql));
  let version = readVersion(sql);
  const migrate = (): void => {
    storage.transactionSync(() => {
      sql.exec("CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID");
      for (const step of migrations.slice(version)) sql.exec(step);
      writeMeta(sql, VERSION, String(migrations.length));
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
      forgetMeta(sql);
    },
  };
}

function readVersion(sql: SqlStorage): number {
  const made = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'").toArray().length > 0;
  return made ? Number(readMeta(sql, VERSION) ?? 0) : 0;
}

/*
 * The `meta` table: a few values by key. Each instance reads it whole, once, and then from memory.
 */

const VERSION = "schema_version";

const metaInMemory = new WeakMap<SqlStorage, Map<string, string>>();

/** A value of the `meta` table; null when it was never written. */
export function readMeta(sql: SqlStorage, key: string): string | null {
  return metaOf(sql).get(key) ?? null;
}

export function deleteMeta(sql: SqlStorage, key: string): void {
  sql.exec("DELETE FROM meta WHERE key = ?", key);
  metaInMemory.get(sql)?.delete(key);
}

export function writeMeta(sql: SqlStorage, key: string, value: string): void {
  sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", key, value);
  metaInMemory.get(sql)?.set(key, value);
}

/** Deletes all values but those of the named keys. */
export function deleteMetaExcept(sql: SqlStorage, retained: readonly string[]): void {
  sql.exec("DELETE FROM meta WHERE key NOT IN (SELECT value FROM json_each(?))", JSON.stringify(retained));
  forgetMeta(sql);
}

/** The table is read again at the next look. */
function forgetMeta(sql: SqlStorage): void {
  metaInMemory.delete(sql);
}

function metaOf(sql: SqlStorage): Map<string, string> {
  const known = metaInMemory.get(sql);
  if (known !== undefined) return known;
  const rows = sql.exec<{ key: string; value: string }>("SELECT key, value FROM meta").toArray();
  const read = new Map(rows.map(({ key, value }) => [key, value]));
  metaInMemory.set(sql, read);
  return read;
}

/**
 * Whether a table has rows, asked once for each instance: a query that only some objects need costs the others nothing.
 * Every insert has to be reported.
 */
export class TablePresence {
  readonly #sql: SqlStorage;
  readonly #table: string;
  #hasRows: boolean | null = null;

  constructor({ sql, onRollback }: ObjectRuntime, table: string) {
    this.#sql = sql;
    this.#table = table;
    onRollback(() => {
      this.#hasRows = null;
    });
  }

  /** True from now on, also when the rows are deleted later. */
  inserted(): void {
    this.#hasRows = true;
  }

  mayHaveRows(): boolean {
    this.#hasRows ??= this.#sql.exec(`SELECT 1 FROM ${this.#table} LIMIT 1`).toArray().length > 0;
    return this.#hasRows;
  }
}
