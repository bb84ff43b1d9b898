/** Measures from outside what objects, D1 and R2 store, what each statement reads, and what instances hold in memory. */
import { runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";

/** Numbers by name. */
export type Counts = Readonly<Record<string, number>>;

const TABLES =
  "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND name NOT GLOB 'sqlite_*'";
const countOf = (table: string): string => `SELECT count(*) AS n FROM "${table}"`;

/** Rows of every table of an object; none if it has no storage. */
export const rowsOf = (stub: DurableObjectStub): Promise<Counts> =>
  runInDurableObject(stub, (_, { storage: { sql } }) => {
    const names = sql.exec<{ name: string }>(TABLES).toArray();
    return Object.fromEntries(names.map(({ name }) => [name, sql.exec<{ n: number }>(countOf(name)).one().n]));
  });

/** Rows of every table of D1. */
export async function rowsOfD1(db: D1Database): Promise<Counts> {
  const names = (await db.prepare(TABLES).all<{ name: string }>()).results;
  const counts = names.map(async ({ name }) => [name, (await db.prepare(countOf(name)).first<number>("n")) ?? 0]);
  return Object.fromEntries(await Promise.all(counts));
}

/** Every key in R2 under a prefix. */
export async function keysUnder(bucket: R2Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
    keys.push(...page.objects.map(({ key }) => key));
    if (!page.truncated) return keys;
    cursor = page.cursor;
  }
}

/** The sums of several counts. */
export function sumOf(all: readonly Counts[]): Counts {
  const sums: Record<string, number> = {};
  for (const counts of all) for (const [name, n] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + n;
  return sums;
}

type Cursor = { readonly rowsRead: number; readonly rowsWritten: number };

/** Passes on every statement of all objects of this runtime, until `vi.restoreAllMocks()`; `stub` is any of them. */
async function spyOnStatements(
  stub: DurableObjectStub,
  note: (sql: unknown, query: string, cursor: Cursor) => void,
): Promise<void> {
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    const kind: { exec: (query: string, ...values: unknown[]) => Cursor } = Object.getPrototypeOf(sql);
    const exec = kind.exec;
    vi.spyOn(kind, "exec").mockImplementation(function (this: unknown, query, ...values) {
      const cursor = exec.call(this, query, ...values);
      note(this, query, cursor);
      return cursor;
    });
  });
}

/** What the statements of an object did together. */
export type Work = { readonly read: number; readonly written: number; readonly statements: number };

/**
 * Counts what the statements of these objects' present instances do. Each call of the returned function gives what they did
 * since the previous call.
 */
export async function meterWork(stubs: readonly [DurableObjectStub, ...DurableObjectStub[]]): Promise<() => Work> {
  const storages = new Set<unknown>();
  for (const stub of stubs) await runInDurableObject(stub, (_, { storage: { sql } }) => storages.add(sql));
  let cursors: Cursor[] = [];
  await spyOnStatements(stubs[0], (sql, _, cursor) => {
    if (storages.has(sql)) cursors.push(cursor);
  });
  return () => {
    const taken = cursors;
    cursors = [];
    const sum = (of: (cursor: Cursor) => number): number => taken.reduce((total, cursor) => total + of(cursor), 0);
    return {
      read: sum(({ rowsRead }) => rowsRead),
      written: sum(({ rowsWritten }) => rowsWritten),
      statements: taken.length,
    };
  };
}

/**
 * Counts the rows that statements read, in all objects of this runtime; `stub` is any of them. Each call of the returned function
 * gives, for each statement, the most rows that one run has read since the previous call: for each row written, where it wrote
 * any, since how many rows a cleanup finds depends on when it ran.
 */
export async function meterReads(stub: DurableObjectStub): Promise<() => Counts> {
  type Run = { readonly query: string; readonly cursor: Cursor };
  /** By storage: an object may read its own cursors only. */
  const runs = new Map<unknown, Run[]>();
  let most: Record<string, number> = {};
  const reckon = (of: unknown): void => {
    for (const { query, cursor } of runs.get(of) ?? []) {
      const text = query.replace(/\s+/g, " ").replace(/(\([?, ]+\)(, )?)+/g, "(?)");
      most[text] = Math.max(most[text] ?? 0, Math.ceil(cursor.rowsRead / Math.max(1, cursor.rowsWritten)));
    }
    runs.delete(of);
  };
  await spyOnStatements(stub, (sql, query, cursor) => {
    const own = runs.get(sql) ?? [];
    runs.set(sql, own);
    if (own.push({ query, cursor }) > 2_000) reckon(sql);
  });
  return () => {
    for (const one of [...runs.keys()]) reckon(one);
    const seen = most;
    most = {};
    return seen;
  };
}

/** Tracks every map and set that objects of these classes create. `held` returns how many entries they have, by class. */
export function watchMaps(classes: readonly string[]): { readonly held: () => Counts; readonly stop: () => void } {
  const watched: { readonly holder: string; readonly map: { readonly size: number } }[] = [];
  const usual = { Map: globalThis.Map, Set: globalThis.Set, limit: Error.stackTraceLimit };
  Error.stackTraceLimit = 60;
  const note = (map: { readonly size: number }): void => {
    const makers = [...(new Error().stack ?? "").matchAll(/at new (\w+)/g)].map(([, name = ""]) => name);
    const [holder] = makers.filter((name) => name !== "WatchedMap" && name !== "WatchedSet");
    if (holder !== undefined && makers.some((name) => classes.includes(name))) watched.push({ holder, map });
  };
  class WatchedMap<K, V> extends usual.Map<K, V> {
    constructor(entries?: Iterable<readonly [K, V]> | null) {
      super(entries);
      note(this);
    }
  }
  class WatchedSet<T> extends usual.Set<T> {
    constructor(values?: Iterable<T> | null) {
      super(values);
      note(this);
    }
  }
  Object.assign(globalThis, { Map: WatchedMap, Set: WatchedSet });
  return {
    held: () => sumOf(watched.map(({ holder, map }) => ({ [holder]: map.size }))),
    stop: () => {
      Object.assign(globalThis, { Map: usual.Map, Set: usual.Set });
      Error.stackTraceLimit = usual.limit;
    },
  };
}
