/** An object's database: created by the first write, and migrated to the current version step by step. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { tenantObjectName } from "../../../src/core/address.ts";
import { createRuntime } from "../../../src/durable/shared/context.ts";
import { type Database, openDatabase } from "../../../src/durable/shared/database.ts";
import { env, freshAddress } from "../../support/objects.ts";

const FIRST = "CREATE TABLE notes (id TEXT PRIMARY KEY) STRICT; INSERT INTO notes VALUES ('first')";
const SECOND = "ALTER TABLE notes ADD COLUMN text TEXT NOT NULL DEFAULT 'none'";
const WRONG = "CREATE TABLE more (id TEXT); ALTER TABLE nothing ADD COLUMN text TEXT";

type Opened = { readonly sql: SqlStorage; readonly open: (steps: readonly string[]) => Database };

/** Runs in an object that has never been written to; `open` opens its database as a version with these steps does. */
const inObject = (use: (opened: Opened) => void): Promise<void> =>
  runInDurableObject(env.TOKEN.getByName(tenantObjectName(freshAddress())), (_, state) => {
    const runtime = createRuntime(state, env);
    use({ sql: runtime.sql, open: (steps) => openDatabase(runtime, steps) });
  });

const tablesOf = (sql: SqlStorage): string[] =>
  sql
    .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    .toArray()
    .map(({ name }) => name)
    .filter((name) => !name.startsWith("_cf_"));

describe("an object's database", () => {
  it("is created by the first write, not by being opened", async () => {
    await inObject(({ sql, open }) => {
      const database = open([FIRST]);
      expect(database.exists()).toBe(false);
      expect(tablesOf(sql)).toEqual([]);
      database.ready();
      expect(database.exists()).toBe(true);
      expect(tablesOf(sql)).toEqual(["meta", "notes"]);
    });
  });

  it("gets the steps that a later version adds, each once, and keeps its rows", async () => {
    await inObject(({ sql, open }) => {
      open([FIRST]).ready();
      for (let opened = 0; opened < 2; opened++) open([FIRST, SECOND]).ready();
      expect(sql.exec("SELECT id, text FROM notes").toArray()).toEqual([{ id: "first", text: "none" }]);
      expect(sql.exec("SELECT value FROM meta WHERE key = 'schema_version'").one()).toEqual({ value: "2" });
    });
  });

  it("stays at its version when a step fails", async () => {
    await inObject(({ sql, open }) => {
      open([FIRST]).ready();
      expect(() => open([FIRST, SECOND, WRONG])).toThrow("nothing");
      expect(sql.exec("SELECT * FROM notes").toArray()).toEqual([{ id: "first" }]);
      expect(sql.exec("SELECT value FROM meta WHERE key = 'schema_version'").one()).toEqual({ value: "1" });
      expect(tablesOf(sql)).toEqual(["meta", "notes"]);
    });
  });

  it("is created again after its storage was deleted", async () => {
    await inObject(({ sql, open }) => {
      const database = open([FIRST]);
      database.ready();
      for (const table of tablesOf(sql)) sql.exec(`DROP TABLE ${table}`);
      database.wiped();
      expect(database.exists()).toBe(false);
      database.ready();
      expect(tablesOf(sql)).toEqual(["meta", "notes"]);
    });
  });
});
