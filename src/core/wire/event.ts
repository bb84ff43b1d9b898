/** Public facts, the places they are sent to, and each sending. */
import * as z from "zod";
import { mode, moment, plain, targetUrl } from "./common.ts";

export const EVENT_TYPES = [
  "turn.completed",
  "turn.failed",
  "turn.unknown",
  "timeline.changed",
  "upload.completed",
  "upload.expired",
  "asset.ready",
  "asset.rejected",
  "render.completed",
  "render.failed",
  "video.completed",
  "video.failed",
  "video.needs_input",
  "batch.completed",
  "credits.low",
  "credits.exhausted",
  "token.expiring",
  "endpoint.disabled",
] as const;
export const eventType = z.enum(EVENT_TYPES);
export type EventType = z.infer<typeof eventType>;

export const event = z
  .object({
    id: plain("evt").meta({ description: "Made from the fact: the same fact always has the same id." }),
    type: eventType,
    cursor: z.int().meta({ description: "Given when stored; read on with ?after=." }),
    timestamp: moment,
    tenant: plain("ten"),
    mode,
    sequence: z.int().meta({ description: "Counts the events of one resource, from 1." }),
    stale: z
      .boolean()
      .optional()
      .meta({ description: "True when a later event of the same resource was already sent." }),
    data: z.record(z.string(), z.unknown()).meta({ description: "The resource, as its own route would show it." }),
  })
  .meta({ id: "Event" });
export type EventWire = z.infer<typeof event>;

export const eventsPage = z
  .object({ data: z.array(event), has_more: z.boolean(), next_cursor: z.int() })
  .meta({ id: "EventsPage", description: "Oldest first." });

export const endpoint = z
  .object({
    id: plain("whk"),
    url: z.string(),
    types: z.array(z.union([eventType, z.literal("*")])),
    state: z.enum(["enabled", "disabled"]),
    created_at: moment,
  })
  .meta({ id: "WebhookEndpoint" });
export type EndpointWire = z.infer<typeof endpoint>;

export const newEndpoint = z.strictObject({
  url: targetUrl,
  types: z
    .array(z.union([eventType, z.literal("*")]))
    .min(1)
    .default(["*"]),
});
export type NewEndpoint = z.infer<typeof newEndpoint>;

/** An endpoint with its signing secret: shown once, at creation. */
export const shownEndpoint = endpoint
  .extend({ secret: z.string().meta({ example: "whsec_…" }) })
  .meta({ id: "ShownWebhookEndpoint" });

/** What creating an endpoint answers: a repeat of the same Idempotency-Key says that the secret was shown instead of showing it. */
export const createdEndpoint = endpoint
  .extend({ secret: z.string().optional().meta({ example: "whsec_…" }), secret_shown_once: z.literal(true).optional() })
  .meta({ id: "CreatedWebhookEndpoint" });

export const delivery = z
  .object({
    id: plain("dlv"),
    event_id: plain("evt"),
    endpoint_id: plain("whk").nullable(),
    state: z.enum(["pending", "delivered", "failed"]),
    attempts: z.int(),
    last_status: z.int().nullable(),
    last_answer: z.string().nullable().meta({ description: "The first 1,000 bytes of the receiver's last answer." }),
    due_at: moment.nullable(),
    created_at: moment,
    ended_at: moment.nullable(),
  })
  .meta({ id: "Delivery" });
export type DeliveryWire = z.infer<typeof delivery>;
