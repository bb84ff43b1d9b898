/** `/healthz`: the health check. */
import * as z from "zod";
import { type EpochMs, MINUTE_MS, SECOND_MS } from "../core/time.ts";
import type { Api, Ctx } from "../http/context.ts";
import { defineRoute, jsonResponse } from "../http/define-route.ts";
import { problemWith } from "../http/middleware/setup.ts";
import { oldestDue } from "../store/status.ts";
import { withTimeout } from "../timeout.ts";

/** A job overdue by more than this means that neither alarms nor the cron run. The cron runs every minute. */
const OVERDUE_MS = 10 * MINUTE_MS;

const health = z
  .object({
    status: z.enum(["ok", "failing"]),
    database: z.enum(["reachable", "unreachable"]),
    problem: z.string().nullable().meta({
      description:
        "The setting that the operator must change before the gateway serves requests; null if there is none.",
    }),
    oldest_overdue_seconds: z
      .int()
      .nullable()
      .meta({ description: "How long the oldest job is overdue; null if no job is overdue." }),
  })
  .meta({ id: "Health" });

const check = defineRoute({
  method: "get",
  path: "/healthz",
  operationId: "health.retrieve",
  access: "public",
  tags: ["Gateway"],
  summary: "Check the health of the gateway",
  description: "The result is cached for one second.",
  responses: {
    200: jsonResponse(health, "The gateway is healthy."),
    503: jsonResponse(
      health,
      "The gateway is misconfigured, its database is unreachable, or a job is overdue by more than 10 minutes.",
    ),
  },
});

export function mountHealth(app: Api): void {
  app.openapi(check, async (c) => {
    const problem = problemWith(c.var.config, c.req.url);
    const measured = await measure(c);
    const found = { ...measured, status: problem === null ? measured.status : ("failing" as const), problem };
    return c.json(found, found.status === "ok" ? 200 : 503, { "Cache-Control": "no-store" });
  });
}

type Health = Omit<z.infer<typeof health>, "problem">;

/** How long an isolate caches the result, in ms: the route is public and each check reads the database. */
const CACHE_MS = SECOND_MS;

/** The isolate's last check, and the database that it read. */
let last: { readonly db: D1Database; readonly at: EpochMs; readonly found: Promise<Health> } | null = null;

/** The state, at most one second old. Concurrent requests share a running check, for at most a second: it ends if its own request ends. */
async function measure(c: Ctx): Promise<Health> {
  const db = c.env.DB;
  const age = Date.now() - (last?.at ?? 0);
  if (last !== null && last.db === db && age >= 0 && age < CACHE_MS) {
    const found = await withTimeout(last.found, CACHE_MS, () => null);
    if (found !== null) return found;
  }
  last = { db, at: Date.now(), found: checkDatabase(db) };
  return last.found;
}

async function checkDatabase(db: D1Database): Promise<Health> {
  try {
    const due = await oldestDue(db);
    const late = due === null ? 0 : Date.now() - due;
    const oldest = late > 0 ? Math.floor(late / 1_000) : null;
    return { status: late > OVERDUE_MS ? "failing" : "ok", database: "reachable", oldest_overdue_seconds: oldest };
  } catch {
    return { status: "failing", database: "unreachable", oldest_overdue_seconds: null };
  }
}
