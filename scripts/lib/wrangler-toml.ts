/** Names of account resources from wrangler.toml, so that no script repeats them. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { queueRole } from "../../src/core/queues.ts";
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

const wranglerToml = (): string => readFileSync(resolve(ROOT, process.env.GATEWAY_CONFIG ?? "wrangler.toml"), "utf8");

/** The queues that the Worker would not know: by the end of their names, or by the variables that name them. */
export function unknownQueues(toml: string = wranglerToml()): string[] {
  const named = (variable: string): string | null => valuesOf(toml, variable)[0] ?? null;
  const names = { wake: named("WAKE_QUEUE"), deliveries: named("DELIVERY_QUEUE"), dead: named("DEAD_QUEUE") };
  return accountNames(toml).queues.filter((queue) => queueRole(queue, names) === null);
}

/** Queues (with their dead-letter queues, which nothing else creates), the bucket, and the database's binding. */
export function accountNames(toml: string = wranglerToml()): AccountNames {
  const queues = [...new Set([...valuesOf(toml, "queue"), ...valuesOf(toml, "dead_letter_queue")])];
  if (queues.length === 0) throw new Error("wrangler.toml holds no queue");
  const database = /\[\[d1_databases\]\]\s*\nbinding\s*=\s*"([^"]+)"/.exec(toml)?.[1];
  if (database === undefined) throw new Error("wrangler.toml holds no database");
  return { queues, bucket: only(toml, "bucket_name"), database };
}
