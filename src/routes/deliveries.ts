/** Deliveries of events to webhook targets with every attempt, and the events themselves. */

import * as z from "zod";
import { PAGE_DEFAULT, PAGE_MAX } from "../core/limits.ts";
import { pageSchema } from "../core/wire/common.ts";
import { event, eventsPage } from "../core/wire/event.ts";
import { delivery, deliveryFilter, loggedDelivery } from "../core/wire/webhook.ts";
import type { Api } from "../http/context.ts";
import { defineRoute, jsonResponse, plainPage, plainParams } from "../http/define-route.ts";
import { callOf } from "../http/idempotency.ts";
import { tenantObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { unwrap } from "../http/problem.ts";

const tags = ["Webhooks and events"];
const listDeliveries = defineRoute({
  method: "get",
  path: "/v1/deliveries",
  operationId: "deliveries.list",
  access: "webhooks",
  tags,
  summary: "List deliveries",
  description:
    "Newest first. `?state=failed` returns the dead letters, `?target_id=` the deliveries to one endpoint or hook.",
  request: { query: plainPage("dlv").extend(deliveryFilter.shape) },
  responses: { 200: jsonResponse(pageSchema(delivery), "A page of deliveries.") },
});

const readDelivery = defineRoute({
  method: "get",
  path: "/v1/deliveries/{id}",
  operationId: "deliveries.retrieve",
  access: "webhooks",
  tags,
  summary: "Retrieve a delivery",
  description: "Returns the delivery with the log of its attempts.",
  request: { params: plainParams("dlv") },
  responses: { 200: jsonResponse(loggedDelivery, "The delivery.") },
});

const retry = defineRoute({
  method: "post",
  path: "/v1/deliveries/{id}/retry",
  operationId: "deliveries.retry",
  access: "webhooks",
  tags,
  summary: "Retry a delivery",
  description:
    "Sends the delivery again at once, whatever its state, and restarts the retry schedule. An attempt that is running is the first of the new schedule. Fails with `endpoint_disabled` if its target is disabled or was deleted.",
  request: { params: plainParams("dlv") },
  responses: { 202: jsonResponse(loggedDelivery, "The delivery, `pending`.") },
});

export function mountDeliveries(app: Api): void {
  app.openapi(listDeliveries, async (c) => {
    const { state, target_id, ...page } = c.req.valid("query");
    const tenant = tenantObject(c.env, c.var.caller);
    return c.json(shownPage(await tenant.listDeliveries(pageRequest(page), { state, target_id })), 200);
  });

  app.openapi(readDelivery, async (c) => {
    return c.json(unwrap(await tenantObject(c.env, c.var.caller).readDelivery(c.req.valid("param").id)), 200);
  });

  app.openapi(retry, async (c) => {
    const tenant = tenantObject(c.env, c.var.caller);
    return c.json(unwrap(await tenant.retryDelivery(await callOf(c), c.req.valid("param").id)), 202);
  });
}

/* Events, read in order. Every event that is sent by webhook can be read here too. */

const eventTags = ["Webhooks and events"];
const query = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).meta({ description: "Return events after this cursor." }),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
});

const listEvents = defineRoute({
  method: "get",
  path: "/v1/events",
  operationId: "events.list",
  access: "read",
  credentials: "key_or_user_token",
  tags: eventTags,
  summary: "List events",
  description:
    "Oldest first. To continue, pass `next_cursor` as `?after=`. A user token sees the events of its own user.",
  request: { query },
  responses: { 200: jsonResponse(eventsPage, "A page of events.") },
});

const readEvent = defineRoute({
  method: "get",
  path: "/v1/events/{id}",
  operationId: "events.retrieve",
  access: "read",
  credentials: "key_or_user_token",
  tags: eventTags,
  summary: "Retrieve an event",
  description: "Returns the event as it was sent, with a new download link if it has a file.",
  request: { params: plainParams("evt") },
  responses: { 200: jsonResponse(event, "The event.") },
});

export function mountEvents(app: Api): void {
  app.openapi(listEvents, async (c) => {
    const { after, limit } = c.req.valid("query");
    const { caller } = c.var;
    return c.json(await tenantObject(c.env, caller).listEvents(after, limit, caller.grant?.uh ?? null), 200);
  });

  app.openapi(readEvent, async (c) => {
    const { caller } = c.var;
    const { id } = c.req.valid("param");
    return c.json(unwrap(await tenantObject(c.env, caller).readEvent(id, caller.grant?.uh ?? null)), 200);
  });
}
