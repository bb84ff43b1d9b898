/** The search of the leak test finds what it must: words that were planted where a database keeps deleted data. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gzipSync } from "node:zlib";
import { afterAll, expect, it } from "vitest";
import { contentsOf, find } from "./support/leaks.ts";

const scratch = mkdtempSync(join(tmpdir(), "leak-search-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const WORD = "canary-0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const PAGE = 4_096;

/** Where the word is found in what a database left behind, with its journal still beside it. */
function locations(name: string, plant: (database: DatabaseSync) => void): string[] {
  const live = join(scratch, `${name}-live`);
  const kept = join(scratch, name, "nemo-gateway-UserObject");
  mkdirSync(live);
  const database = new DatabaseSync(join(live, "a.sqlite"));
  database.exec(`PRAGMA page_size = ${PAGE}; PRAGMA journal_mode = WAL; CREATE TABLE turns (text TEXT)`);
  plant(database);
  cpSync(live, kept, { recursive: true }); // as a killed process leaves it: closing would clean up
  database.close();
  return find({ word: WORD }, contentsOf(join(scratch, name)))
    .map(({ location }) => location)
    .toSorted();
}

const insert = (database: DatabaseSync, text: string) => database.prepare("INSERT INTO turns VALUES (?)").run(text);
/** A value of many pages. */
const long = "x".repeat(PAGE * 8);

it("finds a word in a row, and in a journal that was never written back", () => {
  expect(locations("live", (database) => void insert(database, WORD))).toEqual([
    "UserObject bytes",
    "UserObject.turns",
  ]);
});

it("finds a word in free pages, whichever byte of them it begins at", () => {
  for (let shift = 0; shift < PAGE; shift += WORD.length - 2) {
    const found = locations(`freed-${shift}`, (database) => {
      const at = PAGE * 4 + shift;
      insert(database, long.slice(0, at) + WORD + long.slice(at + WORD.length));
      database.exec("PRAGMA wal_checkpoint(TRUNCATE); DELETE FROM turns; PRAGMA wal_checkpoint(TRUNCATE)");
    });
    expect(found, String(shift)).toEqual(["UserObject bytes"]);
  }
});

it("finds a word in every encoding, and ignores compressed data, because the gateway compresses nothing", () => {
  const folder = join(scratch, "files");
  mkdirSync(folder);
  const spelt = { hex: Buffer.from(WORD).toString("hex"), base64: btoa(`xy${WORD}z`), url: encodeURIComponent(WORD) };
  for (const [name, text] of Object.entries(spelt)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "packed"), gzipSync(WORD));
  const found = find({ word: WORD }, contentsOf(folder)).map(({ location }) => location);
  expect(found.toSorted()).toEqual(["base64 bytes", "hex bytes", "url bytes"]);
});
