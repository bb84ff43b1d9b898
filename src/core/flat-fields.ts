/**
 * Bodies of tools that cannot nest: every value at the top, lists as text. Read into the shape of the nested body, so that
 * everything behind this file knows one shape.
 *
 * `asset_urls`, `asset_ids` → `assets` · `var_<name>` → `variables.<name>` · `metadata_<key>` → `metadata.<key>`
 */

const LISTS = ["asset_urls", "asset_ids"];
/** Fields whose text `true` or `false` is meant as a truth value. */
const TRUTHS = ["dry_run", "dedupe"];
const SPREAD = { var_: "variables", metadata_: "metadata" } as const;
/** A comma parts two addresses only where another one begins: addresses may hold commas. */
const SEPARATOR = /[\r\n]+|,\s*(?=https?:\/\/|ast_|upl_)/;

/**
 * The nested body of a flat one; a nested one comes back as it was. Empty text counts as not sent: such tools send every field
 * of their form. What cannot be read is left for the validator to name.
 */
export function unflatten(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  const nested: Record<string, unknown> = {};
  const assets: unknown[] = [];
  for (const [field, value] of Object.entries(body)) {
    if (value === "" && field !== "prompt") continue;
    const prefix = (Object.keys(SPREAD) as (keyof typeof SPREAD)[]).find((start) => field.startsWith(start));
    if (LISTS.includes(field)) assets.push(...listOf(value));
    else if (prefix !== undefined) put(nested, SPREAD[prefix], field.slice(prefix.length), value);
    else if (TRUTHS.includes(field)) nested[field] = truthOf(value);
    else if (field === "assets" && typeof value === "string") assets.push(...listOf(value));
    else if (isObject(value) && isObject(nested[field])) nested[field] = { ...value, ...nested[field] };
    else nested[field] = value;
  }
  if (assets.length === 0) return nested;
  return { ...nested, assets: [...(Array.isArray(nested.assets) ? nested.assets : []), ...assets] };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function put(nested: Record<string, unknown>, group: string, key: string, value: unknown): void {
  const known = isObject(nested[group]) ? nested[group] : {};
  const text = group === "metadata" && (typeof value === "number" || typeof value === "boolean");
  nested[group] = { ...known, [key]: text ? String(value) : value };
}

function listOf(value: unknown): unknown[] {
  if (typeof value !== "string") return Array.isArray(value) ? value : [value];
  return value
    .split(SEPARATOR)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

const truthOf = (value: unknown): unknown => (value === "true" ? true : value === "false" ? false : value);
