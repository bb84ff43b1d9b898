/** Signing secrets: each endpoint's own, and the tenant's default one for callbacks and hooks. */
import { jwks, rotatedSecret } from "../core/wire/webhook.ts";
import { unwrap } from "../http/api-error.ts";
import { callOf } from "../http/call.ts";
import type { Api } from "../http/context.ts";
import { answer, declare, plainParams } from "../http/declare.ts";
import { tenantObject } from "../http/objects.ts";

const tags = ["Webhooks"];
const description =
  "The new secret is shown once: a repeat of the same Idempotency-Key answers without it. For 24 hours the one before signs beside it.";

const rotateDefault = declare({
  method: "post",
  path: "/v1/webhook_secret/rotate",
  access: "webhooks",
  tags,
  summary: "A new default secret, for callbacks and hooks",
  description,
  responses: { 200: answer(rotatedSecret, "The secret.") },
});

const rotate = declare({
  method: "post",
  path: "/v1/webhook_endpoints/{id}/rotate_secret",
  access: "webhooks",
  tags,
  summary: "A new secret for an endpoint",
  description,
  request: { params: plainParams("whk") },
  responses: { 200: answer(rotatedSecret, "The secret.") },
});

const keys = declare({
  method: "get",
  path: "/v1/webhook_endpoints/{id}/jwks.json",
  access: "read",
  tags,
  summary: "The public keys of an endpoint's `v1a` signatures",
  description: "Ed25519, as a JWK set. After a rotation the key before it is here for 24 hours too.",
  request: { params: plainParams("whk") },
  responses: { 200: answer(jwks, "The key set.") },
});

export function mountWebhookSecrets(app: Api): void {
  app.openapi(keys, async (c) => {
    const tenant = tenantObject(c.env, c.var.caller);
    return c.json(unwrap(await tenant.readJwks(c.req.valid("param").id)), 200);
  });

  app.openapi(rotateDefault, async (c) => {
    const tenant = tenantObject(c.env, c.var.caller);
    return c.json(unwrap(await tenant.rotateSecret(await callOf(c), "default")), 200);
  });

  app.openapi(rotate, async (c) => {
    const tenant = tenantObject(c.env, c.var.caller);
    return c.json(unwrap(await tenant.rotateSecret(await callOf(c), c.req.valid("param").id)), 200);
  });
}
