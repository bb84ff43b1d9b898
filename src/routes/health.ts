/** `/healthz` and `/`: whether we work, and where to go from here. */
import * as z from "zod";
import { type EpochMs, MINUTE_MS, SECOND_MS } from "../core/time.ts";
import type { Api, Ctx } from "../http/context.ts";
import { answer, declare } from "../http/define-route.ts";
import { problemWith } from "../http/middleware/setup.ts";
import { oldestDue } from "../store/tenants.ts";

/** Work overdue by more than this says that neither alarms nor the cron get through. The cron runs every minute. */
const OVERDUE_MS = 10 * MINUTE_MS;

const health = z
  .object({
    status: z.enum(["ok", "failing"]),
    database: z.enum(["reachable", "unreachable"]),
    problem: z.string().nullable().meta({
      description: "What the operator has to change before anything is answered; null when nothing.",
    }),
    oldest_overdue_seconds: z
      .int()
      .nullable()
      .meta({ description: "How late the oldest owed work is; null when nothing is late." }),
  })
  .meta({ id: "Health" });

const check = declare({
  method: "get",
  path: "/healthz",
  access: "public",
  tags: ["Gateway"],
  summary: "Whether the gateway works",
  responses: {
    200: answer(health, "It works."),
    503: answer(health, "It does not, or work is overdue by more than 10 minutes."),
  },
});

export function mountHealth(app: Api): void {
  app.openapi(check, async (c) => {
    const problem = problemWith(c.var.config, c.req.url);
    const measured = await measure(c);
    const found = { ...measured, status: problem === null ? measured.status : ("failing" as const), problem };
    return c.json(found, found.status === "ok" ? 200 : 503, { "Cache-Control": "no-store" });
  });

  app.get("/", (c) => {
    const { origin } = c.var;
    return c.json({
      name: "nemo-gateway",
      docs: `${origin}/docs`,
      openapi: `${origin}/openapi.json`,
      health: `${origin}/healthz`,
    });
  });
}

type Health = Omit<z.infer<typeof health>, "problem">;

/** How long one answer stands for all who ask this isolate, in ms: anybody may ask, and each answer reads the database. */
const REMEMBERED_MS = SECOND_MS;

/** The last look of this isolate, and the database that it looked at. */
let last: { readonly db: D1Database; readonly at: EpochMs; readonly found: Promise<Health> } | null = null;

/** The state a second ago or later. Whoever asks while it is being looked up waits for that look, not for ever: it may die with its request. */
async function measure(c: Ctx): Promise<Health> {
  const db = c.env.DB;
  const age = Date.now() - (last?.at ?? 0);
  if (last !== null && last.db === db && age >= 0 && age < REMEMBERED_MS) {
    const found = await Promise.race([last.found, later(REMEMBERED_MS)]);
    if (found !== null) return found;
  }
  last = { db, at: Date.now(), found: look(db) };
  return last.found;
}

const later = (ms: number): Promise<null> => new Promise((resolve) => setTimeout(() => resolve(null), ms));

async function look(db: D1Database): Promise<Health> {
  try {
    const due = await oldestDue(db);
    const late = due === null ? 0 : Date.now() - due;
    const oldest = late > 0 ? Math.floor(late / 1_000) : null;
    return { status: late > OVERDUE_MS ? "failing" : "ok", database: "reachable", oldest_overdue_seconds: oldest };
  } catch {
    return { status: "failing", database: "unreachable", oldest_overdue_seconds: null };
  }
}
