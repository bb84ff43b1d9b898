/** Operator route for the gateway's status: overdue jobs, backlog, dead letters, errors. */
import { Hono } from "hono";
import { kidOf } from "../../core/crypto.ts";
import { SWEEP_PAGE } from "../../core/limits.ts";
import { toRfc3339 } from "../../core/time.ts";
import type { AppEnv } from "../../http/context.ts";
import { operatorsToken } from "../../http/objects.ts";
import { countStaleEncryptions } from "../../store/encryption.ts";
import { deadLetters, errorsOfLastHour } from "../../store/status.ts";
import { oldestDue, outboxBacklog, overdue } from "../../store/tenants.ts";
import { countTokens } from "../../store/users.ts";

export function adminStatus(): Hono<AppEnv> {
  const admin = new Hono<AppEnv>();

  admin.get("/status", async (c) => {
    const { DB } = c.env;
    const now = Date.now();
    const [late, oldest, outbox, dead, errors, stale, live, test, operators] = await Promise.all([
      overdue(DB, now, null, SWEEP_PAGE),
      oldestDue(DB),
      outboxBacklog(DB),
      deadLetters(DB),
      errorsOfLastHour(DB, now),
      kidOf(c.var.config.rootSecret).then((kid) => countStaleEncryptions(DB, kid)),
      countTokens(DB, "live", now),
      countTokens(DB, "test", now),
      operatorsToken(c.env).read(),
    ]);
    return c.json({
      overdue: late.length,
      overdue_at_least: late.length === SWEEP_PAGE,
      oldest_due_at: oldest === null ? null : toRfc3339(oldest),
      outbox_backlog: outbox,
      dead_letters: dead,
      errors_last_hour: errors,
      stale_encryption: stale,
      tokens: { operator: operators.state, live, test },
    });
  });

  return admin;
}
