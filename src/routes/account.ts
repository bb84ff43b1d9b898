/** Use: what each day, user and key spent. */

import { auditEntry } from "../core/wire/audit.ts";
import { pageOf } from "../core/wire/common.ts";
import { credits } from "../core/wire/token.ts";
import { usagePage, usageQuery } from "../core/wire/usage.ts";
import type { Api } from "../http/context.ts";
import { answer, declare, plainPage } from "../http/define-route.ts";
import { accountAddress } from "../http/idempotency.ts";
import { userObject } from "../http/objects.ts";
import { cutPage } from "../http/page.ts";
import { unwrap } from "../http/problem.ts";
import { pageOfUsage } from "../services/usage.ts";
import { listAudit } from "../store/audit.ts";

const readUsage = declare({
  method: "get",
  path: "/v1/usage",
  access: "read",
  tags: ["Usage"],
  summary: "What was used, by day, user or key",
  description:
    "Turns, credits, renders, bytes and deliveries of this mode. Each counts once, on the UTC day on which it ended. Kept 400 days; a deleted user's row goes with the user, and stays in the sums of days and keys.",
  request: { query: usageQuery },
  responses: { 200: answer(usagePage, "A page of days, users or keys.") },
});

export function mountUsage(app: Api): void {
  app.openapi(readUsage, async (c) => c.json(await pageOfUsage(c, c.req.valid("query")), 200));
}

/* `GET /v1/credits`: the balance of the Nemo account behind a user, or behind the tenant when no user is named. */

const readCredits = declare({
  method: "get",
  path: "/v1/credits",
  access: "read",
  credentials: "key_or_user_token",
  tags: ["Account"],
  summary: "What can be spent",
  responses: { 200: answer(credits, "The balance.") },
});

export function mountCredits(app: Api): void {
  app.openapi(readCredits, async (c) => {
    const user = userObject(c.env, await accountAddress(c));
    return c.json(unwrap(await user.readCredits()), 200);
  });
}

/* The audit log of a tenant: what the operator and its keys did to it, with the ids of the requests that did. */

const list = declare({
  method: "get",
  path: "/v1/audit_log",
  access: "keys",
  tags: ["Keys"],
  summary: "Who did what, newest first",
  description: "Written with each action, never changed or removed. Entries of this mode, and those that concern both.",
  request: { query: plainPage("aud") },
  responses: { 200: answer(pageOf(auditEntry), "A page of entries.") },
});

export function mountAuditLog(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, after } = c.req.valid("query");
    const found = await listAudit(c.env.DB, c.var.caller, limit + 1, after ?? null);
    return c.json(cutPage(found, limit), 200);
  });
}
