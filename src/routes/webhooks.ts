/** Webhook endpoints, and the secrets that sign webhooks. */
import { pageSchema } from "../core/wire/common.ts";
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
import { defineRoute, jsonBody, jsonResponse, plainParams } from "../http/define-route.ts";
import { callOf } from "../http/idempotency.ts";
import { tenantObject } from "../http/objects.ts";
import { unwrap } from "../http/problem.ts";

const tags = ["Webhooks and events"];
const create = defineRoute({
  method: "post",
  path: "/v1/webhook_endpoints",
  operationId: "webhook_endpoints.create",
  access: "webhooks",
  tags,
  summary: "Create a webhook endpoint",
  description:
    "The signing secret is returned once: a repeated call with the same `Idempotency-Key` returns the endpoint without it.",
  request: { body: jsonBody(newEndpoint) },
  responses: { 201: jsonResponse(createdEndpoint, "The endpoint and its secret.") },
});

const list = defineRoute({
  method: "get",
  path: "/v1/webhook_endpoints",
  operationId: "webhook_endpoints.list",
  access: "webhooks",
  tags,
  summary: "List webhook endpoints",
  description: "Returns all endpoints of this mode on one page.",
  responses: {
    200: jsonResponse(pageSchema(endpoint), "The endpoints."),
  },
});

const read = defineRoute({
  method: "get",
  path: "/v1/webhook_endpoints/{id}",
  operationId: "webhook_endpoints.retrieve",
  access: "webhooks",
  tags,
  summary: "Retrieve a webhook endpoint",
  description: "Returns the endpoint without its signing secret.",
  request: { params: plainParams("whk") },
  responses: { 200: jsonResponse(endpoint, "The endpoint.") },
});

const remove = defineRoute({
  method: "delete",
  path: "/v1/webhook_endpoints/{id}",
  operationId: "webhook_endpoints.delete",
  access: "webhooks",
  tags,
  summary: "Delete a webhook endpoint",
  description: "No further event is sent to it.",
  request: { params: plainParams("whk") },
  responses: { 204: { description: "The endpoint was deleted." } },
});

const update = defineRoute({
  method: "patch",
  path: "/v1/webhook_endpoints/{id}",
  operationId: "webhook_endpoints.update",
  access: "webhooks",
  tags,
  summary: "Update a webhook endpoint",
  description:
    "Fields that are not sent keep their values. `state: disabled` also fails the endpoint's pending deliveries; send them later with `recover`.",
  request: { params: plainParams("whk"), body: jsonBody(endpointPatch) },
  responses: { 200: jsonResponse(endpoint, "The endpoint.") },
});

const enable = defineRoute({
  method: "post",
  path: "/v1/webhook_endpoints/{id}/enable",
  operationId: "webhook_endpoints.enable",
  access: "webhooks",
  tags,
  summary: "Enable a webhook endpoint",
  description: "Only new events are sent. Send missed events with `recover`.",
  request: { params: plainParams("whk") },
  responses: { 200: jsonResponse(endpoint, "The endpoint.") },
});

const recover = defineRoute({
  method: "post",
  path: "/v1/webhook_endpoints/{id}/recover",
  operationId: "webhook_endpoints.recover",
  access: "webhooks",
  tags,
  summary: "Recover missed events",
  description:
    "Sends every event of the endpoint's types since `since` that was not delivered to it, including events from the time when it was disabled.",
  request: { params: plainParams("whk"), body: jsonBody(recovery) },
  responses: { 202: jsonResponse(endpoint, "The endpoint. Its deliveries start.") },
});

const test = defineRoute({
  method: "post",
  path: "/v1/webhook_endpoints/{id}/test",
  operationId: "webhook_endpoints.test",
  access: "webhooks",
  tags,
  summary: "Send a test event",
  description:
    "Sends the latest event of the type, or a made-up one if there is none, with a new id. The test event is not in the list of events.",
  request: { params: plainParams("whk"), body: jsonBody(newTest) },
  responses: { 202: jsonResponse(loggedDelivery, "The delivery. Retrieve it again for the result.") },
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

/* Signing secrets: one per endpoint, and the tenant's default secret for callbacks and hooks. */

const description =
  "The new secret is returned once: a repeated call with the same `Idempotency-Key` returns without it. For 24 hours, webhooks are signed with both the new and the previous secret.";

const showDefault = defineRoute({
  method: "post",
  path: "/v1/webhook_secret",
  operationId: "webhook_secret.show",
  access: "webhooks",
  tags,
  summary: "Show the default secret",
  description:
    "Returns the secret that signs the messages to hooks and to `callback_url`, the first time it is requested. Afterwards the call fails with `secret_shown`: rotate the secret to get a new one.",
  responses: { 200: jsonResponse(rotatedSecret, "The secret.") },
});

const rotateDefault = defineRoute({
  method: "post",
  path: "/v1/webhook_secret/rotate",
  operationId: "webhook_secret.rotate",
  access: "webhooks",
  tags,
  summary: "Rotate the default secret",
  description,
  responses: { 200: jsonResponse(rotatedSecret, "The secret.") },
});

const rotate = defineRoute({
  method: "post",
  path: "/v1/webhook_endpoints/{id}/rotate_secret",
  operationId: "webhook_endpoints.rotate_secret",
  access: "webhooks",
  tags,
  summary: "Rotate the secret of a webhook endpoint",
  description,
  request: { params: plainParams("whk") },
  responses: { 200: jsonResponse(rotatedSecret, "The secret.") },
});

const keys = defineRoute({
  method: "get",
  path: "/v1/webhook_endpoints/{id}/jwks.json",
  operationId: "webhook_endpoints.jwks",
  access: "read",
  tags,
  summary: "Retrieve the public keys of a webhook endpoint",
  description:
    "Returns the Ed25519 keys of the endpoint's `v1a` signatures as a JWK set. After a rotation, the previous key is included for 24 hours.",
  request: { params: plainParams("whk") },
  responses: { 200: jsonResponse(jwks, "The key set.") },
});

export function mountWebhookSecrets(app: Api): void {
  app.openapi(keys, async (c) => {
    const tenant = tenantObject(c.env, c.var.caller);
    return c.json(unwrap(await tenant.readJwks(c.req.valid("param").id)), 200);
  });

  app.openapi(showDefault, async (c) => {
    const tenant = tenantObject(c.env, c.var.caller);
    return c.json(unwrap(await tenant.showSecret(await callOf(c))), 200);
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
