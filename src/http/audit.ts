/** Entries of the audit log and Idempotency-Keys of D1, filled in from the request. */

import { plainId } from "../core/ids.ts";
import type { Call } from "../core/rpc/user.ts";
import type { AuditEntry } from "../core/tenant.ts";
import type { IdempotencyKey } from "../store/idempotency.ts";
import { type Ctx, random } from "./context.ts";
import { callOf, idempotencyOf } from "./idempotency.ts";

type Told = Omit<AuditEntry, "id" | "actor" | "requestId" | "detail"> & { readonly detail?: AuditEntry["detail"] };

/** What this request does, as the log will tell it. Give `detail` no secret and no text of a person's. */
export const entryOf = (c: Ctx, told: Told): AuditEntry => ({
  detail: {},
  ...told,
  id: plainId("aud", told.at, random),
  actor: c.var.actor,
  requestId: c.var.requestId,
});

/** A writing call whose object writes down what it did. `target`: the id of what it is done to, never a person's own name. */
export async function auditedCall(
  c: Ctx,
  told: Pick<Told, "action" | "target" | "detail">,
  user = c.var.user,
): Promise<Call> {
  const { tenant, mode } = c.var.caller;
  return { ...(await callOf(c, user)), audit: entryOf(c, { ...told, tenant, mode, at: Date.now() }) };
}

/** The sent Idempotency-Key as D1 keeps it: the operator's are apart from every tenant's. Null when none was sent. */
export async function storedIdempotencyOf(c: Ctx): Promise<IdempotencyKey | null> {
  const idempotency = await idempotencyOf(c);
  if (idempotency === null) return null;
  const owner = c.var.actor === "admin" ? "admin" : `${c.var.caller.tenant}:${c.var.caller.mode}`;
  return { owner, ...idempotency };
}
