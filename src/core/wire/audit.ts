/** The audit log of a tenant: changes by the operator and by the tenant's keys. */
import * as z from "zod";
import { mode, moment, plain } from "./common.ts";

/** All recorded actions. An action is never renamed or given another meaning. */
export const AUDIT_ACTIONS = [
  "tenant.created",
  "tenant.changed",
  "tenant.paused",
  "tenant.resumed",
  "tenant.deleted",
  "key.created",
  "key.rotated",
  "key.revoked",
  "invite.created",
  "invite.revoked",
  "user.signed_out",
  "user.deleted",
  "nemo_token.set",
  "nemo_token.removed",
] as const;
export const auditAction = z.enum(AUDIT_ACTIONS).meta({ id: "AuditAction" });
export type AuditAction = z.infer<typeof auditAction>;

export const auditEntry = z
  .object({
    id: plain("aud"),
    happened_at: moment,
    actor: z
      .string()
      .meta({ description: "`admin`, or the id of the key or invite that made the request.", example: "admin" }),
    action: auditAction,
    target: z.string().meta({
      description:
        "The id of the changed resource. A user is given by its hash, with which the ids of all its resources end.",
    }),
    mode: mode.nullable().meta({ description: "Null if the action applies to both modes." }),
    request_id: z.string(),
    detail: z
      .record(z.string(), z.unknown())
      .meta({ description: "The values that were set. Never contains a secret." }),
  })
  .meta({ id: "AuditEntry" });
export type AuditEntryWire = z.infer<typeof auditEntry>;
