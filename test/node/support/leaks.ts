/** Searches everything that a gateway printed, sent or stored for planted secrets, in every encoding. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Output or stored data, with its location: `stdout`, `UserObject.turns`, `R2 keys`. */
export type Content = { readonly location: string; readonly bytes: Buffer };
export type Leak = { readonly canary: string; readonly location: string };

export const contentOf = (location: string, text: string): Content => ({ location, bytes: Buffer.from(text) });

/** A word in plain, base64 (at each of the three alignments), base64url, percent-encoding and hexadecimal. */
export function spellings(word: string | Buffer): Buffer[] {
  const bytes = Buffer.from(word);
  const shifted = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    return whole.slice(shift === 0 ? 0 : shift + 1, -2); // the first and last characters contain bits of neighbouring bytes
  });
  const url = shifted.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  const every = [...bytes].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  const hex = bytes.toString("hex");
  const texts = [...shifted, ...url, every, every.toUpperCase(), hex, hex.toUpperCase()];
  const asText = typeof word === "string" ? [encodeURIComponent(word), JSON.stringify(word).slice(1, -1)] : [];
  const wide = Buffer.from(bytes.toString("latin1"), "utf16le"); // as a serialised V8 value may contain it
  return [bytes, wide, ...[...new Set([...texts, ...asText])].map((text) => Buffer.from(text))];
}

/** Every location at which a canary was found. */
export function find(canaries: Readonly<Record<string, string | Buffer>>, everything: Iterable<Content>): Leak[] {
  const wanted = Object.entries(canaries).map(([canary, word]) => ({ canary, forms: spellings(word) }));
  const found = new Map<string, Leak>();
  for (const { location, bytes } of everything)
    for (const { canary, forms } of wanted)
      if (forms.some((form) => bytes.includes(form))) found.set(`${canary} ${location}`, { canary, location });
  return [...found.values()];
}

function* filesUnder(folder: string): Generator<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}

/** What a file belongs to: the class of an object, `D1`, `R2`, or the file's own name. */
function ownerOf(path: string): string {
  const known = /nemo-gateway-(\w+Object)|\/(d1|r2)\//i.exec(path);
  return known?.[1] ?? known?.[2]?.toUpperCase() ?? basename(path);
}

/** Every table of a database, row by row, as text; blobs as their bytes. */
function* tablesOf(path: string): Generator<Content> {
  const database = new DatabaseSync(path);
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    for (const { name } of tables) {
      const location = `${ownerOf(path)}.${String(name)}`;
      const rows = database.prepare(`SELECT * FROM "${String(name)}"`);
      rows.setReadBigInts(true); // some of the platform's own values exceed a double
      for (const row of rows.all())
        for (const value of Object.values(row))
          if (value !== null)
            yield { location, bytes: Buffer.from(value instanceof Uint8Array ? value : String(value)) };
    }
  } finally {
    database.close();
  }
}

/** Bytes before each page in a database and in its journal, and the position of the page size. Source: SQLite's file format. */
const DATABASE = { start: 0, between: 0, sizeAt: 16, sizeBytes: 2 } as const;
const JOURNAL = { start: 32, between: 24, sizeAt: 8, sizeBytes: 4 } as const;
/** Bytes at the start of an overflow page: the number of the next page. */
const NEXT_PAGE_BYTES = 4;

/**
 * The pages of a database or its journal, joined without the bytes between two pages of one long value: a word that was split by the
 * end of a page is complete again, also if the row was deleted and the pages are free.
 */
function joinedPages(path: string, bytes: Buffer): Buffer | null {
  const format = path.endsWith(".sqlite") ? DATABASE : path.endsWith(".sqlite-wal") ? JOURNAL : null;
  if (format === null || bytes.length < 100) return null;
  const sizeValue = bytes.readUIntBE(format.sizeAt, format.sizeBytes);
  const size = sizeValue === 1 ? 65_536 : sizeValue; // the largest does not fit its two bytes
  const pages: Buffer[] = [];
  for (let at = format.start + format.between; at < bytes.length; at += size + format.between)
    pages.push(bytes.subarray(at + NEXT_PAGE_BYTES, at + size));
  return Buffer.concat(pages);
}

/**
 * Everything that a stopped gateway left in a folder: first the bytes of each file, as `UserObject bytes` (journals and free pages
 * contain what no table shows), then every table of every database, as `UserObject.turns`. A word in a deleted row that was split
 * between its table's page and the next, or between pages that are not adjacent, is not found.
 */
export function* contentsOf(folder: string): Generator<Content> {
  const files = [...filesUnder(folder)];
  for (const path of files) {
    const bytes = readFileSync(path);
    yield { location: `${ownerOf(path)} bytes`, bytes };
    const joined = joinedPages(path, bytes);
    if (joined !== null) yield { location: `${ownerOf(path)} bytes`, bytes: joined };
    yield contentOf("file names", path);
  }
  for (const path of files) if (path.endsWith(".sqlite")) yield* tablesOf(path);
}
