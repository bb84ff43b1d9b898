/** REST hooks: what automation tools (Zapier, Make, n8n) subscribe by themselves. */
import * as z from "zod";
import { eventType } from "../core/wire/event.ts";
import { hook, hookBody, hookFilter, newHook } from "../core/wire/hook.ts";
import type { Api } from "../http/context.ts";
import { answer, body, declare, plainParams } from "../http/define-route.ts";
import { callOf } from "../http/idempotency.ts";
import { tenantObject } from "../http/objects.ts";
import { unwrap } from "../http/problem.ts";

const tags = ["Hooks"];

const subscribe = declare({
  method: "post",
  path: "/v1/hooks",
  access: "webhooks",
  tags,
  summary: "Subscribe an address to one type of event",
  description:
    "The same address and event again is the same hook. Bodies are flat and signed with the default secret; an answer of 410 removes the hook, five days of failures disable it until it is subscribed again.",
  request: { body: body(newHook) },
  responses: { 200: answer(hook, "It was there already, and is enabled."), 201: answer(hook, "The new hook.") },
});

const list = declare({
  method: "get",
  path: "/v1/hooks",
  access: "webhooks",
  tags,
  summary: "All hooks",
  responses: {
    200: answer(
      z.object({ data: z.array(hook), has_more: z.boolean(), next_cursor: z.string().nullable() }),
      "The hooks.",
    ),
  },
});

const samples = declare({
  method: "get",
  path: "/v1/hooks/samples",
  access: "webhooks",
  tags,
  summary: "What a hook of this event is sent",
  description: "The last real ones, newest first; one that never happened where there are none.",
  request: { query: z.strictObject({ event: eventType }) },
  responses: { 200: answer(z.array(hookBody), "A bare array of bodies.") },
});

const unsubscribe = declare({
  method: "delete",
  path: "/v1/hooks/{id}",
  access: "webhooks",
  tags,
  summary: "Remove a hook",
  request: { params: plainParams("whk") },
  responses: { 204: { description: "It is gone." } },
});

const unsubscribeAddress = declare({
  method: "delete",
  path: "/v1/hooks",
  access: "webhooks",
  tags,
  summary: "Remove the hooks of an address",
  description: "All of them, or the one of `?event=`.",
  request: { query: hookFilter },
  responses: { 204: { description: "They are gone." } },
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

  app.openapi(unsubscribe, async (c) => {
    unwrap(await tenantObject(c.env, c.var.caller).unsubscribeHook(c.req.valid("param").id));
    return c.body(null, 204);
  });

  app.openapi(unsubscribeAddress, async (c) => {
    unwrap(await tenantObject(c.env, c.var.caller).unsubscribeAddress(c.req.valid("query")));
    return c.body(null, 204);
  });
}
