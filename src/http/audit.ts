/** Audit log entries and D1 idempotency keys, made from the request. */

import { plainId } from "../core/ids.ts";
import type { Call } from "../core/rpc/user.ts";
import type { AuditEntry } from "../core/tenant.ts";
import type { IdempotencyKey } from "../store/idempotency.ts";
import { type Ctx, random } from "./context.ts";
import { callOf, idempotencyOf } from "./idempotency.ts";

type AuditFields = Omit<AuditEntry, "id" | "actor" | "requestId" | "detail"> & {
  readonly detail?: AuditEntry["detail"];
};

/** The audit log entry of this request. `detail` must not contain a secret or text written by a person. */
export const entryOf = (c: Ctx, fields: AuditFields): AuditEntry => ({
  detail: {},
  ...fields,
  id: plainId("aud", fields.at, random),
  actor: c.var.actor,
  requestId: c.var.requestId,
});

/** A write call whose object also writes an audit log entry. `target`: the id of the changed resource, never a person's name. */
export async function auditedCall(
  c: Ctx,
  fields: Pick<AuditFields, "action" | "target" | "detail">,
  user = c.var.user,
): Promise<Call> {
  const { tenant, mode } = c.var.caller;
  return { ...(await callOf(c, user)), audit: entryOf(c, { ...fields, tenant, mode, at: Date.now() }) };
}

/** The Idempotency-Key as stored in D1, with the operator's keys separate from each tenant's. Null if none was sent. */
export async function storedIdempotencyOf(c: Ctx): Promise<IdempotencyKey | null> {
  const idempotency = await idempotencyOf(c);
  if (idempotency === null) return null;
  const owner = c.var.actor === "admin" ? "admin" : `${c.var.caller.tenant}:${c.var.caller.mode}`;
  return { owner, ...idempotency };
}
