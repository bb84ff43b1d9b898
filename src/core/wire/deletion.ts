/** The job that deletes a tenant, and its receipt. */
import * as z from "zod";
import { moment, plain } from "./common.ts";

const removed = z.object({
  keys: z.int(),
  users: z.int().meta({ description: "Users, including one for each call that named no user." }),
  generators: z.int(),
  endpoints: z.int(),
  hooks: z.int(),
  events: z.int(),
  deliveries: z.int(),
  files: z.int(),
  file_bytes: z.int(),
});
/** The number of deleted items of each kind. */
export type TenantRemovedWire = z.infer<typeof removed>;

export const tenantDeletion = z
  .object({
    tenant: plain("ten"),
    state: z.enum(["deleting", "deleted"]),
    step: z.string(),
    requested_at: moment,
    completed_at: moment.nullable(),
    removed,
  })
  .meta({ id: "TenantDeletion" });
export type TenantDeletionWire = z.infer<typeof tenantDeletion>;
