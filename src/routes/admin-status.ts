/** How the gateway is doing, for the operator. */
import { Hono } from "hono";
import { kidOf } from "../core/derive.ts";
import { SWEEP_PAGE } from "../core/limits.ts";
import { toRfc3339 } from "../core/time.ts";
import type { AppEnv } from "../http/context.ts";
import { oldestDue, overdue } from "../store/busy.ts";
import { countStaleSeals } from "../store/seals.ts";

export function adminStatus(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();

  admin.get("/status", async (c) => {
    const now = Date.now();
    const [late, oldest, stale] = await Promise.all([
      overdue(c.env.DB, now, null, SWEEP_PAGE),
      oldestDue(c.env.DB),
      kidOf(c.var.config.rootSecret).then((kid) => countStaleSeals(c.env.DB, kid)),
    ]);
    return c.json({
      overdue: late.length,
      overdue_at_least: late.length === SWEEP_PAGE,
      oldest_due_at: oldest === null ? null : toRfc3339(oldest),
      stale_seals: stale,
    });
  });

  return admin;
}
