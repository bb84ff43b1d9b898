/**
 * A hook's body: one event made flat, for tools that let a person map fields one by one (Zapier, Make, n8n).
 *
 * The keys of a type are always the same and come in the same order; what is not there is null. After them comes each of
 * the caller's own labels as `metadata_<key>`. Samples are made here too, so a field mapped on a sample is there later.
 */
import type { EventType, EventWire } from "./wire/event.ts";
import { fileFields } from "./wire/file.ts";
import type { HookBody } from "./wire/hook.ts";

type Value = HookBody[string];
type Fields = Readonly<Record<string, string>>;
type Resource = EventType extends infer T ? (T extends `${infer R}.${string}` ? R : never) : never;

const same = (...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, name]));

const ERROR: Fields = { error_code: "error.code", error_title: "error.title", error_detail: "error.detail" };
const TIMES = same("created_at", "ended_at");
/** As every answer tells of a finished file. */
const FILE: Fields = same(...Object.keys(fileFields));

/** Per resource, each key of a body and where its value stands in the event's data. */
const FIELDS: Readonly<Record<Resource, Fields>> = {
  turn: {
    turn_id: "id",
    ...same("project_id", "status", "intent", "prompt", "text", "text_complete", "charged"),
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
  making: {
    making_id: "id",
    ...same("status", "description", "generator_id", "slug", "made_by", "fault", "project_id", "turn_id", "charged"),
    credits_amount: "credits.amount",
    credits_basis: "credits.basis",
    ...ERROR,
    ...TIMES,
  },
  credits: same("available", "turn_id", "register_url"),
  token: same("source", "state", "expires_at"),
  endpoint: { endpoint_id: "id", ...same("url", "types", "state", "disabled_by", "disabled_at", "created_at") },
  hook: { hook_id: "id", ...same("target_url", "event", "state", "disabled_at", "created_at") },
};

/** The body of an event, which has the link to its file already. */
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
  for (const [key, path] of Object.entries(FIELDS[resource])) body[key] = flat(read(event.data, path.split(".")));
  const labels = event.data.metadata;
  for (const [key, value] of Object.entries(isRecord(labels) ? labels : {})) body[`metadata_${key}`] = flat(value);
  return body;
}

const resourceOf = (type: EventType): Resource => type.slice(0, type.indexOf(".")) as Resource; // every type has one

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What stands at a path; through a list, what stands there in each item. */
function read(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  if (Array.isArray(value)) return value.map((item) => read(item, [name, ...rest]));
  return isRecord(value) ? read(value[name], rest) : null;
}

/** One value: lists joined by commas, nothing at all as null. */
function flat(value: unknown): Value {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map((item) => String(flat(item) ?? "")).join(", ");
  return isRecord(value) ? JSON.stringify(value) : null;
}
