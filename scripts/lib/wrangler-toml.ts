/** Names of account resources from wrangler.toml, so that no script repeats them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root.ts";

export type AccountNames = { readonly queues: readonly string[]; readonly bucket: string; readonly database: string };

/** Every value of `key = "…"` at the start of a line, without duplicates. Enough for this file, so no parser is needed. */
function valuesOf(toml: string, key: string): string[] {
  const found = toml.matchAll(new RegExp(`^\\s*${key}\\s*=\\s*"([^"]+)"`, "gm"));
  return [...new Set([...found].map(([, value = ""]) => value))];
}

function only(toml: string, key: string): string {
  const [value, ...more] = valuesOf(toml, key);
  if (value === undefined || more.length > 0) throw new Error(`wrangler.toml should hold ${key} once`);
  return value;
}

/** Queues (with their dead-letter queues, which nothing else creates), the bucket, and the database's binding. */
export function accountNames(toml: string = readFileSync(join(ROOT, "wrangler.toml"), "utf8")): AccountNames {
  const queues = [...new Set([...valuesOf(toml, "queue"), ...valuesOf(toml, "dead_letter_queue")])];
  if (queues.length === 0) throw new Error("wrangler.toml holds no queue");
  const database = /\[\[d1_databases\]\]\s*\nbinding\s*=\s*"([^"]+)"/.exec(toml)?.[1];
  if (database === undefined) throw new Error("wrangler.toml holds no database");
  return { queues, bucket: only(toml, "bucket_name"), database };
}
