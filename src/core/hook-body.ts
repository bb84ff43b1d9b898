/**
 * A hook's body: one event made flat, for tools that let a person map fields one by one (Zapier, Make, n8n).
 *
 * The keys of a type are always the same and come in the same order; what is not there is null. After them comes each of
 * the caller's own labels as `metadata_<key>`. Samples are made here too, so a field mapped on a sample is there later.
 */
import type { RenderId } from "./ids.ts";
import { SHARE_LINK_MAX_SECONDS } from "./limits.ts";
import { type EpochMs, SECOND_MS, toRfc3339 } from "./time.ts";
import type { EventType, EventWire } from "./wire/event.ts";
import type { HookBody } from "./wire/hook.ts";

type Value = HookBody[string];
type Fields = Readonly<Record<string, string>>;
type Resource = EventType extends infer T ? (T extends `${infer R}.${string}` ? R : never) : never;

/** A file behind a share link that needs no key. */
export type SharedFile = { readonly url: string; readonly expiresAt: EpochMs };

const same = (...names: string[]): Fields => Object.fromEntries(names.map((name) => [name, name]));

const ERROR: Fields = { error_code: "error.code", error_title: "error.title", error_detail: "error.detail" };
const TIMES = same("created_at", "ended_at");

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
    ...same("status", "filename", "kind", "content_type", "size_bytes", "sha256", "created_at"),
  },
  render: {
    render_id: "id",
    ...same("project_id", "status", "reused_from"),
    format: "output.format",
    quality: "output.quality",
    size_bytes: "file.size_bytes",
    duration_ms: "file.duration_ms",
    width: "file.width",
    height: "file.height",
    codec: "file.codec",
    sha256: "file.sha256",
    warnings: "warnings.code",
    ...ERROR,
    ...TIMES,
  },
  video: {
    video_id: "id",
    ...same("status", "stage", "prompt", "message", "project_id", "turn_id", "render_id", "asset_ids", "charged"),
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

/** Resources that end in a file. */
const FILED: readonly Resource[] = ["render", "video"];

/** The body of an event; `file` is what `shareable` found, signed, or null. */
export function hookBody(event: EventWire, file: SharedFile | null): HookBody {
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
  if (FILED.includes(resource)) {
    body.content_url = file?.url ?? null;
    body.content_url_expires_at = file === null ? null : toRfc3339(file.expiresAt);
  }
  const labels = event.data.metadata;
  for (const [key, value] of Object.entries(isRecord(labels) ? labels : {})) body[`metadata_${key}`] = flat(value);
  return body;
}

/**
 * The render whose file an event is about, where links to it start, and how long one made now may open it: for seven days,
 * or as long as the file is kept. Null where there is no file.
 */
export function shareable(event: EventWire, now: EpochMs): { id: RenderId; origin: string; until: EpochMs } | null {
  const resource = resourceOf(event.type);
  const { data } = event;
  const id = resource === "render" ? data.id : resource === "video" ? data.render_id : null;
  const url = data.content_url;
  if (data.status !== "completed" || typeof id !== "string" || typeof url !== "string" || !URL.canParse(url))
    return null;
  const kept = read(data, ["file", "expires_at"]);
  const gone = typeof kept === "string" ? Date.parse(kept) : Number.POSITIVE_INFINITY;
  const end = Math.min(now + SHARE_LINK_MAX_SECONDS * SECOND_MS, gone);
  const until = Math.floor(end / SECOND_MS) * SECOND_MS; // links end with a second
  return until <= now ? null : { id: id as RenderId, origin: new URL(url).origin, until }; // an id we made
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
