/** Deliveries: each event on its way to each of its targets, and every attempt. */

import * as z from "zod";
import { PAGE_DEFAULT, PAGE_MAX } from "../core/limits.ts";
import { pageOf } from "../core/wire/common.ts";
import { event, eventsPage } from "../core/wire/event.ts";
import { delivery, deliveryFilter, loggedDelivery } from "../core/wire/webhook.ts";
import type { Api } from "../http/context.ts";
import { answer, declare, plainPage, plainParams } from "../http/define-route.ts";
import { callOf } from "../http/idempotency.ts";
import { tenantObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";
import { unwrap } from "../http/problem.ts";

const tags = ["Webhooks"];
const listDeliveries = declare({
  method: "get",
  path: "/v1/deliveries",
  access: "webhooks",
  tags,
  summary: "Deliveries, newest first",
  description: "`?state=failed` lists the dead letters; `?target_id=` those of one endpoint or hook.",
  request: { query: plainPage("dlv").extend(deliveryFilter.shape) },
  responses: { 200: answer(pageOf(delivery), "A page of deliveries.") },
});

const readDelivery = declare({
  method: "get",
  path: "/v1/deliveries/{id}",
  access: "webhooks",
  tags,
  summary: "One delivery and its attempts",
  request: { params: plainParams("dlv") },
  responses: { 200: answer(loggedDelivery, "The delivery.") },
});

const retry = declare({
  method: "post",
  path: "/v1/deliveries/{id}/retry",
  access: "webhooks",
  tags,
  summary: "Send it again",
  description: "At once, and then by the whole schedule, whether it was taken before or not.",
  request: { params: plainParams("dlv") },
  responses: { 202: answer(loggedDelivery, "The delivery, due.") },
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

/* Events: public facts, to be pulled in order. What webhooks tell can always be read here too. */

const eventTags = ["Events"];
const query = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).meta({ description: "Events after this cursor." }),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
});

const listEvents = declare({
  method: "get",
  path: "/v1/events",
  access: "read",
  credentials: "key_or_user_token",
  tags: eventTags,
  summary: "Events, oldest first",
  request: { query },
  responses: { 200: answer(eventsPage, "A page of events.") },
});

const readEvent = declare({
  method: "get",
  path: "/v1/events/{id}",
  access: "read",
  credentials: "key_or_user_token",
  tags: eventTags,
  summary: "One event",
  request: { params: plainParams("evt") },
  responses: { 200: answer(event, "The event.") },
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
