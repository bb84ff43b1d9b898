/** Deliveries: each event on its way to each endpoint. */
import { pageOf, pageQuery } from "../core/wire/common.ts";
import { delivery } from "../core/wire/webhook.ts";
import { unwrap } from "../http/api-error.ts";
import type { Api } from "../http/context.ts";
import { answer, declare, plainParams } from "../http/declare.ts";
import { tenantObject } from "../http/objects.ts";
import { pageRequest, shownPage } from "../http/page.ts";

const tags = ["Webhooks"];
const list = declare({
  method: "get",
  path: "/v1/deliveries",
  access: "webhooks",
  tags,
  summary: "Deliveries, newest first",
  request: { query: pageQuery },
  responses: { 200: answer(pageOf(delivery), "A page of deliveries.") },
});

const read = declare({
  method: "get",
  path: "/v1/deliveries/{id}",
  access: "webhooks",
  tags,
  summary: "One delivery",
  request: { params: plainParams("dlv") },
  responses: { 200: answer(delivery, "The delivery.") },
});

export function mountDeliveries(app: Api): void {
  app.openapi(list, async (c) => {
    const page = await tenantObject(c.env, c.var.caller).listDeliveries(pageRequest(c.req.valid("query")));
    return c.json(shownPage(page), 200);
  });

  app.openapi(read, async (c) => {
    return c.json(unwrap(await tenantObject(c.env, c.var.caller).readDelivery(c.req.valid("param").id)), 200);
  });
}
