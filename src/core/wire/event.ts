/** Public events. */
import * as z from "zod";
import { mode, moment, plain } from "./common.ts";

export const EVENT_TYPES = [
  "turn.completed",
  "turn.failed",
  "turn.unknown",
  "timeline.changed",
  "upload.completed",
  "upload.expired",
  "upload.failed",
  "asset.ready",
  "asset.rejected",
  "render.completed",
  "render.failed",
  "video.completed",
  "video.failed",
  "video.cancelled",
  "video.needs_input",
  "batch.completed",
  "generator_job.completed",
  "generator_job.failed",
  "credits.low",
  "credits.exhausted",
  "credits.cap_reached",
  "token.expiring",
  "endpoint.disabled",
  "hook.disabled",
] as const;
export const eventType = z.enum(EVENT_TYPES).meta({ id: "EventType" });
export type EventType = z.infer<typeof eventType>;

export const event = z
  .object({
    id: plain("evt").meta({ description: "Derived from the event's content: the same event always has the same id." }),
    type: eventType,
    cursor: z.int().meta({
      description:
        "Assigned when the event is stored. Pass it as `?after=` to continue. For a user token it counts the user's own events.",
    }),
    timestamp: moment,
    tenant: plain("ten").nullable().meta({ description: "Null for a user token." }),
    mode,
    sequence: z.int().meta({ description: "The event's number among the events of its resource, from 1." }),
    stale: z.boolean().optional().meta({ description: "True if a later event of the same resource was already sent." }),
    data: z.record(z.string(), z.unknown()).meta({ description: "The resource, as its own route returns it." }),
  })
  .meta({ id: "Event" });
export type EventWire = z.infer<typeof event>;

export const eventsPage = z
  .object({ data: z.array(event), has_more: z.boolean(), next_cursor: z.int() })
  .meta({ id: "EventPage", description: "Oldest first." });
