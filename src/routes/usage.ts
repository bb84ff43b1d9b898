/** Use: what each day, user and key spent. */
import { usagePage, usageQuery } from "../core/wire/usage.ts";
import type { Api } from "../http/context.ts";
import { answer, declare } from "../http/declare.ts";
import { pageOfUsage } from "../http/usage.ts";

const read = declare({
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
  app.openapi(read, async (c) => c.json(await pageOfUsage(c, c.req.valid("query")), 200));
}
