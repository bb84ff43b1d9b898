/** Usage, credits and the audit log of a tenant. */

import { rowsFor } from "../core/page.ts";
import { pageSchema } from "../core/wire/common.ts";
import { auditEntry } from "../core/wire/tenant.ts";
import { credits } from "../core/wire/token.ts";
import { usagePage, usageQuery } from "../core/wire/usage.ts";
import type { Api } from "../http/context.ts";
import { defineRoute, jsonResponse, plainPage } from "../http/define-route.ts";
import { accountAddress } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { pageOfRows, pageRequest } from "../http/page.ts";
import { unwrap } from "../http/problem.ts";
import { pageOfUsage } from "../services/usage.ts";
import { listAudit } from "../store/audit.ts";

const readUsage = defineRoute({
  method: "get",
  path: "/v1/usage",
  operationId: "usage.list",
  access: "read",
  tags: ["Account"],
  summary: "List usage by day, user or key",
  description:
    "Returns counts of turns, credits, renders, bytes and deliveries in this mode. Each item is counted once, on the UTC day on which it ended. Counts are kept for 400 days. Deleting a user removes the user's row; the totals by day and by key do not change.",
  request: { query: usageQuery },
  responses: { 200: jsonResponse(usagePage, "A page of usage by day, user or key.") },
});

export function mountUsage(app: Api): void {
  app.openapi(readUsage, async (c) => c.json(await pageOfUsage(c, c.req.valid("query")), 200));
}

/* `GET /v1/credits` */

const readCredits = defineRoute({
  method: "get",
  path: "/v1/credits",
  operationId: "credits.retrieve",
  access: "read",
  credentials: "key_or_user_token",
  tags: ["Account"],
  summary: "Retrieve the credit balance",
  description:
    "Returns the balance of the Nemo account that `X-User-Id` uses, or that the tenant uses if no user is named.",
  responses: { 200: jsonResponse(credits, "The balance.") },
});

export function mountCredits(app: Api): void {
  app.openapi(readCredits, async (c) => {
    const user = userObject(c.env, await accountAddress(c));
    return c.json(unwrap(await user.readCredits()), 200);
  });
}

/* `GET /v1/audit_log`: changes made by the operator and by the tenant's keys, with their request ids. */

const list = defineRoute({
  method: "get",
  path: "/v1/audit_log",
  operationId: "audit_log.list",
  access: "keys",
  tags: ["Keys"],
  summary: "List audit log entries",
  description:
    "Newest first. Each entry is written together with its action and is never changed or removed. Returns the entries of this mode and those that apply to both modes.",
  request: { query: plainPage("aud") },
  responses: { 200: jsonResponse(pageSchema(auditEntry), "A page of audit log entries.") },
});

export function mountAuditLog(app: Api): void {
  app.openapi(list, async (c) => {
    const page = pageRequest(c.req.valid("query"));
    const found = await listAudit(c.env.DB, c.var.caller, rowsFor(page), page.after);
    return c.json(pageOfRows(found, page), 200);
  });
}
