/** Webhook endpoints: where a tenant wants its events. */
import * as z from "zod";
import {
  createdEndpoint,
  endpoint,
  endpointPatch,
  jwks,
  loggedDelivery,
  newEndpoint,
  newTest,
  recovery,
  rotatedSecret,
} from "../core/wire/webhook.ts";
import type { Api } from "../http/context.ts";
import { answer, body, declare, plainParams } from "../http/define-route.ts";
import { callOf } from "../http/idempotency.ts";
import { tenantObject } from "../http/objects.ts";
import { unwrap } from "../http/problem.ts";

const tags = ["Webhooks"];
const create = declare({
  method: "post",
  path: "/v1/webhook_endpoints",
  access: "webhooks",
  tags,
  summary: "Add an endpoint",
  description: "The signing secret is shown once: a repeat of the same Idempotency-Key answers without it.",
  request: { body: body(newEndpoint) },
  responses: { 201: answer(createdEndpoint, "The endpoint and its secret.") },
});

const list = declare({
  method: "get",
  path: "/v1/webhook_endpoints",
  access: "webhooks",
  tags,
  summary: "All endpoints",
  responses: {
    200: answer(
      z.object({ data: z.array(endpoint), has_more: z.boolean(), next_cursor: z.string().nullable() }),
      "The endpoints.",
    ),
  },
});

const read = declare({
  method: "get",
  path: "/v1/webhook_endpoints/{id}",
  access: "webhooks",
  tags,
  summary: "One endpoint",
  request: { params: plainParams("whk") },
  responses: { 200: answer(endpoint, "The endpoint.") },
});

const remove = declare({
  method: "delete",
  path: "/v1/webhook_endpoints/{id}",
  access: "webhooks",
  tags,
  summary: "Remove an endpoint",
  request: { params: plainParams("whk") },
  responses: { 204: { description: "It is gone." } },
});

const update = declare({
  method: "patch",
  path: "/v1/webhook_endpoints/{id}",
  access: "webhooks",
  tags,
  summary: "Change an endpoint",
  description: "`state: disabled` calls off what is still owed to it; recover it later.",
  request: { params: plainParams("whk"), body: body(endpointPatch) },
  responses: { 200: answer(endpoint, "The endpoint.") },
});

const enable = declare({
  method: "post",
  path: "/v1/webhook_endpoints/{id}/enable",
  access: "webhooks",
  tags,
  summary: "Switch an endpoint on again",
  description: "Sends what happens from now on; for what it missed, recover it.",
  request: { params: plainParams("whk") },
  responses: { 200: answer(endpoint, "The endpoint.") },
});

const recover = declare({
  method: "post",
  path: "/v1/webhook_endpoints/{id}/recover",
  access: "webhooks",
  tags,
  summary: "Send again what an endpoint did not take",
  description: "Every event of its types since then that it has not taken, also from the time when it was disabled.",
  request: { params: plainParams("whk"), body: body(recovery) },
  responses: { 202: answer(endpoint, "The endpoint; its deliveries begin.") },
});

const test = declare({
  method: "post",
  path: "/v1/webhook_endpoints/{id}/test",
  access: "webhooks",
  tags,
  summary: "Send a sample",
  description: "The latest event of the type, or a made-up one, under an id of its own; it is in no list of events.",
  request: { params: plainParams("whk"), body: body(newTest) },
  responses: { 202: answer(loggedDelivery, "The delivery; read it again for its outcome.") },
});

export function mountWebhookEndpoints(app: Api): void {
  app.openapi(test, async (c) => {
    const tenant = tenantObject(c.env, c.var.caller);
    const sent = await tenant.testEndpoint(await callOf(c), c.req.valid("param").id, c.req.valid("json").type ?? null);
    const made = unwrap(sent);
    return c.json(made, 202, { Location: `/v1/deliveries/${made.id}` });
  });

  app.openapi(update, async (c) => {
    const tenant = tenantObject(c.env, c.var.caller);
    return c.json(unwrap(await tenant.updateEndpoint(c.req.valid("param").id, c.req.valid("json"))), 200);
  });

  app.openapi(enable, async (c) => {
    const tenant = tenantObject(c.env, c.var.caller);
    return c.json(unwrap(await tenant.updateEndpoint(c.req.valid("param").id, { state: "enabled" })), 200);
  });

  app.openapi(recover, async (c) => {
    const tenant = tenantObject(c.env, c.var.caller);
    const since = Date.parse(c.req.valid("json").since);
    return c.json(unwrap(await tenant.recoverEndpoint(await callOf(c), c.req.valid("param").id, since)), 202);
  });

  app.openapi(create, async (c) => {
    const { endpoint: made, secret } = unwrap(
      await tenantObject(c.env, c.var.caller).createEndpoint(await callOf(c), c.req.valid("json")),
    );
    const shown = secret === null ? { ...made, secret_shown_once: true as const } : { ...made, secret };
    return c.json(shown, 201, { Location: `/v1/webhook_endpoints/${made.id}` });
  });

  app.openapi(list, async (c) => {
    const data = await tenantObject(c.env, c.var.caller).listEndpoints();
    return c.json({ data, has_more: false, next_cursor: null }, 200);
  });

  app.openapi(read, async (c) => {
    return c.json(unwrap(await tenantObject(c.env, c.var.caller).readEndpoint(c.req.valid("param").id)), 200);
  });

  app.openapi(remove, async (c) => {
    unwrap(await tenantObject(c.env, c.var.caller).deleteEndpoint(c.req.valid("param").id));
    return c.body(null, 204);
  });
}

/* Signing secrets: each endpoint's own, and the tenant's default one for callbacks and hooks. */

const secretTags = ["Webhooks"];
const description =
  "The new secret is shown once: a repeat of the same Idempotency-Key answers without it. For 24 hours the one before signs beside it.";

const rotateDefault = declare({
  method: "post",
  path: "/v1/webhook_secret/rotate",
  access: "webhooks",
  tags: secretTags,
  summary: "A new default secret, for callbacks and hooks",
  description,
  responses: { 200: answer(rotatedSecret, "The secret.") },
});

const rotate = declare({
  method: "post",
  path: "/v1/webhook_endpoints/{id}/rotate_secret",
  access: "webhooks",
  tags: secretTags,
  summary: "A new secret for an endpoint",
  description,
  request: { params: plainParams("whk") },
  responses: { 200: answer(rotatedSecret, "The secret.") },
});

const keys = declare({
  method: "get",
  path: "/v1/webhook_endpoints/{id}/jwks.json",
  access: "read",
  tags: secretTags,
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
