/**
 * Bodies of tools that cannot nest: every value at the top, lists as text. Read into the shape of the nested body, so that
 * everything behind this file knows one shape.
 *
 * `asset_urls`, `asset_ids` → `assets` · `var_<name>` → `variables.<name>` · `metadata_<key>` → `metadata.<key>`
 */
import type { FieldError } from "./errors.ts";
import { err, ok, type Result } from "./result.ts";

const LISTS = ["asset_urls", "asset_ids"];
/** Fields whose text `true` or `false` is meant as a truth value. */
const TRUTHS = ["dry_run", "dedupe"];
const SPREAD = { var_: "variables", metadata_: "metadata" } as const;
const GROUPS: readonly string[] = Object.values(SPREAD);
/** A comma parts two addresses only where another one begins: addresses may hold commas. */
const SEPARATOR = /[\r\n]+|,\s*(?=https?:\/\/|ast_|upl_)/;

/**
 * The nested body of a flat one; a nested one comes back as it was. Empty text and null count as not sent: such tools send
 * every field of their form. What cannot be read is left for the validator to name.
 */
export function unflatten(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  const nested: Record<string, unknown> = Object.create(null); // a field may be called __proto__
  const assets: unknown[] = [];
  for (const [field, value] of Object.entries(body)) {
    if (value === null || (value === "" && field !== "prompt")) continue;
    const prefix = (Object.keys(SPREAD) as (keyof typeof SPREAD)[]).find((start) => field.startsWith(start));
    if (LISTS.includes(field)) assets.push(...listOf(value));
    else if (prefix !== undefined) put(nested, SPREAD[prefix], field.slice(prefix.length), value);
    else if (TRUTHS.includes(field)) nested[field] = truthOf(value);
    else if (field === "assets" && typeof value === "string") assets.push(...listOf(value));
    else if (GROUPS.includes(field) && isObject(value)) nested[field] = { ...sent(value), ...asObject(nested[field]) };
    else nested[field] = value;
  }
  if (assets.length === 0) return nested;
  return { ...nested, assets: [...(Array.isArray(nested.assets) ? nested.assets : []), ...assets] };
}

/** The fields of a group that were sent. */
const sent = (group: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(group).filter(([, value]) => value !== null));

const asObject = (value: unknown): Record<string, unknown> => (isObject(value) ? value : {});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function put(nested: Record<string, unknown>, group: string, key: string, value: unknown): void {
  const text = group === "metadata" && (typeof value === "number" || typeof value === "boolean");
  nested[group] = { ...asObject(nested[group]), [key]: text ? String(value) : value };
}

function listOf(value: unknown): unknown[] {
  if (typeof value !== "string") return Array.isArray(value) ? value : [value];
  return value
    .split(SEPARATOR)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function truthOf(value: unknown): unknown {
  const word = typeof value === "string" ? value.trim().toLowerCase() : "";
  return word === "true" || word === "yes" ? true : word === "false" || word === "no" ? false : value;
}

/**
 * The fields of a form as one flat body. A list may come in several fields of one name, as browsers send it; any other name
 * that stands twice is refused, since one of the two would be lost.
 */
export function fieldsOfForm(
  pairs: readonly (readonly [string, string])[],
): Result<Record<string, string>, FieldError> {
  const fields: Record<string, string> = Object.create(null);
  for (const [name, text] of pairs) {
    const before = fields[name];
    if (before !== undefined && !LISTS.includes(name))
      return err({ field: `/${name}`, message: "stands twice in the form" });
    fields[name] = before === undefined ? text : `${before}\n${text}`;
  }
  return ok(fields);
}
