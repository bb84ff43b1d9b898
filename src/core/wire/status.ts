/** The gateway's status, as the operator reads it. */
import * as z from "zod";
import { moment } from "./common.ts";
import { nemoToken } from "./token.ts";

const tokenCounts = z
  .object({ ready: z.int(), expiring: z.int(), rejected: z.int(), rationed: z.int() })
  .meta({ id: "TokenCounts" });

export const gatewayStatus = z
  .object({
    overdue: z.int().meta({ description: "Objects whose work is late." }),
    overdue_at_least: z.boolean().meta({ description: "True if there may be more: counting stops at 1,000." }),
    oldest_due_at: moment.nullable().meta({ description: "When the earliest scheduled work is due; null for none." }),
    outbox_backlog: z.int().meta({ description: "Events that are committed and not yet published." }),
    dead_letters: z.object({ count: z.int(), last_at: moment.nullable() }),
    stale_encryption: z.int().meta({ description: "Objects with values encrypted under an earlier root secret." }),
    tokens: z.object({ operator: nemoToken.shape.state, live: tokenCounts, test: tokenCounts }),
  })
  .meta({ id: "GatewayStatus" });
