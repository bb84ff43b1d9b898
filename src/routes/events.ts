/** Events: public facts, to be pulled in order. What webhooks tell can always be read here too. */
import * as z from "zod";
import { PAGE_DEFAULT, PAGE_MAX } from "../core/limits.ts";
import { event, eventsPage } from "../core/wire/event.ts";
import { unwrap } from "../http/api-error.ts";
import type { Api } from "../http/context.ts";
import { answer, declare, plainParams } from "../http/declare.ts";
import { tenantObject } from "../http/objects.ts";

const tags = ["Events"];
const query = z.strictObject({
  after: z.coerce.number().int().min(0).default(0).meta({ description: "Events after this cursor." }),
  limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT),
});

const list = declare({
  method: "get",
  path: "/v1/events",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "Events, oldest first",
  request: { query },
  responses: { 200: answer(eventsPage, "A page of events.") },
});

const read = declare({
  method: "get",
  path: "/v1/events/{id}",
  access: "read",
  credentials: "key_or_user_token",
  tags,
  summary: "One event",
  request: { params: plainParams("evt") },
  responses: { 200: answer(event, "The event.") },
});

export function mountEvents(app: Api): void {
  app.openapi(list, async (c) => {
    const { after, limit } = c.req.valid("query");
    const { caller } = c.var;
    return c.json(await tenantObject(c.env, caller).listEvents(after, limit, caller.pass?.uh ?? null), 200);
  });

  app.openapi(read, async (c) => {
    const { caller } = c.var;
    const { id } = c.req.valid("param");
    return c.json(unwrap(await tenantObject(c.env, caller).readEvent(id, caller.pass?.uh ?? null)), 200);
  });
}
