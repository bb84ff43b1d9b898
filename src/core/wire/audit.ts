/** The audit log: who did what to a tenant and its keys. */
import * as z from "zod";
import { mode, moment, plain } from "./common.ts";

/** Everything that is written down. A name keeps its meaning for ever. */
export const AUDIT_ACTIONS = [
  "tenant.created",
  "tenant.changed",
  "tenant.paused",
  "tenant.resumed",
  "tenant.deleted",
  "key.created",
  "key.rotated",
  "key.revoked",
  "user.signed_out",
  "user.deleted",
  "nemo_token.set",
  "nemo_token.removed",
] as const;
export const auditAction = z.enum(AUDIT_ACTIONS);
export type AuditAction = z.infer<typeof auditAction>;

export const auditEntry = z
  .object({
    id: plain("aud"),
    happened_at: moment,
    actor: z.string().meta({ description: "`admin`, or the id of the key that asked.", example: "admin" }),
    action: auditAction,
    target: z.string().meta({
      description:
        "The id of what it was done to. A user is named by the hash at the end of the ids of all that is theirs.",
    }),
    mode: mode.nullable().meta({ description: "Null where both modes are concerned." }),
    request_id: z.string(),
    detail: z.record(z.string(), z.unknown()).meta({ description: "What was set. Never a secret." }),
  })
  .meta({ id: "AuditEntry" });
export type AuditEntryWire = z.infer<typeof auditEntry>;
