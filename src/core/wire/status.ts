/** The gateway's status, as the operator reads it. */
import * as z from "zod";
import { moment } from "./common.ts";
import { nemoToken } from "./token.ts";

const tokenCounts = z
  .object({ ready: z.int(), expiring: z.int(), rejected: z.int(), rationed: z.int() })
  .meta({ id: "TokenCounts" });

const checkState = z.enum(["ok", "warn", "critical"]).meta({ id: "CheckState" });

const statusCheck = z
  .object({
    name: z.string(),
    state: checkState,
    value: z.number(),
    unit: z.string(),
    warn_from: z.number().nullable().meta({ description: "From this value on the check warns; null: never." }),
    critical_from: z.number().nullable().meta({ description: "From this value on it is critical; null: never." }),
    reason: z.string().nullable().meta({ description: "What the value means; null if the check is ok." }),
    next_step: z.string().nullable().meta({ description: "What to do; null if the check is ok." }),
  })
  .meta({ id: "StatusCheck" });
export type StatusCheckWire = z.infer<typeof statusCheck>;

export const gatewayStatus = z
  .object({
    state: checkState.meta({ description: "The state of the worst check." }),
    checks: z.array(statusCheck),
    overdue: z.int().meta({ description: "Objects whose work is late." }),
    overdue_at_least: z.boolean().meta({ description: "True if there may be more: counting stops at 1,000." }),
    oldest_due_at: moment.nullable().meta({ description: "When the earliest scheduled work is due; null for none." }),
    outbox_backlog: z.int().meta({ description: "Events that are committed and not yet published." }),
    dead_letters: z.object({ count: z.int(), last_at: moment.nullable() }),
    stale_encryption: z.int().meta({ description: "Objects with values encrypted under an earlier root secret." }),
    tokens: z.object({ operator: nemoToken.shape.state, live: tokenCounts, test: tokenCounts }),
  })
  .meta({ id: "GatewayStatus" });
export type GatewayStatusWire = z.infer<typeof gatewayStatus>;
