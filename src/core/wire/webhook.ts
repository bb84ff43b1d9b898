/** Webhook endpoints, the REST hooks of automation tools with their flat bodies, and deliveries. */
import * as z from "zod";
import { ENDPOINT_TYPES } from "../limits.ts";
import { moment, plain, sentMoment, targetUrl } from "./common.ts";
import { eventType } from "./event.ts";

const types = z.array(z.union([eventType, z.literal("*")])).max(ENDPOINT_TYPES);

/** Whether events are sent to an endpoint or a hook. */
export const targetState = z.enum(["enabled", "disabled"]).meta({ id: "TargetState" });
const disabledBy = z.enum(["you", "gone", "failing"]).meta({ id: "DisabledBy" });

export const endpoint = z
  .object({
    id: plain("whk"),
    url: z.string(),
    types,
    state: targetState,
    disabled_by: disabledBy.nullable().meta({
      description:
        "`you`: disabled by request. `gone`: the endpoint returned 410. `failing`: deliveries failed for five days.",
    }),
    disabled_at: moment.nullable(),
    created_at: moment,
  })
  .meta({ id: "WebhookEndpoint" });
export type EndpointWire = z.infer<typeof endpoint>;

export const newEndpoint = z
  .strictObject({ url: targetUrl, types: types.min(1).default(["*"]) })
  .meta({ id: "NewWebhookEndpoint" });
export type NewEndpoint = z.infer<typeof newEndpoint>;

export const endpointPatch = z
  .strictObject({
    url: targetUrl.optional(),
    types: types.min(1).optional(),
    state: targetState.optional(),
  })
  .meta({ id: "WebhookEndpointPatch" });
export type EndpointPatch = z.infer<typeof endpointPatch>;

/** The start of the period whose undelivered events are sent. */
export const recovery = z.strictObject({ since: sentMoment }).meta({ id: "Recovery" });

const secret = z.string().meta({ example: "whsec_…" });

/** An endpoint with its signing secret. */
export const shownEndpoint = endpoint.extend({ secret }).meta({ id: "ShownWebhookEndpoint" });

/** The response to creating an endpoint. A replay of the same Idempotency-Key has `secret_shown_once` instead of `secret`. */
export const createdEndpoint = endpoint
  .extend({ secret: secret.optional(), secret_shown_once: z.literal(true).optional() })
  .meta({ id: "CreatedWebhookEndpoint" });

/** The response to a rotation. A replay of the same Idempotency-Key has `secret_shown_once` instead of `secret`. */
export const rotatedSecret = z
  .object({
    secret: secret.optional(),
    secret_shown_once: z.literal(true).optional(),
    previous_until: moment.nullable().meta({
      description: "Until then, webhooks are also signed with the previous secret. Null if there was none.",
    }),
  })
  .meta({ id: "RotatedSecret" });
export type RotatedSecretWire = z.infer<typeof rotatedSecret>;

/** The public keys of an endpoint's `v1a` signatures, as a JWK set. */
export const jwks = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal("OKP"),
        crv: z.literal("Ed25519"),
        x: z.string(),
        use: z.literal("sig"),
        alg: z.literal("EdDSA"),
        kid: z.string(),
      }),
    ),
  })
  .meta({ id: "Jwks" });
export type JwksWire = z.infer<typeof jwks>;

/** The event type of a test. */
export const newTest = z
  .strictObject({
    type: eventType.optional().meta({ description: "Defaults to the endpoint's first type." }),
  })
  .meta({ id: "NewTest" });

/** The target of a delivery. */
export const deliveryTarget = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("endpoint"), id: plain("whk") }),
    z.object({ kind: z.literal("callback"), url: z.string() }),
    z.object({ kind: z.literal("hook"), id: plain("whk") }),
  ])
  .meta({ id: "DeliveryTarget" });

export const deliveryState = z
  .enum(["pending", "delivered", "failed"])
  .meta({ id: "DeliveryState", description: "`failed`: a dead letter, not retried automatically." });

export const deliveryFilter = z.object({ state: deliveryState.optional(), target_id: plain("whk").optional() });
export type DeliveryFilter = z.infer<typeof deliveryFilter>;

export const delivery = z
  .object({
    id: plain("dlv"),
    event_id: plain("evt"),
    event_type: eventType,
    target: deliveryTarget,
    state: deliveryState,
    attempts: z.int().meta({ description: "The number of attempts started so far." }),
    last_status: z.int().nullable(),
    last_answer: z
      .string()
      .nullable()
      .meta({ description: "The first 1,000 bytes of the receiver's last response, or why there was none." }),
    due_at: moment.nullable().meta({ description: "When the next attempt is due; null once ended." }),
    created_at: moment,
    ended_at: moment.nullable(),
  })
  .meta({ id: "Delivery" });
export type DeliveryWire = z.infer<typeof delivery>;

/** A delivery with its attempts whose result is known. */
export const loggedDelivery = delivery
  .extend({
    log: z.array(
      z.object({
        attempt: z.int(),
        at: moment,
        took_ms: z.int(),
        status: z.int().nullable(),
        error: z.string().nullable(),
        answer: z.string().meta({ description: "The first 1,000 bytes of the response." }),
      }),
    ),
  })
  .meta({ id: "LoggedDelivery" });
export type LoggedDeliveryWire = z.infer<typeof loggedDelivery>;

export const hook = z
  .object({
    id: plain("whk"),
    target_url: z.string(),
    event: eventType,
    state: targetState.meta({
      description: "`disabled`: deliveries failed for five days. Create the hook again to enable it.",
    }),
    disabled_at: moment.nullable(),
    created_at: moment,
  })
  .meta({ id: "Hook" });
export type HookWire = z.infer<typeof hook>;

export const newHook = z.strictObject({ target_url: targetUrl, event: eventType }).meta({ id: "NewHook" });
export type NewHook = z.infer<typeof newHook>;

/** The hooks to delete: all of an address, or the one for an event there. */
export const hookFilter = z.strictObject({ target_url: targetUrl, event: eventType.optional() });
export type HookFilter = z.infer<typeof hookFilter>;

export const flatEvent = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).meta({
  id: "HookBody",
  description:
    "An event as a flat object: `id`, `type`, `occurred_at`, `mode`, `sequence`, `stale`, the fields of its resource, and `metadata_<key>` for each label. All events of a type have the same keys. Lists are joined with commas. `download_url` downloads the file without a credential until `download_url_expires_at`.",
  example: {
    id: "evt_01jd8m3k5xq2w4v7z9ab",
    type: "render.completed",
    occurred_at: "2026-11-21T10:00:00.000Z",
    status: "completed",
    download_url: "https://gateway.example/f/…",
    metadata_order: "1234",
  },
});
export type HookBody = z.infer<typeof flatEvent>;
