/**
 * Flat bodies for tools that map fields one by one (Zapier, Make, n8n): the bodies of hooks, and requests and forms
 * converted to the nested form.
 *
 * A hook body of a type always has the same keys in the same order; absent values are null. Metadata follows as
 * `metadata_<key>`. Samples are made here too, so that a field mapped on a sample exists later.
 */

import type { FieldError } from "../errors.ts";
import { GENERATOR_VARIABLES, MAX_VIDEO_SOURCES, METADATA_KEYS } from "../limits.ts";
import { ADDRESSES, partsOf, pointer, type ReadJsonText } from "../requests/body-values.ts";
import { err, ok, type Result } from "../result.ts";
import { fileFields } from "../wire/common.ts";
import type { EventType, EventWire } from "../wire/event.ts";
import type { HookBody } from "../wire/webhook.ts";

type Value = HookBody[string];
type Fields = Readonly<Record<string, string>>;
export type Resource =
  | "spending_cap"
  | (EventType extends infer T ? (T extends `${infer R}.${string}` ? R : never) : never);

const same = (...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, name]));

const ERROR: Fields = { error_code: "error.code", error_title: "error.title", error_detail: "error.detail" };
const TIMES = same("created_at", "ended_at");
/** The fields of a finished file in every answer. */
const FILE: Fields = same(...Object.keys(fileFields));

/** The keys of each resource's body, and the path of each value in the event's data. */
export const FLAT_FIELDS: Readonly<Record<Resource, Fields>> = {
  turn: {
    turn_id: "id",
    ...same("project_id", "status", "intent", "prompt", "channel", "key_id", "text", "text_complete", "charged"),
    credits_amount: "credits.amount",
    credits_basis: "credits.basis",
    timeline_changed: "timeline.changed",
    timeline_summary: "timeline.summary",
    ...same("render_ids", "language"),
    ...ERROR,
    ...TIMES,
  },
  timeline: same("project_id", "turn_id", "summary", "line"),
  upload: {
    upload_id: "id",
    ...same("status", "filename", "size_bytes", "asset_id"),
    ...ERROR,
    ...same("created_at", "expires_at"),
  },
  asset: {
    asset_id: "id",
    ...same("status", "filename", "kind", "content_type"),
    ...FILE,
    ...same("sha256", "created_at"),
  },
  render: {
    render_id: "id",
    ...same("project_id", "status", "reused_from"),
    format: "output.format",
    quality: "output.quality",
    ...FILE,
    codec: "file.codec",
    sha256: "file.sha256",
    warnings: "warnings.code",
    ...ERROR,
    ...TIMES,
  },
  video: {
    video_id: "id",
    ...same("status", "stage", "prompt", "message", "project_id", "turn_id", "render_id", "asset_ids", "charged"),
    ...FILE,
    generator: "generator.slug",
    credits_amount: "credits.amount",
    credits_basis: "credits.basis",
    ...ERROR,
    ...TIMES,
  },
  batch: {
    batch_id: "id",
    status: "status",
    batch_mode: "mode",
    total: "counts.total",
    completed: "counts.completed",
    failed: "counts.failed",
    needs_input: "counts.needs_input",
    cancelled: "counts.cancelled",
    project_id: "project_id",
    generator: "generator.slug",
    credits_amount: "credits.amount",
    credits_basis: "credits.basis",
    ...TIMES,
  },
  generator_job: {
    generator_job_id: "id",
    ...same("status", "description", "generator_id", "slug", "made_by", "fault", "project_id", "turn_id", "charged"),
    credits_amount: "credits.amount",
    credits_basis: "credits.basis",
    ...ERROR,
    ...TIMES,
  },
  credits: same("available", "turn_id", "register_url"),
  spending_cap: same("scope", "cap", "limit", "used", "uh", "month", "resets_at"),
  token: same("source", "state", "expires_at"),
  endpoint: { endpoint_id: "id", ...same("url", "types", "state", "disabled_by", "disabled_at", "created_at") },
  hook: { hook_id: "id", ...same("target_url", "event", "state", "disabled_at", "created_at") },
};

/** The body of an event whose download link is already signed. */
export function hookBody(event: EventWire): HookBody {
  const resource = resourceOf(event.type);
  const body: Record<string, Value> = {
    id: event.id,
    type: event.type,
    occurred_at: event.timestamp,
    mode: event.mode,
    sequence: event.sequence,
    stale: event.stale ?? false,
  };
  for (const [key, path] of Object.entries(FLAT_FIELDS[resource])) body[key] = flat(read(event.data, path.split(".")));
  const labels = event.data.metadata;
  for (const [key, value] of Object.entries(isRecord(labels) ? labels : {})) body[`metadata_${key}`] = flat(value);
  return body;
}

/** The resource that a type of event is about. */
export const resourceOf = (type: EventType): Resource =>
  type === "credits.cap_reached" ? "spending_cap" : (type.slice(0, type.indexOf(".")) as Resource); // every event type has one

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The value at a path; in a list, the values of all items. */
function read(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => read(item, [name, ...rest]));
  return isRecord(value) ? read(value[name], rest) : null;
}

/** A flat value: lists joined by commas, null for absent ones. */
function flat(value: unknown): Value {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map((item) => String(flat(item) ?? "")).join(", ");
  return isRecord(value) ? JSON.stringify(value) : null;
}

/*
 * Requests of tools that cannot nest: every value at the top level, lists as text. They are converted to the nested
 * form here; body-values.ts converts single values.
 *
 * - `asset_urls`, `asset_ids` → `assets`
 * - `var_<name>` → `variables.<name>`
 * - `metadata_<key>` → `metadata.<key>`
 */

const LISTS = ["asset_urls", "asset_ids"];
/** The nested field for a prefix, and the maximum of such fields. */
const GROUPS = {
  var_: { group: "variables", most: GENERATOR_VARIABLES },
  metadata_: { group: "metadata", most: METADATA_KEYS },
} as const;
type Prefix = keyof typeof GROUPS;
const PREFIXES = Object.keys(GROUPS) as Prefix[]; // the keys of the line above

export type Unflattened = {
  readonly body: unknown;
  /** Whether any field was flat. */
  readonly isFlat: boolean;
  /** Maps the pointer of a value in the nested body to its place in the request. */
  readonly sentAt: (field: string) => string;
};

/**
 * Converts a flat body to the nested form; a nested one is returned unchanged. Empty text and null count as absent,
 * since such tools send every field of their form. Invalid values are left to the validator.
 *
 * The work is linear in the body: of a group or list above its limit one item more than the limit is kept, which the
 * validator rejects. `isForm`: the body is flat by nature, whatever fields it has.
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
    // A missing variable would have been flat too.
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
 * The fields of a form as one flat body. A list may consist of several fields of one name, as browsers send it; any
 * other repeated name is an error, since one of the values would be lost.
 */
export function fieldsOfForm(
  pairs: readonly (readonly [string, string])[],
): Result<Record<string, string>, FieldError> {
  const fields = new Map<string, string[]>();
  for (const [name, text] of pairs) {
    const before = fields.get(name);
    if (before !== undefined && !LISTS.includes(name))
      return err({ field: pointer(name), message: "occurs twice in the form; send it once" });
    if (before === undefined) fields.set(name, [text]);
    else before.push(text);
  }
  return ok(Object.fromEntries([...fields].map(([name, texts]) => [name, texts.join("\n")])));
}
