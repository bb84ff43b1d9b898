/** Deliveries: each event on its way to each of its targets, and every attempt. */
import { pageOf } from "../core/wire/common.ts";
import { delivery, deliveryFilter, loggedDelivery } from "../core/wire/webhook.ts";
import { unwrap } from "../http/api-error.ts";
import { callOf } from "../http/call.ts";
import type { Api } from "../http/context.ts";
import { answer, declare, plainPage, plainParams } from "../http/declare.ts";
import { tenantObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";

const tags = ["Webhooks"];
const list = declare({
  method: "get",
  path: "/v1/deliveries",
  access: "webhooks",
  tags,
  summary: "Deliveries, newest first",
  description: "`?state=failed` lists the dead letters; `?target_id=` those of one endpoint or hook.",
  request: { query: plainPage("dlv").extend(deliveryFilter.shape) },
  responses: { 200: answer(pageOf(delivery), "A page of deliveries.") },
});

const read = declare({
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
  app.openapi(list, async (c) => {
    const { state, target_id, ...page } = c.req.valid("query");
    const tenant = tenantObject(c.env, c.var.caller);
    return c.json(shownPage(await tenant.listDeliveries(pageRequest(page), { state, target_id })), 200);
  });

  app.openapi(read, async (c) => {
    return c.json(unwrap(await tenantObject(c.env, c.var.caller).readDelivery(c.req.valid("param").id)), 200);
  });

  app.openapi(retry, async (c) => {
    const tenant = tenantObject(c.env, c.var.caller);
    return c.json(unwrap(await tenant.retryDelivery(await callOf(c), c.req.valid("param").id)), 202);
  });
}
