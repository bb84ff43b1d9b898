/**
 * Bodies of tools that cannot nest: every value at the top, lists as text. Read into the shape of the nested body, so that
 * everything behind this file knows one shape. What single values may look like is body-values.ts's matter.
 *
 * `asset_urls`, `asset_ids` → `assets` · `var_<name>` → `variables.<name>` · `metadata_<key>` → `metadata.<key>`
 */
import { ADDRESSES, partsOf, pointer, type ReadJsonText } from "./body-values.ts";
import type { FieldError } from "./errors.ts";
import { GENERATOR_VARIABLES, MAX_VIDEO_SOURCES, METADATA_KEYS } from "./limits.ts";
import { err, ok, type Result } from "./result.ts";

const LISTS = ["asset_urls", "asset_ids"];
/** Where a field with this prefix goes, and how many such fields a body may have. */
const GROUPS = {
  var_: { group: "variables", most: GENERATOR_VARIABLES },
  metadata_: { group: "metadata", most: METADATA_KEYS },
} as const;
type Prefix = keyof typeof GROUPS;
const PREFIXES = Object.keys(GROUPS) as Prefix[]; // the keys of the line above

export type Unflattened = {
  readonly body: unknown;
  /** Whether any field came flat. */
  readonly isFlat: boolean;
  /** The place of a value as it was sent, from its place in the nested body. */
  readonly sentAt: (field: string) => string;
};

/**
 * The nested body of a flat one; a nested one comes back as it was. Empty text and null count as not sent: such tools send
 * every field of their form. What cannot be read is left for the validator to name.
 *
 * The work grows with the body, not with its square: of a group or list that is longer than its limit, one member beyond the
 * limit is kept, which the validator refuses. `isForm`: a body that is flat by nature, whatever fields it has.
 */
export function unflatten(body: unknown, json: ReadJsonText, isForm = false): Unflattened {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    return { body, isFlat: false, sentAt: (field) => field };
  const nested = new Map<string, unknown>();
  const groups = new Map<Prefix, Map<string, unknown>>();
  const assets: { readonly value: unknown; readonly from: string }[] = [];
  for (const [field, value] of Object.entries(body)) {
    if (value === null || (value === "" && field !== "prompt")) continue;
    const prefix = PREFIXES.find((start) => field.startsWith(start));
    if (LISTS.includes(field)) {
      for (const [index, one] of membersOf(value, json).entries())
        if (assets.length <= MAX_VIDEO_SOURCES && one !== null && one !== "")
          assets.push({ value: one, from: `/${field}/${index}` });
    } else if (prefix !== undefined) {
      const group = groups.get(prefix) ?? new Map<string, unknown>();
      if (group.size <= GROUPS[prefix].most) group.set(field.slice(prefix.length), value);
      groups.set(prefix, group);
    } else nested.set(field, value);
  }
  const isFlat = isForm || groups.size > 0 || assets.length > 0;
  const names = new Map<string, string>();
  for (const [prefix, values] of groups) {
    const { group } = GROUPS[prefix];
    const before = objectIn(nested.get(group), json);
    nested.set(group, Object.fromEntries([...Object.entries(before), ...values]));
    for (const name of values.keys()) names.set(`/${group}${pointer(name)}`, `/${prefix}${pointer(name).slice(1)}`);
  }
  const given = nested.get("assets");
  const first = given === undefined ? [] : membersOf(given, json);
  if (assets.length > 0) nested.set("assets", [...first, ...assets.map(({ value }) => value)]);
  for (const [index, { from }] of assets.entries()) names.set(`/assets/${first.length + index}`, from);
  const variables = objectIn(nested.get("variables"), json);
  const sentAt = (field: string): string => {
    const [, group = "", name = "", ...rest] = field.split("/");
    const sent = names.get(`/${group}/${name}`);
    if (sent !== undefined) return [sent, ...rest].join("/");
    // A variable that is missing would have come flat, too.
    const isMissing = isFlat && group === "variables" && name !== "" && !hasName(variables, name);
    return isMissing ? `/var_${name}` : field;
  };
  return { body: Object.fromEntries(nested), isFlat, sentAt };
}

const hasName = (fields: object, name: string): boolean =>
  Object.keys(fields).some((one) => pointer(one) === `/${name}`);

function membersOf(value: unknown, json: ReadJsonText): unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== "string") return [value];
  const parsed = value.trimStart().startsWith("[") ? json(value) : undefined;
  return Array.isArray(parsed) ? parsed : partsOf(value, ADDRESSES);
}

function objectIn(value: unknown, json: ReadJsonText): object {
  const parsed = typeof value === "string" && value.trimStart().startsWith("{") ? json(value) : value;
  return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed) ? parsed : {};
}

/**
 * The fields of a form as one flat body. A list may come in several fields of one name, as browsers send it; any other name
 * that stands twice is refused, since one of the two would be lost.
 */
export function fieldsOfForm(
  pairs: readonly (readonly [string, string])[],
): Result<Record<string, string>, FieldError> {
  const fields = new Map<string, string[]>();
  for (const [name, text] of pairs) {
    const before = fields.get(name);
    if (before !== undefined && !LISTS.includes(name))
      return err({ field: pointer(name), message: "stands twice in the form" });
    if (before === undefined) fields.set(name, [text]);
    else before.push(text);
  }
  return ok(Object.fromEntries([...fields].map(([name, texts]) => [name, texts.join("\n")])));
}
