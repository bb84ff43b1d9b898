/** The schemas of webhook bodies: each event nested, as endpoints and callbacks receive it, and flat, as hooks do. */
import * as z from "zod";
import { batch } from "../wire/batch.ts";
import { moment, owned, plain } from "../wire/common.ts";
import { EVENT_TYPES, type EventType, event } from "../wire/event.ts";
import { generatorJob } from "../wire/generator.ts";
import { timelineDiff } from "../wire/project.ts";
import { render } from "../wire/render.ts";
import { nemoToken } from "../wire/token.ts";
import { turn } from "../wire/turn.ts";
import { asset, upload } from "../wire/upload.ts";
import { video } from "../wire/video.ts";
import { endpoint, hook } from "../wire/webhook.ts";
import { FLAT_FIELDS, type Resource, resourceOf } from "./flat-body.ts";

const changedTimeline = z
  .object({
    type: z.literal("timeline.changed"),
    project_id: owned("prj"),
    turn_id: owned("trn"),
    summary: z.string(),
    line: z.string().meta({ description: "The changes in one line, in the caller's language." }),
    diff: timelineDiff.nullable().meta({ description: "Null if the previous timeline is unknown." }),
  })
  .meta({ id: "ChangedTimeline" });

const creditsLeft = z
  .object({ available: z.number().nullable(), turn_id: owned("trn"), register_url: z.string().optional() })
  .meta({ id: "CreditsLeft" });

const reachedCap = z
  .object({
    scope: z
      .enum(["tenant", "user"])
      .meta({ id: "CapScope", description: "Whose cap it is: the account's, or that of each user." }),
    cap: z
      .enum(["soft", "hard"])
      .meta({ id: "CapKind", description: "A hard cap also rejects new paid work until the end of the month." }),
    limit: z.number(),
    used: z.number().meta({ description: "Credits spent in the month, measured and estimated." }),
    uh: z.string().nullable().meta({ description: "The user's hash; null for the account's cap." }),
    month: z.string().meta({ example: "2026-11" }),
    resets_at: moment,
  })
  .meta({ id: "ReachedCap" });

/** The `data` of the events of each resource. */
const DATA = {
  turn,
  timeline: changedTimeline,
  upload,
  asset,
  render,
  video,
  batch,
  generator_job: generatorJob,
  credits: creditsLeft,
  spending_cap: reachedCap,
  token: nemoToken,
  endpoint,
  hook,
} as const satisfies Record<Resource, z.ZodObject>;

/** `video.needs_input` → `VideoNeedsInput`. */
const nameOf = (type: EventType): string =>
  type
    .split(/[._]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");

const nested = (type: EventType) =>
  event
    .extend({
      type: z.literal(type),
      data: DATA[resourceOf(type)],
      endpoint: plain("whk").nullable().meta({ description: "The endpoint it is sent to. Null for a callback." }),
    })
    .meta({ id: `${nameOf(type)}Webhook` });

/** A hook's body. Further keys are `metadata_<key>`, one for each label. */
const flat = (type: EventType) => {
  const resource = resourceOf(type);
  const fields = Object.entries(FLAT_FIELDS[resource]);
  return z
    .looseObject({
      id: event.shape.id,
      type: z.literal(type),
      occurred_at: event.shape.timestamp,
      mode: event.shape.mode,
      sequence: event.shape.sequence,
      stale: z.boolean(),
      ...Object.fromEntries(fields.map(([key, path]) => [key, flatField(DATA[resource], path.split("."))])),
    })
    .meta({ id: `${nameOf(type)}HookBody`, description: "Each label of the resource follows as `metadata_<key>`." });
};

/** The schema of a flat field: that of the nested one, or text for a list. Null where a step of the path may be absent. */
function flatField(schema: z.ZodType, path: readonly string[], mayBeAbsent = false): z.ZodType {
  const inner: unknown =
    schema instanceof z.ZodNullable || schema instanceof z.ZodOptional ? schema.unwrap() : undefined;
  if (inner instanceof z.ZodType) return flatField(inner, path, true);
  const [name, ...rest] = path;
  if (schema instanceof z.ZodObject && name !== undefined) return flatField(schema.shape[name], rest, mayBeAbsent);
  const value = schema instanceof z.ZodArray ? z.string() : schema;
  return mayBeAbsent ? value.nullable() : value;
}

/** The bodies of every event type. Made when the document is: no request needs them. */
export const webhookBodies = () => EVENT_TYPES.map((type) => ({ type, nested: nested(type), flat: flat(type) }));
