/** The audit log of a tenant: what the operator and its keys did to it, with the ids of the requests that did. */
import { auditEntry } from "../core/wire/audit.ts";
import { pageOf } from "../core/wire/common.ts";
import type { Api } from "../http/context.ts";
import { answer, declare, plainPage } from "../http/declare.ts";
import { cutPage } from "../http/page.ts";
import { listAudit } from "../store/audit.ts";

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
