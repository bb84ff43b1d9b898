/** Where events are sent, and each sending. */
import * as z from "zod";
import { ENDPOINT_TYPES } from "../limits.ts";
import { moment, plain, targetUrl } from "./common.ts";
import { eventType } from "./event.ts";

const types = z.array(z.union([eventType, z.literal("*")])).max(ENDPOINT_TYPES);

export const endpoint = z
  .object({
    id: plain("whk"),
    url: z.string(),
    types,
    state: z.enum(["enabled", "disabled"]),
    disabled_by: z
      .enum(["you", "gone", "failing"])
      .nullable()
      .meta({ description: "`gone`: it answered 410. `failing`: it took nothing for five days." }),
    disabled_at: moment.nullable(),
    created_at: moment,
  })
  .meta({ id: "WebhookEndpoint" });
export type EndpointWire = z.infer<typeof endpoint>;

export const newEndpoint = z.strictObject({ url: targetUrl, types: types.min(1).default(["*"]) });
export type NewEndpoint = z.infer<typeof newEndpoint>;

export const endpointPatch = z.strictObject({
  url: targetUrl.optional(),
  types: types.min(1).optional(),
  state: z.enum(["enabled", "disabled"]).optional(),
});
export type EndpointPatch = z.infer<typeof endpointPatch>;

/** From when on to send again what an endpoint did not take. */
export const recovery = z.strictObject({ since: moment });

const secret = z.string().meta({ example: "whsec_…" });

/** An endpoint with its signing secret: shown once, at creation. */
export const shownEndpoint = endpoint.extend({ secret }).meta({ id: "ShownWebhookEndpoint" });

/** What creating an endpoint answers: a repeat of the same Idempotency-Key says that the secret was shown instead of showing it. */
export const createdEndpoint = endpoint
  .extend({ secret: secret.optional(), secret_shown_once: z.literal(true).optional() })
  .meta({ id: "CreatedWebhookEndpoint" });

/** What a rotation answers; the secret is left out for a repeat of the same Idempotency-Key. */
export const rotatedSecret = z
  .object({
    secret: secret.optional(),
    secret_shown_once: z.literal(true).optional(),
    previous_until: moment.nullable().meta({
      description: "Until then the secret before this one signs beside it; null when there was none.",
    }),
  })
  .meta({ id: "RotatedSecret" });
export type RotatedSecretWire = z.infer<typeof rotatedSecret>;

/** Public keys of an endpoint's `v1a` signatures: a JWK set. */
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

/** Which type to try an endpoint with; else the first of its own. */
export const newTest = z.strictObject({ type: eventType.optional() });

/** Where a delivery goes. */
export const deliveryTarget = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("endpoint"), id: plain("whk") }),
    z.object({ kind: z.literal("callback"), url: z.string() }),
    z.object({ kind: z.literal("hook"), id: plain("whk") }),
  ])
  .meta({ id: "DeliveryTarget" });

const deliveryState = z
  .enum(["pending", "delivered", "failed"])
  .meta({ description: "`failed` is a dead letter: nothing more is tried unless you ask." });

export const deliveryFilter = z.object({ state: deliveryState.optional(), target_id: plain("whk").optional() });
export type DeliveryFilter = z.infer<typeof deliveryFilter>;

export const delivery = z
  .object({
    id: plain("dlv"),
    event_id: plain("evt"),
    event_type: eventType,
    target: deliveryTarget,
    state: deliveryState,
    attempts: z.int().meta({ description: "Attempts begun so far." }),
    last_status: z.int().nullable(),
    last_answer: z
      .string()
      .nullable()
      .meta({ description: "The first 1,000 bytes of the receiver's last answer, or why there was none." }),
    due_at: moment.nullable(),
    created_at: moment,
    ended_at: moment.nullable(),
  })
  .meta({ id: "Delivery" });
export type DeliveryWire = z.infer<typeof delivery>;

/** A delivery with every attempt whose outcome is known. */
export const loggedDelivery = delivery
  .extend({
    log: z.array(
      z.object({
        attempt: z.int(),
        at: moment,
        took_ms: z.int(),
        status: z.int().nullable(),
        error: z.string().nullable(),
        answer: z.string().meta({ description: "The first 1,000 bytes." }),
      }),
    ),
  })
  .meta({ id: "LoggedDelivery" });
export type LoggedDeliveryWire = z.infer<typeof loggedDelivery>;
