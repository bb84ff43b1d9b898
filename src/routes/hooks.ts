/** REST hooks: subscriptions that automation tools (Zapier, Make, n8n) create and delete themselves. */
import * as z from "zod";
import { pageSchema } from "../core/wire/common.ts";
import { eventType } from "../core/wire/event.ts";
import { flatEvent, hook, hookFilter, loggedDelivery, newHook } from "../core/wire/webhook.ts";
import type { Api } from "../http/context.ts";
import { defineRoute, jsonBody, jsonResponse, plainParams } from "../http/define-route.ts";
import { callOf } from "../http/idempotency.ts";
import { tenantObject } from "../http/objects.ts";
import { unwrap } from "../http/problem.ts";

const tags = ["Webhooks and events"];

const subscribe = defineRoute({
  method: "post",
  path: "/v1/hooks",
  operationId: "hooks.create",
  access: "webhooks",
  tags,
  summary: "Create a hook",
  description:
    "Subscribes an address to one event type. A repeated call with the same address and event returns the existing hook and enables it. Bodies are flat and signed with the default secret. A 410 response from the address deletes the hook; five days of failures disable it.",
  request: { body: jsonBody(newHook) },
  responses: { 200: jsonResponse(hook, "The existing hook, enabled."), 201: jsonResponse(hook, "The new hook.") },
});

const list = defineRoute({
  method: "get",
  path: "/v1/hooks",
  operationId: "hooks.list",
  access: "webhooks",
  tags,
  summary: "List hooks",
  description: "Returns all hooks of this mode on one page.",
  responses: {
    200: jsonResponse(pageSchema(hook), "The hooks."),
  },
});

const samples = defineRoute({
  method: "get",
  path: "/v1/hooks/samples",
  operationId: "hooks.samples",
  access: "webhooks",
  tags,
  summary: "List sample bodies of an event type",
  description:
    "Returns the last three events of this type as hooks receive them, newest first. If there are none, returns one made-up sample.",
  request: { query: z.strictObject({ event: eventType }) },
  responses: { 200: jsonResponse(z.array(flatEvent), "An array of bodies, without an envelope.") },
});

const test = defineRoute({
  method: "post",
  path: "/v1/hooks/{id}/test",
  operationId: "hooks.test",
  access: "webhooks",
  tags,
  summary: "Send a test event to a hook",
  description:
    "Sends the latest event of the hook's type, or a made-up one if there is none, with a new id. The test event is not in the list of events.",
  request: { params: plainParams("whk") },
  responses: { 202: jsonResponse(loggedDelivery, "The delivery. Retrieve it again for the result.") },
});

const unsubscribe = defineRoute({
  method: "delete",
  path: "/v1/hooks/{id}",
  operationId: "hooks.delete",
  access: "webhooks",
  tags,
  summary: "Delete a hook",
  description: "No further event is sent to it.",
  request: { params: plainParams("whk") },
  responses: { 204: { description: "The hook was deleted." } },
});

const unsubscribeAddress = defineRoute({
  method: "delete",
  path: "/v1/hooks",
  operationId: "hooks.delete_address",
  access: "webhooks",
  tags,
  summary: "Delete the hooks of an address",
  description: "Deletes all hooks of `?target_url=`, or only the one for `?event=`.",
  request: { query: hookFilter },
  responses: { 204: { description: "The hooks were deleted." } },
});

export function mountHooks(app: Api): void {
  app.openapi(subscribe, async (c) => {
    const tenant = tenantObject(c.env, c.var.caller);
    const { hook: made, isNew } = unwrap(await tenant.subscribeHook(await callOf(c), c.req.valid("json")));
    return c.json(made, isNew ? 201 : 200);
  });

  app.openapi(list, async (c) => {
    const data = await tenantObject(c.env, c.var.caller).listHooks();
    return c.json({ data, has_more: false, next_cursor: null }, 200);
  });

  app.openapi(samples, async (c) => {
    return c.json(await tenantObject(c.env, c.var.caller).hookSamples(c.req.valid("query").event), 200);
  });

  app.openapi(test, async (c) => {
    const tenant = tenantObject(c.env, c.var.caller);
    const made = unwrap(await tenant.testHook(await callOf(c), c.req.valid("param").id));
    return c.json(made, 202, { Location: `/v1/deliveries/${made.id}` });
  });

  app.openapi(unsubscribe, async (c) => {
    unwrap(await tenantObject(c.env, c.var.caller).unsubscribeHook(c.req.valid("param").id));
    return c.body(null, 204);
  });

  app.openapi(unsubscribeAddress, async (c) => {
    unwrap(await tenantObject(c.env, c.var.caller).unsubscribeAddress(c.req.valid("query")));
    return c.body(null, 204);
  });
}
